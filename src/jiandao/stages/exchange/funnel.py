"""The funnel of needs: how many came through each step, why the others did not. Counted through the viewer's rule."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, F, Q, QuerySet, Value, When
from django.db.models.functions import Coalesce, TruncMonth

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.exchange import states
from jiandao.stages.exchange.introductions import policy as meeting
from jiandao.stages.exchange.models import Need

_STAMPS = {
    "submitted": "submitted_at",
    "form-passed": "form_passed_at",
    "assessed": "assessed_at",
    "published": "published_at",
}


def _reached() -> dict[str, Q]:
    found, later = {}, Q()
    for step, stamp in reversed(_STAMPS.items()):
        later |= Q(**{f"{stamp}__isnull": False})
        found[step] = later
    return {"entered": Q(), **dict(reversed(found.items()))}


# Each step holds what came so far or further, whatever became of it afterwards: a need that was published elsewhere and
# imported has passed all steps. Its twin is a filter of the list of needs.
REACHED: dict[str, Q] = _reached()
DROPPED = (states.RETURNED, states.REJECTED, states.MERGED, states.WITHDRAWN)

HANDED_IN = ~Q(state__in=[states.DRAFT, states.WITHDRAWN], submitted_at__isnull=True, published_at__isnull=True)

# How the funnel is cut: name -> the value in a need. Of merged organisations the prefecture of the one that they are counts.
PREFECTURE = Coalesce("organisation__canonical__prefecture_id", "organisation__prefecture_id")
CUTS: dict[str, Any] = {
    "direction": F("direction"),
    "field": F("field"),
    "prefecture": PREFECTURE,
    "month": TruncMonth("submitted_at", tzinfo=clock.SHANGHAI),
}


@dataclass(frozen=True)
class Line:
    """One value of the cut: its key (a term's id or a month), and how many needs reached each step."""

    key: Any
    counts: dict[str, int]
    dropped: dict[str, int]


def needs_in(actor: Actor, filters: Q | None = None) -> QuerySet[Need]:
    """The needs that the viewer counts and that were handed in once; a draft, also one that was thrown away, is nobody's but
    its writer's."""
    shown = Need.objects.filter(meeting.COUNT_NEED.q(actor), HANDED_IN)
    return shown.filter(filters) if filters is not None else shown


def counted(needs: QuerySet[Need]) -> Line:
    """The whole funnel. One query."""
    found = needs.aggregate(**_counts())
    return _line(None, found)


def by(needs: QuerySet[Need], cut: str) -> list[Line]:
    """The funnel for each value of a cut (KeyError for an unknown one), the largest first; months in their order.

    One query.
    """
    rows = needs.values(key=CUTS[cut]).annotate(**_counts())
    lines = [_line(row["key"], dict(row)) for row in rows]
    if cut == "month":
        return sorted(lines, key=lambda line: (line.key is None, line.key))
    return sorted(lines, key=lambda line: (-line.counts["entered"], line.key or 0))


def beyond(step: str) -> Q:
    """Needs that came to any later step; ValueError for an unknown one."""
    steps = list(REACHED)
    later = Q(pk__in=[])
    for name in steps[steps.index(step) + 1 :]:
        later |= REACHED[name]
    return later


@dataclass(frozen=True)
class Dropped:
    """So many went no further than that step, in that state, for that cause (its code)."""

    step: str
    state: str
    cause: str
    count: int


def drops(needs: QuerySet[Need]) -> list[Dropped]:
    """Where needs dropped out and why, the most frequent first. One query."""
    # The last step comes first: a need counts at the furthest that it reached.
    furthest = Case(
        *(When(condition, then=Value(step)) for step, condition in reversed(REACHED.items()) if condition),
        default=Value("entered"),
    )
    rows = (
        needs.filter(state__in=DROPPED)
        .values("state", "drop_cause", step=furthest)
        .annotate(count=Count("pk"))
        .order_by("-count", "state", "drop_cause", "step")
    )
    return [Dropped(row["step"], row["state"], row["drop_cause"], row["count"]) for row in rows]


def causes(dropped: Iterable[Dropped]) -> list[tuple[str, str, int]]:
    """The same by (state, code of the cause), whatever the step; the most frequent first."""
    together: dict[tuple[str, str], int] = {}
    for one in dropped:
        together[one.state, one.cause] = together.get((one.state, one.cause), 0) + one.count
    return [(*key, count) for key, count in sorted(together.items(), key=lambda item: (-item[1], item[0]))]


def _counts() -> dict[str, Any]:
    reached = {f"n_{step.replace('-', '_')}": Count("pk", filter=condition) for step, condition in REACHED.items()}
    return reached | {f"d_{state}": Count("pk", filter=Q(state=state)) for state in DROPPED}


def _line(key: Any, row: dict[str, Any]) -> Line:
    return Line(
        key,
        {step: row[f"n_{step.replace('-', '_')}"] for step in REACHED},
        {state: row[f"d_{state}"] for state in DROPPED},
    )


def shares(line: Line) -> Sequence[tuple[str, int, float | None]]:
    """Each step with its number and its share of the step before (none where nothing came)."""
    found: list[tuple[str, int, float | None]] = []
    before: int | None = None
    for step, count in line.counts.items():
        found.append((step, count, count / before if before else None))
        before = count
    return found
