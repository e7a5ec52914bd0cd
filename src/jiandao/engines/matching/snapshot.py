"""One committed state of an index, and the search on it."""

import json
from bisect import insort
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import tantivy

from jiandao.engines.matching import scoring
from jiandao.engines.matching.reasons import Explainer
from jiandao.engines.matching.records import FIELDS, Document, Match, Settings, Signal, stored_parts
from jiandao.engines.matching.scoring import Statistics
from jiandao.engines.matching.storage import guarded
from jiandao.engines.matching.text import PARTICLES, TermCounter, terms

# tantivy adds up in single precision: what it puts this close together may be the other way round in truth.
_SINGLE_PRECISION = 1 + 2e-5
# From so many candidates on, equals at the cut are taken as they lie in the index and no longer by id.
_MOST_CANDIDATES = 20_000
_LABEL = "\x1f"


def label(name: str, value: str) -> str:
    """A label as one exact term."""
    return name + _LABEL + value


def query_counts(query: Document, settings: Settings) -> dict[str, int]:
    """Weighted frequency of each search term of a query; lone particles (的, 和) only when there is nothing else."""
    counts: dict[str, int] = {}
    for name in FIELDS:
        for term in terms(query.part(name)):
            counts[term] = counts.get(term, 0) + settings.field_weights[name]
    return {term: count for term, count in counts.items() if term not in PARTICLES} or counts


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A scored document, not yet among the best."""

    id: str
    stored: bytes
    score: float
    frequencies: Mapping[str, Mapping[str, int]]
    length: int


class Snapshot:
    """Immutable: a commit made meanwhile changes nothing here. Safe to use from several threads."""

    def __init__(self, index: tantivy.Index, settings: Settings, folder: Path | None = None) -> None:
        self.settings = settings
        self._folder = folder
        self._schema = index.schema
        with guarded(folder):
            self._searcher: Any = index.searcher()
            self.documents = int(self._searcher.num_docs)
            self.total_length = self._sum_lengths()
        self._frequencies: dict[str, int] = {}
        self._calibration: tuple[int, float] | None = None

    def _sum_lengths(self) -> int:
        if not self.documents:
            return 0
        everything = tantivy.Query.all_query()
        found = self._searcher.aggregate(everything, {"length": {"sum": {"field": "length"}}})
        return round(float(found["length"]["value"]))

    # Statistics

    def statistics(self, wanted: Iterable[str]) -> Statistics:
        """Exact statistics of the living documents for some terms. Those of several shards can be added."""
        found = {term: self.document_frequency(term) for term in wanted}
        return Statistics(self.documents, self.total_length, found)

    def document_frequency(self, term: str) -> int:
        """In how many documents a term stands. Removed documents do not count."""
        known = self._frequencies.get(term)
        if known is None:
            known = self._searcher.doc_freq("content", term)
            if known and self._calibrate(term)[0] != self.documents:
                # Until segments merge, the index's own count includes removed documents.
                known = self._searcher.search(self._term(term), 1, count=True).count
            self._frequencies[term] = known
        return int(known)

    def _calibrate(self, term: str) -> tuple[int, float]:
        """(N, average length) as tantivy's own scores use them, removed documents included.

        The library tells them only in the explanation of a score. Without a living document there is nothing to score.
        """
        if self._calibration is None:
            query = self._term(term)
            hits = self._searcher.search(query, 1, count=False).hits
            if not hits:
                return -1, 1.0
            numbers = _explained(json.loads(query.explain(self._searcher, hits[0][1]).to_json()))
            self._calibration = round(numbers["N"]), numbers["avgdl"]
        return self._calibration

    # Documents

    def get(self, document_id: str) -> Document | None:
        with guarded(self._folder):
            hits = self._searcher.search(self._exact("id", document_id), 1, count=False).hits
            return Document.load(bytes(self._searcher.doc(hits[0][1]).get_first("source"))) if hits else None

    def __contains__(self, document_id: str) -> bool:
        with guarded(self._folder):
            return bool(self._searcher.search(self._exact("id", document_id), 1, count=False).hits)

    # Search

    def search(
        self,
        query: Document,
        top: int,
        *,
        allowed: Collection[str] | None = None,
        labels: Mapping[str, Collection[str]] | None = None,
        exclude: Collection[str] = (),
        on: date | None = None,
        statistics: Statistics | None = None,
        reasons: bool = False,
        signals: bool = True,
    ) -> list[Match]:
        """The `top` best documents, best first, equals by id. See `MatchIndex.search`."""
        with guarded(self._folder):
            if top < 1 or not all(self._is_borne(name, values) for name, values in (labels or {}).items()):
                return []
            counts = query_counts(query, self.settings)
            known = statistics or self.statistics(counts)
            weights = self._weights(counts, known)
            clauses = self._clauses(weights)
            if not clauses:
                return []
            wanted = self._restricted(tantivy.Query.boolean_query(clauses), allowed, labels or {}, exclude, on)
            best = self._best(wanted, top, frozenset(exclude), weights, known.average_length)
        if not signals and not reasons:
            return [Match(found.id, found.score, candidate=found) for found in best]
        explainer = Explainer(query) if reasons else None
        return [self._match(candidate, weights, known.average_length, explainer) for candidate in best]

    def explain(
        self, query: Document, wanted: Iterable[str | Match], *, statistics: Statistics | None = None
    ) -> dict[str, Match]:
        """What a search would say of these documents, with reasons, without the search. See `MatchIndex.explain`."""
        counts = query_counts(query, self.settings)
        found: dict[str, Match] = {}
        with guarded(self._folder):
            known = statistics or self.statistics(counts)
            weights = self._weights(counts, known)
            counter, explainer = TermCounter(weights), Explainer(query)
            for one in wanted:
                candidate = one.candidate if isinstance(one, Match) else None
                if candidate is None:
                    name = one.document if isinstance(one, Match) else one
                    candidate = self._candidate(name, weights, counter, known.average_length)
                if candidate is not None:
                    found[candidate.id] = self._match(candidate, weights, known.average_length, explainer)
        return found

    def _candidate(
        self, document_id: str, weights: Mapping[str, float], counter: TermCounter, average: float
    ) -> _Candidate | None:
        hits = self._searcher.search(self._exact("id", document_id), 1, count=False).hits
        if not hits:
            return None
        address = hits[0][1]
        (length,) = self._searcher.fast_field_values("length", [address])
        return self._score(bytes(self._searcher.doc(address).get_first("source")), length, weights, counter, average)

    def _weights(self, counts: Mapping[str, int], known: Statistics) -> dict[str, float]:
        return scoring.query_weights(
            counts,
            known,
            saturation=self.settings.query_saturation,
            floor=self.settings.character_floor,
            limit=self.settings.max_query_terms,
        )

    def _clauses(self, weights: Mapping[str, float]) -> list[tuple[tantivy.Occur, tantivy.Query]]:
        """The query for tantivy: its own idf is divided out, so that it ranks by the given statistics."""
        clauses = []
        for term, weight in weights.items():
            frequency = self._searcher.doc_freq("content", term)
            if not frequency:
                continue
            documents, _ = self._calibrate(term)
            if documents > 0:
                boost = weight / scoring.idf(documents, frequency)
                clauses.append((tantivy.Occur.Should, tantivy.Query.boost_query(self._term(term), boost)))
        return clauses

    def _restricted(
        self,
        wanted: tantivy.Query,
        allowed: Collection[str] | None,
        labels: Mapping[str, Collection[str]],
        exclude: Collection[str],
        on: date | None,
    ) -> tantivy.Query:
        clauses = []
        if on is not None:
            until = tantivy.Query.range_query(
                self._schema, "until", tantivy.FieldType.Unsigned, on.toordinal(), date.max.toordinal()
            )
            clauses.append((tantivy.Occur.Must, tantivy.Query.const_score_query(until, 0.0)))
        if allowed is not None:
            clauses.append((tantivy.Occur.Must, self._one_of("id", allowed)))
        for name, values in labels.items():
            clauses.append((tantivy.Occur.Must, self._one_of("label", [label(name, value) for value in values])))
        if len(exclude) > 64:  # a few are dropped afterwards, which costs less
            clauses.append((tantivy.Occur.MustNot, self._one_of("id", exclude)))
        return tantivy.Query.boolean_query([(tantivy.Occur.Must, wanted), *clauses]) if clauses else wanted

    def _best(
        self, wanted: tantivy.Query, top: int, exclude: frozenset[str], weights: Mapping[str, float], average: float
    ) -> list[_Candidate]:
        """Score candidates exactly until no document that was not fetched can be among the best.

        What tantivy gives to a document differs from the exact score only by single precision and by the average
        length, which for tantivy includes removed documents (and for a shard is its own): a greater average raises a
        score by no more than the ratio of the averages.
        """
        _, average_there = self._calibration or (0, average)
        slack = max(1.0, average / average_there) * _SINGLE_PRECISION * self.settings.channels["lexical"].factor
        counter = TermCounter(weights)
        ranked: list[tuple[float, str, _Candidate]] = []  # by falling score, then id
        seen: set[tuple[int, int]] = set()
        # Half as many again: where many score alike, a second search would cost more than fetching these.
        size = top + top // 2 + min(len(exclude), 64) + 4
        while True:
            hits = self._searcher.search(wanted, min(size, self.documents), count=False).hits
            new = [hit for hit in hits if (hit[1].segment_ord, hit[1].doc) not in seen]
            lengths = self._searcher.fast_field_values("length", [address for _, address in new])
            for (about, address), length in zip(new, lengths, strict=True):
                if len(ranked) >= top and about * slack < -ranked[top - 1][0]:
                    return [candidate for *_, candidate in ranked[:top]]
                seen.add((address.segment_ord, address.doc))
                stored = bytes(self._searcher.doc(address).get_first("source"))
                candidate = self._score(stored, length, weights, counter, average)
                if candidate.id not in exclude:
                    insort(ranked, (-candidate.score, candidate.id, candidate))
            if len(hits) < size or size >= _MOST_CANDIDATES:
                return [candidate for *_, candidate in ranked[:top]]
            size = min(size * 2, _MOST_CANDIDATES)

    def _score(
        self, stored: bytes, length: int, weights: Mapping[str, float], counter: TermCounter, average: float
    ) -> _Candidate:
        document_id, parts = stored_parts(stored)
        frequencies = {name: counted for name, part in parts.items() if (counted := counter.count(part))}
        score = scoring.score(weights, frequencies, self.settings.field_weights, length, average)
        return _Candidate(document_id, stored, score * self.settings.channels["lexical"].factor, frequencies, length)

    def _match(
        self, found: _Candidate, weights: Mapping[str, float], average: float, explainer: Explainer | None
    ) -> Match:
        factor = self.settings.channels["lexical"].factor
        amounts = scoring.contributions(weights, found.frequencies, self.settings.field_weights, found.length, average)
        signals = tuple(
            Signal(f"lexical.{name}", factor * scoring.total(amounts[name].values()))
            for name in FIELDS
            if name in amounts
        )
        why = explainer.explain(Document.load(found.stored), _by_term(amounts)) if explainer else None
        return Match(found.id, found.score, signals, why)

    # Queries

    def _is_borne(self, name: str, values: Collection[str]) -> bool:
        """Whether any document bears the label with one of these values (or did, until segments merge)."""
        return any(self._searcher.doc_freq("label", label(name, value)) for value in values)

    def _term(self, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, "content", term, "freq")

    def _exact(self, name: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, name, value, "basic")

    def _one_of(self, name: str, values: Collection[str]) -> tantivy.Query:
        return tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, name, list(values)), 0.0)


def _by_term(amounts: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, list[float]] = {}
    for shares in amounts.values():
        for term, amount in shares.items():
            found.setdefault(term, []).append(amount)
    return {term: scoring.total(parts) for term, parts in found.items()}


def _explained(node: Mapping[str, Any]) -> dict[str, float]:
    """The numbers of a BM25 explanation by the name that stands before the comma of their description."""
    found = {str(node["description"]).split(",", 1)[0]: float(node["value"])}
    for below in node.get("details") or ():
        found.update(_explained(below))
    return found
