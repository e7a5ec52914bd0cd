"""Experts for papers, against the ratings of 28 researchers: `jiandao match experts` beside BM25 and TF-IDF + LSA 400.

    python benchmarks/matching/experts_gold.py [--out result.json] [--draws 5000]

Needs JIANDAO_SHARED_DATA (a folder with matching/goldstandard). The loss is the paper's (Stelmakh, Wieting, Neubig & Shah: A
Gold Standard Dataset for the Reviewer Assignment Problem, 2023): of each two papers that a researcher rated differently, the
wrong order costs the difference of the ratings, a tie half of it; costs of all over the greatest possible costs; mean of the
ten samples of profiles. Items are the rated papers and all that stand in no profile. The peers rank by the same terms as the
engine: BM25 (k1 1.2, b 0.75, the paper as query) of the best document; TF-IDF (words and pairs, 1 + ln tf) plus LSA 400
(terms in two texts or more), mean of the three best. The interval is a paired bootstrap over researchers.
"""

import argparse
import csv
import itertools
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from peers import printed, shared_folder
from scipy import sparse
from scipy.sparse.linalg import svds

from jiandao import cli
from jiandao.engines.matching import terms

Ratings = dict[str, dict[str, float]]
Score = Callable[[str, str], float]  # of an expert and a paper


def load(folder: Path) -> tuple[dict[str, dict[str, str]], list[dict[str, list[str]]], Ratings]:
    """Documents by id, ten samples of profiles (documents by expert), ratings by expert and paper."""
    lines = (folder / "docs.jsonl").read_text(encoding="utf-8").splitlines()
    documents = {row["id"]: row for row in map(json.loads, lines)}
    samples = json.loads((folder / "profiles_d20_1to10.json").read_text(encoding="utf-8"))
    samples = [{who: [d for d in own if d in documents] for who, own in sample.items()} for sample in samples]
    ratings: Ratings = {}
    with (folder / "evaluations_open28.tsv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            pairs = [(row[f"Paper{n}"], row[f"Expertise{n}"]) for n in range(1, 11)]
            ratings[row["ParticipantID"]] = {paper: float(rating) for paper, rating in pairs if paper}
    return documents, samples, ratings


def costs(ratings: Ratings, score: Score) -> np.ndarray:
    """(experts × 2) cost and greatest possible cost."""
    found = []
    for who, rated in ratings.items():
        cost = possible = 0.0
        for one, other in itertools.combinations(sorted(rated), 2):
            wanted, told = rated[one] - rated[other], score(who, one) - score(who, other)
            possible += abs(wanted)
            cost += abs(wanted) * (0.5 if told == 0 else float(wanted * told < 0))
        found.append((cost, possible))
    return np.array(found)


def engine(folder: Path, items: list[str], documents: dict[str, dict[str, str]], sample: dict[str, list[str]]) -> Score:
    """Scores as the command writes them."""

    def text(name: str) -> dict[str, str]:
        return {"title": documents[name]["title"], "text": documents[name]["abstract"]}

    def save(name: str, rows: list[dict[str, Any]]) -> str:
        (folder / name).write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        return str(folder / name)

    files = [
        *("--items", save("items.jsonl", [{"id": item, **text(item)} for item in items])),
        *(
            "--profiles",
            save("profiles.jsonl", [{"id": w, "documents": list(map(text, o))} for w, o in sample.items()]),
        ),
        *("--out", str(folder / "scores.csv")),
    ]
    if cli.main(["match", "experts", *files, "--quiet"]) != 0:
        raise SystemExit("jiandao match experts failed")
    with (folder / "scores.csv").open(encoding="utf-8", newline="") as file:
        found = {(profile, item): float(score) for item, profile, score in csv.reader(file)}
    return lambda who, paper: found[who, paper]


class Peers:
    """The two methods to compare with, on similarities of all documents with all."""

    def __init__(self, documents: dict[str, dict[str, str]]) -> None:
        self.place = {name: place for place, name in enumerate(sorted(documents))}
        words = [terms(f"{documents[n]['title']}\n{documents[n]['abstract']}") for n in sorted(documents)]
        single = _counts([Counter(found) for found in words])
        length = np.asarray(single.sum(axis=1)).ravel()
        n = len(words)
        df = np.bincount(single.indices, minlength=single.shape[1])
        bm25 = single.copy()
        norm = np.repeat(1.2 * (0.25 + 0.75 * length / length.mean()), np.diff(single.indptr))
        bm25.data = single.data * 2.2 / (single.data + norm) * np.log1p((n - df + 0.5) / (df + 0.5))[single.indices]
        self.bm25 = (single @ bm25.T).toarray()  # (query × document)
        rows = _counts([Counter([*w, *map(" ".join, itertools.pairwise(w))]) for w in words])
        df = np.bincount(rows.indices, minlength=rows.shape[1])
        rows.data = (1 + np.log(rows.data)) * (np.log((1 + n) / (1 + df)) + 1)[rows.indices]
        common = _unit(rows[:, np.flatnonzero(df > 1)])
        left, sizes, _ = svds(common, k=400, v0=np.ones(min(common.shape)))
        latent = left * sizes
        latent /= np.linalg.norm(latent, axis=1, keepdims=True)
        self.sum = (_unit(rows) @ _unit(rows).T).toarray() + latent @ latent.T

    def best(self, similar: np.ndarray, sample: dict[str, list[str]], top: int) -> Score:
        """Mean of the `top` most similar documents of a profile."""
        rows = {who: [self.place[name] for name in own] for who, own in sample.items()}
        return lambda who, paper: float(np.sort(similar[self.place[paper], rows[who]])[-top:].mean())


def _counts(bags: list[Counter[str]]) -> Any:
    columns: dict[str, int] = {}
    where = [columns.setdefault(term, len(columns)) for bag in bags for term in bag]
    starts = np.cumsum([0, *map(len, bags)])
    values = np.array([times for bag in bags for times in bag.values()], dtype=float)
    return sparse.csr_array((values, where, starts), shape=(len(bags), len(columns)))


def _unit(rows: Any) -> Any:
    return sparse.diags_array(1 / np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())) @ rows


