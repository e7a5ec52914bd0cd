"""Levels of a network that hold cycles: exact values where plain iteration would take too long."""

import heapq
import warnings
from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, eye_array
from scipy.sparse.linalg import MatrixRankWarning, spsolve

from jiandao.engines.resilience.network import ALL_OF, ANY_OF, WEIGHTED, Floats, Integers

_LARGEST = 5000  # nodes of a linear system: a large one of random links has no sparse solution


@dataclass(frozen=True)
class Group:
    """Links of one kind into some nodes: sources sorted by target, the first link of each target, the targets."""

    source: Integers
    first: Integers
    target: Integers
    weight: Floats  # of WEIGHTED: fractions that add up to 1 for each target
    place: Integers  # of the target of each link, in `target`


@dataclass(frozen=True)
class Level:
    groups: tuple[Group | None, Group | None, Group | None]
    cyclic: Integers  # nodes of the level that stand in a cycle
    alike: Integers  # for each of these: which all-of cycle it belongs to (members of one remain alike)
    inner: tuple[Group | None, Group | None, Group | None]  # links into these


def ascend(value: Floats, level: Level) -> None:
    """Exact values of a level with all-of and any-of cycles, the smallest first, as in Dijkstra's shortest paths.

    The smallest bound of any open node is its value: all that is open is at least as large, so nothing can lower it. An
    any-of group gives the value of its last input to be closed.
    """
    inside = level.cyclic.tolist()
    all_of, any_of = _leaving(level.inner[ALL_OF]), _leaving(level.inner[ANY_OF])
    waiting = Counter(target for targets in any_of.values() for target in targets)
    bound = {node: float(value[node]) for node in (*inside, *all_of, *any_of)}
    heap = [(least, node) for node, least in bound.items()]
    heapq.heapify(heap)
    closed: set[int] = set()
    while heap:
        least, node = heapq.heappop(heap)
        if node in closed:
            continue
        closed.add(node)
        reached = list(all_of.get(node, ()))
        for target in any_of.get(node, ()):
            waiting[target] -= 1
            if not waiting[target]:
                reached.append(target)
        for target in reached:
            if least < bound[target]:
                bound[target] = least
                heapq.heappush(heap, (least, target))
    for node in inside:
        value[node] = bound[node]


def _leaving(group: Group | None) -> dict[int, list[int]]:
    """The targets of each source of a group."""
    found: dict[int, list[int]] = {}
    if group is not None:
        for source, target in zip(group.source.tolist(), group.target[group.place].tolist(), strict=True):
            found.setdefault(source, []).append(target)
    return found


def descend(value: Floats, own: Floats, level: Level) -> None:
    """Lower an upper bound of a level with weighted cycles to that of its present policy, as in Howard's policy iteration.

    `own`: what bounds the level's nodes from outside their cycles. Each node is held to what binds it now: that (a constant),
    an all-of input, or its weighted mean. That is a linear
    system; wherever a constant can be reached, its solution is at least the greatest fixed point, since any policy is. A
    level in which any-of inputs stand in the cycle is left alone: there a policy's solution is no bound.
    """
    place = np.full(len(value), -1, np.int64)
    place[level.cyclic] = np.arange(len(level.cyclic))
    any_of = level.inner[ANY_OF]
    if len(level.cyclic) > _LARGEST or (any_of is not None and (place[any_of.source] >= 0).any()):
        return
    now = value[level.cyclic]
    row, column, share, bound, held = _policy(value, own, place, level)
    # What leads to no constant keeps its present value: it is a bound already, and the system would be singular.
    settled = ~held | (np.bincount(row, share, len(now)) < 1 - 1e-12)
    while True:
        more = settled.copy()
        np.logical_or.at(more, row, settled[column])
        if (more == settled).all():
            break
        settled = more
    bound[~settled] = now[~settled]
    keep = settled[row]
    matrix = csr_array((share[keep], (row[keep], column[keep])), shape=(len(now), len(now)))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MatrixRankWarning)  # a singular system gives NaN, which is passed over below
        solved = np.asarray(spsolve((eye_array(len(now)) - matrix).tocsc(), bound), dtype=np.float64).reshape(-1)
    good = np.isfinite(solved)
    value[level.cyclic[good]] = np.clip(np.minimum(now, solved), 0.0, 1.0)[good]


def _policy(
    value: Floats, own: Floats, place: Integers, level: Level
) -> tuple[Integers, Integers, Floats, Floats, NDArray[np.bool_]]:
    """What binds each node: entries (row, column, share) of its inputs in the cycle, constants, and whether inputs bind it."""
    bound = own.copy()
    means, lowest = np.full(len(own), np.inf), np.full(len(own), np.inf)
    weighted, all_of = level.inner[WEIGHTED], level.inner[ALL_OF]
    if all_of is not None:
        inputs, inside = value[all_of.source], place[all_of.source] >= 0
        target = place[all_of.target]
        # Inputs in a node's own ring of all-of links come below: held to each other they would be held by nothing.
        ring = inside & (level.alike[place[all_of.source]] == level.alike[target[all_of.place]])
        lowest[target] = np.minimum.reduceat(np.where(inside & ~ring, inputs, np.inf), all_of.first)
        bound[target] = np.minimum(bound[target], np.minimum.reduceat(np.where(inside, np.inf, inputs), all_of.first))
    if weighted is not None:
        means[place[weighted.target]] = np.add.reduceat(weighted.weight * value[weighted.source], weighted.first)
    # In a tie the constant holds: a ring of means could not hold itself.
    binding = np.minimum(means, lowest) < bound - 1e-15
    first = _firsts(np.minimum(np.minimum(means, lowest), bound), level.alike)
    follower = first != np.arange(len(own))
    by_mean = binding & (means <= lowest) & ~follower
    by_input = binding & ~by_mean & ~follower
    binding |= follower
    bound[binding] = 0.0
    rows, columns, shares = [np.flatnonzero(follower)], [first[follower]], [np.ones(int(follower.sum()))]
    if weighted is not None:
        row, column = place[weighted.target[weighted.place]], place[weighted.source]
        outside, linked = by_mean[row] & (column < 0), by_mean[row] & (column >= 0)
        np.add.at(bound, row[outside], weighted.weight[outside] * value[weighted.source[outside]])
        rows.append(row[linked])
        columns.append(column[linked])
        shares.append(weighted.weight[linked])
    if all_of is not None:
        row, column = place[all_of.target[all_of.place]], place[all_of.source]
        low = np.flatnonzero(by_input[row] & (column >= 0) & ~ring & (value[all_of.source] <= lowest[row]))
        low = low[np.unique(row[low], return_index=True)[1]]  # one of the lowest
        rows.append(row[low])
        columns.append(column[low])
        shares.append(np.ones(len(low)))
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(shares), bound, binding


def _firsts(bound: Floats, alike: Integers) -> Integers:
    """For each node the lowest of those that are alike with it."""
    order = np.lexsort((bound, alike))
    start = np.flatnonzero(np.r_[True, np.diff(alike[order]) != 0])
    found = np.empty(len(alike), np.int64)
    found[order] = np.repeat(order[start], np.diff(np.r_[start, len(order)]))
    return found
