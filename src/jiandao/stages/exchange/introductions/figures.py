"""The figures that officials ask for: how many needs met an answer, how fast, and what came of it (by field or year).

Matching rate: of the needs that were published, the share for which both sides came into contact. Conversion: the share
that led to a cooperation which both sides confirmed. They are counted from introductions, not from registrations.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import ExtractYear

from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.exchange import policy
from jiandao.stages.exchange.introductions import policy as rules
from jiandao.stages.exchange.introductions import states
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Need, Outcome

KEYS: dict[str, Any] = {
    "field": F("field_id"),
    "prefecture": F("organisation__prefecture_id"),
    "year": ExtractYear("published_at"),
}


@dataclass
class Line:
    """One line of the figures; `key` is a term's id, a year, or none where that is not known."""

    key: Any
    published: int = 0
    introduced: int = 0
    in_contact: int = 0
    cooperating: int = 0
    days: list[float] = field(default_factory=list)  # from publication to the first introduction

    @property
    def matching_rate(self) -> float | None:
        return self.in_contact / self.published if self.published else None

    @property
    def conversion(self) -> float | None:
        return self.cooperating / self.published if self.published else None

    @property
    def success(self) -> float | None:
        """Of the needs whose sides came into contact, the share that led to a cooperation."""
        return self.cooperating / self.in_contact if self.in_contact else None

    @property
    def days_to_first(self) -> float | None:
        return median(self.days) if self.days else None


@dataclass(frozen=True)
class Money:
    """Confirmed cooperations and their contracts; outcomes reported, by where they stand."""

    cooperations: int
    amount_fen: int
    outcomes: dict[str, int]
    sales_fen: int


def _published(actor: Actor) -> QuerySet[Need]:
    """Needs that were published and that the actor may know of; withdrawn later or not."""
    return Need.objects.filter(policy.READ_NEED.q(actor), published_at__isnull=False)


def _introductions(actor: Actor) -> QuerySet[Introduction]:
    return Introduction.objects.filter(rules.READ_INTRODUCTION.q(actor)).order_by()


def _confirmed(actor: Actor) -> QuerySet[CooperationRecord]:
    return CooperationRecord.objects.filter(rules.READ_COOPERATION.q(actor), state__in=states.CONFIRMED).order_by()


def lines(actor: Actor, cut: str) -> tuple[Line, list[Line]]:
    """The whole, and one line for each value of the cut, largest first. Two queries."""
    key = KEYS[cut]
    met = _introductions(actor).filter(need=OuterRef("pk"))
    agreed = _confirmed(actor).filter(introduction__need=OuterRef("pk"))
    counted = (
        _published(actor)
        .order_by()
        .annotate(met=Exists(met), opened=Exists(met.filter(opened_at__isnull=False)), agreed=Exists(agreed))
        .values(cut_key=key)
        .annotate(
            published=Count("pk"),
            introduced=Count("pk", filter=Q(met=True)),
            in_contact=Count("pk", filter=Q(opened=True)),
            cooperating=Count("pk", filter=Q(agreed=True)),
        )
    )
    found = {
        row["cut_key"]: Line(row["cut_key"], row["published"], row["introduced"], row["in_contact"], row["cooperating"])
        for row in counted
    }
    for line_key, days in _days(actor, key):
        if line_key in found:
            found[line_key].days.append(days)
    ordered = sorted(found.values(), key=lambda line: (-line.published, str(line.key)))
    return _sum(ordered), ordered


def _days(actor: Actor, key: Any) -> Iterable[tuple[Any, float]]:
    """For each need with an introduction, the days from its publication to the first."""
    met = _introductions(actor).filter(need=OuterRef("pk"))
    first_met = met.values("need").annotate(at=Min("created_at")).values("at")
    first = (
        _published(actor)
        .order_by()
        .annotate(first=Subquery(first_met), cut_key=key)
        .filter(first__isnull=False)
        .values_list("cut_key", "published_at", "first")
    )
    for line_key, published, at in first:
        if published is not None:  # the filter says so already
            yield line_key, _between(published, at)


def _between(published: datetime, first: datetime) -> float:
    # Introduced before it was published (a need that came in by a fair): answered at once.
    return max(first - published, timedelta(0)) / timedelta(days=1)


def _sum(parts: list[Line]) -> Line:
    whole = Line(None)
    for part in parts:
        whole.published += part.published
        whole.introduced += part.introduced
        whole.in_contact += part.in_contact
        whole.cooperating += part.cooperating
        whole.days += part.days
    return whole


def money(actor: Actor) -> Money:
    """What was agreed and came of it, as far as the actor may know of it. Two queries."""
    confirmed = _confirmed(actor)
    agreed = confirmed.aggregate(count=Count("pk"), amount=Sum("amount_fen"))
    latest: dict[int, tuple[int, str, int]] = {}
    for cooperation, months, use, sales in (
        Outcome.objects.filter(cooperation__in=confirmed)
        .order_by("months")
        .values_list("cooperation", "months", "use", "sales_fen")
    ):
        latest[cooperation] = (months, use, sales or 0)
    outcomes: dict[str, int] = defaultdict(int)
    for _months, use, _sales in latest.values():
        outcomes[use] += 1
    return Money(
        agreed["count"], agreed["amount"] or 0, dict(outcomes), sum(sales for _m, _u, sales in latest.values())
    )
