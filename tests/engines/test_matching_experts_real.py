"""Experts for papers on real ratings: what the benchmark experts_gold.py measures, on one sample, as a floor."""

import csv
import itertools
import json
import os
from pathlib import Path

import pytest

from jiandao.engines.matching.affinity import Affinities, Item, Profile, Work
from jiandao.engines.matching.affinity_space import Parts
from jiandao.engines.matching.records import Document

ROOT = Path(__file__).resolve().parents[2]
GOLD = Path(os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data") / "matching" / "goldstandard"


@pytest.mark.data
@pytest.mark.skipif(not GOLD.is_dir(), reason="the shared real data is absent; set JIANDAO_SHARED_DATA")
def test_papers_that_researchers_know_come_before_those_they_do_not() -> None:
    rows = [json.loads(line) for line in (GOLD / "docs.jsonl").read_text(encoding="utf-8").splitlines()]
    documents = {row["id"]: Document(row["id"], title=row["title"], text=row["abstract"]) for row in rows}
    sample = json.loads((GOLD / "profiles_d20_1to10.json").read_text(encoding="utf-8"))[0]
    owned = {name for own in sample.values() for name in own}
    items = [Item(document) for name, document in documents.items() if name not in owned]
    profiles = [
        Profile(who, tuple(Work(Parts.of(documents[name])) for name in own if name in documents))
        for who, own in sample.items()
    ]
    found = Affinities(items, profiles)
    row = {item.document.id: values for item, values in zip(found.items, found.scores, strict=True)}
    column = {profile.id: place for place, profile in enumerate(profiles)}
    cost = possible = 0.0
    with (GOLD / "evaluations_open28.tsv").open(encoding="utf-8", newline="") as file:
        for rated in csv.DictReader(file, delimiter="\t"):
            who = column[rated["ParticipantID"]]
            papers = [(rated[f"Paper{n}"], rated[f"Expertise{n}"]) for n in range(1, 11)]
            known = [(float(rating), row[paper][who]) for paper, rating in papers if paper in row]
            for (one, first), (other, second) in itertools.combinations(known, 2):
                possible += abs(one - other)
                cost += abs(one - other) * float((one - other) * (first - second) < 0)
    assert cost / possible < 0.26  # TF-IDF with LSA: 0.27, BM25: 0.34
