"""`jiandao serve` and `jiandao worker`: the two kinds of process; any number of either on any number of hosts."""

import argparse
import signal
import sys
import threading

from jiandao.web.commands import prepare

STOP_WITHIN = 8  # seconds that a process has to finish its requests; less than what `demo` waits


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--threads", type=int, default=4, help="requests that a process answers at once")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    prepare()
    from django.conf import settings
    from django.utils.translation import gettext as _

    from jiandao.web.checks import faults_of_deployment
    from jiandao.web.environment import is_loopback

    # A gateway asks from this machine: where the server listens says nothing about who is behind it.
    signs = [*settings.JIANDAO_OUTWARD, *([] if is_loopback(args.host) else [f"--host {args.host}"])]
    found = faults_of_deployment() if signs else []
    if found:
        meant = _("This server is meant for others (%(signs)s) and is not started:") % {"signs": ", ".join(signs)}
        sys.stderr.write("".join(f"jiandao serve: {line}\n" for line in (meant, *found)))
        return 2
    serve(host=args.host, port=args.port, processes=args.processes, threads=args.threads)
    return 0


def serve(*, host: str, port: int, processes: int, threads: int) -> None:
    """Serve until told to stop."""
    from granian.constants import Interfaces
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "jiandao.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=threads,
        respawn_failed_workers=True,
        workers_kill_timeout=STOP_WITHIN,
        log_level=LogLevels.warning,
        websockets=False,
        static_path_mount=None,
    ).serve()


def worker_arguments(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=run_worker)


def run_worker(args: argparse.Namespace) -> int:
    prepare()
    from jiandao.kernel.jobs.worker import run_worker as work

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return work(stop)
