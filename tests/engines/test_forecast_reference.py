"""Reference classes and early warnings: censoring, parents, widths, and no look into the future."""

import math
import os
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.forecast import History, Report, Settings, forecast, judge, learn, ranking_quality
from jiandao.engines.forecast.reference import Reference

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data")
PLAIN = Settings(calibrate=False)


def history(rows: list[tuple[str, float, float, bool]], ended: list[float] | None = None) -> History:
    days = ended or [float(number) for number in range(len(rows))]
    return History.of(
        [row[0] for row in rows],
        [row[1] for row in rows],
        [row[2] for row in rows],
        [row[3] for row in rows],
        [day if row[3] else math.nan for day, row in zip(days, rows, strict=True)],
    )


def lognormal(count: int, sigma: float, seed: int, name: str = "x") -> list[tuple[str, float, float, bool]]:
    draw = random.Random(seed)
    return [(name, 100.0, 100 * math.exp(draw.gauss(0, sigma)), True) for _ in range(count)]


def test_many_observations_give_their_own_quantiles():
    found = forecast(history(lognormal(5000, 0.4, 1)), ["x"], [50.0], settings=PLAIN)
    expected = 50 * np.exp(0.4 * np.array([-1.2816, 0, 0.8416, 1.2816]))
    assert found.days[0] == pytest.approx(expected, rel=0.04)
    assert (found.n[0], found.basis[0]) == (5000, "x")


def test_few_observations_are_never_sure():
    one = forecast(history([("x", 100.0, 100.0, True)]), ["x"], [100.0])
    assert one.days[0, 0] < 60
    assert one.days[0, 3] > 150
    assert one.calibrated == 0
    three = forecast(history([("x", 100.0, 100.0, True)] * 3), ["x"], [100.0])
    assert three.days[0, 3] - three.days[0, 0] < one.days[0, 3] - one.days[0, 0]


def test_unfinished_work_moves_quantiles_up_and_is_not_dropped():
    done = lognormal(60, 0.3, 2)
    going = [("x", 100.0, 140.0, False)] * 40
    without = forecast(history(done), ["x"], [100.0], settings=PLAIN)
    with_them = forecast(history(done + going), ["x"], [100.0], settings=PLAIN)
    assert (with_them.days >= without.days).all()
    assert with_them.days[0, 2] > 1.2 * without.days[0, 2]
    assert with_them.censored[0] == 40
    # Work that has only just begun says nothing.
    begun = forecast(history(done + [("x", 100.0, 0.5, False)] * 40), ["x"], [100.0], settings=PLAIN)
    assert begun.days == pytest.approx(without.days, rel=1e-9)


def test_kaplan_meier_by_hand():
    # 2 of 4 end at 1.0; one is censored at 1.5; the last ends at 2.0.
    rows = [("x", 100.0, 100.0, True)] * 2 + [("x", 100.0, 150.0, False), ("x", 100.0, 200.0, True)]
    reference = Reference(history(rows), Settings(similar=0, prior_strength=1e-9))
    survival = reference.survival("x", 18)
    assert survival[299] == pytest.approx(1)
    assert survival[300] == pytest.approx(0.5)
    assert survival[330] == pytest.approx(0.5)
    assert survival[-1] == pytest.approx(0)


def test_a_class_is_drawn_to_its_parent_and_an_unknown_one_is_its_parent():
    rows = lognormal(200, 0.2, 3, "a/fast") + [("a/slow", 100.0, 300.0, True)] * 4 + lognormal(100, 0.2, 4, "b")
    found = forecast(history(rows), ["a/fast", "a/slow", "a/new", "c"], [100.0] * 4, settings=PLAIN)
    fast, slow, new, other = found.days[:, 3]
    assert fast < slow < 304
    assert found.days[1, 1] < 150  # four slow ones do not outweigh twenty of the parent
    assert found.basis == ("a/fast", "a/slow", "a", "")
    assert found.n.tolist() == [200, 4, 204, 304]
    assert new == pytest.approx(fast, rel=0.2)
    assert other == pytest.approx(fast, rel=0.2)
    many = forecast(history(rows + [("a/slow", 100.0, 300.0, True)] * 400), ["a/slow"], [100.0], settings=PLAIN)
    assert many.days[0, 1] == pytest.approx(300, rel=0.03)


def test_similar_lengths_count_more():
    rows = [("x", 10.0, 30.0, True)] * 100 + [("x", 1000.0, 1100.0, True)] * 100
    short, long = forecast(history(rows), ["x", "x"], [10.0, 1000.0], settings=PLAIN).days[:, 1]
    assert short > 2 * 10
    assert long < 1.3 * 1000


