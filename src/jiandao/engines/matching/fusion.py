"""The best documents by words and vectors together.

The threshold algorithm of Fagin, Lotem & Naor (2003): two lists, one by the lexical score and one by the vectors, are read
from their tops until no document below both can be among the best. Candidates are then scored exactly in the order of what
they can reach at most. The answer is that of scoring every document, at the cost of a few hundred.
"""

from bisect import insort
from collections.abc import Callable, Sequence
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from jiandao.engines.matching.vectors import Rows, VectorFile, products


class Scored(Protocol):
    """What `exact` returns: a document with its exact score."""

    @property
    def id(self) -> str: ...
    @property
    def score(self) -> float: ...


S = TypeVar("S", bound=Scored)
Hit = tuple[float, Any]  # what the index gives for the words, and the document's address
_FIRST = 256  # so many of each list are read first
_MARGIN = 1e-12  # of sums whose parts are added in another order


class Fusion(Generic[S]):
    """One search. `by_words(n)`: the n best hits of the index by words; `among(rows)`: those of the documents in these rows
    that may be found at all, with what the index gives them; `numbers`: the rows of addresses; `exact`: the exact score of
    a document, None when it must not be found; `files`: (vectors, factor, query) of each channel; `slack`: times a hit's
    score, no exact lexical contribution is above."""

    def __init__(
        self,
        by_words: Callable[[int], list[Hit]],
        among: Callable[[list[int]], list[Hit]],
        numbers: Callable[[list[Any]], list[int]],
        exact: Callable[[Any, int], S | None],
        files: Sequence[tuple[VectorFile, float, Rows]],
        slack: float,
    ) -> None:
        self._by_words, self._among, self._numbers, self._exact = by_words, among, numbers, exact
        self._files = files
        self._slack = slack
        self._ranked: list[tuple[float, str, S]] = []  # by falling score, then id
        self._read: set[tuple[int, int]] = set()

    def of_all(self, top: int, excluded: int, allowed: int) -> list[S]:
        """The best of all documents, of which `allowed` may be found."""
        nearness = self._nearness_of_all()
        # Of many rows few may be found: then as many more are read at once.
        size = max(_FIRST, 2 * (top + excluded)) * max(1, len(nearness) // max(1, allowed))
        while True:
            rows, below = _strongest(nearness, size)
            hits = self._by_words(size)
            exhausted = len(hits) < size
            rest = max(0.0, below) + (0.0 if exhausted else hits[-1][0] * self._slack)
            both = {_key(address): (about, address) for about, address in (*hits, *self._among(rows))}
            self._rank(list(both.values()), nearness, top)
            everything = exhausted and len(rows) == len(nearness)
            if everything or (len(self._ranked) >= top and -self._ranked[top - 1][0] > rest + _MARGIN):
                return self._best(top)
            if len(rows) == len(nearness) and size >= len(nearness):
                size *= 4  # only words are left to read
            else:
                size = min(size * 4, max(len(nearness), size + 1))

    def of_rescored(self, top: int, size: int) -> list[S]:
        """The best of the `size` best by words."""
        hits = self._by_words(size)
        rows = np.array(self._numbers([address for _, address in hits]), dtype=np.int64)
        nearness = np.zeros(len(rows))
        for file, factor, query in self._files:
            nearness += factor * products(file.take(rows), query)
        self._take(hits, rows, nearness, top)
        return self._best(top)

    def _nearness_of_all(self) -> npt.NDArray[np.float64]:
        """What the vectors add, for every row."""
        found = np.zeros(max(len(file) for file, *_ in self._files))
        for file, factor, query in self._files:
            found[: len(file)] += factor * products(file.rows, query)
        return found

    def _rank(self, hits: list[Hit], nearness: npt.NDArray[np.float64], top: int) -> None:
        new = [hit for hit in hits if _key(hit[1]) not in self._read]
        rows = np.array(self._numbers([address for _, address in new]), dtype=np.int64)
        near = np.zeros(len(rows))
        known = rows < len(nearness)
        near[known] = nearness[rows[known]]
        self._take(new, rows, near, top)

    def _take(self, hits: list[Hit], rows: npt.NDArray[np.int64], near: npt.NDArray[np.float64], top: int) -> None:
        """Score exactly what can still be among the best, the most promising first."""
        reach = np.array([about for about, _ in hits]) * self._slack + near
        for place in np.argsort(-reach, kind="stable"):
            if len(self._ranked) >= top and reach[place] + _MARGIN < -self._ranked[top - 1][0]:
                return
            address = hits[place][1]
            self._read.add(_key(address))
            found = self._exact(address, int(rows[place]))
            if found is not None:
                insort(self._ranked, (-found.score, found.id, found), key=lambda entry: entry[:2])

    def _best(self, top: int) -> list[S]:
        return [found for *_, found in self._ranked[:top]]


def _key(address: Any) -> tuple[int, int]:
    return address.segment_ord, address.doc


def _strongest(nearness: npt.NDArray[np.float64], size: int) -> tuple[list[int], float]:
    """The rows of the `size` greatest numbers, and what no other row exceeds."""
    if size >= len(nearness):
        return list(range(len(nearness))), float("-inf")
    parted = np.argpartition(-nearness, size)
    return parted[:size].tolist(), float(nearness[parted[size]])
