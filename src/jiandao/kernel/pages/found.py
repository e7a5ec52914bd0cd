"""What the global search shows of one kind of record."""

from collections.abc import Sequence
from dataclasses import dataclass

from jiandao.kernel.components import Badge


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
