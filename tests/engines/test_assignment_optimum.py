"""The assignment engine: its answers against brute force and against what a panel, a load and a conflict mean."""

import contextlib
import dataclasses
import itertools
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from jiandao.engines.assignment import (
    InfeasibleError,
    Problem,
    Solution,
    Unsatisfied,
    assign,
    network,
    panel_sums,
    total_bound,
    unsatisfied,
)

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data") / "engines" / "assign"


@st.composite
def matrices(draw: st.DrawFn, rows: int = 4, columns: int = 5) -> np.ndarray:
    """Scores that tie often, with pairs that are not eligible."""
    shape = draw(st.integers(1, rows)), draw(st.integers(1, columns))
    cells = draw(
        st.lists(
            st.sampled_from([0.0, 0.25, 0.5, 1.0, -0.5, None]),
            min_size=shape[0] * shape[1],
            max_size=shape[0] * shape[1],
        )
    )
    return np.array([np.nan if cell is None else cell for cell in cells]).reshape(shape)


def everything(problem: Problem) -> list[np.ndarray]:
    """All assignments that keep all limits, by trying."""
    starts, count = problem.starts, len(problem.proposals)
    panels = [
        list(itertools.combinations(range(starts[p], starts[p + 1]), int(problem.seats[p]))) for p in range(count)
    ]
    found = []
    for choice in itertools.product(*panels):
        chosen = np.array([pair for panel in choice for pair in panel], dtype=np.int64)
        if holds(problem, chosen):
            found.append(chosen)
    return found


def answer(problem: Problem, objective: str = "total") -> tuple[Solution | None, tuple[Unsatisfied, ...]]:
    try:
        return assign(problem, objective=objective), ()
    except InfeasibleError as error:
        return None, error.unsatisfied


def holds(problem: Problem, chosen: np.ndarray) -> bool:
    row, expert = problem.proposal[chosen], problem.expert[chosen]
    load = np.bincount(expert, minlength=len(problem.experts))
    good = (np.bincount(row, minlength=len(problem.proposals)) == problem.seats).all()
    good &= (load >= problem.least).all() and (load <= problem.most).all()
    good &= np.isin(np.flatnonzero(problem.fixed), chosen).all()
    if problem.institution is not None:
        named = [(p, problem.institution[e]) for p, e in zip(row, expert, strict=True) if problem.institution[e] >= 0]
        good &= len(named) == len(set(named))
    for number in range(len(problem.role_names)):
        have = np.bincount(row, weights=problem.role[expert, number], minlength=len(problem.proposals))
        good &= (have >= problem.required[:, number]).all()
    return bool(good)


def minimum_bound_again(problem: Problem, fair: Solution) -> float:
    """The bound on the minimum, summed up again from the weights and prices of the certificate."""
    least, unit = fair.certificate.minimum_prices, fair.certificate.unit
    assert least is not None
    assert least.floor.sum() == pytest.approx(1)
    weighted = dataclasses.replace(problem, score=problem.score * least.floor[problem.proposal])
    return total_bound(weighted, least.panel * unit, (least.most - least.least) * unit, prices=least, unit=unit)


def verified(problem: Problem, found: Unsatisfied) -> bool:
    """Count again what a shortage says."""
    row = problem.proposal
    if found.code == "seats":
        inside = np.isin(np.array(problem.proposals)[row], found.proposals)
        fixed = np.bincount(problem.expert[problem.fixed], minlength=len(problem.most))
        count = np.bincount(problem.expert[inside & ~problem.fixed], minlength=len(problem.most))
        needed = problem.seats[np.isin(problem.proposals, found.proposals)].sum() - (problem.fixed & inside).sum()
        return needed == found.needed > found.offered == np.minimum(count, problem.most - fixed).sum()
    if found.code == "least-load":
        inside = np.isin(np.array(problem.experts)[problem.expert], found.experts)
        seats = problem.seats - np.bincount(row[problem.fixed], minlength=len(problem.seats))
        count = np.bincount(row[inside & ~problem.fixed], minlength=len(problem.seats))
        return bool(found.needed > found.offered == np.minimum(count, seats).sum())
    return bool(found.needed > found.offered)


