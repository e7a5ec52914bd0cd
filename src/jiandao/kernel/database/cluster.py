"""Makes a cluster (PostgreSQL's word for one server's files) with its roles, complete or not at all.

`postgres`        superuser; only this adapter uses it
`jiandao_owner`   owns the database and its tables, runs migrations, may create databases
`jiandao_app`     what the site and the workers use: reads and writes rows, owns nothing, cannot TRUNCATE
"""

import os
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from jiandao.kernel.database.errors import DatabaseProblem
from jiandao.kernel.database.place import Place
from jiandao.kernel.database.tuning import write_settings
from jiandao.kernel.database.users import SystemUser

SUPERUSER, OWNER, APP = "postgres", "jiandao_owner", "jiandao_app"
DATABASE = "jiandao"
EXTENSIONS = ("btree_gist", "pg_trgm", "unaccent")

# In template1, so that every database made later has them.
_TEMPLATE_SQL = (
    *(f"CREATE EXTENSION {name}" for name in EXTENSIONS),
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP}",
    f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER} GRANT USAGE, SELECT ON SEQUENCES TO {APP}",
)


def database_rights(name: str, app: str = APP) -> tuple[str, ...]:
    """Statements that close the database `name` to everybody but our two roles."""
    return (
        f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC',
        f'GRANT CONNECT, TEMPORARY ON DATABASE "{name}" TO "{app}"',
    )


def environment() -> dict[str, str]:
    """What a server process gets of the caller's environment: nothing that could steer it."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def run_as(
    user: SystemUser | None, command: Sequence[str | Path], *, text: str = "", stderr: int = subprocess.PIPE
) -> subprocess.CompletedProcess[str]:
    """Runs a short server command as the server's user; the result's `stderr` is kept unless redirected."""
    return subprocess.run(
        [str(part) for part in command],
        input=text,
        stdout=subprocess.PIPE,
        stderr=stderr,
        encoding="utf-8",
        errors="replace",
        env=environment(),
        cwd="/",
        umask=0o077,
        start_new_session=True,
        check=False,
        user=user.uid if user else None,
        group=user.gid if user else None,
        extra_groups=list(user.groups) if user else None,
    )


def read_passwords(path: Path) -> dict[str, str]:
    """Role to password, from a file in libpq's own form (host:port:database:role:password)."""
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split(":")
        if len(parts) == 5:
            found[parts[3]] = parts[4]
    return found


def write_passwords(path: Path) -> dict[str, str]:
    """New passwords for the three roles, in a file of mode 0600 that belongs to the owner of its folder."""
    made = {role: secrets.token_urlsafe(32) for role in (SUPERUSER, OWNER, APP)}
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as out:
        out.writelines(f"*:*:*:{role}:{password}\n" for role, password in made.items())
        out.flush()
        os.fsync(out.fileno())
    give_to_owner_of(path.parent, part)
    part.replace(path)
    return made


def give_to_owner_of(folder: Path, path: Path) -> None:
    """Called by root in somebody's data folder: what root made there belongs to that person."""
    if os.geteuid() == 0:
        found = folder.stat()
        os.chown(path, found.st_uid, found.st_gid, follow_symlinks=False)


def make_cluster(place: Place, binaries: Path, target: Path, passwords: dict[str, str], *, durable: bool) -> None:
    """Makes a cluster at `target`, which must not exist. It appears there complete, by one rename."""
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(mode=0o700)
    if place.user:
        os.chown(part, place.user.uid, place.user.gid)
    # No ICU: its collations change between versions and corrupt indexes. C.UTF-8 of PostgreSQL itself never does.
    # `peer` stands only in a pg_hba.conf that is replaced below, before any server starts.
    options = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    _checked(
        run_as(
            place.user,
            (
                binaries / "initdb",
                "-D",
                part,
                "-U",
                SUPERUSER,
                "-A",
                "peer",
                "--no-sync",
                "--no-instructions",
                *options,
            ),
        ),
        f"PostgreSQL could not make a cluster in {target.parent}",
    )
    _write_as(place.user, part / "pg_hba.conf", "# Passwords only; no exception.\nlocal all all scram-sha-256\n")
    with (part / "postgresql.conf").open("a", encoding="utf-8") as out:
        out.write("include 'jiandao.conf'\ninclude_if_exists 'local.conf'\n")
    write_settings(place, part, sockets=place.sockets, durable=durable)
    statements = (
        *(f"ALTER ROLE {SUPERUSER} PASSWORD '{passwords[SUPERUSER]}'",),
        f"CREATE ROLE {OWNER} LOGIN CREATEDB PASSWORD '{passwords[OWNER]}'",
        f"CREATE ROLE {APP} LOGIN PASSWORD '{passwords[APP]}'",
        *_TEMPLATE_SQL,
        f"CREATE DATABASE {DATABASE} OWNER {OWNER}",
        *database_rights(DATABASE),
    )
    _checked(
        run_as(
            place.user,
            (binaries / "postgres", "--single", "-F", "-j", "-D", part, "-c", "exit_on_error=on", "template1"),
            text="".join(f"{statement};\n\n" for statement in statements),
        ),
        f"PostgreSQL could not make the roles of the cluster in {target.parent}",
    )
    if durable:
        _checked(
            run_as(place.user, (binaries / "initdb", "-D", part, "--sync-only")),
            f"The new cluster in {target.parent} could not be written to the disk",
        )
    part.rename(target)
    if durable:
        sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Makes the names in `folder` durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _write_as(user: SystemUser | None, path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
    path.chmod(0o600)
    if user:
        os.chown(path, user.uid, user.gid)


def _checked(result: subprocess.CompletedProcess[str], what: str) -> None:
    if result.returncode != 0:
        lines = [line for line in result.stderr.splitlines() if line.strip() and "PASSWORD" not in line.upper()]
        raise DatabaseProblem(f"{what}: {' '.join(lines[-3:]) or f'it ended with {result.returncode}'}")
