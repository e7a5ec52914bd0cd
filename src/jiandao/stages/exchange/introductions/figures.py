"""The figures that officials ask for: how many needs met an answer, how fast, what came of it (by field, place or time), and why
what was proposed was refused.

Matching rate: of the needs that were published, the share for which both sides came into contact. Conversion: the share
that led to a cooperation which both sides confirmed and nobody gave up. They are counted from introductions, not from
registrations. A need counts from its first publication, also when it is a draft again: what it reached, it reached.

Time to the first answer: until the other side acts. A proposal of the side that answers, or of the office, is an answer;
a proposal of the side that asks is answered by the consent of the other one. Time to the first proposal and to the first contact
(both sides have consented, the match is accepted) are counted for the needs that came so far.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from statistics import median
from typing import Any

from django.db.models import Case, Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery, Sum, When
from django.db.models.functions import Coalesce, ExtractYear, TruncMonth
from django.utils.functional import Promise

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.table import CAUSES
from jiandao.stages.exchange import funnel
from jiandao.stages.exchange.introductions import policy as rules
from jiandao.stages.exchange.introductions import states
from jiandao.stages.exchange.models import (
    CooperationRecord,
    Introduction,
    Need,
    Offer,
    Outcome,
    SetAside,
    Side,
)
from jiandao.stages.exchange.offers.policy import READ_OFFER
from jiandao.stages.exchange.offers.states import REFUSED

FIRST_PUBLISHED = Coalesce("first_published_at", "published_at")
KEYS: dict[str, Any] = {
    "field": F("field_id"),
    "prefecture": funnel.PREFECTURE,
    "year": ExtractYear(FIRST_PUBLISHED, tzinfo=clock.SHANGHAI),
    "month": TruncMonth(FIRST_PUBLISHED, tzinfo=clock.SHANGHAI),
}


@dataclass
class Line:
    """One line of the figures; `key` is a term's id, a year, a month, or none where that is not known."""

    key: Any  # a month by its first day
    published: int = 0
    introduced: int = 0
    in_contact: int = 0
    cooperating: int = 0
    given_up: int = 0  # of those that cooperated and do so no more
    days: list[float] = field(default_factory=list)  # from the first publication to the first answer
    to_proposal: list[float] = field(default_factory=list)  # … to the first introduction that was proposed
    to_contact: list[float] = field(default_factory=list)  # … to the first that both sides accepted

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

    @property
    def proposal(self) -> "Spread":
        return Spread.of(self.to_proposal)

    @property
    def contact(self) -> "Spread":
        return Spread.of(self.to_contact)


@dataclass(frozen=True)
class Spread:
    """Days of half of the needs, and of four fifths: no more than that. None where no need came so far."""

    half: float | None
    most: float | None

    @classmethod
    def of(cls, days: list[float]) -> "Spread":
        if not days:
            return cls(None, None)
        return cls(median(days), sorted(days)[math.ceil(len(days) * 4 / 5) - 1])


@dataclass(frozen=True)
class Money:
    """Confirmed cooperations and their contracts, those given up apart; outcomes reported, by where they stand."""

    cooperations: int
    amount_fen: int
    outcomes: dict[str, int]
    sales_fen: int
    given_up: int
    given_up_fen: int


def _published(actor: Actor) -> QuerySet[Need]:
    """Needs that were published and that the actor counts; withdrawn or taken up again later or not."""
    return Need.objects.filter(rules.COUNT_NEED.q(actor), published_at__isnull=False)


def _introductions(actor: Actor) -> QuerySet[Introduction]:
    return Introduction.objects.filter(rules.READ_INTRODUCTION.q(actor)).order_by()


def _confirmed(actor: Actor) -> QuerySet[CooperationRecord]:
    return CooperationRecord.objects.filter(rules.READ_COOPERATION.q(actor), state__in=states.CONFIRMED).order_by()


def met(actor: Actor, how: str) -> Exists:
    """Needs that were `introduced`, are `in-contact` or `cooperating`, as `lines` counts them."""
    if how == "cooperating":
        return Exists(_confirmed(actor).filter(introduction__need=OuterRef("pk"), state__in=states.STANDING))
    found = _introductions(actor).filter(need=OuterRef("pk"))
    return Exists(found.filter(opened_at__isnull=False) if how == "in-contact" else found)


def lines(actor: Actor, cut: str) -> tuple[Line, list[Line]]:
    """The whole, and one line for each value of the cut, largest first; of times, the newest first. Two queries."""
    key = KEYS[cut]
    confirmed = _confirmed(actor).filter(introduction__need=OuterRef("pk"))
    stands = confirmed.filter(state__in=states.STANDING)
    counted = (
        _published(actor)
        .order_by()
        .annotate(
            met=met(actor, "introduced"),
            opened=met(actor, "in-contact"),
            agreed=met(actor, "cooperating"),
            ended=Exists(confirmed) & ~Exists(stands),
        )
        .values(cut_key=key)
        .annotate(
            published=Count("pk"),
            introduced=Count("pk", filter=Q(met=True)),
            in_contact=Count("pk", filter=Q(opened=True)),
            cooperating=Count("pk", filter=Q(agreed=True)),
            given_up=Count("pk", filter=Q(ended=True)),
        )
    )
    found = {
        row["cut_key"]: Line(
            row["cut_key"], row["published"], row["introduced"], row["in_contact"], row["cooperating"], row["given_up"]
        )
        for row in counted
    }
    for line_key, published, *moments in _moments(actor, key):
        if line_key in found:
            line = found[line_key]
            for days, at in zip((line.days, line.to_proposal, line.to_contact), moments, strict=True):
                if at is not None:
                    days.append(_between(published, at))
    if cut in {"month", "year"}:
        ordered = sorted(found.values(), key=lambda line: line.key, reverse=True)
    else:
        ordered = sorted(found.values(), key=lambda line: (-line.published, str(line.key)))
    return _sum(ordered), ordered


