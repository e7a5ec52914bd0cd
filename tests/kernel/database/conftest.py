"""Servers of their own for the tests of the adapter. None of them needs the project's settings."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jiandao.kernel.database.server import Server
from jiandao.kernel.database.users import server_user


@pytest.fixture(autouse=True)
def _no_surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "JIANDAO_DATABASE_ROLE", "JIANDAO_DATABASE_NAME"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short folder that every user may pass through (pytest's own are closed), removed afterwards."""
    made = Path(tempfile.mkdtemp(prefix="jd-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture
def new_server(folder: Path, seed: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Server]]:
    """Makes servers under `folder` and stops them afterwards.

    With `fresh` they have no cluster yet; without, they get a copy of one, which costs a tenth of making it.
    """
    monkeypatch.setenv("JIANDAO_SERVER_HOME", str(folder / "home"))
    made = []

    def new(name: str = "data", *, fresh: bool = False, durable: bool = False) -> Server:
        if not fresh:
            subprocess.run(["cp", "-a", seed, folder / name], check=True)
        made.append(Server(folder / name, durable=durable))
        return made[-1]

    yield new
    for server in made:
        server.stop(seconds=5)


@pytest.fixture(scope="session")
def seed() -> Iterator[Path]:
    """A stopped server's data folder, to be copied."""
    made = Path(tempfile.mkdtemp(prefix="jd-", dir="/tmp"))
    made.chmod(0o755)
    server = Server(made / "data", durable=False)
    server.ensure_running()
    server.stop()
    yield server.data
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def shared_server() -> Iterator[Server]:
    """One server for all tests that only need some database; each makes its own."""
    made = Path(tempfile.mkdtemp(prefix="jd-", dir="/tmp"))
    made.chmod(0o755)
    server = Server(made / "data", durable=False)
    server.ensure_running()
    yield server
    server.stop()
    shutil.rmtree(made, ignore_errors=True)


# Interpreters of developers often lie where nobody else may go: load first, drop root's rights then.
_AS_USER = """
import os, sys, pathlib, subprocess, psycopg
from jiandao.kernel.database import backup, server, upgrade
if os.environ.get("AS_USER"):
    uid, gid, *groups = map(int, os.environ["AS_USER"].split())
    os.setgroups(groups); os.setgid(gid); os.setuid(uid)
data = pathlib.Path(sys.argv[1])
made = server.Server(data, durable=False)
"""


@pytest.fixture
def python() -> "Callable[..., subprocess.CompletedProcess[str]]":
    """Runs code in a process of its own, which has `data` and a server `made` for it; as another user if asked."""

    def run(code: str, data: Path, *, user: bool = False) -> "subprocess.CompletedProcess[str]":
        surroundings = {**os.environ, "PYTHONPATH": os.pathsep.join(map(os.path.abspath, sys.path))}
        if user:
            other = server_user(Path("/nonexistent"))
            if other:
                surroundings["AS_USER"] = " ".join(map(str, (other.uid, other.gid, *other.groups)))
        return subprocess.run(
            [sys.executable, "-c", _AS_USER + code, str(data)],
            env=surroundings,
            capture_output=True,
            encoding="utf-8",
            timeout=60,
            check=False,
            cwd="/",
        )

    return run
