"""Monte-Carlo of activity networks, earned value and readiness: known answers and laws."""

import math
import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.forecast import Activity, attainment, brier, joint_confidence, left_out, simulate, standing
from jiandao.engines.forecast.schedule import CycleError, quantiles


def chain(*durations: float, **more: float) -> list[Activity]:
    return [
        Activity(f"a{number}", one, (f"a{number - 1}",) if number else (), **more)
        for number, one in enumerate(durations)
    ]


def drawn(seed: int, **more: float) -> list[Activity]:
    draw = random.Random(seed)
    count = draw.randint(1, 9)
    return [
        Activity(
            f"a{number}",
            draw.choice([0, 1, 2.5, 4, 7]),
            tuple(f"a{one}" for one in range(number) if draw.random() < 0.4),
            **{"sigma": draw.choice([0.1, 0.4]), **more},
        )
        for number in range(count)
    ]


def longest(activities: list[Activity]) -> float:
    ends: dict[str, float] = {}
    for one in activities:
        ends[one.id] = one.duration + max((ends[name] for name in one.after), default=0.0)
    return max(ends.values())


@given(st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_without_spread_it_is_the_critical_path(seed):
    activities = drawn(seed, sigma=0.0)
    found = simulate(activities, samples=200)
    assert found.end.tolist() == [longest(activities)] * 200
    assert found.deterministic == longest(activities)
    assert set(found.criticality.tolist()) <= {0.0, 1.0}


@given(st.integers(0, 10**6))
@settings(max_examples=25, deadline=None)
def test_laws_of_networks(seed):
    activities = drawn(seed)
    found = simulate(activities, samples=2000, correlation=0.3)
    assert (np.diff(found.finish, axis=1) >= 0).all()
    assert ((found.criticality >= 0) & (found.criticality <= 1)).all()
    assert found.criticality.max() > 0
    shuffled = activities[:]
    random.Random(seed).shuffle(shuffled)
    again = simulate(shuffled, samples=2000, correlation=0.3)
    assert (again.end == found.end).all()  # seed-stable, whatever the order
    longer = [Activity(one.id, one.duration * 1.5, one.after, one.sigma) for one in activities]
    assert (simulate(longer, samples=2000, correlation=0.3).end >= found.end - 1e-9).all()
    if len(activities) > 1:
        last = activities[-1]
        more = [*activities[:-1], Activity(last.id, last.duration, tuple({*last.after, "a0"}), last.sigma)]
        assert (simulate(more, samples=2000, correlation=0.3).end >= found.end - 1e-9).all()


def test_quantiles_equal_a_plain_loop_within_error():
    activities = [
        Activity("a", 5, (), 0.4),
        Activity("b", 6, (), 0.2),
        Activity("c", 3, ("a",), 0.5),
        Activity("d", 2, ("a", "b"), 0.3),
        Activity("e", 1, ("c", "d"), 0.0),
    ]
    draw, rho, ends = random.Random(4), 0.5, []
    for _ in range(20000):
        common, finish = draw.gauss(0, 1), {}
        for one in activities:
            power = one.sigma * (math.sqrt(1 - rho) * draw.gauss(0, 1) + math.sqrt(rho) * common)
            start = max((finish[name] for name in one.after), default=0.0)
            finish[one.id] = start + one.duration * math.exp(power)
        ends.append(max(finish.values()))
    ours = simulate(activities, correlation=rho, samples=100_000).end_quantiles()
    assert ours == pytest.approx(np.quantile(ends, [0.1, 0.5, 0.8, 0.95]), rel=0.02)


def test_every_activity_of_a_chain_is_critical_and_done_work_has_no_spread():
    found = simulate(chain(3, 4, 5), samples=500)
    assert found.criticality.sum() == 3
    done = simulate([Activity("a0", 3, (), 0.5, done=7.0), *chain(3, 4)[1:]], samples=500)
    assert set(done.finish[0].tolist()) == {7.0}
    assert done.end.min() >= 7
    all_done = simulate(
        [Activity(one.id, one.duration, one.after, one.sigma, done=2.0) for one in chain(3, 4, 5)], samples=300
    )
    assert set(all_done.end.tolist()) == {6.0}


def test_merging_paths_end_later_than_planned_and_correlation_widens():
    parallel = [Activity(f"a{number}", 10, (), 0.3) for number in range(5)]
    alone, together = simulate(parallel), simulate(parallel, correlation=0.8)
    assert np.median(alone.end) > 11
    assert np.median(together.end) < np.median(alone.end)
    apart, joined = simulate(chain(5, 5, 5, 5)), simulate(chain(5, 5, 5, 5), correlation=0.8)
    assert joined.end.std() > 1.3 * apart.end.std()


def test_more_samples_begin_with_the_fewer():
    few, many = simulate(chain(3, 4), samples=8192), simulate(chain(3, 4), samples=20_000)
    assert (many.end[:8192] == few.end).all()
    assert (simulate(chain(3, 4), seed=2, samples=100).end != few.end[:100]).all()


def test_joint_confidence_is_below_both():
    activities = [Activity("a", 10, (), 0.3, cost=5, rate=2), Activity("b", 8, ("a",), 0.2, rate=1)]
    found = simulate(activities, fixed_cost=3, burn_rate=0.5, correlation=0.2)
    joint = joint_confidence(found, 50, 20)
    assert 0 < joint.joint <= min(joint.cost, joint.time)
    assert joint.error < 0.002
    plain = simulate([Activity("a", 10, (), 0.0, cost=5, rate=2)], samples=100, fixed_cost=3, burn_rate=0.5)
    assert set(plain.cost.tolist()) == {5 + 20 + 3 + 5}


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=300), st.sampled_from([0.1, 0.5, 0.8, 0.95, 1.0]))
def test_quantiles_are_order_statistics(values, level):
    array = np.array(values)
    expected = sorted(values)[max(math.ceil(level * len(values) - 1e-9) - 1, 0)]
    assert quantiles(array, [level])[0] == expected


