"""The picture of docs/developer/assignment.md: panels of AAMAS 2015 by their sums, greatest total beside fair.

python benchmarks/assignment/picture.py [--out docs/developer/assignment.svg]
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from real import DATA, ROOT, real

from jiandao.engines.assignment import Problem, assign, panel_sums

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 320, 60, 48, 44
COLOURS = {"greatest total": "#5b6670", "fair": "#14508c"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/developer/assignment.svg")
    args = parser.parse_args()
    if not DATA.is_dir():
        print("Set JIANDAO_SHARED_DATA to the folder that holds engines/assign.", file=sys.stderr)
        return 2
    scores, load = real("aamas2015")
    problem = Problem.from_matrix(scores, seats=3, most=load)
    sums = {
        "greatest total": np.sort(panel_sums(problem, assign(problem).chosen)),
        "fair": np.sort(panel_sums(problem, assign(problem, objective="fair").chosen)),
    }
    count, top = len(problem.proposals), 3.0

    def x(rank: float) -> float:
        return LEFT + (WIDTH - LEFT - 16) * rank / count

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">AAMAS 2015: {count} panels of three, by the sum of their bids</text>',
    ]
    for value in np.arange(0, top + 0.1, 0.75):
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 16}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#e3e7eb"/>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:g}</text>')
    for number, (name, values) in enumerate(sums.items()):
        # Steps: one for each level, for bids take few values.
        levels, first = np.unique(values, return_index=True)
        ends = [*first[1:].tolist(), count]
        path = " ".join(
            f"L{x(a):.1f},{y(v):.1f} L{x(b):.1f},{y(v):.1f}"
            for v, a, b in zip(levels.tolist(), first.tolist(), ends, strict=True)
        )
        parts.append(f'<path d="M{path[1:]}" fill="none" stroke="{COLOURS[name]}" stroke-width="2.5"/>')
        legend = f"{name}: minimum {values.min():g}, total {values.sum():g}"
        parts.append(f'<text x="{LEFT + 300 * number}" y="38" fill="{COLOURS[name]}">{legend}</text>')
    parts.append(
        f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 12}" text-anchor="middle">panels, from the weakest to the strongest</text>'
    )
    parts.append("</svg>\n")
    args.out.write_text("\n".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
