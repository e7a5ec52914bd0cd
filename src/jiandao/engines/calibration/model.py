"""A model of harsh and lenient, wide and narrow, steady and noisy experts, and what the reviews say about it.

    score = level_e + scale_e × quality_p + noise,            noise ~ N(0, σ_e² / weight)
    quality ~ N(0, τ²), level ~ N(mean, β²), scale ~ N(1, γ²) above 0.1, σ_e² ~ scaled inverse χ²(ν, σ² scale_e^2κ)

Crossed random effects (Searle, Casella, McCulloch: Variance Components, 1992) with a slope and a noise of each expert. The
reviews of all others say how far a level, a scale or a noise is to be believed: little evidence is drawn to what is usual
(shrinkage; Efron and Morris, Stein's estimation rule and its competitors, JASA 68, 1973). The spreads τ, β, γ, σ, ν, and the
power κ (0, ½, 1) by which the noise of wide experts grows, are learnt from the same reviews; they are drawn, not fixed, so
that intervals hold with few experts, too. Gibbs sampling (Gelfand and Smith, JASA 85, 1990), with levels centred at the mean
so that it mixes (Gelfand, Sahu, Carlin, Biometrika 82, 1995); all conditionals are conjugate but that of scales when κ > 0,
which gets a Metropolis-Hastings step. Means and variances of qualities and biases are averaged over conditionals
(Rao-Blackwell), which makes them steady.
"""

import dataclasses
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln

from jiandao.engines.calibration.records import Floats, Reviews, Spread
from jiandao.engines.runs import Clock

