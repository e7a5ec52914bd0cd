"""Chinese: made-up experts of one discipline each, and abstracts of all disciplines, on the given part of CSL.

    python benchmarks/matching/experts_disciplines.py [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching/csl). Of each of the disciplines with six papers or more, up to eight
(at most half) are the profile of one expert, the others are items. `auc_experts`: for an item, the chance that the expert of
its discipline is above another (mean over items); `auc_items`: the same for an expert's items; `first`: share of items whose
best expert is of their discipline. The method was fixed before; nothing was chosen by this.
"""

import argparse
import json
import random
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from peers import printed, shared_folder

from jiandao.engines.matching.affinity import Affinities, AffinitySettings, Item, Profile, Work
from jiandao.engines.matching.affinity_space import Parts
from jiandao.engines.matching.records import Channel, Document

DEFAULT = AffinitySettings()
VARIANTS = {
    "default": DEFAULT,
    "lexical only": replace(DEFAULT, channels={"lexical": Channel(0.5, 0.1)}),
    "latent only": replace(DEFAULT, channels={"latent": Channel(0.5, 0.5)}),
    "no calibration": replace(DEFAULT, calibration=0.0),
    "the best work": replace(DEFAULT, discount=1e-9),
    "mean of all works": replace(DEFAULT, discount=1.0),
}


def area(scores: np.ndarray, right: np.ndarray) -> float:
    """Chance that a right one is above a wrong one; ties half."""
    good, bad = scores[right][:, None], scores[~right][None]
    return float((good > bad).mean() + (good == bad).mean() / 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    path = shared_folder("matching/csl") / "csl_dev.jsonl"
    disciplines: dict[str, list[Document]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        document = Document(row["id"], title=row["title"], text=row["abstract"])
        disciplines.setdefault(row["discipline"], []).append(document)
    dice = random.Random(0)
    items, profiles, of_items = [], [], []
    for _, papers in sorted(disciplines.items()):
        if len(papers) < 6:
            continue
        dice.shuffle(papers)
        cut = min(8, len(papers) // 2)
        profiles.append(Profile(f"p{len(profiles)}", tuple(Work(Parts.of(paper)) for paper in papers[:cut])))
        items += [Item(paper) for paper in papers[cut:]]
        of_items += [len(profiles) - 1] * (len(papers) - cut)
    right = np.equal.outer(np.array(of_items), np.arange(len(profiles)))
    result: dict[str, Any] = {"task": "CSL, experts by discipline", "items": len(items), "experts": len(profiles)}
    for label, settings in VARIANTS.items():
        scores = Affinities(items, profiles, settings).scores
        result[label] = {
            "auc_experts": round(float(np.mean([area(s, r) for s, r in zip(scores, right, strict=True)])), 4),
            "auc_items": round(float(np.mean([area(s, r) for s, r in zip(scores.T, right.T, strict=True)])), 4),
            "first": round(float((scores.argmax(axis=1) == np.array(of_items)).mean()), 4),
        }
    return printed(result, args.out)


if __name__ == "__main__":
    sys.exit(main())
