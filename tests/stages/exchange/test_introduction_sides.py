"""Nobody speaks for both sides of an introduction; what one side entered the other confirms, or disputes."""

from datetime import timedelta

import pytest

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import allowed, perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange.introductions import actions, figures, queries, reminders
from jiandao.stages.exchange.models import CooperationRecord
from jiandao.stages.people.models import Membership, Person
from stages.exchange.test_introductions import Scene, open_one

AGREED = {"title": "技术开发合同", "cooperation_kind": "development", "amount_fen": 200_000_000}


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Scene()


def on_both_sides(scene, *grants):
    both = factories.actor(*grants)
    person = Person.objects.create(name="双聘", account=both.account)
    for unit in (scene.firm, scene.university):
        Membership.objects.create(person=person, organisation=unit)
    return both, person


def agree(scene, introduction, actor=None, **more):
    values = {**AGREED, "signed_on": clock.today(), **more}
    with in_programme(scene.programme):
        return actions.agree(
            actor=actor or scene.owner, introduction=introduction, expected_version=None, values=values
        )


def test_a_role_that_does_not_speak_for_the_firm_consents_only_for_the_university(scene):
    introduction = scene.propose(actor=scene.officer, contact=None, private="")
    both, person = on_both_sides(scene, (Role.RESEARCHER, scene.firm), (Role.RESEARCH_OFFICE, scene.university))
    with in_programme(scene.programme):
        done = actions.consent(actor=both, introduction=introduction, expected_version=None, contact=person)
    assert (done.asker_consented_at, done.answerer_consented_at is not None) == (None, True)
    kept = factories.introduction(
        scene.programme,
        scene.firm,
        scene.university,
        asker_private="良率只有62%",
        asker_contact=scene.person(scene.owner),
    )
    page = factories.english_client(both)
    assert "良率只有62%" not in page.get(scene.url("introduction", kept)).content.decode()
    api = page.get(f"/api/v1/p/{scene.programme.slug}/introductions/{kept.public_id}").json()
    assert api["sides"]["asker"]["private"] is None


def test_one_person_does_not_introduce_two_organisations_to_each_other_alone(scene):
    both, person = on_both_sides(
        scene, (Role.UNIT_ADMINISTRATOR, scene.firm), (Role.UNIT_ADMINISTRATOR, scene.university)
    )
    introduction = scene.propose(actor=both, contact=person)
    with in_programme(scene.programme), pytest.raises(NotAllowed) as refused:
        actions.consent(actor=both, introduction=introduction, expected_version=None, contact=person)
    assert refused.value.refusal.code == "introduction.one_person"
    assert "示例大学" in refused.value.refusal.sentence
    assert "赵敏" in refused.value.refusal.sentence  # who else can
    with in_programme(scene.programme):
        introduction = actions.consent(
            actor=scene.office, introduction=introduction, expected_version=None, contact=scene.person(scene.office)
        )
    cooperation = agree(scene, introduction, actor=both)
    assert cooperation.entered_by == "asker"
    with in_programme(scene.programme):
        for verb in ("confirm", "dispute"):
            assert allowed(both, cooperation)[verb].code == "introduction.one_person"
        perform(actor=scene.office, record=cooperation, verb="confirm")


def test_the_office_consented_for_by_one_person_waits_for_another(scene):
    introduction = scene.propose(actor=scene.officer, contact=None, private="")
    both, person = on_both_sides(scene, (Role.NEED_OWNER, scene.firm), (Role.RESEARCHER, scene.university))
    with in_programme(scene.programme):
        introduction = actions.consent(actor=both, introduction=introduction, expected_version=None, contact=person)
        assert introduction.asker_consented_at is not None
        with pytest.raises(NotAllowed, match="one_person"):
            actions.consent(actor=both, introduction=introduction, expected_version=None, contact=person)


def test_a_disputed_agreement_brings_the_introduction_back_to_where_it_was(scene):
    introduction = open_one(scene)
    with in_programme(scene.programme):
        values = {"on": clock.today(), "how": "plant", "note": "看了产线"}
        actions.meet(actor=scene.owner, introduction=introduction, expected_version=None, values=values)
    cooperation = agree(scene, introduction, amount_fen=99_999_999_900)
    url = scene.url("cooperation-do", cooperation, verb="dispute")
    assert factories.english_client(scene.owner).post(url, {"version": 1, "reason": "x"}).status_code == 403
    office = factories.english_client(scene.office)
    office.post(url, {"version": 1, "reason": "金额多写了两个零"})
    cooperation.refresh_from_db()
    introduction.refresh_from_db()
    assert (cooperation.state, introduction.state, introduction.agreed_at) == ("void", "met", None)
    told = Notification.objects.get(code="cooperation.dispute")
    assert (told.account_id, told.facts["reason"]) == (scene.owner.account_id, "金额多写了两个零")
    assert "金额多写了两个零" in scene.page(scene.owner, introduction)  # in the timeline of both
    anew = agree(scene, introduction, amount_fen=1_000_000)
    with in_programme(scene.programme):
        perform(actor=scene.office, record=anew, verb="confirm")
        assert figures.money(scene.officer).amount_fen == 1_000_000
        assert queries.introduction_records().get(pk=introduction.pk).cooperation == anew


def test_who_entered_an_agreement_takes_it_back_and_enters_it_anew(scene):
    introduction = open_one(scene)
    cooperation = agree(scene, introduction)
    with in_programme(scene.programme):
        assert allowed(scene.office, cooperation)["take-back"].code == "policy.relation"
        perform(actor=scene.owner, record=cooperation, verb="take-back", reason="写错了日期")
        introduction.refresh_from_db()
        assert introduction.state == "open"  # they have not met
        assert not any(allowed(scene.owner, CooperationRecord.objects.get()).values())
    anew = agree(scene, introduction, title="更正后的合同")
    with in_programme(scene.programme):
        anew = perform(actor=scene.office, record=anew, verb="confirm")
        assert not allowed(scene.owner, anew)["take-back"]
    page = scene.page(scene.owner, introduction)
    assert "What was taken back" in page
    assert "The cooperation" in page


def test_while_an_agreement_waits_the_same_two_are_not_introduced_anew(scene):
    introduction = open_one(scene)
    cooperation = agree(scene, introduction)
    with pytest.raises(NotAllowed, match="exists"):
        scene.propose()
    with in_programme(scene.programme):
        perform(actor=scene.office, record=cooperation, verb="dispute", reason="没有签过")
    with pytest.raises(NotAllowed, match="exists"):
        scene.propose()
    with in_programme(scene.programme):
        perform(actor=scene.office, record=agree(scene, introduction), verb="confirm")
    assert scene.propose()  # the next one


def test_the_side_that_confirms_is_reminded(scene):
    cooperation = agree(scene, open_one(scene))
    at = clock.now()
    for days, count in {13: 0, 15: 1, 16: 0, 30: 1, 130: 0}.items():
        with clock.frozen(at + timedelta(days=days)):
            assert reminders.remind() == count, days
    told = Notification.objects.filter(code="cooperation.remind", record_id=cooperation.pk)
    assert {one.account_id for one in told} == {scene.office.account_id}