def test_impossible_networks_are_refused():
    with pytest.raises(CycleError, match="a → b → a"):
        simulate([Activity("a", 1, ("b",)), Activity("b", 1, ("a",)), Activity("c", 1, ("b",))])
    with pytest.raises(ValueError, match="unknown"):
        simulate([Activity("a", 1, ("z",))])
    with pytest.raises(ValueError, match="twice"):
        simulate([Activity("a", 1), Activity("a", 2)])
    with pytest.raises(ValueError, match="no number"):
        simulate([Activity("a", math.nan)])


def test_earned_schedule_measures_delay_where_spi_no_longer_does():
    plan = [10, 30, 60, 90, 100]
    found = standing(plan, earned=45, actual=50, periods=3)
    assert found.earned_schedule == pytest.approx(2.5)
    assert found.spi_t == pytest.approx(2.5 / 3)
    assert found.sv_t == pytest.approx(-0.5)
    assert (found.spi, found.cpi) == (pytest.approx(0.75), pytest.approx(0.9))
    assert found.eac == pytest.approx(100 / 0.9)
    assert found.end == pytest.approx(6.0)
    late = standing(plan, earned=100, actual=120, periods=8)
    assert (late.spi, late.spi_t) == (1.0, 5 / 8)
    assert standing(plan, 0, 0, 0).spi is None
    with pytest.raises(ValueError, match="fall"):
        standing([5, 3], 1, 1, 1)


def test_readiness_is_drawn_to_all_and_never_certain():
    everything = attainment([True] * 30 + [False] * 10)
    assert everything.low < everything.share < everything.high < 1
    assert everything.share == pytest.approx(30.5 / 41)
    small = attainment([True] * 30 + [False] * 10, ["x"] * 38 + ["y"] * 2, "y")
    assert (small.n, small.of_all) == (2, 40)
    assert 0.6 < small.share < everything.share
    assert attainment([True]).high < 1
    nobody = attainment([True] * 3 + [False], ["x"] * 4, "z")
    assert nobody.n == 0
    assert nobody.high - nobody.low > everything.high - everything.low
    with pytest.raises(ValueError, match="no project"):
        attainment([])


def test_left_out_uses_the_others_only():
    reached = [True, True, False, True]
    assert left_out(reached).tolist() == pytest.approx([2.5 / 4, 2.5 / 4, 3.5 / 4, 2.5 / 4])
    assert brier([1, 0], [True, True]) == 0.5
    by_class = left_out(reached, ["x", "x", "x", "y"], strength=2)
    assert by_class[3] == pytest.approx(2.5 / 4)  # the only one of its class: all others
    assert by_class[0] == pytest.approx((1 + 2 * 2.5 / 4) / 4)
