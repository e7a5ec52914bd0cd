"""The linear relaxation: a bound that holds by arithmetic, and the price of each rule.

For any prices y ≥ 0 of all rows but the state rows, L(y) = y·limit + Σ_i max(0, max_c profit_c) with profit = weight −
y·matrix is an upper bound of every whole solution (Lagrange; Geoffrion 1974). The linear programme gives the best y; the
bound is then computed from y by ourselves, so that it does not rest on the solver's tolerances.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.optimize import linprog

from jiandao.engines.files import UnfinishedError
from jiandao.engines.portfolio.model import Floats, Ints, Model
from jiandao.engines.portfolio.solver import interruptible
from jiandao.engines.runs import Clock

_PATIENCE = 120.0  # seconds


@dataclass(frozen=True)
class Prices:
    """Prices of a model, in units of weight.

    `row`: price of each row (0 for state rows); `profit`: weight of each column less its rows at their prices; `best`: the
    greatest of 0 and the profits, by project; `loss`: best less profit, by column, infinite for closed columns; `bound`:
    no whole solution weighs more; `share`: the linear solution.
    """

    row: Floats
    profit: Floats
    best: Floats
    loss: Floats
    bound: float
    share: Floats

    def margin(self, model: Model) -> Floats:
        """By project, how much the second best of its columns and of none falls short of the best."""
        count = len(self.best)
        alternatives = np.zeros((count, int(np.diff(model.first).max(initial=0)) + 1))
        alternatives[model.project, np.arange(len(model.project)) - model.first[model.project] + 1] = np.where(
            model.upper > 0, self.profit, -np.inf
        )
        for project in np.nonzero(np.diff(model.first) < alternatives.shape[1] - 1)[0]:
            alternatives[project, model.first[project + 1] - model.first[project] + 1 :] = -np.inf
        alternatives.partition(alternatives.shape[1] - 2, axis=1)
        found: Floats = alternatives[:, -1] - alternatives[:, -2]
        return found


def prices(model: Model, clock: Clock | None = None) -> Prices | None:
    """Solve the linear relaxation; None when it has no solution.

    Without it there is no decision, so that it may take ten times the time limit, and two minutes in any case. Raises
    UnfinishedError after that, RuntimeError when the solver fails, which is an error of ours.
    """
    greatest = float(np.abs(model.weight).max(initial=0)) or 1.0
    if not len(model.weight):
        return priced(model, np.zeros(len(model.rows)), np.zeros(0)) if (model.limit >= 0).all() else None
    bounds = np.column_stack([np.zeros(len(model.upper)), model.upper])
    most = max(_PATIENCE, 10 * (clock.limit or 0.0)) if clock is not None and clock.limit is not None else None
    solved = _solved(model, greatest, bounds, "highs-ds", most)
    if solved.status == 1 and most is not None:
        raise UnfinishedError(
            f"the linear programme of {len(model.weight):,} columns was not solved in {most:.0f} s; nothing was written, give"
            " more with --time-limit"
        )
    if solved.status not in {0, 2}:
        solved = _solved(model, greatest, bounds, "highs-ipm", most)
    if solved.status == 2:
        return None
    if solved.status != 0:
        raise RuntimeError(f"the linear programme was not solved: {solved.message}")
    row = np.maximum(0.0, -solved.ineqlin.marginals) * greatest
    return priced(model, row, np.clip(solved.x, 0.0, 1.0))


def _solved(model: Model, greatest: float, bounds: Floats, method: str, most: float | None) -> Any:
    options = {} if most is None else {"time_limit": most}
    return interruptible(
        lambda: linprog(
            -model.weight / greatest, A_ub=model.matrix, b_ub=model.limit, bounds=bounds, method=method, options=options
        )
    )


def priced(model: Model, row: Floats, share: Floats) -> Prices:
    """What follows from prices of the rows, at least 0 each, whatever they are."""
    row = np.where(np.array([entry.kind == "state" for entry in model.rows], dtype=bool), 0.0, row)
    profit = model.weight - model.columns.T @ row
    best = np.zeros(len(model.first) - 1)
    is_open = model.upper > 0
    np.maximum.at(best, model.project[is_open], profit[is_open])
    loss = np.where(is_open, best[model.project] - profit, np.inf)
    terms = np.concatenate([row * model.limit, best])
    bound = float(terms.sum() + 1e-12 * np.abs(terms).sum())
    return Prices(row, profit, best, loss, bound, share)


def rounded(model: Model, found: Prices) -> Ints:
    """The whole part of the linear solution: a column of each project, or the number of columns for none."""
    choice = np.full(len(model.first) - 1, len(model.weight), dtype=np.int64)
    whole = np.nonzero(found.share > 1 - 1e-6)[0]
    choice[model.project[whole]] = whole
    return choice
