"""Exact optima by min-cost flow on few pairs, with a proof that holds for all of them.

The network is source → experts (between least and most) → proposals (one arc a pair) → seats. It is solved with the best
pairs of each proposal; the shortest distances in its residual graph are prices, with which every omitted pair is checked
(column generation: Ahuja, Magnanti, Orlin: Network Flows, 1993, chapters 9 and 17). A pair whose reduced cost is
negative joins and the network is solved again; when there is none, the flow is optimal over all pairs.
"""

from dataclasses import dataclass

import numpy as np
from ortools.graph.python import min_cost_flow

from jiandao.engines.assignment.candidates import best_per_expert, best_per_row
from jiandao.engines.assignment.records import Flags, Ints, Keys, Problem
from jiandao.engines.files import UnfinishedError
from jiandao.engines.runs import Clock

_CANDIDATES = 24  # pairs of each proposal at first
_MORE = 8  # pairs that join for a proposal in a round
_MANY = 4_000_000  # pairs that tie, above which not all are looked at
_LIKED = 200  # of each proposal that are
_CHUNK = 2_000_000  # pairs priced at once


@dataclass(frozen=True, slots=True, eq=False)
class Network:
    """A problem's flow in whole numbers: fixed pairs taken out, scores as integers (E, greater is better).

    `capacity`: flow that a pair may carry at most. `slices`: that capacity in parts, the part j of which is worth
    floor(value × worth[j]) a unit where the value is positive (worth falls from 1), else the value.
    """

    problem: Problem
    value: Ints
    free: Flags
    seats: Ints
    least: Ints
    most: Ints
    slices: tuple[int, ...] = (1,)
    worth: tuple[float, ...] = (1.0,)

    @property
    def capacity(self) -> int:
        return sum(self.slices)


@dataclass(frozen=True, slots=True, eq=False)
class Flow:
    """An optimal flow: `amount` (E), prices of proposals and experts, and what the proof rests on."""

    amount: Ints
    proposal_price: Ints
    expert_price: Ints
    reached: int
    bound: int
    candidates: int
    rounds: int


def network(problem: Problem, value: Ints, *, units: int = 1, fixed_units: int | None = None) -> Network:
    """The network of a problem whose seats and loads are `units` each; values (E) are whole numbers."""
    taken = units if fixed_units is None else fixed_units
    pairs = np.flatnonzero(problem.fixed)
    rows = np.searchsorted(problem.starts, pairs, side="right") - 1
    by_expert = np.bincount(problem.expert[pairs], minlength=len(problem.experts)) * taken
    return Network(
        problem=problem,
        value=value,
        free=~problem.fixed,
        seats=problem.seats * units - np.bincount(rows, minlength=len(problem.proposals)) * taken,
        least=np.maximum(0, problem.least * units - by_expert),
        most=problem.most * units - by_expert,
        slices=(units,),
    )


