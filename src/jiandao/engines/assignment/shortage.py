"""Why there is no assignment: sets of proposals that need more seats than their experts can offer.

A flow that fills all seats exists exactly when no set X of proposals needs more than Σ_r min(load of r, eligible pairs of r
in X) (Hall's condition in Gale's form); the sink side of a least cut is such a set. Least loads add the mirrored condition
for sets of experts (Hoffman's circulation theorem); the two do not mix. Cuts are found on few pairs and checked on all.
"""

from collections.abc import Iterable

import numpy as np
from ortools.graph.python import max_flow
from scipy import sparse

from jiandao.engines.assignment.candidates import best_per_row
from jiandao.engines.assignment.records import Flags, Ints, Problem, Unsatisfied

_JOIN = 16


def unsatisfied(problem: Problem, *, units: int = 1, capacity: int = 1) -> list[Unsatisfied]:
    """All violated conditions that counting alone shows, or an empty list. Independent sets stand apart.

    A pair can carry `capacity` of the `units` that make a seat (less than all when probabilities are capped)."""
    found = list(_too_fixed(problem))
    if found:
        return found
    pairs = np.flatnonzero(problem.fixed)
    rows = problem.proposal[pairs]
    carried = np.bincount(problem.expert[pairs], minlength=len(problem.experts))
    seats = problem.seats - np.bincount(rows, minlength=len(problem.proposals))
    free = ~problem.fixed
    found += _short(problem, free, seats, problem.most - carried, "seats")
    if capacity < units and not found:
        found += _short(problem, free, seats, problem.most - carried, "cap", units=units, capacity=capacity)
    found += _idle(problem, free, seats, np.maximum(0, problem.least - carried))
    for number, name in enumerate(problem.role_names):
        fits = problem.role[problem.expert, number]
        # Fixed pairs are seats like others here: they can only help.
        required = problem.required[:, number]
        for p in np.flatnonzero(required > problem.seats).tolist():
            found.append(
                Unsatisfied("role-panel", (problem.proposals[p],), int(required[p]), int(problem.seats[p]), role=name)
            )
        found += _short(problem, fits, required, problem.most, "role", role=name)
    if problem.institution is not None and not found:
        found += _short(problem, np.ones(len(free), dtype=bool), problem.seats, problem.most, "institution")
    return found


def _too_fixed(problem: Problem) -> Iterable[Unsatisfied]:
    pairs = np.flatnonzero(problem.fixed)
    rows = problem.proposal[pairs]
    for p in np.flatnonzero(np.bincount(rows, minlength=len(problem.seats)) > problem.seats).tolist():
        names = tuple(problem.experts[r] for r in problem.expert[pairs[rows == p]].tolist())
        yield Unsatisfied("fixed-panel", (problem.proposals[p],), len(names), int(problem.seats[p]), names)
    for r in np.flatnonzero(np.bincount(problem.expert[pairs], minlength=len(problem.most)) > problem.most).tolist():
        names = tuple(problem.proposals[p] for p in rows[problem.expert[pairs] == r].tolist())
        yield Unsatisfied("fixed-load", names, len(names), int(problem.most[r]), (problem.experts[r],))
    if problem.institution is not None:
        unit = problem.institution[problem.expert[pairs]]
        keys, counts = np.unique(np.stack([rows, unit])[:, unit >= 0], axis=1, return_counts=True)
        for p, i in keys[:, counts > 1].T.tolist():
            same = (rows == p) & (unit == i)
            names = tuple(problem.experts[r] for r in problem.expert[pairs[same]].tolist())
            yield Unsatisfied("fixed-institution", (problem.proposals[p],), len(names), 1, names)


def _short(
    problem: Problem,
    allowed: Flags,
    seats: Ints,
    most: Ints,
    code: str,
    *,
    role: str = "",
    units: int = 1,
    capacity: int = 1,
) -> list[Unsatisfied]:
    """Sets of proposals that need more seats than offered."""
    of = problem.institution if code == "institution" else None
    most = np.maximum(most, 0)
    inside = _tight(problem, allowed, seats * units, most * units, of, capacity)
    if inside is None:
        return []
    row = problem.proposal
    near = np.flatnonzero(allowed & inside[row])
    # Experts who could sit on more of these panels than their load allows tie proposals together.
    count = np.bincount(problem.expert[near], minlength=len(most))
    ties = near[(count * capacity > most * units)[problem.expert[near]]]
    shape = (len(seats), len(most))
    link = sparse.csr_matrix((np.ones(len(ties)), (row[ties], problem.expert[ties])), shape=shape)
    _, label = sparse.csgraph.connected_components(
        sparse.bmat([[None, link], [link.T, None]], format="csr"), directed=False
    )
    found = []
    for group in np.unique(label[: len(seats)][inside]):
        member = inside & (label[: len(seats)] == group)
        offered = _offered(problem, allowed, member, most * units, of, capacity) // units
        needed = int(seats[member].sum())
        if needed > offered:
            names = tuple(problem.proposals[p] for p in np.flatnonzero(member).tolist())
            found.append(Unsatisfied(code, names, needed, offered, role=role))
    return found


