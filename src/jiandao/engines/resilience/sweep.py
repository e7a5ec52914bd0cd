"""Sweeps over a network in the order of its links: the greatest fixed point of what remains of each node.

A node's value is the least of its own, of its all-of inputs, of the greatest any-of input and of the weighted mean of its
weighted inputs. All these operations are monotone, so on values from 0 to 1 a greatest fixed point exists (Tarski: A
lattice-theoretical fixpoint theorem and its applications, 1955), and iterating from above reaches it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from jiandao.engines.resilience.cycles import Group, Level, ascend, descend
from jiandao.engines.resilience.network import ALL_OF, ANY_OF, WEIGHTED, Floats, Integers, Links

Bits = NDArray[np.uint64]
_SWEEPS = 64  # of a level with cycles, before a method is taken whose time does not depend on the way around
_SWEEPS_WEIGHTED = 20_000  # at most, and in a large cycle as many as take some seconds
_TOUCHED = 30_000_000
_STILL = 1e-15


class Plan:
    """The order in which nodes are computed, made once for a set of links and used for every case.

    Nodes are taken level by level of the condensed network; a level's links are in arrays, so that a case costs a few
    array operations a level. `cycles`: nodes in cycles; `weighted_cycles`: whether a weighted link leads into one, so that
    values may only approach their limit. `depth`: number of levels. `unsettled`: the greatest change that
    the last sweep of a cycle with weighted links still made, 0 when every fixed point was reached.
    """

    def __init__(self, size: int, links: Links) -> None:
        self.size = size
        self.links = links
        self.unsettled = 0.0
        component, cyclic = _components(size, links.source, links.target)
        level = _levels(component, links)
        self.depth = int(level.max(initial=-1)) + 1
        self.cycles = int(cyclic.sum())
        self._levels = self._build(level, cyclic)
        self.weighted_cycles = any(one.inner[WEIGHTED] is not None for one in self._levels)

    def _build(self, level: Integers, cyclic: NDArray[np.bool_]) -> list[Level]:
        links = self.links
        alike = _alike(self.size, links, cyclic)
        into = level[links.target]
        inside = cyclic[links.target]
        # One sort of all links by level, cycle, kind and target; levels are then slices.
        key = (into * 2 + inside) * 3 + links.kind
        order = np.lexsort((links.source, key * self.size + links.target))
        bounds = np.searchsorted(key[order], np.arange(self.depth * 6 + 1))
        groups = [
            self._group(order[bounds[number] : bounds[number + 1]]) if bounds[number] < bounds[number + 1] else None
            for number in range(self.depth * 6)
        ]
        circling = np.flatnonzero(cyclic)
        circling = circling[np.argsort(level[circling], kind="stable")]
        starts = np.searchsorted(level[circling], np.arange(self.depth + 1))
        levels = []
        for number in range(self.depth):
            six = groups[number * 6 : number * 6 + 6]
            nodes = circling[starts[number] : starts[number + 1]]
            if any(group is not None for group in six):
                levels.append(Level((six[0], six[1], six[2]), nodes, alike[nodes], (six[3], six[4], six[5])))
        return levels

    def _group(self, chosen: Integers) -> Group:
        target = self.links.target[chosen]
        first = np.flatnonzero(np.r_[True, np.diff(target) != 0])
        counts = np.diff(np.r_[first, len(target)])
        weight = self.links.weight[chosen]
        if self.links.kind[chosen[0]] == WEIGHTED:
            weight = weight / np.repeat(np.add.reduceat(weight, first), counts)
        place = np.repeat(np.arange(len(first)), counts)
        return Group(self.links.source[chosen], first, target[first], weight, place)

    def remaining(self, own: Floats) -> Floats:
        """What remains of each node. `own`: what its own providers still deliver, shape (n,) or (n, cases), 0 to 1."""
        left: Floats = self._sweep(own.copy(), np.minimum, np.maximum, mean=True)
        return left

    def alive(self, own: Bits) -> Bits:
        """The same for yes and no, 64 cases in a word: a bit is 1 where anything remains. `own`: shape (n, words).

        Not for weighted cycles: a mean that feeds itself and loses something every time around ends at 0, which yes and
        no cannot see. Raises ValueError there.
        """
        if self.weighted_cycles:
            raise ValueError("a weighted link leads into a cycle; compute what remains instead")
        left: Bits = self._sweep(own.copy(), np.bitwise_and, np.bitwise_or, mean=False)
        return left

    def _sweep(self, value: Any, least: np.ufunc, greatest: np.ufunc, *, mean: bool) -> Any:
        for level in self._levels:
            for kind, group in enumerate(level.groups):
                if group is not None:
                    value[group.target] = least(
                        value[group.target], _combined(value, group, kind, least, greatest, mean)
                    )
            if len(level.cyclic):
                self._settle(value, level, least, greatest, mean=mean)
        return value

    def _settle(self, value: Any, level: Level, least: np.ufunc, greatest: np.ufunc, *, mean: bool) -> None:
        """Iterate a level with cycles from above until nothing changes."""
        order = np.argsort(level.alike, kind="stable")
        nodes = level.cyclic[order]
        starts = np.flatnonzero(np.r_[True, np.diff(level.alike[order]) != 0])
        counts = np.diff(np.r_[starts, len(nodes)])
        weighted = mean and level.inner[WEIGHTED] is not None
        change = 0.0
        own = value[level.cyclic]
        patience = int(np.clip(_TOUCHED // max(1, len(nodes)), 256, _SWEEPS_WEIGHTED))
        for sweep in range(patience if weighted else self.size * len(nodes) + 2):
            before = value[nodes]
            for kind, group in enumerate(level.inner):
                if group is not None:
                    value[group.target] = least(
                        value[group.target], _combined(value, group, kind, least, greatest, mean)
                    )
            value[nodes] = np.repeat(least.reduceat(value[nodes], starts, axis=0), counts, axis=0)
            if mean:
                change = float(np.abs(before - value[nodes]).max())
                if change <= _STILL:
                    return
            elif np.array_equal(before, value[nodes]):
                return
            if mean and sweep and not sweep % _SWEEPS and _finish(value.reshape(self.size, -1), own, level):
                return
        self.unsettled = max(self.unsettled, change)


def _finish(columns: Floats, own: Floats, level: Level) -> bool:
    """Bring every case of a level with cycles to its values, or nearer to them; whether no more is to be done."""
    exact = level.inner[WEIGHTED] is None
    for column in range(columns.shape[1]):
        if exact:
            ascend(columns[:, column], level)
        else:
            descend(columns[:, column], own.reshape(len(level.cyclic), -1)[:, column], level)
    return exact


def _combined(value: Any, group: Group, kind: int, least: np.ufunc, greatest: np.ufunc, mean: bool) -> Any:
    inputs = value[group.source]
    if kind == ALL_OF:
        return least.reduceat(inputs, group.first, axis=0)
    if kind == ANY_OF or not mean:
        return greatest.reduceat(inputs, group.first, axis=0)
    # A mean as 1 − mean loss: exactly 1 while nothing is lost, whatever the weights' rounding.
    weight = group.weight if inputs.ndim == 1 else group.weight[:, None]
    return np.maximum(0.0, 1 - np.add.reduceat(weight * (1 - inputs), group.first, axis=0))


def _components(size: int, source: Integers, target: Integers) -> tuple[Integers, NDArray[np.bool_]]:
    """The strong component of each node, and whether it stands in a cycle (one to itself included)."""
    if not size:
        return np.zeros(0, np.int64), np.zeros(0, bool)
    graph = csr_array((np.ones(len(source), np.int8), (source, target)), shape=(size, size))
    count, component = connected_components(graph, directed=True, connection="strong")
    cyclic = np.bincount(component, minlength=count)[component] > 1
    cyclic[source[source == target]] = True
    return component.astype(np.int64), cyclic


def _levels(component: Integers, links: Links) -> Integers:
    """The length of the longest way of condensed links to each node, by peeling off what has no inputs left."""
    count = int(component.max(initial=-1)) + 1
    source, target = component[links.source], component[links.target]
    between = source != target
    source, target = source[between], target[between]
    order = np.argsort(source, kind="stable")
    target = target[order]
    start = np.searchsorted(source[order], np.arange(count + 1))
    missing = np.bincount(target, minlength=count)
    level = np.zeros(count, np.int64)
    ready = np.flatnonzero(missing == 0)
    depth = 0
    while len(ready):
        level[ready] = depth
        first, counts = start[ready], start[ready + 1] - start[ready]
        total = int(counts.sum())
        leaving = np.repeat(first - (np.cumsum(counts) - counts), counts) + np.arange(total)
        reached, times = np.unique(target[leaving], return_counts=True)
        missing[reached] -= times
        ready = reached[missing[reached] == 0]
        depth += 1
    return level[component]


def _alike(size: int, links: Links, cyclic: NDArray[np.bool_]) -> Integers:
    """Which nodes need each other in a ring of all-of links: none of them can be above another."""
    chosen = (links.kind == ALL_OF) & cyclic[links.source] & cyclic[links.target]
    return _components(size, links.source[chosen], links.target[chosen])[0]