@settings(max_examples=120, deadline=None)
@given(matrices(), st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.integers(0, 3))
def test_total_is_that_of_brute_force_and_infeasible_means_a_countable_shortage(
    matrix: np.ndarray, seats: int, most: int, least: int, fixed: int
) -> None:
    where = [tuple(pair) for pair in np.argwhere(~np.isnan(matrix))[:: max(1, fixed)][:fixed]]
    problem = Problem.from_matrix(matrix, seats=seats, most=most, least=min(least, most), fixed=where)
    possible = everything(problem)
    solution, short = answer(problem)
    if solution is None:
        assert not possible
        assert short
        assert all(verified(problem, found) for found in short)
        return
    assert not unsatisfied(problem)
    assert holds(problem, solution.chosen)
    assert solution.total == pytest.approx(max(problem.score[chosen].sum() for chosen in possible))
    certificate = solution.certificate
    bound = total_bound(problem, certificate.proposal_prices, certificate.expert_prices)
    assert bound == pytest.approx(solution.total, abs=1e-6)


@settings(max_examples=50, deadline=None)
@given(
    matrices(3, 5),
    st.integers(1, 2),
    st.integers(1, 3),
    st.lists(st.integers(-1, 2), min_size=5, max_size=5),
    st.integers(0, 31),
    st.integers(0, 31),
    st.sampled_from(["total", "fair"]),
)
def test_roles_and_institutions_and_fairness_are_those_of_brute_force(
    matrix: np.ndarray, seats: int, most: int, units: list[int], first: int, second: int, objective: str
) -> None:
    people = matrix.shape[1]
    bits = [[bool(mask >> i & 1) for i in range(people)] for mask in (first, second)]
    problem = Problem.from_matrix(
        matrix,
        seats=seats,
        most=most,
        institution=units[:people],
        roles={"finance": (bits[0], 1), "industry": (bits[1], 1 if seats > 1 else 0)},
    )
    possible = everything(problem)
    solution, short = answer(problem, objective)
    if solution is None:
        assert not possible
        assert short
        assert all(found.needed > found.offered for found in short)
        return
    assert holds(problem, solution.chosen)
    ranked = [(panel_sums(problem, c).min() if objective == "fair" else 0, problem.score[c].sum()) for c in possible]
    best = max((round(least, 6), round(total, 6)) for least, total in ranked)
    assert solution.status == "optimal"
    assert solution.total == pytest.approx(best[1])
    if objective == "fair":
        assert solution.minimum == pytest.approx(best[0])


@settings(max_examples=60, deadline=None)
@given(matrices(), st.integers(1, 2), st.integers(1, 3), st.randoms(use_true_random=False))
def test_a_refusal_changes_as_few_pairs_as_can_be(matrix: np.ndarray, seats: int, most: int, random: object) -> None:
    problem = Problem.from_matrix(matrix, seats=seats, most=most)
    possible = everything(problem)
    if not possible:
        return
    old = possible[random.randrange(len(possible))]  # type: ignore[attr-defined]
    refused = old[random.randrange(len(old))]  # type: ignore[attr-defined]
    row, expert = problem.proposal, problem.expert
    without = matrix.copy()
    without[row[refused], expert[refused]] = np.nan
    rest = Problem.from_matrix(without, seats=seats, most=most)
    stay = rest.pairs(row[old], expert[old])
    options = everything(rest)
    try:
        solution = assign(rest, incumbent=stay[stay >= 0])
    except InfeasibleError:
        assert not options
        return
    new = np.setdiff1d(solution.chosen, stay)
    least = min(len(np.setdiff1d(option, stay)) for option in options)
    assert len(new) == least >= 1
    best = max(rest.score[option].sum() for option in options if len(np.setdiff1d(option, stay)) == least)
    assert solution.total == pytest.approx(best)
    assert solution.total <= assign(rest).total + 1e-9


