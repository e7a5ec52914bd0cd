"""Duplicates among many documents: planted copies found, exactness, time; and the same answer while somebody types.

    python benchmarks/matching/duplicates.py [--documents 200000] [--typed 300] [--peers 5000] [--out result.json]

Needs JIANDAO_SHARED_DATA (a folder with matching/csl); peers need `pip install datasketch` and are left out without it.
A document is 8 to 12 sentences of 15 to 60 characters, drawn from abstracts of CSL, so that no single sentence is a third
of one. One document in 20 is a copy of another in which 20 to 60 % of the sentences, at random, are replaced by others.

`recall`: pairs of copy and original that were found; those that are below the threshold by the exact measure
(`below_threshold`) count against it all the same. `precision`: found pairs of a copy and its original, or of two copies of
one original; the others (`accidental`) share so many sentences by chance, and are no error of the method: many pairs of a
sample are compared with the sets of strings (`exact`).

`typed`: the copies as somebody types them into an index of all other documents (`MatchIndex.overlapping`).
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from itertools import combinations
from pathlib import Path
from typing import Any

from peers import printed, shared_folder

from jiandao.engines.executor import executor
from jiandao.engines.matching import Document, MatchIndex, containment, sentences, shingles
from jiandao.engines.matching.duplicates import duplicates, shingled_documents

Pair = tuple[str, str]


def pool(folder: Path) -> list[str]:
    """Sentences of all abstracts of the given part."""
    found = []
    for name in ("csl_dev", "cslkw_distractors", "csldcp_distractors"):
        with (folder / f"{name}.jsonl").open(encoding="utf-8") as file:
            for line in file:
                found += [one for one in sentences(json.loads(line)["abstract"]) if 15 <= len(one) <= 60]
    return found


def planted(given: list[str], count: int, seed: int) -> tuple[list[Document], set[Pair], list[Pair]]:
    """Documents, pairs of two of one origin, and (copy, original)."""
    draw = random.Random(seed)
    texts = [draw.sample(given, draw.randint(8, 12)) for _ in range(count - count // 20)]
    originals = len(texts)
    copied: dict[int, list[int]] = {}
    for number in range(originals, count):
        source = draw.randrange(originals)
        text = list(texts[source])
        for place in draw.sample(range(len(text)), round(draw.uniform(0.2, 0.6) * len(text))):
            text[place] = draw.choice(given)
        texts.append(text)
        copied.setdefault(source, []).append(number)
    groups = [[source, *made] for source, made in copied.items()]
    pairs = {(name(a), name(b)) for group in groups for a, b in combinations(group, 2)}
    direct = [(name(copy), name(source)) for source, made in copied.items() for copy in made]
    return [Document(name(i), text="".join(text)) for i, text in enumerate(texts)], pairs, direct


def name(number: int) -> str:
    return f"d{number:07}"


def scores(found: set[Pair], direct: list[Pair], related: set[Pair]) -> dict[str, Any]:
    right = sum((min(pair), max(pair)) in found for pair in direct)
    return {
        "pairs": len(found),
        "recall": round(right / max(1, len(direct)), 4),
        "precision": round(len(found & related) / max(1, len(found)), 4),
        "accidental": len(found - related),
    }


def whole(
    documents: list[Document], threshold: float, processes: int | None
) -> tuple[dict[str, Any], dict[Pair, float]]:
    """All pairs, as the command finds them. CPU seconds only for one process: those of others are not counted."""
    ids = [document.id for document in documents]
    wall, cpu = time.monotonic(), time.process_time()
    with executor(workers=processes) as workers:
        sets = shingled_documents(documents, pool=workers)
        count = workers.workers
    pairs = duplicates(ids, sets, threshold)
    result: dict[str, Any] = {"processes": count, "wall_seconds": round(time.monotonic() - wall, 1)}
    if count == 1:
        result["cpu_seconds"] = round(time.process_time() - cpu, 1)
    result |= {
        "peak_memory_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "shingles": len(sets.hashes),
    }
    columns = (pairs.first, pairs.second, pairs.containment)
    return result, {(ids[a], ids[b]): share for a, b, share in zip(*(one.tolist() for one in columns), strict=True)}


def exact(documents: list[Document], found: dict[Pair, float], threshold: float, seed: int) -> dict[str, Any]:
    """Sets of strings of a sample of documents against those of many others."""
    draw = random.Random(seed)
    ours = {one.id: shingles(one.text) for one in draw.sample(documents, min(500, len(documents)))}
    some = [*draw.sample(documents, min(20_000, len(documents))), *documents[-2000:]]
    others = {one.id: shingles(one.text) for one in some if one.id not in ours}
    holders: dict[str, list[str]] = {}
    for one, own in ours.items():
        for shingle in own:
            holders.setdefault(shingle, []).append(one)
    pairs = {}
    for other, own in others.items():
        shared = Counter(one for shingle in own & holders.keys() for one in holders[shingle])
        for one, amount in shared.items():
            share = amount / min(len(own), len(ours[one]))
            if share >= threshold:
                pairs[min(one, other), max(one, other)] = share
    given = {pair: share for pair, share in found.items() if {*pair} & ours.keys() and {*pair} & others.keys()}
    given = {pair: share for pair, share in given.items() if len({*pair} & ours.keys()) == 1}
    return {"compared": len(ours) * len(others), "pairs": len(pairs), "equal": pairs == given}


def typed(documents: list[Document], direct: list[Pair], count: int, threshold: float) -> dict[str, Any]:
    """Copies that somebody types, found in an index of everything but the copies."""
    text = {document.id: document.text for document in documents}
    copies = {copy for copy, _ in direct}
    with tempfile.TemporaryDirectory() as folder:
        with MatchIndex.rebuild(Path(folder) / "index") as writer:
            for document in documents:
                if document.id not in copies:
                    writer.add(document)
        index = MatchIndex.open(Path(folder) / "index")
        index.overlapping(documents[0].text)
        return {
            "indexed": len(index),
            "whole": _typed(index, [(text[a], b) for a, b in direct[:count]], text, threshold),
            "inside_ten_other_texts": _typed(index, _inside(documents, direct[:count], text), text, threshold),
            "first_150_characters": _typed(index, [(text[a][:150], b) for a, b in direct[:count]], text, threshold),
        }


def _inside(documents: list[Document], pairs: list[Pair], text: dict[str, str]) -> list[Pair]:
    """Copies in the midst of ten texts that are in the index as well: the hard case."""
    draw = random.Random(len(pairs))
    found = []
    for copy, original in pairs:
        others = [draw.choice(documents).text for _ in range(10)]
        found.append(("".join([*others[:5], text[copy], *others[5:]]), original))
    return found


def _typed(index: MatchIndex, rows: list[tuple[str, str]], text: dict[str, str], threshold: float) -> dict[str, Any]:
    true = hits = 0
    wall, cpu = [], []
    for asked, original in rows:
        started, used = time.monotonic(), time.process_time()
        found = index.overlapping(asked, threshold)
        wall.append(time.monotonic() - started)
        cpu.append(time.process_time() - used)
        if containment(asked, text[original]) >= threshold:
            true += 1
            hits += original in {one.document for one in found}
    return {
        "queries": len(rows),
        "overlap_by_the_exact_measure": true,
        "recall": round(hits / max(1, true), 4),
        "cpu_ms": round(sum(cpu) / len(cpu) * 1000, 1),
        "wall_ms_95": round(sorted(wall)[int(len(wall) * 0.95)] * 1000, 1),
    }


def peers(given: list[str], count: int, threshold: float, seed: int) -> dict[str, Any]:
    """MinHash with LSH, and its form for containment, on few documents; their candidates measured exactly."""
    try:
        from datasketch import MinHash, MinHashLSH, MinHashLSHEnsemble
    except ImportError:
        return {"datasketch": "not installed"}
    documents, related, direct = planted(given, count, seed)
    sets = {document.id: shingles(document.text) for document in documents}

    def measured(candidates: Callable[[dict[str, Any]], set[Pair]]) -> dict[str, Any]:
        started = time.process_time()
        sketches = {}
        for one, own in sets.items():
            sketches[one] = MinHash(num_perm=128)
            sketches[one].update_batch([shingle.encode() for shingle in own])
        raw = candidates(sketches)
        found = {pair for pair in raw if containment(sets[pair[0]], sets[pair[1]]) >= threshold}
        return {
            "cpu_seconds": round(time.process_time() - started, 1),
            "candidates": len(raw),
            **scores(found, direct, related),
        }

    def lsh(sketches: dict[str, Any]) -> set[Pair]:
        index = MinHashLSH(threshold=threshold / (2 - threshold), num_perm=128)
        for one, sketch in sketches.items():
            index.insert(one, sketch)
        return {(min(a, b), max(a, b)) for a, sketch in sketches.items() for b in index.query(sketch) if a != b}

    def ensemble(sketches: dict[str, Any]) -> set[Pair]:
        index = MinHashLSHEnsemble(threshold=threshold, num_perm=128, num_part=8)
        index.index([(one, sketch, len(sets[one])) for one, sketch in sketches.items()])
        return {(min(a, b), max(a, b)) for a, s in sketches.items() for b in index.query(s, len(sets[a])) if a != b}

    started = time.process_time()
    ids = [document.id for document in documents]
    ours = duplicates(ids, shingled_documents(documents), threshold)
    pairs = {(ids[a], ids[b]) for a, b in zip(ours.first.tolist(), ours.second.tolist(), strict=True)}
    return {
        "documents": count,
        "jiandao": {"cpu_seconds": round(time.process_time() - started, 1), **scores(pairs, direct, related)},
        "datasketch MinHashLSH": measured(lsh),
        "datasketch MinHashLSHEnsemble": measured(ensemble),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=200_000)
    parser.add_argument("--typed", type=int, default=300)
    parser.add_argument("--peers", type=int, default=5000)
    parser.add_argument("--threshold", type=float, default=0.35)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    given = pool(shared_folder("matching/csl"))
    documents, related, direct = planted(given, args.documents, args.seed)
    characters = sum(len(document.text) for document in documents)
    text_of = {document.id: document.text for document in documents}
    one, found = whole(documents, args.threshold, 1)
    several, again = whole(documents, args.threshold, None)
    assert again == found
    result: dict[str, Any] = {
        "documents": len(documents),
        "characters": characters,
        "threshold": args.threshold,
        "planted_pairs": len(direct),
        "below_threshold": sum(containment(text_of[a], text_of[b]) < args.threshold for a, b in direct),
        **scores(set(found), direct, related),
        "one_process": one,
        "all_cores": several,
        "exact": exact(documents, found, args.threshold, args.seed),
    }
    if args.typed:
        result["typed"] = typed(documents, direct, args.typed, args.threshold)
    if args.peers:
        result["peers"] = peers(given, args.peers, args.threshold, args.seed)
    return printed(result, args.out)


if __name__ == "__main__":
    sys.exit(main())
