"""A province's needs against its results, through the command: 20,471 needs × 200,000 results, the best 20 with reasons.

    python benchmarks/matching/province.py [--needs 20471] [--results 200000] [--out result.json]

Texts are those of the demonstration, composed by the program, and as alike as forms are. `wall_seconds` is of the whole
command, from reading to writing; `answering_seconds` without the indexing, with an index that is kept. `reduced`: queries cut
to their strongest terms, recall@20 against full queries, on a sample; the command does not cut below 256 terms.
"""

import argparse
import dataclasses
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from peers import printed

from jiandao.engines.matching import Document, MatchIndex
from jiandao.web.demonstration.composing import needs, results
from jiandao.web.demonstration.composing.plan import PROVINCE

_SAMPLE = 200


def saved(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


def command(*arguments: str) -> float:
    started = time.monotonic()
    subprocess.run([sys.executable, "-m", "jiandao.cli", "match", "search", *arguments, "--quiet"], check=True)
    return round(time.monotonic() - started, 1)


def reduced(folder: Path, queries: list[Document]) -> list[dict[str, Any]]:
    """Time and recall of queries of so many terms."""
    found: list[dict[str, Any]] = []
    full: list[set[str]] = []
    for terms in (256, 128, 64, 32):
        index = MatchIndex.open(folder)
        snapshot = index.snapshot()
        snapshot.settings = dataclasses.replace(snapshot.settings, max_query_terms=terms)
        started = time.process_time()
        answers = [{match.document for match in snapshot.search(query, 20, signals=False)} for query in queries]
        spent = (time.process_time() - started) / len(queries) * 1000
        full = full or answers
        shared = sum(len(one & other) for one, other in zip(answers, full, strict=True))
        recall = shared / max(1, sum(map(len, full)))
        found.append({"terms": terms, "query_cpu_ms": round(spent, 2), "recall@20": round(recall, 4)})
    return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--needs", type=int, default=PROVINCE.needs)
    parser.add_argument("--results", type=int, default=PROVINCE.results)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rows = [
            {"id": f"n{one.index}", "title": one.title, "text": f"{one.problem}\n{one.goal}", "keywords": one.keywords}
            for one in needs(PROVINCE, 0, args.needs)
        ]
        saved(folder / "needs.jsonl", rows)
        saved(
            folder / "results.jsonl",
            (
                {"id": f"r{one.index}", "title": one.title, "text": one.summary, "keywords": one.keywords}
                for one in results(PROVINCE, 0, args.results)
            ),
        )
        asked = ["--queries", str(folder / "needs.jsonl"), "--top", "20"]
        asked += ["--out", str(folder / "run.trec"), "--reasons", str(folder / "why.jsonl")]
        whole = command("--documents", str(folder / "results.jsonl"), *asked)
        spent = resource.getrusage(resource.RUSAGE_CHILDREN)
        index = folder / "index"
        with MatchIndex.rebuild(index) as writer:
            for one in results(PROVINCE, 0, args.results):
                writer.add(Document(f"r{one.index}", title=one.title, text=one.summary, keywords=one.keywords))
        answering = command("--index", str(index), *asked)
        sample = rows[:: max(1, len(rows) // _SAMPLE)]
        queries = [Document(**{**row, "keywords": tuple(row["keywords"])}) for row in sample]
        return printed(
            {
                "needs": len(rows),
                "results": args.results,
                "wall_seconds": whole,
                "cpu_seconds_without_workers": round(spent.ru_utime + spent.ru_stime, 1),
                "answering_seconds": answering,
                "peak_memory_of_a_process_mb": round(spent.ru_maxrss / 1024),
                "processes": len(os.sched_getaffinity(0)),
                "reduced": reduced(index, queries),
            },
            args.out,
        )


if __name__ == "__main__":
    sys.exit(main())
