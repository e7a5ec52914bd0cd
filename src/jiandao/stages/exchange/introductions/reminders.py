"""Reminders when nothing happens: of the side whose turn it is, and of outcomes that are due."""

from datetime import timedelta
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
    """Remind the side whose turn it is in each introduction that stands still; how many introductions."""
    return sum(_remind(programme, days) for programme, days in _programmes())


def _programmes() -> list[tuple[int, int]]:
    waiting = Introduction.everywhere().filter(state__in=[states.PROPOSED, *states.IN_TALKS])
    ids = waiting.order_by().values_list("programme", flat=True).distinct()
    return [(one, int(rules.REMIND_DAYS.at(programme=one).value)) for one in ids]


def _remind(programme: int, days: int) -> int:
    count = 0
    while True:
        with transaction.atomic():
            found = list(_standing_still(programme, days)[:AT_ONCE])
            for introduction in found:
                quiet = (clock.now() - introduction.changed_at).days
                effects.tell_sides(anonymous(), introduction, turn_of(introduction), "introduction.remind", days=quiet)
            Introduction.everywhere().filter(pk__in=[one.pk for one in found]).update(reminded_at=clock.now())
        count += len(found)
        if len(found) < AT_ONCE:
            return count


def turn_of(introduction: Introduction) -> list[Side]:
    """Whose turn it is: who has not consented, then who has not signed, then both."""
    if introduction.state == states.PROPOSED:
        return gate.missing_consents(introduction) or gate.missing_signatures(introduction)
    return [Side.ASKER, Side.ANSWERER]


def _standing_still(programme: int, days: int) -> QuerySet[Introduction]:
    now = clock.now()
    since = now - timedelta(days=days)
    given_up = now - timedelta(days=int(rules.GIVEN_UP_DAYS.at(programme=programme).value))
    found = Introduction.everywhere().filter(
        Q(reminded_at__isnull=True) | Q(reminded_at__lte=since),
        programme=programme,
        state__in=[states.PROPOSED, *states.IN_TALKS],
        changed_at__lte=since,
        changed_at__gt=given_up,
    )
    related = ("need", "challenge", "result", "capability", "asker", "answerer")
    return found.select_for_update(of=("self",), skip_locked=True).select_related(*related).order_by("pk")


@daily_at("07:55", "exchange.cooperation.remind")
def remind_of_outcomes() -> int:
    """Ask the side that asked what came of it: when an outcome is due, and again until it is reported."""
    confirmed = CooperationRecord.everywhere().filter(state__in=states.CONFIRMED)
    programmes = confirmed.order_by().values_list("programme", flat=True).distinct()
    return sum(_remind_of_outcomes(one) for one in list(programmes))


def _remind_of_outcomes(programme: int) -> int:
    count = 0
    days = timedelta(days=int(rules.OUTCOME_REMIND_DAYS.at(programme=programme).value))
    while True:
        with transaction.atomic():
            found = list(_due(programme, days)[:AT_ONCE])
            for cooperation in found:
                effects.tell_sides(
                    anonymous(), cooperation, [Side.ASKER], "cooperation.outcome", months=cooperation.first_due
                )
            CooperationRecord.everywhere().filter(pk__in=[one.pk for one in found]).update(reminded_at=clock.now())
        count += len(found)
        if len(found) < AT_ONCE:
            return count


def _due(programme: int, days: timedelta) -> QuerySet[Any]:
    """Cooperations with an outcome that is due and not reported, and of which nobody was reminded lately.

    One that was given up is asked after only when money has changed hands through it.
    """
    today, now = clock.today(), clock.now()
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
    related = [f"introduction__{one}" for one in ("need", "challenge", "result", "capability", "asker", "answerer")]
    return found.select_for_update(of=("self",), skip_locked=True).select_related(*related).order_by("pk")
