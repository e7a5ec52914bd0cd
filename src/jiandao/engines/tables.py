"""CSV files of the engines: rows with their line numbers, faults by line and column name, numbers that are numbers."""

import csv
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from jiandao.engines.files import Faults, lines

LONGEST_ID = 200


def rows(
    path: Path,
    faults: Faults,
    columns: Sequence[str],
    *,
    header: bool = True,
    optional: Sequence[str] = (),
    may_be_empty: bool = False,
) -> Iterator[tuple[int, list[str]]]:
    """Numbered rows of a CSV file (UTF-8, comma, quotes as RFC 4180), one cell for each of columns, then of optional.

    With a header the file's columns may stand in any order, others are passed over, and an absent optional column gives
    empty cells; without one the columns stand as named and trailing optional ones may be left out. Cells come without
    surrounding blanks. A row of another width, an unclosed quote and a missing column become faults; such rows are not
    given. Raises BadInputError for a file that cannot be read.
    """
    wanted = [*columns, *optional]
    reader = _Reader(path, faults, may_be_empty)
    places: list[int] | None = None if header else list(range(len(wanted)))
    width = 0
    for number, cells in reader:
        if places is None:
            places = _places(path, number, cells, columns, optional, faults)
            if places is None:
                return
            width = len(cells)
            continue
        if not header:
            if not len(columns) <= len(cells) <= len(wanted):
                faults.add(path, number, f"{len(cells)} cells, expected {','.join(wanted)}")
                continue
        elif len(cells) != width:
            faults.add(path, number, f"{len(cells)} cells, expected {width} as in the header")
            continue
        yield number, [cells[place].strip() if 0 <= place < len(cells) else "" for place in places]


class _Reader:
    """csv.reader that counts the lines of the file and reads one of our line iterators."""

    def __init__(self, path: Path, faults: Faults, may_be_empty: bool) -> None:
        self._may_be_empty = may_be_empty
        self._path = path
        self._faults = faults
        self._number = 0

    def _texts(self) -> Iterator[str]:
        for number, text in lines(self._path, self._faults, may_be_empty=self._may_be_empty):
            self._number = number
            yield text + "\n"

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        reader = csv.reader(self._texts(), strict=True)
        while True:
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error as error:
                self._faults.add(self._path, self._number, f"not CSV ({error}), expected cells with commas between")
                return
            yield self._number, cells


def _places(
    path: Path, number: int, cells: list[str], columns: Sequence[str], optional: Sequence[str], faults: Faults
) -> list[int] | None:
    names = [cell.strip().lower() for cell in cells]
    missing = [name for name in columns if name not in names]
    twice = [name for name in (*columns, *optional) if names.count(name) > 1]
    if missing:
        faults.add(path, number, f"no column {', '.join(missing)}; expected the header {','.join(columns)}")
    if twice:
        faults.add(path, number, f"column {', '.join(twice)} stands twice; leave one")
    if missing or twice:
        return None
    return [names.index(name) if name in names else -1 for name in (*columns, *optional)]


def identifier(text: str) -> str | None:
    """The id, or None when it is empty, longer than 200 characters or holds white space or control characters."""
    if 0 < len(text) <= LONGEST_ID and text.isprintable() and not any(letter.isspace() for letter in text):
        return text
    return None


def number(text: str) -> float | None:
    """A finite decimal number, or None. `1_000`, `nan`, `inf` and words are none."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def whole(text: str) -> int | None:
    """A whole number of at most 15 digits, or None; `3.0` counts, `3.5` does not."""
    value = number(text)
    return int(value) if value is not None and value.is_integer() and abs(value) < 1e15 else None