_WORK = 2e8  # reviews × sweeps that a run may take
_MOST, _LEAST = 1500, 100  # sweeps after the first fifth
_KEPT = 200_000_000  # ranks that may be stored
_BATCHES = 20
_NARROWEST = 0.1  # of scales
# What is thought of deviations before any review is seen, each worth so many observations: with few experts or proposals
# the reviews alone cannot tell the sources of variation apart.
_PRIOR = 2.0
_PRIOR_SCALE = 0.15
_GROWTH = np.array([0.0, 0.5, 1.0])  # possible powers of the scale by which noise grows
_STEADY = np.array([3.0, 6.0, 12.0, 25.0, 50.0, 100.0])  # possible ν


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Means, deviations and draws. score, score_sd (P): mean + quality; bias is level - mean. fitted, fitted_sd (N):
    expected score of each review. ranks (draws, P): 1 is best. error (P): Monte Carlo error of score. spread: means."""

    mean: float
    score: Floats
    score_sd: Floats
    bias: Floats
    bias_sd: Floats
    scale: Floats
    scale_sd: Floats
    fitted: Floats
    fitted_sd: Floats
    ranks: NDArray[np.int32]
    error: Floats
    spread: Spread
    sweeps: int


class _Moments:
    """Running mean and variance of conditionals."""

    def __init__(self, size: int) -> None:
        self._first, self._second, self._inner = np.zeros(size), np.zeros(size), np.zeros(size)
        self._start: Floats | None = None
        self._count = 0

    def add(self, values: Floats, variance: Floats | float = 0.0) -> None:
        if self._start is None:
            self._start = values.copy()  # keeps the squares small
        moved = values - self._start
        self._first += moved
        self._second += moved * moved
        self._inner += variance
        self._count += 1

    def mean(self) -> Floats:
        assert self._start is not None
        return self._start + self._first / self._count

    def deviation(self) -> Floats:
        between = self._second / self._count - (self._first / self._count) ** 2
        return np.sqrt(np.maximum(between, 0.0) + self._inner / self._count)


def step_of(scores: Floats) -> float:
    """The step in which scores were given: 1, 0.1, … 0.000001; 0 when they have more digits."""
    for digits in range(7):
        scaled = scores * 10.0**digits
        if (np.abs(scaled - np.rint(scaled)) <= 1e-9 * np.maximum(1.0, np.abs(scaled))).all():
            return float(10.0**-digits)
    return 0.0


class _Chain:
    """The unknowns, and one sweep over them."""

    def __init__(self, reviews: Reviews, unit: float, random: np.random.Generator) -> None:
        self.reviews, self.random = reviews, random
        self.count, self.people = len(reviews.proposals), len(reviews.experts)
        self.total = float(reviews.score.std())
        self.floor = (1e-6 * (self.total or max(1.0, abs(float(reviews.score.mean()))))) ** 2
        # A score is known to half a step only: what is fitted cannot be surer, even where all scores are equal.
        self.rounding = step_of(reviews.score * unit) ** 2 / 12 / unit**2
        self.typical = max(self.total**2 / 3, self.rounding, self.floor)
        self.reviewed = np.bincount(reviews.expert, minlength=self.people)
        self.weight_of = self.by_expert(reviews.weight)
        self.mean = float(np.average(reviews.score, weights=reviews.weight))
        self.level = np.full(self.people, self.mean)
        self.scale = np.ones(self.people)
        self.noise = np.full(self.people, self.typical)  # variances
        self.quality = np.zeros(self.count)
        self.tau = self.beta = self.sigma = self.typical
        self.gamma = _PRIOR_SCALE**2
        self.steady = 12.0
        self.grows = 0.0

    def by_expert(self, values: Floats) -> Floats:
        return np.bincount(self.reviews.expert, weights=values, minlength=self.people).astype(np.float64)

    def sweep(self, *, scales: bool) -> None:
        """Draw everything once, each given the rest. Without `scales` all experts spread scores alike."""
        self._qualities()
        self._experts(scales=scales)
        self._noises()
        self._spreads(scales=scales)

    def _qualities(self) -> None:
        reviews = self.reviews
        scale = self.scale[reviews.expert]
        precision = reviews.weight / self.noise[reviews.expert]
        slope = precision * scale
        rest = reviews.score - self.level[reviews.expert]
        precise = np.bincount(reviews.proposal, weights=slope * scale, minlength=self.count) + 1 / self.tau
        self.quality_mean = np.bincount(reviews.proposal, weights=slope * rest, minlength=self.count) / precise
        self.quality_variance = 1 / precise
        draw = self.random.standard_normal(self.count)
        self.quality = self.quality_mean + draw * np.sqrt(self.quality_variance)

    def _experts(self, *, scales: bool) -> None:
        """Level and scale of each expert together, then what an average expert has."""
        reviews = self.reviews
        quality = self.quality[reviews.proposal]
        tilted = reviews.weight * quality
        score = reviews.score - self.mean
        a = self.weight_of / self.noise + 1 / self.beta
        pushed = self.by_expert(reviews.weight * score) / self.noise
        if scales:
            b = self.by_expert(tilted) / self.noise
            d = self.by_expert(tilted * quality) / self.noise + 1 / self.gamma
            turned = self.by_expert(tilted * score) / self.noise + 1 / self.gamma
            det = a * d - b * b
            self._scales((a * turned - b * pushed) / det, np.sqrt(a / det))
        else:
            b = self.by_expert(tilted) / self.noise
        self.bias_mean, self.bias_variance = (pushed - b * self.scale) / a, 1 / a
        bias = self.bias_mean + self.random.standard_normal(self.people) * np.sqrt(self.bias_variance)
        self.level = self.mean + bias
        before = self.mean
        self.mean = float(self.level.mean() + self.random.standard_normal() * np.sqrt(self.beta / self.people))
        self.bias_mean = self.bias_mean + before - self.mean

    def _scales(self, middle: Floats, deviation: Floats) -> None:
        """Draw from the conditional without the link to noise, and accept by the link (Metropolis, Hastings)."""
        asked = np.maximum(middle + self.random.standard_normal(self.people) * deviation, _NARROWEST)
        if not self.grows:
            self.scale = asked
            return
        gain = 2 * self.grows * (np.log(asked) - np.log(self.scale))
        gain -= self.sigma / self.noise * (asked ** (2 * self.grows) - self.scale ** (2 * self.grows))
        taken = np.log(self.random.random(self.people)) < self.steady / 2 * gain
        self.scale = np.where(taken, asked, self.scale)

    def _noises(self) -> None:
        reviews = self.reviews
        self.fitted = self.level[reviews.expert] + self.scale[reviews.expert] * self.quality[reviews.proposal]
        squares = self.by_expert(reviews.weight * (reviews.score - self.fitted) ** 2)
        shape = (self.steady + self.reviewed) / 2
        self.noise = (
            (self.steady * self.sigma * self.scale ** (2 * self.grows) + squares)
            / 2
            / self.random.standard_gamma(shape)
        )
        np.maximum(self.noise, max(self.floor, self.rounding), out=self.noise)

    def _spreads(self, *, scales: bool) -> None:
        draw, people = self.random, self.people

        def variance(squares: float, size: int, known: float) -> float:
            found = (squares + _PRIOR * known) / 2 / draw.standard_gamma((size + _PRIOR) / 2)
            return max(float(found), self.floor)

        self.tau = variance(float(self.quality @ self.quality), self.count, self.typical)
        bias = self.level - self.mean
        self.beta = variance(float(bias @ bias), people, self.typical)
        if scales:
            apart = self.scale - 1
            self.gamma = max(variance(float(apart @ apart), people, _PRIOR_SCALE**2), 1e-6)
        if scales:
            self._growth()
        own = self.noise / self.scale ** (2 * self.grows)
        inverse, logs = float((1 / own).sum()), float(np.log(own).sum())
        rate = self.steady * inverse / 2 + _PRIOR / 2 / self.typical
        self.sigma = max(float(draw.standard_gamma((people * self.steady + _PRIOR) / 2)) / rate, self.floor)
        half = _STEADY / 2
        height = people * (half * np.log(half * self.sigma) - gammaln(half)) - half * (logs + self.sigma * inverse)
        self.steady = float(_STEADY[self._choose(height)])

    def _growth(self) -> None:
        """By which power of the scale noise grows."""
        powers = self.scale[None, :] ** (2 * _GROWTH[:, None])
        height = self.steady / 2 * (np.log(powers) - self.sigma * powers / self.noise).sum(axis=1)
        self.grows = float(_GROWTH[self._choose(height)])

    def _choose(self, height: Floats) -> int:
        """One of several, by the logarithms of their weights."""
        chance = np.cumsum(np.exp(height - height.max()))
        return int(np.searchsorted(chance, self.random.random() * chance[-1]))


def sample(reviews: Reviews, *, seed: int, scales: bool = True, clock: Clock | None = None) -> Posterior:
    """What the reviews say. `scales`: False for the additive model, in which all experts spread scores alike.

    The same seed gives the same answer. A clock that runs out ends sampling early, once a tenth of the sweeps are made.
    """
    clock = clock or Clock()
    # In units of about one deviation, so that no answer depends on the unit of the scores; a power of two, so that no digit does.
    unit = float(2.0 ** np.round(np.log2(spread))) if (spread := float(reviews.score.std())) > 0 else 1.0
    reviews = dataclasses.replace(reviews, score=reviews.score / unit)
    chain = _Chain(reviews, unit, np.random.default_rng(seed))
    count, size = chain.count, len(reviews.score)
    sweeps = int(np.clip(_WORK / size, _LEAST, _MOST))
    every = max(1, -(-sweeps * count // _KEPT))
    for turn in range(sweeps // 5):
        chain.sweep(scales=scales and turn > 10)
    score, bias, scale, fitted = _Moments(count), _Moments(chain.people), _Moments(chain.people), _Moments(size)
    spreads = _Moments(6)
    batches: list[_Moments] = []
    ranks = np.empty((-(-sweeps // every), count), dtype=np.int32)
    kept = done = 0
    length = max(1, sweeps // _BATCHES)
    while done < sweeps and not (done >= sweeps // 10 and clock.over()):
        chain.sweep(scales=scales)
        score.add(chain.mean + chain.quality_mean, chain.quality_variance)
        bias.add(chain.bias_mean, chain.bias_variance)
        scale.add(chain.scale)
        fitted.add(chain.fitted)
        squares = [chain.tau, chain.beta, chain.gamma if scales else 0.0, float(chain.noise.mean()), chain.steady**2]
        spreads.add(np.append(np.sqrt(squares), chain.mean))
        if not done % length:
            batches.append(_Moments(count))
        batches[-1].add(chain.mean + chain.quality_mean)
        if not done % every:
            ranks[kept, np.argsort(-chain.quality, kind="stable")] = np.arange(1, count + 1)
            kept += 1
        done += 1
    means = np.stack([batch.mean() for batch in batches])
    error = means.std(axis=0, ddof=1) / np.sqrt(len(batches)) if len(batches) > 1 else np.full(count, np.nan)
    tau, beta, gamma, sigma, steady, mean = spreads.mean().tolist()
    found = score.mean()
    return Posterior(
        mean=mean * unit,
        score=found * unit,
        score_sd=score.deviation() * unit,
        bias=bias.mean() * unit,
        bias_sd=bias.deviation() * unit,
        scale=scale.mean(),
        scale_sd=scale.deviation(),
        fitted=fitted.mean() * unit,
        fitted_sd=fitted.deviation() * unit,
        ranks=ranks[:kept],
        error=error * unit,
        spread=Spread(tau * unit, beta * unit, gamma, sigma * unit, steady),
        sweeps=done,
    )
