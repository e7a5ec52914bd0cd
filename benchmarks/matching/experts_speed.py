"""Time and memory of scoring proposals × experts, on invented texts of real words.

    python benchmarks/matching/experts_speed.py [--items 1000] [--profiles 5000] [--works 20] [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching/goldstandard): a text has 120 words, each from one of three abstracts that are
drawn for it (a profile's works share the first). Neighbouring words are chance, so there are more different pairs of
words than in real texts. Run with OMP_NUM_THREADS=1 for the CPU time of one core.
"""

import argparse
import json
import random
import resource
import sys
import time
from pathlib import Path

from peers import shared_folder

from jiandao.engines.matching.affinity import Affinities, Item, Profile, Work
from jiandao.engines.matching.affinity_reasons import AffinityExplainer
from jiandao.engines.matching.affinity_space import Parts
from jiandao.engines.matching.records import Document

WORDS = 120


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=1000)
    parser.add_argument("--profiles", type=int, default=5000)
    parser.add_argument("--works", type=int, default=20)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    path = shared_folder("matching/goldstandard") / "docs.jsonl"
    abstracts = [json.loads(line)["abstract"].split() for line in path.read_text(encoding="utf-8").splitlines()]
    abstracts = [words for words in abstracts if len(words) > 20]
    dice = random.Random(7)

    def text(first: list[str]) -> Parts:
        words = [*first, *dice.choice(abstracts), *dice.choice(abstracts)]
        drawn = dice.choices(words, k=WORDS)
        return Parts(" ".join(drawn[:10]), "", " ".join(drawn[10:]))

    items = []
    for number in range(args.items):
        parts = text(dice.choice(abstracts))
        items.append(Item(Document(f"i{number}", title=parts.title, text=parts.text)))
    profiles = []
    for number in range(args.profiles):
        field = dice.choice(abstracts)
        profiles.append(Profile(f"p{number}", tuple(Work(text(field)) for _ in range(args.works))))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    found = Affinities(items, profiles)
    fitted = time.process_time()
    pairs = found.scores.size
    scored = time.process_time()
    explained = 0
    for place in range(min(20, args.items)):
        explainer = AffinityExplainer(found, place)
        for profile in range(min(20, args.profiles)):
            explainer.explain(profile)
            explained += 1
    ended = time.process_time()
    result = {
        "task": f"{args.items} items x {args.profiles} profiles of {args.works} works, {WORDS} words each",
        "pairs": pairs,
        "fit_cpu_seconds": round(fitted - started, 1),
        "score_cpu_seconds": round(scored - fitted, 1),
        "explain_cpu_ms_a_pair": round((ended - scored) / max(1, explained) * 1000, 2),
        "memory_mib_before": before // 1024,
        "memory_mib_most": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }
    written = json.dumps(result, indent=1)
    print(written)
    if args.out:
        args.out.write_text(written + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
