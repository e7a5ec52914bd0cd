"""From a fresh clone to the first page of the demonstration, and again with everything there. Prints JSON; seconds.

    .venv/bin/python benchmarks/first_page.py [--keep-caches]

Clones this repository into an empty folder, runs `scripts/demo` as a newcomer does, and asks for the page until it
answers. Cold: every cache of pip, uv and npm is empty, so that all packages travel over the network; with
`--keep-caches` they come from this machine. Warm: everything is there; built: all but the data. Targets: 90 s cold, 8 s
warm, 15 s built.
"""

import argparse
import json
import os
import platform
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORD = "演示数据"
LONGEST = 600.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep-caches", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="jiandao-clone-") as folder:
        os.chmod(folder, 0o755)
        clone, caches = Path(folder) / "jiandao", Path(folder) / "caches"
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("JIANDAO_", "DJANGO_"))
        }
        if not args.keep_caches:
            environment |= {
                "UV_CACHE_DIR": str(caches / "uv"),
                "PIP_CACHE_DIR": str(caches / "pip"),
                "npm_config_cache": str(caches / "npm"),
            }
        began = time.perf_counter()
        subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
        cloned = time.perf_counter() - began
        cold = first_page(clone, environment)
        warm = [first_page(clone, environment) for _ in range(3)]
        built = [first_page(clone, environment | {"JIANDAO_DEMO_DATA": f"{folder}/data{n}"}) for n in range(3)]
    print(
        json.dumps(
            {
                "machine": {"cpus": os.cpu_count(), "python": platform.python_version()},
                "caches": "kept" if args.keep_caches else "empty",
                "clone_s": round(cloned, 1),
                "cold_s": round(cloned + cold, 1),
                "warm_s": {"best": round(min(warm), 1), "worst": round(max(warm), 1)},
                "built_s": {"best": round(min(built), 1), "worst": round(max(built), 1)},
                "targets_s": {"cold": 90, "warm": 8, "built": 15},
            },
            indent=1,
        )
    )


def first_page(clone: Path, environment: dict[str, str]) -> float:
    """Seconds from the command to a whole page."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    began = time.perf_counter()
    demo = subprocess.Popen(
        [str(clone / "scripts" / "demo"), "--no-browser", "--port", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        while not _answers(f"http://127.0.0.1:{port}/"):
            if demo.poll() is not None:
                sys.exit(f"scripts/demo ended with {demo.returncode}")
            if time.perf_counter() - began > LONGEST:
                sys.exit(f"No page after {LONGEST:.0f} s")
            time.sleep(0.05)
        return time.perf_counter() - began
    finally:
        os.killpg(demo.pid, signal.SIGINT)
        demo.wait(timeout=60)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=20) as page:
            return WORD in page.read().decode()
    except (urllib.error.URLError, ConnectionError, TimeoutError):
        return False


if __name__ == "__main__":
    main()
