"""Greatest minimum, then greatest total, on real and made instances; the greatest total beside it.

    python benchmarks/assignment/fair.py [midl aamas2015 preflib1 preflib3 500x300 2000x1500]

Needs JIANDAO_SHARED_DATA (a folder with engines/assign) for the real ones.
"""

import argparse
import sys
from typing import Any

from instances import topics
from real import DATA, real
from timing import best_of_three, show

from jiandao.engines.assignment import Problem, assign


def measure(name: str) -> dict[str, Any]:
    if name[0].isalpha() and not DATA.is_dir():
        return {"name": name, "absent": "set JIANDAO_SHARED_DATA to the folder that holds engines/assign"}
    scores, load = real(name) if name[0].isalpha() else topics(*map(int, name.split("x")))
    problem = Problem.from_matrix(scores, seats=3, most=load)
    fair, spent = best_of_three(lambda: assign(problem, objective="fair"))
    total = assign(problem)
    return {
        "name": name,
        "experts x proposals": f"{len(problem.experts)}x{len(problem.proposals)}",
        "load": load,
        **spent,
        "status": fair.status,
        "minimum": round(fair.minimum, 6),
        "minimum_bound": round(fair.bound, 6),
        "gap": round(fair.gap, 9),
        "total": round(fair.total, 6),
        "total_bound": round(fair.total_bound or 0.0, 6),
        "greatest_total": {"total": round(total.total, 6), "minimum": round(total.minimum, 6)},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names", nargs="*", default=["midl", "aamas2015", "preflib1", "preflib3", "500x300", "2000x1500"]
    )
    args = parser.parse_args()
    return show({"task": "fair", "instances": [measure(name) for name in args.names]})


if __name__ == "__main__":
    sys.exit(main())
