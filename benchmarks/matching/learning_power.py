"""How often learning from outcomes goes live: on chance alone, and on planted preferences of several strengths.

    python benchmarks/matching/learning_power.py [--seeds 200] [--out result.json]

Needs no data: 100 queries with six offers each, three channels, decisions by hidden weights and noise (standard deviation 0.5).
A strength of 0 is chance alone: what goes live there is a false alarm. `gain`: mean of the true gain in pairwise accuracy of
the proposals that went live, on 500 fresh queries of the same rule.
"""

import argparse
import json
import statistics
import sys
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from jiandao.engines.matching.learning import BETTER, Outcome, learn
from jiandao.engines.matching.records import Channel

CHANNELS = {"lexical": Channel(1.0), "latent": Channel(0.5), "field": Channel(0.3)}
START = np.array([channel.weight for channel in CHANNELS.values()])


def history(dice: np.random.Generator, strength: float, queries: int) -> list[Outcome]:
    truth = strength * (np.array([0.2, 0.5, 1.0]))
    found = []
    for query in range(queries):
        values = dice.normal(size=(6, 3))
        worth = values @ truth + dice.normal(size=6) * 0.5
        for document, (row, good) in enumerate(zip(values.tolist(), (worth > np.median(worth)).tolist(), strict=True)):
            when = date(2026, 1, 1) + timedelta(days=query)
            found.append(Outcome(f"q{query}", f"d{document}", good, when, dict(zip(CHANNELS, row, strict=True))))
    return found


def accuracy(outcomes: list[Outcome], weights: np.ndarray) -> float:
    worth = np.array([[o.signals[name] for name in CHANNELS] for o in outcomes]) @ weights
    good = np.array([o.accepted for o in outcomes])
    pairs = [
        worth[s : s + 6][good[s : s + 6]][:, None] > worth[s : s + 6][~good[s : s + 6]] for s in range(0, len(good), 6)
    ]
    return float(np.mean([pair.mean() for pair in pairs]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    result: dict[str, dict[str, float | None]] = {}
    for strength in (0.0, 0.25, 0.5, 1.0):
        gains = []
        for seed in range(args.seeds):
            dice = np.random.default_rng(seed)
            found = learn(history(dice, strength, 100), CHANNELS)
            if found.verdict == BETTER:
                fresh = history(dice, strength, 500)
                new = np.array([channel.weight for channel in found.new.values()])
                gains.append(accuracy(fresh, new) - accuracy(fresh, START))
        result[f"strength {strength:g}"] = {
            "live": round(len(gains) / args.seeds, 3),
            "gain": round(statistics.fmean(gains), 4) if gains else None,
        }
    text = json.dumps({"task": "learning from outcomes, planted preferences", "seeds": args.seeds, **result}, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
