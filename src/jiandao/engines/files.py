"""What the commands of all engines share: exit statuses, faults of input files, outputs that appear whole or not."""

import errno
import json
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any
from unicodedata import category

DONE = 0
OUR_ERROR = 1
BAD_INPUT = 2
NO_SOLUTION = 3
INTERRUPTED = 4
CONTROL_C = 130
NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})  # what the system says when a disk or a quota is full

_MOST_FAULTS = 1000
_LONGEST = 1 << 28  # bytes of a line


class BadInputError(Exception):
    """Input or usage that a person must mend. `faults`: one sentence each, `FILE:LINE: what is wrong, what to do`."""

    def __init__(self, *faults: str) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class UnfinishedError(Exception):
    """Out of time or interrupted with nothing usable; the message says what to do."""


class Faults:
    """Collects the faults of several files, so that one run names them all."""

    def __init__(self) -> None:
        self._found: list[str] = []
        self._known: set[str] = set()  # a table that is read twice tells a fault once
        self._more = 0

    def add(self, path: Path, line: int, sentence: str) -> None:
        fault = f"{path}:{line}: {one_line(sentence)}"
        if fault in self._known:
            return
        if len(self._found) < _MOST_FAULTS:
            self._found.append(fault)
            self._known.add(fault)
        else:
            self._more += 1

    def __bool__(self) -> bool:
        return bool(self._found)

    def stop_if_any(self) -> None:
        """Raise BadInputError with all that was found."""
        if self._found:
            raise BadInputError(*self._found, *([f"and {self._more:,} faults more"] if self._more else []))


def one_line(text: str) -> str:
    """The text with control characters and halves of surrogates as escapes: they would break a line or move a terminal."""
    if text.isprintable():
        return text
    return "".join(ascii(letter)[1:-1] if category(letter) in {"Cc", "Cs"} else letter for letter in text)


def lines(path: Path, faults: Faults, *, may_be_empty: bool = False) -> Iterator[tuple[int, str]]:
    """Numbered lines of a UTF-8 file without their ends; blank ones and a byte-order mark are passed over.

    A line that is not UTF-8 becomes a fault, as does a file without any line, unless it may be empty. A file that cannot
    be read, or has a line of 256 MiB, raises BadInputError.
    """
    empty = not may_be_empty
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(iter(lambda: file.readline(_LONGEST), b""), 1):
                if len(raw) == _LONGEST:  # nothing would end the reading of a device
                    raise BadInputError(
                        f"{path}:{number}: the line has {_LONGEST:,} bytes or more, expected fewer; split it"
                    )
                try:
                    text = raw.decode("utf-8-sig" if number == 1 else "utf-8")
                except UnicodeDecodeError as error:
                    empty = False
                    faults.add(
                        path, number, f"byte {error.start + 1} is not UTF-8, expected UTF-8; save the file as UTF-8"
                    )
                    continue
                if text.strip():
                    empty = False
                    yield number, text.rstrip("\r\n")
    except OSError as error:
        raise BadInputError(
            f"{path}:1: the file cannot be read ({error.strerror}); check its name and rights"
        ) from error
    if empty:
        faults.add(path, 1, "the file is empty, expected at least one line")


class TwiceError(ValueError):
    """A name of a JSON object that stands in it twice: which of the values is meant?"""


