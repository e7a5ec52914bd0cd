"""Decisions that differ as little as possible: from an earlier one, and between projects that are alike."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from scipy import sparse

from jiandao.engines.files import UnfinishedError
from jiandao.engines.portfolio.model import RESERVE, Ints, Model, Row
from jiandao.engines.portfolio.plan import Project
from jiandao.engines.portfolio.search import CORES, Found, search
from jiandao.engines.runs import Clock

_ONE_CHANGE = 10**8


def choice_of(model: Model, states: Mapping[str, tuple[str, str | None]]) -> Ints:
    """The choice that states mean; a start or a state that is no longer possible is none."""
    place = {name: position for position, name in enumerate(model.plan.years)}
    choice = np.full(len(model.first) - 1, len(model.weight), dtype=np.int64)
    for position, project in enumerate(model.plan.projects):
        state, start = states.get(project.id, ("plan", None))
        if state == "plan":
            continue
        wanted = RESERVE if state == "reserve" else place.get(start or "", RESERVE - 1)
        for column in range(model.first[position], model.first[position + 1]):
            if model.start[column] == wanted and model.upper[column] > 0:
                choice[position] = column
    return choice


def fewest_changes(
    model: Model,
    found: Found,
    states: Mapping[str, tuple[str, str | None]],
    *,
    gap: float,
    clock: Clock,
    seed: int,
) -> Ints:
    """Of the choices within the gap (or as good as the one found), one that differs in few projects, the fewest we find.

    The value becomes a rule, and each project that stays as it was counts; a little also counts the value.
    """
    assert found.choice is not None
    incumbent = choice_of(model, states)
    planned = [states.get(name, ("plan", None))[0] == "plan" for name in model.names]
    least = min(found.weight, int(np.ceil((1 - gap) * found.bound)))
    stay = np.zeros(len(model.weight), dtype=np.int64)
    stay[np.array(planned, dtype=bool)[model.project]] = -1
    stay[incumbent[incumbent < len(model.weight)]] = 1
    total = max(1.0, float(np.abs(model.weight).sum()))
    weight = stay * _ONE_CHANGE + np.rint(model.weight / total * (_ONE_CHANGE / 2)).astype(np.int64)
    scale = 2.0 ** int(max(1, model.weight.max(initial=1))).bit_length()
    matrix = sparse.vstack([model.matrix, sparse.csr_array(-model.weight[None, :] / scale)], format="csr")
    other = replace(
        model,
        weight=weight,
        matrix=matrix,
        columns=matrix.tocsc(),
        limit=np.append(model.limit, -least / scale),
        rows=(*model.rows, Row("value", scale=scale)),
    )
    try:
        nearest = search(other, gap=1e-9, clock=clock, seed=seed, cores=CORES[:1], known=found.choice)
    except UnfinishedError:  # there is a decision already
        return found.choice
    return found.choice if nearest.choice is None else nearest.choice


def by_id(model: Model, choice: Ints, *, deviations: bool = False) -> Ints:
    """The same choice with the states of projects that are alike in everything given in the order of their ids.

    `deviations`: alike also in how far their values may be off.
    """
    plan = model.plan
    tied = {name for project in plan.projects for name in project.requires}
    tied |= {project.id for project in plan.projects if project.requires}
    tied |= {name for project in plan.projects if project.level_of for name in (project.id, project.level_of)}
    listed: dict[str, list[int]] = {}
    for number, rule in enumerate(plan.rules):
        for name in rule.projects or ():
            listed.setdefault(name, []).append(number)
    alike: dict[object, list[int]] = {}
    for position, project in enumerate(plan.projects):
        if project.id not in tied:
            alike.setdefault(
                (_likeness(project), project.sd if deviations else 0, tuple(listed.get(project.id, ()))), []
            ).append(position)
    choice = choice.copy()
    none = len(model.weight)
    for group in alike.values():
        if len(group) > 1:
            offsets = [
                int(choice[position] - model.first[position]) if choice[position] < none else none for position in group
            ]
            for position, offset in zip(group, sorted(offsets), strict=True):
                choice[position] = none if offset == none else model.first[position] + offset
    return choice


def _likeness(project: Project) -> tuple[object, ...]:
    return (
        project.value,
        tuple(sorted((name, amount) for name, amount in project.uses.items() if amount)),
        project.field,
        project.direction,
        project.cofunding,
        project.risk,
        project.may_start,
    )
