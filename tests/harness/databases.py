"""The test server, its template and the clones. Knows PostgreSQL and the list of migrations, not pytest."""

import fcntl
import hashlib
import itertools
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
from psycopg import sql

from jiandao.kernel.database import wheel
from jiandao.kernel.database.cluster import OWNER, SUPERUSER
from jiandao.kernel.database.processes import alive
from jiandao.kernel.database.server import Server

_CLONE = re.compile(r"jd_(?:test|building)_(\d+)(?:_\w+)?")
_TEMPLATE_AGE = timedelta(days=7)


class TemplateFailed(RuntimeError):
    """The migrations did not run; the text holds the end of their output."""


def tests_folder(root: Path) -> Path:
    """The tests' own data folder: per user and per PostgreSQL, so that neither finds the other's files."""
    return Path(os.environ.get("JIANDAO_TEST_DATA") or root / "var" / "test" / f"u{os.geteuid()}-{wheel.major()}")


def migrations_digest(roots: Sequence[Path], more: Sequence[Path], words: Sequence[str]) -> str:
    """A key that changes when a migration, or anything else that shapes the template, does.

    `roots` are the folders of the installed apps, `more` further files, `words` versions and commands.
    """
    files = {path for root in roots for path in (root / "migrations").rglob("*.py")}
    files |= set(Path(wheel.__file__).parent.glob("*.py")) | set(more)
    digest = hashlib.sha256("\0".join((wheel.wheel_version(), *words)).encode())
    for path in sorted(files):
        digest.update(f"\0{path.parent.parent.name}/{path.parent.name}/{path.name}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


class Databases:
    """One test run's databases. `run` is the process number of the controller, `worker` the xdist worker's name."""

    def __init__(self, data: Path, *, run: int, worker: str) -> None:
        self.server = Server(data, durable=False)
        self.run = run
        self.worker = worker
        self.template = ""
        self._count = itertools.count()
        self._admin: psycopg.Connection[tuple[object, ...]] | None = None

    def connect(self, database: str, role: str = SUPERUSER) -> "psycopg.Connection[tuple[object, ...]]":
        return self.server.connect(role, database)

    def ensure_template(self, key: str, commands: Sequence[str], settings_module: str) -> str:
        """Name of the template for `key`; the migrations run only when there is none yet."""
        self.server.ensure_running()
        name = f"jd_template_{key}"
        with self._building():
            self._sweep(name)
            if not self._exists(name):
                self._build(name, commands, settings_module)
            self._do("COMMENT ON DATABASE {} IS {}", name, sql.Literal(datetime.now(UTC).isoformat()))
        self.template = name
        return name

    def clone(self) -> str:
        """A fresh copy of the template; its name carries the run, so that another run can see whose it is."""
        name = f"jd_test_{self.run}_{self.worker}_{next(self._count)}"
        # A checkpoint and a copy of files cost less than writing every page to the log, as nothing is synced here.
        self._do("CREATE DATABASE {} OWNER {} TEMPLATE {} STRATEGY file_copy", name, OWNER, self.template)
        return name

    def drop(self, name: str) -> None:
        """Removes a clone, whoever is still connected to it."""
        self._do("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def close(self) -> None:
        if self._admin is not None:
            self._admin.close()
            self._admin = None

    def _do(self, statement: str, *names: "str | sql.Composable") -> None:
        if self._admin is None or self._admin.closed:
            self._admin = self.connect("postgres")
        parts = [sql.Identifier(name) if isinstance(name, str) else name for name in names]
        self._admin.execute(sql.SQL(statement).format(*parts))

    def _exists(self, name: str) -> bool:
        with self.connect("postgres") as connection:
            return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name]).fetchone() is not None

    @contextmanager
    def _building(self) -> Iterator[None]:
        """One run at a time builds templates and sweeps."""
        with (self.server.data / "template.lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield

    def _build(self, name: str, commands: Sequence[str], settings_module: str) -> None:
        part = f"jd_building_{self.run}"
        self._do("CREATE DATABASE {} OWNER {}", part, OWNER)
        surroundings = {
            **os.environ,
            "JIANDAO_DATA": str(self.server.data),
            "JIANDAO_DATABASE_NAME": part,
            "JIANDAO_DATABASE_ROLE": "owner",
            "DJANGO_SETTINGS_MODULE": settings_module,
            "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path)),
        }
        for unwanted in ("DATABASE_URL", "DATABASE_OWNER_URL"):
            surroundings.pop(unwanted, None)
        for command in commands:
            done = subprocess.run(
                [sys.executable, *shlex.split(command)],
                env=surroundings,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                encoding="utf-8",
                errors="replace",
                check=False,
            )
            if done.returncode != 0:
                self.drop(part)
                said = "\n".join((done.stdout + done.stderr).splitlines()[-30:])
                raise TemplateFailed(f"The template database could not be made: `python {command}` failed.\n{said}")
        with self.connect(part) as connection:
            connection.execute("VACUUM (ANALYZE, FREEZE)")
        self._do("ALTER DATABASE {} RENAME TO {}", part, name)
        self._do("ALTER DATABASE {} WITH IS_TEMPLATE true ALLOW_CONNECTIONS false", name)

    def _sweep(self, current: str) -> None:
        """Removes what dead runs left behind, and templates that nobody has used for a week."""
        with self.connect("postgres") as connection:
            found = connection.execute(
                "SELECT datname, shobj_description(oid, 'pg_database') FROM pg_database WHERE datname LIKE 'jd\\_%'"
            ).fetchall()
        for name, used in found:
            clone = _CLONE.fullmatch(str(name))
            if clone:
                if not alive(int(clone[1])):
                    self.drop(str(name))
            elif name != current and used and datetime.fromisoformat(str(used)) < datetime.now(UTC) - _TEMPLATE_AGE:
                self._do("ALTER DATABASE {} WITH IS_TEMPLATE false", str(name))
                self.drop(str(name))


__all__ = ["OWNER", "SUPERUSER", "Databases", "TemplateFailed", "migrations_digest", "tests_folder"]