def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object of a JSON decoder (object_pairs_hook). Raises TwiceError."""
    found = dict(pairs)
    if len(found) < len(pairs):
        count = Counter(name for name, _ in pairs)
        raise TwiceError(repr(next(name for name, times in count.items() if times > 1)))
    return found


def json_lines(path: Path, faults: Faults) -> Iterator[tuple[int, dict[str, Any]]]:
    """Numbered JSON objects of a file with one a line. What is none becomes a fault."""
    for number, text in lines(path, faults):
        try:
            value = json.loads(text, object_pairs_hook=once)
        except TwiceError as error:
            faults.add(path, number, f"the name {error} stands twice in an object, expected once")
            continue
        except (ValueError, RecursionError) as error:
            reason = error.msg if isinstance(error, json.JSONDecodeError) else "too deep or too large"
            faults.add(path, number, f"not JSON ({reason}), expected one object a line")
            continue
        if isinstance(value, dict):
            yield number, value
        else:
            faults.add(path, number, f"a JSON {_kind(value)}, expected an object with an id")


def _kind(value: object) -> str:
    return {list: "list", str: "string", bool: "truth value", type(None): "null"}.get(type(value), "number")


@contextmanager
def outputs(*paths: Path) -> Iterator[list[IO[str]]]:
    """Text files (UTF-8, \\n) that take their names, all of them, only when the block ends well.

    All are whole, or what stood there before still does. Raises UnfinishedError when there is no room for them, and
    BadInputError when one cannot take its name.
    """
    temporary: list[Path] = []
    before: list[Path | None] = []  # second names of what stood there
    files: list[IO[str]] = []
    try:
        for path in paths:
            file, made = _made(path)
            temporary.append(made)
            files.append(file)
        yield files
        for file in files:
            file.close()
        for made, path in zip(temporary, paths, strict=True):
            before.append(made.with_name(f"{made.name}-before") if path.exists() else None)
            _put(made, path, before[-1], list(zip(paths, before[:-1], strict=False)))
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        places = ", ".join(str(path) for path in paths)
        raise UnfinishedError(
            f"{places}: there is no room left to write; nothing was written: make room and try again"
        ) from error
    finally:
        for file in files:
            with suppress(OSError):  # a full disk is told once
                file.close()
        for one in filter(None, (*temporary, *before)):
            one.unlink(missing_ok=True)


def _made(path: Path) -> tuple[IO[str], Path]:
    """A new file beside the one that is to be written, with the rights that a usual one gets."""
    mask = os.umask(0)
    os.umask(mask)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.absolute().parent)
    except OSError as error:
        if error.errno in NO_ROOM:
            raise
        raise BadInputError(f"{path}: no file can be made there ({error.strerror}); choose another folder") from error
    os.fchmod(handle, 0o666 & ~mask)
    return os.fdopen(handle, "w", encoding="utf-8", newline="\n"), Path(name)


def _put(made: Path, path: Path, old: Path | None, done: list[tuple[Path, Path | None]]) -> None:
    """Give a file its name; `old`: a second name for what stands there. Where that fails, undo those that are done."""
    try:
        with suppress(OSError):  # some file systems know no second names
            if old:
                os.link(path, old)
        made.replace(path)
    except OSError as error:
        new = [str(put) for put, kept in done if not _put_back(put, kept)]
        told = f"{', '.join(new)} stands there already, from this run" if new else "nothing was written"
        raise BadInputError(f"{path}: the file cannot be put there ({error.strerror}); {told}") from error


def _put_back(path: Path, old: Path | None) -> bool:
    """Undo the writing of a file; False where what stood there had got no second name."""
    if old is None:
        path.unlink()
    elif old.exists():
        old.replace(path)
    else:
        return False
    return True


def check_output(path: Path) -> None:
    """Raise BadInputError when a file could not be written there."""
    parent = path.absolute().parent
    if len(path.name.encode()) > 200:
        raise BadInputError(f"{path}: the name is too long, expected at most 200 bytes")
    if path.is_dir():
        raise BadInputError(f"{path}: is a folder, expected the name of a file to write")
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise BadInputError(f"{path}: is a link or a device, expected the name of a plain file to write")
    if not parent.is_dir():
        raise BadInputError(f"{path}: its folder does not exist; make it first")
    if not os.access(parent, os.W_OK | os.X_OK):
        raise BadInputError(f"{path}: its folder is not writable; choose another")


class Progress:
    """A line on standard error that counts, only where a person watches a terminal."""

    def __init__(self, what: str, *, quiet: bool, every: int = 64) -> None:
        """`every`: how many steps apart the line is looked at; 1 for long ones."""
        self._what = what
        self._every = every
        self._shown = not quiet and sys.stderr.isatty()
        self._count = 0
        self._next = time.monotonic() + 0.5

    def step(self, by: int = 1) -> None:
        """One more, or so many."""
        before, self._count = self._count // self._every, self._count + by
        if self._shown and self._count // self._every > before and time.monotonic() >= self._next:
            self._next = time.monotonic() + 0.5
            sys.stderr.write(f"\r{self._what}: {self._count:,}")
            sys.stderr.flush()

    def end(self) -> None:
        if self._shown and self._count:
            sys.stderr.write(f"\r{self._what}: {self._count:,}\n")
