"""From a model to a choice with a bound: prices, rounding, exchange, growing cores, and for pure knapsacks breeding."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from jiandao.engines.portfolio.exchange import Exchange, fits, slack_of, weight_of
from jiandao.engines.portfolio.merging import Merging
from jiandao.engines.portfolio.model import Ints, Model
from jiandao.engines.portfolio.packing import breed, only_takes
from jiandao.engines.portfolio.prices import Prices, prices, rounded
from jiandao.engines.portfolio.solver import solve_columns
from jiandao.engines.runs import Clock

Cores = tuple[tuple[int, int, int], ...]
# (projects left free, nodes, rounds of merging afterwards)
CORES = ((80, 60, 4), (120, 60, 4), (160, 100, 4), (320, 200, 4), (640, 500, 4))
FEW_CORES = ((40, 50, 0), (80, 100, 0))
_IDLE_GENERATIONS = 1500


@dataclass(frozen=True)
class Found:
    """`choice`: None when nothing was found; `weight` and `bound` in units of weight; `proved`: nothing weighs more.

    `possible` is False when it is proved that no choice keeps all rules.
    """

    choice: Ints | None
    weight: int
    bound: float
    possible: bool = True
    prices: Prices | None = None

    @property
    def bound_of_prices(self) -> float:
        """The bound that the prices prove; `bound` may be lower, after a search of all that could be better."""
        return self.prices.bound if self.prices is not None else self.bound

    @property
    def gap(self) -> float:
        """(bound − weight) / bound; 0 when both are 0."""
        return max(0.0, self.bound - self.weight) / self.bound if self.bound > 0 else 0.0


def search(
    model: Model,
    *,
    gap: float = 1e-3,
    clock: Clock | None = None,
    seed: int = 7,
    cores: Cores = CORES,
    known: Ints | None = None,
    step: Callable[[], None] = lambda: None,
) -> Found:
    """The best choice that the effort allows. Ends at `gap`, at proved optimality, or when the clock is over.

    `cores`: others than CORES, to give up sooner. `known`: a choice to begin with.
    `step` is called between them.
    """
    clock = clock or Clock()
    found = prices(model, clock)
    if found is None:
        return Found(None, 0, 0.0, possible=False)
    return search_at(model, found, gap=gap, clock=clock, seed=seed, cores=cores, known=known, step=step)


def search_at(
    model: Model,
    found: Prices,
    *,
    gap: float,
    clock: Clock,
    seed: int = 7,
    cores: Cores = CORES,
    known: Ints | None = None,
    step: Callable[[], None] = lambda: None,
) -> Found:
    """The same with given prices, which need not be the best ones."""
    state = _Search(model, found, gap, clock, seed, step)
    if known is not None:
        state.offer(known)
    state.offer(state.exchange.improve(rounded(model, found)))
    if only_takes(model) and not state.done():
        state.core(*FEW_CORES[0][:2])
        state.breed(full=cores is CORES)
    state.grow(cores)
    if cores is CORES:
        state.finish()
    return Found(state.choice, state.weight, state.bound, state.possible, found)


class _Search:
    def __init__(
        self, model: Model, found: Prices, gap: float, clock: Clock, seed: int, step: Callable[[], None]
    ) -> None:
        self.model, self.found, self.clock, self.seed, self.step = model, found, clock, seed, step
        self.gap = gap
        self.exchange = Exchange(model, found)
        self.choice: Ints | None = None
        self.weight = 0
        self.bound = found.bound
        self.possible = True
        self._margin = found.margin(model)
        split = (found.share > 1e-7) & (found.share < 1 - 1e-7)
        self._margin[model.project[split]] = -1.0
        self._order = np.argsort(self._margin, kind="stable")

    def offer(self, choice: Ints) -> bool:
        """Take a choice that keeps all rows and weighs more."""
        weight = weight_of(self.model, choice)
        if (self.choice is None or weight > self.weight) and fits(self.model, choice):
            self.choice, self.weight = choice, weight
            return True
        return False

    def done(self) -> bool:
        """Whether to stop: out of time, impossible, or close enough to the bound."""
        self.step()
        if self.choice is not None and self.bound - self.weight <= max(self.gap * self.bound, 0.999):
            return True
        return self.clock.over() or not self.possible

    def grow(self, cores: Cores) -> None:
        """Larger and larger cores, and after each what its answer and its neighbours have in common."""
        merging = Merging(self.model, self.found, self._order, self.seed)
        for projects, nodes, rounds in cores:
            if self.done() or self.core(min(projects, len(self._order)), nodes) or projects >= len(self._order):
                return
            for _ in range(rounds):
                if self.choice is None or self.done():
                    break
                for choice in merging.round(self.choice, self.clock):
                    self.offer(choice)

    def finish(self) -> None:
        """All that may be part of a better choice, until the gap is reached, proved or out of time."""
        nodes = 2000
        while not self.done():
            before = self.bound, self.weight
            if self.core(len(self._order), nodes):
                return
            nodes *= 4
            if nodes > 10**7 and (self.bound, self.weight) == before:
                return

    def breed(self, *, full: bool) -> None:
        """Pure knapsacks: generations until many in a row bring nothing."""
        assert self.choice is not None
        idle = 0
        for choice, better in breed(self.model, self.found, self.choice, self.seed):
            if better:
                self.offer(choice)
            idle = 0 if better else idle + 1
            if idle >= (_IDLE_GENERATIONS if full else 50) or self.done():
                return

    def core(self, projects: int, nodes: int) -> bool:
        """Solve with so many projects free and the others as they are now; True when nothing better is possible."""
        model = self.model
        now = rounded(model, self.found)
        free_project = np.zeros(len(self._order), dtype=bool)
        free_project[self._order[:projects]] = True
        columns = np.nonzero(free_project[model.project] & (model.upper > 0))[0]
        # A column whose loss reaches what lies between bound and weight is in no better choice.
        between = self.found.bound - self.weight if self.choice is not None else np.inf
        could = self.found.loss <= between
        everything = bool(free_project.all())
        if not everything and self.choice is not None:
            best = np.where(self.found.loss <= 0, np.arange(len(model.weight)), -1)
            settled = np.full(len(self._order), -1)
            np.maximum.at(settled, model.project, best)
            at_best = np.where(settled < 0, len(model.weight), settled) == now
            everything = bool((free_project | (at_best & (self._margin > between))).all())
        if self.choice is not None:
            columns = columns[could[columns] | (now[model.project[columns]] == columns)]
        base = np.where(free_project, len(model.weight), now)
        room = slack_of(model, base)
        solved = solve_columns(model, columns, room, self.clock, nodes)
        status, share, bound = solved
        if status == 2 and everything and self.choice is None:
            self.possible = False
            return True
        exact = True
        if share is not None:
            choice = base.copy()
            chosen = columns[share > 0.5]
            choice[model.project[chosen]] = chosen
            exact = fits(model, choice)
            if not exact:
                choice = self.exchange.improve(choice)
            self.offer(choice)
            self.offer(self.exchange.improve(choice, steps=50))
        if everything and bound is not None:
            self.bound = min(self.bound, max(float(self.weight), bound + weight_of(model, base) + 1e-6))
        return everything and exact and status in {0, 2}
