"""Monte-Carlo of activity networks: when will it end, what is critical, and what does that cost?

A duration is plan × exp(sigma × (√(1 − rho) z + √rho c)): lognormal with the plan as its median, z each activity's own normal
and c one normal of the whole project. What is done has its actual duration and no spread. Finish times go forward through the
network, slack backward (Van Slyke: Monte Carlo methods and the PERT problem, Operations Research 1963); an activity's
criticality is the share of samples in which it has no slack.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.executor import Executor, Here

Floats = NDArray[np.float64]

LEVELS = (0.1, 0.5, 0.8, 0.95)
_BLOCK = 8192  # samples computed together: so many that calls cost little, so few that they stay in the cache
_BINS = 4096


@dataclass(frozen=True)
class Activity:
    """`duration`: planned, in any unit of time; `after`: ids that must be finished; `sigma`: spread of the logarithm.

    `done`: the actual duration when it is finished. `cost`: fixed; `rate`: cost for each unit of time that it lasts.
    """

    id: str
    duration: float
    after: tuple[str, ...] = ()
    sigma: float = 0.3
    done: float | None = None
    cost: float = 0.0
    rate: float = 0.0


@dataclass(frozen=True)
class Schedule:
    """Samples of a project's end, and what is said of each activity (in order of id).

    `finish` (n, levels): quantiles of finish times at `levels`. `criticality` (n,). `end` (samples,), `cost` (samples,).
    `deterministic`: the end when every duration is its plan, or its actual where done.
    """

    ids: tuple[str, ...]
    levels: tuple[float, ...]
    finish: Floats
    criticality: Floats
    end: Floats
    cost: Floats
    deterministic: float

    def end_quantiles(self) -> Floats:
        """Quantiles of the end, shape (levels,)."""
        return quantiles(self.end, self.levels)

    def late(self, deadline: float) -> tuple[float, float]:
        """P(end > deadline) and the standard error of that number (by Laplace's rule, so never 0)."""
        return _share(self.end > deadline * (1 + 1e-12))  # sums of durations are rounded


@dataclass(frozen=True)
class JointConfidence:
    """The joint confidence level of a cost and a finish, with the two alone; `error`: standard error of `joint`."""

    joint: float
    cost: float
    time: float
    error: float


class CycleError(ValueError):
    """The activities wait for each other; `ids` is one such round."""

    def __init__(self, ids: Sequence[str]) -> None:
        super().__init__(f"a cycle: {' → '.join([*ids, ids[0]])}")
        self.ids = tuple(ids)


def _before(activities: Sequence[Activity]) -> list[list[int]]:
    """Predecessors of each activity (in order of id) as places, after checking them."""
    place = {one.id: number for number, one in enumerate(sorted(activities, key=lambda one: one.id))}
    if len(place) != len(activities):
        raise ValueError("an activity's id stands twice")
    before: list[list[int]] = [[] for _ in activities]
    for one in activities:
        numbers = (one.duration, one.sigma, one.done or 0.0)
        if not all(np.isfinite(number) and number >= 0 for number in numbers):
            raise ValueError(f"{one.id}: a duration or sigma is below 0 or no number")
        for name in one.after:
            if name not in place:
                raise ValueError(f"{one.id}: comes after {name}, which is unknown")
        before[place[one.id]] = sorted({place[name] for name in one.after})
    return before


def check(activities: Sequence[Activity]) -> None:
    """Raise ValueError, or CycleError, where `simulate` would."""
    rows = sorted(activities, key=lambda one: one.id)
    _in_order(_before(rows), [one.id for one in rows])


def _in_order(before: list[list[int]], ids: Sequence[str]) -> list[int]:
    """Places such that each comes after its predecessors; the smallest first where there is a choice."""
    missing = [len(one) for one in before]
    following: list[list[int]] = [[] for _ in before]
    for number, ones in enumerate(before):
        for one in ones:
            following[one].append(number)
    ready = [number for number, count in enumerate(missing) if not count]
    order: list[int] = []
    while ready:
        later: list[int] = []
        for number in ready:
            order.append(number)
            for one in following[number]:
                missing[one] -= 1
                if not missing[one]:
                    later.append(one)
        ready = sorted(later)
    if len(order) < len(before):
        raise CycleError([ids[number] for number in _round(before, set(range(len(before))) - set(order))])
    return order


def _round(before: list[list[int]], left: set[int]) -> list[int]:
    """One cycle among activities each of which has a predecessor left, beginning with its smallest."""
    seen: dict[int, int] = {}
    number = min(left)
    while number not in seen:
        seen[number] = len(seen)
        number = next(one for one in before[number] if one in left)
    cycle = [one for one, when in seen.items() if when >= seen[number]][::-1]
    start = cycle.index(min(cycle))
    return cycle[start:] + cycle[:start]


def simulate(
    activities: Sequence[Activity],
    *,
    correlation: float = 0.0,
    samples: int = 100_000,
    seed: int = 1,
    levels: Sequence[float] = LEVELS,
    fixed_cost: float = 0.0,
    burn_rate: float = 0.0,
    over: Callable[[], bool] = lambda: False,
    where: Executor | None = None,
) -> Schedule:
    """Sample the network; `burn_rate` is what a unit of the project's time costs, `correlation` rho from 0 to 1.

    The answer does not depend on the order of activities, nor on `where` blocks of samples are made (by default here); `over`
    is asked after every block of 8,192 and ends the run with what there is. Memory: 8 bytes × activities × samples. Raises
    ValueError for no activity, an unknown or repeated id, a number out of range; CycleError for a cycle.
    """
    if not activities:
        raise ValueError("there is no activity")
    if not 0 <= correlation <= 1:
        raise ValueError("the correlation is not between 0 and 1")
    rows = sorted(activities, key=lambda one: one.id)
    before = _before(rows)
    order = _in_order(before, [one.id for one in rows])
    network = _Network(rows, before, order, correlation)
    finish = np.empty((len(rows), samples))
    slackless = np.zeros(len(rows), np.int64)
    end, cost = np.empty(samples), np.empty(samples)
    made = 0
    blocks = [(number, min(_BLOCK, samples - first)) for number, first in enumerate(range(0, samples, _BLOCK))]
    for block in (where or Here()).map(_block, blocks, network, seed):
        part = slice(made, made + len(block.end))
        finish[:, part], end[part] = block.finish, block.end
        cost[part] = fixed_cost + block.cost + burn_rate * block.end
        slackless += block.slackless
        made += len(block.end)
        if over():
            break
    plain = np.array([[one.duration if one.done is None else one.done] for one in rows], dtype=np.float64)
    return Schedule(
        ids=tuple(one.id for one in rows),
        levels=tuple(levels),
        finish=np.stack([quantiles(row, levels) for row in finish[:, :made]]),
        criticality=slackless / made,
        end=end[:made],
        cost=cost[:made],
        deterministic=float(network.through(plain, np.empty((len(rows), 1)))[0][0]),
    )


@dataclass(frozen=True)
class _Block:
    finish: Floats
    slackless: NDArray[np.int64]
    end: Floats
    cost: Floats | float


def _block(piece: tuple[int, int], network: "_Network", seed: int) -> _Block:
    """Block (number, samples). Each has its own stream, so that a sample depends neither on how many there are nor on where."""
    number, count = piece
    draw = np.random.Generator(np.random.SFC64(np.random.SeedSequence([seed, number])))
    durations = network.durations(draw, count)
    finish = np.empty((len(durations), count))
    end, slackless = network.through(durations, finish)
    return _Block(finish, slackless, end, network.costs(durations))


class _Network:
    """The network as lists of places, and the durations' parameters."""

    def __init__(self, rows: Sequence[Activity], before: list[list[int]], order: list[int], correlation: float) -> None:
        self._before = before
        self._order = order
        self._after: list[list[int]] = [[] for _ in rows]
        for number, ones in enumerate(before):
            for one in ones:
                self._after[one].append(number)
        self._last = [number for number in range(len(rows)) if not self._after[number]]
        self._plan = np.array([one.duration if one.done is None else one.done for one in rows], dtype=np.float64)
        spread = np.array([one.sigma if one.done is None else 0.0 for one in rows])
        self._open = np.flatnonzero((spread > 0) & (self._plan > 0))
        sigma = spread[self._open, None]
        self._own = (sigma * np.sqrt(1 - correlation)).astype(np.float32)
        self._common = (sigma * np.sqrt(correlation)).astype(np.float32) if correlation else None
        self._fixed = sum(one.cost for one in rows)
        self._rates = np.array([one.rate for one in rows])

    def durations(self, draw: np.random.Generator, count: int) -> Floats:
        """Sampled durations, shape (n, count)."""
        normal = _normals(draw, (len(self._open) + 1) * count).reshape(-1, count)
        common, power = normal[0], normal[1:]
        power *= self._own
        if self._common is not None:
            power += self._common * common
        sampled = np.repeat(self._plan[:, None], count, axis=1)
        sampled[self._open] *= np.exp(power, out=power)
        return sampled

    def through(self, durations: Floats, finish: Floats) -> tuple[Floats, NDArray[np.int64]]:
        """Fill `finish`; the end, and in how many samples each activity has no slack."""
        for number in self._order:
            ones = self._before[number]
            if not ones:
                finish[number] = durations[number]
                continue
            start = finish[ones[0]]
            for one in ones[1:]:
                start = np.maximum(start, finish[one])
            np.add(start, durations[number], out=finish[number])
        end = finish[self._last[0]].copy()
        for number in self._last[1:]:
            np.maximum(end, finish[number], out=end)
        latest = np.empty_like(durations)  # the latest start that does not move the end
        rounding = end * 1e-9
        slackless = np.zeros(len(durations), np.int64)
        for number in reversed(self._order):
            ones = self._after[number]
            until = end if not ones else latest[ones[0]]
            for one in ones[1:]:
                until = np.minimum(until, latest[one])
            slackless[number] = int(np.count_nonzero(until - finish[number] <= rounding))
            np.subtract(until, durations[number], out=latest[number])
        return end, slackless

    def costs(self, durations: Floats) -> Floats | float:
        """What the activities cost in each sample."""
        if not self._rates.any():
            return float(self._fixed)
        total: Floats = self._fixed + self._rates @ durations
        return total


def _normals(draw: np.random.Generator, count: int) -> NDArray[np.float32]:
    """Standard normals (Box, Muller: A note on the generation of random normal deviates, 1958).

    Half the time of NumPy's own, since logarithm and cosine are computed for many at once. In single precision: rounding is far
    below the error of sampling, and the largest is 5.8, which ten million samples reach about once in ten times.
    """
    half = (count + 1) // 2
    uniform = draw.random((2, half), dtype=np.float32)
    radius = np.sqrt(np.float32(-2) * np.log1p(-uniform[0]))
    angle = np.float32(2 * np.pi) * uniform[1]
    normal = np.empty(2 * half, np.float32)
    np.multiply(radius, np.cos(angle), out=normal[:half])
    np.multiply(radius, np.sin(angle), out=normal[half:])
    return normal[:count]


def quantiles(values: Floats, levels: Sequence[float]) -> Floats:
    """The smallest values that at least these shares of the values do not exceed, exactly, without sorting all."""
    low, high = float(values.min()), float(values.max())
    if not high > low:
        return np.full(len(levels), low)
    bins = ((values - low) * (_BINS / (high - low))).astype(np.int32)
    before = np.cumsum(np.bincount(bins, minlength=_BINS + 1))
    found = []
    for level in levels:
        place = min(max(int(np.ceil(level * len(values) - 1e-9)) - 1, 0), len(values) - 1)
        number = int(np.searchsorted(before, place, side="right"))
        inside = values[bins == number]
        skipped = place - (int(before[number - 1]) if number else 0)
        found.append(float(np.partition(inside, skipped)[skipped]))
    return np.array(found)


def joint_confidence(schedule: Schedule, cost: float, finish: float) -> JointConfidence:
    """P(cost ≤ this and end ≤ that): the joint cost and schedule confidence level (NASA Cost Estimating Handbook)."""
    within, soon = schedule.cost <= cost, schedule.end <= finish
    joint, error = _share(within & soon)
    return JointConfidence(joint, float(within.mean()), float(soon.mean()), error)


def _share(hits: NDArray[np.bool_]) -> tuple[float, float]:
    count, total = int(hits.sum()), len(hits)
    smooth = (count + 1) / (total + 2)
    return count / total, float(np.sqrt(smooth * (1 - smooth) / total))
