"""`jiandao serve` as a process: it answers, and nothing of it is left when it was told to stop."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

NO_DATABASE = "postgresql://nobody@127.0.0.1:1/nothing"


def _free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def _alive(group):
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _within(seconds, condition):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_no_process_is_left_although_a_visitor_hangs_on(tmp_path, number):
    port = _free_port()
    environment = os.environ | {"JIANDAO_DATA": str(tmp_path), "DATABASE_URL": NO_DATABASE}
    server = subprocess.Popen(
        [sys.executable, "-m", "jiandao.cli", "serve", "--port", str(port), "--processes", "1"],
        env=environment,
        start_new_session=True,
        stderr=subprocess.DEVNULL,
    )
    try:

        def answers():
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/static/jiandao/mark.svg", timeout=5).close()
            except urllib.error.HTTPError as answer:
                answer.close()
            except OSError:
                return False
            return True

        assert _within(40, answers)
        with socket.create_connection(("127.0.0.1", port)) as visitor:
            visitor.sendall(b"POST /language/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nlang")
            time.sleep(0.3)
            os.killpg(server.pid, number)  # as Ctrl-C in a terminal does: to all processes at once
            assert _within(25, lambda: server.poll() is not None)
            assert _within(5, lambda: not _alive(server.pid))
    finally:
        if _alive(server.pid):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()
