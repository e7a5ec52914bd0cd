"""Whether a decision keeps every rule: computed from the plan itself in whole numbers and fractions, without the solver."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from jiandao.engines.portfolio.plan import Plan, Project, Rule, level_groups

# (state, name of the budget it starts in); projects that are left out are planned only.
States = Mapping[str, tuple[str, str | None]]


@dataclass(frozen=True)
class Broken:
    """A rule that is not kept: `kind` budget, a rule's kind, level, requires or start; `amount`: by how much.

    `key`: the budget, or the projects in question. For leverage `amount` is the money of others that is missing, for risk
    the risk-weighted money above the ceiling, for counts and locks a number of projects.
    """

    kind: str
    key: str
    amount: Fraction
    rule: Rule | None = None


def used(plan: Plan, states: States) -> dict[str, Fraction]:
    """Money taken from each budget."""
    taken = dict.fromkeys(plan.years, Fraction(0))
    place = {name: position for position, name in enumerate(plan.years)}
    for project in plan.projects:
        state, start = states.get(project.id, ("plan", None))
        if state == "implement":
            shift = place[start] - place[project.may_start[0]] if project.may_start and start else 0
            for name, amount in project.uses.items():
                if amount:
                    taken[plan.years[place[name] + shift]] += amount
        elif state == "reserve" and plan.reserve is not None:
            taken[plan.years[0]] += plan.reserve[0] * project.cost
    return taken


def verify(plan: Plan, states: States) -> list[Broken]:
    """All rules that a decision breaks; an empty list when it keeps them all."""
    broken, chosen = _starts(plan, states)
    if broken:
        return broken
    for name, amount in used(plan, states).items():
        if amount > plan.budgets[name]:
            broken.append(Broken("budget", name, amount - plan.budgets[name]))
    for rule in plan.rules:
        broken += _rule(plan, rule, chosen, states)
    return broken + _structure(plan, chosen, states)


def _starts(plan: Plan, states: States) -> tuple[list[Broken], dict[str, int]]:
    """States that are not possible at all, and the start of each project that is implemented."""
    broken = []
    place = {name: position for position, name in enumerate(plan.years)}
    chosen: dict[str, int] = {}
    for project in plan.projects:
        state, start = states.get(project.id, ("plan", None))
        if state == "implement":
            possible = [position for position, _ in plan.starts(project)]
            if start is None or place.get(start) not in possible:
                broken.append(Broken("start", project.id, Fraction(1)))
                continue
            chosen[project.id] = place[start]
        elif state == "reserve" and plan.reserve is None:
            broken.append(Broken("start", project.id, Fraction(1)))
    return broken, chosen


def _structure(plan: Plan, chosen: Mapping[str, int], states: States) -> list[Broken]:
    broken = []
    for group in level_groups(plan):
        count = sum(states.get(name, ("plan", None))[0] != "plan" for name in group)
        if count > 1:
            broken.append(Broken("level", " ".join(group), Fraction(count - 1)))
    for project in plan.projects:
        if project.id in chosen:
            for other in project.requires:
                if other not in chosen or chosen[other] > chosen[project.id]:
                    broken.append(Broken("requires", f"{project.id} {other}", Fraction(1)))
    return broken


def _rule(plan: Plan, rule: Rule, chosen: Mapping[str, int], states: States) -> list[Broken]:
    selected = [plan.projects[position] for position in plan.selected(rule)]
    if rule.kind == "lock-in":
        return [Broken("lock-in", p.id, Fraction(1), rule) for p in selected if p.id not in chosen]
    if rule.kind == "lock-out":
        return [
            Broken("lock-out", p.id, Fraction(1), rule)
            for p in selected
            if states.get(p.id, ("plan", None))[0] != "plan"
        ]
    short = shortfall(rule, [project for project in selected if project.id in chosen])
    return [Broken(rule.kind, rule.place, short, rule)] if short > 0 else []


def shortfall(rule: Rule, chosen: list[Project]) -> Fraction:
    """By how much the chosen projects that a rule selects break it; at most 0 when they keep it."""
    cost = sum(project.cost for project in chosen)
    match rule.kind:
        case "floor":
            return rule.number - cost
        case "cap":
            return cost - rule.number
        case "at-most":
            return len(chosen) - rule.number
        case "at-least":
            return rule.number - len(chosen)
        case "leverage":
            return rule.number * cost - sum(project.cofunding for project in chosen)
        case "risk":
            return sum((project.risk - rule.number) * project.cost for project in chosen) + Fraction(0)
    raise ValueError(f"no rule of kind {rule.kind}")
