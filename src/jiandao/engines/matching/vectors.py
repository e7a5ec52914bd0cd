"""Vectors of documents on disk: eight bits a component, one row a document, read through the page cache.

    latent-….vec    the rows
    latent-….sums   a check sum for each stretch of rows that was written at once (soundness.py); what has none does not count

A row is a scale and whole numbers from −127 to 127. Products of such rows are sums of whole numbers, which floating point
adds without rounding in any order: a score is the same for one document and for a million, here and on a cluster.
"""

import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from jiandao.engines.matching.soundness import UnsoundError, check_sum

_STRETCH = np.dtype([("end", "<u8"), ("sum", "<u4")])  # row after the last, CRC-32
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
    def open(cls, path: Path, dimensions: int, checked: int = 0) -> "VectorFile":
        """The rows of a file that have a check sum; what a killed writer left behind them does not count.

        `checked`: so many were compared with their check sums before. UnsoundError when another one is not as it was
        written; OSError when a file cannot be read.
        """
        kind = row_type(dimensions)
        stretches = _stretches(_sums(path))
        count = int(stretches["end"][-1]) if len(stretches) else 0
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_size < count * kind.itemsize:
                raise UnsoundError(f"{path.name} is too short")
            _check(file, stretches, kind.itemsize, checked)
            if not count:
                return cls(path, dimensions)
            return cls(path, dimensions, np.memmap(file, kind, mode="r", shape=(count,)))

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


def _sums(path: Path) -> Path:
    return path.with_suffix(".sums")


def _stretches(path: Path) -> npt.NDArray[Any]:
    """What is told in a file of check sums; a part of an entry at its end does not count."""
    stored = path.read_bytes()
    found: npt.NDArray[Any] = np.frombuffer(stored[: len(stored) // _STRETCH.itemsize * _STRETCH.itemsize], _STRETCH)
    if (np.diff(found["end"].astype(np.int64), prepend=0) <= 0).any():
        raise UnsoundError(f"{path.name} is not as it was written")
    return found


def _check(file: BinaryIO, stretches: npt.NDArray[Any], size: int, checked: int) -> None:
    before = 0
    for end, told in stretches.tolist():
        if end > checked:
            file.seek(before * size)
            if check_sum(file, (end - before) * size) != told:
                raise UnsoundError(f"{file.name} is not as it was written")
        before = end


def append(path: Path, at: int, rows: Rows) -> None:
    """Write rows from number `at` on; what stood there was never committed. On disk when it returns."""
    if not len(rows):
        return
    _sums(path).touch()
    path.touch()
    with path.open("r+b", buffering=0) as file, _sums(path).open("r+b", buffering=0) as sums:
        size = rows.dtype.itemsize
        stretches = _stretches(_sums(path))
        stretches = stretches[stretches["end"] <= at]
        before = int(stretches["end"][-1]) if len(stretches) else 0
        sums.truncate(len(stretches) * _STRETCH.itemsize)
        file.truncate(min(path.stat().st_size, at * size))  # a part of a row at the end goes
        file.truncate(at * size)  # rows between that nobody wrote are zeros
        file.seek(before * size)
        begun = check_sum(file, (at - before) * size)
        file.seek(at * size)
        try:
            _put(file, rows.tobytes())
        except OSError:  # no room: what was begun takes none
            file.truncate(at * size)
            raise
        sums.seek(0, os.SEEK_END)
        _put(sums, _entry(at + len(rows), zlib.crc32(rows.tobytes(), begun)))


def write(path: Path, blocks: Iterator[Rows]) -> None:
    """A new file from blocks of rows. On disk when it returns."""
    end = 0
    with path.open("wb") as file, _sums(path).open("wb") as sums:
        for block in blocks:
            if len(block):
                stored = block.tobytes()
                file.write(stored)
                end += len(block)
                sums.write(_entry(end, zlib.crc32(stored)))
        _put(file, b"")
        _put(sums, b"")


def _entry(end: int, told: int) -> bytes:
    return np.array([(end, told)], _STRETCH).tobytes()


def _put(file: BinaryIO, stored: bytes) -> None:
    left = memoryview(stored)
    while left:
        left = left[file.write(left) :]
    file.flush()
    os.fsync(file.fileno())
