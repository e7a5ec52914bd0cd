"""What is to be decided: budgets, projects and rules, and what may be wrong with them."""

from collections import Counter
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

LOCKS = ("lock-in", "lock-out")
# For each kind of rule, the key that holds its number.
NUMBER_OF = {
    "floor": "amount",
    "cap": "amount",
    "at-most": "count",
    "at-least": "count",
    "leverage": "ratio",
    "risk": "ceiling",
    "lock-in": None,
    "lock-out": None,
}


@dataclass(frozen=True, slots=True)
class Project:
    """A project that may be chosen.

    `value`: points, at least 0; `sd`: their standard deviation; `uses`: money by name of budget, whole numbers, for a
    start at the first entry of `may_start`; `cofunding`: money of others, over all years; `risk`: 0 to 1; `requires`:
    ids that must have started by the same time; `level_of`: the id whose other funding levels exclude this one.
    """

    id: str
    value: float
    uses: Mapping[str, int]
    sd: float = 0.0
    field: str | None = None
    direction: str | None = None
    cofunding: int = 0
    risk: Fraction = Fraction(0)
    may_start: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    level_of: str | None = None

    @property
    def cost(self) -> int:
        """All its money, over all budgets."""
        return sum(self.uses.values())


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule on the projects that match all selectors given; without one, on all projects.

    `kind`: floor, cap (money), at-most, at-least (number of projects), leverage (cofunding ≥ number × money), risk
    (money-weighted mean risk ≤ number), lock-in, lock-out (no number). `place`: where it stands in the file.
    """

    kind: str
    number: Fraction = Fraction(0)
    field: str | None = None
    direction: str | None = None
    projects: frozenset[str] | None = None
    place: str = ""

    def selects(self, project: Project) -> bool:
        return (
            (self.field is None or project.field == self.field)
            and (self.direction is None or project.direction == self.direction)
            and (self.projects is None or project.id in self.projects)
        )

    def order(self) -> tuple[object, ...]:
        """The place of the rule in the model, whatever its place in the file."""
        return (
            self.kind,
            self.field or "",
            self.direction or "",
            tuple(sorted(self.projects or ())),
            self.number,
        )


@dataclass(frozen=True)
class Plan:
    """Budgets in time order, projects, rules. `reserve`: shares of cost and of value of the reserve state, or None."""

    budgets: Mapping[str, int]
    projects: tuple[Project, ...]
    rules: tuple[Rule, ...] = ()
    reserve: tuple[Fraction, Fraction] | None = None
    delay_discount: Fraction = Fraction(0)
    years: tuple[str, ...] = field(init=False)
    positions: Mapping[str, int] = field(init=False, repr=False)
    place: Mapping[str, int] = field(init=False, repr=False)  # of each budget in years

    def __post_init__(self) -> None:
        object.__setattr__(self, "years", tuple(self.budgets))
        object.__setattr__(self, "place", {name: position for position, name in enumerate(self.years)})
        object.__setattr__(self, "projects", tuple(sorted(self.projects, key=lambda project: project.id)))
        positions = {project.id: position for position, project in enumerate(self.projects)}
        object.__setattr__(self, "positions", positions)
        object.__setattr__(self, "rules", tuple(sorted(self.rules, key=Rule.order)))

    def selected(self, rule: Rule) -> list[int]:
        """Positions in `projects` of those that a rule selects."""
        if rule.projects is None:
            return [position for position, project in enumerate(self.projects) if rule.selects(project)]
        positions = sorted(self.positions[name] for name in rule.projects if name in self.positions)
        return [position for position in positions if rule.selects(self.projects[position])]

    def starts(self, project: Project) -> list[tuple[int, int]]:
        """(start, shift) of each start that is possible, as positions of budgets; without `may_start` the first use."""
        place = self.place
        used = [place[name] for name, amount in project.uses.items() if amount]
        if not project.may_start:
            return [(min(used, default=0), 0)]
        first = place[project.may_start[0]]
        last = max(used, default=0)
        return [
            (place[name], place[name] - first)
            for name in project.may_start
            if last + place[name] - first < len(self.years)
        ]

    def factor(self, shift: int) -> float:
        """What a start so many budgets late leaves of the points."""
        return float(max(Fraction(0), 1 - self.delay_discount * shift))


def level_groups(plan: Plan) -> list[list[str]]:
    """The projects that are funding levels of one another, by id; groups of one are left out."""
    parent = {project.id: project.id for project in plan.projects}

    def root(name: str) -> str:
        while parent[name] != name:
            parent[name] = parent[parent[name]]
            name = parent[name]
        return name

    for project in plan.projects:
        if project.level_of is not None:
            a, b = sorted((root(project.id), root(project.level_of)))
            parent[b] = a
    groups: dict[str, list[str]] = {}
    for project in plan.projects:
        groups.setdefault(root(project.id), []).append(project.id)
    return [group for group in groups.values() if len(group) > 1]


def contradictions(plan: Plan, places: Mapping[str, str] | None = None) -> Iterator[tuple[str, str]]:
    """(place, sentence) of each thing that cannot be meant, for plans whose single values are sound.

    `places`: from id to the project's place in the file; by default its id.
    """
    counts = Counter(project.id for project in plan.projects)
    where = places or {project.id: f"project {project.id}" for project in plan.projects}
    for name, count in counts.items():
        if count > 1 and not places:
            yield where[name], f"the id {name} stands {count} times, expected each id once"
    if not plan.budgets:
        yield "budgets", "there is none, expected at least one"
    if not plan.projects:
        yield "projects", "there is none, expected at least one"
    for project in plan.projects:
        for key, sentence in _unknown(plan, project, counts):
            yield f"{where[project.id]}.{key}", sentence
    for rule in plan.rules:
        for name in sorted(rule.projects or ()):
            if name not in counts:
                yield f"{rule.place}.projects", f"there is no project {name}, expected the id of a project"
    yield from _cycles(plan, where)
    yield from _double_locks(plan)


def _unknown(plan: Plan, project: Project, known: Container[str]) -> Iterator[tuple[str, str]]:
    """(key, sentence) of what a project names and is not there."""
    for other in project.requires:
        if other not in known:
            yield "requires", f"there is no project {other}, expected the id of a project"
    if project.level_of == project.id:
        yield "level_of", "names the project itself, expected another project"
    elif project.level_of is not None and project.level_of not in known:
        yield "level_of", f"there is no project {project.level_of}, expected the id of a project"
    for key, names in (("uses", tuple(project.uses)), ("may_start", project.may_start)):
        for name in names:
            if name not in plan.budgets:
                yield key, f"there is no budget {name}, expected one of budgets"
    positions = [list(plan.budgets).index(name) for name in project.may_start if name in plan.budgets]
    if positions != sorted(positions):
        yield "may_start", "is not in time order, expected the earliest start first"


def _cycles(plan: Plan, where: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """One fault for each strongly connected knot of `requires`, named by a cycle in it."""
    needs = {project.id: list(project.requires) for project in plan.projects}
    state: dict[str, int] = {}
    for first, wanted in needs.items():
        if first in state:
            continue
        path: list[str] = [first]
        open_ones = [iter(wanted)]
        state[first] = 1
        while path:
            following = next(open_ones[-1], None)
            if following is None:
                state[path.pop()] = 2
                open_ones.pop()
            elif following not in needs or state.get(following) == 2:
                continue
            elif state.get(following) == 1:
                cycle = path[path.index(following) :]
                yield (
                    f"{where[following]}.requires",
                    f"is a cycle ({' → '.join([*cycle[:10], following])}), expected none; take one of them out",
                )
            else:
                state[following] = 1
                path.append(following)
                open_ones.append(iter(needs[following]))


def _double_locks(plan: Plan) -> Iterator[tuple[str, str]]:
    locked_in = {position for rule in plan.rules if rule.kind == "lock-in" for position in plan.selected(rule)}
    for rule in plan.rules:
        if rule.kind == "lock-out":
            for position in plan.selected(rule):
                if position in locked_in:
                    name = plan.projects[position].id
                    yield rule.place, f"{name} is locked in and locked out, expected one of the two"
