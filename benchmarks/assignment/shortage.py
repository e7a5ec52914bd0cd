"""No solution: CPU seconds until the proposals that cannot be served are named and counted.

    python benchmarks/assignment/shortage.py [--sizes 2000x1500 5000x4000]

Two ways to be impossible: loads of 2, which leave everybody short; and two proposals with two eligible experts for three seats.
"""

import argparse
import sys
import time
from typing import Any

import numpy as np
from instances import topics
from timing import show

from jiandao.engines.assignment import InfeasibleError, Problem, assign


def explained(problem: Problem) -> dict[str, Any]:
    started = time.process_time()
    try:
        assign(problem)
    except InfeasibleError as error:
        return {
            "cpu_seconds": round(time.process_time() - started, 3),
            "unsatisfied": [
                {"code": one.code, "proposals": len(one.proposals), "needed": one.needed, "offered": one.offered}
                for one in error.unsatisfied
            ],
        }
    raise AssertionError("there is a solution")


def measure(size: str) -> dict[str, Any]:
    scores, load = topics(*map(int, size.split("x")))
    short = explained(Problem.from_matrix(scores, seats=3, most=2))
    for row in (7, 90):
        scores[row] = np.nan
        scores[row, :2] = 1
    lone = explained(Problem.from_matrix(scores, seats=3, most=load))
    return {"size": size, "loads of 2": short, "two lone proposals": lone}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["2000x1500", "5000x4000"])
    args = parser.parse_args()
    return show({"task": "shortage", "sizes": [measure(size) for size in args.sizes]})


if __name__ == "__main__":
    sys.exit(main())
