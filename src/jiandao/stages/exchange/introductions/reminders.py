"""Reminders when nothing happens: of the side whose turn it is, and of outcomes that are due."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Case, Exists, IntegerField, OuterRef, Q, QuerySet, When

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.jobs import daily_at
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.introductions import effects, gate, queries, states
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Outcome, Side

AT_ONCE = 100


@daily_at("07:50", "exchange.introduction.remind")
def remind() -> int:
    """Remind the side whose turn it is in each introduction, or entered cooperation, that stands still; how many."""
    waiting = Introduction.everywhere().filter(state__in=[states.PROPOSED, *states.IN_TALKS])
    entered = CooperationRecord.everywhere().filter(state=states.ENTERED)
    programmes = {
        one for rows in (waiting, entered) for one in rows.order_by().values_list("programme", flat=True).distinct()
    }
    count = 0
    for one in sorted(programmes):
        count += _in_lots(partial(_standing_still, one), "introduction.remind", _to_go_on)
        count += _in_lots(partial(_unconfirmed, one), "cooperation.remind", _to_confirm)
    return count


def _in_lots(find: Callable[[], QuerySet[Any]], code: str, told: Callable[[Any], effects.Told]) -> int:
    """Tell of all that is found, each lot in a transaction of its own; how many."""
    count = 0
    while True:
        with transaction.atomic():
            found = list(find()[:AT_ONCE])
            if found:
                effects.tell_many(anonymous(), [told(one) for one in found], code)
                type(found[0]).everywhere().filter(pk__in=[one.pk for one in found]).update(reminded_at=clock.now())
        count += len(found)
        if len(found) < AT_ONCE:
            return count


def _quiet(record: Introduction | CooperationRecord) -> int:
    return (clock.now() - record.changed_at).days


def _to_go_on(one: Introduction) -> effects.Told:
    return one, turn_of(one), {"days": _quiet(one)}


def _to_confirm(one: CooperationRecord) -> effects.Told:
    return one, [Side.ANSWERER if one.entered_by == Side.ASKER else Side.ASKER], {"days": _quiet(one)}


def turn_of(introduction: Introduction) -> list[Side]:
    """Whose turn it is: who has not consented, then who has not signed, then both."""
    if introduction.state == states.PROPOSED:
        return gate.missing_consents(introduction) or gate.missing_signatures(introduction)
    return [Side.ASKER, Side.ANSWERER]


_ABOUT = ("need", "challenge", "result", "capability", "asker", "answerer")


def _still(programme: int) -> Q:
    """Nothing has happened for so long that somebody is reminded, and not for so long that it is given up."""
    now = clock.now()
    since = now - timedelta(days=int(rules.REMIND_DAYS.at(programme=programme).value))
    given_up = now - timedelta(days=int(rules.GIVEN_UP_DAYS.at(programme=programme).value))
    lately = Q(reminded_at__isnull=True) | Q(reminded_at__lte=since)
    return lately & Q(programme=programme, changed_at__lte=since, changed_at__gt=given_up)


def _standing_still(programme: int) -> QuerySet[Introduction]:
    waiting = Q(state=states.PROPOSED) & gate.live(clock.now()) | Q(state__in=states.IN_TALKS)
    found = Introduction.everywhere().filter(_still(programme), waiting)
    return found.select_for_update(of=("self",), skip_locked=True).select_related(*_ABOUT).order_by("pk")


def _unconfirmed(programme: int) -> QuerySet[CooperationRecord]:
    found = CooperationRecord.everywhere().filter(_still(programme), state=states.ENTERED)
    related = ("introduction", *(f"introduction__{one}" for one in _ABOUT))
    return found.select_for_update(of=("self",), skip_locked=True).select_related(*related).order_by("pk")


@daily_at("07:55", "exchange.cooperation.remind")
def remind_of_outcomes() -> int:
    """Ask the side that asked what came of it: when an outcome is due, and again until it is reported."""
    confirmed = CooperationRecord.everywhere().filter(state__in=states.CONFIRMED)
    programmes = confirmed.order_by().values_list("programme", flat=True).distinct()
    return sum(_in_lots(partial(_due, one), "cooperation.outcome", _to_report) for one in sorted(programmes))


def _to_report(one: Any) -> effects.Told:
    return one, [Side.ASKER], {"months": one.first_due}


def _due(programme: int) -> QuerySet[Any]:
    """Cooperations with an outcome that is due and not reported, and of which nobody was reminded lately.

    One that was given up is asked after only when money has changed hands through it.
    """
    today, now = clock.today(), clock.now()
    days = timedelta(days=int(rules.OUTCOME_REMIND_DAYS.at(programme=programme).value))
    said = Outcome.everywhere().filter(cooperation=OuterRef("pk"))
    due = [
        When(Q(signed_on__lte=queries.signed_until(today, months)) & ~Exists(said.filter(months=months)), then=months)
        for months in queries.outcome_months(today, programme)
    ]
    if not due:
        return CooperationRecord.everywhere().none()
    money = Exists(said.filter(Q(paid_fen__gt=0) | Q(sales_fen__gt=0)))
    found = (
        CooperationRecord.everywhere()
        .annotate(first_due=Case(*due, output_field=IntegerField()))
        .filter(
            Q(reminded_at__isnull=True) | Q(reminded_at__lte=now - days),
            Q(state__in=states.STANDING) | Q(money, state=states.STOPPED),
            programme=programme,
            first_due__isnull=False,
        )
    )
    related = [f"introduction__{one}" for one in _ABOUT]
    return found.select_for_update(of=("self",), skip_locked=True).select_related(*related).order_by("pk")
