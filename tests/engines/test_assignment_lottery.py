"""Randomised assignment: exact chances, full panels, and no pair above the cap."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from jiandao.engines.assignment import InfeasibleError, Problem, assign, lottery


def made(seed: int, rows: int = 12, columns: int = 15) -> np.ndarray:
    random = np.random.default_rng(seed)
    matrix = random.random((rows, columns))
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    return matrix


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([0.25, 0.4, 0.5, 0.9, 1.0]), st.sampled_from([0.0, 0.3]))
def test_every_draw_keeps_the_limits_and_no_chance_is_over_the_cap(seed: int, cap: float, perturbation: float) -> None:
    problem = Problem.from_matrix(made(seed), seats=2, most=3, least=1)
    try:
        found = lottery(problem, cap, perturbation=perturbation)
    except InfeasibleError:
        return
    assert found.probability.max() <= cap
    mean = np.bincount(problem.expert, weights=found.probability, minlength=15)
    assert found.bound == pytest.approx(found.objective, abs=1e-6)
    for number in range(5):
        chosen = found.draw(number)
        load = np.bincount(problem.expert[chosen], minlength=15)
        assert (np.bincount(problem.proposal[chosen], minlength=12) == 2).all()
        assert (load >= np.floor(mean)).all()
        assert (load <= np.ceil(mean)).all()
        assert load.min() >= 1
        assert load.max() <= 3
        assert (found.probability[chosen] > 0).all()


def test_the_mean_of_draws_is_the_chance_of_each_pair() -> None:
    problem = Problem.from_matrix(made(3), seats=3, most=4)
    found = lottery(problem, 0.4, perturbation=0.2)
    draws = 2000
    count = np.zeros(len(problem.expert))
    for number in range(draws):
        count[found.draw(number)] += 1
    chance = found.probability
    assert ((chance == 0) <= (count == 0)).all()
    deviation = np.sqrt(chance * (1 - chance) / draws)
    assert (np.abs(count / draws - chance) <= 4 * deviation + 1e-12).all()


def test_the_expected_total_is_that_of_the_linear_programme() -> None:
    problem = Problem.from_matrix(made(5), seats=3, most=4)
    found = lottery(problem, 0.5)
    width = len(problem.expert)
    panel, load = np.zeros((12, width)), np.zeros((15, width))
    panel[problem.proposal, np.arange(width)] = 1
    load[problem.expert, np.arange(width)] = 1
    dense = linprog(-problem.score, load, np.full(15, 4), panel, np.full(12, 3), bounds=(0, 0.5), method="highs")
    assert found.expected == pytest.approx(-dense.fun)


def test_a_cap_of_one_is_the_plain_optimum_and_perturbation_spreads() -> None:
    problem = Problem.from_matrix(made(8), seats=3, most=4)
    best = assign(problem)
    assert lottery(problem, 1.0).expected == pytest.approx(best.total)
    plain, spread = lottery(problem, 0.5), lottery(problem, 0.5, perturbation=0.5)
    assert spread.expected <= plain.expected <= best.total
    assert (spread.amount > 0).sum() > (plain.amount > 0).sum()


def test_a_fixed_pair_is_always_drawn() -> None:
    matrix = np.random.default_rng(1).random((4, 8))
    problem = Problem.from_matrix(matrix, seats=2, most=2, fixed=[(1, 6)])
    found = lottery(problem, 0.5)
    assert all(problem.pairs([1], [6])[0] in found.draw(seed) for seed in range(20))
    assert found.draw(4).tolist() == found.draw(4).tolist()


def test_too_few_experts_for_the_cap_are_counted() -> None:
    with pytest.raises(InfeasibleError) as caught:
        lottery(Problem.from_matrix(np.ones((1, 5)), seats=3, most=1), 0.5)
    assert [(f.code, f.needed, f.offered) for f in caught.value.unsatisfied] == [("cap", 3, 2)]


def test_numbers_out_of_range_are_refused() -> None:
    problem = Problem.from_matrix(np.ones((2, 4)), seats=1, most=2)
    for cap, perturbation in ((0.0, 0.0), (1.1, 0.0), (0.5, 0.6)):
        with pytest.raises(ValueError, match="cap"):
            lottery(problem, cap, perturbation=perturbation)
    with pytest.raises(ValueError, match="roles"):
        lottery(Problem.from_matrix(np.ones((2, 4)), seats=1, most=2, institution=[0, 0, 1, 1]), 0.5)
