"""Decisions that hold when any N projects bring one sd less: the engine beside HiGHS on the formulation of Bertsimas and Sim.

    python benchmarks/portfolio/robust.py [--size 1000] [--counts 0 10 30 100] [--gap 1e-3] [--seed 7]

HiGHS (scipy.optimize.milp) gets the whole plan with a column p and one q for each project (p + q_i ≥ d_i z_i), the same gap and
--peer-seconds of wall time. Prints JSON; CPU seconds of this process.
"""

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from instances import made
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from jiandao.engines.portfolio.model import Model, build
from jiandao.engines.portfolio.reading import read_plan
from jiandao.engines.portfolio.robust import decide_robustly, shortfalls
from jiandao.engines.portfolio.solver import silent
from jiandao.engines.portfolio.verify import verify
from jiandao.engines.runs import Clock


def peer(model: Model, count: int, gap: float, seconds: float) -> dict[str, Any]:
    short, columns, projects = shortfalls(model), len(model.weight), len(model.first) - 1
    places = np.arange(columns)
    rows = sparse.hstack(
        [
            sparse.csr_array((short, (model.project, places)), shape=(projects, columns)),
            sparse.csr_array(np.full((projects, 1), -1.0)),
            -sparse.identity(projects),
        ]
    )
    usual = sparse.hstack([model.matrix, sparse.csr_array((model.matrix.shape[0], 1 + projects))])
    started = time.process_time()
    found = milp(
        np.concatenate([-model.points, [count], np.ones(projects)]),
        constraints=[LinearConstraint(usual, -np.inf, model.limit), LinearConstraint(rows, -np.inf, 0)],
        bounds=Bounds(0, np.concatenate([model.upper, np.full(1 + projects, np.inf)])),
        integrality=np.concatenate([np.ones(columns), np.zeros(1 + projects)]),
        options={"mip_rel_gap": gap, "time_limit": seconds},
    )
    spent = round(time.process_time() - started, 2)
    if found.x is None:
        return {"value": None, "cpu_seconds": spent}
    value, bound = -float(found.fun), -float(found.mip_dual_bound)
    return {"value": round(value, 2), "gap": round((bound - value) / bound, 6), "cpu_seconds": spent}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--counts", type=int, nargs="+", default=[0, 10, 30, 100])
    parser.add_argument("--gap", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--peer-seconds", type=float, default=60)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan.json"
        path.write_text(json.dumps(made(args.size, args.seed)), encoding="utf-8")
        plan = read_plan(path)
    model = build(plan)
    result: dict[str, Any] = {"task": "robust", "projects": args.size, "gap": args.gap, "counts": {}}
    with silent():
        for count in args.counts:
            started = time.process_time()
            decision, robust = decide_robustly(plan, count, gap=args.gap, clock=Clock(600))
            spent = round(time.process_time() - started, 2)
            assert robust is not None
            assert verify(plan, decision.states) == []
            result["counts"][count] = {
                "value": round(decision.value, 2),
                "expected": round(robust.expected, 2),
                "gap": round(decision.gap, 6),
                "cpu_seconds": spent,
                "HiGHS": peer(model, count, args.gap, args.peer_seconds),
            }
    sys.stdout.write(json.dumps(result, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
