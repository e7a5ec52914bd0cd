"""No decision keeps all rules: which fewest rules would have to give way, and by how much."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from jiandao.engines.portfolio.model import RESERVE, Ints, Model
from jiandao.engines.portfolio.solver import interruptible
from jiandao.engines.portfolio.verify import Broken, verify
from jiandao.engines.runs import Clock

_STRUCTURE = frozenset({"state", "level", "requires"})  # what a project is, not a rule that could give way


@dataclass(frozen=True)
class Relaxation:
    """`broken`: the rules to relax, with amounts; `smallest`: proved that no fewer do; `states`: a decision that needs them."""

    broken: tuple[Broken, ...]
    smallest: bool
    states: dict[str, tuple[str, str | None]]


def states_of(model: Model, choice: Ints) -> dict[str, tuple[str, str | None]]:
    """The state and start of every project."""
    plan, none = model.plan, len(model.weight)
    made: dict[str, tuple[str, str | None]] = {}
    for project, column in zip(plan.projects, choice, strict=True):
        if column == none:
            made[project.id] = ("plan", None)
        elif model.start[column] == RESERVE:
            made[project.id] = ("reserve", None)
        else:
            made[project.id] = ("implement", plan.years[model.start[column]])
    return made


def relax(model: Model, clock: Clock, nodes: int = 5000) -> Relaxation:
    """The smallest set of budgets and rules whose relaxation makes a decision possible, then the least amounts.

    One binary variable and one amount for each rule (elastic programming: Chinneck 2008). Amounts are weighed against the
    size of their rule.
    """
    may_give = [position for position, row in enumerate(model.rows) if row.kind not in _STRUCTURE]
    closed = np.nonzero(model.upper == 0)[0]
    count, gives, locked = len(model.weight), len(may_give), len(closed)
    # Columns: x, then for each rule the amount as a share of the most that is ever needed, its use, uses of lock-outs.
    most = np.maximum(1e-9, np.asarray(model.matrix.maximum(0).sum(axis=1)).ravel()[may_give] - model.limit[may_give])
    stretch = sparse.csr_array((-most, (may_give, np.arange(gives))), shape=(model.matrix.shape[0], gives))
    none = sparse.csr_array((model.matrix.shape[0], gives + locked))
    rows = sparse.vstack(
        [
            sparse.hstack([model.matrix, stretch, none]),
            sparse.hstack(
                [
                    sparse.csr_array((gives, count)),
                    sparse.eye_array(gives),
                    -sparse.eye_array(gives),
                    sparse.csr_array((gives, locked)),
                ]
            ),
            sparse.hstack(
                [
                    sparse.csr_array((np.ones(locked), (np.arange(locked), closed)), shape=(locked, count)),
                    sparse.csr_array((locked, 2 * gives)),
                    -sparse.eye_array(locked),
                ]
            ),
        ],
        format="csr",
    )
    limit = np.concatenate([model.limit, np.zeros(gives + locked)])
    whole = np.concatenate([np.ones(count), np.zeros(gives), np.ones(gives + locked)])
    fewest = np.concatenate([np.zeros(count + gives), np.ones(gives + locked)])
    size = np.maximum(np.abs(model.limit[may_give]), 2.0**-20)
    least = np.concatenate([np.zeros(count), most / size, np.zeros(gives), np.ones(locked)])

    def solve(goal: np.ndarray, rows: sparse.csr_array, limit: np.ndarray, nodes: int) -> tuple[int, np.ndarray | None]:
        left = clock.left()
        options = {"node_limit": nodes, **({"time_limit": max(left, 1.0)} if np.isfinite(left) else {})}
        within = LinearConstraint(rows, -np.inf, limit)
        solved = interruptible(
            lambda: milp(goal, constraints=within, bounds=Bounds(0, 1), integrality=whole, options=options)
        )
        return int(solved.status), solved.x

    status, found = solve(fewest, rows, limit, nodes)
    smallest = status == 0
    number = len(may_give) + locked
    if found is None:
        found, smallest = np.zeros(len(whole)), False
    else:
        number = round(float(fewest @ found))
        capped = sparse.vstack([rows, sparse.csr_array(fewest[None, :])], format="csr")
        # Among decisions that relax so few rules, one with small amounts and, a little, with much value.
        worth = np.concatenate([model.weight / max(1.0, float(model.weight.sum())), np.zeros(2 * gives + locked)])
        _, better = solve(least - 1e-3 * worth, capped, np.append(limit, number + 1e-6), nodes // 50)
        found = better if better is not None else found
    chosen = np.nonzero(found[:count] > 0.5)[0]
    choice = np.full(len(model.first) - 1, count, dtype=np.int64)
    choice[model.project[chosen]] = chosen
    states = states_of(model, choice)
    broken = verify(model.plan, states)
    if any(entry.kind in {"start", "level", "requires"} for entry in broken):
        raise RuntimeError("the relaxed decision breaks what cannot be relaxed")
    # What the solver let pass as unbroken is counted exactly here, and then "smallest" is no longer proved.
    return Relaxation(tuple(broken), smallest and len(broken) <= number, states)