@given(st.integers(0, 10**6))
@settings(max_examples=20, deadline=None)
def test_quantiles_rise_and_the_order_of_rows_is_nothing(seed):
    draw = random.Random(seed)
    rows = [
        (draw.choice(["a", "a/b", "c"]), draw.choice([10.0, 50.0, 300.0]), draw.uniform(1, 900), draw.random() < 0.7)
        for _ in range(draw.randint(1, 150))
    ]
    rows[0] = (*rows[0][:3], True)
    days = [float(draw.randint(0, 3000)) for _ in rows]
    found = forecast(history(rows, days), ["a/b", "z"], [20.0, 400.0])
    assert (np.diff(found.days, axis=1) >= 0).all()
    assert (found.days > 0).all()
    place = list(range(len(rows)))
    draw.shuffle(place)
    again = forecast(history([rows[one] for one in place], [days[one] for one in place]), ["a/b", "z"], [20.0, 400.0])
    assert again.days == pytest.approx(found.days, rel=1e-9)


def test_widths_are_corrected_outward_when_the_past_was_too_sure():
    calm, wild = lognormal(300, 0.1, 5), lognormal(300, 0.6, 6)
    found = forecast(history(calm + wild), ["x"], [100.0])
    raw = forecast(history(calm + wild), ["x"], [100.0], settings=PLAIN)
    assert found.calibrated == 300
    assert found.days[0, 0] < raw.days[0, 0]
    assert found.days[0, 3] > raw.days[0, 3]
    settled = forecast(history(wild + calm), ["x"], [100.0])
    assert settled.used == pytest.approx([0.1, 0.5, 0.8, 0.9])  # that it was too wide makes it no narrower


def test_cover_on_later_work_of_a_steady_history():
    rows = lognormal(3000, 0.5, 7)
    found = forecast(history(rows[:1500]), ["x"], [100.0])
    inside = np.mean([found.days[0, 0] <= row[2] <= found.days[0, 3] for row in rows[1500:]])
    assert 0.75 <= inside <= 0.85


def test_as_of_knows_nothing_later():
    rows = history([("x", 10.0, 10.0, True), ("x", 10.0, 30.0, True), ("x", 10.0, 5.0, False)], [100.0, 130.0, 0.0])
    then = rows.as_of(110.0)
    assert then.finished.tolist() == [True, False]
    assert then.days.tolist() == [10.0, 10.0]  # the second began on day 100 and was seen for ten days
    assert history([("x", 10.0, 10.0, True)], [100.0]).as_of(95.0).planned.tolist() == []


def reports(moves: list[int], *, left: int = 2000, step: int = 120) -> list[Report]:
    found, end = [Report(0, left, left)], left
    for number, move in enumerate(moves, 1):
        end += move
        found.append(Report(number * step, left, end))
    return found


def test_who_moved_often_is_warned_of_more():
    past = {f"p{number}": reports([60] * (number % 5) + [0] * (4 - number % 5)) for number in range(30)}
    rates = learn(past)
    chances = [judge(rates, "q", reports([60] * count + [0] * (4 - count))).p_late for count in range(5)]
    assert chances == sorted(chances)
    assert chances[0] < judge(rates, "q", reports([])).p_late < chances[4]
    one = judge(rates, "q", reports([60, 0, 0, 0]))
    assert (one.moves, one.intervals) == (1, 4)
    assert one.low < one.p_late < one.high


def test_later_reports_and_time_left_change_no_judgement():
    past = {f"p{number}": reports([60 * (number % 2), 0, 0]) for number in range(20)}
    rates = learn(past)
    assert judge(rates, "q", reports([60, 0])).p_late == judge(rates, "q", reports([60, 0], left=900)).p_late
    # A project that had to move, since its date lay before the next report, teaches nothing.
    forced = judge(rates, "q", [Report(0, 50, 50), Report(120, 50, 300)])
    assert (forced.moves, forced.intervals) == (0, 0)


def test_little_is_known_from_little():
    lonely = learn({"p": reports([60])})
    one = judge(lonely, "q", reports([]))
    assert 0 < one.p_late < 1
    assert one.high - one.low > 0.1
    assert judge(lonely, "q", [Report(100, 90, 90)]).overdue
    nothing = learn({"p": [Report(0, 100, 100)]})
    assert nothing.intervals == 0
    assert judge(nothing, "p", [Report(0, 100, 100)]).p_late == pytest.approx(0.5)


def test_ranking_quality_counts_pairs():
    assert ranking_quality([1, 2, 3, 3], [False, True, False, True]) == pytest.approx((1 + 0 + 1 + 0.5) / 4)
    assert math.isnan(ranking_quality([1, 2], [True, True]))
