"""`MatchIndex`: texts on disk, found again with reasons."""

import threading
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any, Self

import numpy as np
import tantivy

from jiandao.engines.matching import dense, spaces, storage
from jiandao.engines.matching.centring import Centring
from jiandao.engines.matching.copies import overlapping
from jiandao.engines.matching.counting import translated_terms
from jiandao.engines.matching.dictionary import Dictionary, Translation
from jiandao.engines.matching.encoders import Encoder
from jiandao.engines.matching.filling import Filler, dense_text
from jiandao.engines.matching.latent import LEAST_FITTED, MOST_FITTED, LatentModel, fit
from jiandao.engines.matching.opening import Opened, opened
from jiandao.engines.matching.records import FIELDS, KNOWN_ITEM, Channel, Document, Match, Overlap, Settings, check_id
from jiandao.engines.matching.scoring import Statistics
from jiandao.engines.matching.snapshot import Snapshot, label
from jiandao.engines.matching.spaces import DENSE, LATENT
from jiandao.engines.matching.storage import BusyIndexError, guarded, making
from jiandao.engines.matching.text import terms
from jiandao.engines.matching.vectors import Rows, VectorFile, quantise, row_type

_HEAP = 64_000_000  # bytes that the writer collects before it writes a segment


class Writer:
    """Collects changes; readers see all of them or none. Made by `MatchIndex.writing`."""

    def __init__(self, writer: Any, settings: Settings, filler: Filler, folder: Path | None, *, fresh: bool) -> None:
        self._writer = writer
        self._folder = folder
        self._weights = settings.field_weights
        self._fresh = fresh
        self._filler = filler
        self.added: set[str] = set()

    def add(self, document: Document) -> None:
        """Add a document, or replace the one with its id."""
        content: list[str] = []
        for name in FIELDS:
            part = document.part(name)
            if part:
                content += terms(part) * self._weights[name]
        stored = tantivy.Document()
        stored.add_text("id", document.id)
        stored.add_text("content", " ".join(content))
        stored.add_bytes("source", document.dump())
        stored.add_unsigned("length", len(content))
        stored.add_unsigned("until", (document.until or date.max).toordinal())
        stored.add_unsigned("row", self._filler.add(document, content))
        for name, values in document.labels.items():
            for value in values:
                stored.add_text("label", label(name, value))
        with guarded(self._folder):
            if not self._fresh or document.id in self.added:
                self._writer.delete_documents_by_term("id", document.id)
            self._writer.add_document(stored)
        self.added.add(document.id)

    def remove(self, document_id: str) -> None:
        """Remove a document; one that is not there is no error."""
        check_id(document_id)
        self._fresh = False
        with guarded(self._folder):
            self._writer.delete_documents_by_term("id", document_id)

    def commit(self) -> None:
        """Make the changes so far visible, at once. For a writer that stays open; the end of `writing` commits too."""
        self._filler.flush()
        with guarded(self._folder):
            self._writer.commit()
        self._fresh = False
        self.added.clear()


