"""Rows of shares as a file has them → holdings: newest year, countries apart from firms, sums that are sums."""

from array import array
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.files import Faults
from jiandao.engines.resilience.network import NO_COUNTRY, Floats, Holdings, Integers

ROUNDING = 1.02 + 1e-9  # shares in rounded per cent may add up to this and are scaled; more is a fault
_YEARS = 10_000  # above every year


class Names:
    """Numbers for words, in the order in which they come."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}

    def of(self, word: str) -> int:
        return self.numbers.setdefault(word, len(self.numbers))

    def all(self) -> list[str]:
        return list(self.numbers)


def is_country(word: str) -> bool:
    """Whether a word names one country: unions, 'Various countries' and nothing at all do not."""
    return word.upper() not in NO_COUNTRY


@dataclass
class Rows:
    """Columns of share rows that came from one file. `holder` is a number in `names`, −1 where nobody is named."""

    path: Path
    names: Names = field(default_factory=Names)
    node: "array[int]" = field(default_factory=lambda: array("q"))
    holder: "array[int]" = field(default_factory=lambda: array("q"))
    share: "array[float]" = field(default_factory=lambda: array("d"))
    year: "array[int]" = field(default_factory=lambda: array("q"))
    line: "array[int]" = field(default_factory=lambda: array("q"))

    def add(self, node: int, holder: str, share: float, year: int, line: int) -> None:
        self.node.append(node)
        self.holder.append(self.names.of(holder) if holder else -1)
        self.share.append(share)
        self.year.append(year)
        self.line.append(line)

    def columns(self) -> "Columns":
        """As arrays."""
        share = np.array(self.share, dtype=np.float64)
        node, holder, year, line = (
            np.array(column, dtype=np.int64) for column in (self.node, self.holder, self.year, self.line)
        )
        return Columns(self.path, self.names.all(), node, holder, share, year, line)


@dataclass(frozen=True)
class Columns:
    """Rows as arrays; `holder` is a place in `names`, or −1; `year`: 0 where none is told."""

    path: Path
    names: list[str]
    node: Integers
    holder: Integers
    share: Floats
    year: Integers
    line: Integers


@dataclass(frozen=True)
class Newest:
    """Holdings of each node's newest year; `covered` (n,): whether any row of the node stood there at all."""

    holdings: Holdings
    year: Integers
    rounded: Floats
    covered: NDArray[np.bool_]
    old: int  # rows of older years
    series: dict[int, list[tuple[int, list[tuple[str, float]]]]]


def newest(rows: Columns, size: int, ids: list[str], faults: Faults) -> Newest:
    """The holdings of each node's newest year, with the series where there is more than one year.

    Sums of a node and year up to 1.02 are scaled to 1 and remembered in `rounded`; a greater one becomes a fault at the
    first of its rows.
    """
    node, holder, share, year = rows.node, rows.holder, rows.share, rows.year
    last = np.zeros(size, np.int64)
    np.maximum.at(last, node, year)
    pair, place = np.unique(node * _YEARS + year, return_inverse=True)
    key = np.stack([pair // _YEARS, pair % _YEARS], axis=1)
    order = np.lexsort((share, place))  # so that sums do not depend on the order of rows
    total = np.bincount(place[order], share[order], len(key))
    start = np.full(len(key), np.iinfo(np.int64).max)
    np.minimum.at(start, place, rows.line)
    for over in np.flatnonzero(total > ROUNDING).tolist():
        when = f" in {key[over, 1]}" if key[over, 1] else ""
        faults.add(
            rows.path,
            int(start[over]),
            f"the shares of {ids[key[over, 0]]}{when} add up to {total[over]:.4g}, expected at most 1",
        )
    scale = np.where(total > 1, total, 1.0)
    share = share / scale[place] if len(share) else share
    now = year == last[node]
    known = now & (holder >= 0)
    rounded = np.zeros(size)
    high = (total > 1 + 1e-6) & (key[:, 1] == last[key[:, 0]]) if len(key) else np.zeros(0, bool)
    rounded[key[high, 0]] = total[high]
    covered = np.zeros(size, bool)
    covered[node] = True
    return Newest(
        holdings=Holdings.grouped(rows.names, node[known], holder[known], share[known]),
        year=last,
        rounded=rounded,
        covered=covered,
        old=int((~now).sum()),
        series=_series(node, holder, share, year, rows.names, key, size),
    )


def _series(
    node: Integers, holder: Integers, share: Floats, year: Integers, names: list[str], key: Integers, size: int
) -> dict[int, list[tuple[int, list[tuple[str, float]]]]]:
    years = np.bincount(key[:, 0], minlength=size) if len(key) else np.zeros(size, np.int64)
    chosen = np.flatnonzero(years[node] > 1) if len(node) else np.zeros(0, np.int64)
    held: dict[int, dict[int, dict[str, list[float]]]] = {}
    for row in chosen.tolist():
        of_year = held.setdefault(int(node[row]), {}).setdefault(int(year[row]), {})
        if holder[row] >= 0:
            of_year.setdefault(names[holder[row]], []).append(float(share[row]))
    return {
        place: [
            (when, [(name, sum(sorted(parts))) for name, parts in sorted(of_year.items())])
            for when, of_year in sorted(by_year.items())
        ]
        for place, by_year in sorted(held.items())
    }
