"""The picture of docs/developer/portfolio.md: capital projects of New York City under a third of their money.

    python benchmarks/portfolio/picture.py [--out docs/developer/portfolio.svg]

Needs JIANDAO_SHARED_DATA (a folder with engines/nyc). Costs, durations and categories are real (capital projects dashboard,
September 2019, last report of each project); points are not published and are drawn (seed 7): about cost^0.7, times a
lognormal factor. 200 samples within a deviation of 8 %.
"""

import argparse
import csv
import math
import os
import random
import sys
from datetime import date
from pathlib import Path

from jiandao.engines.executor import Here
from jiandao.engines.portfolio import Plan, Point, Project, Rule, decide, frontier, inclusion, standing
from jiandao.engines.portfolio.solver import silent

YEARS = ("1", "2", "3", "4", "5")
WIDE, HIGH, LEFT, TOP = 420, 320, 60, 40


def day(text: str) -> date:
    month, of_month, year = map(int, text.split("/"))
    return date(year, month, of_month)


def plan(folder: Path) -> Plan:
    """Projects with a budget and dates; money in thousands of dollars."""
    last = {}
    with (folder / "nyc_capital_changes_20190901.csv").open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            last[row["PID"]] = row
    draw = random.Random(7)
    projects = []
    for name, row in sorted(last.items(), key=lambda item: int(item[0])):
        if not (row["Design Start"] and row["Forecast Completion"] and float(row["Budget Forecast"] or 0) > 1e6):
            continue
        begin, end = (day(row[key]) for key in ("Design Start", "Forecast Completion"))
        length = min(5, max(1, round((end - begin).days / 365)))
        cost = float(row["Budget Forecast"]) / 1000
        value = round((cost / 1000) ** 0.7 * draw.lognormvariate(1, 0.4), 2)
        uses = {YEARS[year]: round(cost / length) for year in range(length)}
        projects.append(Project(f"nyc{name}", value, uses, sd=0.08 * value, field=row["Category"]))
    asked = {year: sum(project.uses.get(year, 0) for project in projects) for year in YEARS}
    budgets = {year: asked[year] // 3 for year in YEARS}
    fields = sorted({project.field or "" for project in projects})
    money = sum(budgets.values())
    rules = [Rule("at-least", 1, field=field) for field in fields]  # type: ignore[arg-type]
    rules += [Rule("cap", money // 4, field=field) for field in fields]  # type: ignore[arg-type]
    return Plan(budgets, tuple(projects), tuple(rules))


def drawn(plan: Plan, shares: list[float], points: list[Point]) -> str:
    """Two panels: the projects with what the samples say, and the frontier."""
    size = f'width="{2 * WIDE + 150}" height="{HIGH + 100}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    costs = [project.cost / 1000 for project in plan.projects]
    low, high = math.log10(min(costs)), math.log10(max(costs))
    values = [project.value for project in plan.projects]
    least, most = math.log10(min(values)), math.log10(max(values))
    parts += _axes(LEFT, "money of the project, million dollars (log)", "points (log)")
    for tick in (10, 30, 100, 300, 1000):
        if low <= math.log10(tick) <= high:
            at = LEFT + WIDE * (math.log10(tick) - low) / (high - low)
            parts.append(f'<text x="{at:.0f}" y="{TOP + HIGH + 16}" text-anchor="middle">{tick}</text>')
    counts = dict.fromkeys(("always", "sometimes", "never"), 0)
    for project, cost, share in zip(plan.projects, costs, shares, strict=True):
        kind = standing(share)
        counts[kind] += 1
        x = LEFT + WIDE * (math.log10(cost) - low) / (high - low)
        y = TOP + HIGH * (1 - (math.log10(project.value) - least) / (most - least))
        parts.append(_mark(kind, x, y, share))
    for number, (kind, count) in enumerate(counts.items()):
        parts.append(_mark(kind, LEFT + 16, TOP + 12 + 18 * number, 0.5))
        parts.append(f'<text x="{LEFT + 28}" y="{TOP + 16 + 18 * number}">{kind} chosen: {count}</text>')
    right = LEFT + WIDE + 70
    parts += _axes(right, "budgets, times those given", "value (line: decision; dashes: bound)")
    found = [point for point in points if point.value is not None]
    top = max(point.bound or 0 for point in found)

    def place(scale: float, value: float) -> str:
        return f"{right + WIDE * (scale - 0.5):.1f},{TOP + HIGH * (1 - 0.95 * value / top):.1f}"

    for style, key in (
        ('stroke-dasharray="5 4" stroke="#666"', "bound"),
        ('stroke="#14508c" stroke-width="2"', "value"),
    ):
        line = " ".join(place(point.scale, getattr(point, key)) for point in found)
        parts.append(f'<polyline points="{line}" fill="none" {style}/>')
    for point in found:
        at = place(point.scale, point.value or 0).split(",")
        parts.append(f'<text x="{at[0]}" y="{float(at[1]) + 18}" text-anchor="middle">{point.value:.0f}</text>')
        parts.append(f'<text x="{at[0]}" y="{TOP + HIGH + 16}" text-anchor="middle">{point.scale:g}</text>')
    return "\n".join([*parts, "</svg>"]) + "\n"


def _axes(left: int, below: str, beside: str) -> list[str]:
    return [
        f'<path d="M{left} {TOP}V{TOP + HIGH}H{left + WIDE}" fill="none" stroke="#333"/>',
        f'<text x="{left + WIDE / 2}" y="{TOP + HIGH + 36}" text-anchor="middle">{below}</text>',
        f'<text x="{left}" y="{TOP - 12}">{beside}</text>',
    ]


def _mark(kind: str, x: float, y: float, share: float) -> str:
    """Full circle: always; ring, the fuller the more often: sometimes; cross: never."""
    if kind == "never":
        return f'<path d="M{x - 3:.1f} {y - 3:.1f}l6 6m0 -6l-6 6" stroke="#999"/>'
    fill = 1.0 if kind == "always" else 0.5 * share
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#14508c" fill-opacity="{fill:.2f}" stroke="#14508c"/>'


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("docs/developer/portfolio.svg"))
    args = parser.parse_args()
    shared = os.environ.get("JIANDAO_SHARED_DATA")
    if not shared or not (Path(shared) / "engines/nyc").is_dir():
        print("Set JIANDAO_SHARED_DATA to the folder that holds engines/nyc.", file=sys.stderr)
        return 2
    found = plan(Path(shared) / "engines/nyc")
    with silent():
        decision = decide(found)
        shares = inclusion(decision.model, 200, 7, Here())
        points = frontier(decision.model, 11, 1e-3, 7, Here())
    args.out.write_text(drawn(found, shares, points), encoding="utf-8")
    print(f"{len(found.projects)} projects, {decision.status}, value {decision.value:.2f}, gap {decision.gap:.4%}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
