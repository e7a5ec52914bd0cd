"""The commands `backup`, `restore` and `database`, for the command line to wire: arguments and what they run."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from jiandao.kernel.database.config import data_folder, external_url
from jiandao.kernel.database.errors import DatabaseProblem

if TYPE_CHECKING:
    from jiandao.kernel.database.server import Server


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="the archive to write; it must not exist")


def run_backup(args: argparse.Namespace) -> int:
    """`jiandao backup FILE`"""
    from jiandao.kernel.database.backup import backup

    try:
        result = backup(args.file)
    except (DatabaseProblem, psycopg.Error) as problem:
        return _refused(problem)
    found = result.manifest
    _say(f"{result.path}: {result.size:,} bytes; database {found.database_size:,} bytes, {found.files:,} files.")
    return 0


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="an archive that `jiandao backup` wrote")
    parser.add_argument("--replace", action="store_true", help="replace a database that is not empty")
    parser.add_argument("--keep-old", action="store_true", help="leave the replaced database on the server")
    parser.add_argument("--check", action="store_true", help="only check the archive, byte by byte")


def run_restore(args: argparse.Namespace) -> int:
    """`jiandao restore FILE`"""
    from jiandao.kernel.database.backup import restore, verify

    try:
        if args.check:
            found = verify(args.file)
            _say(f"{args.file} is sound: written {found.written}, {found.files:,} files.")
            return 0
        result = restore(args.file, replace=args.replace, keep_old=args.keep_old)
    except (DatabaseProblem, psycopg.Error) as problem:
        return _refused(problem)
    found = result.manifest
    _say(f"Restored the state of {found.written}: {found.files:,} files, written by Jiandao {found.jiandao}.")
    _say("Run `jiandao migrate` if this Jiandao is newer than that.")
    if result.kept:
        _say(f"The replaced database is still there as {result.kept}.")
    return 0


def add_database_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="start|stop|status|upgrade")
    verbs.add_parser("start", help="start the embedded server, unless it runs")
    verbs.add_parser("stop", help="stop it in order")
    verbs.add_parser("status", help="say whether it runs, and where its files are; 3 when it does not run")
    upgrade = verbs.add_parser("upgrade", help="bring the cluster of another PostgreSQL version to this one's")
    upgrade.add_argument(
        "--old-bin", type=Path, required=True, metavar="DIRECTORY", help="the folder with the old version's programs"
    )


def run_database(args: argparse.Namespace) -> int:
    """`jiandao database start|stop|status|upgrade`"""
    from jiandao.kernel.database.server import Server

    try:
        if external_url():
            raise DatabaseProblem(
                "DATABASE_URL names a server that is not ours to start or stop; use that server's own commands."
            )
        server = Server(data_folder())
        return {"start": _start, "stop": _stop, "status": _status, "upgrade": _upgrade}[args.verb](server, args)
    except (DatabaseProblem, psycopg.Error) as problem:
        return _refused(problem)


def _start(server: "Server", args: argparse.Namespace) -> int:
    server.ensure_running()
    return _status(server, args)


def _stop(server: "Server", _: argparse.Namespace) -> int:
    _say("The server has stopped." if server.stop() else "The server was not running.")
    return 0


def _status(server: "Server", _: argparse.Namespace) -> int:
    found = server.status()
    state = f"running, process {found.pid}" if found.running else "not running"
    _say(f"PostgreSQL {found.version or 'has no cluster yet'} (programs {found.binaries}): {state}")
    for word, value in (
        ("user", found.user),
        ("cluster", found.cluster),
        ("socket", found.sockets),
        ("log", found.log),
    ):
        _say(f"{word:8}{value}")
    return 0 if found.running else 3


def _upgrade(server: "Server", args: argparse.Namespace) -> int:
    from jiandao.kernel.database.upgrade import upgrade

    kept = upgrade(server, args.old_bin)
    _say(f"Upgraded. The old cluster is kept in {kept}; remove it when you are sure.")
    server.ensure_running()
    return _status(server, args)


def _say(sentence: str) -> None:
    sys.stdout.write(f"{sentence}\n")


def _refused(problem: DatabaseProblem | psycopg.Error) -> int:
    if isinstance(problem, psycopg.Error):
        said = " ".join(str(problem).split())
        sys.stderr.write(f"PostgreSQL refused: {said or type(problem).__name__}\n")
    else:
        sys.stderr.write(f"{problem}\n")
    return 1
