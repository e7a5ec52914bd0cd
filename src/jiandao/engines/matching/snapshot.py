"""One committed state of an index, and the search on it."""

import heapq
import json
from bisect import insort
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import tantivy

from jiandao.engines.matching import scoring
from jiandao.engines.matching.counting import id_hash, query_counts, translated_terms, weighted
from jiandao.engines.matching.dictionary import Translation
from jiandao.engines.matching.fusion import Fusion
from jiandao.engines.matching.reasons import Explainer
from jiandao.engines.matching.records import (
    FIELDS,
    KNOWN_ITEM,
    Channel,
    Document,
    Match,
    Settings,
    Signal,
    stored_parts,
)
from jiandao.engines.matching.scoring import Statistics
from jiandao.engines.matching.spaces import LATENT, Spaces
from jiandao.engines.matching.storage import DamagedIndexError, guarded
from jiandao.engines.matching.text import TermCounter
from jiandao.engines.matching.vectors import Rows, VectorFile, products, quantise

# tantivy adds up in single precision: what it puts this close together may be the other way round in truth.
_SINGLE_PRECISION = 1 + 2e-5
# From so many candidates on, equals at the cut are taken as they lie in the index and no longer by id.
_MOST_CANDIDATES = 20_000
_LABEL = "\x1f"


def label(name: str, value: str) -> str:
    """A label as one exact term."""
    return name + _LABEL + value


@dataclass(frozen=True, slots=True)
class _Candidate:
    """A scored document, not yet among the best."""

    id: str
    stored: bytes
    score: float
    frequencies: Mapping[str, Mapping[str, int]]
    units: Mapping[str, float]  # what one weighted occurrence of each term adds to BM25
    nearness: Mapping[str, float] = field(default_factory=dict)  # what each vector channel adds


@dataclass(frozen=True, slots=True)
class _Question:
    """A query as a search needs it: its words with their weights, and its vectors with their factors."""

    weights: Mapping[str, float]
    factor: float  # of the lexical score
    average: float
    counter: TermCounter
    vectors: Mapping[str, tuple[float, Rows]]
    documents: int  # N of the statistics