@settings(max_examples=40, deadline=None)
@given(matrices(), st.integers(1, 2), st.integers(1, 3), st.permutations(range(5)), st.permutations(range(4)))
def test_order_of_rows_changes_nothing_and_the_seed_decides_between_equals(
    matrix: np.ndarray, seats: int, most: int, columns: list[int], rows: list[int]
) -> None:
    count, people = matrix.shape
    names = [f"p{i}" for i in range(count)], [f"e{i}" for i in range(people)]
    order = [i for i in rows if i < count], [i for i in columns if i < people]
    plain = Problem.from_matrix(matrix, seats=seats, most=most, proposals=names[0], experts=names[1])
    mixed = Problem.from_matrix(
        matrix[np.ix_(*order)],
        seats=seats,
        most=most,
        proposals=[names[0][i] for i in order[0]],
        experts=[names[1][i] for i in order[1]],
    )
    try:
        solution = assign(plain, seed=3)
    except InfeasibleError:
        return
    assert np.array_equal(solution.chosen, assign(mixed, seed=3).chosen)


def test_seeds_spread_ties_and_repeat() -> None:
    problem = Problem.from_matrix(np.ones((6, 6)), seats=2, most=2)
    answers = {tuple(assign(problem, seed=seed).chosen.tolist()) for seed in range(8)}
    assert len(answers) > 3
    assert np.array_equal(assign(problem, seed=5).chosen, assign(problem, seed=5).chosen)


def test_where_nearly_everything_ties_the_most_liked_do(monkeypatch: pytest.MonkeyPatch) -> None:
    problem = Problem.from_matrix(np.ones((30, 40)), seats=2, most=2)
    plain = assign(problem)
    monkeypatch.setattr(network, "_MANY", 10)
    monkeypatch.setattr(network, "_LIKED", 6)
    few = assign(problem)
    assert few.total == plain.total == 60
    assert holds(problem, few.chosen)
    assert len({tuple(assign(problem, seed=seed).chosen.tolist()) for seed in range(4)}) == 4


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_pricing_finds_what_the_first_candidates_left_out(seed: int) -> None:
    random = np.random.default_rng(seed)
    # All proposals like the same experts, so that the best 24 of each are far too few.
    matrix = random.random((40, 120)) * 0.01 + np.linspace(1, 0, 120) ** 3
    matrix[random.random(matrix.shape) < 0.1] = np.nan
    problem = Problem.from_matrix(matrix, seats=3, most=1)
    solution = assign(problem)
    # Every expert sits once: an assignment problem, whose linear programme is whole.
    row, width = problem.proposal, len(problem.expert)
    panel = np.zeros((40, width))
    panel[row, np.arange(width)] = 1
    load = np.zeros((120, width))
    load[problem.expert, np.arange(width)] = 1
    dense = linprog(-problem.score, load, np.ones(120), panel, np.full(40, 3), bounds=(0, 1), method="highs")
    assert solution.total == pytest.approx(-dense.fun, abs=1e-6)
    assert solution.certificate.pairs == width


@settings(max_examples=25, deadline=None)
@given(matrices(), st.integers(1, 2), st.integers(1, 3))
def test_one_more_expert_never_hurts_and_one_more_conflict_never_helps(
    matrix: np.ndarray, seats: int, most: int
) -> None:
    try:
        total = assign(Problem.from_matrix(matrix, seats=seats, most=most)).total
    except InfeasibleError:
        return
    wider = np.hstack([matrix, np.full((len(matrix), 1), 0.4)])
    assert assign(Problem.from_matrix(wider, seats=seats, most=most)).total >= total - 1e-9
    matrix[0, 0] = np.nan
    with contextlib.suppress(InfeasibleError):
        assert assign(Problem.from_matrix(matrix, seats=seats, most=most)).total <= total + 1e-9


