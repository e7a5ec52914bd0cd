"""Backup and restoration: the database first, then the content-addressed files, in one checked archive.

In this order every file that the dump names is in the archive: files are added before their rows.
"""

import os
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from jiandao import __version__
from jiandao.kernel.database import dumps, wheel
from jiandao.kernel.database.archive import ArchiveWriter, Manifest, read_archive
from jiandao.kernel.database.cluster import give_to_owner_of, sync_folder
from jiandao.kernel.database.config import data_folder
from jiandao.kernel.database.dumps import Target, current_target
from jiandao.kernel.database.errors import BackupRefused

_FOLDER, _NAME = re.compile(r"[0-9a-f]{2}"), re.compile(r"[0-9a-f]{62}")


@dataclass(frozen=True)
class BackupResult:
    """A backup that was written, or restored. `size` in bytes, `kept` the old database if it was kept."""

    path: Path
    size: int
    manifest: Manifest
    kept: str | None = None


def backup(path: Path, *, target: Target | None = None, data: Path | None = None) -> BackupResult:
    """Writes the archive `path`, which must not exist. It appears complete or not at all, readable by you only."""
    path = Path(os.path.abspath(path))
    if path.exists():
        raise BackupRefused(f"{path} exists; name another file, or move that one away.")
    if not path.parent.is_dir():
        raise BackupRefused(f"The folder {path.parent} does not exist; make it, or name a file elsewhere.")
    target = target or current_target()
    files = (data or data_folder()) / "files"
    part = path.with_name(f"{path.name}.part")
    part.unlink(missing_ok=True)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            writer = ArchiveWriter(out)
            with dumps.dump(target) as stream:
                writer.database(stream)  # type: ignore[arg-type]
            for digest, content in _stored(files):
                with content:
                    writer.file(digest, os.fstat(content.fileno()).st_size, content)
            manifest = writer.finish(
                jiandao=__version__, postgresql=wheel.major(), written=datetime.now(UTC).isoformat(timespec="seconds")
            )
            out.flush()
            os.fsync(out.fileno())
        part.rename(path)
        sync_folder(path.parent)
    except OSError as problem:
        raise BackupRefused(f"{path} could not be written: {problem.strerror}.") from problem
    finally:
        part.unlink(missing_ok=True)
    return BackupResult(path, path.stat().st_size, manifest)


def verify(path: Path) -> Manifest:
    """Reads the whole archive and checks every byte. Raises `BackupRefused`; changes nothing."""
    with _opened(path) as source:
        return read_archive(source)


def restore(
    path: Path,
    *,
    replace: bool = False,
    keep_old: bool = False,
    target: Target | None = None,
    data: Path | None = None,
) -> BackupResult:
    """Restores the archive `path`: checked whole first, then into a new database that takes the old one's name.

    replace
        Needed when the database has tables. The old one answers until the new one is complete.
    keep_old
        Leaves the old database on the server, under the name in the result.
    """
    with _opened(path) as source:
        read_archive(source)
        source.seek(0)
        target = target or current_target()
        data = data or data_folder()
        if not replace and not dumps.is_empty(target):
            raise BackupRefused(
                f"The database {target.name} is not empty; nothing was changed. Restore into an empty data folder, "
                "or repeat the command with --replace to replace what is there."
            )
        stamp = f"{time.strftime('%Y%m%d%H%M%S', time.gmtime())}_{os.getpid()}"
        new, old = f"{target.name}_new_{stamp}", f"{target.name}_old_{stamp}"
        staged = data / f"files.restoring-{stamp}"
        had_old = dumps.exists(target, target.name)
        try:
            staged.mkdir(mode=0o700, parents=True)
            dumps.make_empty(target, new)
            with dumps.restore_dump(target, new) as feed:
                manifest = read_archive(
                    source, database=feed, file=lambda digest, chunks: _stage(staged, digest, chunks)
                )
            os.sync()
            # Files before the swap: an extra file harms nobody, a missing one does.
            _merge(staged, data / "files")
            dumps.swap(target, new, old)
        finally:
            shutil.rmtree(staged, ignore_errors=True)
            dumps.drop(target, new)  # only there still when something failed
    if had_old and not keep_old:
        dumps.drop(target, old)
    return BackupResult(path, path.stat().st_size, manifest, old if had_old and keep_old else None)


def _opened(path: Path) -> BinaryIO:
    try:
        if not path.is_file():
            raise BackupRefused(f"{path} is not a file; name an archive that `jiandao backup` wrote.")
        return path.open("rb")
    except OSError as problem:
        raise BackupRefused(f"{path} cannot be read: {problem.strerror}.") from None


def _stored(files: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Digest and open file of all that is stored, in order. Names of another form are not ours."""
    folders = sorted(_names(files, _FOLDER))
    for folder in folders:
        for name in sorted(_names(files / folder, _NAME)):
            try:
                handle = os.open(files / folder / name, os.O_RDONLY | os.O_NOFOLLOW)
            except FileNotFoundError:
                continue  # removed since, so no row of the dump's successor needs it
            yield folder + name, os.fdopen(handle, "rb")


def _names(folder: Path, form: re.Pattern[str]) -> list[str]:
    try:
        return [name for name in os.listdir(folder) if form.fullmatch(name)]
    except FileNotFoundError:
        return []


def _stage(staged: Path, digest: str, chunks: Iterator[bytes]) -> None:
    folder = staged / digest[:2]
    folder.mkdir(mode=0o700, exist_ok=True)
    with open(os.open(folder / digest[2:], os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.writelines(chunks)


def _merge(staged: Path, files: Path) -> None:
    """Moves what is missing into `files`. A file that is there already has the same content by its name."""
    for folder in (files, *(files / name for name in sorted(os.listdir(staged)))):
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True)
            give_to_owner_of(files.parent, folder)
    for folder in sorted(staged.iterdir()):
        for path in folder.iterdir():
            there = files / folder.name / path.name
            if not there.exists() or there.stat().st_size != path.stat().st_size:
                give_to_owner_of(files.parent, path)
                path.replace(there)
