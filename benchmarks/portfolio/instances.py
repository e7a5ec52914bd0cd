"""Plans to measure with: made ones of any size, and the files of Chu and Beasley."""

import random
from pathlib import Path
from typing import Any

FIELDS = ("photonics", "memory", "materials", "batteries", "biology", "machines", "software", "space")
DIRECTIONS = ("nation", "industry", "future")
YEARS = ("2026", "2027", "2028", "2029", "2030")


def made(count: int, seed: int = 7) -> dict[str, Any]:
    """A plan as a province has it: four years and one more, eight fields, two starts, reserve, all kinds of rules.

    Budgets pay for about a third of what is asked; floors, caps, leverage and risk bind at some of the fields.
    """
    draw = random.Random(seed * 1_000_003 + count)
    projects = []
    asked = dict.fromkeys(YEARS, 0)
    for number in range(count):
        cost = min(2000, max(20, round(draw.lognormvariate(5.0, 0.7))))
        length = draw.choice((2, 3, 3, 4))
        parts = [draw.uniform(0.6, 1.4) for _ in range(length)]
        begin = draw.choice((0, 0, 1)) if length < 4 else 0
        uses = {YEARS[begin + year]: round(cost * part / sum(parts)) for year, part in enumerate(parts)}
        total = sum(uses.values())
        for year, amount in uses.items():
            asked[year] += amount
        projects.append(
            {
                "id": f"p{number:05d}",
                "value": round(55 * (total / 150) ** 0.8 * draw.lognormvariate(0, 0.35), 1),
                "sd": round(draw.uniform(2, 8), 1),
                "uses": uses,
                "field": FIELDS[min(7, int(draw.betavariate(1.2, 1.6) * 8))],
                "direction": draw.choice(DIRECTIONS),
                "cofunding": round(total * draw.lognormvariate(0.1, 0.5)),
                "risk": round(draw.betavariate(2.2, 4.2), 2),
                "may_start": [YEARS[begin], YEARS[begin + 1]],
            }
        )
    ids = [project["id"] for project in projects]
    for later in draw.sample(range(1, count), count // 20):
        projects[later]["requires"] = [ids[draw.randrange(later)]]
    budgets = {year: round(asked[year] * 0.33) for year in YEARS}
    budgets["2030"] = round(budgets["2029"] * 0.7)
    spent = sum(budgets.values())
    rules: list[dict[str, Any]] = []
    for field in FIELDS:
        rules.append({"kind": "floor", "field": field, "amount": round(spent * 0.07)})
        rules.append({"kind": "cap", "field": field, "amount": round(spent * 0.17)})
    rules.append({"kind": "cap", "direction": "future", "amount": round(spent * 0.35)})
    rules.append({"kind": "leverage", "ratio": 1.2})
    rules.append({"kind": "risk", "ceiling": 0.3})
    for _ in range(count // 40):
        rules.append({"kind": "at-most", "projects": draw.sample(ids, draw.choice((2, 3))), "count": 1})
    for _ in range(count // 100):
        rules.append({"kind": "at-most", "projects": draw.sample(ids, 4), "count": 2})
    return {
        "budgets": budgets,
        "projects": projects,
        "rules": rules,
        "states": {"reserve": {"share_of_cost": 0.03, "share_of_value": 0.08}},
        "delay_discount": 0.08,
    }


def chu_beasley(path: Path) -> list[dict[str, Any]]:
    """The multi-dimensional knapsack problems of one file of the OR-Library, as plans."""
    numbers = iter(path.read_text(encoding="ascii").split())
    plans = []
    for _ in range(int(next(numbers))):
        count, rows, _best = int(next(numbers)), int(next(numbers)), next(numbers)
        values = [int(float(next(numbers))) for _ in range(count)]
        uses = [[int(float(next(numbers))) for _ in range(count)] for _ in range(rows)]
        limits = [int(float(next(numbers))) for _ in range(rows)]
        plans.append(
            {
                "budgets": {f"b{row:02d}": limits[row] for row in range(rows)},
                "projects": [
                    {
                        "id": f"p{item:03d}",
                        "value": values[item],
                        "uses": {f"b{row:02d}": uses[row][item] for row in range(rows)},
                    }
                    for item in range(count)
                ],
            }
        )
    return plans
