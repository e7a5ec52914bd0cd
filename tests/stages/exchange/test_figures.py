"""The figures that officials ask for: what is counted, from when, and what is no success."""

import re
from datetime import datetime, timedelta
from html import unescape

import pytest

import factories
from jiandao.kernel import clock, sameness
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import funnel
from jiandao.stages.exchange.introductions import actions, figures, reminders
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Need
from jiandao.stages.exchange.offers import setting_aside
from jiandao.stages.people.models import Organisation
from stages.exchange.test_introductions import Scene, open_one


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Scene()


def whole(scene, cut="field"):
    with in_programme(scene.programme):
        return figures.lines(factories.reloaded(scene.officer), cut)[0]


def money(scene):
    with in_programme(scene.programme):
        return figures.money(factories.reloaded(scene.officer))


def stopped(scene, **more):
    introduction = factories.introduction(
        scene.programme, scene.firm, scene.university, state="agreed", need=scene.need, result=scene.result
    )
    made = factories.cooperation(scene.programme, scene.firm, scene.university, introduction=introduction, **more)
    with in_programme(scene.programme):
        return perform(actor=scene.owner, record=made, verb="stop", reason="做不下去")


def test_a_need_counts_from_its_first_publication_also_when_it_is_taken_up_again(scene):
    now = clock.now()
    stamps = {name: now - timedelta(days=303) for name in ("submitted_at", "form_passed_at", "assessed_at")}
    need = factories.need(
        scene.programme, scene.firm, state="published", published_at=now - timedelta(days=300),
        deadline=clock.today() - timedelta(days=100), complete=True, **stamps,
    )  # fmt: skip
    made = factories.introduction(
        scene.programme, scene.firm, scene.university, state="open", need=need, proposed_by="answerer"
    )
    Introduction.everywhere().filter(pk=made.pk).update(created_at=now - timedelta(days=200))
    officer = scene.officer
    with in_programme(scene.programme):
        before = funnel.counted(funnel.needs_in(officer)).counts
        assert whole(scene, "year").days_to_first == pytest.approx(100, abs=0.1)
        need = perform(actor=scene.owner, record=need, verb="reopen")
        assert need.state == "draft"
        assert funnel.counted(funnel.needs_in(officer)).counts == before
        assert whole(scene, "year").days_to_first == pytest.approx(100, abs=0.1)
        Need.everywhere().filter(pk=need.pk).update(deadline=clock.today() + timedelta(days=50))
        need = perform(actor=scene.owner, record=need, verb="submit")
        need = factories.triaged(need, officer)
        assert need.published_at > now
        after = whole(scene, "year")
    assert (after.published, after.in_contact) == (2, 1)
    assert after.days_to_first == pytest.approx(100, abs=0.1)  # and not none


def test_a_draft_that_was_never_submitted_is_counted_for_nobody(scene):
    with in_programme(scene.programme):
        before = funnel.counted(funnel.needs_in(scene.officer)).counts
        factories.need(scene.programme, scene.firm, state="draft")
        assert funnel.counted(funnel.needs_in(scene.officer)).counts == before


def test_the_first_answer_is_an_act_of_the_other_side(scene):
    Need.everywhere().filter(pk=scene.need.pk).update(published_at=clock.now() - timedelta(days=20))
    introduction = scene.propose()
    assert (whole(scene).introduced, whole(scene).days_to_first) == (1, None)  # nobody has answered
    with in_programme(scene.programme), clock.frozen(clock.now() + timedelta(days=5)):
        actions.consent(
            actor=factories.reloaded(scene.office), introduction=introduction, expected_version=None,
            contact=scene.person(scene.office),
        )  # fmt: skip
    assert whole(scene).days_to_first == pytest.approx(25, abs=0.1)


@pytest.mark.parametrize("by", ["office", "officer"])
def test_a_proposal_of_the_other_side_or_of_the_office_answers(scene, by):
    Need.everywhere().filter(pk=scene.need.pk).update(published_at=clock.now() - timedelta(days=20))
    contact = scene.person(scene.office) if by == "office" else None
    scene.propose(actor=getattr(scene, by), contact=contact, private="")
    assert whole(scene).days_to_first == pytest.approx(20, abs=0.1)


def test_sales_are_those_stated_last_for_each_cooperation(scene):
    made = factories.cooperation(
        scene.programme, scene.firm, scene.university, signed_on=clock.today() - timedelta(days=800)
    )
    with in_programme(scene.programme):
        for months, sales in ((6, 500_000_000), (12, None)):
            values = {"use": "in-use", "paid_fen": None, "sales_fen": sales, "note": "x"}
            actions.report(actor=scene.owner, cooperation=made, months=months, values=values)
            assert money(scene).sales_fen == 500_000_000


