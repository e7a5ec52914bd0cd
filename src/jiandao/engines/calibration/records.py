"""What goes into a calibration of review scores, and what comes out."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Reviews:
    """N reviews of P proposals by R experts, one score for each pair, ids sorted.

    proposal, expert (N): positions of ids; sorted by both. score (N): on the raw scale; of several criteria their weighted
    mean, in which a criterion that was left out counts as usual. weight (N): share of the criteria's weight that the review
    filled in, in (0, 1]; 1 with one criterion. raw (N): the weighted mean of what was filled in alone; none: as score.
    """

    proposals: tuple[str, ...]
    experts: tuple[str, ...]
    proposal: Ints
    expert: Ints
    score: Floats
    weight: Floats
    raw: Floats | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard deviations in the model, posterior means, on the raw scale; `scale` on that of scales (1: as others).

    quality: of proposals; bias: of experts; noise: of a usual expert's review. steady: how alike the noises of experts are
    (degrees of freedom; 100: nearly equal, 3: very different).
    """

    quality: float
    bias: float
    scale: float
    noise: float
    steady: float


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Comparable scores of proposals and the leanings of experts, each with its posterior deviation.

    mean: level of an average expert. score, sd (P): what an average expert would give, raw scale. rank, rank_low, rank_high
    (P): 1 is best, 90 % interval. raw_mean, trimmed_mean (P), trimmed_rank (P): alternatives. bias, bias_sd, scale,
    scale_sd (R): what an expert gives above the mean to an average proposal, and how widely the expert spreads scores
    (1: as others). expected, residual (N): of each review, the latter in its own standard deviations. disagreement (P): chance
    of reviews at least so far apart if the model holds. group (P), expert_group (R): connected part of the design, numbered
    from 0, the greatest first. error (P): Monte Carlo error of score. chains, sweeps: made, the latter by all chains
    together. rhat: how well the chains agree on each spread (by its name in Spread) and on scores, 1 is perfect; NaN when they
    are too short to tell. agreed: whether well enough for use.
    """

    reviews: Reviews
    mean: float
    score: Floats
    sd: Floats
    rank: Ints
    rank_low: Ints
    rank_high: Ints
    raw_mean: Floats
    trimmed_mean: Floats
    trimmed_rank: Ints
    bias: Floats
    bias_sd: Floats
    scale: Floats
    scale_sd: Floats
    expected: Floats
    residual: Floats
    disagreement: Floats
    group: Ints
    expert_group: Ints
    spread: Spread
    error: Floats
    chains: int
    sweeps: int
    rhat: dict[str, float]
    agreed: bool

    @property
    def outliers(self) -> Ints:
        """Reviews (positions) so far from what is expected that one file in twenty would hold one by chance."""
        limit = max(3.0, float(-ndtri(0.025 / max(1, len(self.residual)))))
        return np.flatnonzero(np.abs(self.residual) > limit)

    @property
    def disputed(self) -> Ints:
        """Proposals (positions) whose reviews are so far apart that one file in twenty would hold one by chance."""
        return np.flatnonzero(self.disagreement < 0.05 / max(1, len(self.disagreement)))

    @property
    def groups(self) -> int:
        """Parts of the design that no expert connects. With more than one, no common scale can be claimed."""
        return int(self.group.max(initial=-1)) + 1
