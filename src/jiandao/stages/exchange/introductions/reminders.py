"""Reminders when nothing happens: of the side whose turn it is, and of outcomes that are due."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.jobs import daily_at
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.introductions import effects, gate, queries, states
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Outcome, Side

GIVEN_UP = timedelta(days=120)  # after so long nobody is reminded any more; the office finds it in its list
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
    found = Introduction.everywhere().filter(
        Q(reminded_at__isnull=True) | Q(reminded_at__lte=since),
        programme=programme,
        state__in=[states.PROPOSED, *states.IN_TALKS],
        changed_at__lte=since,
        changed_at__gt=now - GIVEN_UP,
    )
    related = ("need", "challenge", "result", "capability", "asker", "answerer")
    return found.select_for_update(of=("self",), skip_locked=True).select_related(*related).order_by("pk")


@daily_at("07:55", "exchange.cooperation.remind")
def remind_of_outcomes() -> int:
    """Ask the side that asked what came of it: when an outcome is due, and every 30 days until it is reported."""
    today, now, count = clock.today(), clock.now(), 0
    first = min(Outcome.MONTHS) * 28  # no month is shorter: what was signed later has nothing due
    due = CooperationRecord.everywhere().filter(
        Q(reminded_at__isnull=True) | Q(reminded_at__lte=now - timedelta(days=30)),
        state__in=states.CONFIRMED,
        signed_on__lte=today - timedelta(days=first),
    )
    for key in due.order_by("pk").values_list("pk", flat=True):
        with transaction.atomic():
            related = ("introduction", "introduction__need", "introduction__challenge", "introduction__asker")
            locked = CooperationRecord.everywhere().select_for_update(of=("self",)).select_related(*related)
            cooperation = locked.get(pk=key)
            reported = set(Outcome.everywhere().filter(cooperation=cooperation).values_list("months", flat=True))
            months = queries.due_months(cooperation, today, reported)
            if not months or (cooperation.reminded_at and cooperation.reminded_at > now - timedelta(days=30)):
                continue
            effects.tell_sides(anonymous(), cooperation, [Side.ASKER], "cooperation.outcome", months=months[0])
            CooperationRecord.everywhere().filter(pk=key).update(reminded_at=now)
            count += 1
    return count
