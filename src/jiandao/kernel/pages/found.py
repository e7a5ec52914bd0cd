"""What the global search shows of one kind of record."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from jiandao.kernel.components import Badge
from jiandao.kernel.pages import slices
from jiandao.kernel.search.query import containing

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


def found(
    title: str, records: QuerySet[Any], text: str, shown: Callable[[Any], FoundRecord], all_url: str
) -> FoundGroup:
    """The group of a kind: which of `records` (the query of a list) hold the words, and the newest of them."""
    records = containing(records, text)
    total, capped = slices.count_to(records, CAP)
    newest = slices.rows(records.order_by("-changed_at", "-id"), 0, SHOWN) if total else []
    return FoundGroup(title, [shown(one) for one in newest], total, capped, all_url)
