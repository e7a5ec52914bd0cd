"""Speed and memory of the index with many short documents.

    python benchmarks/matching/index_speed.py [--documents 200000] [--queries 200] [--all-channels] [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching/csl). Documents of about 61 characters are spliced from two
abstracts each; queries are 20 consecutive characters of an abstract. CPU seconds are of this process with all its
threads, without what composing the texts takes. With --all-channels the latent channel is fitted (on at most 100,000
documents) and asked, too: above 250,000 documents it re-scores the 1,000 best by words, below all are compared.
`loop_ms` is what a million additions took: machines differ by a factor of three.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from peers import printed, shared_folder

from jiandao.engines.matching import KNOWN_ITEM, TOPICAL, Document, MatchIndex


def abstracts(folder: Path) -> list[str]:
    """All abstracts of the given part."""
    found = []
    for name in ("csl_dev", "cslkw_distractors", "csldcp_distractors"):
        with (folder / f"{name}.jsonl").open(encoding="utf-8") as file:
            found += [json.loads(line)["abstract"] for line in file]
    return found


def spliced(texts: list[str], count: int, seed: int) -> Iterator[Document]:
    """Short documents: 30 characters of one abstract and 31 of another."""
    draw = random.Random(seed)
    for number in range(count):
        first, second = draw.choice(texts), draw.choice(texts)
        start = draw.randrange(max(1, len(second) - 31))
        yield Document(f"d{number}", text=first[:30] + second[start : start + 31])


def loop() -> float:
    started, total = time.process_time(), 0
    for number in range(1_000_000):
        total += number
    return round((time.process_time() - started) * 1000, 1)


def milliseconds(index: MatchIndex, queries: list[str], top: int, *, reasons: bool, task: str = KNOWN_ITEM) -> float:
    started = time.process_time()
    for query in queries:
        index.search(query, top, reasons=reasons, task=task)
    return round((time.process_time() - started) / len(queries) * 1000, 3)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--queries", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--all-channels", action="store_true")
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    texts = abstracts(shared_folder("matching/csl"))
    draw = random.Random(args.seed + 1)
    queries = []
    while len(queries) < args.queries:
        text = draw.choice(texts)
        start = draw.randrange(max(1, len(text) - 20))
        queries.append(text[start : start + 20])
    with tempfile.TemporaryDirectory() as folder:
        started = time.process_time()
        for _ in spliced(texts, args.documents, args.seed):
            pass
        composed = time.process_time() - started
        started = time.process_time()
        with MatchIndex.rebuild(Path(folder) / "index") as writer:
            for document in spliced(texts, args.documents, args.seed):
                writer.add(document)
        indexed = time.process_time() - started - composed
        index = MatchIndex.open(Path(folder) / "index")
        milliseconds(index, queries[:10], 20, reasons=True)
        result = {
            "loop_ms": loop(),
            "documents": len(index),
            "index_cpu_seconds": round(indexed, 2),
            "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
            "disk_mb": round(sum(file.stat().st_size for file in (Path(folder) / "index").iterdir()) / 1e6, 1),
            "query_cpu_ms_top_10": milliseconds(index, queries, 10, reasons=False),
            "query_cpu_ms_top_20": milliseconds(index, queries, 20, reasons=False),
            "query_cpu_ms_top_20_with_reasons": milliseconds(index, queries, 20, reasons=True),
        }
        if args.all_channels:
            started = time.process_time()
            index.fit_latent()
            result["latent_cpu_seconds"] = round(time.process_time() - started, 1)
            result["peak_memory_with_latent_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
            milliseconds(index, queries[:10], 10, reasons=False, task=TOPICAL)
            result["topical_query_cpu_ms_top_10"] = milliseconds(index, queries, 10, reasons=False, task=TOPICAL)
            result["topical_query_cpu_ms_top_20"] = milliseconds(index, queries, 20, reasons=False, task=TOPICAL)
    return printed(result, args.out)


if __name__ == "__main__":
    sys.exit(main())