def _loss(found: np.ndarray, who: np.ndarray | slice = slice(None)) -> float:
    """Pooled over experts, mean over samples. `found`: (samples × experts × 2)."""
    pooled = found[:, who].sum(axis=1)
    return float((pooled[:, 0] / pooled[:, 1]).mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--draws", type=int, default=5000)
    args = parser.parse_args()
    folder = shared_folder("matching/goldstandard")
    documents, samples, ratings = load(folder)
    rated = {paper for papers in ratings.values() for paper in papers}
    owned = {name for sample in samples for own in sample.values() for name in own}
    items = sorted(rated | (set(documents) - owned))
    peers = Peers(documents)
    found: dict[str, list[np.ndarray]] = {"jiandao": [], "BM25, best": [], "TF-IDF + LSA 400, best three": []}
    seconds = 0.0
    with tempfile.TemporaryDirectory() as temporary:
        for sample in samples:
            started = time.process_time()
            score = engine(Path(temporary), items, documents, sample)
            seconds += time.process_time() - started
            found["jiandao"].append(costs(ratings, score))
            found["BM25, best"].append(costs(ratings, peers.best(peers.bm25, sample, 1)))
            found["TF-IDF + LSA 400, best three"].append(costs(ratings, peers.best(peers.sum, sample, 3)))
    arrays = {name: np.stack(parts) for name, parts in found.items()}
    draws = np.random.default_rng(7).integers(0, len(ratings), (args.draws, len(ratings)))
    differences = {}
    for name in list(arrays)[1:]:
        drawn = [_loss(arrays["jiandao"], who) - _loss(arrays[name], who) for who in draws]
        low, high = np.quantile(drawn, [0.025, 0.975])
        mean = _loss(arrays["jiandao"]) - _loss(arrays[name])
        differences[name] = {"difference": round(mean, 4), "interval_95": [round(low, 4), round(high, 4)]}
    result = {
        "task": "gold standard of reviewers and papers, 28 given raters, loss, mean of ten samples",
        "raters": len(ratings),
        "ratings": sum(map(len, ratings.values())),
        "items": len(items),
        "loss": {name: round(_loss(array), 4) for name, array in arrays.items()},
        "jiandao_by_sample": [round(_loss(array[None]), 4) for array in arrays["jiandao"]],
        "jiandao_minus": differences,
        "cpu_seconds_a_sample": round(seconds / len(samples), 2),
    }
    return printed(result, args.out)


if __name__ == "__main__":
    sys.exit(main())
