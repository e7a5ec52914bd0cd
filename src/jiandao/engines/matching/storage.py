"""The index as a thing on disk: its folder, its metadata file, and what can be wrong with it.

    FOLDER/jiandao-match.json    format version, analyser version, settings: fixed when the index is made
    FOLDER/meta.json, …          tantivy's own files; meta.json is replaced atomically at each commit
    FOLDER/jiandao-spaces.json   which files hold the vectors now (spaces.py); replaced atomically
    FOLDER/latent-…, dense-…     models and vectors, one row a document; a row is written before the commit that names it

A new index is built in a folder beside it and exchanged with the one that is there, so that a folder holds a whole index
or none, also when the process is killed. What a killed one left beside it the next one removes.
"""

import ctypes
import errno
import fcntl
import json
import os
import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import tantivy

from jiandao.engines.files import NO_ROOM
from jiandao.engines.matching.records import Settings
from jiandao.engines.matching.soundness import COMMITTED, sealed, segment_files, unsealed
from jiandao.engines.matching.text import ANALYSER_VERSION

FORMAT_VERSION = 4
METADATA = "jiandao-match.json"
SPACES = "jiandao-spaces.json"
_WRITER = ".tantivy-writer.lock"  # tantivy's: whoever has it locked is the one writer
_REMOVALS = 40  # attempts, 50 ms apart
_PATIENCE = 10.0  # seconds for a writer to end, when what it writes to is to be replaced
_AT_HERE, _EXCHANGE = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux
_WORKSHOP = re.compile(r"\.(.+)-[0-9a-f]{16}")
_LEFT = re.compile(r"[0-9a-f]{32}\.|\.tmp")
_YOUNG = 5.0  # seconds in which a workshop may not yet be locked
_NO_RIGHT = {errno.EACCES, errno.EPERM, errno.EROFS}
_CODE = re.compile(r"(?:os error|code:) (\d+)")  # of the system, in what tantivy tells
_SHORT = re.compile(r"free space|requested and \d+ written")  # what numpy tells, without a number
_KILLED = "writer was killed"  # what tantivy tells when its thread could not write, without the cause


class MatchIndexError(Exception):
    """Something is wrong with an index; the message is for the reader and says what to do."""


class MissingIndexError(MatchIndexError):
    """There is no index in the folder."""


class ForeignIndexError(MatchIndexError):
    """The folder holds something else; it is never overwritten."""


class OutdatedIndexError(MatchIndexError):
    """The index was made by another version of the format or of the analyser; build it again from the documents."""


class DamagedIndexError(MatchIndexError):
    """Files of the index are missing or corrupt; build it again from the documents."""


class ForbiddenIndexError(MatchIndexError):
    """The rights do not suffice."""


class FullIndexError(MatchIndexError):
    """There is no room to write. What was there is as before."""


class BusyIndexError(MatchIndexError):
    """Another process or thread is writing."""


def schema() -> tantivy.Schema:
    """The fields of format 4."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_text_field("content", tokenizer_name="whitespace", index_option="freq")
    builder.add_text_field("label", tokenizer_name="raw", index_option="basic")
    builder.add_bytes_field("source", stored=True)
    builder.add_unsigned_field("length", fast=True)
    builder.add_unsigned_field("row", indexed=True, fast=True)  # of the document's vectors
    builder.add_unsigned_field("until", fast=True)  # a day's number; `Document.until`
    return builder.build()


@contextmanager
def guarded(folder: Path | None) -> Iterator[None]:
    """Turn tantivy's errors and panics about its files into ours."""
    try:
        yield
    except MatchIndexError:
        raise
    except (ValueError, OSError) as error:
        raise _ours(folder, error) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a failed assertion in the library becomes
            raise
        raise _ours(folder, error) from error


def forbidden(folder: Path | None) -> ForbiddenIndexError:
    return ForbiddenIndexError(
        f"{_named(folder)} may not be used with these rights; ask for the right to read its folder, and to write there"
        " when it is to be changed"
    )


