"""Giving dense vectors to the documents of an index, block after block, whatever their number."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeVar

import numpy as np

from jiandao.engines.matching.centring import Centring, usual_means
from jiandao.engines.matching.encoders import Encoder, Vectors
from jiandao.engines.matching.filling import dense_text
from jiandao.engines.matching.records import Document
from jiandao.engines.matching.snapshot import Snapshot
from jiandao.engines.matching.spaces import DENSE
from jiandao.engines.matching.vectors import Rows, VectorFile, quantise, row_type

AT_ONCE = 64  # texts that are encoded at once
MOST_CENTRED = 8_192  # documents whose vectors are kept in memory to find the means of the languages
T = TypeVar("T")


def lacking(snapshot: Snapshot, known: VectorFile | None) -> Iterator[Document]:
    """The documents that have no vector in `known`, all without it, in the order of their rows."""
    for _, documents in snapshot.by_row(known):
        for place in sorted(documents):
            yield Document.load(documents[place])


def in_parts(things: Iterator[T], size: int) -> Iterator[list[T]]:
    """Lists of at most `size` of them."""
    while part := list(islice(things, size)):
        yield part


def addable(snapshot: Snapshot, encoder: Encoder, done: Callable[[], None] = lambda: None) -> Iterator[Document]:
    """The documents that lack a vector and get one when they are added again. A text without a letter has none, nor has
    one that says just what its language says on the whole. `done` is called after each that lacks one."""
    there = snapshot.spaces
    for part in in_parts(lacking(snapshot, there.files[DENSE]), AT_ONCE):
        texts = [dense_text(document) for document in part]
        rows = quantise(there.centring.apply(encoder.encode(texts, kind="document"), texts))
        for document, row in zip(part, rows, strict=True):
            done()
            if row["scale"] > 0:
                yield document


class Encoding:
    """All documents of an index for an encoder: the means of the languages, then the rows.

    The means are those of all documents, of more than 8,192 those whose ids have the smallest hashes; only their vectors
    are kept in memory. `encoded`: how many have a vector, once `blocks` was read to its end; `done` is called after each text.
    """

    def __init__(self, snapshot: Snapshot, encoder: Encoder, done: Callable[[], None]) -> None:
        self._snapshot, self._encoder, self._done = snapshot, encoder, done
        self.encoded = 0
        chosen = snapshot.chosen(MOST_CENTRED)
        texts: dict[int, str] = {}
        for block, documents in snapshot.by_row():
            for place in sorted(documents):
                document = Document.load(documents[place])
                if chosen is None or document.id in chosen:
                    texts[block.start + place] = dense_text(document)
        self._known = self._vectors(texts)
        rows = np.stack(list(self._known.values())) if texts else np.zeros((0, encoder.dimensions), np.float32)
        self.centring = Centring.fit(rows, list(texts.values()), usual_means(encoder.name))

    def blocks(self) -> Iterator[Rows]:
        """The rows of the file, one a row of the index; zeros where there is no document or no vector."""
        for block, documents in self._snapshot.by_row():
            texts = {block.start + place: dense_text(Document.load(documents[place])) for place in sorted(documents)}
            known = {row: self._known.pop(row) for row in texts if row in self._known}
            known |= self._vectors({row: text for row, text in texts.items() if row not in known})
            rows = np.zeros(len(block), row_type(self._encoder.dimensions))
            if texts:
                encoded = np.stack([known[row] for row in texts])
                self.encoded += int(encoded.any(axis=1).sum())
                rows[[row - block.start for row in texts]] = quantise(
                    self.centring.apply(encoded, list(texts.values()))
                )
            yield rows

    def _vectors(self, texts: Mapping[int, str]) -> dict[int, Vectors]:
        found: dict[int, Vectors] = {}
        for part in in_parts(iter(texts.items()), AT_ONCE):
            encoded: Sequence[Vectors] = list(self._encoder.encode([text for _, text in part], kind="document"))
            for (row, _), vector in zip(part, encoded, strict=True):
                found[row] = vector
                self._done()
        return found
