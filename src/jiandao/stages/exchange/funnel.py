"""The funnel of needs: how many came through each step, why the others did not. Counted through the viewer's rule."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet
from django.db.models.functions import TruncMonth

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.exchange import policy, states
from jiandao.stages.exchange.models import Need

# Each step holds what came so far, whatever became of it afterwards; its twin is a filter of the list of needs.
REACHED: dict[str, Q] = {
    "entered": Q(),
    "submitted": Q(submitted_at__isnull=False),
    "form-passed": Q(form_passed_at__isnull=False),
    "assessed": Q(assessed_at__isnull=False),
    "published": Q(published_at__isnull=False),
}
DROPPED = (states.RETURNED, states.REJECTED, states.MERGED, states.WITHDRAWN)

# How the funnel is cut: name -> the path of the value in a need.
CUTS: dict[str, str] = {
    "direction": "direction",
    "field": "field",
    "prefecture": "organisation__prefecture",
    "month": "month",
}


@dataclass(frozen=True)
class Line:
    """One value of the cut: its key (a term's id or a month), and how many needs reached each step."""

    key: Any
    counts: dict[str, int]
    dropped: dict[str, int]


def needs_in(actor: Actor, filters: Q | None = None) -> QuerySet[Need]:
    """The needs that are counted: those that the viewer may see, drafts left out (they are nobody's but their writer's)."""
    shown = Need.objects.filter(policy.READ_NEED.q(actor)).exclude(state=states.DRAFT, submitted_at__isnull=True)
    return shown.filter(filters) if filters is not None else shown


def counted(needs: QuerySet[Need]) -> Line:
    """The whole funnel. One query."""
    found = needs.aggregate(**_counts())
    return _line(None, found)


def by(needs: QuerySet[Need], cut: str) -> list[Line]:
    """The funnel for each value of a cut (KeyError for an unknown one), the largest first; months in their order.

    One query.
    """
    path = CUTS[cut]
    if cut == "month":
        needs = needs.annotate(month=TruncMonth("submitted_at", tzinfo=clock.SHANGHAI))
    rows = needs.values(key=F(path)).annotate(**_counts())
    lines = [_line(row["key"], dict(row)) for row in rows]
    if cut == "month":
        return sorted(lines, key=lambda line: (line.key is None, line.key))
    return sorted(lines, key=lambda line: (-line.counts["entered"], line.key or 0))


def causes(needs: QuerySet[Need]) -> list[tuple[str, str, int]]:
    """Why needs dropped out: (state, code of the cause, how many), the most frequent first. One query."""
    rows = (
        needs.filter(state__in=DROPPED)
        .values_list("state", "drop_cause")
        .annotate(count=Count("pk"))
        .order_by("-count", "state", "drop_cause")
    )
    return list(rows)


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