def _ours(folder: Path | None, error: BaseException) -> MatchIndexError:
    found = _CODE.search(str(error))
    code = error.errno if isinstance(error, OSError) and error.errno else int(found[1]) if found else 0
    if "LockBusy" in str(error):
        return BusyIndexError(f"{_named(folder)} is being written by another process; try again when it is done")
    if code in _NO_RIGHT:
        return forbidden(folder)
    if code in NO_ROOM or _KILLED in str(error):
        return _full(folder)
    return DamagedIndexError(f"{_named(folder)} is damaged; build it again from the documents ({error})")


@contextmanager
def making(folder: Path | None) -> Iterator[None]:
    """Turn what the system says when a file cannot be written into ours."""
    try:
        yield
    except OSError as error:
        full = error.errno in NO_ROOM or (error.errno is None and _SHORT.search(str(error)))
        if folder is None or not (full or error.errno in _NO_RIGHT):
            raise
        raise (_full(folder) if full else _ours(folder, error)) from error


def _full(folder: Path | None) -> FullIndexError:
    free = ""
    if folder is not None:
        with suppress(OSError):  # it was never made
            free = f", {shutil.disk_usage(folder).free // 1_000_000:,} MB are free there"
    return FullIndexError(f"{_named(folder)} could not be written{free}; nothing was changed: make room and try again")


def _named(folder: Path | None) -> str:
    if folder is None:
        return "the index"
    workshop = _WORKSHOP.fullmatch(folder.parent.name)
    return f"the index in {folder.parent.with_name(workshop[1]) if workshop else folder}"


