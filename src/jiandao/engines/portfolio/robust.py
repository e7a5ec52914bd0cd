"""A decision whose points hold even when some chosen projects, whichever they are, bring less than expected.

With count Γ the value of a choice is its points less the Γ greatest shortfalls among what is chosen, where column c may fall
short by d_c (Bertsimas and Sim, Robust discrete optimization and network flows, Mathematical Programming 98, 2003). Since the
sum of the Γ greatest is min over p ≥ 0 of Γp + Σ max(0, d_c − p), the best choice is the best over p of a usual plan in which
column c is worth its points less max(0, d_c − p), and only p = 0 and the shortfalls themselves need be looked at. Weights grow
with p, so that the bound of a usual plan at p₂, less Γp₁, holds for all p from p₁ to p₂: ranges are halved where it is greatest.
"""

import bisect
import heapq
import math
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import numpy as np

from jiandao.engines.files import UnfinishedError
from jiandao.engines.portfolio.changes import by_id
from jiandao.engines.portfolio.decision import (
    Decision,
    decide,
    decision_of,
    impossible,
    refuse_contradictions,
    status_of,
    undecided,
)
from jiandao.engines.portfolio.model import Floats, Ints, Model, build
from jiandao.engines.portfolio.patience import Patience
from jiandao.engines.portfolio.plan import Plan
from jiandao.engines.portfolio.prices import Prices, priced, prices
from jiandao.engines.portfolio.search import CORES, FEW_CORES, Found, search_at
from jiandao.engines.portfolio.uncertain import bound_of, value_of
from jiandao.engines.runs import Clock

_RELAXATIONS = 60  # linear programmes that a run may take
_SPLITS = 2000
_SEARCHES = 6


@dataclass(frozen=True)
class Robust:
    """`expected`: points of the decision when nothing falls short; `shortfall`: what the worst case takes of them;
    `threshold`: shortfalls count from there on."""

    expected: float
    shortfall: float
    threshold: float


def shortfalls(model: Model) -> Floats:
    """Points by which each column may fall short: one standard deviation of its project, at most all that it brings."""
    deviation = np.array([project.sd for project in model.plan.projects])
    found: Floats = np.minimum(deviation[model.project] * model.factor, model.points)
    return found


def decide_robustly(
    plan: Plan,
    count: int,
    *,
    gap: float = 1e-3,
    clock: Clock | None = None,
    seed: int = 7,
    step: Callable[[], None] = lambda: None,
) -> tuple[Decision, Robust | None]:
    """The decision of greatest value when any `count` projects fall short at once, and what that value is made of.

    `value` and `bound` of the decision are about that worst case; its model counts points at the threshold. None for a plan
    without a decision. Errors as `decide`.
    """
    clock = clock or Clock()
    if not count:
        usual = decide(plan, gap=gap, clock=clock, seed=seed, step=step)
        return usual, None if usual.relaxation else Robust(usual.value, 0.0, math.inf)
    refuse_contradictions(plan)
    state = _Search(build(plan, Patience(clock)), count, gap, clock, seed, step)
    if not state.run():
        return impossible(state.model, Found(None, 0, 0.0), clock), None
    if state.choice is None:
        raise undecided()
    threshold = state.threshold_of(state.choice)
    model = state.at(threshold)
    found = state.priced(threshold)
    assert found is not None
    choice = by_id(model, state.choice, deviations=True)
    decision = decision_of(model, Found(choice, 0, found.bound, prices=found), choice, gap=gap)
    assert decision.found.choice is not None
    expected = value_of(state.model, decision.found.choice)
    value = decision.value - count * threshold
    bound = max(value, state.bound())
    robust = Robust(expected, max(0.0, expected - value), threshold)
    share = (bound - value) / bound if bound > 0 else 0.0
    status = status_of(state.model, share, (bound - value) * state.model.unit, gap)
    return replace(decision, status=status, value=value, bound=bound, gap=max(0.0, share)), robust


