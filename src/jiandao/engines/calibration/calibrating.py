"""Scores that can be compared, with alternatives and warnings beside them."""

import numpy as np
from scipy import sparse
from scipy.stats import chi2

from jiandao.engines.calibration.records import Calibration, Floats, Ints, Reviews
from jiandao.engines.calibration.sampling import sample
from jiandao.engines.executor import Executor
from jiandao.engines.runs import Clock


def calibrate(
    reviews: Reviews,
    *,
    scales: bool = True,
    trim: int = 1,
    seed: int = 7,
    clock: Clock | None = None,
    where: Executor | None = None,
) -> Calibration:
    """Take the leanings of experts out of their scores; see `model` for how.

    scales: also how widely each expert spreads scores; False for an additive model. trim: scores to drop at either end of each
    proposal for the trimmed mean, which a rulebook may ask for; a proposal keeps at least one score, or two of an even
    number. The same reviews and seed give the same answer, in whatever order they came. Raises ValueError without reviews.
    """
    if not len(reviews.score):
        raise ValueError("there are no reviews")
    found = sample(reviews, seed=seed, scales=scales, clock=clock, where=where)
    count = len(reviews.proposals)
    rank = _ranks(found.score)
    number = np.bincount(reviews.proposal, minlength=count)
    trimmed = trimmed_means(reviews, trim)
    rest = reviews.score - found.fitted
    noise = found.spread.noise**2 / reviews.weight
    # What is fitted has taken part of the noise with it.
    own = np.sqrt(np.maximum(noise - found.fitted_sd**2, 0.4 * noise))
    squares = np.bincount(reviews.proposal, weights=rest**2 / noise, minlength=count)
    group, expert_group = _groups(reviews)
    return Calibration(
        reviews=reviews,
        mean=found.mean,
        score=found.score,
        sd=found.score_sd,
        rank=rank,
        rank_low=np.minimum(found.low, rank),
        rank_high=np.maximum(found.high, rank),
        raw_mean=np.bincount(reviews.proposal, weights=_raw(reviews), minlength=count) / number,
        trimmed_mean=trimmed,
        trimmed_rank=_ranks(trimmed),
        bias=found.bias,
        bias_sd=found.bias_sd,
        scale=found.scale,
        scale_sd=found.scale_sd,
        expected=found.fitted,
        residual=rest / own,
        disagreement=np.where(number > 1, chi2.sf(squares, np.maximum(1, number - 1)), 1.0),
        group=group,
        expert_group=expert_group,
        spread=found.spread,
        error=found.error,
        chains=found.chains,
        sweeps=found.sweeps,
        rhat=found.rhat,
        agreed=found.agreed,
    )


def _raw(reviews: Reviews) -> Floats:
    return reviews.score if reviews.raw is None else reviews.raw


def _ranks(values: Floats) -> Ints:
    """1 for the greatest; equals in the order of ids."""
    rank = np.empty(len(values), dtype=np.int64)
    rank[np.argsort(-values, kind="stable")] = np.arange(1, len(values) + 1)
    return rank


def trimmed_means(reviews: Reviews, trim: int) -> Floats:
    """Mean of each proposal (P) without its `trim` highest and lowest scores, fewer where too few would be left."""
    raw = _raw(reviews)
    number = np.bincount(reviews.proposal, minlength=len(reviews.proposals))
    start = np.cumsum(number) - number
    cut = np.minimum(trim, (number - 1) // 2)
    if cut.any():
        raw = raw[np.lexsort((raw, reviews.proposal))]
        place = np.arange(len(raw)) - np.repeat(start, number)
        raw[(place < np.repeat(cut, number)) | (place >= np.repeat(number - cut, number))] = 0.0
    means: Floats = np.add.reduceat(raw, start) / (number - 2 * cut)
    return means


def _groups(reviews: Reviews) -> tuple[Ints, Ints]:
    """Connected part of each proposal and expert, the one with most reviews first."""
    count, people = len(reviews.proposals), len(reviews.experts)
    starts = np.searchsorted(reviews.proposal, np.arange(count + people + 1)).astype(np.int32)
    link = sparse.csr_array(
        (np.ones(len(reviews.score), dtype=np.int8), (count + reviews.expert).astype(np.int32), starts),
        shape=(count + people, count + people),
    )
    parts, label = sparse.csgraph.connected_components(link, directed=False)
    size = np.bincount(label[reviews.proposal], minlength=parts)
    renumbered = np.empty(parts, dtype=np.int64)
    renumbered[np.argsort(-size, kind="stable")] = np.arange(parts)
    return renumbered[label[:count]], renumbered[label[count:]]