def test_independent_shortages_stand_apart_with_nothing_else() -> None:
    matrix = np.full((8, 9), np.nan)
    matrix[0, :2] = matrix[1, 2:4] = 1  # two lone proposals with two experts each
    matrix[2:, 4:] = 1
    with pytest.raises(InfeasibleError) as caught:
        assign(Problem.from_matrix(matrix, seats=3, most=6))
    assert [(f.code, f.proposals, f.needed, f.offered) for f in caught.value.unsatisfied] == [
        ("seats", ("0",), 3, 2),
        ("seats", ("1",), 3, 2),
    ]


def test_limits_that_only_together_cannot_hold_say_so() -> None:
    # One finance expert, one industry expert, of the same institution, and a panel of two.
    problem = Problem.from_matrix(
        np.ones((1, 3)),
        seats=2,
        most=1,
        institution=[0, 0, 1],
        roles={"finance": ([1, 0, 0], 1), "industry": ([0, 1, 0], 1)},
    )
    with pytest.raises(InfeasibleError) as caught:
        assign(problem)
    assert [(f.code, f.needed, f.offered) for f in caught.value.unsatisfied] == [("together", 2, 1)]


def test_the_bounds_of_fair_panels_with_roles_can_be_summed_again() -> None:
    random = np.random.default_rng(4)
    matrix = random.random((30, 40))
    problem = Problem.from_matrix(
        matrix, seats=3, most=3, institution=random.integers(0, 8, 40), roles={"finance": (random.random(40) < 0.3, 1)}
    )
    total = assign(problem)
    held = total.certificate
    again = total_bound(problem, held.proposal_prices, held.expert_prices, prices=held.prices, unit=held.unit)
    assert again >= total.total - 1e-9
    assert again == pytest.approx(total.bound, rel=1e-3)
    fair = assign(problem, objective="fair")
    assert minimum_bound_again(problem, fair) == pytest.approx(fair.bound)


def test_scores_of_any_size_are_solved() -> None:
    random = np.random.default_rng(1)
    matrix = random.random((6, 8))
    plain = assign(Problem.from_matrix(matrix, seats=2, most=2))
    for factor in (2.0**-40, 2.0**30):
        for objective in ("total", "fair"):
            scaled = assign(Problem.from_matrix(matrix * factor, seats=2, most=2), objective=objective)
            wanted = (
                plain
                if objective == "total"
                else assign(Problem.from_matrix(matrix, seats=2, most=2), objective="fair")
            )
            assert np.array_equal(scaled.chosen, wanted.chosen)
            assert scaled.total == pytest.approx(wanted.total * factor)


def test_shapes_that_do_not_fit_are_refused() -> None:
    for bad in (np.ones(3), np.array([[np.inf]])):
        with pytest.raises(ValueError, match="scores"):
            Problem.from_matrix(bad, seats=1, most=1)
    with pytest.raises(ValueError, match="twice"):
        Problem.from_matrix(np.ones((2, 1)), seats=1, most=2, proposals=["a", "a"])
    with pytest.raises(ValueError, match="fixed"):
        Problem.from_matrix([[np.nan, 1]], seats=1, most=2, fixed=[(0, 0)])


@pytest.mark.data
@pytest.mark.skipif(not DATA.is_dir(), reason="the shared real data is absent; set JIANDAO_SHARED_DATA")
@pytest.mark.parametrize(("name", "minimum", "total"), [("midl", 0.94483, 201.5), ("aamas2015", 1.5, 1368.0)])
def test_fair_panels_of_real_conferences_reach_the_bound(
    name: str, minimum: float, total: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks" / "assignment"))
    scores, load = __import__("real").real(name)
    sys.modules.pop("real")
    solution = assign(Problem.from_matrix(scores, seats=3, most=load), objective="fair")
    assert solution.status == "optimal"
    assert solution.minimum >= minimum
    assert solution.total >= total
    assert solution.gap < 1e-6
