"""How near the bound, and how fast: made plans, the engine beside greedy and plain HiGHS. Prints JSON; CPU seconds.

    python benchmarks/portfolio/gap.py [--sizes 1000 3000 10000] [--gap 5e-4] [--seed 7] [--runs 3]

The engine runs until its gap; best of the runs. HiGHS (scipy.optimize.milp) gets the whole plan, the same gap and the seconds of
the target, more when other processes want the cores; greedy takes projects by points per money while they fit, and knows no
floors. Gaps are in per cent of the value of the linear relaxation, which is the same for all three.
"""

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from instances import made
from scipy.optimize import Bounds, LinearConstraint, milp

from jiandao.engines.portfolio.decision import decide
from jiandao.engines.portfolio.exchange import slack_of, weight_of
from jiandao.engines.portfolio.model import RESERVE, Model, build
from jiandao.engines.portfolio.reading import read_plan
from jiandao.engines.portfolio.solver import silent
from jiandao.engines.portfolio.verify import verify
from jiandao.engines.runs import Clock

TARGETS = {1000: (0.05, 3), 3000: (0.05, 6), 10000: (0.04, 8)}


def greedy(model: Model) -> tuple[float, list[str]]:
    """Weight, and the kinds of rules that are broken in the end, floors most likely."""
    cost = np.array([model.plan.projects[project].cost for project in model.project])
    choice = np.full(len(model.first) - 1, len(model.weight), dtype=np.int64)
    order = np.argsort(-model.weight / np.maximum(cost, 1), kind="stable")
    for reserve in (False, True):
        left = slack_of(model, choice)
        for column in order:
            project = model.project[column]
            if (model.start[column] == RESERVE) != reserve or choice[project] < len(model.weight):
                continue
            begin, end = model.columns.indptr[column : column + 2]
            rows, parts = model.columns.indices[begin:end], model.columns.data[begin:end]
            if model.upper[column] and ((parts <= 0) | (left[rows] >= parts)).all():
                left[rows] -= parts
                choice[project] = column
    broken = {model.rows[row].kind for row in np.nonzero(slack_of(model, choice) < 0)[0]}
    return weight_of(model, choice), sorted(broken)


def highs(model: Model, gap: float, seconds: float) -> tuple[float | None, float]:
    """Weight and CPU seconds of the whole plan."""
    greatest = float(model.weight.max())
    started = time.process_time()
    found = milp(
        -model.weight / greatest,
        constraints=LinearConstraint(model.matrix, -np.inf, model.limit),
        bounds=Bounds(0, model.upper),
        integrality=np.ones(len(model.weight)),
        options={"mip_rel_gap": gap, "time_limit": seconds},
    )
    return (None if found.x is None else -found.fun * greatest), time.process_time() - started


def measure(size: int, gap: float, seed: int, runs: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        path.write_text(json.dumps(made(size, seed)), encoding="utf-8")
        plan = read_plan(path)
    times, decision = [], None
    for _ in range(runs):
        started = time.process_time()
        decision = decide(plan, gap=gap, clock=Clock(60))
        times.append(time.process_time() - started)
    assert decision is not None
    assert decision.found.prices is not None
    assert verify(plan, decision.states) == []
    bound = decision.found.prices.bound
    target, seconds = TARGETS.get(size, (0.05, 10))

    def per_cent(weight: float | None) -> float | None:
        return None if weight is None else round(100 * (1 - weight / bound), 4)

    model = build(plan)
    plain, plain_seconds = highs(model, gap, seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
    value, broken = greedy(model)
    return {
        "projects": size,
        "gap_per_cent": per_cent(decision.found.weight),
        "cpu_s": round(min(times), 2),
        "target": {"gap_per_cent": target, "cpu_s": seconds},
        "highs": {"gap_per_cent": per_cent(plain), "cpu_s": round(plain_seconds, 2)},
        "greedy": {"gap_per_cent": per_cent(value), "breaks": broken},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(TARGETS))
    parser.add_argument("--gap", type=float, default=5e-4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    with silent():
        found = [measure(size, args.gap, args.seed, args.runs) for size in args.sizes]
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
