"""The folder of contents: `files/ab/cdef…`, named by the SHA-256 of what is in them, written once, never changed."""

import hashlib
import os
import re
import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from jiandao.kernel.components.formats import size as shown_size
from jiandao.kernel.files.refusals import FileRefused
from jiandao.kernel.files.types import LARGEST

ORPHAN_AFTER = 86_400  # seconds: a content without a row may belong to a change that is not committed yet
_FOLDER = re.compile(r"[0-9a-f]{2}")
_NAME = re.compile(r"[0-9a-f]{62}")


@dataclass(frozen=True)
class Incoming:
    """A content on its way: written to the disk under a name of its own, its digest known."""

    path: Path
    digest: str
    size: int


def folder() -> Path:
    """Where contents lie."""
    return Path(settings.JIANDAO_DATA) / "files"


def place(digest: str) -> Path:
    """Where the content of that digest lies, or would."""
    return folder() / digest[:2] / digest[2:]


@contextmanager
def incoming(chunks: Iterable[bytes]) -> Iterator[Incoming]:
    """Writes the chunks to the disk; within the block the file may be looked at and kept, afterwards it is gone."""
    waiting = folder() / ".incoming"
    waiting.mkdir(parents=True, exist_ok=True)
    path = waiting / secrets.token_hex(16)
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            for chunk in chunks:
                size += len(chunk)
                if size > LARGEST:
                    raise FileRefused("large", size=f"> {shown_size(LARGEST)}", limit=shown_size(LARGEST), type="*")
                digest.update(chunk)
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
        yield Incoming(path, digest.hexdigest(), size)
    finally:
        path.unlink(missing_ok=True)


def keep(content: Incoming) -> None:
    """Put a content into its place; one that is there already is only marked as wanted again."""
    target = place(content.digest)
    try:
        os.utime(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True)
        content.path.chmod(0o440)
        os.replace(content.path, target)
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def contents() -> Iterator[str]:
    """The digests of all contents on the disk."""
    with suppress(FileNotFoundError):
        for first in sorted(os.listdir(folder())):
            if _FOLDER.fullmatch(first):
                yield from (first + name for name in sorted(os.listdir(folder() / first)) if _NAME.fullmatch(name))


def discard(digest: str, *, older_than: float = ORPHAN_AFTER) -> bool:
    """Remove a content that nobody has wanted for so many seconds; whether it went.

    It is moved away first and looked at again, so that one which is wanted at this very moment comes back.
    """
    target, aside = place(digest), folder() / ".incoming" / f"{digest}.gone"
    aside.parent.mkdir(parents=True, exist_ok=True)
    try:
        if time.time() - target.stat().st_mtime < older_than:
            return False
        os.rename(target, aside)
    except FileNotFoundError:
        return False
    wanted = time.time() - aside.stat().st_mtime < older_than
    if wanted:
        with suppress(FileExistsError):
            os.link(aside, target)
    aside.unlink()
    return not wanted


def forget_unfinished(older_than: float = ORPHAN_AFTER) -> int:
    """Remove what a crash left on its way; how many."""
    count = 0
    with suppress(FileNotFoundError):
        for path in (folder() / ".incoming").iterdir():
            with suppress(FileNotFoundError):
                if time.time() - path.stat().st_mtime > older_than:
                    path.unlink()
                    count += 1
    return count
