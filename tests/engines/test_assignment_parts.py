"""Fields that no expert connects are solved side by side, and as one problem would be."""

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_assignment_optimum import minimum_bound_again

from jiandao import cli
from jiandao.engines.assignment import (
    InfeasibleError,
    Problem,
    Solution,
    Unsatisfied,
    assign,
    lottery,
    panel_sums,
    solving,
    total_bound,
)
from jiandao.engines.assignment.parts import Part, split
from jiandao.engines.assignment.solving import _by_stages
from jiandao.engines.executor import Here, executor
from jiandao.engines.files import UnfinishedError
from jiandao.engines.runs import Clock


def fields(seed: int, sizes: list[tuple[int, int]], *, holes: float = 0.2) -> Problem:
    """Proposals and experts of several fields, mixed by id; each with institutions and a role of its experts."""
    random = np.random.default_rng(seed)
    rows, columns = (sum(size[side] for size in sizes) for side in (0, 1))
    matrix = np.full((rows, columns), np.nan)
    of = [np.repeat(np.arange(len(sizes)), [size[side] for size in sizes]) for side in (0, 1)]
    inside = of[0][:, None] == of[1][None, :]
    matrix[inside] = np.round(random.random(int(inside.sum())) * random.choice([1, 40]), 2)
    matrix[random.random(matrix.shape) < holes] = np.nan
    mixed = random.permutation(rows), random.permutation(columns)
    return Problem.from_matrix(
        matrix[np.ix_(*mixed)],
        seats=2,
        most=4,
        institution=random.integers(-1, 4, columns),
        roles={"finance": (random.random(columns) < 0.6, 1)},
    )


def as_one(problem: Problem, objective: str, kept: np.ndarray | None = None) -> Solution:
    flags = None
    if kept is not None:
        flags = np.zeros(len(problem.expert), dtype=bool)
        flags[kept] = True
    return _by_stages(problem, flags, objective, 7, Clock())


def told(solved: Callable[[], Solution]) -> tuple[Solution | None, tuple[Unsatisfied, ...]]:
    try:
        return solved(), ()
    except InfeasibleError as error:
        return None, error.unsatisfied


def test_parts_are_what_pairs_connect() -> None:
    matrix = np.full((4, 6), np.nan)
    for p, r in ((0, 1), (0, 4), (1, 0), (2, 4), (3, 5)):
        matrix[p, r] = p + r / 10
    problem = Problem.from_matrix(matrix, seats=1, most=2)
    found = split(problem)
    assert [(part.proposals.tolist(), part.experts.tolist()) for part in found] == [
        ([0, 2], [1, 4]),
        ([1], [0]),
        ([3], [5]),
    ]
    assert sorted(np.concatenate([part.pairs for part in found]).tolist()) == list(range(5))
    assert all((part.problem.score == problem.score[part.pairs]).all() for part in found)
    assert found[0].problem.proposals == ("0", "2")
    # The expert 2, to whom nothing is open, must not be lost with a least load.
    assert len(split(dataclasses.replace(problem, least=np.array([0, 0, 1, 0, 0, 0])))) == 1


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from(["total", "fair"]), st.booleans(), st.booleans())
def test_side_by_side_is_as_good_as_one_problem(seed: int, objective: str, refused: bool, simple: bool) -> None:
    problem = fields(seed, [(4, 6), (3, 5), (2, 5)])
    if simple:
        problem = dataclasses.replace(
            problem, institution=None, role_names=(), role=problem.role[:, :0], required=problem.required[:, :0]
        )
    kept = None
    if refused:
        kept = np.flatnonzero(np.random.default_rng(seed).random(len(problem.expert)) < 0.15)
    one, short = told(lambda: as_one(problem, objective, kept))
    found, also = told(lambda: assign(problem, objective=objective, incumbent=kept))
    assert {entry.code for entry in also} == {entry.code for entry in short}
    if one is None or found is None:
        assert one is found
        return
    assert found.status == one.status == "optimal"
    assert found.total == pytest.approx(one.total)
    assert found.minimum == pytest.approx(one.minimum)
    assert found.bound == pytest.approx(one.bound, rel=1e-6)
    if objective == "fair":
        assert found.total_bound == pytest.approx(found.total, rel=1e-6)
    if kept is not None:
        assert len(np.intersect1d(found.chosen, kept)) == len(np.intersect1d(one.chosen, kept))


def test_the_certificate_of_parts_can_be_summed_again_over_the_whole() -> None:
    problem = fields(5, [(12, 14), (9, 12), (7, 10)], holes=0.1)
    assert len(split(problem)) > 1
    found = assign(problem)
    held = found.certificate
    again = total_bound(problem, held.proposal_prices, held.expert_prices, prices=held.prices, unit=held.unit)
    assert found.total - 1e-9 <= again
    assert again == pytest.approx(found.bound, rel=1e-3)
    fair = assign(problem, objective="fair")
    assert fair.minimum == panel_sums(problem, fair.chosen).min()
    assert minimum_bound_again(problem, fair) == pytest.approx(fair.bound, rel=1e-6)


