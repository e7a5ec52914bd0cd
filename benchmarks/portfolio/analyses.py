"""Reasons, shares of inclusion and the frontier: how long, and the same bytes on a cluster. Prints JSON; seconds.

    python benchmarks/portfolio/analyses.py [--only reasons|one|inclusion|frontier] [--cluster]

`cpu_s` counts this process and its children, all of the work with `--workers 1` (the default) only.
`--cluster` repeats the inclusion on a Dask cluster of two processes of this
machine (needs the extra `cluster`) and compares the decisions byte by byte without their block `run`.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from instances import made

from jiandao.engines.executor import Here
from jiandao.engines.portfolio import decide, swaps
from jiandao.engines.portfolio.reading import read_plan
from jiandao.engines.portfolio.solver import silent


def cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(entry.ru_utime + entry.ru_stime for entry in used)


def command(folder: Path, size: int, *more: str) -> tuple[dict[str, Any], dict[str, float]]:
    """The decision of the command, and its seconds."""
    plan, out = folder / f"{size}.json", folder / "decision.json"
    plan.write_text(json.dumps(made(size)), encoding="utf-8")
    wall, before = time.perf_counter(), cpu()
    words = [sys.executable, "-m", "jiandao.cli", "portfolio", "--plan", str(plan), "--out", str(out), *more]
    subprocess.run(words, check=True)
    spent = {"wall_s": round(time.perf_counter() - wall, 1), "cpu_s": round(cpu() - before, 1)}
    return json.loads(out.read_text(encoding="utf-8")), spent


def reasons(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    _, without = command(folder, 1000)
    report, spent = command(folder, 1000, "--explain", "all", "--workers", str(args.workers))
    searched = sum("regret" in entry["why"] for entry in report["projects"].values())
    return {"projects": 1000, "searched": searched, "workers": args.workers, **spent, "decision_alone": without}


def one(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    """The reason of one project at 10,000, after the decision: least, middle and greatest of some projects."""
    path = folder / "10000.json"
    path.write_text(json.dumps(made(10_000)), encoding="utf-8")
    decision = decide(read_plan(path))
    times = []
    for position in range(0, 10_000, 667):
        started = time.process_time()
        swaps(decision.model, decision.found, [position], Here(), thorough=True)
        times.append(round(time.process_time() - started, 2))
    times.sort()
    return {"projects": 10_000, "cpu_s": {"least": times[0], "middle": times[len(times) // 2], "greatest": times[-1]}}


def inclusion(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    more = ("--samples", "200", "--explain", "none")
    report, spent = command(folder, 1000, *more, "--workers", str(args.workers))
    standings = [entry["standing"] for entry in report["projects"].values()]
    found: dict[str, Any] = {
        "projects": 1000,
        "samples": 200,
        "workers": args.workers,
        **spent,
        **{name: standings.count(name) for name in ("always", "sometimes", "never")},
    }
    if args.cluster:
        from distributed import LocalCluster

        with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
            other, there = command(folder, 1000, *more, "--cluster", cluster.scheduler_address)
        report.pop("run")
        other.pop("run")
        found["cluster"] = {"same": json.dumps(report) == json.dumps(other), "wall_s": there["wall_s"]}
    return found


def frontier(folder: Path, args: argparse.Namespace) -> dict[str, Any]:
    report, spent = command(folder, 1000, "--frontier", "11", "--explain", "none", "--workers", str(args.workers))
    gaps = [1 - point["value"] / point["bound"] for point in report["frontier"] if point["value"]]
    return {"projects": 1000, "points": 11, "possible": len(gaps), "greatest_gap": round(max(gaps), 5), **spent}


WHAT = {"reasons": reasons, "one": one, "inclusion": inclusion, "frontier": frontier}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=tuple(WHAT))
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--cluster", action="store_true")
    args = parser.parse_args()
    chosen = [name for name in WHAT if args.only in (None, name)]
    with tempfile.TemporaryDirectory() as folder, silent():
        found = {name: WHAT[name](Path(folder), args) for name in chosen}
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
