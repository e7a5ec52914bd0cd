"""Large plain CSV files, a block at a time, without a step of Python for every row.

Whatever is not plain (quotes, rows of another width, bytes that are not UTF-8, pipes) is left to `tables.rows`, which reads
with care and names every fault: a reader tries this first, and begins anew with care when NotPlainError comes.
"""

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.tables import LONGEST_ID

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

_BLOCK = 1 << 25  # bytes read at once
_COMMA, _LINE, _BLANK = 44, 10, 32


class NotPlainError(Exception):
    """The file needs care, or has a fault."""


def columns(
    path: Path, names: Sequence[str], *, header: bool = True, optional: Sequence[str] = ()
) -> Iterator[list[list[str]]]:
    """The cells of these columns, then of `optional` (empty where a file has none), some hundred thousand rows at a time.

    As `tables.rows` gives them: stripped, in any order below a header; without one all columns stand as named. Raises
    NotPlainError, perhaps after some blocks.
    """
    wanted = [*names, *optional]
    places = list(range(len(wanted)))
    width = len(wanted)
    for number, block in enumerate(_blocks(path)):
        text = block
        if header and not number:
            first, _, text = block.partition(b"\n")
            if min(first, default=_BLANK) < _BLANK or len(first) > csv.field_size_limit():
                raise NotPlainError
            words = [word.strip().lower() for word in _decoded(first, "utf-8-sig").split(",")]
            if b'"' in first or any(words.count(name) > 1 or (name in names and name not in words) for name in wanted):
                raise NotPlainError
            places = [words.index(name) if name in words else -1 for name in wanted]
            width = len(words)
        if text:
            cells = _cells(text, width)
            rows = len(cells) // width
            yield [cells[place::width] if place >= 0 else [""] * rows for place in places]


def _blocks(path: Path) -> Iterator[bytes]:
    """Whole lines, each with its end."""
    try:
        if not path.is_file():  # a pipe can be read but once
            raise NotPlainError
        with path.open("rb") as file:
            rest = b""
            while block := file.read(_BLOCK):
                lines, end, rest = (rest + block).rpartition(b"\n")
                if not end and len(rest) > _BLOCK:
                    raise NotPlainError
                if end:
                    yield (lines + end).replace(b"\r\n", b"\n")
            if rest:
                yield rest.rstrip(b"\r") + b"\n"
    except OSError as error:
        raise NotPlainError from error


def _decoded(text: bytes, encoding: str = "utf-8") -> str:
    try:
        return text.decode(encoding)
    except UnicodeDecodeError as error:
        raise NotPlainError from error


def _cells(block: bytes, width: int) -> list[str]:
    letters = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero((letters == _COMMA) | (letters == _LINE))
    marks = letters[ends]
    line = np.array([_COMMA] * (width - 1) + [_LINE], dtype=np.uint8)
    if b'"' in block or len(marks) % width or not (marks.reshape(-1, width) == line).all():
        raise NotPlainError
    if np.diff(ends, prepend=-1).max(initial=0) > csv.field_size_limit():
        raise NotPlainError
    odd = letters[letters <= _BLANK]
    if (odd[odd < _BLANK] != _LINE).any() or block.startswith(b"\n") or b"\n\n" in block:
        raise NotPlainError
    cells = _decoded(block).replace("\n", ",").split(",")
    del cells[-1]
    return cells if block.isascii() and not (odd == _BLANK).any() else [cell.strip() for cell in cells]


def codes(known: dict[str, int], cells: Sequence[str]) -> Ints:
    """A number for each cell; `known` learns those of words that are new."""
    return np.array([known.setdefault(cell, len(known)) for cell in cells], dtype=np.int64)


def places(known: Mapping[str, int], cells: Sequence[str]) -> Ints:
    """The number of each cell in `known`. Raises NotPlainError for a word that is not there."""
    try:
        return np.fromiter(map(known.__getitem__, cells), dtype=np.int64, count=len(cells))
    except KeyError as error:
        raise NotPlainError from error


def values(known: dict[str, float], cells: Sequence[str], read: Callable[[str], float | None]) -> Floats:
    """What `read` makes of each cell of a column in which words come again, as days do; `known` remembers.

    Raises NotPlainError where it makes nothing of a word.
    """
    for word in set(cells) - known.keys():
        value = read(word)
        if value is None:
            raise NotPlainError
        known[word] = value
    return np.fromiter(map(known.__getitem__, cells), dtype=np.float64, count=len(cells))


def identifiers(cells: Sequence[str]) -> None:
    """Raise NotPlainError unless `tables.identifier` takes every cell."""
    text = "".join(cells)  # a blank is the one white space that is printable
    lengths = list(map(len, cells))
    if not text.isprintable() or " " in text or min(lengths, default=1) < 1 or max(lengths, default=1) > LONGEST_ID:
        raise NotPlainError


def numbers(cells: Sequence[str], *, empty: float | None = None) -> Floats:
    """Finite decimal numbers, as `tables.number` reads them; `empty`: what an empty cell is. Raises NotPlainError."""
    given = cells if empty is None else [cell or "nan" for cell in cells]
    try:
        found = np.array(list(map(float, given)), dtype=np.float64)
    except ValueError as error:
        raise NotPlainError from error
    odd = np.flatnonzero(~np.isfinite(found))
    if empty is not None:
        if any(cells[place] for place in odd.tolist()):
            raise NotPlainError
        found[odd] = empty
    elif len(odd):
        raise NotPlainError
    if "_" in "".join(cells):
        raise NotPlainError
    return found


def ranked(known: dict[str, int], found: Ints) -> tuple[tuple[str, ...], Ints]:
    """The words that `codes` has learnt, sorted, and for each code of `found` the place of its word among them."""
    names = tuple(sorted(known))
    place = np.empty(len(names), dtype=np.int64)
    place[[known[name] for name in names]] = np.arange(len(names))
    return names, place[found]
