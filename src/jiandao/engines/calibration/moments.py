"""Means and variances that grow draw by draw, and whether several chains agree on them.

Chains that started far apart and agree have forgotten where they began. R-hat compares what lies between halves of chains
with what lies within them; 1 is perfect agreement (Gelman, Rubin: Inference from iterative simulation using multiple
sequences, Statistical Science 7, 1992; of halves and of ranks: Vehtari, Gelman, Simpson, Carpenter, Bürkner:
Rank-normalization, folding, and localization: An improved R-hat, Bayesian Analysis 16, 2021).
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import ndtri
from scipy.stats import rankdata

from jiandao.engines.calibration.records import Floats


class Moments:
    """Running mean and variance of draws, or of conditional means with their conditional variances (Rao-Blackwell)."""

    def __init__(self, size: int) -> None:
        self.count = 0
        self.mean, self._squares = np.zeros(size), np.zeros(size)

    def add(self, values: Floats, variance: Floats | None = None) -> None:
        """One draw more (Welford)."""
        self.count += 1
        apart = values - self.mean
        self.mean += apart / self.count
        apart *= values - self.mean
        self._squares += apart
        if variance is not None:
            self._squares += variance

    def join(self, other: "Moments") -> None:
        """The draws of another chain (Chan, Golub, LeVeque)."""
        if not other.count:
            return
        both = self.count + other.count
        apart = other.mean - self.mean
        self.mean += apart * (other.count / both)
        self._squares += other._squares + apart * apart * (self.count * other.count / both)
        self.count = both

    def variance(self) -> Floats:
        return self._squares / self.count


def rhat_of_means(halves: Moments, all_: Moments) -> float:
    """The greatest split-R-hat of many unknowns; NaN with fewer than two halves, 1 where nothing varies.

    halves: of chains, the mean of each added once; all_: of all their draws.
    """
    if halves.count < 2:
        return float("nan")
    between, whole = halves.variance(), all_.variance()
    within = np.maximum(whole - between, 1e-12 * whole)
    between *= halves.count / (halves.count - 1)
    return float(np.sqrt(1 + np.divide(between, within, out=np.zeros_like(within), where=within > 0).max(initial=0.0)))


def rhat(chains: Sequence[Floats]) -> float:
    """Rank-normalised split-R-hat of one unknown, the greater of that of its place and of its width; NaN for under 8 draws.

    chains: the draws of each, in their order; of longer ones the end counts.
    """
    length = min(map(len, chains)) // 2
    if length < 4:
        return float("nan")
    draws = np.stack([half for one in chains for half in (one[-2 * length : -length], one[-length:])])
    return max(_of_normals(draws), _of_normals(np.abs(draws - np.median(draws))))


def _of_normals(draws: Floats) -> float:
    if draws.min() == draws.max():
        return 1.0
    length = draws.shape[1]
    scored = ndtri((rankdata(draws).reshape(draws.shape) - 0.375) / (draws.size + 0.25))
    within = float(scored.var(axis=1, ddof=1).mean())
    between = float(scored.mean(axis=1).var(ddof=1))
    return float(np.sqrt((length - 1) / length + between / within)) if within > 0 else float("inf")
