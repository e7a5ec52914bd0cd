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
from pathlib import Path
from types import FrameType

from jiandao.web.commands import ensure_database, prepare

READY_WITHIN = 60  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--size", choices=("small",), default="small", help="how much data (default: small)")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    os.environ["JIANDAO_DEMONSTRATION"] = "1"
    from jiandao.kernel.database.config import data_folder

    # A folder of its own: demonstration accounts never come near real data.
    os.environ["JIANDAO_DATA"] = str(os.environ.get("JIANDAO_DEMO_DATA") or data_folder() / "demo")
    os.environ["JIANDAO_SECRET_KEY"] = _key(Path(os.environ["JIANDAO_DATA"]))
    ensure_database()
    _build()
    return _serve(args)


def _key(folder: Path) -> str:
    """The demonstration's own key, made once and kept, so that sessions outlive a restart."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "secret-key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50), encoding="utf-8")
    return file.read_text(encoding="utf-8")


def _build() -> None:
    """Tables as their owner, in a process of its own; then the data as the application, unless all of it is there."""
    marker = Path(os.environ["JIANDAO_DATA"]) / "built"
    wanted = _fingerprint()
    if marker.exists() and marker.read_text(encoding="utf-8") == wanted:
        return
    _say("Making the tables …")
    subprocess.run([sys.executable, "-m", "jiandao.cli", "migrate", "--quiet"], check=True)
    prepare(start=False)
    from jiandao.web.demonstration.build import build

    build(lambda what: _say(f"Writing {what} …"))
    from jiandao.kernel.search.follower import follow

    follow()
    marker.write_text(wanted, encoding="utf-8")


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


def _serve(args: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "jiandao.cli"]
    # Each in a session of its own: a Ctrl-C reaches this process alone, which then ends them in order, once.
    serve = [*command, "serve", "--port", str(args.port), "--processes", "1"]
    children = [subprocess.Popen(serve, start_new_session=True)]
    stop = threading.Event()

    def end(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, end)
    address = f"http://127.0.0.1:{args.port}/"
    try:
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

    from jiandao.web.demonstration.build import PASSWORD, player_lines

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
