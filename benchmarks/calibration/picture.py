"""The picture of docs/developer/calibration.md: rank intervals of planted proposals, with the true rank and that of the raw mean.

python benchmarks/calibration/picture.py [--out docs/developer/calibration.svg]
"""

import argparse
import sys
from pathlib import Path

import numpy as np
from planted import planted
from scipy.stats import rankdata

from jiandao.engines.calibration import calibrate

ROOT = Path(__file__).resolve().parents[2]
WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 360, 52, 56, 40


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/developer/calibration.svg")
    args = parser.parse_args()
    count = 60
    reviews, quality, _, _ = planted(3, count, 20, 5)
    found = calibrate(reviews)
    true, raw = rankdata(-quality), rankdata(-found.raw_mean, method="ordinal")
    order = np.argsort(found.rank)
    inside = int(((found.rank_low <= true) & (true <= found.rank_high)).sum())

    def x(place: float) -> float:
        return LEFT + (WIDTH - LEFT - 16) * (place + 0.5) / count

    def y(rank: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (rank - 1) / (count - 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{count} made proposals, 5 of 20 experts each: 90 % intervals of ranks</text>',
        f'<text x="{LEFT}" y="40" fill="#14508c">▍interval</text>',
        f'<text x="{LEFT + 90}" y="40">● true rank ({inside} of {count} inside)</text>',
        f'<text x="{LEFT + 280}" y="40" fill="#b3530b">○ rank of the raw mean</text>',
    ]
    for rank in (1, 15, 30, 45, 60):
        parts.append(f'<text x="{LEFT - 8}" y="{y(rank) + 4:.1f}" text-anchor="end">{rank}</text>')
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 16}" y1="{y(rank):.1f}" y2="{y(rank):.1f}" stroke="#e3e7eb"/>')
    for place, p in enumerate(order.tolist()):
        low, high = y(found.rank_low[p]), y(found.rank_high[p])
        at = f"{x(place):.1f}"
        parts.append(
            f'<line x1="{at}" x2="{at}" y1="{low - 1.5:.1f}" y2="{high + 1.5:.1f}" stroke="#14508c"'
            ' stroke-width="4" opacity=".35"/>'
        )
        parts.append(f'<circle cx="{at}" cy="{y(raw[p]):.1f}" r="3" fill="none" stroke="#b3530b"/>')
        parts.append(f'<circle cx="{at}" cy="{y(true[p]):.1f}" r="2.5"/>')
    middle = (LEFT + WIDTH) / 2
    parts.append(f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">proposals by calibrated rank</text>')
    parts.append("</svg>\n")
    args.out.write_text("\n".join(parts), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
