"""What the global search shows of one kind of record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from jiandao.kernel.components import Badge
from jiandao.kernel.lifecycle.table import Lifecycle
from jiandao.kernel.pages import slices
from jiandao.kernel.pages.records import state_badge
from jiandao.kernel.policy.settled import settled

SHOWN = 8
CAP = 1_000  # the search counts no further: beyond it nobody pages


@dataclass(frozen=True)
class FoundRecord:
    """One found record."""

    title: str
    url: str
    owner: str = ""
    state: Badge | None = None


@dataclass(frozen=True)
class FoundGroup:
    """The newest found records of a kind; `all_url` leads to the list with the same words."""

    title: str
    records: Sequence[FoundRecord]
    total: int
    capped: bool
    all_url: str
    after: bool = False  # shown below those of which the programme is about


def found_group(
    title: str,
    records: QuerySet[Any],
    table: Lifecycle,
    *,
    url: Callable[[Any], str],
    all_url: str,
    owner: Callable[[Any], str] = lambda record: "",
    named: Callable[[Any], str] = lambda record: str(record.title),
    after: bool = False,
) -> FoundGroup:
    """The newest of these records, which have `state_now`, and how many there are: counted only where more are there."""
    records = settled(records)
    newest = slices.rows(records.order_by("-changed_at", "-id"), 0, SHOWN + 1)
    total, capped = slices.count_to(records, CAP) if len(newest) > SHOWN else (len(newest), False)
    found = [FoundRecord(named(one), url(one), owner(one), state_badge(table, one.state_now)) for one in newest[:SHOWN]]
    return FoundGroup(title, found, total, capped, all_url, after)
