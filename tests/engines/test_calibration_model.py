"""The calibration engine against planted truth, and what must not change its answer."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from jiandao.engines.calibration import Reviews, calibrate, combine, trimmed_means
from jiandao.engines.calibration.model import step_of


@pytest.mark.parametrize(
    ("scores", "step"), [([1.0, 3.0], 1), ([1.5, 2], 0.1), ([0, 0], 1), ([1e-300, 3e-300], 0), ([1e12, 0.25], 0.01)]
)
def test_the_step_in_which_scores_were_given(scores: list[float], step: float) -> None:
    assert step_of(np.array(scores)) == step


def planted(
    proposals: int = 250, experts: int = 75, each: int = 5, *, bias: float = 0.6, scale: float = 0.25, seed: int = 0
) -> tuple[Reviews, np.ndarray, np.ndarray]:
    """(reviews, true quality on the raw scale, true biases)"""
    random = np.random.default_rng(seed)
    quality, lean = random.normal(0, 0.8, proposals), random.normal(0, bias, experts)
    wide = np.maximum(0.3, random.normal(1, scale, experts))
    expert = np.sort([random.choice(experts, each, replace=False) for _ in range(proposals)], axis=1).ravel()
    row = np.repeat(np.arange(proposals), each)
    score = 6 + lean[expert] + wide[expert] * quality[row] + random.normal(0, 0.6, len(row))
    names = [f"p{i:04d}" for i in range(proposals)], [f"e{i:04d}" for i in range(experts)]
    return Reviews(tuple(names[0]), tuple(names[1]), row, expert, score, np.ones(len(row))), 6 + quality, lean


def of(rows: list[tuple[int, int, float]], weight: float = 1.0) -> Reviews:
    rows = sorted(rows)
    proposals, experts = sorted({r[0] for r in rows}), sorted({r[1] for r in rows})
    return Reviews(
        tuple(f"p{p}" for p in proposals),
        tuple(f"e{e}" for e in experts),
        np.array([proposals.index(r[0]) for r in rows]),
        np.array([experts.index(r[1]) for r in rows]),
        np.array([r[2] for r in rows], dtype=float),
        np.full(len(rows), weight),
    )


def test_planted_quality_is_found_better_than_by_means_and_intervals_hold_the_truth() -> None:
    inside, ranks, biases = [], [], []
    for seed in range(3):
        reviews, quality, lean = planted(seed=seed)
        found = calibrate(reviews)
        count = np.bincount(reviews.expert)
        mean = np.bincount(reviews.expert, weights=reviews.score) / count
        apart = np.sqrt(np.bincount(reviews.expert, weights=(reviews.score - mean[reviews.expert]) ** 2) / count)
        z = np.bincount(reviews.proposal, weights=(reviews.score - mean[reviews.expert]) / apart[reviews.expert])
        reached = spearmanr(found.score, quality)[0]
        assert reached > spearmanr(found.raw_mean, quality)[0] + 0.02
        assert reached > spearmanr(z, quality)[0]
        inside.append(np.abs(found.score - quality) < 1.645 * found.sd)
        true = rankdata(-quality)
        ranks.append((found.rank_low <= true) & (true <= found.rank_high))
        biases.append(np.abs(found.bias - lean) < 1.645 * found.bias_sd)
    for held in (inside, ranks, biases):
        assert 0.84 <= np.mean(np.concatenate(held)) <= 0.96


def test_a_harsh_expert_is_named_and_what_he_judged_is_lifted() -> None:
    reviews, _, _ = planted(100, 20, 4, bias=0.2, scale=0.0)
    harsh = reviews.expert == 3
    score = np.where(harsh, reviews.score - 3, reviews.score)
    found = calibrate(
        Reviews(reviews.proposals, reviews.experts, reviews.proposal, reviews.expert, score, reviews.weight)
    )
    assert np.argmin(found.bias) == 3
    assert found.bias[3] + 1.645 * found.bias_sd[3] < -2
    judged = np.unique(reviews.proposal[harsh])
    assert (found.score - found.raw_mean)[judged].mean() > 0.4


@settings(max_examples=4, deadline=None)
@given(st.floats(0.01, 1000), st.floats(-1000, 1000))
def test_another_unit_of_scores_changes_the_unit_only(factor: float, shift: float) -> None:
    reviews, _, _ = planted(20, 8, 3)
    plain = calibrate(reviews)
    moved = calibrate(
        Reviews(
            reviews.proposals,
            reviews.experts,
            reviews.proposal,
            reviews.expert,
            reviews.score * factor + shift,
            reviews.weight,
        )
    )
    assert moved.score == pytest.approx(plain.score * factor + shift, rel=1e-6, abs=1e-4 * factor)
    assert moved.sd == pytest.approx(plain.sd * factor, rel=1e-5)
    assert np.array_equal(moved.rank, plain.rank)


def test_intervals_of_ranks_hold_the_rank_and_less_evidence_widens() -> None:
    reviews, _, _ = planted(60, 20, 4)
    found = calibrate(reviews)
    assert sorted(found.rank.tolist()) == list(range(1, 61))
    assert (found.rank_low <= found.rank).all()
    assert (found.rank <= found.rank_high).all()
    fewer = ~((reviews.proposal == 0) & (np.arange(len(reviews.proposal)) > 0))
    less = Reviews(
        reviews.proposals,
        reviews.experts,
        reviews.proposal[fewer],
        reviews.expert[fewer],
        reviews.score[fewer],
        reviews.weight[fewer],
    )
    assert calibrate(less).sd[0] > found.sd[0]


def test_with_everybody_judging_everything_the_order_is_that_of_means() -> None:
    random = np.random.default_rng(2)
    rows = [(p, e, 5 + p * 0.3 + e + random.normal(0, 0.3)) for p in range(8) for e in range(5)]
    found = calibrate(of(rows), scales=False)
    assert np.array_equal(found.rank, rankdata(-found.raw_mean))


def test_parts_that_no_expert_connects_are_seen() -> None:
    rows = [(p, e, 5.0 + p % 3) for p in range(6) for e in range(2)] + [
        (p, e, 7.0 + p % 2) for p in range(6, 9) for e in (5, 6)
    ]
    found = calibrate(of(rows))
    assert found.groups == 2
    assert found.group.tolist() == [0] * 6 + [1] * 3
    assert found.expert_group.tolist() == [0, 0, 1, 1]


def test_a_slip_of_the_pen_is_an_outlier_and_disputes_the_proposal() -> None:
    reviews, _, _ = planted(100, 25, 5, seed=4)
    assert len(calibrate(reviews).outliers) <= 1
    score = reviews.score.copy()
    score[7] += 8
    found = calibrate(
        Reviews(reviews.proposals, reviews.experts, reviews.proposal, reviews.expert, score, reviews.weight)
    )
    assert 7 in found.outliers
    assert reviews.proposal[7] in found.disputed


@settings(max_examples=40, deadline=None)
@given(st.lists(st.lists(st.floats(-10, 10), min_size=1, max_size=7), min_size=1, max_size=4), st.integers(0, 3))
def test_trimmed_means_are_those_of_a_rulebook(panels: list[list[float]], trim: int) -> None:
    rows = [(p, e, score) for p, panel in enumerate(panels) for e, score in enumerate(panel)]
    for got, panel in zip(trimmed_means(of(rows), trim), panels, strict=True):
        cut = min(trim, (len(panel) - 1) // 2)
        assert got == pytest.approx(np.mean(sorted(panel)[cut : len(panel) - cut]))


@pytest.mark.parametrize(
    "rows",
    [
        [(0, 0, 5.0)],
        [(0, 0, 5.0), (1, 0, 7.0)],
        [(0, 0, 5.0), (0, 1, 7.0)],
        [(p, e, 3.0) for p in range(4) for e in range(3)],
        [(p, p, float(p)) for p in range(5)],
        [(p, e, 1e12 * (p + 1)) for p in range(3) for e in range(2)],
    ],
    ids=["one review", "one expert", "one proposal", "all equal", "nobody twice", "huge"],
)
def test_the_smallest_designs_give_finite_numbers(rows: list[tuple[int, int, float]]) -> None:
    found = calibrate(of(rows))
    for values in (found.score, found.sd, found.bias, found.bias_sd, found.scale, found.residual):
        assert np.isfinite(values).all()
    assert (found.sd >= 0).all()


def test_criteria_are_weighted_and_a_missing_one_counts_as_its_mean() -> None:
    # Criterion 0 is judged around 4, criterion 1 around 8; expert 1 left criterion 1 of proposal 1 out.
    reviews = combine(
        ("a", "b"),
        ("x", "y"),
        [0, 0, 0, 0, 1, 1, 1],
        [0, 0, 1, 1, 0, 0, 1],
        [0, 1, 0, 1, 0, 1, 0],
        [4, 8, 4, 8, 4, 8, 5],
        [0.75, 0.25],
    )
    level = 0.75 * 4.25 + 0.25 * 8
    assert reviews.score[:3] == pytest.approx([5, 5, 5])
    assert reviews.score[3] == pytest.approx(level + 0.75)
    assert reviews.weight.tolist() == [1, 1, 1, 0.75]
    none = combine(("a",), ("x",), [0, 0], [0, 0], [0, 1], [3, 9], [1, 0])
    assert none.score.tolist() == [3]
