"""Panels of five with three roles and one seat an institution, optimal over all pairs.

    python benchmarks/assignment/roles.py [--size 2000x1500] [--institutions 250] [--fields 4] [--objective fair]

Roles: 60 % of experts can judge technology, 25 % finance, 30 % industry (several at once); a panel needs 2, 1 and 1. The peer
is branch and cut (HiGHS through SciPy) on the same first candidates, without proof for the rest. With --fields so many groups of
proposals and experts that no pair connects: solved as one problem, side by side here, and with two processes.
"""

import argparse
import sys
import time

import numpy as np
from instances import topics
from timing import best_of_three, show

from jiandao.engines.assignment import Problem, Solution, assign, solving
from jiandao.engines.assignment.rows import Aim, Programme, first_candidates
from jiandao.engines.executor import executor
from jiandao.engines.runs import Clock


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="2000x1500")
    parser.add_argument("--institutions", type=int, default=250)
    parser.add_argument("--fields", type=int, default=1)
    parser.add_argument("--objective", choices=("total", "fair"), default="total")
    args = parser.parse_args()
    experts, proposals = map(int, args.size.split("x"))
    scores, load = topics(experts, proposals, panel=5)
    random = np.random.default_rng(7)
    role = random.random((3, experts)) < np.array([[0.6], [0.25], [0.3]])
    role[0] |= ~role.any(axis=0)
    field = np.arange(proposals)[:, None] % args.fields == np.arange(experts)[None, :] % args.fields
    scores = np.where(field, scores, np.nan)
    problem = Problem.from_matrix(
        scores,
        seats=5,
        most=load,
        institution=random.integers(0, args.institutions, experts),
        roles={"technology": (role[0], 2), "finance": (role[1], 1), "industry": (role[2], 1)},
    )
    solution, spent = best_of_three(lambda: assign(problem, objective=args.objective))
    if args.fields > 1:
        return show(
            {"task": "fields side by side", **vars(args), **side_by_side(problem, args.objective, solution, spent)}
        )
    programme, member = Programme(problem, Aim(problem.score)), first_candidates(problem, problem.score)
    (chosen, _, _), peer = best_of_three(lambda: programme.whole(member, Clock()))
    return show(
        {
            "task": "roles and institutions",
            "size": args.size,
            "institutions": args.institutions,
            **spent,
            "status": solution.status,
            "total": round(solution.total, 6),
            "bound": round(solution.bound, 6),
            "gap": round(solution.gap, 9),
            "method": solution.certificate.method,
            "pairs_priced": solution.certificate.pairs,
            "candidates": solution.certificate.candidates,
            "peer: HiGHS on first candidates": {
                **peer,
                "total": None if chosen is None else round(float(problem.score[chosen].sum()), 6),
            },
        }
    )


def side_by_side(
    problem: Problem, objective: str, solution: Solution, spent: dict[str, float]
) -> dict[str, dict[str, object]]:
    one, alone = best_of_three(lambda: solving._by_stages(problem, None, objective, 7, Clock()))
    started = time.monotonic()
    with executor(workers=2) as pool:
        again = assign(problem, objective=objective, where=pool)
    wall = time.monotonic() - started
    told = {
        name: {"status": found.status, "total": round(found.total, 6), "minimum": round(found.minimum, 6)}
        for name, found in (("side by side", solution), ("as one problem", one), ("two processes", again))
    }
    told["side by side"] |= spent
    told["as one problem"] |= alone
    told["two processes"] |= {"wall_seconds": round(wall, 2), "same": again.chosen.tolist() == solution.chosen.tolist()}
    return told


if __name__ == "__main__":
    sys.exit(main())
