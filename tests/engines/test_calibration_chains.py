"""Several chains: what they say together, whether they agree, and when they end."""

import json
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from jiandao import cli
from jiandao.engines.calibration import Reviews, calibrate, combine, read
from jiandao.engines.calibration.moments import Moments, rhat, rhat_of_means
from jiandao.engines.calibration.sampling import CHAINS, _Tally
from jiandao.engines.executor import executor
from jiandao.engines.runs import Clock


def reviews(proposals: int = 40, experts: int = 10, each: int = 3, seed: int = 5) -> Reviews:
    draw = np.random.default_rng(seed)
    expert = np.sort([draw.choice(experts, each, replace=False) for _ in range(proposals)], axis=1).ravel()
    row = np.repeat(np.arange(proposals), each)
    score = np.round(6 + draw.normal(0, 1, proposals)[row] + draw.normal(0, 1, experts)[expert], 1)
    names = tuple(f"p{one:03}" for one in range(proposals)), tuple(f"e{one:03}" for one in range(experts))
    return combine(*names, row, expert, np.zeros(len(row), dtype=int), score + draw.normal(0, 0.5, len(row)), [1.0])


@given(arrays(np.float64, st.tuples(st.integers(2, 9), st.just(3)), elements=st.floats(-100, 100)), st.integers(0, 9))
def test_moments_of_chains_are_those_of_all_draws(draws: np.ndarray, cut: int) -> None:
    first, second = Moments(3), Moments(3)
    for place, draw in enumerate(draws):
        (first if place < cut else second).add(draw, np.full(3, 0.5))
    first.join(second)
    assert first.mean == pytest.approx(draws.mean(axis=0), abs=1e-9)
    assert first.variance() == pytest.approx(draws.var(axis=0) + 0.5, abs=1e-6)


@given(st.lists(st.integers(1, 30), min_size=1, max_size=4), st.integers(0, 1000))
def test_the_ends_of_ranks_that_chains_tell_are_enough_for_the_interval(lengths: list[int], seed: int) -> None:
    draw = np.random.default_rng(seed)
    ranks = [draw.integers(1, 50, (length, 3)).astype(np.int32) for length in lengths]
    together = _Tally(3, 1, 1)
    for one in ranks:
        chain = _Tally(3, 1, 1)
        for _ in one:
            chain.fitted.add(np.zeros(1))
        chain.ranked(one.copy(), -(-4 * 30 // 20), 4 * 30 // 20 + 1)
        together.join(chain)
    expected = np.quantile(np.concatenate(ranks), [0.05, 0.95], axis=0, method="inverted_cdf")
    assert np.array_equal(together.interval(), expected)


def test_r_hat_is_near_one_for_draws_of_one_kind_and_tells_others() -> None:
    draw = np.random.default_rng(1)
    alike = list(draw.normal(size=(4, 400)))
    assert rhat(alike) < 1.02
    assert rhat([*alike[:3], alike[3] + 1.5]) > 1.2
    assert rhat([*alike[:3], alike[3] * 4]) > 1.1  # of another width
    assert rhat([one + np.linspace(0, 3, 400) for one in alike]) > 1.2  # all still on their way
    assert rhat([np.zeros(50)] * 4) == 1
    assert np.isnan(rhat([np.zeros(5)] * 4))


def test_r_hat_of_many_is_that_of_the_worst() -> None:
    halves, every = Moments(2), Moments(2)
    for far in (0.0, 1.0):
        for draw in (-0.1, 0.1):
            every.add(np.array([draw, draw + far]))
        halves.add(np.array([0.0, far]))
    assert rhat_of_means(halves, every) == pytest.approx(np.sqrt(1 + 0.5 / 0.01))


def test_chains_agree_on_a_good_design_and_a_hopeless_one_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    found = calibrate(reviews())
    assert found.agreed
    assert found.chains == CHAINS
    assert max(found.rhat.values()) < 1.2
    # Everybody judges another proposal: nothing tells harshness, quality and noise apart.
    scores = np.random.default_rng(3).normal(5, 1, 300)
    Path("r").write_text("proposal,expert,score\n" + "".join(f"p{n},e{n},{one}\n" for n, one in enumerate(scores)))
    assert cli.main(["calibrate", "--reviews", "r", "--out", "o", "--report", "j", "--lang", "en", "--quiet"]) == 0
    report = json.loads(Path("j").read_text())
    note = next(note for note in report["notes"] if note["code"] == "chains")
    assert note["rhat"] == pytest.approx(max(report["r_hat"].values()), abs=0.006)
    assert "do not agree" in note["text"]


def test_stop_and_time_end_each_chain_early() -> None:
    whole = calibrate(reviews())
    asked = iter(range(10_000))
    stopped = Clock(stop=lambda: next(asked) > 5)
    found = calibrate(reviews(), clock=stopped)
    assert stopped.reached
    assert found.sweeps < whole.sweeps // 4
    assert np.isfinite(found.score).all()
    began = time.monotonic()
    with executor(workers=2) as pool:
        late = Clock(limit=1e-9)
        assert np.isfinite(calibrate(reviews(), clock=late, where=pool).sd).all()
        assert late.reached
        early = Clock(limit=300)
        assert np.array_equal(calibrate(reviews(), clock=early, where=pool).score, whole.score)
        assert not early.reached
    assert time.monotonic() - began < 200


def test_a_file_that_needs_care_is_read_as_a_plain_one(tmp_path: Path) -> None:
    lines = [f"p{n % 7},e{n % 5},{n / 4},{'ab'[n // 35]}" for n in range(70)]
    plain, quoted = tmp_path / "plain", tmp_path / "quoted"
    plain.write_text("\n".join(["proposal,expert,score,criterion", *lines[::-1]]) + "\n")
    quoted.write_text("\n\n".join(["proposal,expert,score,criterion", *lines]) + '\n\n"p7",e1,1,a\n"p7",e1,2,b\n')
    plain.write_text(plain.read_text() + "p7,e1,1,a\np7,e1,2,b\n")
    one, other = read(plain, {"a": 2, "b": 1}), read(quoted, {"a": 2, "b": 1})
    assert (one.proposals, one.experts) == (other.proposals, other.experts)
    for first, second in ((one.proposal, other.proposal), (one.score, other.score), (one.weight, other.weight)):
        assert np.array_equal(first, second)


def test_ids_with_every_sign_stand_in_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("r").write_text(
        'proposal,expert,score\n"a""b,c",e\\n,3\n"a""b,c",f,4\n项,"\\""",5\n项,f,6\n', encoding="utf-8"
    )
    words = ["calibrate", "--reviews", "r", "--out", "o", "--experts-out", "e", "--report", "j", "--quiet"]
    assert cli.main(words) == 0
    report = json.loads(Path("j").read_text(encoding="utf-8"))
    assert list(report["proposals"]) == ['a"b,c', "项"]
    assert list(report["experts"]) == ['\\"', "e\\n", "f"]
    assert Path("o").read_text(encoding="utf-8").splitlines()[1].startswith('"a""b,c",3.500000,')
