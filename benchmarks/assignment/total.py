"""Greatest total at three sizes: proven optimum and CPU seconds (without making or reading the instance), and peers.

    python benchmarks/assignment/total.py [--sizes 500x300 2000x1500 5000x4000]

Peers on the best 24 pairs of each proposal, without any proof for the rest: HiGHS's linear programme through SciPy at all
sizes, NetworkX's network simplex up to 500x300; and HiGHS on all pairs up to 500x300.
"""

import argparse
import resource
import sys
from typing import Any

import numpy as np
from instances import topics
from scipy import sparse
from scipy.optimize import linprog
from timing import best_of_three, show

from jiandao.engines.assignment import Problem, assign, total_bound
from jiandao.engines.assignment.candidates import best_per_row


def candidates(problem: Problem, count: int) -> Any:
    value = np.rint(problem.score * 1e9).astype(np.int64)
    return np.flatnonzero(best_per_row(value, problem.starts, np.ones(len(value), dtype=bool), count))


def linear(problem: Problem, pair: Any) -> float:
    column, one = np.arange(len(pair)), np.ones(len(pair))
    panel = sparse.csr_matrix((one, (problem.proposal[pair], column)))
    load = sparse.csr_matrix((one, (problem.expert[pair], column)), shape=(len(problem.experts), len(pair)))
    answer = linprog(-problem.score[pair], load, problem.most, panel, problem.seats, bounds=(0, 1), method="highs")
    return -float(answer.fun)


def simplex(problem: Problem, pair: Any) -> float:
    import networkx

    graph = networkx.DiGraph()
    graph.add_node("s", demand=-int(problem.seats.sum()))
    for r, most in enumerate(problem.most.tolist()):
        graph.add_edge("s", ("r", r), capacity=most, weight=0)
    for p, seats in enumerate(problem.seats.tolist()):
        graph.add_node(("p", p), demand=seats)
    rows, experts = problem.proposal[pair].tolist(), problem.expert[pair].tolist()
    for p, r, score in zip(rows, experts, problem.score[pair].tolist(), strict=True):
        graph.add_edge(("r", r), ("p", p), capacity=1, weight=-round(score * 1e9))
    return -networkx.network_simplex(graph)[0] / 1e9


def measure(size: str) -> dict[str, Any]:
    experts, proposals = map(int, size.split("x"))
    scores, load = topics(experts, proposals)
    problem = Problem.from_matrix(scores, seats=3, most=load)
    del scores
    solution, spent = best_of_three(lambda: assign(problem))
    certificate = solution.certificate
    bound = total_bound(problem, certificate.proposal_prices, certificate.expert_prices)
    result = {
        "size": size,
        "load": load,
        **spent,
        "status": solution.status,
        "total": round(solution.total, 6),
        "minimum": round(solution.minimum, 6),
        "bound_summed_again": round(bound, 6),
        "pairs_priced": certificate.pairs,
        "candidates": certificate.candidates,
        "rounds": certificate.rounds,
    }
    few = candidates(problem, 24)
    peers = {}
    total, spent = best_of_three(lambda: linear(problem, few))
    peers["HiGHS linear programme, best 24"] = {**spent, "total": round(total, 6)}
    if experts <= 500:
        total, spent = best_of_three(lambda: linear(problem, np.arange(len(problem.expert))))
        peers["HiGHS linear programme, all pairs"] = {**spent, "total": round(total, 6)}
        try:
            total, spent = best_of_three(lambda: simplex(problem, few))
            peers["NetworkX network simplex, best 24"] = {**spent, "total": round(total, 6)}
        except ImportError:
            peers["NetworkX network simplex, best 24"] = {"absent": True}
    result["peers"] = peers
    result["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", nargs="+", default=["500x300", "2000x1500", "5000x4000"])
    args = parser.parse_args()
    return show({"task": "greatest total", "sizes": [measure(size) for size in args.sizes]})


if __name__ == "__main__":
    sys.exit(main())