def solve(
    net: Network, clock: Clock, *, ties: np.uint64 | None = None, ids: tuple[Keys, Keys] | None = None
) -> Flow | None:
    """The flow of greatest total value over all pairs, or None when no flow keeps all limits.

    With `ties` (and the `ids` of `keys`) the one among all optima that this seed prefers. Raises UnfinishedError when the
    clock runs out before the proof.
    """
    problem = net.problem
    wanted = max(_CANDIDATES, 8 * int(problem.seats.max(initial=0)))
    member = best_per_row(net.value, problem.starts, net.free, wanted)
    if net.least.any():
        needed = np.where(net.least > 0, 4 * (-(-net.least // net.capacity)) + 4, 0)
        member |= best_per_expert(net.value, problem.starts, problem.expert, len(problem.experts), net.free, needed)
    rounds = 0
    while True:
        if clock.over():
            raise UnfinishedError("the time limit ended before the optimum was proved; raise --time-limit")
        rounds += 1
        arcs = _Arcs(net, np.flatnonzero(member))
        flow = arcs.solve()
        if flow is None:
            if int(member.sum()) == int(net.free.sum()):
                return None
            wanted *= 4
            member |= best_per_row(net.value, problem.starts, net.free, wanted)
            continue
        proposal, expert = arcs.distances(flow)
        priced = _price(net, proposal, expert)
        missing = priced.better[~member[priced.better]]
        if len(missing):
            joining = np.zeros(len(member), dtype=bool)
            joining[missing] = True
            gain = net.value - expert[problem.expert] + np.repeat(proposal, np.diff(problem.starts))
            member |= best_per_row(gain, problem.starts, joining, _MORE)
            continue
        reached = -sum(c * f for c, f in zip(arcs.cost[flow > 0].tolist(), flow[flow > 0].tolist(), strict=True))
        amount = np.bincount(arcs.pair, weights=flow, minlength=len(net.value)).astype(np.int64)
        if ties is not None and ids is not None and len(net.slices) == 1:
            amount = _prefer(net, amount, proposal, expert, priced.even, ties, ids)
        return Flow(
            amount, -proposal, expert, reached, _bound(net, proposal, expert, priced), int(member.sum()), rounds
        )


class _Arcs:
    """The network of some pairs. Node 0 is the source, experts follow, then proposals."""

    def __init__(
        self, net: Network, pair: Ints, value: Ints | None = None, limits: tuple[Ints, Ints, Ints] | None = None
    ) -> None:
        parts = len(net.slices)
        self.pair = np.repeat(pair, parts)
        row = np.searchsorted(net.problem.starts, pair, side="right") - 1
        self.row = np.repeat(row, parts)
        self.expert = np.repeat(net.problem.expert[pair], parts)
        worth = net.value[pair] if value is None else value
        if parts > 1:
            scaled = (
                np.floor(np.outer(np.maximum(worth, 0), net.worth)).astype(np.int64) + np.minimum(worth, 0)[:, None]
            )
            self.cost = -scaled.ravel()
        else:
            self.cost = -worth
        self.room = np.tile(np.asarray(net.slices, dtype=np.int64), len(pair))
        self.seats, self.least, self.most = limits or (net.seats, net.least, net.most)

    def solve(self) -> Ints | None:
        """The optimal flow of each arc, or None."""
        seats, least, most = self.seats, self.least, self.most
        spare = int(seats.sum() - least.sum())
        if spare < 0 or (seats < 0).any() or (most < least).any():
            return None
        people, count = len(most), len(seats)
        solver = min_cost_flow.SimpleMinCostFlow()
        nodes = np.arange(1 + people + count, dtype=np.int32)
        solver.add_arcs_with_capacity_and_unit_cost(
            np.concatenate([np.zeros(people, dtype=np.int32), 1 + self.expert]).astype(np.int32),
            np.concatenate([1 + np.arange(people), 1 + people + self.row]).astype(np.int32),
            np.concatenate([most - least, self.room]),
            np.concatenate([np.zeros(people, dtype=np.int64), self.cost]),
        )
        solver.set_nodes_supplies(nodes, np.concatenate([[spare], least, -seats]).astype(np.int64))
        status = solver.solve()
        if status == solver.INFEASIBLE:
            return None
        if status != solver.OPTIMAL:
            raise OverflowError(f"the flow solver answered {status.name}")
        flows = np.asarray(solver.flows(np.arange(people + len(self.cost), dtype=np.int32)), dtype=np.int64)
        self.load = flows[:people] + least
        return flows[people:]

    def distances(self, flow: Ints) -> tuple[Ints, Ints]:
        """Shortest distances from the source in the residual graph: of the proposals, of the experts.

        Bellman-Ford, a whole side at a time. What the source does not reach keeps a far start, which is a valid price.
        """
        people, count = len(self.most), len(self.seats)
        span = int(self.cost.max(initial=0)) - int(self.cost.min(initial=0)) + 1
        far = span * (2 * min(people, count) + 2)
        expert = np.where(self.load < self.most, 0, far).astype(np.int64)
        proposal = np.full(count, far, dtype=np.int64)
        open_ = np.flatnonzero(flow < self.room)
        used = np.flatnonzero(flow > 0)
        used = used[np.argsort(self.expert[used], kind="stable")]
        ahead, back = _Least(self.row[open_]), _Least(self.expert[used])
        from_expert, cost_open = self.expert[open_], self.cost[open_]
        from_proposal, cost_used = self.row[used], self.cost[used]
        while True:
            moved = ahead.lower(proposal, expert[from_expert] + cost_open)
            if not back.lower(expert, proposal[from_proposal] - cost_used) and not moved:
                return proposal, expert


class _Least:
    """Least value of each group, for values that stand group by group."""

    def __init__(self, group: Ints) -> None:
        self._first = np.flatnonzero(np.diff(group, prepend=-1))
        self._group = group[self._first]

    def lower(self, target: Ints, values: Ints) -> bool:
        """Lower target to the least values; whether any fell."""
        if not len(self._group):
            return False
        least = np.minimum.reduceat(values, self._first)
        fell = least < target[self._group]
        target[self._group[fell]] = least[fell]
        return bool(fell.any())


@dataclass(frozen=True, slots=True, eq=False)
class _Priced:
    better: Ints  # pairs whose price says: take
    even: Ints  # pairs that may be taken or left
    surplus: int  # what the better ones are worth above their prices, for one unit each


def _price(net: Network, proposal: Ints, expert: Ints) -> _Priced:
    """Look at every pair of the problem."""
    problem = net.problem
    better, even = [], []
    surplus = 0
    width = len(problem.experts)
    rows = max(1, _CHUNK // max(1, width))
    for first in range(0, len(proposal), rows):
        last = min(first + rows, len(proposal))
        begin, end = int(problem.starts[first]), int(problem.starts[last])
        if problem.dense:
            cells = net.value[begin:end].reshape(last - first, width) - expert
            gain = (cells + proposal[first:last, None]).ravel()
        else:
            gain = net.value[begin:end] - expert[problem.expert[begin:end]]
            gain += np.repeat(proposal[first:last], np.diff(problem.starts[first : last + 1]))
        gain[~net.free[begin:end]] = -1
        found = np.flatnonzero(gain >= 0)
        above = gain[found] > 0
        better.append(begin + found[above])
        even.append(begin + found[~above])
        surplus += sum(gain[found[above]].tolist()) if len(net.slices) == 1 else 0
    return _Priced(
        np.concatenate([*better, []]).astype(np.int64), np.concatenate([*even, []]).astype(np.int64), surplus
    )


def _bound(net: Network, proposal: Ints, expert: Ints, priced: _Priced) -> int:
    """The dual value of the prices, in exact whole numbers: no flow is worth more."""
    bound = sum(-d * k for d, k in zip(proposal.tolist(), net.seats.tolist(), strict=True))
    for price, least, most in zip(expert.tolist(), net.least.tolist(), net.most.tolist(), strict=True):
        bound += price * (most if price > 0 else least)
    if len(net.slices) == 1:
        return int(bound + priced.surplus * net.capacity)
    gain = _Arcs(net, priced.better)
    above = -gain.cost - expert[gain.expert] + proposal[gain.row]
    return int(bound + sum((np.maximum(above, 0) * gain.room).tolist()))


def _prefer(
    net: Network, amount: Ints, proposal: Ints, expert: Ints, even: Ints, seed: np.uint64, ids: tuple[Keys, Keys]
) -> Ints:
    """Among all optima, which by complementary slackness differ on even pairs only, the one that the seed prefers."""
    problem, full = net.problem, net.capacity
    sure = np.flatnonzero(amount)
    # A pair that is neither even nor full cannot be in use at an optimum; full and better ones stay.
    flexible = np.zeros(len(amount), dtype=bool)
    flexible[even] = True
    kept = sure[~flexible[sure]]
    rows = np.searchsorted(problem.starts, kept, side="right") - 1
    seats = net.seats - np.bincount(rows, minlength=len(net.seats)) * full
    carried = np.bincount(problem.expert[kept], minlength=len(net.most)) * full
    least = np.where(expert > 0, net.most, net.least) - carried
    most = np.where(expert < 0, net.least, net.most) - carried
    row = np.searchsorted(problem.starts, even, side="right") - 1
    liking = (mix(ids[0][row], ids[1][problem.expert[even]], seed) >> np.uint64(34)).astype(np.int64)
    if len(even) > _MANY:
        # Nearly everything ties: of each proposal only the most liked, and what is in use, so that there is an answer.
        liked = np.zeros(len(amount), dtype=np.int64)
        liked[even] = liking
        even = np.flatnonzero(flexible & ((amount > 0) | best_per_row(liked, problem.starts, flexible, _LIKED)))
        liking = liked[even]
    flow = _Arcs(net, even, liking, (seats, np.maximum(least, 0), most)).solve()
    assert flow is not None
    result = np.zeros_like(amount)
    result[kept] = full
    result[even] = flow
    return result


def mix(a: Keys, b: Keys, seed: np.uint64) -> Keys:
    """Even 64-bit noise of two keys and a seed (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        x = (a * np.uint64(0x9E3779B97F4A7C15)) ^ (b + seed * np.uint64(0xD1B54A32D192ED03))
        for _ in range(2):
            x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            x ^= x >> np.uint64(31)
    return x
