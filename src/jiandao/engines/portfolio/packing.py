"""A genetic search for plans whose rules only take (pure multi-dimensional knapsack), many children at a time.

Chu and Beasley (1998): uniform crossover, two mutations, repair that drops and adds in the order of value per money at
the prices of the linear relaxation. Columns that no better solution can have otherwise are fixed first, by their loss
against the bound, and again whenever a better solution is found.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.portfolio.model import Floats, Ints, Model
from jiandao.engines.portfolio.prices import Prices

_MOST_ROWS = 64
_MOST_COLUMNS = 4000
_POPULATION = 128
_CHILDREN = 256

Bits = NDArray[np.bool_]


def only_takes(model: Model) -> bool:
    """Whether every column takes from every row, so that dropping always mends."""
    return bool(
        len(model.rows) <= _MOST_ROWS
        and len(model.weight) <= _MOST_COLUMNS
        and (model.matrix.data >= 0).all()
        and (model.limit >= 0).all()
    )


def breed(model: Model, found: Prices, choice: Ints, seed: int) -> Iterator[tuple[Ints, bool]]:
    """Better and better choices, one a generation, and whether the last generation found it; ends when nothing is free."""
    draw = np.random.default_rng(seed)
    count = len(model.weight)
    dense = model.matrix.toarray()
    spent = found.row @ dense
    worth = np.full(count, np.inf)
    np.divide(model.weight, spent, out=worth, where=spent > 1e-6)
    order = np.lexsort((np.arange(count), -worth))
    order = order[model.upper[order] > 0]
    taken = np.zeros(count, dtype=bool)
    taken[choice[choice < count]] = True
    best = int(model.weight[taken].sum())
    # Per column: the bound when it is changed against its better side.
    against = np.abs(found.profit)
    likely = found.profit > 0
    while True:
        alive = order[found.bound - against[order] >= best + 1]
        settled = np.ones(count, dtype=bool)
        settled[alive] = False
        base = likely & settled & (model.upper > 0)
        room = model.limit - dense[:, base].sum(axis=1)
        if not len(alive) or (room < 0).any():
            return
        herd = _Herd(dense[:, alive], room, model.weight[alive], draw, taken[alive])
        target = best - int(model.weight[base].sum())
        while True:
            herd.step()
            better = herd.best > target
            if better:
                taken = base.copy()
                taken[alive] = herd.first
                best = int(model.weight[taken].sum())
                target = herd.best
            yield _chosen(model, taken), better
            if better and (found.bound - against[alive] >= best + 1).sum() < 0.9 * len(alive):
                break


def _chosen(model: Model, taken: Bits) -> Ints:
    choice = np.full(len(model.first) - 1, len(model.weight), dtype=np.int64)
    columns = np.nonzero(taken)[0]
    choice[model.project[columns]] = columns
    return choice


class _Herd:
    """The population over the columns that are alive, best value per money first; bit × animal."""

    def __init__(self, taking: Floats, room: Floats, weight: Ints, draw: np.random.Generator, known: Bits) -> None:
        self._taking = np.ascontiguousarray(taking.T)
        self._room = room
        self._weight = weight.astype(np.float64)
        self._draw = draw
        count = len(weight)
        slope = np.clip(np.linspace(1.2, -0.2, count), 0.05, 0.95)[:, None]
        self._animals: Bits = draw.random((count, _POPULATION)) < slope
        self._animals[:, 0] = known
        self._repair(self._animals)
        self._fitness = self._weight @ self._animals
        self._select()

    @property
    def best(self) -> int:
        return int(self._fitness[0])

    @property
    def first(self) -> Bits:
        return self._animals[:, 0]

    def step(self) -> None:
        """One generation: children of tournament winners; the best different animals stay."""
        size = self._animals.shape[1]
        pick = self._draw.integers(size, size=(4, _CHILDREN))
        # Animals are sorted by fitness, so the smaller position wins a tournament.
        mothers, fathers = np.minimum(pick[0], pick[1]), np.minimum(pick[2], pick[3])
        mask = self._draw.integers(2, size=(len(self._weight), _CHILDREN), dtype=np.int8).astype(bool)
        children = np.where(mask, self._animals[:, mothers], self._animals[:, fathers])
        for _ in range(2):
            children[self._draw.integers(len(self._weight), size=_CHILDREN), np.arange(_CHILDREN)] ^= True
        self._repair(children)
        self._animals = np.concatenate([self._animals, children], axis=1)
        self._fitness = np.concatenate([self._fitness, self._weight @ children])
        self._select()

    def _select(self) -> None:
        order = np.argsort(-self._fitness, kind="stable")
        packed = np.ascontiguousarray(np.packbits(self._animals[:, order], axis=0).T)
        names = packed.view([("", packed.dtype)] * packed.shape[1]).ravel()
        _, unique = np.unique(names, return_index=True)
        keep = order[np.sort(unique)[:_POPULATION]]
        self._animals = self._animals[:, keep]
        self._fitness = self._fitness[keep]

    def _repair(self, animals: Bits) -> None:
        """Drop from the worst while a row is broken, then add from the best what fits; in place."""
        left = self._room[:, None] - self._taking.T @ animals
        broken = (left < 0).any(axis=0)
        for bit in range(len(self._weight) - 1, -1, -1):
            if not broken.any():
                break
            drop = animals[bit] & broken
            animals[bit] ^= drop
            left += self._taking[bit][:, None] * drop
            broken = (left < 0).any(axis=0)
        for bit in range(len(self._weight)):
            add = ~animals[bit] & (left >= self._taking[bit][:, None]).all(axis=0)
            animals[bit] |= add
            left -= self._taking[bit][:, None] * add
