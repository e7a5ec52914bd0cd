"""A model of harsh and lenient, wide and narrow, steady and noisy experts, and what the reviews say about it.

    score = level_e + scale_e × quality_p + noise,            noise ~ N(0, σ_e² / weight)
    quality ~ N(0, τ²), level ~ N(mean, β²), scale ~ N(1, γ²) above 0.1, σ_e² ~ scaled inverse χ²(ν, σ² scale_e^2κ)

Crossed random effects (Searle, Casella, McCulloch: Variance Components, 1992) with a slope and a noise of each expert. The
reviews of all others say how far a level, a scale or a noise is to be believed: little evidence is drawn to what is usual
(shrinkage; Efron and Morris, Stein's estimation rule and its competitors, JASA 68, 1973). The spreads τ, β, γ, σ, ν, and the
power κ (0 to 1) by which the noise of wide experts grows, are learnt from the same reviews; they are drawn, not fixed, so
that intervals hold with few experts, too. Gibbs sampling (Gelfand and Smith, JASA 85, 1990), with levels centred at the mean
so that it mixes (Gelfand, Sahu, Carlin, Biometrika 82, 1995); all conditionals are conjugate but that of scales when κ > 0,
which gets a Metropolis-Hastings step, as do κ and σ without regard to the noises, and γ with all scales. Means and variances
of qualities and biases are averaged over conditionals (Rao-Blackwell), which makes them steady.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.special import gammaln

from jiandao.engines.calibration.records import Floats, Reviews

Narrow = NDArray[np.int32]

_NARROWEST = 0.1  # of scales
# What is thought of deviations before any review is seen, each worth so many observations: with few experts or proposals
# the reviews alone cannot tell the sources of variation apart.
_PRIOR = 2.0
_PRIOR_SCALE = 0.15
_STEADY = np.array([3.0, 6.0, 12.0, 25.0, 50.0, 100.0])  # possible ν
# How far apart chains start: factors of variances, logarithms.
_APART, _APART_SCALE = (-3.0, 1.0), (-2.0, 2.0)


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What a chain must know of N reviews: arrays only, so that it is sent quickly.

    starts (P + 1): where the reviews of each proposal begin. expert (N). score (N): without `level`, the mean of all, in
    `unit`. weight (N); None: all 1. people: how many experts there are. rounding: variance of what rounding takes away.
    """

    starts: NDArray[np.int64]
    expert: Narrow
    score: Floats
    weight: Floats | None
    people: int
    unit: float
    level: float
    rounding: float

    @classmethod
    def of(cls, reviews: Reviews) -> "Given":
        # In units of about one deviation, so that no answer depends on the unit of the scores; a power of two, so that no
        # digit does.
        spread = float(reviews.score.std())
        unit = float(2.0 ** np.round(np.log2(spread))) if spread > 0 else 1.0
        one = bool((reviews.weight == 1).all())
        level = float(np.average(reviews.score, weights=None if one else reviews.weight))
        return cls(
            starts=np.searchsorted(reviews.proposal, np.arange(len(reviews.proposals) + 1)).astype(np.int64),
            expert=reviews.expert.astype(np.int32),
            score=(reviews.score - level) / unit,
            weight=None if one else reviews.weight,
            people=len(reviews.experts),
            unit=unit,
            level=level,
            # A score is known to half a step only: what is fitted cannot be surer, even where all scores are equal.
            rounding=step_of(reviews.score) ** 2 / 12 / unit**2,
        )


def step_of(scores: Floats) -> float:
    """The step in which scores were given: 1, 0.1, … 0.000001; 0 when they have more digits."""
    greatest = min(1.0, float(np.abs(scores).max(initial=0.0)))  # scores of 1e-300 are no multiples of 1
    for digits in range(7):
        scaled = scores * 10.0**digits
        if (np.abs(scaled - np.rint(scaled)) <= 1e-9 * np.maximum(greatest, np.abs(scaled))).all():
            return float(10.0**-digits)
    return 0.0


