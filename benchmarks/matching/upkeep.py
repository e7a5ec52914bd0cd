"""What the dictionary and the latent space of a province's index cost, in the worker and in a request.

    python benchmarks/matching/upkeep.py [--documents 240000] [--out result.json]

Documents are results of the demonstration, composed by the program. CPU seconds of this process: `learn` and `install` of
the dictionary, `make` (without the index's lock) and `project` (with it) of the space; `peak_mb` is of the whole process
after each step. Queries are needs of the demonstration, the best 20, with reasons: CPU milliseconds each, before and after.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from peers import printed

from jiandao.engines.matching import Document, MatchIndex
from jiandao.engines.matching.dictionary import Dictionary
from jiandao.web.demonstration.composing import needs, results
from jiandao.web.demonstration.composing.plan import PROVINCE, Plan

QUERIES = 100


def peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def asked(index: MatchIndex, queries: list[Document], task: str) -> float:
    """Median CPU milliseconds of a query."""
    spent = []
    for query in queries:
        started = time.process_time()
        index.search(query, 20, reasons=True, task=task)
        spent.append((time.process_time() - started) * 1000)
    return round(statistics.median(spent), 2)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=240_000)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    plan = Plan(PROVINCE.organisations, QUERIES, args.documents, PROVINCE.experts, PROVINCE.capabilities)
    cpu: dict[str, float] = {}
    found: dict[str, Any] = {"documents": args.documents, "cpu_seconds": cpu, "peak_mb": {}}

    def step(name: str, before: float) -> None:
        cpu[name] = round(time.process_time() - before, 1)
        found["peak_mb"][name] = peak()

    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "index"
        started = time.process_time()
        with MatchIndex.rebuild(folder) as writer:
            for number, one in enumerate(results(plan)):
                writer.add(Document(f"r{number}", title=one.title, text=one.summary, keywords=tuple(one.keywords)))
        step("index", started)
        queries = [
            Document(f"n{number}", title=one.title, text=one.problem, keywords=tuple(one.keywords))
            for number, one in enumerate(needs(plan))
        ]
        index = MatchIndex.open(folder)
        found["known_item_ms"] = {"words alone": asked(index, queries, "known-item")}
        started = time.process_time()
        dictionary = Dictionary.shipped().merge(Dictionary.learn(index.snapshot().every()))
        step("learn", started)
        started = time.process_time()
        index.use_dictionary(dictionary)
        step("install", started)
        found["terms"] = len(dictionary)
        found["known_item_ms"]["with the dictionary"] = asked(index, queries, "known-item")
        started = time.process_time()
        model = index.make_latent()
        step("make", started)
        started = time.process_time()
        index.fit_latent(model=model)
        step("project", started)
        found["known_item_ms"]["with both"] = asked(index, queries, "known-item")
        found["topical_ms"] = asked(index, queries, "topical")
    return printed(found, args.out)


if __name__ == "__main__":
    sys.exit(main())