def test_what_was_given_up_is_shown_apart_and_is_no_success(scene):
    stopped(scene, amount_fen=300_000_000)
    factories.cooperation(scene.programme, scene.firm, scene.university, amount_fen=100_000_000)
    found = whole(scene)
    assert (found.cooperating, found.given_up, found.success) == (1, 1, 1 / 2)
    said = money(scene)
    assert (said.cooperations, said.amount_fen) == (1, 100_000_000)
    assert (said.given_up, said.given_up_fen) == (1, 300_000_000)
    client = factories.english_client(scene.officer)
    page = client.get(scene.url("figures")).content.decode()
    assert "confirmed by both sides and given up later" in page
    assert "first act of the other side" in page
    api = client.get(f"/api/v1/p/{scene.programme.slug}/figures").json()
    assert (api["given_up"], api["given_up_fen"], api["whole"]["given_up"]) == (1, 300_000_000, 1)


def test_one_that_goes_on_makes_a_need_a_success(scene):
    stopped(scene)
    again = factories.introduction(scene.programme, scene.firm, scene.university, state="agreed", need=scene.need)
    factories.cooperation(scene.programme, scene.firm, scene.university, introduction=again)
    assert (whole(scene).cooperating, whole(scene).given_up) == (1, 0)


def test_what_was_given_up_is_asked_after_only_when_money_changed_hands(scene):
    made = stopped(scene)
    CooperationRecord.everywhere().update(signed_on=clock.today() - timedelta(days=400))
    assert reminders.remind_of_outcomes() == 0
    with in_programme(scene.programme):
        values = {"use": "trial", "paid_fen": 1_000, "sales_fen": None, "note": "预付"}
        actions.report(actor=scene.owner, cooperation=made, months=6, values=values)
    assert reminders.remind_of_outcomes() == 1
    assert Notification.objects.get(code="cooperation.outcome").facts["months"] == 12


def test_a_disputed_agreement_is_in_no_figure(scene):
    introduction = open_one(scene)
    with in_programme(scene.programme):
        values = {"title": "x", "cooperation_kind": "joint", "signed_on": clock.today(), "amount_fen": 5}
        made = actions.agree(actor=scene.owner, introduction=introduction, expected_version=None, values=values)
        perform(actor=scene.office, record=made, verb="dispute", reason="没有签过")
    assert (whole(scene).in_contact, whole(scene).cooperating, money(scene).amount_fen) == (1, 0, 0)


def test_a_prefecture_is_that_of_the_organisation_that_the_entries_are(scene):
    home = factories.term("prefecture")
    Organisation.objects.filter(pk=scene.firm.pk).update(prefecture=home)
    alias = factories.organisation("示例公司(武汉)")
    factories.need(scene.programme, alias, state="published")
    merged = sameness.merge(actor=scene.officer, loser=alias, winner=scene.firm, reason="同一")
    with in_programme(scene.programme):
        for counted in (
            funnel.by(funnel.needs_in(scene.officer), "prefecture"),
            figures.lines(scene.officer, "prefecture")[1],
        ):
            assert {line.key for line in counted} == {home.pk}
        there = (
            factories.english_client(scene.officer).get(f"{scene.url('needs')}?prefecture={home.pk}").content.decode()
        )
        assert all(need.title in there for need in Need.objects.all()), "the list behind a number holds what it counts"
        sameness.undo(merge=merged)
        assert {line.key for line in figures.lines(scene.officer, "prefecture")[1]} == {home.pk, None}


def published(scene, days):
    return factories.need(
        scene.programme, scene.firm, state="published", published_at=clock.now() - timedelta(days=days)
    )


def test_times_to_the_first_proposal_and_contact_are_those_of_half_and_of_four_fifths(scene):
    Need.everywhere().filter(pk=scene.need.pk).update(published_at=clock.now() - timedelta(days=100))
    for days in (1, 2, 3, 4, 50):
        need = published(scene, days)
        factories.introduction(scene.programme, scene.firm, scene.university, state="open", need=need)
    factories.introduction(scene.programme, scene.firm, scene.university, need=published(scene, 9))
    found = whole(scene)
    assert (found.published, found.introduced, found.in_contact) == (7, 6, 5)
    assert found.contact.half == pytest.approx(3, abs=0.1)
    assert found.contact.most == pytest.approx(4, abs=0.1)
    assert found.proposal.half == pytest.approx(3.5, abs=0.1)
    assert found.proposal.most == pytest.approx(9, abs=0.1)


