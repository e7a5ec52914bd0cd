"""Randomised assignment: no pair is chosen with more than a given probability, so that nobody can arrange a panel.

Probabilities: a flow as in `network`, in units of 1/2^14 of a seat, each pair capped (Jecmen et al., Mitigating Manipulation
in Peer Review via Randomized Reviewer Assignments, NeurIPS 2020). Perturbed: x − βx² instead of x, so that the probability
spreads over more pairs than the cap alone makes it (Xu et al., A One-Size-Fits-All Approach to Improving Randomness in Paper
Assignment, NeurIPS 2023), as a piecewise linear concave function, which keeps it a flow. Drawing: from the lowest
binary digit up, pairs with that digit form trails between experts; along each, a coin decides whether amounts alternate
up-down or down-up. Every panel stays full, each load goes to a whole number next to its mean, and each pair's mean stays
exactly what it was (dependent rounding: Gandhi et al., Journal of the ACM 53, 2006).
"""

import dataclasses
import math
from dataclasses import dataclass
from random import Random

import numpy as np

from jiandao.engines.assignment import network as flows
from jiandao.engines.assignment.records import Floats, InfeasibleError, Ints, Problem
from jiandao.engines.assignment.shortage import unsatisfied
from jiandao.engines.assignment.solving import whole_scores
from jiandao.engines.assignment.staged import keys
from jiandao.engines.executor import Executor, Here
from jiandao.engines.runs import Clock

BITS = 14
UNITS = 1 << BITS
_AT_ONCE = 20  # draws of one piece


@dataclass(frozen=True, slots=True, eq=False)
class Lottery:
    """Probabilities of pairs that can be drawn from.

    amount (E): probability of each pair in units of 1/2^14. `cap` as it was used: the greatest multiple of a unit that is
    not above the one asked for or, where that leaves no solution, the next one; fixed pairs have probability 1.
    `expected`: the mean total score; `objective` and `bound`: of what was maximised under that cap (the mean total, less
    the perturbation).
    """

    problem: Problem
    amount: Ints
    cap: float
    expected: float
    objective: float
    bound: float
    candidates: int
    rounds: int
    resolution: float
    proposal_prices: Floats
    expert_prices: Floats

    @property
    def probability(self) -> Floats:
        """Of each eligible pair (E), exact: all are dyadic."""
        return self.amount / UNITS

    def draw(self, seed: int) -> Ints:
        """Positions of the chosen pairs, sorted. The same seed draws the same."""
        pair = np.flatnonzero(self.amount)
        chosen: Ints = pair[_counted(range(seed, seed + 1), *self._chances(pair)) > 0]
        return chosen

    def rehearse(self, seeds: range, *, where: Executor | None = None, clock: Clock | None = None) -> tuple[Ints, int]:
        """How often each pair (E) is drawn by these seeds, and by how many of them: fewer when the clock ends."""
        pair = np.flatnonzero(self.amount)
        count = np.zeros(len(self.amount), dtype=np.int64)
        done = 0
        pieces = [seeds[begin : begin + _AT_ONCE] for begin in range(0, len(seeds), _AT_ONCE)]
        for piece, found in zip(pieces, (where or Here()).map(_counted, pieces, *self._chances(pair)), strict=True):
            count[pair] += found
            done += len(piece)
            if clock is not None and clock.over():
                break
        return count, done

    def farthest(self, count: Ints, draws: int) -> tuple[int, float] | None:
        """The pair (position) whose count (E) among so many draws its probability explains least, and how likely any pair is
        to be so far out: the exact binomial chance on either side, times the number of pairs. None where all is certain."""
        from scipy.stats import binom  # takes a second to import

        free = np.flatnonzero((self.amount > 0) & (self.amount < UNITS))
        if not len(free):
            return None
        seen, chance = count[free], self.probability[free]
        tail = np.minimum(binom.cdf(seen, draws, chance), binom.sf(seen - 1, draws, chance))
        place = int(tail.argmin())
        return int(free[place]), min(1.0, 2 * float(tail[place]) * len(free))

    def _chances(self, pair: Ints) -> tuple[Ints, Ints, Ints]:
        """Amounts, proposals and experts of pairs."""
        return (
            self.amount[pair],
            np.searchsorted(self.problem.starts, pair, side="right") - 1,
            self.problem.expert[pair],
        )


def _counted(seeds: range, amount: Ints, rows: Ints, experts: Ints) -> Ints:
    """How often these pairs are drawn by these seeds."""
    count = np.zeros(len(amount), dtype=np.int64)
    own_rows, own_experts = rows.tolist(), experts.tolist()
    for seed in seeds:
        rounded = amount.tolist()
        _round(rounded, own_rows, own_experts, Random(seed))  # noqa: S311
        count += np.array(rounded, dtype=np.int64) == UNITS
    return count


def _capped(problem: Problem, value: Ints, capacity: int, perturbation: float, parts: int) -> flows.Network:
    """The flow in which no pair carries more than `capacity` units, in pieces of falling worth when perturbed."""
    net = dataclasses.replace(flows.network(problem, value, units=UNITS), slices=(capacity,))
    if not perturbation:
        return net
    edges = np.unique(np.rint(np.linspace(0, capacity, min(parts, capacity) + 1)).astype(np.int64))
    middle = (edges[1:] + edges[:-1]) / 2 / UNITS
    slices = tuple(np.diff(edges).tolist())
    return dataclasses.replace(net, slices=slices, worth=tuple((1 - 2 * perturbation * middle).tolist()))


