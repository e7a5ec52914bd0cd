"""The linear relaxation of a large plan, by way of a sample of it and of what its prices leave open.

Some rows are wide (budgets, floors, caps, ratios: many projects each), the others narrow (relays, levels, exclusions: a few
projects each), and narrow rows tie projects into small knots. At prices of the wide rows the knots have nothing to do with
each other: most projects have one place that is clearly best, and the knots in which these places break a narrow row are
solved at once, which also gives the prices of the narrow rows.

The prices of a sample are near those of the whole. At them what is clear is fixed, and the linear programme of the others is
solved with what the fixed ones leave of the wide rows. This gives new prices y and shares x of all columns that keep all
rows; when L(y), a bound for any y, and the value of x are equal, both are proved (sifting: Bixby et al. 1992). Otherwise it
is begun anew from the new prices where they are better, and where not, what loses at them is freed too.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiandao.engines.portfolio.model import Floats, Ints, Model

Bits = NDArray[np.bool_]
# (weight, columns, limit, upper) → (prices of the rows, shares of the columns), or None when it has no solution.
Solver = Callable[[Floats, sparse.csc_array, Floats, Floats], tuple[Floats, Floats] | None]

_SAMPLE = 10  # one project of so many
# Prices of a sample err by the root of its size: times the root of the number of projects are open.
_REFINED, _PART = 100.0, 5  # at the prices of a sample, and one of so many of these is drawn for better ones
_OPEN = 12.0  # at those
_WIDE = 300  # columns
_MOST_ROUNDS = 12
_TOLERANCE = 1e-9  # of the bound
_ROUGH = 1e-4  # the same for a sample
_BROKEN = 1e-6  # of a row; the solver breaks them by less


@dataclass(frozen=True)
class _Linear:
    """max weight·x, columns·x ≤ limit, 0 ≤ x ≤ upper. `project`: of each column, in order; `wide`, `state`: of each row.

    `knot`: by project; projects that narrow rows tie together, directly or by others, have the same number; `knot_of_row`: by
    row, of narrow rows.
    """

    weight: Floats
    columns: sparse.csc_array
    limit: Floats
    upper: Floats
    project: Ints
    wide: Bits
    state: Bits
    knot: Ints
    knot_of_row: Ints

    @property
    def touched(self) -> Bits:
        """The rows that any column is in."""
        return np.bincount(self.columns.indices, minlength=len(self.limit)) > 0

    @property
    def worth(self) -> Floats:
        """The greatest weight of each project."""
        worth = np.zeros(len(self.knot))
        np.maximum.at(worth, self.project, self.weight)
        return worth

    def knots_of(self, chosen: Bits) -> Bits:
        """These projects with all that are tied to them."""
        torn = np.zeros(int(self.knot.max(initial=-1)) + 1, dtype=bool)
        torn[self.knot[chosen]] = True
        return torn[self.knot]

    def of(self, chosen: Bits, limit: Floats) -> "_Linear":
        """The same of some projects alone, with other right sides."""
        columns = chosen[self.project]
        renumbered = np.cumsum(chosen) - 1
        return _Linear(
            self.weight[columns],
            self.columns[:, columns],
            limit,
            self.upper[columns],
            renumbered[self.project[columns]],
            self.wide,
            self.state,
            self.knot[chosen],
            self.knot_of_row,
        )


@dataclass(frozen=True)
class _Places:
    """What is best at prices of the wide rows, and prices of the narrow ones that go with these.

    `share`: by column; knots that would break a narrow row were solved, the other projects have the best of their columns.
    `torn`: the projects of those knots. `profit`: by column, −∞ when closed. `best`, `margin`: by project, the greatest of 0
    and its profits, and how much the second best lacks.
    """

    price: Floats
    bound: float
    profit: Floats
    best: Floats
    share: Floats
    torn: Bits
    margin: Floats

    def open(self, whole: _Linear, many: float) -> Bits:
        """The so many projects whose margin is the least share of what they are worth, all that are as near, and their knots.

        In torn knots there is always a margin of 0, which says nothing about them.
        """
        near = np.where(self.torn, np.inf, self.margin / np.maximum(whole.worth, 1.0))
        last = min(int(many), len(near) - 1)
        return whole.knots_of(near <= np.partition(near, last)[last])

    def loss(self, whole: _Linear, share: Floats) -> Floats:
        """By knot, how much these shares, which keep the narrow rows, are worth less than the best."""
        worth = np.bincount(whole.project, np.where(share > 0, self.profit, 0.0) * share, len(self.best))
        loss = np.bincount(whole.knot, self.best - worth)
        narrow = np.nonzero((self.price > 0) & ~whole.wide)[0]
        unused = self.price[narrow] * (whole.limit - whole.columns @ share)[narrow]
        return np.asarray(loss + np.bincount(whole.knot_of_row[narrow], unused, len(loss)))


def sifted(model: Model, solve: Solver, small: int, seed: int = 7) -> tuple[Floats, Floats] | None:
    """Best prices of the rows and the linear solution, or None where that was not reached; `small`: columns solved whole."""
    kinds = np.array([row.kind == "state" for row in model.rows], dtype=bool)
    wide = (np.diff(model.matrix.indptr) > _WIDE) & ~kinds
    knot, knot_of_row = _knots(model, ~wide & ~kinds)
    weight = model.weight.astype(np.float64)
    whole = _Linear(weight, model.columns, model.limit, model.upper, model.project, wide, kinds, knot, knot_of_row)
    return _sift(whole, solve, small, np.random.default_rng(seed), _TOLERANCE)


def _knots(model: Model, narrow: Bits) -> tuple[Ints, Ints]:
    """The number of the knot of each project and of each narrow row."""
    rows = model.matrix[np.nonzero(narrow)[0]]
    count, projects = rows.shape[0], len(model.first) - 1
    row = np.repeat(np.arange(count), np.diff(rows.indptr))
    links = sparse.coo_array(
        (np.ones(len(row), dtype=np.int8), (row, model.project[rows.indices] + count)),
        shape=(count + projects, count + projects),
    )
    _, labels = sparse.csgraph.connected_components(links, directed=False)
    of_row = np.zeros(len(narrow), dtype=np.int64)
    of_row[narrow] = labels[:count]
    return np.asarray(labels[count:], dtype=np.int64), of_row


def _sift(
    whole: _Linear, solve: Solver, small: int, draw: np.random.Generator, tolerance: float
) -> tuple[Floats, Floats] | None:
    if len(whole.weight) <= small:
        return _solved(whole, solve)
    drawn = draw.random(int(whole.knot.max()) + 1)[whole.knot] * _SAMPLE < 1
    sample = _sift(
        whole.of(drawn, np.where(whole.wide, whole.limit * drawn.mean(), whole.limit)), solve, small, draw, _ROUGH
    )
    places = None if sample is None else _at(whole, sample[0], solve)
    places = None if places is None else _refined(whole, places, solve, draw)
    return None if places is None else _narrowed(whole, places, solve, tolerance)


def _refined(whole: _Linear, places: _Places, solve: Solver, draw: np.random.Generator) -> _Places | None:
    """Better prices: what is clear stands at its place, and of what is open only a part is drawn, for all of it.

    What is clear then adds nothing to the error of the drawing.
    """
    open_ones = places.open(whole, _REFINED * len(whole.knot) ** 0.5)
    drawn = open_ones & (draw.random(int(whole.knot.max()) + 1)[whole.knot] * _PART < 1)
    left = whole.limit - whole.columns @ np.where(open_ones[whole.project], 0.0, places.share)
    part = whole.of(drawn, np.where(whole.wide, left * (drawn.sum() / open_ones.sum()), left))
    solved = _solved(part, solve)
    return places if solved is None else _at(whole, solved[0], solve)


def _narrowed(whole: _Linear, places: _Places, solve: Solver, tolerance: float) -> tuple[Floats, Floats] | None:
    """From prices that are near to best ones: what is open at them is solved, the others at their places, until that is best."""
    many = _OPEN * len(whole.knot) ** 0.5
    free = places.open(whole, many)
    for _ in range(_MOST_ROUNDS):
        share = np.where(free[whole.project], 0.0, places.share)
        left = whole.limit - whole.columns @ share
        part = whole.of(free, left)
        solved = None if (left[~part.touched] < -_BROKEN).any() else _solved(part, solve)
        if solved is None:  # what is open cannot make good for the others
            if free.all():
                return None
            many *= 4
            free = free | places.open(whole, many)
            continue
        now = _at(whole, solved[0], solve)
        if now is None:
            return None
        loss = now.loss(whole, share)
        share[free[whole.project]] = solved[1]
        short = now.bound - float(whole.weight @ share)
        if short <= tolerance * abs(now.bound):
            return now.price, share
        lossy = ~free & (loss > tolerance * abs(now.bound) / len(free))[whole.knot]
        few = lossy.sum() <= free.sum()
        if now.bound < places.bound:
            places = now
            free = places.open(whole, many) | (lossy & few)
        else:  # prices of too little overshoot: of what loses at them, what is near
            many *= 2
            free = free | lossy & (few | places.torn | places.open(whole, many))
    return None


def _at(whole: _Linear, price: Floats, solve: Solver) -> _Places | None:
    """What is best at prices of the wide rows; None where that is not to be had.

    With the wide rows paid for, knots have nothing to do with each other.
    """
    price = np.where(whole.wide, price, 0.0)
    profit, best, column, margin = _best(whole, price)
    share = np.zeros(len(profit) + 1)
    share[column] = 1.0
    share = share[:-1]
    torn = whole.knots_of(_broken(whole, share))
    if torn.any():
        columns = torn[whole.project]
        # Closed columns have a profit of −∞, which the solver would not take; they stay closed by their upper ends.
        worth = np.where(np.isfinite(profit), profit, 0.0)[columns]
        knots = whole.of(torn, np.where(whole.wide, np.inf, whole.limit))
        solved = _solved(replace(knots, weight=worth), solve)
        if solved is None:
            return None
        price = np.where(whole.wide, price, np.where(whole.state, 0.0, solved[0]))
        share[columns] = solved[1]
        profit, best, _, margin = _best(whole, price)
    return _Places(price, float(price @ whole.limit + best.sum()), profit, best, share, torn, margin)


def _solved(part: _Linear, solve: Solver) -> tuple[Floats, Floats] | None:
    price = np.zeros(len(part.limit))
    if not len(part.weight):
        return price, np.zeros(0)
    rows = np.nonzero(part.touched & np.isfinite(part.limit))[0]
    solved = solve(part.weight, part.columns[rows], part.limit[rows], part.upper)
    if solved is None:
        return None
    price[rows] = solved[0]
    return price, solved[1]


def _best(whole: _Linear, price: Floats) -> tuple[Floats, Floats, Ints, Floats]:
    """Profit by column; by project the best of these and 0, its column, and how much the second best lacks.

    The column is the number of columns for none.
    """
    count, projects = len(whole.weight), len(whole.knot)
    profit = whole.weight - whole.columns.T @ price
    profit[whole.upper == 0] = -np.inf
    best = np.zeros(projects)
    np.maximum.at(best, whole.project, profit)
    column = np.full(projects, count, dtype=np.int64)
    good = np.nonzero((profit >= best[whole.project]) & (profit > 0))[0]
    column[whole.project[good[::-1]]] = good[::-1]  # the first of equal ones
    others = profit.copy()
    others[column[column < count]] = -np.inf
    second = np.where(column < count, 0.0, -np.inf)
    np.maximum.at(second, whole.project, others)
    return profit, best, column, best - second


def _broken(whole: _Linear, share: Floats) -> Bits:
    """The projects in a narrow row that these shares break."""
    broken = (whole.limit - whole.columns @ share < 0) & ~whole.wide & ~whole.state
    tied = whole.columns[np.nonzero(broken)[0]].tocsc()
    torn = np.zeros(len(whole.knot), dtype=bool)
    torn[whole.project[np.diff(tied.indptr) > 0]] = True
    return torn
