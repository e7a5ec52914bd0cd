"""Which kinds of files are taken, how large they may be, and how their kind is read from their content.

The name says nothing: a program named report.pdf is a program. The magic numbers are those of the library `filetype`
and, for what stands inside ZIP, the parts that ISO/IEC 29500 (docx, xlsx, pptx) and GB/T 33190 (OFD) prescribe.
"""

import codecs
import csv
import io
import json
import re
import zipfile
from dataclasses import dataclass
from pathlib import Path

import filetype  # type: ignore[import-untyped]

from jiandao.kernel.components.formats import size as shown_size
from jiandao.kernel.files.archives import check_archive
from jiandao.kernel.files.refusals import FileRefused

MB = 1_000_000
HEAD = 8192


@dataclass(frozen=True)
class Kind:
    """A kind of file: its media type, the endings of its names (the first is given to nameless ones), its limit."""

    media_type: str
    endings: tuple[str, ...]
    limit: int


KINDS = {
    kind.media_type: kind
    for kind in (
        Kind("application/pdf", ("pdf",), 50 * MB),
        Kind("application/ofd", ("ofd",), 50 * MB),
        Kind("application/vnd.openxmlformats-officedocument.wordprocessingml.document", ("docx",), 50 * MB),
        Kind("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ("xlsx",), 50 * MB),
        Kind("application/vnd.openxmlformats-officedocument.presentationml.presentation", ("pptx",), 100 * MB),
        Kind("image/png", ("png",), 20 * MB),
        Kind("image/jpeg", ("jpg", "jpeg"), 20 * MB),
        Kind("image/gif", ("gif",), 20 * MB),
        Kind("image/webp", ("webp",), 20 * MB),
        Kind("image/tiff", ("tif", "tiff"), 50 * MB),
        Kind("text/csv", ("csv", "txt"), 50 * MB),
        Kind("text/plain", ("txt", "csv", "md"), 20 * MB),
        Kind("application/json", ("json",), 50 * MB),
        Kind("application/zip", ("zip",), 100 * MB),
    )
}
LARGEST = max(kind.limit for kind in KINDS.values())

_OFFICE = {
    "word/document.xml": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/workbook.xml": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "ppt/presentation.xml": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
}
PROGRAMS = (
    b"MZ", b"\x7fELF", b"\xca\xfe\xba\xbe", b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe", b"dex\n", b"#!", b"\x00asm", b"L\x00\x00\x00\x01\x14\x02\x00",
)  # fmt: skip
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")
_ARCHIVES = {
    "application/x-rar-compressed", "application/x-7z-compressed", "application/gzip", "application/x-tar",
    "application/x-bzip2", "application/x-xz", "application/x-lzip", "application/zstd", "application/x-unix-archive",
    "application/vnd.ms-cab-compressed", "application/x-iso9660-image",
}  # fmt: skip
_ACTIVE = re.compile(rb"<\s*(?:!doctype\s+html|html|head|body|script|iframe|svg|object|embed|\?php|\?xml)\b", re.I)
_CONTROL = re.compile("[\x00-\x08\x0e-\x1f\x7f\ufffe]")


def kind_of(path: Path) -> Kind:
    """The kind of the file, checked. Raises FileRefused."""
    size = path.stat().st_size
    if size == 0:
        raise FileRefused("empty")
    with path.open("rb") as file:
        head = file.read(HEAD)
    kind = KINDS[_media_type(path, head)]
    if size > kind.limit:
        raise FileRefused(
            "large", size=shown_size(size), limit=shown_size(kind.limit), type=", ".join(kind.endings[:1])
        )
    return kind


def is_program(head: bytes) -> bool:
    """Whether a file that begins so is run by some machine."""
    return head.startswith(PROGRAMS)


def _media_type(path: Path, head: bytes) -> str:
    if is_program(head):
        raise FileRefused("executable")
    if head.startswith(_OLE):
        raise FileRefused("encrypted" if _ENCRYPTED_PACKAGE in path.read_bytes()[: 4 * MB] else "old-office")
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _inside_zip(path)
    guessed = filetype.guess(head)
    media_type = guessed.mime if guessed is not None else ""
    if media_type in _ARCHIVES:
        raise FileRefused("archive")
    if media_type in KINDS:
        if zipfile.is_zipfile(path):
            raise FileRefused("two-kinds")
        return media_type
    if media_type:
        raise FileRefused("type")
    return _text(path)


def _inside_zip(path: Path) -> str:
    names = check_archive(path)
    if "OFD.xml" in names:
        return "application/ofd"
    if "[Content_Types].xml" in names:
        for part, media_type in _OFFICE.items():
            if part in names:
                return media_type
        raise FileRefused("type")
    return "application/zip"


def _text(path: Path) -> str:
    raw = path.read_bytes()
    text = _decoded(raw)
    if text is None or _CONTROL.search(text):
        raise FileRefused("type")
    if _ACTIVE.search(text[:HEAD].encode()):
        raise FileRefused("active")
    if text.lstrip()[:1] in {"{", "["} and _is_json(text):
        return "application/json"
    return "text/csv" if _is_csv(text) else "text/plain"


def _decoded(raw: bytes) -> str | None:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return None


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _is_csv(text: str) -> bool:
    """At least two lines that one separator cuts into the same number (two or more) of columns."""
    lines = "\n".join(text.splitlines()[:30])
    for separator in (",", ";", "\t", "，"):
        try:
            counts = [len(row) for row in csv.reader(io.StringIO(lines), delimiter=separator) if row]
        except csv.Error:
            continue
        if len(counts) >= 2 and counts[0] >= 2 and len(set(counts[:-1] if len(counts) > 2 else counts)) == 1:
            return True
    return False
