"""A plan as an integer programme: columns, rows, and what each of them is."""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from jiandao.engines.portfolio.patience import Patience
from jiandao.engines.portfolio.plan import Plan, Project, Rule, level_groups

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

RESERVE = -1  # the start of a reserve column
_GREATEST_DENOMINATOR = 10**18
_DIGITS = 9  # values are scaled to whole numbers of so many digits


@dataclass(frozen=True, slots=True)
class Row:
    """What a row stands for. `kind`: budget, a rule's kind, state, level or requires; `key`: which one."""

    kind: str
    key: str = ""
    rule: Rule | None = None
    scale: float = 1.0  # the row was divided by this
    step: float = 1.0  # what one whole unit of its numbers is now


@dataclass(frozen=True)
class Model:
    """max weight·x, matrix·x ≤ limit, 0 ≤ x ≤ upper, x whole.

    Column c is project `project[c]` (position in plan.projects) with start `start[c]` (position of the budget, RESERVE
    for the reserve state). `weight` are whole numbers: `points` × `unit`, rounded.
    """

    plan: Plan
    project: Ints
    start: Ints
    points: Floats
    factor: Floats  # points of a column by value of its project
    weight: Ints
    unit: float
    matrix: sparse.csr_array
    limit: Floats
    upper: Floats
    rows: tuple[Row, ...]
    first: Ints  # columns of project i: first[i] to first[i + 1]
    columns: sparse.csc_array = field(repr=False)

    @property
    def names(self) -> list[str]:
        return [project.id for project in self.plan.projects]

    def weights(self, values: Floats) -> Ints:
        """The weights of the columns when the projects have these values."""
        return np.rint(values[self.project] * self.factor * self.unit).astype(np.int64)

    def fixed(self, project: int, column: int) -> "Model":
        """The plan with one project's column chosen (or none of them: the number of columns) and no more to decide.

        The column's own weight is in no sum of the new model.
        """
        upper = self.upper.copy()
        upper[self.first[project] : self.first[project + 1]] = 0.0
        limit = self.limit
        if column < len(self.weight):
            taken = np.zeros(len(self.weight))
            taken[column] = 1.0
            limit = limit - self.matrix @ taken
        return replace(self, upper=upper, limit=limit)


def _whole(number: Fraction | int) -> int | float:
    return int(number) if number.denominator == 1 else float(number)


