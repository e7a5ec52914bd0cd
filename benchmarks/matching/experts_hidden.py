"""Without any rating: where a researcher's own paper stands among the papers of others, when it is hidden from the profile.

    python benchmarks/matching/experts_hidden.py [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching/goldstandard). Every paper is an item and every researcher a profile of all
given papers (3 or more); a paper never counts for itself. For each researcher and own paper: its place by score among the papers
of nobody (those that stand in no profile). `log2_place`: mean log2 of the place, mean over researchers; `above`: share of those
papers above it; `difference` of log2_place to the default, with its standard error over researchers.

A hidden paper often has a sequel in the profile, which no proposal of somebody else has. `hidden with the nearest`: the 15 % of
the profile that are nearest to it (lexical and latent value, each over its deviation) are hidden too; then the three best
lexical values are as great as those of papers that researchers agreed to rate. There is one profile for each hidden paper,
so the calibration is off for all. The constants of the method were chosen by both protocols together.
"""

import argparse
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from peers import printed, shared_folder

from jiandao.engines.matching.affinity import Affinities, AffinitySettings, Item, Profile, Work
from jiandao.engines.matching.affinity_space import Parts, Space
from jiandao.engines.matching.records import Channel, Document

DEFAULT = AffinitySettings()
VARIANTS = {
    "default": DEFAULT,
    "lexical only": replace(DEFAULT, channels={"lexical": Channel(0.5, 0.1)}),
    "latent only": replace(DEFAULT, channels={"latent": Channel(0.5, 0.5)}),
    "no calibration": replace(DEFAULT, calibration=0.0),
    "the best work": replace(DEFAULT, discount=1e-9),
    "mean of all works": replace(DEFAULT, discount=1.0),
    "one rank, 128": replace(DEFAULT, ranks=(128,)),
    "title once": replace(DEFAULT, field_weights={"title": 1, "keywords": 1, "text": 1}),
}


def _near(documents: list[Document]) -> np.ndarray:
    """(documents × documents) lexical plus latent value, each over its standard deviation."""
    parts = [Parts.of(document) for document in documents]
    texts = sorted(set(parts))
    space, rows = Space.fit(texts, ranks=(128,)), np.array([texts.index(part) for part in parts])
    lexical, latent = space.lexical(rows, rows), space.topics(rows) @ space.topics(rows).T
    return lexical / lexical.std() + latent / latent.std()


def _compared(scores: dict[str, np.ndarray], where: tuple[np.ndarray, ...]) -> dict[str, dict[str, Any]]:
    """`where`: row and column of each hidden paper's score, rows of the papers of nobody, researcher of each paper."""
    rows, columns, nobodys, who = where
    first: np.ndarray | None = None
    result = {}
    for label, found in scores.items():
        over = (found[nobodys][:, columns] > found[rows, columns]).sum(axis=0)
        times = np.bincount(who)
        logs = np.bincount(who, weights=np.log2(1 + over)) / times
        above = np.bincount(who, weights=over / len(nobodys)) / times
        first = logs if first is None else first
        change = logs - first
        result[label] = {
            "log2_place": round(float(logs.mean()), 3),
            "above": round(float(above.mean()), 4),
            "difference": f"{change.mean():+.3f} ± {change.std(ddof=1) / len(change) ** 0.5:.3f}",
        }
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    folder = shared_folder("matching/goldstandard")
    documents = {}
    for line in (folder / "docs.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        documents[row["id"]] = Document(row["id"], title=row["title"], text=row["abstract"])
    own: dict[str, set[str]] = {}
    for sample in json.loads((folder / "profiles_d20_1to10.json").read_text(encoding="utf-8")):
        for who, names in sample.items():
            own.setdefault(who, set()).update(name for name in names if name in documents)
    own = {who: names for who, names in sorted(own.items()) if len(names) >= 3}
    items = [Item(document) for document in documents.values()]
    profiles = [
        Profile(who, tuple(Work(Parts.of(documents[name]), name) for name in sorted(names)))
        for who, names in own.items()
    ]
    place = {name: number for number, name in enumerate(documents)}
    owned = {name for names in own.values() for name in names}
    nobodys = np.array([place[name] for name in documents if name not in owned])
    result: dict[str, Any] = {
        "task": "hidden papers among those of nobody",
        "papers": len(owned),
        "among": len(nobodys),
    }
    pairs = [(who, name) for who, names in own.items() for name in sorted(names)]
    rows = np.array([place[name] for _, name in pairs])
    columns = np.array([list(own).index(who) for who, _ in pairs])
    result["hidden"] = _compared(
        {label: Affinities(items, profiles, settings).scores for label, settings in VARIANTS.items()},
        (rows, columns, nobodys, columns),
    )
    near = _near(list(documents.values()))
    variants = []
    for number, (who, name) in enumerate(pairs):
        others = sorted(own[who] - {name}, key=lambda other: (-near[place[name], place[other]], other))
        left = others[round(0.15 * len(others)) :]
        variants.append(Profile(f"{who}-{number}", tuple(Work(Parts.of(documents[other]), other) for other in left)))
    plain = {label: replace(s, calibration=0.0) for label, s in VARIANTS.items() if label != "no calibration"}
    result["hidden with the nearest"] = _compared(
        {label: Affinities(items, variants, settings).scores for label, settings in plain.items()},
        (rows, np.arange(len(pairs)), nobodys, columns),
    )
    return printed(result, args.out)


if __name__ == "__main__":
    sys.exit(main())
