"""The harness on a tiny project: with and without workers, two runs at once, remains of dead runs."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.databases import Databases, TemplateFailed, migrations_digest
from jiandao.kernel.database.server import Server

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


def _run(data: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    path = os.pathsep.join(map(os.path.abspath, (HERE, *sys.path)))
    surroundings = {**os.environ, "PYTHONPATH": path, "JIANDAO_TEST_DATA": str(data)}
    for name in ("DJANGO_SETTINGS_MODULE", "PYTEST_XDIST_WORKER", "PYTEST_XDIST_WORKER_COUNT", "PYTEST_ADDOPTS"):
        surroundings.pop(name, None)
    return subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:schemathesis", "-p", "no:cacheprovider"),
            *("--ds=tinyproject.settings", "-o", "jiandao_migrate=-m django migrate --no-input --verbosity 0", *words),
        ],
        cwd=ROOT,
        env=surroundings,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def _databases(server: Server) -> set[str]:
    with server.connect() as connection:
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'jd\\_%'").fetchall()
    return {str(name) for (name,) in found}


def test_two_runs_at_once_with_and_without_workers(shared_server: Server) -> None:
    checks = [HERE / "tinyproject" / "inner" / name for name in ("checks_isolation.py", "checks_locks.py")]
    data = shared_server.data
    with ThreadPoolExecutor() as pool:
        alone = pool.submit(_run, data, "-n0", *map(str, checks))
        shared = pool.submit(_run, data, "-n2", *map(str, checks))
    for done in (alone.result(), shared.result()):
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
        assert " failed" not in done.stdout
        assert " skipped" not in done.stdout
    left = _databases(shared_server)
    assert {name[:12] for name in left} == {"jd_template_"}
    assert len(left) == 1


def test_a_run_that_dies_is_cleared_away_by_the_next(shared_server: Server, tmp_path: Path) -> None:
    dead = subprocess.Popen(["true"])
    dead.wait()
    first = Databases(shared_server.data, run=dead.pid, worker="gw0")
    first.ensure_template("sweep", ["-c pass"], "no.settings")
    left = first.clone()
    first.close()
    assert left in _databases(shared_server)
    second = Databases(shared_server.data, run=os.getpid(), worker="gw0")
    assert second.ensure_template("sweep", ["-c 'raise SystemExit(1)'"], "no.settings") == "jd_template_sweep"
    assert left not in _databases(shared_server)
    mine = second.clone()
    with second.connect(mine) as open_elsewhere:
        second.drop(mine)
        assert open_elsewhere.info.host
    second.close()
    assert mine not in _databases(shared_server)


def test_migrations_that_fail_are_shown_and_leave_no_template(shared_server: Server) -> None:
    databases = Databases(shared_server.data, run=os.getpid(), worker="main")
    with pytest.raises(TemplateFailed, match="no column of that name"):
        databases.ensure_template("bad", ["-c 'raise SystemExit(\"no column of that name\")'"], "no.settings")
    databases.close()
    assert not [name for name in _databases(shared_server) if "bad" in name or "building" in name]


def test_the_template_follows_the_migrations(tmp_path: Path) -> None:
    migrations = tmp_path / "app" / "migrations"
    migrations.mkdir(parents=True)
    keys = [migrations_digest([tmp_path / "app"], [], ["5.2"])]
    (migrations / "0001_initial.py").write_text("first")
    keys.append(migrations_digest([tmp_path / "app"], [], ["5.2"]))
    (migrations / "0001_initial.py").write_text("second")
    keys.append(migrations_digest([tmp_path / "app"], [], ["5.2"]))
    keys.append(migrations_digest([tmp_path / "app"], [], ["5.3"]))
    (tmp_path / "places.tsv").write_text("武汉")
    keys.append(migrations_digest([tmp_path / "app"], [tmp_path / "places.tsv"], ["5.3"]))
    assert len(set(keys)) == 5
    assert keys[-1] == migrations_digest([tmp_path / "app"], [tmp_path / "places.tsv"], ["5.3"])


def test_promises_can_be_taken_back(shared_server: Server) -> None:
    """Forwards, back to the bare tables, and forwards again."""
    databases = Databases(shared_server.data, run=os.getpid(), worker="back")
    code = (
        "import django; django.setup(); from django.core.management import call_command as call;"
        " [call('migrate', 'shop', state, verbosity=0) for state in ('0002', '0001', '0002', '0001')]"
    )
    databases.ensure_template("back", [f'-c "{code}"'], "tinyproject.settings")
    name = databases.clone()
    with databases.connect(name) as connection:
        found = connection.execute(
            "SELECT conname FROM pg_constraint WHERE conname LIKE '%same_programme%'"
            " UNION ALL SELECT tgname FROM pg_trigger WHERE tgname LIKE 'jd%'"
            " UNION ALL SELECT proname FROM pg_proc WHERE proname = 'jd_append_only'"
        ).fetchall()
        rights = connection.execute(
            "SELECT has_table_privilege('jiandao_app', 'shop_line', 'UPDATE, DELETE')"
        ).fetchone()
    databases.drop(name)
    databases.close()
    assert found == []
    assert rights == (True,)
