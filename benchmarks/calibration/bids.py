"""Real judgements: how willing the reviewers of AAMAS 2015 were, and what that tells of a bid that was not seen.

    python benchmarks/calibration/bids.py [--picture docs/developer/calibration-bids.svg]

No scores of real reviews are at hand, but bids are judgements of many by many, too: 613 papers, 201 people, and a person
who says yes to everything is a lenient one. Bids (PrefLib, through the shared data): no 0, maybe 1, yes 2; where nobody
answered there is none. A tenth is held back, five times with other seeds; the error of a prediction is its root mean square.
Ours predicts score + bias of the person; beside it the means of all, of the paper, of the person, and paper + person − all.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.calibration import Calibration, Reviews, calibrate

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "assignment"))
from real import DATA, real
from timing import show

WIDTH, HEIGHT, LEFT, TOP, BOTTOM = 720, 360, 52, 56, 40
UNANSWERED = 0.25


def bids() -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """Paper, person and bid (0, 1, 2) of each answer."""
    scores, _ = real("aamas2015")
    papers, people = np.nonzero(scores != UNANSWERED)
    return papers, people, 2 * scores[papers, people]


def reviews_of(papers: NDArray[np.intp], people: NDArray[np.intp], given: NDArray[np.float64]) -> Reviews:
    """Of the papers and people that occur; ids are numbers with leading zeros."""
    found_papers, paper = np.unique(papers, return_inverse=True)
    found_people, person = np.unique(people, return_inverse=True)
    return Reviews(
        tuple(f"{one:04}" for one in found_papers.tolist()),
        tuple(f"{one:04}" for one in found_people.tolist()),
        paper,
        person,
        given,
        np.ones(len(given)),
    )


def means(keys: NDArray[np.intp], given: NDArray[np.float64], size: int, otherwise: float) -> NDArray[np.float64]:
    count, total = np.bincount(keys, minlength=size), np.bincount(keys, given, minlength=size)
    return np.where(count > 0, total / np.maximum(count, 1), otherwise)


def held_out(seed: int) -> dict[str, float]:
    """Root mean square error by method, on a tenth that was held back."""
    papers, people, given = bids()
    back = np.random.default_rng(seed).random(len(given)) < 0.1
    known = (papers[~back], people[~back], given[~back])
    reviews = reviews_of(*known)
    found = calibrate(reviews)
    level = float(known[2].mean())
    of_paper = means(known[0], known[2], papers.max() + 1, level)
    of_person = means(known[1], known[2], people.max() + 1, level)
    score = np.full(papers.max() + 1, found.mean)
    score[[int(one) for one in reviews.proposals]] = found.score
    bias, scale = np.zeros(people.max() + 1), np.ones(people.max() + 1)
    bias[[int(one) for one in reviews.experts]] = found.bias
    scale[[int(one) for one in reviews.experts]] = found.scale
    paper, person, truth = papers[back], people[back], given[back]
    predictions = {
        "mean of all": np.full(len(truth), level),
        "mean of the paper": of_paper[paper],
        "mean of the person": of_person[person],
        "paper + person - all": of_paper[paper] + of_person[person] - level,
        "calibrated": found.mean + bias[person] + scale[person] * (score[paper] - found.mean),
    }
    return {name: float(np.sqrt(np.mean((one - truth) ** 2))) for name, one in predictions.items()}


def drawn(found: Calibration) -> str:
    """People by bias with intervals, and what the raw mean of each would say."""
    reviews = found.reviews
    raw = means(reviews.expert.astype(np.intp), reviews.score, len(reviews.experts), 0.0) - found.mean
    order = np.argsort(found.bias)
    low, high = found.bias - 1.645 * found.bias_sd, found.bias + 1.645 * found.bias_sd
    bottom, top = min(low.min(), raw.min()), max(high.max(), raw.max())

    def x(place: float) -> float:
        return LEFT + (WIDTH - LEFT - 16) * (place + 0.5) / len(order)

    def y(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - bottom) / (top - bottom)

    title = f"How willing {len(order)} reviewers of AAMAS 2015 were: {len(reviews.score):,} bids, no 0, maybe 1, yes 2"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<text x="{LEFT}" y="20" font-size="14">{title}</text>',
        f'<text x="{LEFT}" y="40" fill="#14508c">▍bias, 90 % interval</text>',
        f'<text x="{LEFT + 170}" y="40" fill="#b3530b">○ mean of the person’s bids − level of an average person</text>',
    ]
    for value in np.arange(np.ceil(bottom * 2) / 2, top, 0.5).tolist():
        parts.append(f'<text x="{LEFT - 8}" y="{y(value) + 4:.1f}" text-anchor="end">{value:+.1f}</text>')
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - 16}" y1="{y(value):.1f}" y2="{y(value):.1f}" stroke="#e3e7eb"/>')
    for place, one in enumerate(order.tolist()):
        at = f"{x(place):.1f}"
        parts.append(
            f'<line x1="{at}" x2="{at}" y1="{y(low[one]):.1f}" y2="{y(high[one]):.1f}" stroke="#14508c" stroke-width="2"'
            ' opacity=".5"/>'
        )
        parts.append(f'<circle cx="{at}" cy="{y(raw[one]):.1f}" r="1.6" fill="none" stroke="#b3530b"/>')
    middle = (LEFT + WIDTH) / 2
    parts.append(
        f'<text x="{middle}" y="{HEIGHT - 12}" text-anchor="middle">reviewers by bias (PrefLib)</text></svg>\n'
    )
    return "\n".join(parts)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--picture", type=Path)
    args = parser.parse_args()
    if not (DATA / "aamas2015.in").is_file():
        sys.stderr.write("Set JIANDAO_SHARED_DATA to the folder that holds engines/assign.\n")
        return 2
    found = calibrate(reviews_of(*bids()))
    if args.picture:
        args.picture.write_text(drawn(found), encoding="utf-8")
    errors = [held_out(seed) for seed in range(5)]
    result: dict[str, Any] = {
        "bids": len(found.reviews.score),
        "papers": len(found.reviews.proposals),
        "people": len(found.reviews.experts),
        "groups": int(found.group.max()) + 1,
        "spread": {"papers": round(found.spread.quality, 3), "people": round(found.spread.bias, 3)},
        "error_of_held_back_bids": {
            name: [round(float(value), 4) for value in (np.mean(all_), np.min(all_), np.max(all_))]
            for name in errors[0]
            for all_ in [[one[name] for one in errors]]
        },
    }
    return show(result)


if __name__ == "__main__":
    sys.exit(main())
