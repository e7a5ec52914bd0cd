"""Randomised assignment: is the cap held, are the chances exact? 2,000 draws.

python benchmarks/assignment/drawing.py [--size 500x300] [--cap 0.5] [--perturbation 0] [--draws 2000]
"""

import argparse
import sys
import time

import numpy as np
from instances import topics
from timing import best_of_three, show

from jiandao.engines.assignment import Problem, assign, lottery


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", default="500x300")
    parser.add_argument("--cap", type=float, default=0.5)
    parser.add_argument("--perturbation", type=float, default=0.0)
    parser.add_argument("--draws", type=int, default=2000)
    args = parser.parse_args()
    scores, load = topics(*map(int, args.size.split("x")))
    problem = Problem.from_matrix(scores, seats=3, most=load)
    found, spent = best_of_three(lambda: lottery(problem, args.cap, perturbation=args.perturbation))
    count = np.zeros(len(problem.expert))
    valid = True
    started = time.process_time()
    for seed in range(args.draws):
        chosen = found.draw(seed)
        count[chosen] += 1
        valid &= bool((np.bincount(problem.proposal[chosen], minlength=len(problem.proposals)) == 3).all())
        valid &= int(np.bincount(problem.expert[chosen]).max()) <= load
    drawing = time.process_time() - started
    chance = found.probability
    deviation = np.sqrt(chance * (1 - chance) / args.draws)
    random = chance * (1 - chance) > 0
    often = random & (chance * args.draws >= 5) & ((1 - chance) * args.draws >= 5)
    errors = np.abs(count / args.draws - chance)[often] / deviation[often]
    farthest = found.farthest(count.astype(np.int64), args.draws)  # rare pairs are no normal case
    return show(
        {
            "task": "randomised",
            "size": args.size,
            "cap": args.cap,
            "perturbation": args.perturbation,
            **spent,
            "expected_total": round(found.expected, 6),
            "greatest_total": round(assign(problem).total, 6),
            "gap": round(found.bound - found.objective, 9),
            "greatest_chance": float(chance.max()),
            "draws": args.draws,
            "cpu_ms_a_draw": round(drawing / args.draws * 1000, 2),
            "all_draws_valid": valid,
            "pairs_with_chance": int(random.sum()),
            "pairs_expected_5_times_or_more": int(often.sum()),
            "greatest_error_in_standard_errors": round(float(errors.max()), 2),
            "share_of_errors_over_2": round(float((errors > 2).mean()), 4),
            "least_exact_p_times_pairs": None if farthest is None else round(farthest[1], 3),
            "pairs_without_chance_drawn": int(count[chance == 0].sum()),
        }
    )


if __name__ == "__main__":
    sys.exit(main())
