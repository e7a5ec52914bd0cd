"""Vectors of documents on disk: eight bits a component, one row a document, read through the page cache.

A row is a scale and whole numbers from −127 to 127. Products of such rows are sums of whole numbers, which floating point
adds without rounding in any order: a score is the same for one document and for a million, here and on a cluster.
"""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

_LEVELS = 127
_BLOCK = 512  # rows turned into floating point at once: they stay in the cache, and threads would only wait
# Sums of products below 2^24 are whole numbers in single precision; 127² × 1040 is the last below.
_SINGLE = 1040

Rows = npt.NDArray[Any]  # of `row_type`


def row_type(dimensions: int) -> np.dtype[Any]:
    """How one row lies in memory and on disk: little-endian scale, then the components."""
    return np.dtype([("scale", "<f4"), ("parts", "i1", (dimensions,))])


def quantise(vectors: npt.NDArray[np.floating[Any]]) -> Rows:
    """(n, d) numbers → n rows. A row of zeros stays one: it says that there is no vector."""
    found = np.zeros(len(vectors), row_type(vectors.shape[1]))
    if len(vectors):
        scale = (np.abs(vectors).max(axis=1) / _LEVELS).astype(np.float32)
        found["scale"] = scale
        divisor = np.where(scale > 0, scale, 1.0)[:, None]
        found["parts"] = np.clip(np.rint(vectors / divisor), -_LEVELS, _LEVELS)
    return found


def products(rows: Rows, query: Rows) -> npt.NDArray[np.float64]:
    """Scalar products of n rows with one (`query` of length 1): (n,), cosines where the vectors have unit length."""
    kind: Any = np.float32 if query["parts"].shape[1] <= _SINGLE else np.float64
    asked = query["parts"][0].astype(kind)
    found = np.empty(len(rows))
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        found[start : start + _BLOCK] = (block["parts"].astype(kind) @ asked) * block["scale"]
    found *= float(query["scale"][0])
    return found


class VectorFile:
    """Rows in a file that only grows, or in memory. One writer; readers see the rows that were there when they opened."""

    def __init__(self, path: Path | None, dimensions: int, rows: Rows | None = None) -> None:
        self.path = path
        self.dimensions = dimensions
        self._rows = np.zeros(0, row_type(dimensions)) if rows is None else rows

    @classmethod
    def open(cls, path: Path, dimensions: int) -> "VectorFile":
        """The whole rows of a file; a part of one at its end, left by a writer that was killed, does not count."""
        kind = row_type(dimensions)
        count = path.stat().st_size // kind.itemsize
        if not count:
            return cls(path, dimensions)
        return cls(path, dimensions, np.memmap(path, kind, mode="r", shape=(count,)))

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def rows(self) -> Rows:
        return self._rows

    def take(self, numbers: Sequence[int] | npt.NDArray[np.integer[Any]]) -> Rows:
        """Rows by number, as a copy; one that is not there yet is a row of zeros."""
        wanted = np.asarray(numbers, dtype=np.int64)
        found = np.zeros(len(wanted), row_type(self.dimensions))
        known = wanted < len(self._rows)
        found[known] = self._rows[wanted[known]]
        return found


def append(path: Path, at: int, rows: Rows) -> None:
    """Write rows from number `at` on; what stood there was never committed. On disk when it returns."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        size = rows.dtype.itemsize
        file.truncate(min(path.stat().st_size, at * size))
        file.seek(at * size)
        file.write(rows.tobytes())
        file.flush()
        os.fsync(file.fileno())


def write(path: Path, blocks: Iterator[Rows]) -> None:
    """A new file from blocks of rows. On disk when it returns."""
    with path.open("wb") as file:
        for block in blocks:
            file.write(block.tobytes())
        file.flush()
        os.fsync(file.fileno())
