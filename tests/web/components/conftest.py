"""The gallery in a process of its own, and a browser that refuses what the content security policy refuses."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page

TESTS = Path(__file__).parents[2]
Visit = Callable[..., Page]


@pytest.fixture(scope="package")
def gallery() -> Iterator[str]:
    """The address of the gallery."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "django", "runserver", "--noreload", "--insecure", f"127.0.0.1:{port}"]
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "web.preview.settings", "PYTHONPATH": str(TESTS)}
    # The log is thrown away: a pipe that nobody reads would stop the server.
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=0.1).close()
                break
            except OSError:
                if server.poll() is not None:
                    raise RuntimeError("The gallery stopped at once; run it by hand to see why.") from None
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
        server.terminate()


@pytest.fixture
def visit(gallery: str, browser: Browser) -> Iterator[Visit]:
    """`visit("/list/", language="en", width=390, scripts=False)`: the open page.

    The test fails when a page broke the policy, threw an error in a script or asked another host for anything.
    """
    faults: list[str] = []
    contexts = []

    def answer(dialog: Dialog) -> None:
        if dialog.type != "beforeunload":  # a hostile title came alive
            faults.append(f"dialogue: {dialog.message}")
        dialog.accept()

    def open_page(
        path: str, *, language: str = "zh-hans", width: int = 1280, scripts: bool = True, dark: bool = False
    ) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 720 if width > 640 else 844},
            java_script_enabled=scripts,
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        context.set_default_timeout(8000)
        context.add_cookies([{"name": "django_language", "value": language, "url": gallery}])
        page = context.new_page()
        page.on("dialog", answer)
        page.on("pageerror", lambda error: faults.append(f"script error: {error}"))
        page.on(
            "console",
            lambda message: faults.append(message.text) if "Content Security Policy" in message.text else None,
        )
        page.on(
            "request",
            lambda request: (
                None if request.url.startswith((gallery, "data:")) else faults.append(f"asked elsewhere: {request.url}")
            ),
        )
        page.goto(gallery + path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert faults == []
