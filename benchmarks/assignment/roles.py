"""Panels of five with three roles and one seat an institution, optimal over all pairs.

    python benchmarks/assignment/roles.py [--size 2000x1500] [--institutions 250]

Roles: 60 % of experts can judge technology, 25 % finance, 30 % industry (several at once); a panel needs 2, 1 and 1. The peer
is branch and cut (HiGHS through SciPy) on the same first candidates, without proof for the rest.
"""

import argparse
import sys

import numpy as np
from instances import topics
from timing import best_of_three, show

from jiandao.engines.assignment import Problem, assign
from jiandao.engines.assignment.rows import Aim, Programme, first_candidates
from jiandao.engines.runs import Clock


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="2000x1500")
    parser.add_argument("--institutions", type=int, default=250)
    args = parser.parse_args()
    experts, proposals = map(int, args.size.split("x"))
    scores, load = topics(experts, proposals, panel=5)
    random = np.random.default_rng(7)
    role = random.random((3, experts)) < np.array([[0.6], [0.25], [0.3]])
    role[0] |= ~role.any(axis=0)
    problem = Problem.from_matrix(
        scores,
        seats=5,
        most=load,
        institution=random.integers(0, args.institutions, experts),
        roles={"technology": (role[0], 2), "finance": (role[1], 1), "industry": (role[2], 1)},
    )
    solution, spent = best_of_three(lambda: assign(problem))
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


if __name__ == "__main__":
    sys.exit(main())