def lottery(
    problem: Problem,
    cap: float,
    *,
    perturbation: float = 0.0,
    parts: int = 10,
    seed: int = 7,
    clock: Clock | None = None,
) -> Lottery:
    """The probabilities of greatest mean total score under a cap, 0 < cap ≤ 1.

    perturbation β, 0 ≤ β ≤ 1/2: 0 for none; greater spreads more. parts: pieces of the concave function. Raises ValueError for
    numbers out of range and for a problem with roles or institutions, InfeasibleError as `assign`.
    """
    if not 0 < cap <= 1 or not 0 <= perturbation <= 0.5:
        raise ValueError("a cap above 0 and at most 1, and a perturbation from 0 to 0.5 are needed")
    if not problem.simple:
        raise ValueError("roles and institutions cannot be kept by probabilities of pairs alone")
    capacity = max(1, math.floor(cap * UNITS + 1e-9))
    value, resolution = whole_scores(problem, weight=1)
    ids = keys(problem.proposals), keys(problem.experts)
    flow = None
    # A cap such as .3 is no whole number of units. Where it has to be used up to the full, it is passed by less than one.
    for tried in sorted({capacity, min(UNITS, math.ceil(cap * UNITS - 1e-9))}):
        net = _capped(problem, value, tried, perturbation, parts)
        if (net.seats >= 0).all() and (net.most >= 0).all():
            flow = flows.solve(net, clock or Clock(), ties=np.uint64(seed % 2**64), ids=ids)
        if flow is not None:
            capacity = tried
            break
    if flow is None:
        raise InfeasibleError(unsatisfied(problem, units=UNITS, capacity=capacity))
    amount = np.where(problem.fixed, UNITS, flow.amount)
    chosen = np.flatnonzero(amount)
    fixed = math.fsum(problem.score[problem.fixed].tolist())
    return Lottery(
        problem=problem,
        amount=amount,
        cap=capacity / UNITS,
        expected=math.fsum((problem.score[chosen] * (amount[chosen] / UNITS)).tolist()),
        objective=fixed + flow.reached * resolution / UNITS,
        bound=fixed + flow.bound * resolution / UNITS,
        candidates=flow.candidates,
        rounds=flow.rounds,
        resolution=resolution,
        proposal_prices=flow.proposal_price.astype(np.float64) * resolution,
        expert_prices=flow.expert_price.astype(np.float64) * resolution,
    )


def _round(amount: list[int], rows: list[int], experts: list[int], random: Random) -> None:
    """Round amounts to 0 or UNITS in place, digit by digit."""
    for digit in range(BITS):
        unit = 1 << digit
        odd = [edge for edge, value in enumerate(amount) if value & unit]
        if odd:
            _split(amount, odd, rows, experts, unit, random)


def _split(amount: list[int], odd: list[int], rows: list[int], experts: list[int], unit: int, random: Random) -> None:
    """Take the digit `unit` from the pairs that have it, up on one half of each trail and down on the other."""
    # Nodes: experts as they are, proposals as -1 - p. Panels are whole, so proposals have an even number of such pairs.
    random.shuffle(odd)
    at: dict[int, list[int]] = {}
    for edge in odd:
        at.setdefault(experts[edge], []).append(edge)
        at.setdefault(-1 - rows[edge], []).append(edge)
    gone = set[int]()
    ended = set[int]()
    # Paths between experts with an odd number come first, so that afterwards only circles are left.
    for start in [node for node, edges in at.items() if len(edges) & 1]:
        if start not in ended:
            ended.add(_walk(start, at, gone, rows, experts, amount, unit, random))
    for start in at:
        _walk(start, at, gone, rows, experts, amount, unit, random)


def _walk(
    start: int,
    at: dict[int, list[int]],
    gone: set[int],
    rows: list[int],
    experts: list[int],
    amount: list[int],
    unit: int,
    random: Random,
) -> int:
    """Follow pairs from a node until nothing leads on; return the last node.

    Each circle is closed and tossed for as soon as it appears: many short circles are many coins.
    """
    nodes, trail = [start], list[int]()
    place = {start: 0}
    while True:
        edges = at[nodes[-1]]
        while edges and edges[-1] in gone:
            edges.pop()
        if not edges:
            break
        edge = edges.pop()
        gone.add(edge)
        trail.append(edge)
        node = -1 - rows[edge] if nodes[-1] >= 0 else experts[edge]
        if node not in place:
            place[node] = len(nodes)
            nodes.append(node)
            continue
        first = place[node]
        _alternate(amount, trail[first:], unit, random)
        for left in nodes[first + 1 :]:
            del place[left]
        del nodes[first + 1 :], trail[first:]
    if trail:
        _alternate(amount, trail, unit, random)
    return nodes[-1]


def _alternate(amount: list[int], trail: list[int], unit: int, random: Random) -> None:
    step = unit if random.getrandbits(1) else -unit
    for edge in trail:
        amount[edge] += step
        step = -step
