"""How long the texts of the demonstration take to compose, and what they are like. Prints JSON; CPU seconds, MiB.

    .venv/bin/python benchmarks/demonstration_text.py [--size province]

Targets at province size: 200,000 results in less than 25 s CPU; fewer than 0.5 % of titles repeat another one exactly.
"""

import argparse
import json
import resource
import time
from collections.abc import Iterable
from typing import Any

from jiandao.web.demonstration.composing import SIZES, capabilities, experts, needs, organisations, results


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", choices=sorted(SIZES), default="province")
    plan = SIZES[parser.parse_args().size]
    kinds: dict[str, Any] = {
        "organisations": measured((one.name, one.name) for one in organisations(plan)),
        "experts": measured((one.name, one.publications[0]) for one in experts(plan)),
        "needs": measured((one.title, one.problem) for one in needs(plan)),
        "results": measured((one.title, one.summary) for one in results(plan)),
        "capabilities": measured((one.title, one.summary) for one in capabilities(plan)),
    }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"kinds": kinds, "peak_mib": round(peak, 1)}, ensure_ascii=False, indent=1))


def measured(texts: Iterable[tuple[str, str]]) -> dict[str, float]:
    """Titles are kept as hashes only, so that the memory measured is that of composing."""
    began = time.process_time()
    titles: set[int] = set()
    count = length = title_length = 0
    shortest, longest = 10**9, 0
    for title, text in texts:
        titles.add(hash(title))
        count += 1
        length += len(text)
        title_length += len(title)
        shortest, longest = min(shortest, len(text)), max(longest, len(text))
    return {
        "count": count,
        "cpu_s": round(time.process_time() - began, 2),
        "repeated_titles_percent": round(100 * (1 - len(titles) / count), 3),
        "mean_title": round(title_length / count, 1),
        "mean_text": round(length / count, 1),
        "shortest_text": shortest,
        "longest_text": longest,
    }


if __name__ == "__main__":
    main()
