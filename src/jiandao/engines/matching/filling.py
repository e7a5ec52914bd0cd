"""Rows of vectors for the documents that a writer adds."""

from collections import Counter

import numpy as np

from jiandao.engines.matching.encoders import Encoder
from jiandao.engines.matching.records import FIELDS, Document
from jiandao.engines.matching.spaces import DENSE, LATENT, Spaces
from jiandao.engines.matching.vectors import quantise, row_type

_BATCH = 1000


def dense_text(document: Document) -> str:
    """What an encoder reads of a document."""
    return "\n".join(part for name in FIELDS if (part := document.part(name)))


class Filler:
    """Gives each added document a row, and writes the rows of the channels that the index has."""

    def __init__(self, spaces: Spaces, next_row: int, encoder: Encoder | None) -> None:
        self.spaces = spaces
        self._start = max(next_row, spaces.rows())
        self._added = 0
        self._counts: list[Counter[str]] = []
        self._texts: list[str] = []
        self._encoder = encoder if encoder is not None and encoder.name == spaces.encoder else None

    def add(self, document: Document, content: list[str]) -> int:
        """The number of the document's row. `content`: its search terms, weighted by repetition."""
        row = self._start + self._added
        self._added += 1
        if self.spaces.files:
            if LATENT in self.spaces.files:
                self._counts.append(Counter(content))
            if self._encoder is not None:
                self._texts.append(dense_text(document))
            if self._added >= _BATCH:
                self.flush()
        return row

    def flush(self) -> None:
        """Write what was collected; before a commit."""
        if self._added and self.spaces.files:
            if self.spaces.model is not None:
                rows = quantise(self.spaces.model.project(self._counts))
                self.spaces = self.spaces.with_rows(LATENT, self._start, rows)
            if DENSE in self.spaces.files:
                if self._encoder is not None:
                    encoded = self._encoder.encode(self._texts, kind="document")
                    rows = quantise(self.spaces.centring.apply(encoded, self._texts))
                else:  # to be encoded later: `MatchIndex.encode`
                    rows = np.zeros(self._added, row_type(self.spaces.files[DENSE].dimensions))
                self.spaces = self.spaces.with_rows(DENSE, self._start, rows)
        self._start += self._added
        self._added = 0
        self._counts.clear()
        self._texts.clear()
