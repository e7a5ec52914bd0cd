"""Known-item retrieval on the given part of CSL: two keywords of a paper → its abstract among 8,206, with peers.

    python benchmarks/matching/csl_known_item.py [--out result.json] [--queries 1000]

Needs JIANDAO_SHARED_DATA (a folder with matching/csl). The first two keywords of each labelled paper are the query;
only abstracts are indexed, no titles and no keywords. Peers, each with its defaults: bm25s and rank_bm25 on rjieba's words,
bm25s on characters and pairs, TF-IDF of scikit-learn on characters and pairs; one that is not installed is left out
(pip install bm25s rank-bm25 scikit-learn). The interval is of the difference to the best peer, by a paired bootstrap over
queries. Source and licence: Li et al., CSL, COLING 2022; Apache-2.0.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from peers import PEERS, Peer, measured, paired, printed, shared_folder
from retrieval import csl

from jiandao.engines.matching import Document, MatchIndex


class Ours(Peer):
    """The index of `jiandao match search --task known-item`."""

    name = "jiandao"

    def fit(self, documents: Sequence[str]) -> None:
        self._index = MatchIndex.in_memory(Document(str(number), text=text) for number, text in enumerate(documents))

    def best(self, query: str, keywords: Sequence[str], top: int) -> list[int]:
        found = self._index.search(Document("query", keywords=tuple(keywords)), top, signals=False)
        return [int(match.document) for match in found]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--top", type=int, default=100)
    args = parser.parse_args()
    labelled, others = csl(shared_folder("matching/csl"))
    documents = [row["abstract"] for row in labelled + others]
    queries = [(n, row["keywords"][:2]) for n, row in enumerate(labelled) if len(row["keywords"]) > 1][: args.queries]
    rows, gains = [], {}
    for made in (Ours, *PEERS):
        row, found = measured(made, documents, [("；".join(words), words) for _, words in queries], args.top)
        if found is None:
            rows.append(row)
            continue
        ranks = np.array(
            [hits.index(n) + 1 if n in hits else 0 for (n, _), hits in zip(queries, found, strict=True)], dtype=float
        )
        inside = ranks > 0
        gains[row["method"]] = np.where(inside & (ranks <= 10), 1 / np.log2(ranks + 1 + ~inside), 0)
        row |= {
            "ndcg@10": round(float(gains[row["method"]].mean()), 4),
            "recall@1": round(float((ranks == 1).mean()), 4),
            "recall@10": round(float((inside & (ranks <= 10)).mean()), 4),
            f"recall@{args.top}": round(float(inside.mean()), 4),
            "mrr": round(float(np.where(inside, 1 / np.maximum(ranks, 1), 0).mean()), 4),
        }
        rows.append(row)
    return printed(
        {
            "task": "CSL, two keywords -> abstract, given part",
            "documents": len(documents),
            "queries": len(queries),
            "methods": rows,
            "ndcg@10 above the best peer": paired(gains, "jiandao"),
        },
        args.out,
    )


if __name__ == "__main__":
    sys.exit(main())
