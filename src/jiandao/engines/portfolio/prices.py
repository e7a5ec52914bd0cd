"""The linear relaxation: a bound that holds by arithmetic, and the price of each rule.

For any prices y ≥ 0 of all rows but the state rows, L(y) = y·limit + Σ_i max(0, max_c profit_c) with profit = weight −
y·matrix is an upper bound of every whole solution (Lagrange; Geoffrion 1974). The linear programme gives the best y; the
bound is then computed from y by ourselves, so that it does not rest on the solver's tolerances.
"""

import math
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from scipy.optimize import linprog

from jiandao.engines.portfolio.model import Floats, Ints, Model
from jiandao.engines.portfolio.patience import Patience
from jiandao.engines.portfolio.sifting import sifted
from jiandao.engines.portfolio.solver import interruptible
from jiandao.engines.runs import Clock

LARGE = 50_000  # columns; larger programmes are not handed to the solver whole
SMALL = 15_000  # columns of the sample that is


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
        alternatives[np.arange(alternatives.shape[1]) > np.diff(model.first)[:, None]] = -np.inf
        alternatives.partition(alternatives.shape[1] - 2, axis=1)
        found: Floats = alternatives[:, -1] - alternatives[:, -2]
        return found


def prices(model: Model, clock: Clock | None = None) -> Prices | None:
    """Solve the linear relaxation; None when it has no solution.

    Raises UnfinishedError when patience is over, RuntimeError when the solver fails, which is an error of ours.
    """
    patience = Patience(clock)
    if not len(model.weight):
        return priced(model, np.zeros(len(model.rows)), np.zeros(0)) if (model.limit >= 0).all() else None

    def solve(weight: Floats, matrix: Any, limit: Floats, upper: Floats) -> tuple[Floats, Floats] | None:
        return _solved(weight, matrix, limit, upper, patience)

    found = sifted(model, solve, SMALL) if len(model.weight) > LARGE else None
    if found is None:
        found = solve(model.weight.astype(np.float64), model.matrix, model.limit, model.upper)
    return None if found is None else priced(model, *found)


def _solved(
    weight: Floats, matrix: Any, limit: Floats, upper: Floats, patience: Patience
) -> tuple[Floats, Floats] | None:
    """Prices of the rows, at least 0, and shares of the columns; None when there is no solution."""
    greatest = float(np.abs(weight).max(initial=0)) or 1.0
    bounds = np.column_stack([np.zeros(len(upper)), upper])
    solved: Any = None
    for method in ("highs-ds", "highs-ipm"):
        left = patience.left()
        options = {} if math.isinf(left) else {"time_limit": left}
        solved = interruptible(
            partial(linprog, -weight / greatest, matrix, limit, bounds=bounds, method=method, options=options)
        )
        if solved.status == 1 and not math.isinf(left):
            raise patience.over(f"the linear programme of {len(weight):,} columns")
        if solved.status == 2:
            return None
        if solved.status == 0:
            return np.maximum(0.0, -solved.ineqlin.marginals) * greatest, np.clip(solved.x, 0.0, 1.0)
    raise RuntimeError(f"the linear programme was not solved: {solved.message}")


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
