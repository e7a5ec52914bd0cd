"""How long the tests take: the permission matrix and probes, and the whole suite. Prints JSON; seconds.

    .venv/bin/python benchmarks/suite.py [--only probes|suite]

Targets on two cores: probes 90 s in all, the whole suite 6 min.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RUNS = {"probes": ["tests/policy"], "suite": ["tests"]}
TARGETS = {"probes": 90, "suite": 360}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=tuple(RUNS))
    args = parser.parse_args()
    done = {name: run(folders) for name, folders in RUNS.items() if args.only in (None, name)}
    told = {"cpus": os.cpu_count(), "load_before": round(os.getloadavg()[0], 1)}
    print(json.dumps({"machine": told, **{k: v | {"target_s": TARGETS[k]} for k, v in done.items()}}, indent=1))


def run(folders: list[str]) -> dict[str, object]:
    """One run of pytest on all cores: its last line, wall and CPU time."""
    began, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "pytest", "-q", "-n", "auto", "--dist", "worksteal", *folders]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    last = done.stdout.strip().splitlines()[-1] if done.stdout.strip() else done.stderr[-300:]
    counts = {what: int(number) for number, what in re.findall(r"(\d+) (passed|failed|skipped|errors?)", last)}
    return {"wall_s": round(time.perf_counter() - began, 1), "cpu_s": round(cpu, 1), **counts}


if __name__ == "__main__":
    main()
