"""Reading tables from files that strangers made: xlsx, csv, json and json lines, with the address of every cell.

A table is read twice: once to check it whole (limits, encoding, header), then row by row for whoever uses it; neither
keeps more than a row in memory, but for the sheet of a workbook.
"""

import codecs
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from jiandao.kernel.tabular.addresses import column_letters
from jiandao.kernel.tabular.containers import check_workbook
from jiandao.kernel.tabular.faults import TableRefusedError
from jiandao.kernel.texts import all_storable, storable, without_unstorable

MOST_ROWS = 100_000
MOST_COLUMNS = 200
LONGEST_CELL = 32_767
LARGEST_FILE = 50 * 1024 * 1024
MOST_SHEETS = 100
HEADER_WITHIN = 20  # filled rows among which the header row stands: titles and notes often come before it
SAMPLES = 3
ENDINGS = (".xlsx", ".csv", ".json", ".jsonl")

Known = Callable[[str], bool]
_NOBODY_TYPES = re.compile("[\x80-\x9f\ue000-\uf8ff]")


@dataclass(frozen=True)
class Column:
    """A column: its place from 0 and its header, made unique; `label` is the place as people name it."""

    place: int
    header: str
    label: str


@dataclass(frozen=True)
class Row:
    """A row: its number as the spreadsheet shows it, and its raw values in the order of the table's columns."""

    number: int
    values: list[Any]

    @property
    def is_empty(self) -> bool:
        return not any(value is not None and value != "" for value in self.values)


class _Source(Protocol):
    """Rows of one format: (number, values), the header's included."""

    by_name: bool

    def rows(self) -> Iterator[tuple[int, list[Any]]]: ...


class Table:
    """A table with a header. `rows()` may be called again and again. `not_read`: the other sheets that a reader sees."""

    def __init__(self, source: _Source, columns: list[Column], header_row: int, row_count: int) -> None:
        self._source = source
        self.columns = columns
        self.header_row = header_row
        self.row_count = row_count
        self.not_read: list[str] = []
        self._by_header = {column.header: column for column in columns}

    @property
    def headers(self) -> list[str]:
        return [column.header for column in self.columns]

    def column(self, header: str) -> Column | None:
        return self._by_header.get(header)

    def address(self, row: int, column: Column | None) -> str:
        """C7; for JSON the entry and the name: #7 title."""
        if column is None:
            return ""
        return f"#{row} {column.header}" if self._source.by_name else f"{column.label}{row}"

    def rows(self) -> Iterator[Row]:
        """The rows below the header that hold anything."""
        places = [column.place for column in self.columns]
        for number, values in self._source.rows():
            if number <= self.header_row:
                continue
            row = Row(number, [values[place] if place < len(values) else None for place in places])
            if not row.is_empty:
                yield row

    def samples(self, count: int = SAMPLES) -> dict[str, list[str]]:
        """The first few values of every column, as texts."""
        found: dict[str, list[str]] = {header: [] for header in self.headers}
        for number, row in enumerate(self.rows()):
            if number >= 50:
                break
            for column, value in zip(self.columns, row.values, strict=True):
                kept = found[column.header]
                if value not in (None, "") and len(kept) < count:
                    kept.append(f"{value:.15g}" if isinstance(value, float) else str(value))
        return found


