"""Pure knapsacks of Chu and Beasley: the engine, HiGHS and CP-SAT with the same wall seconds each. Prints JSON.

    python benchmarks/portfolio/knapsack.py [--files 1 3 5 7] [--first 5] [--seconds 10]

Needs JIANDAO_SHARED_DATA (a folder with engines/mknap). HiGHS is scipy.optimize.milp, CP-SAT has two workers, the engine one
process. `below_linear_per_cent`: mean over the instances; CPU seconds are told because the cores may be shared.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from instances import chu_beasley
from ortools.sat.python import cp_model
from scipy.optimize import Bounds, LinearConstraint, milp

from jiandao.engines.portfolio import Plan, Project, decide, verify
from jiandao.engines.portfolio.model import build
from jiandao.engines.portfolio.prices import prices
from jiandao.engines.portfolio.solver import silent
from jiandao.engines.runs import Clock

NAMES = ("engine", "highs", "cp_sat")


def plan_of(entry: dict[str, Any]) -> Plan:
    return Plan(
        entry["budgets"],
        tuple(Project(item["id"], float(item["value"]), item["uses"], risk=Fraction(0)) for item in entry["projects"]),
    )


def engine(plan: Plan, seconds: float) -> float:
    decision = decide(plan, gap=0, clock=Clock(seconds))
    assert verify(plan, decision.states) == []
    return decision.value


def arrays(plan: Plan) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    value = np.array([project.value for project in plan.projects])
    uses = np.array([[project.uses[name] for project in plan.projects] for name in plan.years])
    return value, uses, np.array(list(plan.budgets.values()))


def highs(plan: Plan, seconds: float) -> float:
    value, uses, limit = arrays(plan)
    found = milp(
        -value,
        constraints=LinearConstraint(uses, -np.inf, limit),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(value)),
        options={"time_limit": seconds, "mip_rel_gap": 0},
    )
    return float(value @ np.round(found.x))


def cp_sat(plan: Plan, seconds: float) -> float:
    value, uses, limit = arrays(plan)
    model = cp_model.CpModel()
    take = [model.new_bool_var(project.id) for project in plan.projects]
    for row, most in zip(uses, limit, strict=True):
        model.add(cp_model.LinearExpr.weighted_sum(take, row.tolist()) <= int(most))
    model.maximize(cp_model.LinearExpr.weighted_sum(take, value.astype(int).tolist()))
    solver = cp_model.CpSolver()
    solver.parameters.max_time_in_seconds = seconds
    solver.parameters.num_workers = 2
    solver.solve(model)
    return solver.objective_value


def measure(path: Path, first: int, seconds: float) -> dict[str, Any]:
    solvers: dict[str, Callable[[Plan, float], float]] = dict(zip(NAMES, (engine, highs, cp_sat), strict=True))
    values: dict[str, list[float]] = {name: [] for name in NAMES}
    times: dict[str, list[float]] = {name: [] for name in NAMES}
    below: dict[str, list[float]] = {name: [] for name in NAMES}
    for entry in chu_beasley(path)[:first]:
        plan = plan_of(entry)
        model = build(plan)
        found = prices(model)
        assert found is not None
        linear = found.bound / model.unit
        for name, solve in solvers.items():
            started = time.process_time()
            values[name].append(solve(plan, seconds))
            times[name].append(time.process_time() - started)
            below[name].append(100 * (1 - values[name][-1] / linear))
    better = [max(pair) for pair in zip(values["highs"], values["cp_sat"], strict=True)]
    return {
        "file": path.name,
        "values": values,
        "mean": {name: round(float(np.mean(values[name])), 2) for name in NAMES},
        "below_linear_per_cent": {name: round(float(np.mean(below[name])), 4) for name in NAMES},
        "least_share_of_the_better_peer": round(
            min(own / peer for own, peer in zip(values["engine"], better, strict=True)), 5
        ),
        "cpu_s_mean": {name: round(float(np.mean(times[name])), 1) for name in NAMES},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, nargs="+", default=[1, 3, 5, 7])
    parser.add_argument("--first", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=10)
    args = parser.parse_args()
    shared = os.environ.get("JIANDAO_SHARED_DATA")
    if not shared or not (Path(shared) / "engines/mknap").is_dir():
        print("Set JIANDAO_SHARED_DATA to the folder that holds engines/mknap.", file=sys.stderr)
        return 2
    folder = Path(shared) / "engines/mknap"
    load = round(os.getloadavg()[0], 1)
    with silent():
        found = [measure(folder / f"mknapcb{number}.txt", args.first, args.seconds) for number in args.files]
    print(json.dumps({"load_before": load, "files": found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
