"""BM25 as the index computes it, done again in double precision so that every score can be taken apart.

The formula is that of Robertson & Zaragoza (2009), with the idf of Lucene that is never negative and the field weights
inside the term frequency (BM25F; Robertson, Zaragoza & Taylor 2004):

    score(q, d) = Σ_t  qtf'(t) · idf(t) · tf · (k1 + 1) / (tf + k1 · (1 − b + b · |d| / avg|d|))
    idf(t)      = ln(1 + (N − n_t + ½) / (n_t + ½))
    qtf'(t)     = qtf · (k3 + 1) / (qtf + k3)
    tf          = Σ_field weight(field) · tf(field)

|d| is rounded down to the steps of Lucene's one-byte length, as tantivy does: only then is the ranking of the index
also the ranking of these numbers, up to single precision.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

K1 = 1.2
B = 0.75


def _steps() -> tuple[int, ...]:
    """Lucene's SmallFloat.byte4ToInt for 0–255: exact to 39, then eight steps per power of two."""
    values = []
    for code in range(256):
        if code < 24:
            values.append(code)
            continue
        bits, shift = (code - 24) & 7, ((code - 24) >> 3) - 1
        values.append(24 + (bits if shift < 0 else (bits | 8) << shift))
    return tuple(values)


_LENGTHS = _steps()


def stored_length(length: int) -> int:
    """A document's length in terms as the index remembers it: the greatest step that is not above it."""
    return _LENGTHS[bisect_right(_LENGTHS, length) - 1]


@dataclass(frozen=True, slots=True)
class Statistics:
    """What BM25 must know of a collection. The statistics of shards add up to those of the whole (`a + b`).

    `documents`: N; `total_length`: sum of weighted lengths in terms; `frequencies`: n_t of the terms asked for.
    """

    documents: int
    total_length: int
    frequencies: Mapping[str, int] = field(default_factory=dict)

    @property
    def average_length(self) -> float:
        return self.total_length / self.documents if self.documents and self.total_length else 1.0

    def idf(self, term: str) -> float:
        return idf(self.documents, self.frequencies.get(term, 0))

    def __add__(self, other: Self) -> Self:
        both = dict(self.frequencies)
        for term, frequency in other.frequencies.items():
            both[term] = both.get(term, 0) + frequency
        return type(self)(self.documents + other.documents, self.total_length + other.total_length, both)


def idf(documents: int, frequency: int) -> float:
    """Inverse document frequency, > 0. A term in more documents than there are counts as in all."""
    known = min(frequency, documents)
    return math.log1p((documents - known + 0.5) / (known + 0.5))


def query_weights(
    counts: Mapping[str, int], statistics: Statistics, *, saturation: float, floor: float, common: int, limit: int
) -> dict[str, float]:
    """qtf'(t) · idf(t) of the terms of a query that are searched, strongest first, equal ones by the alphabet.

    Left out: terms that no document has; characters that also stand in a pair of the query and weigh less than `floor`
    × the strongest term, or stand in more than `common` documents (they cost half of the time and change next to nothing
    that is measurable); what is beyond `limit` terms.
    """
    weights = {
        term: count * (saturation + 1) / (count + saturation) * statistics.idf(term)
        for term, count in counts.items()
        if statistics.frequencies.get(term)
    }
    least = floor * max(weights.values(), default=0.0)
    paired = {character for term in counts if len(term) == 2 for character in term}
    ordered = sorted(weights, key=lambda term: (-weights[term], term))
    kept = [
        term
        for term in ordered
        if term not in paired or (weights[term] >= least and statistics.frequencies[term] <= common)
    ]
    return {term: weights[term] for term in kept[:limit]}


def added(unit: Mapping[str, float], times: Mapping[str, int]) -> float:
    """The score of a document: `unit` of each term × its weighted frequency."""
    return total([unit[term] * often for term, often in times.items()])


def bound(weights: Mapping[str, float]) -> float:
    """What no document can exceed: each term of the query as often as one likes in a document without any other."""
    return total(weight * (K1 + 1) for weight in weights.values())


def by_field(
    unit: Mapping[str, float], frequencies: Mapping[str, Mapping[str, int]], field_weights: Mapping[str, int]
) -> dict[str, float]:
    """What each field of a document adds to its score. `frequencies`: tf by field and term.

    A term's amount is shared among the fields in proportion to weight × tf, which is what the numerator does, so that
    the fields add up to `added`.
    """
    return {
        name: field_weights[name] * total([unit[term] * times for term, times in counted.items()])
        for name, counted in frequencies.items()
    }


def by_term(unit: Mapping[str, float], times: Mapping[str, int]) -> dict[str, float]:
    """What each term adds to a document's score: `added` taken apart. `times`: of `weighted`."""
    return {term: unit[term] * often for term, often in times.items()}


def weighted(frequencies: Mapping[str, Mapping[str, int]], field_weights: Mapping[str, int]) -> dict[str, int]:
    """Weighted frequency of each term over all fields: tf of the formula."""
    found: dict[str, int] = {}
    for name, counted in frequencies.items():
        weight = field_weights[name]
        for term, times in counted.items():
            found[term] = found.get(term, 0) + weight * times
    return found


def units(
    weights: Mapping[str, float], times: Mapping[str, int], length: int, average_length: float
) -> dict[str, float]:
    """What one weighted occurrence of each term adds. `times`: of `weighted`; `length`: the weighted length, in terms."""
    norm = K1 * (1 - B + B * stored_length(length) / average_length)
    return {term: weights[term] * (K1 + 1) / (often + norm) for term, often in times.items()}


def total(amounts: Iterable[float]) -> float:
    """Sum that does not depend on the order."""
    return math.fsum(amounts)


def explained(node: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a BM25 explanation by the name that stands before the comma of their description."""
    found = {str(node["description"]).split(",", 1)[0]: float(node["value"])}
    for below in node.get("details") or ():
        found.update(explained(below))
    return found
