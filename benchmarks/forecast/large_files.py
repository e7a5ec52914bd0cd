"""The whole commands on large files: history, new work, reports and plans of activities of 10,000,000 rows.

    python benchmarks/forecast/large_files.py reference [--rows 10000000] [--new 1000000] [--time-limit S]
    python benchmarks/forecast/large_files.py warn [--rows 10000000]
    python benchmarks/forecast/large_files.py schedule [--rows 1000000] [--samples 100]

`--folder DIR` keeps the files, and takes them when they are there; `--fault` adds a last row without a day or number (no plan).
History: 400 classes in 20, a fifth unfinished. Reports: twenty of each project, every half-year. Activities: each after one
or two of the hundred before it.
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import IO

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from commands import run

_AT_ONCE = 100_000
_DAYS = [date.fromordinal(number).isoformat() for number in range(date(2000, 1, 1).toordinal(), 760_000)]


def parts(rows: int) -> Iterator[tuple[int, int]]:
    for first in range(0, rows, _AT_ONCE):
        yield first, min(_AT_ONCE, rows - first)


def history(file: IO[str], rows: int) -> None:
    draw = np.random.default_rng(1)
    lean = draw.normal(0.1, 0.2, 400)
    file.write("class,planned_days,actual_days,ended\n")
    for _, count in parts(rows):
        kind = draw.integers(0, 400, count)
        planned = draw.integers(5, 900, count)
        took = np.maximum(1, planned * np.exp(lean[kind] + draw.normal(0, 0.4, count))).astype(int)
        columns = (kind, planned, took, draw.random(count) < 0.8, draw.integers(0, 8000, count))
        file.writelines(
            f"field{k % 20}/kind{k:03},{plan},{days},{_DAYS[end]}\n"
            if done
            else f"field{k % 20}/kind{k:03},{plan},,{days}\n"
            for k, plan, days, done, end in zip(*(one.tolist() for one in columns), strict=True)
        )


def new(file: IO[str], rows: int) -> None:
    draw = np.random.default_rng(2)
    file.write("id,class,planned_days\n")
    for first, count in parts(rows):
        columns = draw.integers(0, 420, count).tolist(), draw.integers(5, 900, count).tolist()
        file.writelines(
            f"n{(first + number) * 7919 % rows:08},field{k % 20}/kind{k:03},{plan}\n"
            for number, (k, plan) in enumerate(zip(*columns, strict=True))
        )


def reports(file: IO[str], rows: int) -> None:
    draw = np.random.default_rng(3)
    file.write("project,reported_on,planned_end,forecast_end,budget,spent\n")
    for first, count in parts(rows):
        project = (first + np.arange(count)) // 20
        number = (first + np.arange(count)) % 20
        moved = np.where((draw.random(count) < 0.3) & (number > 0), draw.integers(10, 300, count), 0)
        ends = 4000 + np.cumsum(moved) - np.repeat(np.cumsum(moved)[::20], 20)[:count]
        columns = (project, number * 180 + project % 180, ends, number * 5)
        file.writelines(
            f"p{p:07},{_DAYS[on]},{_DAYS[4000]},{_DAYS[end]},100,{spent}\n"
            for p, on, end, spent in zip(*(one.tolist() for one in columns), strict=True)
        )


def plan(file: IO[str], rows: int) -> None:
    draw = np.random.default_rng(4)
    file.write('{"activities": [\n')
    for first, count in parts(rows):
        back = draw.integers(1, 100, (count, 2)).tolist()
        days = draw.integers(1, 50, count).tolist()
        for number, (steps, length) in enumerate(zip(back, days, strict=True), first):
            after = json.dumps(sorted({f"a{number - step:08}" for step in steps if step <= number}))
            end = "" if number + 1 == rows else ","
            file.write(f'{{"id": "a{number:08}", "duration": {length}, "sigma": 0.2, "after": {after}}}{end}\n')
    file.write('], "correlation": 0.1, "deadline": 1000000}\n')


FILES = {
    "reference": (("history", "history.csv", history), ("plan", "plan.csv", new)),
    "warn": (("history", "reports.csv", reports),),
    "schedule": (("network", "plan.json", plan),),
}
FAULTS = {"history.csv": "field1/kind001,10,10,soon\n", "reports.csv": "p,soon,,soon,,\n", "plan.csv": "x,y,soon\n"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=FILES)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--new", type=int, default=1_000_000, help="rows of plan.csv of reference")
    parser.add_argument("--samples", type=int, default=100)
    parser.add_argument("--fault", action="store_true")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--time-limit", type=float)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = args.folder or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        words = ["forecast", args.command, "--out", str(Path(name) / "out"), "--quiet"]
        for option, title, make in FILES[args.command]:
            words += [f"--{option}", str(folder / title)]
            if not (folder / title).exists():
                with (folder / title).open("w", encoding="utf-8") as file:
                    make(file, args.new if title == "plan.csv" else args.rows)
                    file.write(FAULTS.get(title, "") if args.fault else "")
        if args.command == "schedule":
            words += ["--samples", str(args.samples)]
        result = run([*words, *(["--time-limit", f"{args.time_limit:g}"] if args.time_limit else [])])
    print(json.dumps({"command": args.command, "rows": args.rows, **result}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