class _Rows:
    """Gathers rows as whole numbers, so that sums of them in floating point are exact up to 2^53."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self.data = array("d")
        self.columns = array("q")
        self.ends = array("q", (0,))
        self.limit: list[float] = []
        self.rows: list[Row] = []

    def add(
        self,
        kind: str,
        key: str,
        columns: Sequence[int],
        numbers: Sequence[Fraction | int],
        limit: Fraction | int,
        rule: Rule | None = None,
    ) -> None:
        if not len(self.rows) % 64:
            self._patience.check("building the plan")
        exact: list[int | float]
        right: int | float
        whole = math.lcm(*{number.denominator for number in numbers}, limit.denominator)
        if whole > _GREATEST_DENOMINATOR:  # exact checking of the decision will tell what rounding hides
            whole = 1
            exact, right = [_whole(number) for number in numbers], _whole(limit)
        else:
            exact = [number.numerator * (whole // number.denominator) for number in numbers]
            right = limit.numerator * (whole // limit.denominator)
        greatest = max((abs(number) for number in exact), default=0) or max(abs(right), 1)
        # A power of two divides without rounding, so that whole numbers stay as exact as they were.
        scale = math.ldexp(1.0, math.frexp(greatest)[1])
        self.data.extend([number / scale for number in exact])
        self.columns.extend(columns)
        self.ends.append(len(self.columns))
        self.limit.append(right / scale)
        self.rows.append(Row(kind, key, rule, scale / whole, 1 / scale))


def build(plan: Plan, patience: Patience | None = None) -> Model:
    """The integer programme of a plan that has no contradictions. Raises UnfinishedError when patience is over."""
    patience = patience or Patience()
    project_of: list[int] = []
    start_of: list[int] = []
    shift_of: list[int] = []
    factor: list[float] = []
    first = [0]
    left_of = [plan.factor(shift) for shift in range(len(plan.years))]
    locked_out = {place for rule in plan.rules if rule.kind == "lock-out" for place in plan.selected(rule)}
    closed: list[bool] = []
    for position, project in enumerate(plan.projects):
        out = position in locked_out
        for start, shift in plan.starts(project):
            project_of.append(position)
            start_of.append(start)
            shift_of.append(shift)
            factor.append(left_of[shift])
            closed.append(out)
        if plan.reserve is not None:
            project_of.append(position)
            start_of.append(RESERVE)
            shift_of.append(0)
            factor.append(float(plan.reserve[1]))
            closed.append(out)
        first.append(len(project_of))
    gathered = _Rows(patience)
    _budget_rows(plan, gathered, project_of, start_of, shift_of)
    _rule_rows(plan, gathered, project_of, start_of, first)
    _structure_rows(plan, gathered, start_of, first)
    matrix = sparse.csr_array(
        # Indices of four bytes: there are several copies of this matrix, and they take most of the memory.
        (np.array(gathered.data), np.array(gathered.columns, np.int32), np.array(gathered.ends, np.int32)),
        shape=(len(gathered.rows), len(project_of)),
    )
    factors = np.array(factor, dtype=np.float64)
    worth = np.array([project.value for project in plan.projects], dtype=np.float64)
    values = worth[np.array(project_of, dtype=np.int64)] * factors
    unit = unit_of(values)
    return Model(
        plan=plan,
        project=np.array(project_of, dtype=np.int64),
        start=np.array(start_of, dtype=np.int64),
        points=values,
        factor=factors,
        weight=np.rint(values * unit).astype(np.int64),
        unit=unit,
        matrix=matrix,
        limit=np.array(gathered.limit, dtype=np.float64),
        upper=np.where(np.array(closed, dtype=bool), 0.0, 1.0),
        rows=tuple(gathered.rows),
        first=np.array(first, dtype=np.int64),
        columns=matrix.tocsc(),
    )


def unit_of(points: Floats) -> float:
    """The power of ten that makes the greatest value a whole number of nine digits; any unit gives the same choice."""
    greatest = float(points.max(initial=0.0))
    if greatest <= 0:
        return 1.0
    return float(10.0 ** (_DIGITS - 1 - int(np.floor(np.log10(greatest)))))


def _budget_rows(plan: Plan, gathered: _Rows, project_of: list[int], start_of: list[int], shift_of: list[int]) -> None:
    place = {name: position for position, name in enumerate(plan.years)}
    columns: list[list[int]] = [[] for _ in plan.years]
    numbers: list[list[Fraction | int]] = [[] for _ in plan.years]
    for column, (position, start, shift) in enumerate(zip(project_of, start_of, shift_of, strict=True)):
        project = plan.projects[position]
        if start == RESERVE:
            assert plan.reserve is not None
            if project.cost and plan.reserve[0]:
                columns[0].append(column)
                numbers[0].append(plan.reserve[0] * project.cost)
            continue
        for name, amount in project.uses.items():
            if amount:
                columns[place[name] + shift].append(column)
                numbers[place[name] + shift].append(amount)
    for position, name in enumerate(plan.years):
        gathered.add("budget", name, columns[position], numbers[position], plan.budgets[name])


def _rule_rows(plan: Plan, gathered: _Rows, project_of: list[int], start_of: list[int], first: list[int]) -> None:
    for number, rule in enumerate(plan.rules):
        if rule.kind == "lock-out":
            continue
        chosen = plan.selected(rule)
        if rule.kind == "lock-in":
            for position in chosen:
                own = _starts(position, start_of, first)
                gathered.add("lock-in", plan.projects[position].id, own, [-1] * len(own), -1, rule)
            continue
        columns = []
        numbers: list[Fraction | int] = []
        for position in chosen:
            coefficient = rule_coefficient(rule, plan.projects[position])
            if coefficient:
                own = _starts(position, start_of, first)
                columns += own
                numbers += [coefficient] * len(own)
        gathered.add(rule.kind, str(number), columns, numbers, rule_limit(rule), rule)


def rule_coefficient(rule: Rule, project: Project) -> Fraction | int:
    """What a chosen project adds to the left side of its rule, written as ≤."""
    match rule.kind:
        case "floor":
            return -project.cost
        case "cap":
            return project.cost
        case "at-least":
            return -1
        case "leverage":
            return rule.number * project.cost - project.cofunding
        case "risk":
            return (project.risk - rule.number) * project.cost
    return 1


def rule_limit(rule: Rule) -> Fraction | int:
    """The right side of a rule, written as ≤."""
    if rule.kind in {"leverage", "risk"}:
        return 0
    return -rule.number if rule.kind in {"floor", "at-least"} else rule.number


def _starts(position: int, start_of: list[int], first: list[int]) -> list[int]:
    return [column for column in range(first[position], first[position + 1]) if start_of[column] != RESERVE]


def _structure_rows(plan: Plan, gathered: _Rows, start_of: list[int], first: list[int]) -> None:
    position_of = {project.id: position for position, project in enumerate(plan.projects)}
    grouped = set()
    for group in level_groups(plan):
        columns = [c for name in group for c in range(first[position_of[name]], first[position_of[name] + 1])]
        gathered.add("level", group[0], columns, [1] * len(columns), 1)
        grouped.update(group)
    for position, project in enumerate(plan.projects):
        own = list(range(first[position], first[position + 1]))
        if len(own) > 1 and project.id not in grouped:
            gathered.add("state", project.id, own, [1] * len(own), 1)
        mine = _starts(position, start_of, first)
        for other in sorted(set(project.requires)):
            theirs = _starts(position_of[other], start_of, first)
            # "All my starts up to s" need "all its starts up to s": as true as the rows of single starts, and tighter.
            for upto in sorted({start_of[column] for column in mine}):
                left = [column for column in mine if start_of[column] <= upto]
                right = [column for column in theirs if start_of[column] <= upto]
                gathered.add("requires", f"{project.id} {other}", left + right, [1] * len(left) + [-1] * len(right), 0)
