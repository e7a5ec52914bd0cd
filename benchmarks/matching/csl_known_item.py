"""Known-item retrieval on the given part of CSL: two keywords of a paper → its abstract among 8,206.

    python benchmarks/matching/csl_known_item.py [--out result.json] [--queries 1000]

Needs JIANDAO_SHARED_DATA (a folder with matching/csl). The first two keywords of each labelled paper are the query;
only abstracts are indexed, no titles and no keywords. Source and licence: Li et al., CSL, COLING 2022; Apache-2.0.
"""

import argparse
import json
import math
import os
import statistics
import sys
import time
from pathlib import Path

from jiandao.engines.matching import Document, MatchIndex


def load(folder: Path) -> tuple[list[Document], list[tuple[str, Document]]]:
    """All abstracts, and (relevant id, query) for each paper with at least two keywords."""
    documents, queries = [], []
    for name in ("csl_dev", "cslkw_distractors", "csldcp_distractors"):
        with (folder / f"{name}.jsonl").open(encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                documents.append(Document(row["id"], text=row["abstract"]))
                keywords = tuple(row.get("keywords", ()))[:2]
                if name == "csl_dev" and len(keywords) == 2:
                    queries.append((row["id"], Document("query", keywords=keywords)))
    return documents, queries


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--queries", type=int, default=1000)
    parser.add_argument("--top", type=int, default=100)
    args = parser.parse_args()
    shared = os.environ.get("JIANDAO_SHARED_DATA")
    if not shared or not (Path(shared) / "matching/csl").is_dir():
        print("Set JIANDAO_SHARED_DATA to the folder that holds matching/csl.", file=sys.stderr)
        return 2
    documents, queries = load(Path(shared) / "matching/csl")
    started = time.process_time()
    index = MatchIndex.in_memory(documents)
    indexed = time.process_time()
    ranks = []
    for relevant, query in queries[: args.queries]:
        found = [match.document for match in index.search(query, args.top)]
        ranks.append(found.index(relevant) + 1 if relevant in found else 0)
    searched = time.process_time()
    result = {
        "task": "CSL, two keywords -> abstract, given part",
        "method": "BM25, characters and pairs, stemmed words",
        "documents": len(documents),
        "queries": len(ranks),
        "ndcg@10": round(statistics.fmean(1 / math.log2(r + 1) if 0 < r <= 10 else 0 for r in ranks), 4),
        "recall@1": round(statistics.fmean(r == 1 for r in ranks), 4),
        "recall@10": round(statistics.fmean(0 < r <= 10 for r in ranks), 4),
        f"recall@{args.top}": round(statistics.fmean(r > 0 for r in ranks), 4),
        "mrr": round(statistics.fmean(1 / r if r else 0 for r in ranks), 4),
        "index_cpu_seconds": round(indexed - started, 2),
        f"query_cpu_ms_top_{args.top}": round((searched - indexed) / max(1, len(ranks)) * 1000, 2),
    }
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