class MatchIndex:
    """An index of documents in a folder, or in memory.

    Any number of processes and threads may search while one writes. A search sees the newest commit as a whole. What
    is wrong with a folder is told by a subclass of `MatchIndexError`.

        with MatchIndex.rebuild("index") as writer:      # make one; or replace one, whole, at the end of the block
            for document in documents:
                writer.add(document)
        index = MatchIndex.open("index")
        index.update(add=[...], remove=["old"])
        for match in index.search(need, top=20, reasons=True): ...
    """

    def __init__(
        self, settings: Settings | None = None, folder: Path | None = None, encoder: Encoder | None = None
    ) -> None:
        self.folder = folder
        self.encoder = encoder
        self._lock = threading.Lock()
        if folder is not None:
            self._state = opened(folder)
        else:
            index = tantivy.Index(storage.schema())
            index.config_reader("manual", 0)
            self._state = Opened(index, settings or Settings(), spaces.Spaces(), None)
        self._current = self._taken(self._state)

    @property
    def settings(self) -> Settings:
        return self._state.settings

    @classmethod
    def in_memory(
        cls, documents: Iterable[Document] = (), settings: Settings | None = None, encoder: Encoder | None = None
    ) -> Self:
        """An index without a folder, for few documents and short use."""
        index = cls(settings, None, encoder)
        index.update(add=documents)
        return index

    @classmethod
    def open(cls, folder: str | Path, encoder: Encoder | None = None) -> Self:
        """Open the index of a folder. Raises a Missing-, Foreign-, Outdated-, Damaged- or ForbiddenIndexError.

        All files are compared with their check sums, once a process. `encoder`: for the dense channel; used where the
        index's dense vectors are its own.
        """
        return cls(None, Path(folder), encoder)

    @classmethod
    @contextmanager
    def rebuild(cls, folder: str | Path, settings: Settings | None = None, *, first: bool = False) -> Iterator[Writer]:
        """Build an index in place of whatever index is in the folder, or where none was. All or nothing.

        `first`: only where none was; BusyIndexError when somebody else made one meanwhile.
        """
        folder = Path(folder)
        with storage.replacing(folder, first=first) as fresh:
            with making(fresh):
                storage.write_metadata(fresh, settings or Settings())
                spaces.begin(fresh)
            with guarded(fresh):
                tantivy.Index(storage.schema(), path=str(fresh))
            with cls(None, fresh).writing() as writer:
                yield writer

    @contextmanager
    def writing(self, wait: float = 0.0) -> Iterator[Writer]:
        """The one writer of an index: commits when the block ends well, else changes nothing.

        Waits at most `wait` seconds for another writer to end, then raises BusyIndexError.
        """
        inner = self._acquire(wait)
        made = False
        try:
            self.refresh()  # whoever wrote before may have put other spaces in place
            filler = Filler(self._state.spaces, self._current.next_row(), self.encoder)
            writer = Writer(inner, self.settings, filler, self.folder, fresh=self._current.documents == 0)
            yield writer
            writer.commit()
            made = True
            if self.folder is None:
                self._know(filler.spaces)
        finally:
            self._release(inner, made=made)

    def _acquire(self, wait: float) -> Any:
        """tantivy's writer of the newest index in the folder."""
        until = time.monotonic() + wait
        while True:
            self.refresh()
            if self._state.readable_only:
                raise storage.forbidden(self.folder)
            try:
                with guarded(self.folder):
                    inner = self._state.index.writer(_HEAP, 1)
            except BusyIndexError:
                if time.monotonic() >= until:
                    raise
                time.sleep(0.05)
                continue
            if self.folder is None or _same_index(self._state.signature, storage.signature(self.folder)):
                return inner
            inner.wait_merging_threads()  # of an index that was replaced meanwhile: it lets go

    def _release(self, inner: Any, *, made: bool) -> None:
        """Let other writers go on, and see what was made."""
        if not made:
            with suppress(ValueError):  # of a writer that died of an error, which is told
                inner.rollback()
        with suppress(ValueError):
            # Merging must end before the lock goes, or small commits would leave ever more segments behind.
            inner.wait_merging_threads()
        if not made and self.folder is not None:
            storage.clear(self.folder)
        self.refresh(force=True)

    def update(self, *, add: Iterable[Document] = (), remove: Iterable[str] = (), wait: float = 0.0) -> None:
        """Remove, then add or replace documents, in one commit."""
        with self.writing(wait) as writer:
            for document_id in remove:
                writer.remove(document_id)
            for document in add:
                writer.add(document)

    def refresh(self, *, force: bool = False) -> None:
        """See the newest commit. Searching does this by itself; it costs three file status calls when nothing changed."""
        if self.folder is None:
            if force:
                self._state.index.reload()
                self._current = self._taken(self._state)
            return
        now = storage.signature(self.folder)
        if now is None or (now == self._state.signature and not force):
            return
        with self._lock:
            state = opened(self.folder, self._state)
            self._current, self._state = self._taken(state), state  # both or, when something is damaged, none

    def _taken(self, state: Opened) -> Snapshot:
        return Snapshot(state.index, state.settings, self.folder, state.spaces)

    def _know(self, found: spaces.Spaces) -> None:
        """Of an index in memory."""
        self._state = replace(self._state, spaces=found)

    # The vector channels

    def fit_latent(self, *, model: LatentModel | None = None, seed: int = 7, wait: float = 0.0) -> bool:
        """Make the latent channel anew from what the index holds; False when there are too few documents for one.

        `model`: one that was made elsewhere, of a whole of which this index is a part. Readers go on with the old one
        until the new one is whole. Of more than 100,000 documents those whose ids have the smallest hashes are fitted, so
        that neither order nor time of adding makes a difference.
        """
        chosen = model or self.make_latent(seed=seed)  # before the lock: other writers need not wait for the long part
        if chosen is None:
            return False
        with self._exclusive(wait) as snapshot:
            blocks = (quantise(chosen.project(counts)) for counts in snapshot.counted())
            self._install(LATENT, chosen.dimensions, blocks, model=chosen)
        return True

    def make_latent(self, *, seed: int = 7, most: int = MOST_FITTED) -> LatentModel | None:
        """The model that `fit_latent` makes, without putting it in place; None when there are too few documents.

        `most`: documents that are fitted; 20,000 take some 640 MB, each further one some 20 KB."""
        return fit(self.snapshot().sample(most), seed=seed)

    @property
    def latent(self) -> LatentModel | None:
        """The model of the latent channel, if there is one."""
        return self.snapshot().spaces.model

    @property
    def dictionary(self) -> Dictionary | None:
        """The dictionary of terms that was put in place with `use_dictionary`."""
        return self.snapshot().spaces.dictionary

    def latent_due(self, most: int = MOST_FITTED) -> bool:
        """Whether `fit_latent` is due: there are enough documents and no model, or twice as many as it was made from (up
        to the most that are fitted)."""
        documents, model = len(self), self._state.spaces.model
        if model is None:
            return documents >= LEAST_FITTED
        return model.fitted < most and documents >= 2 * model.fitted

    def encode(self, *, wait: float = 0.0, done: Callable[[], None] = lambda: None) -> int:
        """Give dense vectors to the documents that have none from this index's encoder; how many got one.

        The mean of each language is taken off, fitted on the documents of the first time (centring.py). Where the vectors
        are another encoder's, all are made anew. `done` is called after each text, and may raise to stop; what an encoder
        with a cache has done is not lost.
        """
        encoder = self.encoder
        if encoder is None:
            raise ValueError("open the index with an encoder to encode its documents")
        if self.has_dense():
            count = 0
            # Added anew under the lock, each as it is now: a row of its own for each.
            with self.writing(wait) as writer:
                for document in dense.addable(self._current, encoder, done):
                    writer.add(document)
                    count += 1
            return count
        with self._exclusive(wait) as snapshot:
            made = dense.Encoding(snapshot, encoder, done)
            self._install(DENSE, encoder.dimensions, made.blocks(), encoder=encoder.name, centring=made.centring)
        return made.encoded

    def has_dense(self) -> bool:
        """Whether there are dense vectors, of this index's encoder."""
        return self._has_dense(self.snapshot())

    def _has_dense(self, snapshot: Snapshot) -> bool:
        there = snapshot.spaces
        return self.encoder is not None and there.encoder == self.encoder.name and DENSE in there.files

    def encode_due(self) -> bool:
        """Whether `encode` would give a vector to any document; asks the encoder."""
        encoder = self.encoder
        if encoder is None or not self.has_dense():
            return encoder is not None
        return any(True for _ in dense.addable(self.snapshot(), encoder))

    def without_dense(self) -> Iterator[Document]:
        """The documents that have no dense vector of this index's encoder."""
        snapshot = self.snapshot()
        return dense.lacking(snapshot, snapshot.spaces.files[DENSE] if self._has_dense(snapshot) else None)

    def channels(self, task: str = KNOWN_ITEM) -> dict[str, Channel]:
        """The channels that a task asks for and this index has, with their weights and scales."""
        snapshot = self.snapshot()
        found = snapshot.settings.tasks[task]
        there = {name for name in found if name == "lexical" or snapshot.uses(name, found)}
        return {name: found[name] for name in found if name in there and (name != DENSE or self._has_dense(snapshot))}

    def use_vectors(self, rows: Rows, encoder: str, centring: Centring, *, wait: float = 0.0) -> None:
        """Put dense vectors in place that were made elsewhere: centred and quantised, one row a document as they were added."""
        with self._exclusive(wait):
            self._install(DENSE, rows["parts"].shape[1], [rows], encoder=encoder, centring=centring)

    def use_dictionary(self, dictionary: Dictionary, *, wait: float = 0.0) -> None:
        """Have queries also look for what their terms are called in the other language, where there is no dense channel."""
        with self._exclusive(wait):
            if self.folder is None:
                self._know(replace(self._state.spaces, dictionary=dictionary))
            else:
                with making(self.folder):
                    spaces.install_dictionary(self.folder, dictionary)

    @contextmanager
    def _exclusive(self, wait: float) -> Iterator[Snapshot]:
        """The newest commit, with every other writer kept away."""
        inner = self._acquire(wait)
        try:
            self.refresh(force=True)
            yield self._current
        finally:
            self._release(inner, made=False)

    def _install(self, name: str, dimensions: int, blocks: Iterable[Rows], **more: Any) -> None:
        if self.folder is not None:
            with making(self.folder):
                spaces.install(self.folder, name, dimensions, blocks, **more)
            return
        rows = np.concatenate([np.zeros(0, row_type(dimensions)), *blocks])
        files = {**self._state.spaces.files, name: VectorFile(None, dimensions, rows)}
        self._know(replace(self._state.spaces, files=files, **more))

    def snapshot(self) -> Snapshot:
        """The newest commit, to search it several times with one and the same state."""
        self.refresh()
        return self._current

    def __len__(self) -> int:
        return self.snapshot().documents

    def __contains__(self, document_id: str) -> bool:
        return document_id in self.snapshot()

    def get(self, document_id: str) -> Document | None:
        """The document as it was added, or None."""
        return self.snapshot().get(document_id)

    def _vectors(self, snapshot: Snapshot, query: Document, channels: Mapping[str, Channel]) -> dict[str, Rows]:
        found = snapshot.latent_vector(query, channels)
        there = snapshot.spaces
        if self.encoder is not None and self.encoder.name == there.encoder and snapshot.uses(DENSE, channels):
            text = dense_text(query)
            encoded = self.encoder.encode([text], kind="query")
            if encoded.any():  # an encoder may know no vector of a text: then its words are translated instead
                found[DENSE] = quantise(there.centring.apply(encoded, [text]))
        return found

    def _translations(self, snapshot: Snapshot, query: Document, vectors: Mapping[str, Rows]) -> Sequence[Translation]:
        dictionary = snapshot.spaces.dictionary
        return dictionary.expand(query) if dictionary is not None and DENSE not in vectors else ()

    def statistics(self, query: Document | str) -> Statistics:
        """Statistics for the terms of a query. Add those of all shards and give the sum to `search` on each shard: then
        the merged answer (by falling score, then id) equals that of one index."""
        snapshot, asked = self.snapshot(), as_query(query)
        wanted = {term for name in FIELDS for term in terms(asked.part(name))}
        wanted |= translated_terms(self._translations(snapshot, asked, {})).keys()
        return snapshot.statistics(sorted(wanted))

    def search(
        self,
        query: Document | str,
        top: int = 20,
        *,
        allowed: Collection[str] | None = None,
        labels: Mapping[str, Collection[str]] | None = None,
        exclude: Collection[str] = (),
        on: date | None = None,
        statistics: Statistics | None = None,
        reasons: bool = False,
        signals: bool = True,
        task: str = KNOWN_ITEM,
        channels: Mapping[str, Channel] | None = None,
    ) -> list[Match]:
        """The `top` best documents for a query: best first, equal scores by id.

        `task`: `known-item` for one answer, `topical` for all of a subject; it says which channels count how much, unless
        `channels` says it.

        `allowed`: only these ids (an empty collection allows none). `labels`: each named label must have one of the
        values. `exclude`: never these ids; a query that is a document never finds itself. `on`: only documents whose
        `until` is not before that day. `statistics`: those of a
        larger or of a fixed collection instead of this index's own. `reasons`: say why, with each match. `signals`: what
        added up to its score.

        Scores are exact functions of the query, the document, the statistics and the settings: neither the order in
        which documents were added nor what was removed before makes a difference.
        """
        asked = as_query(query)
        excluded = set(exclude)
        if isinstance(query, Document):
            excluded.add(query.id)
        snapshot = self.snapshot()
        channels = channels or snapshot.settings.tasks[task]
        vectors = self._vectors(snapshot, asked, channels)
        return snapshot.search(
            asked,
            top,
            allowed=allowed,
            labels=labels,
            exclude=excluded,
            on=on,
            statistics=statistics,
            reasons=reasons,
            signals=signals,
            channels=channels,
            vectors=vectors,
            translations=self._translations(snapshot, asked, vectors),
        )

    def explain(
        self,
        query: Document | str,
        wanted: Iterable[str | Match],
        *,
        statistics: Statistics | None = None,
        task: str = KNOWN_ITEM,
        channels: Mapping[str, Channel] | None = None,
    ) -> dict[str, Match]:
        """Score and reasons of these documents for a query, by id: the same numbers as `search` gives, at a fraction of
        its cost. `wanted`: ids, those that are not in the index are left out; or what a search for the same query found."""
        snapshot, asked = self.snapshot(), as_query(query)
        channels = channels or snapshot.settings.tasks[task]
        vectors = self._vectors(snapshot, asked, channels)
        translations = self._translations(snapshot, asked, vectors)
        return snapshot.explain(
            asked, wanted, statistics=statistics, channels=channels, vectors=vectors, translations=translations
        )

    def overlapping(
        self,
        query: Document | str,
        threshold: float = 0.35,
        *,
        least: int = 1,
        allowed: Collection[str] | None = None,
        labels: Mapping[str, Collection[str]] | None = None,
        exclude: Collection[str] = (),
    ) -> list[Overlap]:
        """The documents that overlap a text (查重), most first, equals by id: fast enough to warn while somebody types.

        `threshold`: least containment, 0–1, exact as in `jiandao match duplicates`; `least`: least number of shared
        shingles, so that a short title inside a long text need not count; the others as in `search`. The 50 best by BM25
        (of a long text more) are measured, so that a collection with more texts that are alike does not give them all.
        """
        excluded = {*exclude, query.id} if isinstance(query, Document) else set(exclude)
        asked = as_query(query)
        return overlapping(
            self.snapshot(), asked, threshold, least=least, allowed=allowed, labels=labels, exclude=excluded
        )


def _same_index(one: tuple[int, ...] | None, other: tuple[int, ...] | None) -> bool:
    """Whether two signatures are of one index, in whatever state."""
    return one is not None and other is not None and one[:2] == other[:2]


def as_query(query: Document | str) -> Document:
    """Plain text as a document to search with."""
    return Document("query", text=query) if isinstance(query, str) else query
