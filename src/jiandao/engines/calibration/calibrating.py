"""Scores that can be compared, with alternatives and warnings beside them."""

import numpy as np
from scipy import sparse
from scipy.stats import chi2

from jiandao.engines.calibration.model import sample
from jiandao.engines.calibration.records import Calibration, Floats, Ints, Reviews
from jiandao.engines.runs import Clock


def calibrate(
    reviews: Reviews, *, scales: bool = True, trim: int = 1, seed: int = 7, clock: Clock | None = None
) -> Calibration:
    """Take the leanings of experts out of their scores; see `model` for how.

    scales: also how widely each expert spreads scores; False for an additive model. trim: scores to drop at either end of each
    proposal for the trimmed mean, which a rulebook may ask for; a proposal keeps at least one score, or two of an even
    number. The same reviews and seed give the same answer, in whatever order they came. Raises ValueError without reviews.
    """
    if not len(reviews.score):
        raise ValueError("there are no reviews")
    found = sample(reviews, seed=seed, scales=scales, clock=clock)
    count = len(reviews.proposals)
    rank = _ranks(found.score)
    low, high = np.quantile(found.ranks, [0.05, 0.95], axis=0, method="inverted_cdf").astype(np.int64)
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
        rank_low=np.minimum(low, rank),
        rank_high=np.maximum(high, rank),
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
        sweeps=found.sweeps,
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
    count = len(reviews.proposals)
    raw = _raw(reviews)
    order = np.lexsort((raw, reviews.proposal))
    row = reviews.proposal[order]
    number = np.bincount(row, minlength=count)
    place = np.arange(len(row)) - (np.cumsum(number) - number)[row]
    cut = np.minimum(trim, (number - 1) // 2)[row]
    stay = (place >= cut) & (place < number[row] - cut)
    values = np.bincount(row[stay], weights=raw[order][stay], minlength=count)
    means: Floats = values / np.bincount(row[stay], minlength=count)
    return means


def _groups(reviews: Reviews) -> tuple[Ints, Ints]:
    """Connected part of each proposal and expert, the one with most reviews first."""
    count, people = len(reviews.proposals), len(reviews.experts)
    link = sparse.coo_array(
        (np.ones(len(reviews.score)), (reviews.proposal, count + reviews.expert)),
        shape=(count + people, count + people),
    )
    parts, label = sparse.csgraph.connected_components(link, directed=False)
    size = np.bincount(label[reviews.proposal], minlength=parts)
    renumbered = np.empty(parts, dtype=np.int64)
    renumbered[np.argsort(-size, kind="stable")] = np.arange(parts)
    return renumbered[label[:count]], renumbered[label[count:]]
