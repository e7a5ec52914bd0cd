"""Many good choices near the best one; what they agree on is kept, the rest is solved exactly.

Kicks with local search give the neighbours (iterated local search); merging them with a mixed-integer solver follows
construct, merge, solve and adapt (Blum et al. 2016).
"""

import numpy as np

from jiandao.engines.portfolio.exchange import Exchange, fits, slack_of, weight_of
from jiandao.engines.portfolio.model import Ints, Model
from jiandao.engines.portfolio.prices import Prices
from jiandao.engines.portfolio.solver import solve_columns
from jiandao.engines.runs import Clock

_NEIGHBOURS = 40
_KEPT = 20
_KICKED = 3  # projects changed at once
_POOL = 80  # among so many of the least margin
_NODES = 50


class Merging:
    """Rounds of neighbours and merging for one model. `order`: projects by margin, the least first."""

    def __init__(self, model: Model, found: Prices, order: Ints, seed: int) -> None:
        self._model, self._found = model, found
        self._pool = order[:_POOL]
        self._draw = np.random.default_rng(seed)
        self._exchange = Exchange(model, found, 120)
        self._good: list[Ints] = []

    def round(self, best: Ints, clock: Clock) -> list[Ints]:
        """Choices that may be better than the best."""
        self._keep([*self._good, best])
        for _ in range(_NEIGHBOURS):
            if clock.over():
                break
            near = self._neighbour(self._good[self._draw.integers(len(self._good))])
            if fits(self._model, near):
                self._good.append(near)
        self._keep(self._good)
        merged = self._merged(clock)
        self._keep([*self._good, *merged])
        return self._good[:1]

    def _keep(self, choices: list[Ints]) -> None:
        different = {choice.tobytes(): choice for choice in choices}.values()
        self._good = sorted(different, key=lambda choice: (-weight_of(self._model, choice), choice.tobytes()))[:_KEPT]

    def _neighbour(self, choice: Ints) -> Ints:
        """A local optimum after some projects near the border were set otherwise."""
        model, none = self._model, len(self._model.weight)
        near = choice.copy()
        held = np.zeros(len(choice), dtype=bool)
        for project in self._draw.choice(self._pool, min(_KICKED, len(self._pool)), replace=False):
            own = range(model.first[project], model.first[project + 1])
            others = [
                (0.0 if column == none else -self._found.profit[column], column)
                for column in (*own, none)
                if column != near[project] and (column == none or model.upper[column] > 0)
            ]
            if others:
                often = self._draw.random() < 0.8  # mostly the best other column
                near[project] = min(others)[1] if often else others[self._draw.integers(len(others))][1]
                held[project] = True
        near = self._exchange.improve(near, held=held, steps=8)
        return self._exchange.improve(near, steps=8)

    def _merged(self, clock: Clock) -> list[Ints]:
        model, none = self._model, len(self._model.weight)
        good = np.array(self._good)
        differ = (good != good[0]).any(axis=0)
        columns = np.unique(good[:, differ])
        columns = columns[columns < none]
        base = np.where(differ, none, good[0])
        if not len(columns):
            return []
        _, share, _ = solve_columns(model, columns, slack_of(model, base), clock, _NODES)
        if share is None:
            return []
        chosen = columns[share > 0.5]
        base[model.project[chosen]] = chosen
        improved = self._exchange.improve(base, steps=30)
        return [choice for choice in (base, improved) if fits(model, choice)]
