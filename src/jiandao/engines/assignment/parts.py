"""Proposals and experts that no eligible pair connects: parts of a problem that can be solved side by side.

Panels, loads, roles and institutions bind within a part only, so that totals and numbers of changes add up, and the minimum
of all is the least of theirs.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
from scipy import sparse

from jiandao.engines.assignment.records import Certificate, Floats, Ints, Prices, Problem, Solution, panel_sums
from jiandao.engines.assignment.staged import PROVED

_METHODS = ("prices", "linear-programme", "branching", "open", "none")  # from the strongest to the weakest


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A problem with the places of its proposals, experts and pairs in the whole, all ascending."""

    problem: Problem
    proposals: Ints
    experts: Ints
    pairs: Ints


def split(problem: Problem) -> list[Part]:
    """The parts, in the order of their first proposals; one that is the whole where everything is connected.

    Experts without an eligible pair are in no part. Where such a one has a least load, or a proposal has no pair, nothing is
    split: that has to be told of the whole.
    """
    count, people = len(problem.proposals), len(problem.experts)
    width, height = np.diff(problem.starts), np.bincount(problem.expert, minlength=people)
    whole = [Part(problem, np.arange(count), np.arange(people), np.arange(len(problem.expert)))]
    lonely = not width.all() or bool(problem.least[height == 0].any())
    if lonely or width.max(initial=0) == people or height.max(initial=0) == count:
        return whole
    edges = sparse.csr_array(
        (
            np.ones(len(problem.expert), np.int8),
            count + problem.expert,
            np.append(problem.starts, np.full(people, len(problem.expert))),
        ),
        shape=(count + people, count + people),
    )
    _, label = sparse.csgraph.connected_components(edges, directed=False)
    used, first = np.unique(label[:count], return_index=True)
    if len(used) == 1:
        return whole
    order = used[np.argsort(first)]
    rows, columns = _grouped(label[:count], order), _grouped(label[count:], order)
    pairs = _grouped(label[problem.proposal], order)
    return [_part(problem, *places) for places in zip(rows, columns, pairs, strict=True)]


def _grouped(label: Ints, order: Ints) -> list[Ints]:
    """The places of each label of `order`, ascending."""
    by = np.argsort(label, kind="stable")
    begin, end = (np.searchsorted(label[by], order, side=side) for side in ("left", "right"))
    return [by[a:b] for a, b in zip(begin.tolist(), end.tolist(), strict=True)]


def _part(problem: Problem, rows: Ints, columns: Ints, pairs: Ints) -> Part:
    width = np.diff(problem.starts)[rows]
    return Part(
        dataclasses.replace(
            problem,
            proposals=tuple(problem.proposals[p] for p in rows.tolist()),
            experts=tuple(problem.experts[r] for r in columns.tolist()),
            starts=np.append(0, np.cumsum(width)),
            expert=np.searchsorted(columns, problem.expert[pairs]),
            score=problem.score[pairs],
            seats=problem.seats[rows],
            least=problem.least[columns],
            most=problem.most[columns],
            fixed=problem.fixed[pairs],
            institution=None if problem.institution is None else problem.institution[columns],
            role=problem.role[columns],
            required=problem.required[rows],
        ),
        rows,
        columns,
        pairs,
    )


def joined(problem: Problem, parts: Sequence[Part], found: Sequence[Solution], *, minimum_bound: float) -> Solution:
    """One solution and certificate out of those of the parts; `minimum_bound` limits the minimum of an objective fair.

    The bound on the minimum is that of the part in which it is least: no other can lift the weakest panel above it.
    """
    chosen = np.sort(np.concatenate([part.pairs[one.chosen] for part, one in zip(parts, found, strict=True)]))
    total = math.fsum(problem.score[chosen].tolist())
    minimum = float(panel_sums(problem, chosen).min(initial=np.inf))
    fair = found[0].objective == "fair"
    limit = max(
        total, math.fsum(one.total_bound if fair and one.total_bound is not None else one.bound for one in found)
    )
    certificates = [one.certificate for one in found]
    unit = max(one.unit for one in certificates)
    proved = all(one.status == "optimal" for one in found) and not (fair and minimum_bound - minimum > PROVED * unit)
    method = max((one.method for one in certificates), key=_METHODS.index)
    weakest = min(range(len(found)), key=lambda number: found[number].bound)
    certificate = Certificate(
        method=method if proved else max(method, "open", key=_METHODS.index),
        bound=max(minimum_bound, minimum) if fair else limit,
        pairs=len(problem.expert),
        candidates=sum(one.candidates for one in certificates),
        rounds=sum(one.rounds for one in certificates),
        resolution=max(one.resolution for one in certificates),
        proposal_prices=_spread(
            len(problem.proposals), parts, [one.proposal_prices for one in certificates], "proposals"
        ),
        expert_prices=_spread(len(problem.experts), parts, [one.expert_prices for one in certificates], "experts"),
        prices=_prices(problem, parts, certificates, unit, [one.prices for one in certificates]),
        unit=unit,
        minimum_prices=_prices(
            problem,
            parts,
            certificates,
            unit,
            [one.minimum_prices if number == weakest else None for number, one in enumerate(certificates)],
        ),
    )
    return Solution(
        chosen,
        total,
        minimum,
        certificate.bound,
        "optimal" if proved else "feasible",
        certificate,
        found[0].objective,
        limit if fair else None,
    )


def _spread(size: int, parts: Sequence[Part], values: Sequence[Floats], what: str) -> Floats:
    """Values of parts at their places in the whole; 0 for whoever is in none."""
    found = np.zeros((size, *values[0].shape[1:]))
    for part, one in zip(parts, values, strict=True):
        found[getattr(part, what)] = one
    return found


def _prices(
    problem: Problem,
    parts: Sequence[Part],
    certificates: Sequence[Certificate],
    unit: float,
    prices: Sequence[Prices | None],
) -> Prices | None:
    """Prices of parts, each in its own unit, as those of the whole in one. Units are powers of two: no digit is lost."""
    there = [
        (part, one, certificate.unit / unit)
        for part, one, certificate in zip(parts, prices, certificates, strict=True)
        if one is not None
    ]
    if not there:
        return None
    own = [part for part, _, _ in there]
    count, people, roles = len(problem.proposals), len(problem.experts), len(problem.role_names)
    width = 0 if problem.institution is None else int(problem.institution.max(initial=-1)) + 1
    keys, paid = [], []
    for part, one, factor in there:
        inside = part.problem.institution
        units = max(1, 0 if inside is None else int(inside.max(initial=-1)) + 1)
        keys.append(part.proposals[one.unit_keys // units] * width + one.unit_keys % units)
        paid.append(one.unit * factor)
    key = np.concatenate(keys)
    order = np.argsort(key)
    return Prices(
        panel=_spread(count, own, [one.panel * factor for _, one, factor in there], "proposals"),
        most=_spread(people, own, [one.most * factor for _, one, factor in there], "experts"),
        least=_spread(people, own, [one.least * factor for _, one, factor in there], "experts"),
        role=_spread(count, own, [one.role * factor for _, one, factor in there], "proposals").reshape(count, roles),
        unit_keys=key[order],
        unit=np.concatenate(paid)[order],
        floor=_spread(count, own, [one.floor for _, one, _ in there], "proposals"),
        keep=0.0,  # a row of each part, of no meaning in the whole
    )