class Snapshot:
    """Immutable: a commit made meanwhile changes nothing here. Safe to use from several threads."""

    BLOCK = 4096  # rows read at once

    def __init__(
        self, index: tantivy.Index, settings: Settings, folder: Path | None = None, spaces: Spaces | None = None
    ) -> None:
        self.settings = settings
        self.spaces = spaces or Spaces()
        self._folder = folder
        self._schema = index.schema
        with guarded(folder):
            self._searcher: Any = index.searcher()
            self.documents = int(self._searcher.num_docs)
            self.total_length = self._sum_lengths()
            self._check_rows()
        self._frequencies: dict[str, int] = {}
        self._calibration: tuple[int, float] | None = None

    def _sum_lengths(self) -> int:
        if not self.documents:
            return 0
        everything = tantivy.Query.all_query()
        found = self._searcher.aggregate(everything, {"length": {"sum": {"field": "length"}}})
        return round(float(found["length"]["value"]))

    def _check_rows(self) -> None:
        """Rows are written before the commit that names them: fewer than that were lost."""
        if self.spaces.files and min(map(len, self.spaces.files.values())) < self.next_row():
            raise DamagedIndexError("the vectors of the index are damaged; build it again from the documents")

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
            numbers = scoring.explained(json.loads(query.explain(self._searcher, hits[0][1]).to_json()))
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

    def next_row(self) -> int:
        """The first row after those of the documents."""
        if not self.documents:
            return 0
        found = self._searcher.aggregate(tantivy.Query.all_query(), {"row": {"max": {"field": "row"}}})
        return round(float(found["row"]["value"])) + 1

    def by_row(self, without: VectorFile | None = None) -> Iterator[tuple[range, dict[int, bytes]]]:
        """Blocks of rows with the stored documents by their place in the block; `without`: those that have no vector there."""
        end = self.next_row()
        for start in range(0, end, self.BLOCK):
            block = range(start, min(start + self.BLOCK, end))
            wanted = tantivy.Query.range_query(
                self._schema, "row", tantivy.FieldType.Unsigned, block.start, block.stop - 1
            )
            with guarded(self._folder):
                hits = self._searcher.search(wanted, len(block), count=False).hits
                addresses = [address for _, address in hits]
                rows = self._searcher.fast_field_values("row", addresses)
                known = without.take(rows)["scale"] > 0 if without is not None else [False] * len(rows)
                stored = {
                    row - start: bytes(self._searcher.doc(address).get_first("source"))
                    for row, address, has in zip(rows, addresses, known, strict=True)
                    if not has
                }
            yield block, stored

    def counted(self) -> Iterator[list[Counter[str]]]:
        """The weighted terms of the documents, block after block of rows."""
        for block, documents in self.by_row():
            yield [self._counted(documents[place]) if place in documents else Counter() for place in range(len(block))]

    def sample(self, most: int) -> Iterator[tuple[str, Counter[str]]]:
        """Id and weighted terms of all documents, or of the `most` whose ids have the smallest hashes."""
        chosen = self.chosen(most)
        for _, documents in self.by_row():
            for source in documents.values():
                document_id = stored_parts(source)[0]
                if chosen is None or document_id in chosen:
                    yield document_id, self._counted(source)

    def chosen(self, most: int) -> frozenset[str] | None:
        """The `most` ids with the smallest hashes; None where these are all."""
        if self.documents <= most:
            return None
        ids = (stored_parts(source)[0] for _, documents in self.by_row() for source in documents.values())
        return frozenset(heapq.nsmallest(most, ids, key=id_hash))

    def every(self) -> Iterator[Document]:
        """All documents, in the order of their rows."""
        for _, documents in self.by_row():
            for place in sorted(documents):
                yield Document.load(documents[place])

    def _counted(self, source: bytes) -> Counter[str]:
        return weighted(stored_parts(source)[1], self.settings)

    # Search

    def uses(self, name: str, channels: Mapping[str, Channel]) -> bool:
        """Whether the vectors of a channel are compared here."""
        return name in channels and channels[name].weight > 0 and name in self.spaces.files

    def latent_vector(self, query: Document, channels: Mapping[str, Channel]) -> dict[str, Rows]:
        """The query's place in the latent space, when that is asked for and there is one."""
        if not self.uses(LATENT, channels) or self.spaces.model is None:
            return {}
        return {LATENT: quantise(self.spaces.model.project([query_counts(query, self.settings)]))}

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
        channels: Mapping[str, Channel] | None = None,
        vectors: Mapping[str, Rows] | None = None,
        translations: Sequence[Translation] = (),
    ) -> list[Match]:
        """The `top` best documents, best first, equals by id. See `MatchIndex.search`."""
        with guarded(self._folder):
            if top < 1 or not all(self._is_borne(name, values) for name, values in (labels or {}).items()):
                return []
            question = self._question(query, statistics, channels, vectors, translations)
            words = self._clauses(question.weights)
            restrictions = self._restrictions(allowed, labels or {}, exclude, on)
            if question.vectors:
                best = self._fused(question, words, restrictions, top, frozenset(exclude))
            elif words:
                best = self._best(_restricted(words, restrictions), top, frozenset(exclude), question)
            else:
                return []
        if not signals and not reasons:
            return [Match(found.id, found.score, candidate=found) for found in best]
        explainer = Explainer(query, translations) if reasons else None
        return [self._match(candidate, question, explainer) for candidate in best]

    def explain(
        self,
        query: Document,
        wanted: Iterable[str | Match],
        *,
        statistics: Statistics | None = None,
        channels: Mapping[str, Channel] | None = None,
        vectors: Mapping[str, Rows] | None = None,
        translations: Sequence[Translation] = (),
    ) -> dict[str, Match]:
        """What a search would say of these documents, with reasons, without the search. See `MatchIndex.explain`."""
        found: dict[str, Match] = {}
        with guarded(self._folder):
            question = self._question(query, statistics, channels, vectors, translations)
            explainer = Explainer(query, translations)
            for one in wanted:
                candidate = one.candidate if isinstance(one, Match) else None
                if candidate is None:
                    candidate = self._named(one.document if isinstance(one, Match) else one, question)
                if candidate is not None:
                    found[candidate.id] = self._match(candidate, question, explainer)
        return found

    def likeliest(
        self,
        weights: Mapping[str, float],
        size: int,
        *,
        allowed: Collection[str] | None = None,
        labels: Mapping[str, Collection[str]] | None = None,
        exclude: Collection[str] = (),
    ) -> list[Document]:
        """The `size` documents that hold most of some weighted terms, nearly in that order."""
        with guarded(self._folder):
            words = self._clauses(weights)
            if not words or not all(self._is_borne(name, values) for name, values in (labels or {}).items()):
                return []
            wanted = _restricted(words, self._restrictions(allowed, labels or {}, exclude, None))
            hits = self._searcher.search(wanted, min(size, max(1, self.documents)), count=False).hits
            return [Document.load(bytes(self._searcher.doc(address).get_first("source"))) for _, address in hits]

    def _question(
        self,
        query: Document,
        statistics: Statistics | None,
        asked: Mapping[str, Channel] | None,
        vectors: Mapping[str, Rows] | None,
        translations: Sequence[Translation],
    ) -> _Question:
        counts = query_counts(query, self.settings)
        foreign = translated_terms(translations)
        known = statistics or self.statistics({**counts, **foreign})
        weights = scoring.query_weights(
            counts,
            known,
            saturation=self.settings.query_saturation,
            floor=self.settings.character_floor,
            common=self.settings.character_common,
            limit=self.settings.max_query_terms,
        )
        for term, sure in foreign.items():
            if term not in counts and known.frequencies.get(term):
                weights[term] = sure * known.idf(term)
        channels = asked or self.settings.tasks[KNOWN_ITEM]
        bound = scoring.bound(weights)
        there = self.latent_vector(query, channels) if vectors is None else vectors
        return _Question(
            weights,
            channels["lexical"].factor / bound if bound else 0.0,
            known.average_length,
            TermCounter(weights),
            # A vector of zeros is none: by it all documents would be equally near, and be found.
            {
                name: (channels[name].factor, rows)
                for name, rows in there.items()
                if self.uses(name, channels) and rows["scale"][0] > 0
            },
            known.documents,
        )

    def _named(self, document_id: str, question: _Question) -> _Candidate | None:
        hits = self._searcher.search(self._exact("id", document_id), 1, count=False).hits
        if not hits:
            return None
        address = hits[0][1]
        (length,) = self._searcher.fast_field_values("length", [address])
        (row,) = self._searcher.fast_field_values("row", [address])
        return self._score(bytes(self._searcher.doc(address).get_first("source")), length, row, question)

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

    def _restrictions(
        self,
        allowed: Collection[str] | None,
        labels: Mapping[str, Collection[str]],
        exclude: Collection[str],
        on: date | None,
    ) -> list[tuple[tantivy.Occur, tantivy.Query]]:
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
        return clauses

    def _slack(self, question: _Question) -> float:
        """How much an exact lexical score may be above what tantivy gives, times the channel's factor.

        The two differ only by single precision and by the average length, which for tantivy includes removed documents
        (and for a shard is its own): a greater average raises a score by no more than the ratio of the averages.
        """
        _, there = self._calibration or (0, question.average)
        return max(1.0, question.average / there) * _SINGLE_PRECISION * question.factor

    def _best(self, wanted: tantivy.Query, top: int, exclude: frozenset[str], question: _Question) -> list[_Candidate]:
        """Score candidates exactly until no document that was not fetched can be among the best."""
        slack = self._slack(question)
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
                candidate = self._score(stored, length, None, question)
                if candidate.id not in exclude:
                    insort(ranked, (-candidate.score, candidate.id, candidate))
            if len(hits) < size or size >= _MOST_CANDIDATES:
                return [candidate for *_, candidate in ranked[:top]]
            size = min(size * 2, _MOST_CANDIDATES)

    def _fused(
        self,
        question: _Question,
        words: list[tuple[tantivy.Occur, tantivy.Query]],
        restrictions: list[tuple[tantivy.Occur, tantivy.Query]],
        top: int,
        exclude: frozenset[str],
    ) -> list[_Candidate]:
        """The best by words and vectors together (fusion.py)."""

        def by_words(size: int) -> list[tuple[float, Any]]:
            if not words:
                return []
            wanted = _restricted(words, restrictions)
            return list(self._searcher.search(wanted, min(size, self.documents), count=False).hits)

        def among(rows: list[int]) -> list[tuple[float, Any]]:
            these = (tantivy.Occur.Must, self._one_of("row", rows))
            wanted = tantivy.Query.boolean_query([these, *restrictions, *words])
            return list(self._searcher.search(wanted, max(1, len(rows)), count=False).hits)

        def numbers(addresses: list[Any]) -> list[int]:
            return list(self._searcher.fast_field_values("row", addresses))

        def exact(address: Any, row: int) -> _Candidate | None:
            (length,) = self._searcher.fast_field_values("length", [address])
            stored = bytes(self._searcher.doc(address).get_first("source"))
            found = self._score(stored, length, row, question)
            return None if found.id in exclude else found

        files = [(self.spaces.files[name], factor, rows) for name, (factor, rows) in question.vectors.items()]
        fusion = Fusion(by_words, among, numbers, exact, files, self._slack(question))
        if question.documents <= self.settings.scan_limit:
            return fusion.of_all(top, len(exclude), self._count(restrictions))
        return fusion.of_rescored(top, max(self.settings.rescored, top + len(exclude)))

    def _score(self, stored: bytes, length: int, row: int | None, question: _Question) -> _Candidate:
        document_id, parts = stored_parts(stored)
        frequencies = {name: counted for name, part in parts.items() if (counted := question.counter.count(part))}
        times = scoring.weighted(frequencies, self.settings.field_weights)
        units = scoring.units(question.weights, times, length, question.average)
        lexical = scoring.added(units, times) * question.factor
        if not question.vectors or row is None:
            return _Candidate(document_id, stored, lexical, frequencies, units)
        nearness = {
            name: factor * float(products(self.spaces.files[name].take([row]), asked)[0])
            for name, (factor, asked) in question.vectors.items()
        }
        return _Candidate(
            document_id, stored, scoring.total((lexical, *nearness.values())), frequencies, units, nearness
        )

    def _match(self, found: _Candidate, question: _Question, explainer: Explainer | None) -> Match:
        field_weights = self.settings.field_weights
        amounts = scoring.by_field(found.units, found.frequencies, field_weights)
        signals = tuple(
            Signal(f"lexical.{name}", question.factor * amounts[name]) for name in FIELDS if name in amounts
        )
        signals += tuple(Signal(name, amount) for name, amount in found.nearness.items())
        if explainer is None:
            return Match(found.id, found.score, signals)
        by_term = scoring.by_term(found.units, scoring.weighted(found.frequencies, field_weights))
        return Match(found.id, found.score, signals, explainer.explain(Document.load(found.stored), by_term))

    # Queries

    def _is_borne(self, name: str, values: Collection[str]) -> bool:
        """Whether any document bears the label with one of these values (or did, until segments merge)."""
        return any(self._searcher.doc_freq("label", label(name, value)) for value in values)

    def _count(self, restrictions: list[tuple[tantivy.Occur, tantivy.Query]]) -> int:
        """How many documents the restrictions leave."""
        if not restrictions:
            return self.documents
        everything = (tantivy.Occur.Must, tantivy.Query.all_query())
        wanted = tantivy.Query.boolean_query([everything, *restrictions])
        return int(self._searcher.search(wanted, 1, count=True).count)

    def _term(self, term: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, "content", term, "freq")

    def _exact(self, name: str, value: str) -> tantivy.Query:
        return tantivy.Query.term_query(self._schema, name, value, "basic")

    def _one_of(self, name: str, values: Collection[str] | Collection[int]) -> tantivy.Query:
        return tantivy.Query.const_score_query(tantivy.Query.term_set_query(self._schema, name, list(values)), 0.0)


def _restricted(
    words: list[tuple[tantivy.Occur, tantivy.Query]], restrictions: list[tuple[tantivy.Occur, tantivy.Query]]
) -> tantivy.Query:
    """At least one of the words, within the restrictions."""
    wanted = tantivy.Query.boolean_query(words)
    return tantivy.Query.boolean_query([(tantivy.Occur.Must, wanted), *restrictions]) if restrictions else wanted
