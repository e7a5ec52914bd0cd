"""Time to the first answer of the embedded server, and of a clone of a template. Prints JSON; seconds, best and worst.

    .venv/bin/python benchmarks/database_start.py [--rounds 5]

Started by root it measures twice: as root, and as the user that root's servers run as. Every server is durable
(fsync on) except the one whose template is cloned, which is set up as the tests' is.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from jiandao.kernel.database import wheel
from jiandao.kernel.database.server import Server
from jiandao.kernel.database.users import server_user


def _timed(call: Callable[[], object]) -> float:
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


def _told(times: list[float]) -> dict[str, float]:
    return {"best": round(min(times), 3), "worst": round(max(times), 3)}


def _starts(folder: Path, rounds: int) -> dict[str, dict[str, float]]:
    first, warm, answers = [], [], []
    for number in range(rounds):
        server = Server(folder / f"data{number}")
        first.append(_timed(server.ensure_running))
        answers.append(_timed(server.ensure_running))
        server.stop()
        warm.append(_timed(server.ensure_running))
        server.stop()
    return {"first_start": _told(first), "warm_start": _told(warm), "already_running": _told(answers)}


def _clones(folder: Path, rounds: int, tables: int) -> dict[str, dict[str, float]]:
    server = Server(folder / "clones", durable=False)
    server.ensure_running()
    with server.connect("jiandao_owner") as connection:
        for number in range(tables):
            connection.execute(f"CREATE TABLE t{number} (id bigint PRIMARY KEY, a text, b text UNIQUE)")
    found = {}
    with server.connect("postgres", "postgres") as admin:
        for strategy in ("file_copy", "wal_log"):
            made, dropped = [], []
            for number in range(rounds):
                create = f"CREATE DATABASE c{number} TEMPLATE jiandao STRATEGY {strategy}"
                made.append(_timed(lambda statement=create: admin.execute(statement)))
                with server.connect("postgres", f"c{number}") as connection:
                    connection.execute("SELECT count(*) FROM t0")
                dropped.append(
                    _timed(lambda statement=f"DROP DATABASE c{number} WITH (FORCE)": admin.execute(statement))
                )
            found[f"clone_{strategy}"] = _told(made)
            found[f"drop_{strategy}"] = _told(dropped)
    server.stop()
    return found


def _measure(folder: Path, rounds: int) -> dict[str, object]:
    try:
        return {**_starts(folder, rounds), **_clones(folder, rounds, tables=100)}
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _folder() -> Path:
    made = Path(tempfile.mkdtemp(prefix="jd-"))
    made.chmod(0o755)
    return made


def _as_other(rounds: int) -> dict[str, object]:
    """The same in a child that has given up root's rights, for good."""
    user = server_user(Path("/nonexistent"))
    assert user is not None
    folder = _folder()
    os.chown(folder, user.uid, user.gid)
    surroundings = {**os.environ, "AS_USER": json.dumps([user.uid, user.gid, list(user.groups), str(folder)])}
    try:
        done = subprocess.run(
            [sys.executable, __file__, "--rounds", str(rounds)],
            env=surroundings,
            stdout=subprocess.PIPE,
            encoding="utf-8",
            check=True,
        )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    found: dict[str, object] = json.loads(done.stdout)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    if os.environ.get("AS_USER"):
        uid, gid, groups, folder = json.loads(os.environ["AS_USER"])
        os.setgroups(groups)
        os.setgid(gid)
        os.setuid(uid)
        print(json.dumps(_measure(Path(folder) / "own", rounds)))
        return
    result: dict[str, object] = {
        "postgresql": wheel.wheel_version(),
        "psycopg": psycopg.__version__,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors",
        "unit": "seconds",
        "rounds": rounds,
    }
    if os.geteuid() == 0:
        result |= {"as_root": _measure(_folder(), rounds), "as_ordinary_user": _as_other(rounds)}
    else:
        result["as_ordinary_user"] = _measure(_folder(), rounds)
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
