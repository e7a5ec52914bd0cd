"""Why a project is in or out, what would bring it in, and what it would displace.

Two kinds of numbers stand side by side. What the prices of the linear relaxation prove needs no search: with a loss l at
the prices, a bound L and a decision worth V, no decision with the project is worth more than L − l, so that it needs at
least V − (L − l) more points. What a search finds is a decision with the project: with so many more points it is as good
as the present one. Between the two lies the truth; both are told.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np

from jiandao.engines.executor import Executor
from jiandao.engines.portfolio.exchange import Exchange, fits, slack_of, weight_of
from jiandao.engines.portfolio.model import RESERVE, Ints, Model
from jiandao.engines.portfolio.plan import LOCKS, Rule
from jiandao.engines.portfolio.prices import priced
from jiandao.engines.portfolio.search import FEW_CORES, Found, search_at
from jiandao.engines.runs import Clock

_MOST_CHOSEN = 100  # ids that a reason lists: all who are out would repeat all who are in

_AT_ONCE = 25  # projects of one piece
_LARGE = 3000  # projects; with more, the smallest core has to do


@dataclass(frozen=True)
class Missing:
    """A rule that the project would break if it were added and nothing else changed: kind, key, by how much."""

    kind: str
    key: str
    amount: float
    rule: Rule | None = None


@dataclass(frozen=True)
class Swap:
    """The best decision found with the project forced in (or out).

    `regret`: points it is worth less than the present decision; `at_least`: points that are proved to be lost; `enough`:
    so much more value of the project makes good for the regret (infinite when it never does; only for forced in);
    `displaces`: ids that are implemented now and would not be; `brings`: ids the other way round, without the project itself.
    """

    regret: float
    at_least: float
    enough: float
    displaces: tuple[str, ...]
    brings: tuple[str, ...]


@dataclass(frozen=True)
class Reason:
    """Why one project is where it is.

    `code` and `facts`: what a sentence is made of; `surplus`: points above what its money and its part in the rules are
    worth at the prices; `points_at_least`: more points that it needs at least to come in (0: unknown or none); `missing`:
    what adding it on top would break, budgets first; `swap`: what a search found, where one was asked for.
    """

    code: str
    facts: dict[str, object] = field(default_factory=dict)
    surplus: float = 0.0
    points_at_least: float = 0.0
    missing: tuple[Missing, ...] = ()
    swap: Swap | None = None


class Explainer:
    """Reasons for one decision of one model."""

    def __init__(self, model: Model, found: Found) -> None:
        assert found.choice is not None
        assert found.prices is not None
        self._model, self._found, self._prices = model, found, found.prices
        self._choice = found.choice
        none = len(model.weight)
        taken = self._choice[self._choice < none]
        self._implemented = np.zeros(len(model.first) - 1, dtype=bool)
        self._implemented[model.project[taken[model.start[taken] != RESERVE]]] = True
        self._slack = slack_of(model, self._choice)
        self._position = model.plan.positions
        self._owners: dict[int, Ints] = {}  # who is chosen in a row; many ask about the same
        self._locks: dict[int, Rule] = {}
        for rule in model.plan.rules:
            if rule.kind in LOCKS:
                self._locks |= dict.fromkeys(model.plan.selected(rule), rule)
        self._wanted_by: dict[str, list[str]] = {}
        for project in model.plan.projects:
            if self._implemented[self._position[project.id]]:
                for other in project.requires:
                    self._wanted_by.setdefault(other, []).append(project.id)

    def reason(self, position: int) -> Reason:
        """The reason of the project at this position of plan.projects, without a search."""
        model = self._model
        column = self._best_start(position)
        money, by_rule = self._parts(column)
        weight = float(model.weight[column])
        surplus = weight - money - sum(by_rule.values())
        facts: dict[str, object] = {
            "points": weight / model.unit,
            "money": money / model.unit,
            "rules": sum(by_rule.values()) / model.unit,
            "surplus": surplus / model.unit,
        }
        if self._implemented[position]:
            code, more = self._why_in(position, surplus, by_rule)
            return Reason(code, facts | more, surplus / model.unit)
        code, more = self._why_out(position, surplus, by_rule)
        return Reason(
            code,
            facts | more,
            surplus / model.unit,
            points_at_least=self._at_least(position),
            missing=self._missing(position, column),
        )

    def _at_least(self, position: int) -> float:
        """More points of its value without which no decision with the project is as good as the present one."""
        model, least = self._model, np.inf
        for column in range(model.first[position], model.first[position + 1]):
            if model.start[column] != RESERVE and model.upper[column] > 0:
                reach = self._found.bound_of_prices - float(self._prices.loss[column])
                least = min(least, _per_point(model, self._choice, position, column, self._found.weight - reach))
        return float(least) / model.unit if np.isfinite(least) else 0.0

    def _best_start(self, position: int) -> int:
        """The start that fits the prices best; the one it has when it is implemented."""
        model = self._model
        if self._implemented[position]:
            return int(self._choice[position])
        own = [c for c in range(model.first[position], model.first[position + 1]) if model.start[c] != RESERVE]
        return max(own, key=lambda column: (self._prices.profit[column], -column))

    def _parts(self, column: int) -> tuple[float, dict[int, float]]:
        """What the column takes at the prices: from the budgets, and by other row."""
        columns = self._model.columns
        money, by_rule = 0.0, {}
        for at in range(columns.indptr[column], columns.indptr[column + 1]):
            row = int(columns.indices[at])
            part = float(columns.data[at] * self._prices.row[row])
            if self._model.rows[row].kind == "budget":
                money += part
            elif part:
                by_rule[row] = part
        return money, by_rule

    def _why_in(self, position: int, surplus: float, by_rule: dict[int, float]) -> tuple[str, dict[str, object]]:
        project = self._model.plan.projects[position]
        if position in self._locks:
            return "in.locked", {}
        # What rules add to its worth has a negative price.
        if by_rule and surplus + min(0.0, *by_rule.values()) < 0 <= surplus:
            row = min(by_rule, key=lambda row: (by_rule[row], row))
            if self._model.rows[row].kind not in {"requires", "level"}:
                return "in.rule", {"rule": self._model.rows[row].rule, "gift": -by_rule[row] / self._model.unit}
        if project.id in self._wanted_by and surplus - sum(
            part for row, part in by_rule.items() if self._model.rows[row].kind == "requires" and part < 0
        ) >= 0 > surplus + sum(
            part for row, part in by_rule.items() if self._model.rows[row].kind == "requires" and part < 0
        ):
            return "in.needed", {"by": tuple(self._wanted_by[project.id])}
        if surplus >= 0:
            return "in.worth", {}
        if project.id in self._wanted_by:
            return "in.needed", {"by": tuple(self._wanted_by[project.id])}
        return "in.fits", {}

    def _why_out(self, position: int, surplus: float, by_rule: dict[int, float]) -> tuple[str, dict[str, object]]:
        model, project = self._model, self._model.plan.projects[position]
        if position in self._locks:
            return "out.locked", {}
        missing = [other for other in project.requires if not self._implemented[self._position[other]]]
        column, now = self._best_start(position), int(self._choice[position])
        blocking = set(self._broken(position, column))
        for row in sorted(blocking):
            if model.rows[row].kind == "level":
                return "out.level", self._chosen_in(row, position)
        if missing:
            return "out.requires", {"missing": tuple(missing)}
        for row in sorted(blocking):
            if model.rows[row].kind == "at-most" and surplus + by_rule.get(row, 0.0) >= 0:
                return "out.full", {"rule": model.rows[row].rule, **self._chosen_in(row, position)}
        dear = {row: part for row, part in by_rule.items() if part > 0 and model.rows[row].rule is not None}
        if surplus < 0 and dear:
            row = max(dear, key=lambda row: (dear[row], -row))
            if surplus + dear[row] >= 0:
                return "out.rule", {"rule": model.rows[row].rule, "toll": dear[row] / model.unit}
        if surplus < 0:
            return "out.price", {}
        brings = model.weight[column] - (model.weight[now] if now < len(model.weight) else 0)
        return ("out.fits" if blocking or brings > 0 else "out.nothing"), {}

    def _chosen_in(self, row: int, position: int) -> dict[str, object]:
        """The first of those that are chosen in a row, and how many they are."""
        matrix = self._model.matrix
        if row not in self._owners:
            columns = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]]
            owners = self._model.project[columns]
            self._owners[row] = np.unique(owners[self._choice[owners] == columns])
        owners = self._owners[row]
        others = owners[owners != position]
        projects = self._model.plan.projects
        chosen = tuple(projects[owner].id for owner in others[:_MOST_CHOSEN].tolist())
        return {"chosen": chosen, "chosen_count": len(others)}

    def _broken(self, position: int, column: int) -> dict[int, float]:
        """Rows that adding the project breaks when all else stays, and by how much in their own unit."""
        columns = self._model.columns
        left: dict[int, float] = {}
        for which, sign in ((int(self._choice[position]), 1.0), (column, -1.0)):
            if which < len(self._model.weight):
                for at in range(columns.indptr[which], columns.indptr[which + 1]):
                    row = int(columns.indices[at])
                    left[row] = left.get(row, float(self._slack[row])) + sign * float(columns.data[at])
        return {row: -room * self._model.rows[row].scale for row, room in left.items() if room < 0}

    def _missing(self, position: int, column: int) -> tuple[Missing, ...]:
        broken = self._broken(position, column)
        rows = self._model.rows
        found = [
            Missing(rows[row].kind, rows[row].key, _exact(amount, whole=rows[row].kind == "budget"), rows[row].rule)
            for row, amount in sorted(broken.items())
        ]
        if position in self._locks:
            found.append(Missing("lock-out", self._model.plan.projects[position].id, 1.0, self._locks[position]))
        return tuple(found)


def _per_point(model: Model, choice: Ints, position: int, column: int, weight: float) -> float:
    """How much the project's own value has to rise for its column to make good a weight, at least 0.

    A project that is in reserve now would be worth more there too.
    """
    now = model.factor[choice[position]] if choice[position] < len(model.weight) else 0.0
    more = float(model.factor[column] - now)
    return max(0.0, weight) / more if more > 0 else float("inf")


def _exact(amount: float, *, whole: bool) -> float:
    """Without the last digits of floating point; `whole`: budgets are whole numbers, reserve takes fractions of them."""
    found = Fraction(amount).limit_denominator(10**6)
    return float(math.ceil(found) if whole else found)


# With a search


def swaps(
    model: Model, found: Found, positions: Sequence[int], where: Executor, *, thorough: bool
) -> tuple[dict[int, Swap], Ints | None]:
    """For each project the best decision with its place turned round (in ↔ not implemented), and the best better choice.

    When a search meets a decision that is worth more than the present one, it is given back, for the caller to begin again
    from there. `thorough` solves cores; otherwise by exchange alone. A project that cannot be turned has no entry.
    """
    pieces = [
        (model, found, list(positions[begin : begin + _AT_ONCE]), thorough)
        for begin in range(0, len(positions), _AT_ONCE)
    ]
    made: dict[int, Swap] = {}
    better: Ints | None = None
    best = found.weight
    for part in where.map(_swapped, pieces):
        for position, swap, choice in part:
            if swap is not None:
                made[position] = swap
            if choice is not None and weight_of(model, choice) > best:
                best, better = weight_of(model, choice), choice
    return made, better


def _swapped(
    piece: tuple[Model, Found, list[int], bool],
) -> list[tuple[int, Swap | None, Ints | None]]:
    model, found, positions, thorough = piece
    assert found.prices is not None
    exchange = Exchange(model, found.prices, 100)
    return [_turned(model, found, exchange, position, thorough=thorough) for position in positions]


def _turned(
    model: Model, found: Found, exchange: Exchange, position: int, *, thorough: bool
) -> tuple[int, Swap | None, Ints | None]:
    assert found.choice is not None
    assert found.prices is not None
    none = len(model.weight)
    own = range(model.first[position], model.first[position + 1])
    starts = [column for column in own if model.start[column] != RESERVE]
    is_in = found.choice[position] in starts
    others = [column for column in own if model.start[column] == RESERVE] if is_in else starts
    targets = [column for column in others if model.upper[column] > 0] + ([none] if is_in else [])
    losses = {
        column: float(found.prices.best[position] if column == none else found.prices.loss[column])
        for column in targets
    }
    best: tuple[int, Ints] | None = None
    bound = -np.inf
    for column in sorted(targets, key=lambda column: (losses[column], column)):
        reach = found.bound_of_prices - losses[column]
        if best is not None and reach <= best[0]:
            bound = max(bound, reach)
            continue
        choice = _near(exchange, found.choice, position, column)
        if thorough:
            choice, reach = _thoroughly(model, found, position, column, choice)
        bound = max(bound, reach)
        if fits(model, choice) and choice[position] == column and (best is None or weight_of(model, choice) > best[0]):
            best = weight_of(model, choice), choice
    if best is None:
        # Exchange met none; cores may, or prove that there is none.
        return (position, None, None) if thorough else _turned(model, found, exchange, position, thorough=True)
    enough = 0.0 if is_in else _enough(model, found, exchange, position, best[1], thorough=thorough)
    before, after = _implemented(model, found.choice), _implemented(model, best[1])
    names = model.plan.projects
    before[position] = after[position] = False
    swap = Swap(
        regret=max(0, found.weight - best[0]) / model.unit,
        at_least=max(0.0, found.weight - bound) / model.unit,
        enough=enough / model.unit,
        displaces=tuple(names[p].id for p in np.nonzero(before & ~after)[0]),
        brings=tuple(names[p].id for p in np.nonzero(after & ~before)[0]),
    )
    return position, swap, best[1] if best[0] > found.weight else None


def _enough(model: Model, found: Found, exchange: Exchange, position: int, turned: Ints, *, thorough: bool) -> float:
    """So much more value makes a choice with the project as good as the present one, and as any with it in reserve.

    Its value counts in reserve too, so that a choice in which it is there gains on the present one.
    """
    assert found.choice is not None
    assert found.prices is not None
    weight, column = weight_of(model, turned), int(turned[position])
    enough = _per_point(model, found.choice, position, column, found.weight - weight)
    for other in range(model.first[position], model.first[position + 1]):
        if model.start[other] != RESERVE or model.upper[other] == 0 or other == found.choice[position]:
            continue
        kept = found.choice.copy()
        kept[position] = other
        reach = min(float(found.weight), found.bound_of_prices - float(found.prices.loss[other]))
        if thorough and _per_point(model, kept, position, column, reach - weight) > enough:
            near = _near(exchange, found.choice, position, other)
            reach = min(reach, _thoroughly(model, found, position, other, near)[1])
        enough = max(enough, _per_point(model, kept, position, column, reach - weight))
    return enough


def _near(exchange: Exchange, choice: Ints, position: int, column: int) -> Ints:
    turned = choice.copy()
    turned[position] = column
    held = np.zeros(len(choice), dtype=bool)
    held[position] = True
    return exchange.improve(turned, held=held, steps=15)


def _thoroughly(model: Model, found: Found, position: int, column: int, near: Ints) -> tuple[Ints, float]:
    """(choice, bound) by cores of the model in which the column is settled, at the prices that are there.

    The bound is −∞ when it is proved that no choice has the column.
    """
    assert found.prices is not None
    none = len(model.weight)
    rest = model.fixed(position, column)
    own = int(model.weight[column]) if column < none else 0
    without = near.copy()
    without[position] = none
    share = found.prices.share.copy()
    share[model.first[position] : model.first[position + 1]] = 0.0
    solved = search_at(
        rest,
        priced(rest, found.prices.row, share),
        gap=1e-5,
        clock=Clock(),
        cores=FEW_CORES if len(model.first) <= _LARGE else FEW_CORES[:1],
        known=without if fits(model, near) else None,
    )
    if solved.choice is None:
        return near, solved.bound + own if solved.possible else -np.inf
    choice = solved.choice.copy()
    choice[position] = column
    return choice, solved.bound + own


def _implemented(model: Model, choice: Ints) -> np.ndarray:
    chosen = np.zeros(len(choice), dtype=bool)
    taken = choice[choice < len(model.weight)]
    chosen[model.project[taken[model.start[taken] != RESERVE]]] = True
    return chosen
