"""What remains of a supply network: equal to plain recursion and brute force, and monotone as supply is."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from jiandao.engines.resilience import (
    ALL_OF,
    ANY_OF,
    WEIGHTED,
    Holdings,
    Links,
    Network,
    Plan,
    Relief,
    concentration,
    node_losses,
    relieved,
    single_points,
    stops,
)

Row = tuple[int, int, int, float]


def links(rows: list[Row]) -> Links:
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Links(
        np.array(columns[0], np.int64),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.int8),
        np.array(columns[3], np.float64),
    )


def network(size: int, rows: list[Row], shares: list[tuple[int, str, float]], names: str = "n{:03}") -> Network:
    final = np.ones(size, bool)
    final[[row[0] for row in rows]] = False
    holdings = Holdings.of(shares)
    return Network(
        ids=tuple(names.format(number) for number in range(size)),
        names=("",) * size,
        need=final.astype(float),
        final=final,
        links=links(rows),
        countries=holdings,
        firms=holdings,
    )


def drawn(seed: int, *, cyclic: bool, kinds: tuple[int, ...] = (ALL_OF, ANY_OF, WEIGHTED)) -> Network:
    draw = np.random.default_rng(seed)
    size = int(draw.integers(2, 26))
    rows: dict[tuple[int, int, int], float] = {}
    for _ in range(int(draw.integers(0, 3 * size))):
        source, target = (int(one) for one in draw.integers(0, size, 2))
        if not cyclic and source >= target:
            continue
        rows[source, target, int(draw.choice(kinds))] = float(draw.integers(1, 5))
    shares = []
    for node in range(size):
        parts = draw.dirichlet(np.ones(4)) * draw.choice([1.0, 0.7])
        for country, part in zip("ABCD", parts, strict=True):
            if draw.random() < 0.6:
                shares.append((node, country, float(part)))
    return network(size, [(*key, weight) for key, weight in rows.items()], shares)


def recursion(net: Network, own: np.ndarray) -> list[float]:
    """The definition, word by word; only without cycles."""
    found: dict[int, float] = {}

    def value(node: int) -> float:
        if node not in found:
            bounds = [float(own[node])]
            into = {ALL_OF: [], ANY_OF: [], WEIGHTED: []}
            for source, target, kind, weight in zip(
                net.links.source, net.links.target, net.links.kind, net.links.weight, strict=True
            ):
                if target == node:
                    into[int(kind)].append((value(int(source)), float(weight)))
            bounds += [one for one, _ in into[ALL_OF]]
            if into[ANY_OF]:
                bounds.append(max(one for one, _ in into[ANY_OF]))
            if into[WEIGHTED]:
                total = sum(weight for _, weight in into[WEIGHTED])
                bounds.append(sum(one * weight for one, weight in into[WEIGHTED]) / total)
            found[node] = min(bounds)
        return found[node]

    return [value(node) for node in range(net.size)]


def from_above(net: Network, own: np.ndarray, sweeps: int) -> np.ndarray:
    """The greatest fixed point by plain iteration."""
    value = np.ones(net.size)
    for _ in range(sweeps):
        new = own.copy()
        for node in range(net.size):
            for kind, combine in ((ALL_OF, min), (ANY_OF, max), (WEIGHTED, None)):
                chosen = (net.links.target == node) & (net.links.kind == kind)
                if chosen.any():
                    inputs, weight = value[net.links.source[chosen]], net.links.weight[chosen]
                    new[node] = min(new[node], combine(inputs) if combine else (inputs * weight).sum() / weight.sum())
        if np.array_equal(new, value):
            break
        value = new
    return value


def lost(net: Network, *countries: str) -> np.ndarray:
    own = np.ones(net.size)
    for node, holder, share in zip(net.countries.node, net.countries.holder, net.countries.share, strict=True):
        if net.countries.holders[holder] in countries:
            own[node] -= share
    return own


def test_sweep_equals_plain_recursion_on_500_random_graphs():
    for seed in range(500):
        net = drawn(seed, cyclic=False)
        own = lost(net, "A")
        assert Plan(net.size, net.links).remaining(own) == pytest.approx(recursion(net, own), abs=1e-12), seed


@pytest.mark.parametrize("kinds", [(ALL_OF,), (ALL_OF, ANY_OF), (ALL_OF, ANY_OF, WEIGHTED)])
def test_cycles_have_their_greatest_fixed_point(kinds):
    for seed in range(40):
        net = drawn(seed, cyclic=True, kinds=kinds)
        own = lost(net, "A", "B")
        plan = Plan(net.size, net.links)
        assert plan.remaining(own) == pytest.approx(from_above(net, own, 5000), abs=1e-9), seed
        assert plan.unsettled < 1e-12


def test_long_ways_around_a_cycle_are_exact():
    size = 400  # any-of and all-of in turn, with a side way at each: no ring of all-of links alone
    draw = np.random.default_rng(3)
    rows = [(node, (node + 1) % size, node % 2, 1.0) for node in range(size)]
    rows += [(node, (node + 7) % size, ANY_OF, 1.0) for node in range(0, size, 2)]
    net = network(size, rows, [(node, "A", float(draw.random())) for node in range(size)])
    own = lost(net, "A")
    assert Plan(size, net.links).remaining(own) == pytest.approx(from_above(net, own, 3000), abs=0)


def test_a_mean_that_loses_a_little_every_time_around_ends_at_its_limit():
    # 0 keeps all but a millionth of itself; 1 is stopped, so that nothing remains in the end.
    net = network(3, [(0, 0, WEIGHTED, 1e6), (1, 0, WEIGHTED, 1.0), (0, 2, ALL_OF, 1.0)], [(1, "A", 1.0)])
    plan = Plan(3, net.links)
    assert plan.remaining(lost(net, "A")) == pytest.approx([0, 0, 0], abs=1e-9)
    assert plan.unsettled == 0
    assert Plan(3, net.links).remaining(np.array([1, 0.4, 1])) == pytest.approx([0.4, 0.4, 0.4], abs=1e-9)
    # Two that feed each other, one of them held lower by an all-of input from the other side.
    rows = [(0, 1, WEIGHTED, 1e5), (2, 1, WEIGHTED, 1.0), (1, 0, ALL_OF, 1.0), (1, 3, ALL_OF, 1.0)]
    assert Plan(4, links(rows)).remaining(np.array([0.9, 1, 0.3, 1])) == pytest.approx([0.3, 0.3, 0.3, 0.3], abs=1e-9)


def test_slow_weighted_cycles_are_exact():
    for seed in range(60):
        net = drawn(seed, cyclic=True, kinds=(ALL_OF, WEIGHTED))
        weight = np.where(np.arange(len(net.links.weight)) % 2 == 0, 1.0, 300.0)
        slow = Links(net.links.source, net.links.target, net.links.kind, weight)
        own = lost(net, "A", "B")
        plan = Plan(net.size, slow)
        value = plan.remaining(own)
        assert plan.unsettled == 0
        assert value == pytest.approx(programme(net.size, slow, own), abs=1e-6)


def programme(size: int, slow: Links, own: np.ndarray) -> np.ndarray:
    """The greatest values that no all-of input and no mean lies below: a linear programme."""
    rows = []
    for node in range(size):
        mean = (slow.target == node) & (slow.kind == WEIGHTED)
        if mean.any():
            row = np.zeros(size)
            np.add.at(row, slow.source[mean], -slow.weight[mean] / slow.weight[mean].sum())
            row[node] += 1
            rows.append(row)
        for source in slow.source[(slow.target == node) & (slow.kind == ALL_OF)]:
            row = np.zeros(size)
            row[node] += 1
            row[source] -= 1
            rows.append(row)
    table = np.array(rows).reshape(-1, size)
    return linprog(-np.ones(size), table, np.zeros(len(table)), bounds=[(0, one) for one in np.maximum(own, 0)]).x


def test_a_cycle_that_only_feeds_itself_keeps_going():
    net = network(3, [(0, 1, ALL_OF, 1.0), (1, 0, ALL_OF, 1.0), (1, 2, ALL_OF, 1.0)], [(2, "A", 0.4)])
    assert Plan(3, net.links).remaining(np.ones(3)).tolist() == [1, 1, 1]
    assert Plan(3, net.links).remaining(np.array([0.3, 1, 1])).tolist() == [0.3, 0.3, 0.3]


def test_deep_networks_are_computed_in_batches_alike():
    size = 2500
    net = network(size, [(node, node + 1, ALL_OF, 1.0) for node in range(size - 1)], [(5, "A", 0.25), (9, "B", 1.0)])
    plan = Plan(size, net.links)
    found = stops(net, [("A",), ("B",), ("A", "B")], plan=plan)
    assert plan.depth == size
    assert found.remaining.tolist() == [[0.75], [0.0], [0.0]]
    assert found.loss.tolist() == [0.25, 1.0, 1.0]


@given(st.integers(0, 10**6))
@settings(max_examples=30, deadline=None)
def test_more_stops_never_leave_more_and_none_leave_all(seed):
    net = drawn(seed, cyclic=True)
    few, more, none = (stops(net, [case]).remaining for case in (("A",), ("A", "C"), ("Z",)))
    assert (more <= few + 1e-12).all()
    assert (none == 1).all()


@given(st.integers(0, 10**6), st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=30, deadline=None)
def test_more_to_spare_never_leaves_less_and_never_more_than_all(seed, one, other):
    net = drawn(seed, cyclic=True)
    low, high = sorted((one, other))
    none, few, many = (stops(net, [("A",), ("Z",)], spare=spare).remaining for spare in (0.0, low, high))
    assert (none <= few + 1e-12).all()
    assert (few <= many + 1e-12).all()
    assert many.max(initial=1) == 1
    assert (many[1] == 1).all()


@given(st.integers(0, 10**6), st.data())
@settings(max_examples=30, deadline=None)
def test_a_substitute_never_lowers(seed, data):
    net = drawn(seed, cyclic=False)
    into = [int(one) for one in net.links.target[net.links.kind == ANY_OF]]
    if not into:
        return
    target = data.draw(st.sampled_from(into))
    rows = [
        (int(a), int(b), int(c), float(d))
        for a, b, c, d in zip(net.links.source, net.links.target, net.links.kind, net.links.weight, strict=True)
    ]
    own = lost(net, "A", "B")
    before = Plan(net.size, net.links).remaining(own)
    more = links([*rows, (net.size, target, ANY_OF, 1.0)])
    after = Plan(net.size + 1, more).remaining(np.append(own, 0.8))
    assert (after[: net.size] >= before - 1e-12).all()


@given(st.integers(0, 10**6), st.randoms())
@settings(max_examples=30, deadline=None)
def test_new_numbers_for_nodes_change_nothing(seed, random):
    net = drawn(seed, cyclic=True)
    order = list(range(net.size))
    random.shuffle(order)
    place = np.array(order)
    moved = Links(place[net.links.source], place[net.links.target], net.links.kind, net.links.weight)
    own = lost(net, "B")
    shuffled = np.empty(net.size)
    shuffled[place] = own
    assert Plan(net.size, moved).remaining(shuffled)[place] == pytest.approx(
        Plan(net.size, net.links).remaining(own), abs=1e-9
    )


@given(st.integers(0, 10**6))
@settings(max_examples=15, deadline=None)
def test_single_points_and_losses_equal_trying_each_node(seed):
    net = drawn(seed, cyclic=seed % 2 == 0, kinds=(ALL_OF, ANY_OF, WEIGHTED) if seed % 3 else (ALL_OF, ANY_OF))
    if not net.final.any():
        return
    top_share = concentration(net).top_share
    count, share = single_points(net)
    losses = node_losses(net, top_share)
    for node in range(net.size):
        own = np.ones(net.size)
        own[node] = 0
        left = from_above(net, own, 3000)
        gone = [final for final in np.flatnonzero(net.final) if left[final] <= 1e-12 and final != node]
        assert count[node] == len(gone)
        assert share[node] == pytest.approx(len(gone) / net.final.sum())
        own[node] = 1 - np.nan_to_num(top_share[node])
        expected = 1 - from_above(net, own, 3000)[net.final].mean()
        assert (
            np.isnan(losses[node]) if np.isnan(top_share[node]) else losses[node] == pytest.approx(expected, abs=1e-9)
        )


@given(st.lists(st.integers(1, 50), min_size=1, max_size=8))
def test_concentration_is_between_1_over_n_and_1_and_a_merger_never_lowers_it(parts):
    shares = [(0, f"c{number}", part / sum(parts)) for number, part in enumerate(parts)]
    before = concentration(network(1, [], shares)).hhi_country[0]
    assert 1 / len(parts) - 1e-12 <= before <= 1 + 1e-12
    merged = [(0, "c0" if holder == "c1" else holder, share) for _, holder, share in shares]
    assert concentration(network(1, [], merged)).hhi_country[0] >= before - 1e-12


def test_relief_scales_the_others():
    net = network(2, [(0, 1, ALL_OF, 1.0)], [(0, "USA", 0.8), (0, "JPN", 0.1)])
    after = relieved(net, [Relief(0, "new firm", "CHN", 0.5)])
    held = {
        after.countries.holders[place]: share
        for place, share in zip(after.countries.holder, after.countries.share, strict=True)
    }
    assert held == pytest.approx({"CHN": 0.5, "JPN": 0.05, "USA": 0.4})
    assert stops(after, [("USA",)]).remaining[0, 0] == pytest.approx(0.6)
    assert after.unknown()[0] == pytest.approx(0.05)
    with pytest.raises(ValueError, match="more than 1"):
        relieved(net, [Relief(0, "a", "CHN", 0.6), Relief(0, "b", "CHN", 0.6)])


def test_impossible_arrays_are_refused():
    with pytest.raises(ValueError, match="not above 0"):
        links([(0, 1, WEIGHTED, 0.0)])
    with pytest.raises(ValueError, match="add up to more than 1"):
        network(1, [], [(0, "A", 0.7), (0, "B", 0.7)])
    with pytest.raises(ValueError, match="not there"):
        network(1, [], [(3, "A", 0.7)])
