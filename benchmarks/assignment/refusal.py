"""Refusals in a finished assignment: pairs that change, and CPU seconds.

python benchmarks/assignment/refusal.py [--size 2000x1500] [--refusals 1 90]
"""

import argparse
import dataclasses
import sys

import numpy as np
from instances import topics
from timing import best_of_three, show

from jiandao.engines.assignment import Problem, assign


def without(problem: Problem, gone: np.ndarray) -> Problem:
    """The problem without these pairs."""
    stay = np.ones(len(problem.expert), dtype=bool)
    stay[gone] = False
    row = problem.proposal[stay]
    return dataclasses.replace(
        problem,
        starts=np.searchsorted(row, np.arange(len(problem.proposals) + 1)),
        expert=problem.expert[stay],
        score=problem.score[stay],
        fixed=problem.fixed[stay],
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="2000x1500")
    parser.add_argument("--refusals", type=int, nargs="+", default=[1, 90])
    args = parser.parse_args()
    scores, load = topics(*map(int, args.size.split("x")))
    problem = Problem.from_matrix(scores, seats=3, most=load)
    old = assign(problem)
    results = []
    for count in args.refusals:
        gone = np.random.default_rng(7).choice(old.chosen, count, replace=False)
        rest = without(problem, gone)
        kept = rest.pairs(problem.proposal[old.chosen], problem.expert[old.chosen])
        kept = kept[kept >= 0]
        new, spent = best_of_three(lambda rest=rest, kept=kept: assign(rest, incumbent=kept))
        scratch = assign(rest)
        results.append(
            {
                "refusals": count,
                **spent,
                "changed_pairs": len(np.setdiff1d(new.chosen, kept)),
                "total": round(new.total, 6),
                "from_scratch": {
                    "changed_pairs": len(np.setdiff1d(scratch.chosen, kept)),
                    "total": round(scratch.total, 6),
                },
            }
        )
    return show({"task": "refusals", "size": args.size, "total_before": round(old.total, 6), "results": results})


if __name__ == "__main__":
    sys.exit(main())