def test_no_time_still_gives_panels_with_honest_bounds() -> None:
    problem = fields(5, [(12, 14), (9, 12)], holes=0.1)
    simple = dataclasses.replace(
        problem, institution=None, role_names=(), role=problem.role[:, :0], required=problem.required[:, :0]
    )
    best = assign(simple, objective="fair")
    clock = Clock(limit=1e-9)
    time.sleep(0.001)
    found = assign(simple, objective="fair", clock=clock)
    assert clock.reached
    assert found.status == "feasible"
    assert found.certificate.method == "none"
    assert found.bound >= best.minimum
    assert found.total_bound is not None
    assert found.total_bound >= found.total >= best.total - 1e-9


@pytest.mark.parametrize("workers", [1, 2])
def test_a_hard_field_leaves_time_to_the_others(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, had = solving._by_stages, list[float]()

    def hard(problem: Problem, kept: np.ndarray | None, objective: str, seed: int, clock: Clock) -> Solution:
        if clock.over():
            raise UnfinishedError("no time was left")
        had.append(clock.left())
        while not clock.over():
            time.sleep(0.01)
        return plain(problem, kept, objective, seed, Clock())

    monkeypatch.setattr(solving, "_by_stages", hard)
    problem = fields(5, [(12, 14), (9, 12), (7, 10)], holes=0.1)
    with executor(workers=workers, patience=1e9) as where:
        clock = Clock(limit=1.5)
        found = assign(problem, clock=clock, where=where)
    assert clock.reached
    assert len(found.chosen) == int(problem.seats.sum())
    assert min(had) > 0.15  # of 1.5 seconds, of which a fifth is for the field with the fewest pairs


def test_one_field_without_solution_is_named_alone() -> None:
    matrix = np.full((4, 6), np.nan)
    matrix[:2, :4] = 1.0
    matrix[2:, 4:] = 1.0
    problem = Problem.from_matrix(matrix, seats=3, most=4)
    with pytest.raises(InfeasibleError) as caught:
        assign(problem, objective="fair")
    assert [found.proposals for found in caught.value.unsatisfied] == [("2",), ("3",)]


def test_rehearsed_draws_are_those_of_their_seeds() -> None:
    random = np.random.default_rng(2)
    drawn = lottery(Problem.from_matrix(random.random((9, 12)), seats=2, most=3), 0.5)
    expected = np.zeros(len(drawn.amount), dtype=np.int64)
    for seed in range(11, 61):
        expected[drawn.draw(seed)] += 1
    with executor(workers=2, patience=1e-9) as pool:
        for where in (Here(), pool):
            count, draws = drawn.rehearse(range(11, 61), where=where)
            assert draws == 50
            assert count.tolist() == expected.tolist()
    count, draws = drawn.rehearse(range(11, 61), clock=Clock(limit=0.0))
    assert (draws, int(count.sum())) == (20, 20 * 18)


def test_a_rehearsal_is_reported_and_counted_in_the_marginals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(4)
    Path("s.csv").write_text(
        "".join(f"p{p},e{e},{random.random():.3f}\n" for p in range(6) for e in range(8)), encoding="utf-8"
    )
    words = ["assign", "--scores", "s.csv", "--panel-size", "2", "--max-load", "3", "--probability-cap", "0.5"]
    words += ["--out", "a.csv", "--report", "r.json"]
    assert cli.main([*words, "--draws", "400", "--marginals", "m.csv", "--lang", "en"]) == 0
    rehearsal = json.loads(Path("r.json").read_text(encoding="utf-8"))["rehearsal"]
    assert (rehearsal["draws"], rehearsal["first_seed"], rehearsal["last_seed"]) == (400, 8, 407)
    rows = [line.split(",") for line in Path("m.csv").read_text(encoding="utf-8").splitlines()]
    assert sum(int(row[3]) for row in rows) == 400 * 12
    assert rehearsal["greatest_share"] == max(int(row[3]) for row in rows) / 400
    assert rehearsal["farthest"]["chance"] > 0.001
    assert rehearsal["text"].startswith("In 400 rehearsed draws")


def test_rehearsals_without_a_cap_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "s.csv").write_text("p,e,1\n")
    words = ["assign", "--scores", f"{tmp_path}/s.csv", "--panel-size", "1", "--max-load", "1", "--draws", "5"]
    assert cli.main([*words, "--out", str(tmp_path / "a.csv"), "--report", str(tmp_path / "r.json")]) == 2
    assert "--draws needs --probability-cap" in capsys.readouterr().err


def test_a_part_knows_its_places() -> None:
    problem = fields(1, [(3, 4), (3, 4)], holes=0.0)
    for part in split(problem):
        assert isinstance(part, Part)
        inside = part.problem
        again = problem.pairs(part.proposals[inside.proposal], part.experts[inside.expert])
        assert again.tolist() == part.pairs.tolist()
