"""Looking into an xlsx file before anything is unpacked into memory: zip bombs, cells a million columns away.

On the way it notes the cells that hold the error of a formula, which the reader would hand out as empty ones.
"""

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO
from xml.etree import ElementTree

from jiandao.kernel.tabular.addresses import column_letters, column_number
from jiandao.kernel.tabular.faults import TableRefusedError

DENSE_FROM, DENSEST = 20 * 1024 * 1024, 200  # a larger part is not more than so many times its packed size
LARGEST_UNPACKED = 400 * 1024 * 1024
# The reader lays a sheet out as a full rectangle; this many cells take about 130 MB.
LARGEST_AREA = 4_000_000
MOST_ERRORS = 100_000
_PIECE = 1024 * 1024
_MOST_PARTS = 2_000
_LARGEST_INDEX = 4 * 1024 * 1024  # of the parts that name the sheets
_CELL = re.compile(rb"<(?:\w+:)?(c|row|v)(\s[^<>]*)?>([^<]{0,12})")
_ERROR = re.compile(rb"""\st\s*=\s*["']e["']""")
_PLACE = re.compile(rb"""["'\s]r\s*=\s*["']([A-Za-z]*)(\d+)["']""")


# Row and column from 1 -> what the cell shows, as #N/A.
Errors = dict[tuple[int, int], str]


@dataclass
class _Extent:
    row: int = 0
    column: int = 0
    current_row: int = 0
    current_column: int = 0
    is_error: bool = False
    errors: Errors = field(default_factory=dict)

    def see(self, piece: bytes) -> None:
        """Follow the rows and filled cells of a piece of XML that ends between two tags."""
        for tag, attributes, content in _CELL.findall(piece):
            if tag == b"v":
                if self.is_error:
                    self.errors[self.current_row, self.current_column] = content.decode("ascii", "replace")
                continue
            if attributes.count(b'"') % 2 or attributes.count(b"'") % 2:
                raise TableRefusedError("table.broken")  # a sign in an attribute would hide the rest of the tag from us
            if tag == b"c" and attributes.endswith(b"/"):
                continue  # formatted but empty: the reader passes it over
            place = _PLACE.search(attributes)
            if tag == b"row":
                self.current_row = int(place[2]) if place else self.current_row + 1
                self.current_column = 0
                continue
            if place and place[1]:
                self.current_column, self.current_row = column_number(place[1].decode().upper()), int(place[2])
            else:
                self.current_column += 1
            self.is_error = _ERROR.search(attributes) is not None
            self.row = max(self.row, self.current_row)
            self.column = max(self.column, self.current_column)


def check_workbook(file: BinaryIO) -> dict[str, Errors]:
    """The cells with errors by the name of their sheet.

    TableRefusedError when the workbook is no zip archive, is damaged, or would not fit into memory.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, struct.error) as error:
        raise TableRefusedError("table.not_xlsx") from error
    if "xl/workbook.xml" not in {part.filename for part in parts} or len(parts) > _MOST_PARTS:
        raise TableRefusedError("table.not_xlsx")
    _refuse_dense(parts)
    left = LARGEST_UNPACKED
    errors: dict[str, Errors] = {}
    for part in parts:
        extent, rest = _Extent(), b""
        for piece in _unpacked(file, part):
            left -= len(piece)
            if left < 0:
                raise TableRefusedError("table.unpacked", most=LARGEST_UNPACKED // 2**20)
            if not part.filename.startswith("xl/media/"):
                joined = rest + piece
                cut = joined.rfind(b"<")
                # A tag is never as long as a piece: what is, is no tag.
                cut = len(joined) if cut < 0 or len(joined) - cut > _PIECE else cut
                extent.see(joined[:cut])
                rest = joined[cut:]
        extent.see(rest)
        if extent.row * extent.column > LARGEST_AREA:
            raise TableRefusedError("table.area", cell=f"{column_letters(extent.column)}{extent.row}")
        if len(extent.errors) > MOST_ERRORS:
            raise TableRefusedError("table.errors", most=MOST_ERRORS)
        if extent.errors:
            errors[part.filename] = extent.errors
    return {name: errors[path] for name, path in _sheets(file, parts).items() if path in errors} if errors else {}


def _refuse_dense(parts: list[zipfile.ZipInfo]) -> None:
    """No table of people repeats itself so much; a bomb does."""
    if any(part.file_size > DENSE_FROM and part.file_size > DENSEST * part.compress_size for part in parts):
        raise TableRefusedError("table.dense")


def _sheets(file: BinaryIO, parts: list[zipfile.ZipInfo]) -> dict[str, str]:
    """Name of each sheet -> the part that holds it."""
    by_name = {part.filename: part for part in parts}
    relations = {
        one.get("Id"): posixpath.normpath(posixpath.join("/xl", one.get("Target", ""))).lstrip("/")
        for one in _index(file, by_name.get("xl/_rels/workbook.xml.rels"))
        if _local(one.tag) == "Relationship"
    }
    found: dict[str, str] = {}
    for one in _index(file, by_name["xl/workbook.xml"]):
        if _local(one.tag) == "sheet":
            key = next((value for name, value in one.attrib.items() if name.endswith("}id")), None)
            found[one.get("name", "")] = relations.get(key, "")
    return found


def _index(file: BinaryIO, part: zipfile.ZipInfo | None) -> Iterator[ElementTree.Element]:
    """The elements of a small part."""
    if part is None:
        return
    content = b""
    for piece in _unpacked(file, part):
        content += piece
        if len(content) > _LARGEST_INDEX:
            raise TableRefusedError("table.broken")
    if b"<!" in content.replace(b"<!--", b""):  # a document type has no place here, and its entities may swell
        raise TableRefusedError("table.broken")
    try:
        yield from ElementTree.fromstring(content).iter()  # noqa: S314 - bounded, and without a document type
    except ElementTree.ParseError as error:
        raise TableRefusedError("table.broken") from error


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _unpacked(file: BinaryIO, part: zipfile.ZipInfo) -> Iterator[bytes]:
    """The contents of a part in pieces, whatever size its entry claims: the entry of a bomb lies."""
    if part.flag_bits & 0x1:
        raise TableRefusedError("table.old_excel")
    file.seek(part.header_offset)
    head = file.read(30)
    if len(head) < 30 or head[:4] != b"PK\x03\x04":
        raise TableRefusedError("table.broken")
    file.seek(sum(struct.unpack("<HH", head[26:30])), 1)
    left = part.compress_size
    inflate = zlib.decompressobj(-15) if part.compress_type == zipfile.ZIP_DEFLATED else None
    if inflate is None and part.compress_type != zipfile.ZIP_STORED:
        raise TableRefusedError("table.broken")
    try:
        while left > 0:
            packed = file.read(min(left, 64 * 1024))
            if not packed:
                raise TableRefusedError("table.broken")
            left -= len(packed)
            if inflate is None:
                yield packed
                continue
            while packed:
                yield inflate.decompress(packed, _PIECE)
                packed = inflate.unconsumed_tail
    except zlib.error as error:
        raise TableRefusedError("table.broken") from error
