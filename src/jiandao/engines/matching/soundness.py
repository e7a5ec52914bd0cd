"""Whether the files of an index hold what was written into them: bytes that were flipped or lost are told, never searched.

Every file that an answer depends on has a CRC-32 beside it: tantivy's at the end of each of its own, ours in the JSON file
that names the others, and for rows that are added later one a stretch (vectors.py). It finds what disks and copies do, not
what a person does on purpose. All are compared when a process meets a file first; that reads it once, at some 2 GB/s.
"""

import json
import os
import threading
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO

COMMITTED = "meta.json"  # of tantivy: which segments there are
_PARTS = ("fast", "fieldnorm", "idx", "pos", "store", "term")
_MAGIC = (1337).to_bytes(4, "little")  # the last bytes of a file of tantivy
_TAIL = 8  # and before them the length of the footer
_BLOCK = 1 << 20


class UnsoundError(ValueError):
    """A file is not as it was written."""


def sealed(values: Mapping[str, Any]) -> dict[str, Any]:
    """Values for a JSON file, with their own check sum."""
    return {**values, "check": _of_values(values)}


def unsealed(stored: bytes) -> dict[str, Any]:
    """The values that `sealed` made. UnsoundError when they are others."""
    try:
        values = json.loads(stored)
        told = values.pop("check")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UnsoundError("no sealed JSON") from error
    if told != _of_values(values):
        raise UnsoundError("the values are not those that were written")
    return dict(values)


def _of_values(values: Mapping[str, Any]) -> int:
    return zlib.crc32(json.dumps(values, sort_keys=True).encode())


def check_sum(file: BinaryIO, size: int, begun: int = 0) -> int:
    """CRC-32 of the next `size` bytes. UnsoundError when there are fewer."""
    while size:
        block = file.read(min(size, _BLOCK))
        if not block:
            raise UnsoundError("the file is too short")
        begun = zlib.crc32(block, begun)
        size -= len(block)
    return begun


def of_file(path: Path) -> int:
    """CRC-32 of a whole file."""
    with path.open("rb") as file:
        return check_sum(file, os.fstat(file.fileno()).st_size)


def segment_files(stored: bytes) -> list[str]:
    """The names of the files that a stored `meta.json` says there are."""
    found = []
    for segment in json.loads(stored)["segments"]:
        name = segment["segment_id"].replace("-", "")
        found += [f"{name}.{part}" for part in _PARTS]
        if segment["deletes"]:
            found.append(f"{name}.{segment['deletes']['opstamp']}.del")
    return found


class _Met:
    """The files that this process found sound, by folder and kind: none of them ever changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: dict[tuple[Path, str], frozenset[tuple[int, ...]]] = {}

    def check(self, folder: Path, kind: str, files: Mapping[str, Callable[[BinaryIO, int], bool]]) -> None:
        """`files`: by name, whether it is sound, of a file and its size. UnsoundError when one is not."""
        known = self._files.get((folder, kind), frozenset())
        found = set()
        for name, sound in files.items():
            with (folder / name).open("rb") as file:
                stat = os.fstat(file.fileno())
                key = stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns
                if key not in known and not sound(file, stat.st_size):
                    raise UnsoundError(f"{name} is not as it was written")
            found.add(key)
        with self._lock:
            self._files[folder, kind] = frozenset(found)


_met = _Met()


def check_files(folder: Path, kind: str, sums: Mapping[str, int]) -> None:
    """UnsoundError when a file is not as its check sum says; OSError when it cannot be read. `kind`: which of the files of a
    folder these are."""
    _met.check(folder, kind, {name: _as_told(told) for name, told in sums.items()})


def _as_told(told: int) -> Callable[[BinaryIO, int], bool]:
    return lambda file, size: check_sum(file, size) == told


def check_segments(folder: Path) -> None:
    """UnsoundError when a file of the newest commit is damaged or missing. A commit made meanwhile is no damage."""
    while True:
        stored = (folder / COMMITTED).read_bytes()
        try:
            _met.check(folder, "segments", dict.fromkeys(segment_files(stored), _sound))
        except FileNotFoundError as error:
            if (folder / COMMITTED).read_bytes() == stored:
                raise UnsoundError(f"{Path(str(error.filename)).name} is missing") from error
        except (KeyError, TypeError, AttributeError) as error:
            raise UnsoundError(f"{COMMITTED} is not as it was written") from error
        else:
            return


def _sound(file: BinaryIO, size: int) -> bool:
    """Whether a file of tantivy is as its footer says: {"crc": …}, the length of that, the magic number."""
    try:
        file.seek(-_TAIL, os.SEEK_END)
        tail = file.read(_TAIL)
        footer = int.from_bytes(tail[:4], "little")
        if tail[4:] != _MAGIC or footer > size - _TAIL:
            return False
        file.seek(-_TAIL - footer, os.SEEK_END)
        told = json.loads(file.read(footer))["crc"]
        file.seek(0)
        return bool(check_sum(file, size - _TAIL - footer) == told)
    except (OSError, ValueError, KeyError, TypeError):
        return False