def _offered(problem: Problem, allowed: Flags, member: Flags, most: Ints, of: Ints | None, capacity: int) -> int:
    """Seats that eligible experts can offer to these proposals, each at most its load."""
    row = problem.proposal
    near = np.flatnonzero(allowed & member[row])
    if of is None:
        return int(np.minimum(np.bincount(problem.expert[near], minlength=len(most)) * capacity, most).sum())
    # With one seat an institution and panel, the greatest flow is what they can offer.
    _, value = _cut(problem, near, np.where(member, 10**6, 0), most, of, 1)
    return value


def _tight(problem: Problem, allowed: Flags, seats: Ints, most: Ints, of: Ints | None, capacity: int) -> Flags | None:
    """The least set of proposals of greatest shortage, or None when all seats can be filled."""
    row = problem.proposal
    # Scattered, so that the first pairs of different proposals are not all of the same experts.
    spread = np.arange(len(allowed), dtype=np.int64) * 0x9E3779B1 % 2**31
    member = best_per_row(spread, problem.starts, allowed, _JOIN)
    while True:
        side, value = _cut(problem, np.flatnonzero(member), seats, most, of, capacity)
        if value == int(seats.sum()):
            return None
        experts, proposals = side[: len(most)], side[len(most) : len(most) + len(seats)]
        # An omitted pair from the source side into the sink side would widen the cut; all join that do.
        crossing = allowed & ~member & ~experts[problem.expert] & proposals[row]
        if not crossing.any():
            return proposals
        member |= best_per_row(spread, problem.starts, crossing, 4 * _JOIN)


def _cut(problem: Problem, pair: Ints, seats: Ints, most: Ints, of: Ints | None, capacity: int) -> tuple[Flags, int]:
    """(nodes on the sink side of a least cut, without source and sink; value of the greatest flow)."""
    people, count = len(most), len(seats)
    row, expert = np.searchsorted(problem.starts, pair, side="right") - 1, problem.expert[pair]
    source, sink = 0, 1 + people + count
    room = [most, seats]
    tail = [np.zeros(people, dtype=np.int64), 1 + people + np.arange(count)]
    head = [1 + np.arange(people), np.full(count, sink)]
    if of is None:
        tail.append(1 + expert)
        head.append(1 + people + row)
        room.append(np.full(len(pair), capacity))
    else:
        # A node for each institution of each panel, through which one seat passes at most.
        width = int(of.max(initial=0)) + 1
        single = np.where(of[expert] >= 0, of[expert], width + expert)
        keys, node = np.unique(row * (width + people) + single, return_inverse=True)
        tail += [1 + expert, 1 + sink + np.arange(len(keys))]
        head += [1 + sink + node, 1 + people + keys // (width + people)]
        room += [np.ones(len(pair), dtype=np.int64), np.ones(len(keys), dtype=np.int64)]
    solver = max_flow.SimpleMaxFlow()
    solver.add_arcs_with_capacity(
        np.concatenate(tail).astype(np.int32),
        np.concatenate(head).astype(np.int32),
        np.concatenate(room).astype(np.int64),
    )
    if solver.solve(source, sink) != solver.OPTIMAL:
        raise OverflowError("the flow solver could not find a greatest flow")
    side = np.zeros(max(solver.num_nodes(), sink + 1), dtype=bool)
    side[np.asarray(solver.get_sink_side_min_cut(), dtype=np.int64)] = True
    return side[1:sink], int(solver.optimal_flow())


def _idle(problem: Problem, free: Flags, seats: Ints, least: Ints) -> list[Unsatisfied]:
    """Sets of experts whose least loads are more than the panels that they may sit on can take."""
    if not least.any():
        return []
    people, count = len(least), len(seats)
    pair = np.flatnonzero(free & (least > 0)[problem.expert])
    row, expert = np.searchsorted(problem.starts, pair, side="right") - 1, problem.expert[pair]
    solver = max_flow.SimpleMaxFlow()
    sink = 1 + people + count
    solver.add_arcs_with_capacity(
        np.concatenate([np.zeros(people), 1 + expert, 1 + people + np.arange(count)]).astype(np.int32),
        np.concatenate([1 + np.arange(people), 1 + people + row, np.full(count, sink)]).astype(np.int32),
        np.concatenate([least, np.ones(len(pair)), np.maximum(seats, 0)]).astype(np.int64),
    )
    if solver.solve(0, sink) != solver.OPTIMAL:
        raise OverflowError("the flow solver could not find a greatest flow")
    if solver.optimal_flow() == int(least.sum()):
        return []
    inside = np.zeros(people, dtype=bool)
    nodes = np.asarray(solver.get_source_side_min_cut(), dtype=np.int64)
    inside[nodes[(nodes >= 1) & (nodes <= people)] - 1] = True
    reach = pair[inside[expert]]
    places = np.bincount(np.searchsorted(problem.starts, reach, side="right") - 1, minlength=count)
    offered = int(np.minimum(places, np.maximum(seats, 0)).sum())
    return [
        Unsatisfied(
            "least-load" if len(reach) else "no-panel",
            tuple(problem.proposals[p] for p in np.flatnonzero(places).tolist()),
            int(least[inside].sum()),
            offered,
            tuple(problem.experts[r] for r in np.flatnonzero(inside).tolist()),
        )
    ]
