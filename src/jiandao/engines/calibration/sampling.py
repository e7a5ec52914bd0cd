"""Several chains of the model, each a piece of work that may run anywhere, and what they say together."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.calibration.model import Chain, Given, Narrow
from jiandao.engines.calibration.moments import Moments, rhat, rhat_of_means
from jiandao.engines.calibration.records import Floats, Ints, Reviews, Spread
from jiandao.engines.executor import Executor, Here
from jiandao.engines.runs import Clock

CHAINS = 4  # never by the number of workers, on which no answer may depend
LONG = 150_000  # reviews with which a chain takes a second, so that it pays to begin processes at once
_WARM = 100  # sweeps of a chain that are thrown away
_WORK = 1e8  # reviews × sweeps of a chain
_MOST, _LEAST = 400, 50  # sweeps of a chain that count
# Ranks and fitted scores are kept of so many draws of a chain, fewest and most, and of so many reviews × draws.
_DRAWS, _KEPT = (25, 200), 4e7
_PARTS = 4  # of a chain, whose means are compared

# Chains agree unless R-hat of scores is above the first; or that of a spread is above the second and their means of it are
# farther apart than the third, in deviations of scores (of scales: in scales). Of a million reviews spreads are known to the
# third digit, and it takes long until chains agree on that; no score changes by it.
_SCORES, _SPREADS, _FAR = 1.1, 1.2, 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Means, deviations and intervals. score, score_sd (P): mean + quality; bias is level - mean. fitted, fitted_sd (N):
    expected score of each review. low, high (P): 5 % and 95 % of ranks, 1 is best. error (P): Monte Carlo error of score.
    spread: means. chains, sweeps: made, the latter by all chains together. rhat: of each spread, and the greatest of scores.
    agreed: by the rule above."""

    mean: float
    score: Floats
    score_sd: Floats
    bias: Floats
    bias_sd: Floats
    scale: Floats
    scale_sd: Floats
    fitted: Floats
    fitted_sd: Floats
    low: Ints
    high: Ints
    error: Floats
    spread: Spread
    chains: int
    sweeps: int
    rhat: dict[str, float]
    agreed: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    """`sweeps` of each chain count; every so many of them ranks and fitted scores are kept. ends: of the chains, see
    `Clock.until`."""

    seed: int
    scales: bool
    sweeps: int
    every: int
    ends: tuple[float | None, ...]

    @classmethod
    def of(cls, size: int, clock: Clock, workers: int, *, seed: int, scales: bool) -> "_Plan":
        """Chains that wait for others end later, so that each gets the same part of the time."""
        sweeps = int(np.clip(_WORK / size, _LEAST, _MOST))
        kept = min(sweeps, int(np.clip(_KEPT / size, *_DRAWS)))
        rounds = -(-CHAINS // workers)
        ends = tuple(clock.until((number // workers + 1) / rounds) for number in range(CHAINS))
        return cls(seed, scales, sweeps, -(-sweeps // kept), ends)

    def tails(self) -> tuple[int, int]:
        """How many of its least and of its greatest ranks a chain must tell."""
        return _places(CHAINS * -(-self.sweeps // self.every))


def _places(draws: int) -> tuple[int, int]:
    """Which of so many is the 5 % quantile, from below, and which that of 95 %, from above."""
    return -(-draws // 20), draws // 20 + 1


class _Tally:
    """What one chain says, or several. fitted (N): of the draws that were kept, of which low and high (some, P) are the least and
    the greatest ranks. halves, parts (P): mean scores of stretches of chains. traces: spreads and mean, sweep by sweep."""

    def __init__(self, count: int, people: int, size: int) -> None:
        self.score, self.bias, self.scale = Moments(count), Moments(people), Moments(people)
        self.fitted, self.halves, self.parts = Moments(size), Moments(count), Moments(count)
        self.traces: list[Floats] = []
        self.low: list[Narrow] = []
        self.high: list[Narrow] = []
        self.early = False

    def add(self, chain: Chain) -> None:
        """A sweep."""
        self.score.add(chain.quality_mean + chain.mean, chain.quality_variance)
        self.bias.add(chain.bias_mean, chain.bias_variance)
        self.scale.add(chain.scale)

    def stretches(self, means: list[Floats]) -> None:
        """Means of the consecutive parts of a chain, as long as each other."""
        for mean in means:
            self.parts.add(mean)
        cut = len(means) // 2
        for half in (means[:cut], means[cut:]):
            if half:
                self.halves.add(np.mean(half, axis=0))

    def ranked(self, ranks: Narrow, low: int, high: int) -> None:
        """Keep so many of the least and of the greatest of ranks (draws, P): fewer numbers to send, and the same answer."""
        if low + high < len(ranks):
            ranks.partition((low - 1, len(ranks) - high), axis=0)
            self.low.append(ranks[:low].copy())
            self.high.append(ranks[-high:].copy())
        else:
            self.low.append(ranks)
            self.high.append(ranks)

    def join(self, other: "_Tally") -> None:
        """Another chain."""
        for name in ("score", "bias", "scale", "fitted", "halves", "parts"):
            getattr(self, name).join(getattr(other, name))
        self.traces += other.traces
        self.low += other.low
        self.high += other.high
        self.early |= other.early

    def interval(self) -> tuple[Ints, Ints]:
        """5 % and 95 % quantiles of the ranks (P): each is a rank that was drawn."""
        low, high = _places(self.fitted.count)
        return _smallest(self.low, low), -_smallest([-ranks for ranks in self.high], high)


def _smallest(chains: list[Narrow], place: int) -> Ints:
    """Of each column the so-manieth from below, over all chains."""
    found: list[NDArray[np.int32]] = []
    for first in range(0, chains[0].shape[1], 1 << 16):
        block = np.concatenate([ranks[:, first : first + (1 << 16)] for ranks in chains])
        block.partition(place - 1, axis=0)
        found.append(block[place - 1])
    return np.concatenate(found).astype(np.int64)


def _run(number: int, given: Given, plan: _Plan, stop: Callable[[], bool] | None = None) -> _Tally:
    """One chain, with a stream of its own."""
    clock = Clock.ending(plan.ends[number], stop)
    chain = Chain(given, np.random.default_rng([plan.seed, number]), scales=plan.scales)
    for _ in range(_WARM):
        chain.sweep()
    tally = _Tally(chain.count, chain.people, len(given.score))
    parts: list[Moments] = []
    trace: list[tuple[float, ...]] = []
    ranks = np.empty((-(-plan.sweeps // plan.every), chain.count), dtype=np.int32)
    place = np.arange(1, chain.count + 1, dtype=np.int32)
    for done in range(plan.sweeps):
        if done >= plan.sweeps // 10 and clock.over():
            break
        chain.sweep()
        tally.add(chain)
        trace.append(chain.spreads())
        if done * _PARTS // plan.sweeps == len(parts):
            parts.append(Moments(chain.count))
        parts[-1].add(chain.quality_mean + chain.mean)
        if not done % plan.every:
            ranks[tally.fitted.count, np.argsort(-chain.quality, kind="stable")] = place
            tally.fitted.add(chain.fitted())
    tally.early = clock.reached
    tally.traces.append(np.array(trace))
    tally.stretches([part.mean for part in parts])
    tally.ranked(ranks[: tally.fitted.count], *plan.tails())
    return tally


def sample(
    reviews: Reviews, *, seed: int, scales: bool = True, clock: Clock | None = None, where: Executor | None = None
) -> Posterior:
    """What the reviews say. `scales`: False for the additive model, in which all experts spread scores alike.

    The same seed gives the same answer, wherever the chains run. A clock that runs out ends each chain early, once a tenth
    of its sweeps that count are made, and begins no other; `clock.stop` is asked in this process only.
    """
    clock, where = clock or Clock(), where or Here()
    given = Given.of(reviews)
    plan = _Plan.of(len(given.score), clock, where.workers, seed=seed, scales=scales)
    run = partial(_run, stop=clock.stop) if isinstance(where, Here) else _run
    found = _Tally(len(reviews.proposals), given.people, len(given.score))
    for tally in where.map(run, _numbers(clock), given, plan):
        found.join(tally)
        clock.reached |= tally.early
    return _posterior(found, given)


def _numbers(clock: Clock) -> Iterator[int]:
    """Of the chains; where they run one after the other, those for which there is time."""
    yield 0
    for number in range(1, CHAINS):
        if clock.over():
            return
        yield number


def _posterior(found: _Tally, given: Given) -> Posterior:
    unit, level = given.unit, given.level
    names = ("quality", "bias", "scale", "noise")
    agreement = {name: rhat([trace[:, which] for trace in found.traces]) for which, name in enumerate(names)}
    means = np.array([trace.mean(axis=0) for trace in found.traces])
    far = [name for name, width in zip(names, np.ptp(means, axis=0).tolist(), strict=False) if width > _FAR]
    scores = rhat_of_means(found.halves, found.score)
    tau, beta, gamma, sigma, steady, mean = np.concatenate(found.traces).mean(axis=0).tolist()
    low, high = found.interval()
    parts = found.parts
    return Posterior(
        mean=mean * unit + level,
        score=found.score.mean * unit + level,
        score_sd=np.sqrt(found.score.variance()) * unit,
        bias=found.bias.mean * unit,
        bias_sd=np.sqrt(found.bias.variance()) * unit,
        scale=found.scale.mean,
        scale_sd=np.sqrt(found.scale.variance()),
        fitted=found.fitted.mean * unit + level,
        fitted_sd=np.sqrt(found.fitted.variance()) * unit,
        low=low,
        high=high,
        error=np.sqrt(parts.variance() / (parts.count - 1 if parts.count > 1 else np.nan)) * unit,
        spread=Spread(tau * unit, beta * unit, gamma, sigma * unit, steady),
        chains=len(found.traces),
        sweeps=found.score.count,
        rhat={**agreement, "scores": scores},
        agreed=not (scores > _SCORES or any(agreement[name] > _SPREADS for name in far)),
    )
