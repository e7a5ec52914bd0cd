"""The linear relaxation of a large plan, by way of a sample of it and of what its prices leave open.

Some rows are wide (budgets, floors, caps, ratios: many projects each), the others narrow (relays, levels, exclusions: a few
projects each). The prices of a sample are near those of the whole. At them most projects have one place that is clearly
best: these are fixed there, and the linear programme of the others is solved with what the fixed ones leave of the rows. With
its prices y, L(y) exceeds its value by what the fixed places lose against the best ones at y, and by nothing else: when no
place loses anything, value and bound are equal, which proves both (sifting: Bixby et al. 1992). Otherwise the projects whose
places lose are freed too, and it is solved again.
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
_NEAR = 2e-4  # of the bound: prices at which it pays to begin anew


@dataclass(frozen=True)
class _Linear:
    """max weight·x, columns·x ≤ limit, 0 ≤ x ≤ upper. `project`: of each column, in order; `wide`, `state`: of each row.

    `knot`: by project; projects that narrow rows tie together, directly or by others, have the same number.
    """

    weight: Floats
    columns: sparse.csc_array
    limit: Floats
    upper: Floats
    project: Ints
    wide: Bits
    state: Bits
    knot: Ints

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
        )


@dataclass(frozen=True)
class _Places:
    """At some prices: the best column of each project, or the number of columns for none; how much the second best lacks."""

    profit: Floats  # by column and 0 for none; −∞ when closed
    best: Floats
    column: Ints
    margin: Floats

    def taken(self, projects: Bits) -> Floats:
        """1 for the columns of the places of some projects, else 0."""
        taken = np.zeros(len(self.profit))
        taken[self.column[projects]] = 1.0
        return taken[:-1]

    def open(self, worth: Floats, many: float) -> Bits:
        """The so many projects whose margin is the least share of what they are worth, and all that are as near."""
        near: Floats = self.margin / np.maximum(worth, 1.0)
        last = min(int(many), len(near) - 1)
        return np.asarray(near <= np.partition(near, last)[last])


def sifted(model: Model, solve: Solver, small: int, seed: int = 7) -> tuple[Floats, Floats] | None:
    """Best prices of the rows and the linear solution, or None where that was not reached; `small`: columns solved whole."""
    kinds = np.array([row.kind == "state" for row in model.rows], dtype=bool)
    wide = (np.diff(model.matrix.indptr) > _WIDE) & ~kinds
    knot = _knots(model, ~wide & ~kinds)
    weight = model.weight.astype(np.float64)
    whole = _Linear(weight, model.columns, model.limit, model.upper, model.project, wide, kinds, knot)
    return _sift(whole, solve, small, np.random.default_rng(seed), _TOLERANCE)


def _knots(model: Model, narrow: Bits) -> Ints:
    rows = model.matrix[np.nonzero(narrow)[0]]
    count, projects = rows.shape[0], len(model.first) - 1
    row = np.repeat(np.arange(count), np.diff(rows.indptr))
    links = sparse.coo_array(
        (np.ones(len(row), dtype=np.int8), (row, model.project[rows.indices] + count)),
        shape=(count + projects, count + projects),
    )
    _, labels = sparse.csgraph.connected_components(links, directed=False)
    return np.asarray(labels[count:], dtype=np.int64)


def _sift(
    whole: _Linear, solve: Solver, small: int, draw: np.random.Generator, tolerance: float
) -> tuple[Floats, Floats] | None:
    if len(whole.weight) <= small:
        return _solved(whole, solve)
    drawn = draw.random(int(whole.knot.max()) + 1)[whole.knot] * _SAMPLE < 1
    sample = _sift(
        whole.of(drawn, np.where(whole.wide, whole.limit * drawn.mean(), whole.limit)), solve, small, draw, _ROUGH
    )
    price = None if sample is None else _untied(whole, np.where(whole.wide, sample[0], 0.0), solve)
    price = None if price is None else _refined(whole, price, solve, draw)
    if price is None:
        return None
    return _narrowed(whole, price, solve, tolerance)


def _refined(whole: _Linear, price: Floats, solve: Solver, draw: np.random.Generator) -> Floats | None:
    """Better prices: what is clear stands at its place, and of what is open only a part is drawn, for all of it.

    What is clear then adds nothing to the error of the drawing.
    """
    places = _places(whole, price)
    open_ones = whole.knots_of(_torn(whole, places) | places.open(whole.worth, _REFINED * len(whole.knot) ** 0.5))
    drawn = open_ones & (draw.random(int(whole.knot.max()) + 1)[whole.knot] * _PART < 1)
    left = whole.limit - whole.columns @ places.taken(~open_ones)
    part = whole.of(drawn, np.where(whole.wide, left * (drawn.sum() / open_ones.sum()), left))
    solved = _solved(part, solve)
    return price if solved is None else _untied(whole, np.where(whole.wide, solved[0], 0.0), solve)


def _narrowed(whole: _Linear, price: Floats, solve: Solver, tolerance: float) -> tuple[Floats, Floats] | None:
    """From prices that are near to best ones.

    What is open at them is solved, the others at their places, and those freed whose places turn out not to be the best;
    once the new prices are very near, with what is open at these, which is less.
    """
    many = _OPEN * len(whole.knot) ** 0.5
    places = _places(whole, price)
    free = whole.knots_of(_torn(whole, places) | places.open(whole.worth, many))
    near = False
    for _ in range(_MOST_ROUNDS):
        taken = places.taken(~free)
        left = whole.limit - whole.columns @ taken
        part = whole.of(free, left)
        solved = None if (left[~part.touched] < 0).any() else _solved(part, solve)
        if solved is None:  # what is open cannot make good for the others
            if free.all():
                return None
            many *= 4
            free = free | whole.knots_of(places.open(whole.worth, many))
            continue
        price, share = solved
        now = _places(whole, price)
        loss = np.where(free, 0.0, now.best - now.profit[places.column])
        bound = float(np.where(whole.state, 0.0, price) @ whole.limit + now.best.sum())
        if loss.sum() <= tolerance * abs(bound):
            taken[free[whole.project]] = share
            return price, taken
        if loss.sum() <= _NEAR * abs(bound) and not near:
            near, places = True, now
            free = whole.knots_of(_torn(whole, places) | places.open(whole.worth, many / 4))
        else:
            lossy = loss > 0
            if lossy.sum() > free.sum():  # prices of too little overshoot: of what loses at them, what is near
                many *= 3
                lossy &= places.open(whole.worth, many)
            free = free | whole.knots_of(lossy)
    return None


def _untied(whole: _Linear, price: Floats, solve: Solver) -> Floats | None:
    """Prices of the wide rows, completed by those of the narrow ones that the places which are best at them break.

    With the wide rows paid for, knots have nothing to do with each other, and this is solved at once.
    """
    places = _places(whole, price)
    torn = _torn(whole, places)
    knots = whole.of(torn, np.where(whole.wide, np.inf, whole.limit))
    # Closed columns have a profit of −∞, which the solver would not take; they stay closed by their upper ends.
    profit = np.maximum(places.profit[:-1][torn[whole.project]], -whole.weight.max())
    solved = _solved(replace(knots, weight=profit), solve)
    return None if solved is None else np.where(whole.wide, price, solved[0])


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


def _places(whole: _Linear, price: Floats) -> _Places:
    count, projects = len(whole.weight), len(whole.knot)
    profit = whole.weight - whole.columns.T @ np.where(whole.state, 0.0, price)
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
    return _Places(np.append(profit, 0.0), best, column, best - second)


def _torn(whole: _Linear, places: _Places) -> Bits:
    """The projects in a narrow row that is broken at these places."""
    everywhere = places.taken(np.ones(len(whole.knot), dtype=bool))
    broken = (whole.limit - whole.columns @ everywhere < 0) & ~whole.wide & ~whole.state
    tied = whole.columns[np.nonzero(broken)[0]].tocsc()
    torn = np.zeros(len(whole.knot), dtype=bool)
    torn[whole.project[np.diff(tied.indptr) > 0]] = True
    return torn
