"""What stays when values or budgets change: shares of inclusion, and the frontier of value over money."""

import math
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np

from jiandao.engines.executor import Executor
from jiandao.engines.portfolio.model import RESERVE, Ints, Model
from jiandao.engines.portfolio.search import FEW_CORES, search
from jiandao.engines.runs import Clock

_AT_ONCE = 5  # samples of one piece
_SAMPLE_GAP = 3e-3


@dataclass(frozen=True)
class Point:
    """The frontier at one scale of all budgets. `value` and `bound` in points; None when no decision keeps all rules."""

    scale: float
    value: float | None
    bound: float | None


def inclusion(model: Model, samples: int, seed: int, where: Executor) -> list[float]:
    """By project, the share of samples in which it is implemented.

    In sample k the values are drawn from normal distributions (value, sd), cut at 0, with the seed (seed, k): the same
    wherever it is computed. Each sample is solved to within 0.3 % or as near as little effort brings it.
    """
    pieces = [(model, seed, range(begin, min(begin + _AT_ONCE, samples))) for begin in range(0, samples, _AT_ONCE)]
    counts = np.zeros(len(model.first) - 1, dtype=np.int64)
    for part in where.map(_sampled, pieces):
        counts += part
    return [int(count) / samples for count in counts]


def _sampled(piece: tuple[Model, int, range]) -> Ints:
    model, seed, numbers = piece
    values = np.array([project.value for project in model.plan.projects])
    deviations = np.array([project.sd for project in model.plan.projects])
    counts = np.zeros(len(values), dtype=np.int64)
    for number in numbers:
        draw = np.random.default_rng([seed, number])
        drawn = np.maximum(0.0, values + deviations * draw.standard_normal(len(values)))
        found = search(
            replace(model, weight=model.weights(drawn)), gap=_SAMPLE_GAP, clock=Clock(), seed=seed, cores=FEW_CORES[:1]
        )
        if found.choice is not None:
            chosen = found.choice[found.choice < len(model.weight)]
            counts[model.project[chosen[model.start[chosen] != RESERVE]]] += 1
    return counts


def standing(share: float) -> str:
    """never, sometimes or always, for a share of inclusion."""
    return "never" if share == 0 else "always" if share == 1 else "sometimes"


def frontier(
    model: Model, points: int, gap: float, seed: int, where: Executor, known: tuple[float, float] | None = None
) -> list[Point]:
    """Value at budgets from half to one and a half of those given, rounded down; `known`: value and bound at 1.

    A decision for less money is one for more too, so that the value never falls.
    """
    scales = (
        [Fraction(1, 2) + Fraction(number, points - 1) for number in range(points)] if points > 1 else [Fraction(1)]
    )
    ahead = [scale for scale in scales if scale != 1 or known is None]
    solved = dict(zip(ahead, where.map(_at_scale, [(model, scale, gap, seed) for scale in ahead]), strict=True))
    if known is not None:
        solved[Fraction(1)] = known
    found: list[Point] = []
    best: float | None = None
    for scale in scales:
        value, bound = solved[scale]
        if value is not None:
            best = value if best is None else max(best, value)
        found.append(Point(round(float(scale), 6), best, bound))
    return found


def _at_scale(piece: tuple[Model, Fraction, float, int]) -> tuple[float | None, float | None]:
    model, scale, gap, seed = piece
    limit = model.limit.copy()
    for position, row in enumerate(model.rows):
        if row.kind == "budget":
            limit[position] = float(int(model.plan.budgets[row.key] * scale)) / row.scale
    found = search(replace(model, limit=limit), gap=gap, clock=Clock(), seed=seed, cores=FEW_CORES)
    if found.choice is None:
        return None, None
    return value_of(model, found.choice), bound_of(model, found.bound)


def value_of(model: Model, choice: Ints) -> float:
    """Points of a choice."""
    return math.fsum(model.points[choice[choice < len(model.weight)]].tolist())


def bound_of(model: Model, weight: float) -> float:
    """Points of a bound: values of more than nine digits were rounded, and it has to hold for what they were."""
    inexact = int((np.abs(model.points * model.unit - model.weight) > 1e-6).sum())
    return (weight + 0.5 * min(inexact, len(model.first) - 1)) / model.unit
