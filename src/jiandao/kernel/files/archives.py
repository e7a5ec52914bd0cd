"""What is looked at inside a ZIP before it is kept: bombs, passwords, macros, programs, paths that lead outside."""

import re
import zipfile
import zlib
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from jiandao.kernel.files.refusals import FileRefused

MOST_ENTRIES = 5_000
MOST_UNPACKED = 500_000_000
MOST_RATIO = 200  # real documents reach about 50 in all; a bomb has 1,000
RATIO_FROM = 10_000_000  # below so many unpacked bytes the ratio does not matter
_CHUNK = 1 << 20
_ARCHIVE_HEADS = (b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"MSCF")
_DOCUMENTS = (".docx", ".xlsx", ".pptx", ".ofd")
_ENCRYPTED = 0x1


def check_archive(path: Path) -> frozenset[str]:
    """The names of the entries of a ZIP that may be kept. Raises FileRefused."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            _check_listed(entries, path.stat().st_size)
            _check_contents(archive, entries)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, ValueError, RuntimeError) as error:
        if isinstance(error, FileRefused):
            raise
        raise FileRefused("damaged") from error
    return frozenset(entry.filename for entry in entries)


def _check_listed(entries: Sequence[zipfile.ZipInfo], size: int) -> None:
    """What the directory of the archive says, before anything is unpacked."""
    if len(entries) > MOST_ENTRIES:
        raise FileRefused("entries", count=len(entries), limit=MOST_ENTRIES)
    unpacked = sum(entry.file_size for entry in entries)
    if unpacked > MOST_UNPACKED or (unpacked > RATIO_FROM and unpacked > MOST_RATIO * size):
        raise FileRefused("bomb")
    end = 0
    for entry in sorted(entries, key=lambda one: one.header_offset):
        if entry.header_offset < end:  # entries that share their bytes: the bomb that no ratio shows
            raise FileRefused("bomb")
        end = entry.header_offset + entry.compress_size
        if entry.flag_bits & _ENCRYPTED:
            raise FileRefused("encrypted")
        name = PurePosixPath(entry.filename.replace("\\", "/"))
        if name.is_absolute() or ".." in name.parts or re.match(r"[A-Za-z]:", str(name)):
            raise FileRefused("path", entry=entry.filename[:80])
        if name.name.lower() == "vbaproject.bin":
            raise FileRefused("macros")


def _check_contents(archive: zipfile.ZipFile, entries: Sequence[zipfile.ZipInfo]) -> None:
    """Unpack everything once, keep nothing: an entry that lies about its size or is damaged shows itself."""
    from jiandao.kernel.files.types import is_program

    budget = MOST_UNPACKED
    for entry in entries:
        if entry.is_dir():
            continue
        with archive.open(entry) as content:
            head = content.read(512)
            if is_program(head):
                raise FileRefused("executable")
            if head.startswith(_ARCHIVE_HEADS) and not entry.filename.lower().endswith(_DOCUMENTS):
                raise FileRefused("nested", entry=entry.filename[:80])
            if entry.filename == "[Content_Types].xml":
                head += content.read(1_000_000)
                if b"macroenabled" in head.lower():
                    raise FileRefused("macros")
            budget -= len(head)
            while chunk := content.read(_CHUNK):
                budget -= len(chunk)
            if budget < 0:
                raise FileRefused("bomb")