def read_table(content: Path | bytes, name: str, *, sheet: str = "", known: Known = lambda header: False) -> Table:
    """The table in a file. `name` tells the format by its ending; `known` recognises headers, to find their row.

    TableRefusedError with one clear sentence for everything that is no such table or is too large.
    """
    ending = Path(name.lower()).suffix
    if ending == ".xls":
        raise TableRefusedError("table.old_excel")
    if ending not in ENDINGS:
        raise TableRefusedError("table.ending", ending=ending or name[-20:])
    size = len(content) if isinstance(content, bytes) else content.stat().st_size
    if size == 0:
        raise TableRefusedError("table.empty")
    if size > LARGEST_FILE:
        raise TableRefusedError("table.too_big", size=-(-size // 2**20), most=LARGEST_FILE // 2**20)
    if ending == ".xlsx":
        book = _Workbook(content, sheet)
        table = _with_header(book, known)
        table.not_read = book.not_read
        return table
    if ending == ".csv":
        return _with_header(_Csv(content), known)
    objects = _Objects(content)
    columns = [Column(place, header, header) for place, header in enumerate(objects.headers)]
    return Table(objects, columns, 0, objects.count)


def _open(content: Path | bytes) -> BinaryIO:
    return io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")


def _with_header(source: _Source, known: Known) -> Table:
    """Find the header row, check every cell behind it, and count the rows."""
    scan = _Scan()
    for number, values in source.rows():
        scan.see(number, values)
    if not scan.candidates:
        raise TableRefusedError("table.empty")
    chosen = _header(scan.candidates, known)
    header_row, header = scan.candidates[chosen]
    count = scan.count - chosen - 1
    if count > MOST_ROWS:
        raise TableRefusedError("table.rows", most=MOST_ROWS)
    if count == 0:
        raise TableRefusedError("table.no_rows")
    if isinstance(source, _Csv) and scan.widest > len(header):  # a comma without quotes shifts every cell behind it
        raise TableRefusedError("table.wide_row", row=scan.widest_row)
    return Table(source, _columns(header, sorted(scan.filled)), header_row, count)


class _Scan:
    """The first reading: which columns hold anything, the first rows, how many rows; stops at the limits."""

    def __init__(self) -> None:
        self.candidates: list[tuple[int, list[Any]]] = []
        self.filled: set[int] = set()
        self.widest = self.widest_row = self.count = 0

    def see(self, number: int, values: list[Any]) -> None:
        there = [place for place, value in enumerate(values) if value is not None and value != ""]
        if not there:
            return
        self.filled.update(there)
        if there[-1] >= self.widest:
            self.widest, self.widest_row = there[-1] + 1, number
        if self.widest > MOST_COLUMNS:
            raise TableRefusedError("table.columns", count=self.widest, most=MOST_COLUMNS)
        for place in there:
            value = values[place]
            if not isinstance(value, str):
                continue
            if len(value) > LONGEST_CELL:
                cell = f"{column_letters(place + 1)}{number}"
                raise TableRefusedError("table.long_cell", cell=cell, most=LONGEST_CELL)
            if "\0" in value:  # half a pair of a surrogate cannot come out of a decoded file
                raise TableRefusedError("table.no_text", cell=f"{column_letters(place + 1)}{number}")
        self.count += 1
        if len(self.candidates) < HEADER_WITHIN:
            self.candidates.append((number, list(values)))
        if self.count > MOST_ROWS + HEADER_WITHIN:
            raise TableRefusedError("table.rows", most=MOST_ROWS)


def _header(candidates: list[tuple[int, list[Any]]], known: Known) -> int:
    """Which of the first rows is the header: the one with most known headers, else the first with several texts."""
    scores = [sum(known(_text(value)) for value in values if _text(value)) for _number, values in candidates]
    if max(scores) > 0:
        return scores.index(max(scores))
    for index, (_number, values) in enumerate(candidates):
        there = [value for value in values if value is not None and value != ""]
        if len(there) > 1 and all(isinstance(value, str) for value in there):
            return index
    return 0


def _columns(header: list[Any], filled: list[int]) -> list[Column]:
    """One column for every place that holds anything; without a header it goes by its letter, repeated ones count."""
    columns: list[Column] = []
    taken: set[str] = set()
    for place in filled:
        letters = column_letters(place + 1)
        name = base = (_text(header[place]) if place < len(header) else "") or letters
        number = 2
        while name in taken:
            name, number = f"{base} ({number})", number + 1
        taken.add(name)
        columns.append(Column(place, name, letters))
    return columns


def _text(value: Any) -> str:
    return " ".join(str(value).split())[:200] if value is not None else ""


class _Workbook:
    """A sheet of an xlsx file: the values that it shows, formulas by their last result."""

    by_name = False

    def __init__(self, content: Path | bytes, sheet: str) -> None:
        with _open(content) as file:
            if file.read(8) == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":  # OLE: the old format, or an encrypted workbook
                raise TableRefusedError("table.old_excel")
            file.seek(0)
            errors = check_workbook(file)
        try:
            book = CalamineWorkbook.from_object(content if isinstance(content, Path) else io.BytesIO(content))
            names = [one.name for one in book.sheets_metadata if one.typ == SheetTypeEnum.WorkSheet]
            shown = [
                one.name
                for one in book.sheets_metadata
                if one.typ == SheetTypeEnum.WorkSheet and one.visible == SheetVisibleEnum.Visible
            ]
            if len(names) > MOST_SHEETS:
                raise TableRefusedError("table.sheets", count=len(names), most=MOST_SHEETS)
            if sheet and sheet not in names:
                raise TableRefusedError("table.no_sheet", sheet=sheet, there=shown)
            self._sheet = None
            self.not_read: list[str] = []
            self._errors: dict[int, list[tuple[int, str]]] = {}
            for name in [sheet] if sheet else shown or names:
                one = book.get_sheet_by_name(name)
                if one.start is not None:
                    self._sheet = one
                    self.not_read = [other for other in shown if other != name]
                    for (row, column), shown_error in errors.get(name, {}).items():
                        self._errors.setdefault(row, []).append((column - 1, shown_error))
                    break
            self._merged = self._sheet.merged_cell_ranges or [] if self._sheet is not None else []
            book.close()
        except (CalamineError, OSError, ValueError) as error:
            if isinstance(error, TableRefusedError):
                raise
            raise TableRefusedError("table.broken") from error

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """A value of a cell that is merged downwards counts for each of its rows, as a reader sees it."""
        if self._sheet is None:
            return
        below: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (bottom, _right) in self._merged:
            if bottom > top:
                below.setdefault(top, []).append((left, bottom))
        carried: dict[int, tuple[int, Any]] = {}
        for place, values in enumerate(self._rows_with_errors()):
            for column, (until, value) in list(carried.items()):
                if place > until:
                    del carried[column]
                elif column < len(values) and values[column] == "":
                    values[column] = value
            for left, bottom in below.get(place, ()):
                if left < len(values):
                    carried[left] = (bottom, values[left])
            yield place + 1, values

    def _rows_with_errors(self) -> Iterator[list[Any]]:
        """The reader gives an empty text for the error of a formula; here it is what the cell shows."""
        for number, cells in enumerate(self._sheet.iter_rows() if self._sheet is not None else (), 1):
            values: list[Any] = list(cells)
            for column, shown_error in self._errors.get(number, ()):
                if column < len(values):
                    values[column] = shown_error
            yield values


class _Csv:
    """Comma, semicolon or tab between cells; UTF-8 with or without a mark, UTF-16 with one, else GB18030."""

    by_name = False

    def __init__(self, content: Path | bytes) -> None:
        self._content = content
        self.encoding = _encoding(content)
        self.delimiter = self._delimiter()

    def _delimiter(self) -> str:
        """The sign that occurs most often outside quotes in the first lines that hold any."""
        with self._lines() as lines:
            start = lines.read(64 * 1024)
        outside = "".join(start.split('"')[::2])
        return max(",;\t", key=lambda sign: (outside.count(sign), sign == ","))

    def _lines(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(_open(self._content), encoding=self.encoding, newline="")

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        """Rows are counted as a spreadsheet shows them: a cell with line breaks is one row."""
        number = 0
        with self._lines() as lines:
            reader = csv.reader(lines, delimiter=self.delimiter, strict=True)
            while True:
                number += 1
                try:
                    values = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    raise TableRefusedError("table.csv", row=number) from error
                yield number, [value.strip() for value in values]


def _encoding(content: Path | bytes) -> str:
    """The encoding in which the whole file can be read without one doubt."""
    with _open(content) as file:
        start = file.read(4)
    candidates = (
        ["utf-16"] if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ["utf-8-sig", "gb18030"]
    )
    furthest = 0
    for name in candidates:
        line = _undecodable(content, name)
        if not line:
            return name
        furthest = max(furthest, line)  # of the encoding that came nearest
    raise TableRefusedError("table.encoding", line=furthest)


def _undecodable(content: Path | bytes, name: str) -> int:
    """The first line that is not text in this encoding, 0 when all are."""
    decoder = codecs.getincrementaldecoder(name)()
    line = 1
    with _open(content) as file:
        while True:
            piece = file.read(256 * 1024)
            try:
                text = decoder.decode(piece, final=not piece)
            except UnicodeDecodeError as error:
                return line + error.object[: error.start].count(b"\n")
            # Bytes of another encoding mostly decode as GB18030 too, but then into signs that nobody types.
            strange = _NOBODY_TYPES.search(text) if name == "gb18030" else None
            if strange:
                return line + text.count("\n", 0, strange.start())
            line += text.count("\n")
            if not piece:
                return 0


class _Objects:
    """A JSON list of objects, or one object a line. The columns are all names that occur, in their order."""

    by_name = True

    def __init__(self, content: Path | bytes) -> None:
        self._content = content
        with _open(content) as file:
            for line, raw in enumerate(file, 1):
                try:
                    raw.decode("utf-8-sig" if line == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    raise TableRefusedError("table.json", line=line) from error
        headers: dict[str, None] = {}
        self.count = 0
        for number, values in self._objects():
            self.count += 1
            for header, value in values.items():
                headers.setdefault(header)
                _flat(number, header, value)
                if not (storable(header) and all_storable(value)):
                    shown = without_unstorable(header)[:60]
                    raise TableRefusedError("table.no_text", cell=f"#{number} {shown}")
                if isinstance(value, str) and len(value) > LONGEST_CELL:
                    raise TableRefusedError("table.long_cell", cell=f"#{number} {header[:60]}", most=LONGEST_CELL)
            if len(headers) > MOST_COLUMNS:
                raise TableRefusedError("table.columns", count=len(headers), most=MOST_COLUMNS)
            if self.count > MOST_ROWS:
                raise TableRefusedError("table.rows", most=MOST_ROWS)
        if not self.count:
            raise TableRefusedError("table.empty")
        self.headers = list(headers)

    def rows(self) -> Iterator[tuple[int, list[Any]]]:
        for number, values in self._objects():
            yield number, [_flat(number, header, values.get(header)) for header in self.headers]

    def _objects(self) -> Iterator[tuple[int, dict[str, Any]]]:
        with _open(self._content) as file:
            first = file.read(64).removeprefix(codecs.BOM_UTF8).lstrip()[:1]
        for number, value in enumerate(self._listed() if first == b"[" else self._one_a_line(), 1):
            if not isinstance(value, dict):
                raise TableRefusedError("table.json_shape", row=number)
            yield number, value

    def _one_a_line(self) -> Iterator[Any]:
        with _open(self._content) as file:
            for line, raw in enumerate(file, 1):
                text = raw.decode("utf-8-sig" if line == 1 else "utf-8")
                if text.strip():
                    try:
                        yield json.loads(text)
                    except (ValueError, RecursionError) as error:
                        raise TableRefusedError("table.json", line=line) from error

    def _listed(self) -> Iterator[Any]:
        """One entry after the other: the whole list is never in memory as objects."""
        with _open(self._content) as file:
            text = file.read().decode("utf-8-sig")
        decode = json.JSONDecoder().raw_decode
        place = _past_space(text, text.index("[") + 1)
        while place < len(text) and text[place] != "]":
            try:
                value, place = decode(text, place)
            except (ValueError, RecursionError) as error:
                raise TableRefusedError("table.json", line=text.count("\n", 0, place) + 1) from error
            yield value
            place = _past_space(text, place)
            if text[place : place + 1] == ",":
                place = _past_space(text, place + 1)
            elif text[place : place + 1] != "]":
                raise TableRefusedError("table.json", line=text.count("\n", 0, place) + 1)
        if _past_space(text, place + 1) < len(text) or place >= len(text):
            raise TableRefusedError("table.json", line=text.count("\n") + 1)


def _past_space(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _flat(number: int, header: str, value: Any) -> Any:
    """A list of texts or numbers becomes lines; deeper things are refused."""
    if isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict | list) for one in value)):
        raise TableRefusedError("table.nested", row=number, column=without_unstorable(header)[:60])
    if isinstance(value, list):
        return "\n".join(str(one) for one in value if one is not None)
    return value
