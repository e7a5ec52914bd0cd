"""The index as a thing on disk: its folder, its metadata file, and what can be wrong with it.

    FOLDER/jiandao-match.json    format version, analyser version, settings: fixed when the index is made
    FOLDER/meta.json, …          tantivy's own files; meta.json is replaced atomically at each commit
    FOLDER/jiandao-spaces.json   which files hold the vectors now (spaces.py); replaced atomically
    FOLDER/latent-…, dense-…     models and vectors, one row a document; a row is written before the commit that names it

A new index is built in a folder beside it and renamed into place, so that a folder holds a whole index or none.
"""

import json
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import tantivy

from jiandao.engines.matching.records import Settings
from jiandao.engines.matching.text import ANALYSER_VERSION

FORMAT_VERSION = 3
METADATA = "jiandao-match.json"
COMMITTED = "meta.json"
SPACES = "jiandao-spaces.json"
_REMOVALS = 40  # attempts, 50 ms apart


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
    """The rights do not suffice; also a reader puts a lock file into the folder."""


class BusyIndexError(MatchIndexError):
    """Another process or thread is writing."""


def schema() -> tantivy.Schema:
    """The fields of format 3."""
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
        if "LockBusy" in str(error):
            raise BusyIndexError(
                f"{_named(folder)} is being written by another process; try again when it is done"
            ) from error
        if isinstance(error, PermissionError) or "PermissionDenied" in str(error):
            raise ForbiddenIndexError(
                f"{_named(folder)} may not be used with these rights; ask for the right to read and write its folder"
            ) from error
        raise DamagedIndexError(f"{_named(folder)} is damaged; build it again from the documents ({error})") from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":  # what a failed assertion in the library becomes
            raise
        raise DamagedIndexError(f"{_named(folder)} is damaged; build it again from the documents ({error})") from error


def _named(folder: Path | None) -> str:
    return f"the index in {folder}" if folder else "the index"


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
        values = json.loads(path.read_bytes())
        versions = (values["format"], values["analyser"])
    except (ValueError, KeyError, TypeError) as error:
        raise DamagedIndexError(f"{path} is damaged; build the index again from the documents") from error
    if versions != (FORMAT_VERSION, ANALYSER_VERSION):
        raise OutdatedIndexError(
            f"the index in {folder} has format {versions[0]} and analyser {versions[1]}, this version needs"
            f" {FORMAT_VERSION} and {ANALYSER_VERSION}; build it again from the documents"
        )
    try:
        settings = Settings.load(values["settings"])
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
        json.dump(values, file, ensure_ascii=False, indent=1, sort_keys=True)
        file.flush()
        os.fsync(file.fileno())


@contextmanager
def replacing(folder: Path) -> Iterator[Path]:
    """A new folder beside `folder` to build in; it takes the place of `folder` when the block ends well.

    Refuses (ForeignIndexError) to replace a folder that holds anything but an index of ours, in whatever state. Readers
    that have the old index open keep it.
    """
    folder = folder.absolute()
    if folder.exists() and not folder.is_dir():
        raise ForeignIndexError(f"{folder} is a file; name an empty or new folder for the index")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / METADATA).exists():
        raise ForeignIndexError(
            f"{folder} is no index of this program (it has no {METADATA}); name an empty or new folder"
        )
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise ForeignIndexError(f"{folder} lies under a file; name an empty or new folder for the index") from error
    workshop = folder.with_name(f".{folder.name}-{secrets.token_hex(8)}")  # named first: no moment without the `try`
    try:
        fresh, old = workshop / "new", workshop / "old"
        workshop.mkdir(mode=0o700)
        fresh.mkdir()
        yield fresh
        if folder.exists():
            folder.rename(old)
        fresh.rename(folder)
    finally:
        _remove(workshop)


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
    except FileNotFoundError:
        return None
    try:
        spaces = (folder / SPACES).stat().st_ino
    except FileNotFoundError:
        spaces = 0
    return made.st_ino, made.st_mtime_ns, spaces, committed.st_ino, committed.st_mtime_ns, committed.st_size
