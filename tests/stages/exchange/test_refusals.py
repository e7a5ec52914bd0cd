"""A no stands, wherever it was said: nobody is asked the same again until it is taken back."""

import pytest

import factories
from harness.queries import assert_same_queries
from jiandao.kernel import sameness
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import refusals
from jiandao.stages.exchange.models import ChallengeSource, Introduction, SetAside
from jiandao.stages.exchange.offers import setting_aside
from stages.exchange.test_introductions import Scene


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Scene()


def declined(scene, cause="decline.immature", by=None, **more):
    made = scene.propose(actor=scene.office, contact=scene.person(scene.office), **more)
    with in_programme(scene.programme):
        return perform(actor=by or scene.owner, record=made, verb="decline", reason="不要", cause=cause)


def again(scene, **more):
    return scene.propose(actor=scene.office, contact=scene.person(scene.office), **more)


def challenge_of(scene):
    made = factories.challenge(scene.programme, scene.firm)
    ChallengeSource.objects.with_scopes_disabled().filter(challenge=made).update(need=scene.need)
    return made


def no_of(scene, question, answer):
    with in_programme(scene.programme):
        return refusals.no_of(question=question, answer=answer, owner=answer.organisation)


def test_a_declined_introduction_is_a_no_over_the_need_and_its_challenge(scene):
    challenge = challenge_of(scene)
    declined(scene)
    for question in (scene.need, challenge):
        with pytest.raises(NotAllowed, match="set_aside") as refused:
            again(scene, question=question)
        assert "not mature enough" in refused.value.refusal.sentence or "不够成熟" in refused.value.refusal.sentence
        assert no_of(scene, question, scene.result).code in {"decline.immature", "immature"}
    assert Notification.objects.filter(code="introduction.propose", account=scene.owner.account).count() == 1
    assert again(scene, answer=factories.result(scene.programme, scene.university))  # another answer may be proposed


def test_whoever_declined_may_still_propose_it_and_takes_the_no_back_with_it(scene):
    declined(scene)
    made = scene.propose()
    assert made.proposed_by == "asker"
    with in_programme(scene.programme):
        assert not SetAside.objects.filter(taken_back_at__isnull=True).exists()
        perform(actor=scene.owner, record=made, verb="decline", reason="算了", cause="decline.time")
        setting_aside.take_back(actor=scene.owner, record=scene.need, other=scene.result)
    assert no_of(scene, scene.need, scene.result) is None
    assert again(scene)


def test_a_no_to_the_partner_is_about_everything_from_it_over_the_question(scene):
    declined(scene, cause="decline.partner")
    other = factories.result(scene.programme, scene.university)
    with pytest.raises(NotAllowed, match="no_partner"):
        again(scene, answer=other)
    assert no_of(scene, scene.need, other).of_partner
    assert again(scene, question=factories.need(scene.programme, scene.firm, state="published"), answer=other)
    third = factories.organisation("第三大学")
    assert no_of(scene, scene.need, factories.result(scene.programme, third)) is None


def test_the_answering_side_does_not_want_to_work_with_a_firm(scene):
    made = scene.propose()
    with in_programme(scene.programme):
        perform(actor=scene.office, record=made, verb="decline", reason="不合作", cause="decline.partner")
    further = factories.need(scene.programme, scene.firm, state="published")
    with pytest.raises(NotAllowed, match="no_partner"):
        scene.propose(question=further)
    other = factories.need(scene.programme, factories.organisation(), state="published")
    assert no_of(scene, other, scene.result) is None


def test_a_refused_offer_is_a_no_to_the_result_or_to_its_owner(scene):
    other = factories.result(scene.programme, scene.university)
    factories.offer(scene.result, scene.firm, state="refused", cause="offer.immature")
    assert no_of(scene, scene.need, scene.result).code == "offer.immature"
    assert no_of(scene, scene.need, other) is None
    factories.offer(other, scene.firm, state="refused", cause="offer.partner", need=scene.need)
    third = factories.result(scene.programme, scene.university)
    with pytest.raises(NotAllowed, match="no_partner"):
        again(scene, answer=third)


def test_the_firm_that_refused_an_offer_takes_it_up_by_its_own_proposal(scene):
    offer = factories.offer(scene.result, scene.firm, state="refused", cause="offer.immature", need=scene.need)
    assert scene.propose()
    offer.refresh_from_db()
    assert offer.state == "taken-up"
    assert no_of(scene, scene.need, scene.result) is None


def test_organisations_are_compared_by_what_they_are_today(scene):
    alias = factories.organisation("示例大学(旧名)")
    sameness.merge(actor=scene.officer, loser=alias, winner=scene.university, reason="更名")
    declined(scene, cause="decline.partner")
    alias.refresh_from_db()
    assert no_of(scene, scene.need, factories.result(scene.programme, alias)).of_partner


def test_a_firm_that_joined_a_challenge_decides_for_itself(scene):
    challenge, other = challenge_of(scene), factories.organisation("另一公司")
    joined = factories.need(scene.programme, other, state="merged")
    ChallengeSource.objects.with_scopes_disabled().create(
        programme=scene.programme, challenge=challenge, need=joined, how="merged"
    )
    declined(scene)
    assert no_of(scene, challenge, scene.result)
    assert no_of(scene, joined, scene.result) is None


def test_without_a_question_the_no_is_to_the_firm_that_asked(scene):
    made = scene.propose(question=None, asker=scene.firm)
    with in_programme(scene.programme):
        perform(actor=scene.office, record=made, verb="decline", reason="暂不转让", cause="decline.time")
    with pytest.raises(NotAllowed, match="set_aside"):
        scene.propose(question=None, asker=scene.firm)
    assert scene.propose()  # with a question it is another matter


def test_many_pairs_ask_as_much_as_one(scene):
    declined(scene)
    results = [scene.result, *(factories.result(scene.programme, factories.organisation()) for _ in range(20))]
    with in_programme(scene.programme):
        found = refusals.noes_among(questions=[scene.need], answers=results)
        assert list(found) == [(scene.need, scene.result)]
        assert_same_queries(
            lambda size: refusals.noes_among(questions=[scene.need], answers=results[:size]), 2, 20, at_most=5
        )


def test_an_expert_who_does_not_want_the_question(scene):
    expert = factories.expert(scene.university, account=factories.account())
    SetAside.objects.with_scopes_disabled().create(
        programme=scene.programme, side="answerer", organisation=scene.university, need=scene.need, expert=expert,
        why="object", by=scene.office.account,
    )  # fmt: skip
    with in_programme(scene.programme):
        assert refusals.no_of(question=scene.need, answer=expert, owner=None)


def test_what_lapsed_with_its_record_is_nobodys_no(scene):
    made = factories.introduction(
        scene.programme, scene.firm, scene.university, state="declined", need=scene.need, result=scene.result
    )
    assert Introduction.everywhere().get(pk=made.pk).closed_by == ""
    assert no_of(scene, scene.need, scene.result) is None
    assert scene.propose(actor=factories.actor((Role.PROGRAMME_OFFICER, scene.programme)), contact=None, private="")
