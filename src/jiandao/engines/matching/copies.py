"""Which documents of an index overlap a text (查重): candidates by the text's rarest terms, then the exact measure."""

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from jiandao.engines.matching.overlap import document_shingles, parts
from jiandao.engines.matching.records import Document, Overlap
from jiandao.engines.matching.text import terms

if TYPE_CHECKING:
    from jiandao.engines.matching.snapshot import Snapshot

# So many of the best by BM25 are measured for overlap, and so many more for each further stretch of the text: they hold
# 99 % of what overlaps (benchmarks/matching/duplicates.py).
_CANDIDATES, _MORE = 50, 25
_STRETCH = 400  # characters
_TERMS, _FEWEST_TERMS = 96, 12  # of a stretch
_MOST_TERMS = 512  # of all, but for very long texts


def overlapping(
    snapshot: "Snapshot",
    query: Document,
    threshold: float,
    *,
    least: int = 1,
    allowed: Collection[str] | None = None,
    labels: Mapping[str, Collection[str]] | None = None,
    exclude: Collection[str] = (),
) -> list[Overlap]:
    """The documents that overlap the query, most first, equals by id. See `MatchIndex.overlapping`."""
    asked = document_shingles(query)
    weights = _rarest(snapshot, query)
    if not asked or not weights:
        return []
    stretches = sum(len(part) // _STRETCH for part in parts(query))
    size = _CANDIDATES + _MORE * min(stretches, 20) + min(len(exclude), 64)
    found = []
    for document in snapshot.likeliest(weights, size, allowed=allowed, labels=labels, exclude=exclude):
        own = document_shingles(document)
        shared = len(asked & own)
        share = shared / min(len(asked), len(own)) if shared else 0.0
        if shared >= max(1, least) and share >= threshold and document.id not in exclude:
            found.append(Overlap(document.id, share, shared / (len(asked) + len(own) - shared), shared))
    return sorted(found, key=lambda one: (-one.containment, -one.shared, one.document))


def _rarest(snapshot: "Snapshot", query: Document) -> dict[str, float]:
    """The rarest terms of each stretch of a text: what is copied into one stretch is found by the terms there.

    Single characters stand in too many documents to tell a copy.
    """
    stretches = [part[start : start + _STRETCH] for part in parts(query) for start in range(0, len(part), _STRETCH)]
    found = [{term for term in terms(stretch) if len(term) > 1} or set(terms(stretch)) for stretch in stretches]
    known = snapshot.statistics(set().union(*found))
    each = max(_FEWEST_TERMS, min(_TERMS, _MOST_TERMS // max(1, len(found))))
    weights: dict[str, float] = {}
    for some in found:
        borne = sorted((-known.idf(term), term) for term in some if known.frequencies[term])
        weights |= {term: -minus for minus, term in borne[:each]}
    return weights