class _Search:
    """Ranges of thresholds, the one with the greatest bound first."""

    def __init__(self, model: Model, count: int, gap: float, clock: Clock, seed: int, step: Callable[[], None]) -> None:
        self.model, self._count, self._gap, self._clock, self._seed, self._step = model, count, gap, clock, seed, step
        self._short = shortfalls(model)
        self._levels = np.unique(np.append(0.0, self._short[model.upper > 0]))
        self._solved: dict[float, Prices] = {}
        self._ranges: list[tuple[float, int, int]] = []  # (-bound, first level, last level)
        self._closed = -math.inf  # the greatest bound of a level that was searched
        self.choice: Ints | None = None
        self.value = -math.inf

    def at(self, threshold: float) -> Model:
        """The usual plan at a threshold."""
        points = self.model.points - np.maximum(0.0, self._short - threshold)
        return replace(self.model, points=points, weight=np.rint(points * self.model.unit).astype(np.int64))

    def priced(self, threshold: float) -> Prices | None:
        """Prices of that plan; None when no choice keeps all rules."""
        if threshold not in self._solved:
            found = prices(self.at(threshold), self._clock)
            if found is None:
                return None
            self._solved[threshold] = found
        return self._solved[threshold]

    def bound(self) -> float:
        """No choice is worth more in the worst case."""
        return max(self._closed, -self._ranges[0][0] if self._ranges else -math.inf)

    def threshold_of(self, choice: Ints) -> float:
        """From where shortfalls count in the worst case of a choice."""
        worst = self._worst(choice)
        return float(worst[-1]) if len(worst) >= self._count else 0.0

    def _worst(self, choice: Ints) -> Floats:
        """The shortfalls of a choice in its worst case, the greatest first."""
        taken: Floats = np.sort(self._short[choice[choice < len(self.model.weight)]])[::-1]
        return taken[: self._count]

    def run(self) -> bool:
        """Until the gap is reached or the effort ends; False when no choice keeps all rules."""
        last = len(self._levels) - 1
        # The most cautious and the least: something to measure bounds by.
        if not all(self._look(level, closing=False) for level in sorted({0, last})):
            return False
        self._add(0, last)
        searches = splits = 0
        while self._ranges and not self._done():
            first, last = self._ranges[0][1:]
            if first < last and splits < _SPLITS:
                heapq.heappop(self._ranges)
                splits += 1
                middle = (first + last) // 2
                self._add(first, middle)
                self._add(middle + 1, last)
            elif first == last and searches < _SEARCHES:
                heapq.heappop(self._ranges)
                searches += 1
                self._look(first, closing=True)
            else:
                break
        return True

    def _done(self) -> bool:
        self._step()
        near = self.bound() - self.value <= max(self._gap * abs(self.bound()), 0.999 / self.model.unit)
        return self._clock.over() or (self.choice is not None and near)

    def _add(self, first: int, last: int) -> None:
        """A range with its bound, by prices that are known near its end, or if these do not rule it out by its own."""
        threshold = float(self._levels[last])
        model, lost = self.at(threshold), self._count * float(self._levels[first])
        known = sorted(self._solved)
        place = bisect.bisect(known, threshold)
        bound = math.inf
        for near in known[max(0, place - 1) : place + 1]:
            bound = min(bound, bound_of(model, priced(model, self._solved[near].row, np.zeros(0)).bound) - lost)
        if bound > self.value and len(self._solved) < _RELAXATIONS and not self._clock.over():
            with suppress(UnfinishedError):  # the other bound holds as well
                own = self.priced(threshold)
                bound = bound if own is None else min(bound, bound_of(model, own.bound) - lost)
        heapq.heappush(self._ranges, (-bound, first, last))

    def _look(self, level: int, *, closing: bool) -> bool:
        """Search at a level for a better choice, and with `closing` for the bound of the level; False as in `run`."""
        threshold = float(self._levels[level])
        own = self.priced(threshold)
        if own is None:
            return False
        model = self.at(threshold)
        cores = CORES[:2] if closing else FEW_CORES  # not to the end: the next level may be better
        found = search_at(
            model,
            own,
            gap=self._gap / 2,
            clock=self._clock,
            seed=self._seed,
            cores=cores,
            known=self.choice,
            step=self._step,
        )
        if found.choice is not None:
            value = value_of(self.model, found.choice) - math.fsum(self._worst(found.choice).tolist())
            if value > self.value:
                self.choice, self.value = found.choice, value
        if closing:
            self._closed = max(self._closed, bound_of(model, found.bound) - self._count * threshold)
        return found.possible