def test_months_are_those_of_the_first_publication(scene):
    Need.everywhere().filter(pk=scene.need.pk).update(
        published_at=clock.now(), first_published_at=clock.now() - timedelta(days=400)
    )
    published(scene, 0)
    with in_programme(scene.programme):
        _whole, lines = figures.lines(factories.reloaded(scene.officer), "month")
    assert sorted(f"{line.key:%Y-%m}" for line in lines) == sorted(
        f"{clock.local(clock.now() - timedelta(days=days)):%Y-%m}" for days in (0, 400)
    )
    answer = factories.english_client(scene.officer).get(f"/api/v1/p/{scene.programme.slug}/figures?cut=month").json()
    assert {line["key"] for line in answer["by"]} == {f"{line.key:%Y-%m}" for line in lines}


def test_months_and_years_lead_to_their_needs(scene):
    old, new = published(scene, 400), published(scene, 0)
    # The last moment of a month on the programme's clock is another month elsewhere.
    late = datetime(2025, 10, 31, 23, 59, 59, tzinfo=clock.SHANGHAI)
    Need.everywhere().filter(pk=old.pk).update(first_published_at=late)
    client = factories.english_client(scene.officer)
    for cut, label in (("month", "2025-10"), ("year", "2025")):
        page = client.get(scene.url("figures"), {"cut": cut}).content.decode()
        (link,) = re.findall(rf'<a[^>]*href="([^"]*)"[^>]*>{label}</a>', page)
        shown = client.get(unescape(link)).content.decode()
        assert {one for one in (old, new, scene.need) if f"/needs/{one.public_id}/" in shown} == {old}
    for day in ("0001-01-01", "9999-12-31"):
        assert client.get(scene.url("needs"), {"published_from": day, "published_to": day}).status_code == 200


def test_causes_of_refusals_are_counted_wherever_they_were_given(scene):
    introduced = {"state": "declined", "closed_by": "answerer"}
    made = factories.introduction(scene.programme, scene.firm, scene.university, **introduced)
    Introduction.everywhere().filter(pk=made.pk).update(close_cause="decline.immature")
    factories.offer(scene.result, scene.firm, state="refused", cause="refuse.immature", answered_at=clock.now())
    owner = factories.reloaded(scene.owner)
    with in_programme(scene.programme):
        setting_aside.set_aside(actor=owner, record=scene.need, other=scene.result, why="price")
        other = factories.result(scene.programme, scene.university)
        setting_aside.set_aside(actor=owner, record=scene.need, other=other, why="immature")
        third = factories.result(scene.programme, scene.university)
        setting_aside.set_aside(actor=owner, record=scene.need, other=third, why="known")
        setting_aside.take_back(actor=owner, record=scene.need, other=third)
        found = figures.refusals(factories.reloaded(scene.officer))
    counts = {one.code: (one.set_aside, one.declined, one.offers) for one in found}
    assert counts == {"immature": (1, 1, 1), "price": (1, 0, 0)}
    assert found[0].code == "immature"
    page = factories.english_client(scene.officer).get(scene.url("figures")).content.decode()
    assert "not mature enough" in page
    assert "?state=declined" in page


def test_the_noes_over_a_need_that_became_secret_are_counted_for_its_list_alone(scene):
    with in_programme(scene.programme):
        setting_aside.set_aside(
            actor=factories.reloaded(scene.owner), record=scene.need, other=scene.result, why="price"
        )
        Need.everywhere().filter(pk=scene.need.pk).update(secrecy="trade-secret")
        assert figures.refusals(factories.reloaded(scene.officer)) == []


def test_the_steps_of_the_figures_lead_to_the_needs_behind_them(scene):
    met, open_one = published(scene, 3), published(scene, 2)
    factories.introduction(scene.programme, scene.firm, scene.university, need=met)
    factories.introduction(scene.programme, scene.firm, scene.university, state="open", need=open_one)
    client = factories.english_client(scene.officer)
    page = client.get(scene.url("figures")).content.decode()
    assert "reached=published&amp;field=" in page
    needs = scene.url("needs")
    for step, expected in (("introduced", {met, open_one}), ("in-contact", {open_one}), ("cooperating", set())):
        shown = client.get(needs, {"reached": "published", "met": step}).content.decode()
        assert {one for one in (met, open_one, scene.need) if f"/needs/{one.public_id}/" in shown} == expected
    stranger = factories.english_client().get(needs, {"met": "introduced"}).content.decode()
    assert f"/needs/{met.public_id}/" not in stranger  # whom a need met is not for everybody
