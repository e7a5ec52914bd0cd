"""What a plan means, read from the form of `plan.json` alone, and small plans with everything in them.

Shares nothing with the engine: every choice of a small plan is looked at.
"""

import itertools
import random
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

Choice = tuple[int, ...]
Key = tuple[str, str]


def exact(number: float) -> Fraction:
    return Fraction(str(number))


@dataclass(frozen=True)
class Option:
    """One place of a project: its state, its start, its points, its points for each of its value, its money by year."""

    state: str
    start: str | None
    points: Fraction
    factor: Fraction
    money: tuple[Fraction, ...]


class Truth:
    """All choices of a plan that are possible as such, with their points and what they break."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self.plan, self.years = plan, list(plan["budgets"])
        self.projects = plan["projects"]
        self.place = {project["id"]: number for number, project in enumerate(self.projects)}
        self.options = [self._options(project) for project in self.projects]
        self._selected = [self._select(rule) for rule in plan.get("rules", [])]
        self._group = list(range(len(self.projects)))
        for project in self.projects:
            if "level_of" in project:
                mine, other = self._group[self.place[project["id"]]], self._group[self.place[project["level_of"]]]
                self._group = [other if group == mine else group for group in self._group]
        every = itertools.product(*(range(len(options)) for options in self.options))
        self.possible = [(choice, self.points(choice), self.broken(choice)) for choice in every if self.stands(choice)]
        self.kept = {choice: points for choice, points, broken in self.possible if not broken}

    def _options(self, project: dict[str, Any]) -> list[Option]:
        year = {name: number for number, name in enumerate(self.years)}
        value, uses, none = exact(project["value"]), project["uses"], Fraction(0)
        found = [Option("plan", None, none, none, (none,) * len(year))]
        reserve = self.plan.get("states", {}).get("reserve")
        if reserve:
            first = exact(reserve["share_of_cost"]) * sum(uses.values())
            share = exact(reserve["share_of_value"])
            found.append(Option("reserve", None, value * share, share, (first, *(none,) * (len(year) - 1))))
        used = [year[name] for name, amount in uses.items() if amount]
        starts = project.get("may_start", [self.years[min(used, default=0)]])
        for start in starts:
            shift = year[start] - year[starts[0]] if "may_start" in project else 0
            if all(one + shift < len(year) for one in used):
                factor = max(none, 1 - exact(self.plan.get("delay_discount", 0)) * shift)
                money = [none] * len(year)
                for name, amount in uses.items():
                    if amount:
                        money[year[name] + shift] += amount
                found.append(Option("implement", start, value * factor, factor, tuple(money)))
        return found

    def _select(self, rule: dict[str, Any]) -> list[int]:
        return [
            number
            for number, project in enumerate(self.projects)
            if all(project.get(key) == rule[key] for key in ("field", "direction") if key in rule)
            and project["id"] in rule.get("projects", [project["id"]])
        ]

    def option(self, choice: Choice, number: int) -> Option:
        return self.options[number][choice[number]]

    def points(self, choice: Choice) -> Fraction:
        return sum((self.option(choice, number).points for number in range(len(choice))), Fraction(0))

    def implemented(self, choice: Choice) -> set[str]:
        return {p["id"] for number, p in enumerate(self.projects) if self.option(choice, number).state == "implement"}

    def stands(self, choice: Choice) -> bool:
        """Whether levels and relays hold."""
        taken = [self._group[number] for number, place in enumerate(choice) if place]
        if len(set(taken)) < len(taken):
            return False
        for number, project in enumerate(self.projects):
            mine = self.option(choice, number)
            for name in project.get("requires", []) if mine.state == "implement" else []:
                other = self.option(choice, self.place[name])
                if other.state != "implement" or self.years.index(other.start) > self.years.index(mine.start):
                    return False
        return True

    def broken(self, choice: Choice) -> dict[Key, Fraction]:  # noqa: C901, PLR0912 - one case for each kind of rule
        """Budgets and rules that a choice breaks, by how much; locks by project."""
        found: dict[Key, Fraction] = {}
        for year, name in enumerate(self.years):
            over = sum(self.option(choice, number).money[year] for number in range(len(choice)))
            found[f"budgets.{name}", ""] = Fraction(over - self.plan["budgets"][name])
        for number, rule in enumerate(self.plan.get("rules", [])):
            chosen = [one for one in self._selected[number] if self.option(choice, one).state == "implement"]
            cost = [sum(self.projects[one]["uses"].values()) for one in chosen]
            place, ratio = f"rules[{number}]", exact(rule.get("ratio", rule.get("ceiling", 0)))
            match rule["kind"]:
                case "floor":
                    found[place, ""] = Fraction(rule["amount"] - sum(cost))
                case "cap":
                    found[place, ""] = Fraction(sum(cost) - rule["amount"])
                case "at-most":
                    found[place, ""] = Fraction(len(chosen) - rule["count"])
                case "at-least":
                    found[place, ""] = Fraction(rule["count"] - len(chosen))
                case "leverage":
                    found[place, ""] = ratio * sum(cost) - sum(self.projects[one].get("cofunding", 0) for one in chosen)
                case "risk":
                    risks = [exact(self.projects[one].get("risk", 0)) - ratio for one in chosen]
                    found[place, ""] = sum((a * b for a, b in zip(risks, cost, strict=True)), Fraction(0))
                case "lock-in":
                    for one in set(self._selected[number]) - set(chosen):
                        found[place, self.projects[one]["id"]] = Fraction(1)
                case "lock-out":
                    for one in self._selected[number]:
                        if choice[one]:
                            found[place, self.projects[one]["id"]] = Fraction(1)
        return {key: amount for key, amount in found.items() if amount > 0}

    def choice(self, projects: dict[str, Any]) -> Choice:
        """The choice that a decision names; −1 where the plan has no such place."""
        return tuple(
            next(
                (
                    place
                    for place, option in enumerate(self.options[number])
                    if (option.state, option.start) == (named["state"], named.get("start"))
                ),
                -1,
            )
            for number, named in enumerate(projects[project["id"]] for project in self.projects)
        )


def some_plan(draw: random.Random, unit: int) -> dict[str, Any]:  # noqa: C901 - one line for each feature
    """A small plan; `unit`: of money."""
    years = [str(2026 + number) for number in range(draw.choice((1, 2, 3)))]
    ids = [f"p{number}" for number in range(draw.randint(1, 5))]
    draw.shuffle(ids)
    worth = draw.choice((lambda: draw.randint(0, 20), lambda: draw.random() * 100, lambda: draw.randint(0, 10**15)))
    projects: list[dict[str, Any]] = []
    for number, name in enumerate(ids):
        first = draw.randrange(len(years))
        last = min(len(years), first + draw.randint(1, 2))
        project: dict[str, Any] = {"id": name, "value": worth()}
        project["uses"] = {year: draw.randint(0, 20) * unit + draw.randrange(unit) for year in years[first:last]}
        if draw.random() < 0.6:
            project |= {"field": draw.choice("ab"), "cofunding": draw.randint(0, 20) * unit}
        if draw.random() < 0.5:
            project |= {"direction": draw.choice("xy"), "risk": draw.choice((0.1, 0.35, 1))}
        if draw.random() < 0.5:
            project["may_start"] = years[first : first + draw.randint(1, 3)]
        if number and draw.random() < 0.25:
            project["requires"] = draw.sample(ids[:number], min(number, 2))
        if number and draw.random() < 0.2:
            project["level_of"] = draw.choice(ids[:number])
        projects.append(project)
    asked = sum(sum(project["uses"].values()) for project in projects)
    plan: dict[str, Any] = {"budgets": {year: int(draw.choice((0, 0.2, 0.4, 0.8)) * asked) for year in years}}
    plan |= {"projects": projects, "rules": [], "delay_discount": draw.choice((0, 0.08, 0.5, 1))}
    if draw.random() < 0.5:
        shares = {"share_of_cost": draw.choice((0, 0.03, 0.333)), "share_of_value": draw.choice((0, 0.08, 0.5))}
        plan["states"] = {"reserve": shares}
    locked: dict[str, set[str]] = {"lock-in": set(), "lock-out": set()}
    for _ in range(draw.choice((0, 0, 1, 2, 4))):
        kind = draw.choice(("floor", "cap", "at-most", "at-least", "leverage", "risk", "lock-in", "lock-out"))
        rule: dict[str, Any] = {"kind": kind}
        if kind in locked or draw.random() < 0.3:
            rule["projects"] = draw.sample(ids, min(len(ids), 2))
        elif draw.random() < 0.5:
            rule["field"] = draw.choice("ab")
        key, number = {
            "floor": ("amount", int(draw.random() * asked / 2)),
            "cap": ("amount", int(draw.random() * asked)),
            "leverage": ("ratio", draw.choice((0.5, 1.2, 0.3333))),
            "risk": ("ceiling", draw.choice((0, 0.3, 0.33))),
        }.get(kind, ("count", draw.randint(0, 3)))
        if kind not in locked:
            rule[key] = number
        elif locked["lock-in" if kind == "lock-out" else "lock-out"] & set(rule["projects"]):
            continue
        locked.get(kind, set()).update(rule.get("projects", []))
        plan["rules"].append(rule)
    return plan
