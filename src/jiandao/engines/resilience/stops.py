"""What remains when countries stop, which single nodes carry everything, and how much each node's largest country carries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.executor import Executor, Here
from jiandao.engines.resilience.network import WEIGHTED, Floats, Integers, Network
from jiandao.engines.resilience.sweep import Plan

_WORD = 64
MOST = 4e8  # numbers touched while every node is tried alone, without being asked to go on: some ten seconds
NOTHING = 1e-12  # what remains below this is nothing: sums of shares and limits of cycles are no more exact
_CELLS = 1 << 25  # numbers held at once while many cases are computed together: a quarter of a GiB


@dataclass(frozen=True)
class Stops:
    """What remains: `remaining[i, k]` of final product `finals[k]` (a node) in case i."""

    cases: tuple[str, ...]
    finals: Integers
    remaining: Floats
    loss: Floats  # need-weighted mean loss of final output of each case; NaN when no final product has a need


def own_shares(network: Network, countries: Sequence[str], spare: float = 0.0) -> Floats:
    """What each node's own providers still deliver when these countries stop, shape (n,); the unknown share stays.

    `spare`: the share by which known providers in other countries can deliver more than they do.
    """
    stopped = np.isin(np.array(network.countries.holders, dtype=object), list(countries))
    gone = stopped[network.countries.holder] if len(stopped) else np.zeros(0, bool)
    lost = np.bincount(network.countries.node[gone], network.countries.share[gone], network.size)
    own: Floats = 1 - lost.astype(np.float64)
    if spare:
        own = np.minimum(1.0, own + spare * np.maximum(0.0, network.countries.totals(network.size) - lost))
    own[own < NOTHING] = 0.0  # shares that add up to 1 but for rounding leave nothing
    return own


def stops(
    network: Network,
    cases: Sequence[Sequence[str]],
    *,
    plan: Plan | None = None,
    spare: float = 0.0,
    over: Callable[[], bool] = lambda: False,
    where: Executor | None = None,
) -> Stops | None:
    """What remains of the final products in each case (countries that stop together).

    Cost: two passes over the links a case. `spare` as in `own_shares`. `over` is asked between cases; None when it says so.
    `where`: they run there (by default here). A country that holds nothing stops nothing.
    """
    plan = plan or Plan(network.size, network.links)
    finals = np.flatnonzero(network.final)
    remaining = np.ones((len(cases), len(finals)))
    # A deep network costs by its levels, so that cases are best taken together; a broad one by its links, one by one.
    together = int(np.clip(_CELLS // max(1, network.size), 1, 32)) if plan.depth > 2000 else 1
    chunks = [cases[first : first + together] for first in range(0, len(cases), together)]
    done = 0
    for left, unsettled in (where or Here()).map(_stopped, chunks, network, plan, spare):
        remaining[done : done + len(left)] = left
        done += len(left)
        plan.unsettled = max(plan.unsettled, unsettled)
        if done < len(cases) and over():
            return None
    # One by one: together they would take as much memory again as what remains.
    loss = [float(_loss(network, 1 - row[None])[0]) for row in remaining]
    return Stops(tuple("+".join(case) for case in cases), finals, remaining, np.array(loss))


def _stopped(cases: Sequence[Sequence[str]], network: Network, plan: Plan, spare: float) -> tuple[Floats, float]:
    """What remains of the final products in some cases, shape (cases, finals), and what stayed unsettled."""
    finals = np.flatnonzero(network.final)
    if len(cases) == 1:
        return plan.remaining(own_shares(network, cases[0], spare))[None, finals], plan.unsettled
    own = np.stack([own_shares(network, case, spare) for case in cases], axis=1)
    return plan.remaining(own)[finals].T, plan.unsettled


def _loss(network: Network, lost: Floats) -> Floats:
    """The need-weighted mean over the final products (the last axis) of what is lost."""
    need = network.need[network.final]
    if not need.sum() > 0:
        return np.full(lost.shape[0], np.nan)
    mean: Floats = (lost * (need / need.sum())).sum(axis=-1)
    return mean


def single_points(
    network: Network,
    *,
    plan: Plan | None = None,
    most: float = MOST,
    over: Callable[[], bool] = lambda: False,
    where: Executor | None = None,
) -> tuple[Integers, Floats] | None:
    """For each node: how many final products end when it alone delivers nothing, and their share of the need.

    Shapes (n,), (n,). 64 nodes are tried at once, one a bit. A final product does not count for itself. None when nodes / 64
    × (nodes + links) is above `most`, or when `over` says so.
    """
    plan = plan or Plan(network.size, network.links)
    count, share = np.zeros(network.size, np.int64), np.zeros(network.size)
    if network.size / _WORD * (network.size + len(network.links.source)) > most:
        return None
    words = 1 if plan.depth <= 2000 else int(np.clip(_CELLS // max(1, network.size), 1, 16))
    width = words * _WORD
    starts = range(0, network.size, width)
    for first, (some, part, unsettled) in zip(
        starts, (where or Here()).map(_single, starts, network, plan, words), strict=True
    ):
        count[first : first + width], share[first : first + width] = some, part
        plan.unsettled = max(plan.unsettled, unsettled)
        if first + width < network.size and over():
            return None
    return count, share


def _single(first: int, network: Network, plan: Plan, words: int) -> tuple[Integers, Floats, float]:
    """`single_points` of the nodes from `first` on that fit into so many words, and what stayed unsettled."""
    finals = np.flatnonzero(network.final)
    need = network.need[finals]
    need = need / need.sum() if need.sum() > 0 else np.zeros(len(finals))
    nodes = np.arange(first, min(first + words * _WORD, network.size))
    dead = _ended(plan, network.size, finals, nodes, words)
    place = np.searchsorted(finals, nodes)
    itself = np.flatnonzero(network.final[nodes])
    dead[place[itself], itself] = False
    # No BLAS, whose sums depend on how many threads it has.
    return dead.sum(axis=0), np.where(dead, need[:, None], 0.0).sum(axis=0), plan.unsettled


def _ended(plan: Plan, size: int, finals: Integers, nodes: Integers, words: int) -> NDArray[np.bool_]:
    """Which final products end (rows) when each of these neighbouring nodes alone delivers nothing (columns)."""
    offset = nodes - nodes[0]
    if plan.weighted_cycles:
        left = np.ones((size, len(nodes)))
        left[nodes, offset] = 0.0
        ended: NDArray[np.bool_] = plan.remaining(left)[finals] <= NOTHING
        return ended
    own = np.full((size, words), np.uint64(0xFFFFFFFFFFFFFFFF))
    own[nodes, offset // _WORD] &= ~(np.uint64(1) << (offset % _WORD).astype(np.uint64))
    kept = np.ascontiguousarray(plan.alive(own)[finals])
    dead = np.unpackbits((~kept).view(np.uint8), axis=1, bitorder="little")
    return dead[:, : len(nodes)].astype(bool)


def node_losses(
    network: Network,
    top_share: Floats,
    *,
    plan: Plan | None = None,
    single: Floats | None = None,
    most: float = 10 * MOST,
    over: Callable[[], bool] = lambda: False,
    where: Executor | None = None,
) -> Floats | None:
    """Need-weighted mean loss of final output when each node alone loses `top_share` (n,) of its supply; NaN where that is.

    Without weighted links a final product either keeps all or falls to what the node keeps, so that this is `top_share`
    times the need that ends with the node (`single`, of `single_points`). With weighted links every node is a case of its
    own: None when nodes × (nodes + links) is above `most` or `over` says so.
    """
    plan = plan or Plan(network.size, network.links)
    lost = np.where(np.isnan(top_share), 0.0, top_share)
    if not network.need[network.final].sum() > 0:
        return np.full(network.size, np.nan)
    if not (network.links.kind == WEIGHTED).any():
        if single is None:
            points = single_points(network, plan=plan, over=over, where=where)
            if points is None:
                return None
            single = points[1]
        itself = np.where(network.final, network.need / network.need[network.final].sum(), 0.0)
        return np.where(np.isnan(top_share), np.nan, lost * (single + itself))
    cells = network.size + len(network.links.source)
    if network.size * cells > most:
        return None
    losses = np.zeros(network.size)
    together = int(np.clip(_CELLS // cells, 1, 64))
    parts = [range(first, min(first + together, network.size)) for first in range(0, network.size, together)]
    for part, (found, unsettled) in zip(
        parts, (where or Here()).map(_lost_alone, parts, network, plan, lost), strict=True
    ):
        losses[part.start : part.stop] = found
        plan.unsettled = max(plan.unsettled, unsettled)
        if part.stop < network.size and over():
            return None
    return np.where(np.isnan(top_share), np.nan, losses)


def _lost_alone(part: range, network: Network, plan: Plan, lost: Floats) -> tuple[Floats, float]:
    """Loss of final output when each of these nodes alone loses its part of `lost` (n,), and what stayed unsettled."""
    nodes = np.arange(part.start, part.stop)
    own = np.ones((network.size, len(nodes)))
    own[nodes, nodes - part.start] = 1 - lost[nodes]
    return _loss(network, 1 - plan.remaining(own)[np.flatnonzero(network.final)].T), plan.unsettled


def countries_that_end(found: Stops, network: Network) -> dict[str, list[str]]:
    """The cases in which a final product ends, with the products' ids in order."""
    ended = {}
    for case, row in zip(found.cases, found.remaining, strict=True):
        gone = sorted(network.ids[final] for final in found.finals[row <= NOTHING])
        if gone:
            ended[case] = gone
    return ended


def every_country(network: Network) -> NDArray[np.str_]:
    """All countries that hold a share above 0, in order."""
    held = np.unique(network.countries.holder[network.countries.share > 0])
    return np.array(sorted(network.countries.holders[place] for place in held.tolist()), dtype=str)
