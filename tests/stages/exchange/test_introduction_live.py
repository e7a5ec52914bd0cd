"""An introduction over what is no longer asked or offered ends; the same one is not made twice, whoever is quicker."""

from datetime import timedelta

import pytest

import factories
from jiandao.kernel import clock, sameness
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.pages.ports import DESK
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange.introductions import actions, gate, queries, reminders
from jiandao.stages.exchange.models import ChallengeSource, Introduction, Need
from stages.exchange.test_introductions import Scene, open_one


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Scene()


def of_challenge(scene):
    """An introduction over a need that has its challenge."""
    challenge = factories.challenge(scene.programme, scene.firm)
    ChallengeSource.objects.with_scopes_disabled().filter(challenge=challenge).update(need=scene.need)
    return scene.propose(actor=scene.office, question=challenge, contact=scene.person(scene.office))


def withdraw_need(scene, introduction):
    return perform(actor=scene.owner, record=scene.need, verb="withdraw", reason="自己解决了")


def withdraw_result(scene, introduction):
    researcher = factories.actor((Role.RESEARCHER, scene.university))
    return perform(actor=researcher, record=scene.result, verb="withdraw", reason="转让了")


def withdraw_challenge(scene, introduction):
    return perform(actor=scene.officer, record=introduction.challenge, verb="withdraw", reason="政策变了")


def solve_challenge(scene, introduction):
    return perform(actor=scene.officer, record=introduction.challenge, verb="solve", reason="已解决")


@pytest.mark.parametrize("end", [withdraw_need, withdraw_result, withdraw_challenge, solve_challenge])
def test_what_is_withdrawn_ends_the_introductions_that_wait(scene, end):
    introduction = of_challenge(scene)
    Notification.objects.all().delete()
    with in_programme(scene.programme):
        end(scene, introduction)
        introduction.refresh_from_db()
        assert (introduction.state, introduction.close_cause, introduction.closed_by) == (
            "declined",
            "end.withdrawn",
            "",
        )
        with pytest.raises(NotAllowed), in_programme(scene.programme):
            actions.consent(
                actor=scene.owner, introduction=introduction, expected_version=None, contact=scene.person(scene.owner)
            )
    told = Notification.objects.filter(code="introduction.end")
    both = {scene.owner.account_id, scene.office.account_id}
    assert {one.account_id for one in told} >= both - {scene.owner.account_id if end is withdraw_need else None}
    assert not any("自己解决了" in str(one.facts) for one in told)  # what a side keeps to itself
    with clock.frozen(clock.now() + timedelta(days=20)):
        assert reminders.remind() == 0
    assert scene.page(scene.office, introduction)


def test_a_capability_that_is_withdrawn_ends_them_too_and_open_ones_go_on(scene):
    capability = factories.capability(scene.programme, scene.university)
    waiting = scene.propose(answer=capability)
    going = open_one(scene)
    with in_programme(scene.programme):
        administrator = factories.actor((Role.RESEARCHER, scene.university))
        perform(actor=administrator, record=capability, verb="withdraw", reason="报废")
        withdraw_result(scene, going)
    waiting.refresh_from_db()
    going.refresh_from_db()
    assert (waiting.state, going.state) == ("declined", "open")


def test_after_the_last_day_nobody_consents_nor_is_reminded(scene):
    introduction = scene.propose()
    with clock.frozen(clock.now() + timedelta(days=61)):  # the need takes answers for 60 days
        assert reminders.remind() == 0
        office = factories.reloaded(scene.office)
        with in_programme(scene.programme):
            answers = allowed(office, introduction)
            assert {answers[verb].code for verb in ("consent", "open")} == {"introduction.question_over"}
            assert answers["decline"]


def test_the_twin_of_what_is_live(scene):
    """The reminders ask the database what the page asks the record."""
    of_challenge(scene)
    scene.propose(answer=factories.capability(scene.programme, scene.university))
    for state in ("expired", "withdrawn", "draft"):
        need = factories.need(scene.programme, scene.firm, state=state)
        factories.introduction(scene.programme, scene.firm, scene.university, need=need)
    for state in ("draft", "solved", "expired", "withdrawn"):
        challenge = factories.challenge(scene.programme, scene.firm, state=state)
        factories.introduction(scene.programme, scene.firm, scene.university, challenge=challenge)
    merged = factories.need(scene.programme, scene.firm, state="merged")
    challenge = factories.challenge(scene.programme, factories.organisation())
    factories.introduction(scene.programme, scene.firm, scene.university, need=merged, challenge=challenge)
    factories.introduction(scene.programme, scene.firm, scene.university, need=merged)
    gone = factories.result(scene.programme, scene.university, state="withdrawn")
    factories.introduction(scene.programme, scene.firm, scene.university, result=gone)
    with in_programme(scene.programme):
        found = set(Introduction.objects.filter(gate.live(clock.now())))
        decided = {one for one in queries.introduction_records() if gate.is_live(scene.officer, one, clock.now())}
    assert found == decided
    assert 0 < len(found) < Introduction.everywhere().count()


def test_a_need_taken_up_again_ends_what_waits_over_it(scene):
    need = factories.need(scene.programme, scene.firm, state="expired")
    introduction = factories.introduction(scene.programme, scene.firm, scene.university, need=need)
    with in_programme(scene.programme):
        perform(actor=scene.owner, record=need, verb="reopen")
    introduction.refresh_from_db()
    assert introduction.state == "declined"


def test_the_same_two_are_not_introduced_twice_under_two_names(scene):
    alias = factories.organisation("示例大学(旧名)")
    sameness.merge(actor=scene.officer, loser=alias, winner=scene.university, reason="更名")
    alias.refresh_from_db()
    more = {"actor": scene.office, "contact": scene.person(scene.office), "answer": None}
    first = scene.propose(**more, answerer=scene.university)
    with pytest.raises(NotAllowed, match="exists") as twice:
        scene.propose(**more, answerer=alias)
    assert first.public_id in twice.value.refusal.sentence