def read_metadata(folder: Path) -> Settings:
    """The settings of the index in a folder; raises an MatchIndexError when there is none that this version can use."""
    path = folder / METADATA
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        raise MissingIndexError(f"{folder} holds no index; give documents to build one")
    if not path.is_file():
        raise ForeignIndexError(
            f"{folder} is no index of this program (it has no {METADATA}); name an empty or new folder"
        )
    try:
        stored = path.read_bytes()
        values = json.loads(stored)
        versions = (values["format"], values["analyser"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedIndexError(f"{path} is damaged; build the index again from the documents") from error
    if versions != (FORMAT_VERSION, ANALYSER_VERSION):
        raise OutdatedIndexError(
            f"the index in {folder} has format {versions[0]} and analyser {versions[1]}, this version needs"
            f" {FORMAT_VERSION} and {ANALYSER_VERSION}; build it again from the documents"
        )
    try:
        settings = Settings.load(unsealed(stored)["settings"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DamagedIndexError(f"{path} is damaged; build the index again from the documents") from error
    if not (folder / COMMITTED).is_file():
        raise DamagedIndexError(
            f"the index in {folder} is damaged: {COMMITTED} is missing; build it again from the documents"
        )
    return settings


def write_metadata(folder: Path, settings: Settings) -> None:
    values = {"format": FORMAT_VERSION, "analyser": ANALYSER_VERSION, "settings": settings.dump()}
    with (folder / METADATA).open("w", encoding="utf-8") as file:
        json.dump(sealed(values), file, ensure_ascii=False, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing(folder: Path, *, first: bool = False) -> Iterator[Path]:
    """A new folder beside `folder` to build in; it takes the place of `folder` when the block ends well.

    Refuses (ForeignIndexError) to replace a folder that holds anything but an index of ours, in whatever state. Readers
    that have the old index open keep it; a writer of it is waited for, at most 10 s (BusyIndexError). `first`: there was
    none, and one that somebody else made meanwhile is not replaced (BusyIndexError).
    """
    folder = folder.absolute()
    with making(folder):
        _refuse_foreign(folder)
        try:
            folder.parent.mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise ForeignIndexError(f"{folder} lies under a file; name an empty or new folder for the index") from error
        _sweep(folder)
    with _workshop(folder) as workshop:
        yield workshop / "new"
        with making(folder):
            _refuse_foreign(folder)
            if first and folder.is_dir() and any(folder.iterdir()):
                raise BusyIndexError(f"another process made the index in {folder} meanwhile; try again to add to it")
            with alone(folder, _PATIENCE):
                _put_in_place(workshop / "new", folder, workshop / "old")


def _refuse_foreign(folder: Path) -> None:
    if folder.exists() and not folder.is_dir():
        raise ForeignIndexError(f"{folder} is a file; name an empty or new folder for the index")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / METADATA).exists():
        raise ForeignIndexError(
            f"{folder} is no index of this program (it has no {METADATA}); name an empty or new folder"
        )


def _put_in_place(fresh: Path, folder: Path, old: Path) -> None:
    """In one step where the file system can."""
    if not folder.exists():
        fresh.rename(folder)
        return
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename and rename(_AT_HERE, os.fsencode(fresh), _AT_HERE, os.fsencode(folder), _EXCHANGE) == 0:
        return
    folder.rename(old)
    fresh.rename(folder)


@contextmanager
def alone(folder: Path, wait: float = 0.0) -> Iterator[None]:
    """With every writer of the index in a folder kept away. BusyIndexError when there is one after `wait` seconds."""
    until = time.monotonic() + wait
    try:
        handle = os.open(folder / _WRITER, os.O_RDWR)
    except FileNotFoundError:  # nobody ever wrote there
        yield
        return
    try:
        while not _locked(handle):
            if time.monotonic() >= until:
                raise BusyIndexError(f"{_named(folder)} is being written by another process; try again when it is done")
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def _locked(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _workshop(folder: Path) -> Iterator[Path]:
    """A hidden folder beside `folder`, locked as long as this process lives and works in it."""
    path = folder.with_name(f".{folder.name}-{secrets.token_hex(8)}")  # named first: no moment without the `try`
    handle = -1
    try:
        with making(folder):
            path.mkdir(mode=0o700)
            handle = os.open(path, os.O_RDONLY)
            _locked(handle)
            (path / "new").mkdir()
        yield path
    finally:
        _remove(path)
        if handle >= 0:
            os.close(handle)


def _sweep(folder: Path) -> None:
    """Remove the workshops of processes that were killed."""
    with suppress(OSError):
        for path in folder.parent.iterdir():
            found = _WORKSHOP.fullmatch(path.name)
            if found and found[1] == folder.name and time.time() - path.stat().st_mtime > _YOUNG:
                handle = os.open(path, os.O_RDONLY)
                try:
                    if _locked(handle):
                        _remove(path)
                finally:
                    os.close(handle)


def clear(folder: Path) -> None:
    """Remove the files of a commit that failed or was never made; tantivy would with the next, for which there may be no
    room."""
    try:
        with alone(folder):
            kept = {*segment_files((folder / COMMITTED).read_bytes())}
            for path in folder.iterdir():
                if _LEFT.match(path.name) and path.name not in kept:
                    path.unlink(missing_ok=True)
    except (MatchIndexError, OSError, ValueError, KeyError):
        return  # it takes room and does no other harm


def _remove(folder: Path) -> None:
    """Removes `folder`, also while a writer that was interrupted is still putting a last file into it."""
    for _ in range(_REMOVALS):
        shutil.rmtree(folder, ignore_errors=True)
        if not folder.exists():
            return
        time.sleep(0.05)


def signature(folder: Path) -> tuple[int, ...] | None:
    """Changes whenever a commit or a replacement happened; None while a folder is being replaced."""
    try:
        made, committed = (folder / METADATA).stat(), (folder / COMMITTED).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    try:
        spaces = (folder / SPACES).stat().st_ino
    except FileNotFoundError:
        spaces = 0
    return made.st_ino, made.st_mtime_ns, spaces, committed.st_ino, committed.st_mtime_ns, committed.st_size
