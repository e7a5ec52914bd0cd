"""Reminders and outcomes: by the rulebook, in as many queries for many as for few."""

from datetime import timedelta

import pytest

import factories
from harness.queries import assert_same_queries
from jiandao.kernel import clock
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.programme import in_programme
from jiandao.kernel.rulebook.models import RuleEdition
from jiandao.stages.exchange.introductions import actions, queries, reminders
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Outcome
from stages.exchange.test_introductions import Scene


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Scene()


def said(scene, code, value):
    """The programme's own value of a rule, from long ago on."""
    RuleEdition.objects.create(
        code=code, programme=scene.programme, edition=1, value=value, valid_from=clock.today() - timedelta(days=999),
        source="x",
    )  # fmt: skip


def test_the_rulebook_says_when_nobody_is_reminded_any_more(scene):
    said(scene, "exchange.introduction.given_up_days", 40)
    scene.propose()
    at = clock.now()
    for days, count in {39: 1, 60: 0}.items():
        with clock.frozen(at + timedelta(days=days)):
            assert reminders.remind() == count


def test_the_rulebook_says_after_how_many_months_outcomes_are_asked_for(scene):
    said(scene, "exchange.cooperation.outcome_months", ["3", "24", "zwei"])
    said(scene, "exchange.cooperation.remind_days", 7)
    made = factories.cooperation(scene.programme, scene.firm, scene.university, signed_on=clock.today())
    at = clock.now()
    for days, count in {80: 0, 95: 1, 101: 0, 103: 1}.items():
        with clock.frozen(at + timedelta(days=days)):
            assert reminders.remind_of_outcomes() == count, days
    with clock.frozen(at + timedelta(days=104)), in_programme(scene.programme):
        values = {"use": "trial", "paid_fen": None, "sales_fen": None, "note": "x"}
        actions.report(actor=factories.reloaded(scene.owner), cooperation=made, months=3, values=values)
        page = factories.english_client(scene.owner).get(scene.url("cooperation", made)).content.decode()
        assert "24 months" in page
        assert "36 months" not in page
    with clock.frozen(at + timedelta(days=200)):
        assert reminders.remind_of_outcomes() == 0  # 24 months are not over
    assert {one.facts["months"] for one in Notification.objects.filter(code="cooperation.outcome")} == {3}


def test_what_was_reported_under_an_older_rule_stays_on_the_page(scene):
    made = factories.cooperation(scene.programme, scene.firm, scene.university)
    Outcome.objects.with_scopes_disabled().create(
        programme=scene.programme, cooperation=made, months=9, use="trial", note="早先填报", by=scene.owner.account
    )
    assert "早先填报" in factories.english_client(scene.owner).get(scene.url("cooperation", made)).content.decode()


@pytest.mark.parametrize("months", [6, 12, 36])
def test_the_last_day_of_signing_is_the_twin_of_so_many_months_later(months):
    for number in range(0, 800, 7):
        on = clock.today() + timedelta(days=number)
        last = queries.signed_until(on, months)
        assert queries.after(last, months) <= on < queries.after(last + timedelta(days=1), months) or (
            queries.after(last + timedelta(days=1), months) > on
        )


def test_many_are_reminded_in_as_many_queries_as_few(db):
    few, many = Scene(), Scene()
    for scene, count in ((few, 5), (many, 50)):
        for _n in range(count):
            of = factories.organisation()
            factories.introduction(scene.programme, scene.firm, of)
            factories.cooperation(scene.programme, scene.firm, of, signed_on=clock.today() - timedelta(days=400))
            factories.cooperation(scene.programme, scene.firm, of, state="entered")
    kept = {few: many, many: few}

    def remind(scene):
        """Only this scene's are due."""
        now = clock.now()
        for model in (Introduction, CooperationRecord):
            model.everywhere().filter(programme=scene.programme).update(reminded_at=None)
            model.everywhere().filter(programme=kept[scene].programme).update(reminded_at=now)
        with clock.frozen(now + timedelta(seconds=1)):
            return reminders.remind_of_outcomes()

    assert [remind(few), remind(many)] == [5, 50]
    assert_same_queries(remind, few, many, at_most=40)
    with clock.frozen(clock.now() + timedelta(days=20)):
        assert reminders.remind() == 110