class Chain:
    """The unknowns, started anywhere, and one sweep over them. Scores, levels and qualities are those of `Given`.

    All that a sweep needs of the reviews are sums by proposal and by expert, which are products with sparse matrices of
    their weights and weighted scores: nothing as long as the reviews is made. No BLAS, whose sums depend on how many
    threads it has.
    """

    def __init__(self, given: Given, random: np.random.Generator, *, scales: bool) -> None:
        self.given, self.random, self.scales = given, random, scales
        self.count, self.people = len(given.starts) - 1, given.people
        weight = np.ones(len(given.score)) if given.weight is None else given.weight
        shape = (self.count, self.people)
        starts = given.starts.astype(np.int32) if len(weight) < 2**31 else given.starts
        self._weight = csr_array((weight, given.expert, starts), shape=shape)
        self._score = csr_array((weight * given.score, given.expert, starts), shape=shape)
        self._weight_back, self._score_back = self._weight.T, self._score.T
        self._of_expert, self._of_proposal = np.empty((self.people, 2)), np.empty((self.count, 2))
        total = float(given.score.std())
        self.floor = (1e-6 * (total or max(1.0, abs(given.level / given.unit)))) ** 2
        self.typical = max(total**2 / 3, given.rounding, self.floor)
        self.reviewed = np.bincount(given.expert, minlength=self.people)
        self.weight_of = self._weight_back @ np.ones(self.count)
        self.score_of = self._score_back @ np.ones(self.count)
        self.square_of = np.bincount(given.expert, weights=weight * given.score**2, minlength=self.people)
        half = _STEADY / 2
        self.steady_of = gammaln(half[:, None] + self.reviewed / 2).sum(axis=1) - self.people * gammaln(half)
        self._start()

    def _start(self) -> None:
        """Anywhere, farther apart than the answer is wide: chains that meet have forgotten where they came from."""
        draw = self.random
        apart = np.exp(draw.uniform(*_APART, 3))
        self.tau, self.beta, self.sigma = np.maximum(self.typical * apart, self.floor).tolist()
        self.gamma = _PRIOR_SCALE**2 * float(np.exp(draw.uniform(*_APART_SCALE)))
        self.steady, self.grows = float(draw.choice(_STEADY)), float(draw.uniform(0, 2)) if self.scales else 0.0
        self.mean = float(np.sqrt(self.typical / self.people) * draw.standard_normal())
        self.level = self.mean + np.sqrt(self.beta) * draw.standard_normal(self.people)
        self.scale = np.ones(self.people)
        if self.scales:
            self.scale = np.maximum(1 + np.sqrt(self.gamma) * draw.standard_normal(self.people), _NARROWEST)
        self.noise = np.full(self.people, max(self.sigma, self.given.rounding))  # variances

    def sweep(self) -> None:
        """Draw everything once, each given the rest."""
        self._qualities()
        self._experts()
        self._spreads()

    def _qualities(self) -> None:
        slope = self.scale / self.noise
        np.multiply(slope, self.scale, out=self._of_expert[:, 0])
        np.multiply(slope, self.level, out=self._of_expert[:, 1])
        precise, level = (self._weight @ self._of_expert).T
        precise = precise + 1 / self.tau
        self.quality_variance = 1 / precise
        self.quality_mean = (self._score @ slope - level) * self.quality_variance
        self.quality = self.random.standard_normal(self.count)
        self.quality *= np.sqrt(self.quality_variance)
        self.quality += self.quality_mean

    def _experts(self) -> None:
        """Level and scale of each expert together, what an average expert has, and the noise of each."""
        quality = self.quality
        self._of_proposal[:, 0] = quality
        np.multiply(quality, quality, out=self._of_proposal[:, 1])
        tilt, square = (self._weight_back @ self._of_proposal).T
        product = self._score_back @ quality
        pushed = (self.score_of - self.mean * self.weight_of) / self.noise
        a, b = self.weight_of / self.noise + 1 / self.beta, tilt / self.noise
        if self.scales:
            d = square / self.noise + 1 / self.gamma
            turned = (product - self.mean * tilt) / self.noise + 1 / self.gamma
            det = a * d - b * b
            self._scales((a * turned - b * pushed) / det, np.sqrt(a / det))
        self.bias_variance = 1 / a
        self.bias_mean = (pushed - b * self.scale) * self.bias_variance
        bias = self.bias_mean + self.random.standard_normal(self.people) * np.sqrt(self.bias_variance)
        self.level = self.mean + bias
        before = self.mean
        self.mean = float(self.level.mean() + self.random.standard_normal() * np.sqrt(self.beta / self.people))
        self.bias_mean += before - self.mean
        level = self.level
        product -= level * tilt
        if self.scales:
            self._width(square, product)
        squares = self.square_of + level * (level * self.weight_of - 2 * self.score_of)
        squares += self.scale * (self.scale * square - 2 * product)
        self._noises(np.maximum(squares, 0.0))

    def _scales(self, middle: Floats, deviation: Floats) -> None:
        """Draw from the conditional without the link to noise, and accept by the link (Metropolis, Hastings)."""
        asked = np.maximum(middle + self.random.standard_normal(self.people) * deviation, _NARROWEST)
        if not self.grows:
            self.scale = asked
            return
        taken = -self.random.standard_exponential(self.people) < self._gain(asked)
        self.scale = np.where(taken, asked, self.scale)

    def _gain(self, asked: Floats) -> Floats:
        """By how much the noise of each expert speaks for these scales rather than those of now."""
        before, after = self.grows * np.log(self.scale), self.grows * np.log(asked)
        gain: Floats = after - before - self.sigma / self.noise * (np.exp(after) - np.exp(before))
        gain *= self.steady / 2
        return gain

    def _width(self, square: Floats, product: Floats) -> None:
        """Move all scales away from 1 or to it, in proportion.

        Given scales, γ hardly moves where reviews say little about scales, and given γ hardly they: so it is drawn with
        (scale - 1) / γ held fast, too (interweaving: Yu, Meng, J. Comput. Graph. Stat. 20, 2011). square, product: sums of
        quality², and of quality × (score - level), by expert.
        """
        now = math.sqrt(self.gamma)
        apart = (self.scale - 1) / now
        precise = float((apart * apart * square / self.noise).sum())
        middle = float((apart * (product - square) / self.noise).sum()) / precise
        asked = middle + self.random.standard_normal() / math.sqrt(precise)
        scale = 1 + asked * apart
        if asked < 1e-3 or scale.min() < _NARROWEST:
            return
        gain = (_PRIOR + 1) * math.log(now / asked) + _PRIOR / 2 * _PRIOR_SCALE**2 * (1 / self.gamma - 1 / asked**2)
        if self.grows:
            gain += float(self._gain(scale).sum())
        if -self.random.standard_exponential() < gain:
            self.scale, self.gamma = scale, asked**2

    def _noises(self, squares: Floats) -> None:
        """The noise of each expert and what is usual, given the weighted squares of what is left of the scores, by expert."""
        power = self._usual(squares)
        usual = self.steady * self.sigma * power
        self.noise = (usual + squares) / 2 / self.random.standard_gamma((self.steady + self.reviewed) / 2)
        np.maximum(self.noise, max(self.floor, self.given.rounding), out=self.noise)
        rate = self.steady * float((power / self.noise).sum()) / 2 + _PRIOR / 2 / self.typical
        shape = (self.people * self.steady + _PRIOR) / 2
        self.sigma = max(float(self.random.standard_gamma(shape)) / rate, self.floor)

    def _usual(self, squares: Floats) -> Floats:
        """κ, ν and σ without regard to the noises, which would hold them where they are (collapsed: Liu, JASA 89, 1994).

        Gives scale^2κ (R).
        """
        logs = np.log(self.scale) if self.scales else self.scale - 1
        total = float(logs.sum())
        power = np.exp(self.grows * logs)
        if self.scales:
            # Steps of any size, for what is likely is narrow where there are many experts.
            asked = self.grows + self.random.standard_normal() * 10 ** self.random.uniform(-2, 0)
            if 0 <= asked <= 2:
                other = np.exp(asked * logs)
                gain = self._height(self.steady, self.sigma, other, asked * total, squares)
                gain -= self._height(self.steady, self.sigma, power, self.grows * total, squares)
                if -self.random.standard_exponential() < gain:
                    self.grows, power = asked, other
        total *= self.grows
        heights = self._height(_STEADY, self.sigma, power, total, squares)
        place = self._choose(heights + self.steady_of)
        self.steady = float(_STEADY[place])
        step = 2.4 * math.sqrt(2 / len(self.given.score)) * self.random.standard_normal()
        asked = self.sigma * math.exp(step)
        gain = self._height(self.steady, asked, power, total, squares) - heights[place]
        gain += _PRIOR / 2 * (step - (asked - self.sigma) / self.typical)
        if -self.random.standard_exponential() < gain:
            self.sigma = asked
        return power

    def _height(self, steady: Any, sigma: float, power: Floats, logs: float, squares: Floats) -> Any:
        """How likely what is left is, a t distribution without factors that none changes but `steady_of`.

        power: scale^2κ (R); logs: the sum of its logarithms. One number, or one for each of several ν.
        """
        usual = np.multiply.outer(steady / 2 * sigma, power) + squares / 2
        far = (np.add.outer(steady / 2, self.reviewed / 2) * np.log(usual)).sum(axis=-1)
        return steady / 2 * (self.people * np.log(steady / 2 * sigma) + logs) - far

    def _spreads(self) -> None:
        def variance(values: Floats, known: float) -> float:
            squares = float((values * values).sum())
            found = (squares + _PRIOR * known) / 2 / self.random.standard_gamma((len(values) + _PRIOR) / 2)
            return max(float(found), self.floor)

        self.tau = variance(self.quality, self.typical)
        self.beta = variance(self.level - self.mean, self.typical)
        if self.scales:
            self.gamma = max(variance(self.scale - 1, _PRIOR_SCALE**2), 1e-6)

    def _choose(self, height: Floats) -> int:
        """One of several, by the logarithms of their weights."""
        chance = np.cumsum(np.exp(height - height.max()))
        return int(np.searchsorted(chance, self.random.random() * chance[-1]))

    def fitted(self) -> Floats:
        """What is expected of each review (N), as drawn now."""
        found = np.repeat(self.quality, np.diff(self.given.starts))
        found *= self.scale[self.given.expert]
        found += self.level[self.given.expert]
        return found

    def spreads(self) -> tuple[float, ...]:
        """Deviations of qualities, levels, scales and noise; ν; the mean."""
        squares = self.tau, self.beta, self.gamma if self.scales else 0.0, float(self.noise.mean())
        return *map(math.sqrt, squares), self.steady, self.mean
