"""`jiandao demo`: the demonstration programme, with server and worker, ready to sign in on this machine."""

import argparse
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
import urllib.request
import webbrowser
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from jiandao.web.commands import ensure_database, prepare

READY_WITHIN = 60  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--size",
        choices=("small", "province"),
        default="small",
        help="how much data: small (200 organisations, 2,000 results) or province (37,721 and 200,000, some minutes)",
    )
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--processes", type=int, default=1, help="of the server (default: 1)")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    os.environ["JIANDAO_DEMONSTRATION"] = "1"
    from jiandao.kernel.database.config import data_folder

    # A folder of its own: demonstration accounts never come near real data.
    os.environ["JIANDAO_DATA"] = str(os.environ.get("JIANDAO_DEMO_DATA") or data_folder() / "demo")
    os.environ["JIANDAO_SECRET_KEY"] = _key(Path(os.environ["JIANDAO_DATA"]))
    marker = Path(os.environ["JIANDAO_DATA"]) / "built"
    wanted = _fingerprint()
    size = _size_there(marker, args.size)
    if marker.exists() and marker.read_text(encoding="utf-8").partition(" ")[0] == wanted:
        ensure_database()
        return _serve(args, lambda: None)
    _make_tables(size)

    def fill() -> None:
        _fill(size)
        marker.write_text(f"{wanted} {size}", encoding="utf-8")

    return _serve(args, fill)


def _key(folder: Path) -> str:
    """The demonstration's own key, made once and kept, so that sessions outlive a restart."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "secret-key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def _size_there(marker: Path, wanted: str) -> str:
    """The size of the data: what is there is kept."""
    there = marker.read_text(encoding="utf-8").partition(" ")[2] if marker.exists() else ""
    if there not in ("", wanted):
        _say(f"The data of the size {there} is there already and is kept; for {wanted}, name another JIANDAO_DATA.")
    return there or wanted


def _make_tables(size: str) -> None:
    """As their owner, in a process of its own; meanwhile this one gets ready to fill them."""
    _say("Making the tables …")
    making = subprocess.Popen([sys.executable, "-m", "jiandao.cli", "migrate", "--quiet"])
    ensure_database()  # while that one reads its modules
    prepare(start=False)
    from jiandao.web.demonstration.composing import SIZES
    from jiandao.web.demonstration.loading import prepare_ahead

    prepare_ahead(SIZES[size])
    if making.wait() != 0:
        raise SystemExit(making.returncode)


def _fill(size: str) -> None:
    from jiandao.kernel.search.follower import follow
    from jiandao.web.demonstration.build import build
    from jiandao.web.demonstration.composing import SIZES

    build(SIZES[size], _Progress().tell)
    _say("Building the match index …")
    follow()


class _Progress:
    """One line for each kind of record, and one every few seconds while much of it is written."""

    every = 5.0  # seconds

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()

    def tell(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if done == total or now - self._said >= self.every:
            self._said = now
            _say(f"Writing {what}: {done:,} of {total:,} ({now - self._began:.0f} s)")


def _fingerprint() -> str:
    """Changes when a migration or a vocabulary does."""
    import hashlib

    import jiandao

    root = Path(jiandao.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(
        [*root.rglob("migrations/*.py"), *root.rglob("vocabulary/data/*.tsv"), root / "kernel/seeds.py"]
    ):
        digest.update(file.read_bytes())
    return digest.hexdigest()


def _serve(args: argparse.Namespace, fill: Callable[[], None]) -> int:
    """Server and worker until somebody stops them; `fill` runs while the server starts."""
    command = [sys.executable, "-m", "jiandao.cli"]
    # Each in a session of its own: a Ctrl-C reaches this process alone, which then ends them in order, once.
    serve = [*command, "serve", "--port", str(args.port), "--processes", str(args.processes)]
    children = [subprocess.Popen(serve, start_new_session=True)]
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))  # while it fills, all is given up
    address = f"http://127.0.0.1:{args.port}/"
    try:
        fill()
        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        if not _answers(address, children, stop):
            _say("The server did not answer; see the lines above.")
            return 1
        children.append(
            subprocess.Popen([*command, "worker"], start_new_session=True)
        )  # afterwards: the first page needs the processors
        prepare(start=False)
        _greet(address)
        if not args.no_browser:
            webbrowser.open(address)
        while not stop.wait(0.5):
            if any(child.poll() is not None for child in children):
                _say("A process of the demonstration ended; stopping the others.")
                return 1
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
        _stop_database()
    return 0


def _stop_database() -> None:
    """Nothing of the demonstration goes on when it ends."""
    from jiandao.kernel.database.config import data_folder, external_url
    from jiandao.kernel.database.server import Server

    if external_url() is None:
        Server(data_folder()).stop()


def _answers(address: str, children: list["subprocess.Popen[bytes]"], stop: threading.Event) -> bool:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and not stop.is_set():
        if any(child.poll() is not None for child in children):
            return False
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return True
        except OSError:
            time.sleep(0.2)
    return False


def _greet(address: str) -> None:
    from django.utils import translation

    from jiandao.web.demonstration.players import PASSWORD, player_lines

    with translation.override("zh-hans"):
        chinese = dict(player_lines())
    with translation.override("en"):
        english = dict(player_lines())
    _say(f"\n演示数据 · demonstration data, all fictional\n\n    {address}\n\nPassword of every account: {PASSWORD}\n")
    for username, roles in english.items():
        _say(f"    {username:20} {chinese[username]}  {roles}")
    _say("\nStop with Ctrl-C.")


def _say(sentence: str) -> None:
    sys.stdout.write(sentence + "\n")
    sys.stdout.flush()
