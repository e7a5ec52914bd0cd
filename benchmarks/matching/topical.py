"""Finding all of a subject: CSL (keywords → abstracts of the same discipline among the labelled) and patents (same class).

    python benchmarks/matching/topical.py [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching). A query never counts itself. Peers as in csl_known_item.py, with LSA.
The method's constants (√tf × idf², 256 dimensions, Wiener's factor, .15 of the lexical channel) were chosen on these two
given parts together, from some sixty variants; the parts kept back were not seen. Intervals: difference to the best peer,
paired bootstrap over queries. Sources: Li et al., CSL, COLING 2022, Apache-2.0; patents of a public few-shot task.
"""

import argparse
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from peers import TOPICAL_PEERS, Peer, measured, paired, printed, shared_folder
from retrieval import csl, lines

from jiandao.engines.matching import TOPICAL, Document, MatchIndex


class Ours(Peer):
    """The index of `jiandao match search --task topical`."""

    name = "jiandao"

    def fit(self, documents: Sequence[str]) -> None:
        parts = (text.split("\n", 1) for text in documents)
        self._index = MatchIndex.in_memory(
            Document(str(n), title=part[0] if len(part) > 1 else "", text=part[-1]) for n, part in enumerate(parts)
        )
        self._index.fit_latent()

    def best(self, query: str, keywords: Sequence[str], top: int) -> list[int]:
        title, _, text = query.rpartition("\n")
        asked = Document("query", title=title, text="" if keywords else text, keywords=tuple(keywords))
        return [int(match.document) for match in self._index.search(asked, top, task=TOPICAL, signals=False)]


def gains(found: Sequence[Sequence[int]], labels: Sequence[Any]) -> np.ndarray[Any, Any]:
    """nDCG@10 of each query that has another of its label; the query itself is left out."""
    values = []
    for query, hits in enumerate(found):
        relevant = sum(label == labels[query] for label in labels) - 1
        if relevant:
            kept = [hit for hit in hits if hit != query][:10]
            gain = sum(1 / math.log2(rank + 2) for rank, hit in enumerate(kept) if labels[hit] == labels[query])
            values.append(gain / sum(1 / math.log2(rank + 2) for rank in range(min(10, relevant))))
    return np.array(values)


def compared(documents: Sequence[str], queries: Sequence[tuple[str, Sequence[str]]], labels: Sequence[Any]) -> Any:
    rows, all_gains = [], {}
    for made in (Ours, *TOPICAL_PEERS):
        row, found = measured(made, documents, queries, 11)
        if found is not None:
            all_gains[made.name] = gains(found, labels)
            row["ndcg@10"] = round(float(all_gains[made.name].mean()), 4)
        rows.append(row)
    return {"documents": len(documents), "methods": rows, "above the best peer": paired(all_gains, "jiandao")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    labelled, _ = csl(shared_folder("matching/csl"))
    patents = lines(shared_folder("matching/patents") / "patents_open.jsonl")
    texts = [f"{row['title']}\n{row['abstract']}" for row in patents]
    return printed(
        {
            "CSL, keywords -> abstracts of the same discipline": compared(
                [row["abstract"] for row in labelled],
                [("；".join(row["keywords"]), row["keywords"]) for row in labelled],
                [row["discipline"] for row in labelled],
            ),
            "patents of the same class": compared(
                texts, [(text, ()) for text in texts], [row["label_id"] for row in patents]
            ),
        },
        args.out,
    )


if __name__ == "__main__":
    sys.exit(main())
