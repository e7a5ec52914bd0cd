"""Many people at once on the demonstration: 100 read, 10 write, for a minute. Prints JSON; milliseconds.

    .venv/bin/python benchmarks/readers_writers.py [--size province] [--readers 100] [--writers 10] [--seconds 60] [--think 4]
        [--settle 15] [--data FOLDER]

Builds the demonstration in an empty folder (or takes that of `--data`), serves it as an operator does, and sends real
requests over HTTP. Each client looks at a page, waits `think` seconds on average, and goes on: readers (a third of them
signed in as officers, the others nobody) to lists, records, searches and start pages, writers (signed in as the
enterprise) to a new need by its form. The clients share the processors with the server. For the first `settle` seconds
they ask the same, while the worker starts and every page is asked for the first time; that is told apart. Target: no
error, 95 % of the readings under 500 ms.
"""

import argparse
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "jiandao-demo"
READY_WITHIN = 1_200.0
LIST_PAGES = ("", "challenges/", "results/", "needs/", "capabilities/", "challenges/?page=2", "results/?q=光纤")
OFFICE_PAGES = (*LIST_PAGES, "funnel/", "needs/?state=submitted", "introductions/")


@dataclass
class Log:
    """What all clients met; one lock."""

    readings: list[float] = field(default_factory=list)
    pages: dict[str, list[float]] = field(default_factory=dict)
    writings: list[float] = field(default_factory=list)
    early: list[float] = field(default_factory=list)  # readings before `since`
    since: float = 0.0
    errors: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=("small", "province"), default="province")
    parser.add_argument("--data", type=Path)
    parser.add_argument("--readers", type=int, default=100)
    parser.add_argument("--writers", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--settle", type=float, default=15)
    parser.add_argument("--think", type=float, default=4)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jiandao-load-") as folder:
        print(json.dumps(run(args, args.data or Path(folder)), indent=1))


def run(args: argparse.Namespace, folder: Path) -> dict[str, Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"JIANDAO_DEMO_DATA": str(folder), "PATH": f"{ROOT}/.venv/bin:{os.environ['PATH']}"}
    command = [sys.executable, "-m", "jiandao.cli", "demo", "--no-browser", "--size", args.size, "--port", str(port)]
    command += ["--processes", str(os.cpu_count() or 1)]
    demo = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        base = f"http://127.0.0.1:{port}"
        ready = wait_for(demo)
        clients = prepare(base, args)
        log = Log(since=time.monotonic() + args.settle)
        until = log.since + args.seconds
        threads = [
            threading.Thread(target=client, args=(base, session, number, until, args.think, log))
            for number, (client, session) in enumerate(clients)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return {
            "size": args.size,
            "ready_s": round(ready, 1),
            "readers": args.readers,
            "writers": args.writers,
            "seconds": args.seconds,
            "think_s": args.think,
            "settle_s": args.settle,
            "readings_while_settling": summary(log.early),
            "readings": summary(log.readings),
            "pages": {page: summary(log.pages[page]) for page in sorted(log.pages)},
            "writings": summary(log.writings),
            "errors": len(log.errors),
            "first_errors": log.errors[:5],
        }
    finally:
        demo.send_signal(signal.SIGINT)
        demo.wait(60)


def wait_for(demo: "subprocess.Popen[str]") -> float:
    """Until it prints how to stop it; seconds. RuntimeError when it ends before."""
    began = time.monotonic()
    assert demo.stdout is not None
    for line in demo.stdout:
        if "Ctrl-C" in line:
            threading.Thread(target=demo.stdout.read, daemon=True).start()
            return time.monotonic() - began
        if time.monotonic() - began > READY_WITHIN:
            break
    raise RuntimeError("the demonstration did not become ready")


def prepare(base: str, args: argparse.Namespace) -> list[tuple[Any, requests.Session]]:
    """The clients with their sessions, signed in before the clock runs."""
    clients: list[tuple[Any, requests.Session]] = []
    officer = signed_in(base, "officer")
    for number in range(args.readers):
        session = requests.Session()
        if number % 3 == 0:
            session.cookies.update(officer.cookies)
        clients.append((read, session))
    for _ in range(args.writers):
        session = requests.Session()
        session.cookies.update(signed_in(base, "enterprise").cookies)
        clients.append((write, session))
    return clients


def signed_in(base: str, name: str) -> requests.Session:
    session = requests.Session()
    page = session.get(f"{base}/accounts/login/", timeout=30)
    form = {"login": name, "password": PASSWORD, "csrfmiddlewaretoken": token_in(page.text)}
    answer = session.post(f"{base}/accounts/login/", data=form, timeout=30, headers={"Referer": base})
    if answer.status_code != 200 or "login" in answer.url:
        raise RuntimeError(f"{name} cannot sign in: {answer.status_code} {answer.url}")
    return session


def token_in(page: str) -> str:
    found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    if found is None:
        raise RuntimeError("the page has no form")
    return found[1]


def read(base: str, session: requests.Session, number: int, until: float, think: float, log: Log) -> None:
    chance = random.Random(number)
    pages = OFFICE_PAGES if session.cookies else LIST_PAGES
    who = "officer" if session.cookies else "visitor"
    record = ""
    time.sleep(chance.uniform(0, think))
    while time.monotonic() < until:
        path = record if record and chance.random() < 0.4 else f"/p/demo/{chance.choice(pages)}"
        kind = f"{who} {'a record' if path == record else path}"
        page = timed(lambda: session.get(base + path, timeout=30), kind, log)  # noqa: B023 - called at once
        if page is not None:
            links = re.findall(r'href="(/p/demo/(?:challenges|results|needs)/[0-9A-Z]{10}/)"', page.text)
            record = chance.choice(links) if links else ""
        time.sleep(chance.expovariate(1 / think))


def write(base: str, session: requests.Session, number: int, until: float, think: float, log: Log) -> None:
    """A new need by its form, again and again."""
    chance = random.Random(number)
    time.sleep(chance.uniform(0, think))
    turn = 0
    while time.monotonic() < until:
        turn += 1
        page = timed(lambda: session.get(f"{base}/p/demo/needs/new/", timeout=30), "enterprise /p/demo/needs/new/", log)
        if page is not None:
            organisation = re.search(r'<option value="(\d+)"[^>]*selected', page.text)
            form = {
                "csrfmiddlewaretoken": token_in(page.text), "title": f"并发写入试验{number}-{turn}", "language": "zh",
                "secrecy": "public", "problem": "现有水平为3个/cm²,需要降到1个/cm²以下。", "indicators-TOTAL_FORMS": "0",
                "indicators-INITIAL_FORMS": "0", "organisation": organisation[1] if organisation else "",
            }  # fmt: skip
            address = f"{base}/p/demo/needs/new/"
            timed(lambda: session.post(address, data=form, timeout=30, headers={"Referer": base}), "", log)  # noqa: B023
        time.sleep(chance.expovariate(1 / think))


def timed(ask: Any, page: str, log: Log) -> "requests.Response | None":
    """The answer, if it is one; `page` is the kind of page that is read, none for a writing."""
    began, clock = time.perf_counter(), time.monotonic()
    try:
        answer: requests.Response = ask()
    except requests.RequestException as error:
        with log.lock:
            log.errors.append(f"{page or 'writing'}: {error}")
        return None
    took = 1_000 * (time.perf_counter() - began)
    with log.lock:
        if clock < log.since:
            log.early += [took] if page else []
        elif page:
            log.readings.append(took)
            log.pages.setdefault(page, []).append(took)
        else:
            log.writings.append(took)
        if answer.status_code >= 400:
            log.errors.append(f"{page or 'writing'}: {answer.status_code}")
    return answer if answer.status_code < 400 else None


def summary(times: list[float]) -> dict[str, float]:
    if not times:
        return {"count": 0}
    ordered = sorted(times)
    return {
        "count": len(ordered),
        "median_ms": round(ordered[len(ordered) // 2]),
        "p95_ms": round(ordered[int(0.95 * (len(ordered) - 1))]),
        "worst_ms": round(ordered[-1]),
    }


if __name__ == "__main__":
    main()