def _moments(actor: Actor, key: Any) -> Iterable[tuple[Any, ...]]:
    """For each need that was introduced: key, first publication, first answer, first proposal, first contact."""
    answered = Case(When(proposed_by=Side.ASKER, then=F("answerer_consented_at")), default=F("created_at"))
    first = _introductions(actor).filter(need=OuterRef("pk")).values("need")
    return (
        _published(actor)
        .order_by()
        .annotate(
            answered=Subquery(first.annotate(at=Min(answered)).values("at")),
            proposed=Subquery(first.annotate(at=Min("created_at")).values("at")),
            opened=Subquery(first.annotate(at=Min("opened_at")).values("at")),
            since=FIRST_PUBLISHED,
            cut_key=key,
        )
        .filter(proposed__isnull=False)
        .values_list("cut_key", "since", "answered", "proposed", "opened")
    )


def _between(published: datetime, first: datetime) -> float:
    # Answered before it was published (a need that came in by a fair): answered at once.
    return max(first - published, timedelta(0)) / timedelta(days=1)


def _sum(parts: list[Line]) -> Line:
    whole = Line(None)
    for part in parts:
        whole.published += part.published
        whole.introduced += part.introduced
        whole.in_contact += part.in_contact
        whole.cooperating += part.cooperating
        whole.given_up += part.given_up
        whole.days += part.days
        whole.to_proposal += part.to_proposal
        whole.to_contact += part.to_contact
    return whole


@dataclass(frozen=True)
class Shown:
    """Matches that both sides accepted, and at which places those that came from a match page had been shown."""

    accepted: int
    ranks: list[int]

    @property
    def half(self) -> float | None:
        return median(self.ranks) if self.ranks else None

    def within(self, place: int) -> int:
        """How many had been shown at this place or before it."""
        return sum(rank <= place for rank in self.ranks)


def shown(actor: Actor) -> Shown:
    """Introductions that both sides accepted, and the places at which they had been shown. One query."""
    ranks = list(_introductions(actor).filter(opened_at__isnull=False).values_list("shown_rank", flat=True))
    return Shown(len(ranks), [rank for rank in ranks if rank is not None])


@dataclass(frozen=True)
class Refused:
    """How often a cause was given: on a match page, for an introduction that a side declined, for an offer. `code` is of
    `SetAside.Why`, or the cause of the verb where that is another."""

    code: str
    set_aside: int
    declined: int
    offers: int

    @property
    def total(self) -> int:
        return self.set_aside + self.declined + self.offers

    @property
    def words(self) -> str | Promise:
        """The cause in words."""
        return SetAside.Why(self.code).label if self.code in SetAside.Why.values else CAUSES.get(self.code, self.code)


def refusals(actor: Actor) -> list[Refused]:
    """Why matches were refused, the most frequent cause first; noes that were taken back are none. Three queries."""
    about = Q(need__in=_published(actor)) | Q(challenge__isnull=False)
    aside = SetAside.objects.filter(about, taken_back_at__isnull=True).values_list("why")
    declined = _introductions(actor).filter(state=states.DECLINED).exclude(closed_by="").values_list("close_cause")
    offers = Offer.objects.filter(READ_OFFER.q(actor), state=REFUSED).values_list("cause")
    counted = []
    for rows in (aside, declined, offers):
        counts: Counter[str] = Counter()
        for code, times in rows.order_by().annotate(times=Count("pk")):
            counts[cause_of(code)] += times
        counted.append(counts)
    codes = {code for counts in counted for code in counts}
    found = [Refused(code, *(counts[code] for counts in counted)) for code in codes]
    return sorted(found, key=lambda one: (-one.total, one.code))


def cause_of(code: str) -> str:
    """The same cause is one line, wherever it was given: decline.partner and partner."""
    last = code.rpartition(".")[2]
    return last if last in SetAside.Why.values else code


def money(actor: Actor) -> Money:
    """What was agreed and came of it, as far as the actor may know of it. Two queries."""
    confirmed = _confirmed(actor)
    stands, ended = Q(state__in=states.STANDING), Q(state=states.STOPPED)
    agreed = confirmed.aggregate(
        count=Count("pk", filter=stands),
        amount=Sum("amount_fen", filter=stands),
        given_up=Count("pk", filter=ended),
        given_up_fen=Sum("amount_fen", filter=ended),
    )
    latest: dict[int, str] = {}
    sold: dict[int, int] = {}
    for cooperation, use, sales in (
        Outcome.objects.filter(cooperation__in=confirmed)
        .order_by("months")
        .values_list("cooperation", "use", "sales_fen")
    ):
        latest[cooperation] = use
        if sales is not None:  # left open is no zero: what was said before still stands
            sold[cooperation] = sales
    outcomes: dict[str, int] = defaultdict(int)
    for use in latest.values():
        outcomes[use] += 1
    return Money(
        cooperations=agreed["count"],
        amount_fen=agreed["amount"] or 0,
        outcomes=dict(outcomes),
        sales_fen=sum(sold.values()),
        given_up=agreed["given_up"],
        given_up_fen=agreed["given_up_fen"] or 0,
    )