# A challenge that several needs went into


@pytest.fixture
def shared(scene):
    """A challenge of the firm that another firm has joined."""
    scene.challenge = factories.challenge(scene.programme, scene.firm)
    scene.origin = Need.everywhere().get(lineage__challenge=scene.challenge)
    scene.joiner = factories.organisation("另一公司")
    scene.joined = factories.need(scene.programme, scene.joiner, state="submitted")
    with in_programme(scene.programme):
        facts = {"challenge": scene.challenge.public_id}
        perform(actor=scene.officer, record=scene.joined, verb="merge", reason="同题", facts=facts)
    scene.joined.refresh_from_db()
    return scene


def test_a_withdrawn_origin_is_introduced_to_nobody(shared):
    more = {"actor": shared.office, "contact": shared.person(shared.office), "question": shared.challenge}
    with in_programme(shared.programme):
        assert shared.propose(**more).asker == shared.firm
        perform(actor=shared.owner, record=shared.origin, verb="withdraw", reason="不需要了")
    made = shared.propose(**more)
    assert (made.asker, made.need, made.challenge) == (shared.joiner, shared.joined, shared.challenge)
    with in_programme(shared.programme):
        joiner = shared.member("王五", Role.NEED_OWNER, shared.joiner)
        opened = actions.consent(actor=joiner, introduction=made, expected_version=None, contact=shared.person(joiner))
    assert opened.state == "open"


def test_the_page_asks_whose_question_it_is(shared):
    client = factories.english_client(shared.office)
    Need.everywhere().filter(pk=shared.joined.pk).update(anonymous=True)
    url = f"{shared.url('introduction-new')}?challenge={shared.challenge.public_id}&result={shared.result.public_id}"
    page = client.get(url).content.decode()
    assert "Whose question it is" in page
    assert "示例公司" in page
    assert "另一公司" not in page
    sent = {"message": "想谈谈", "contact": shared.person(shared.office).pk, "source": shared.joined.public_id}
    assert client.post(url, {**sent, "source": "0000000000"}).status_code == 422
    assert client.post(url, sent).status_code == 302
    assert Introduction.everywhere().get().need == shared.joined
    with in_programme(shared.programme):
        perform(actor=shared.owner, record=shared.origin, verb="withdraw", reason="不需要了")
    assert "Whose question it is" not in client.get(url).content.decode()


def test_a_firm_that_joined_the_challenge_proposes_for_itself(shared):
    joiner = shared.member("王五", Role.NEED_OWNER, shared.joiner)
    made = shared.propose(actor=joiner, contact=shared.person(joiner), question=shared.challenge)
    assert (made.proposed_by, made.asker, made.need) == ("asker", shared.joiner, shared.joined)


def test_no_live_need_no_introduction(shared):
    with in_programme(shared.programme):
        perform(actor=shared.owner, record=shared.origin, verb="withdraw", reason="不需要了")
    Need.everywhere().filter(pk=shared.joined.pk).update(state="withdrawn")
    with pytest.raises(NotAllowed, match="question_over"):
        shared.propose(actor=shared.office, contact=shared.person(shared.office), question=shared.challenge)


# Who is quicker


def test_two_proposals_at_once_do_not_pass_the_limit_together(race, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    scene = Scene()
    for _n in range(29):
        factories.introduction(scene.programme, scene.firm, scene.university)
    answers = [factories.result(scene.programme, scene.university) for _n in range(2)]
    outcomes = race(*(lambda one=one: scene.propose(answer=one) for one in answers))
    refused = [one.error for one in outcomes if one.error is not None]
    assert [str(one) for one in refused] == ["introduction.too_many"]
    assert Introduction.everywhere().filter(state="proposed", asker=scene.firm).count() == 30


def test_the_same_proposal_from_both_sides_at_once_is_made_once(race, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    scene = Scene()
    outcomes = race(
        scene.propose, lambda: scene.propose(actor=scene.office, contact=scene.person(scene.office), private="")
    )
    assert sorted(str(one.error) for one in outcomes if one.error is not None) == ["introduction.exists"]


def test_nothing_waits_over_a_need_that_is_withdrawn_at_the_same_moment(race, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    scene = Scene()

    def withdraw():
        with in_programme(scene.programme):
            perform(actor=scene.owner, record=scene.need, verb="withdraw", reason="x")

    for proposed, withdrawn in [race(scene.propose, withdraw)]:
        assert withdrawn.error is None
        assert proposed.error is None or str(proposed.error) == "introduction.question_over"
    assert not Introduction.everywhere().filter(state="proposed").exists()


# What stands still


def test_the_office_finds_what_stands_still_on_its_desk_and_in_its_list(scene):
    introduction = scene.propose()
    with clock.frozen(clock.now() + timedelta(days=121)):
        assert reminders.remind() == 0
        recent = factories.introduction(scene.programme, scene.firm, scene.university)
        officer, owner = factories.reloaded(scene.officer), factories.reloaded(scene.owner)
        with in_programme(scene.programme):
            groups = [group for groups in DESK.ask(officer, scene.programme) for group in groups]
            group = next(one for one in groups if "stands-still" in one.all_url)
            assert [item.url for item in group.items] == [scene.url("introduction", introduction)]
            assert not [
                one for found in DESK.ask(owner, scene.programme) for one in found if "stands-still" in one.all_url
            ]
        listed = (
            factories.english_client(officer).get(f"{scene.url('introductions')}?waits=stands-still").content.decode()
        )
        assert introduction.public_id in listed
        assert recent.public_id not in listed
