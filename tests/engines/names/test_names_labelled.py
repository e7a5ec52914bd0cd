"""The 300 pairs that were labelled by hand: the promised precision and recall of "same"."""

import csv
from hashlib import sha256
from pathlib import Path

import pytest

from jiandao.engines.names import Dictionaries, compare

PAIRS = Path(__file__).parent / "data" / "labelled_pairs.tsv"


@pytest.fixture(scope="module")
def judged():
    with PAIRS.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    rows.sort(key=lambda row: sha256(f"{row['a']}\t{row['b']}".encode()).hexdigest())
    return [(row, compare(row["a"], row["b"])) for row in rows]


def test_there_are_three_hundred_pairs(judged):
    assert len({frozenset((row["a"], row["b"])) for row, _ in judged}) == 300
    assert {row["label"] for row, _ in judged} == {"same", "part", "different"}
    assert all(row["why"] for row, _ in judged)


@pytest.mark.parametrize("part", [slice(0, 150), slice(150, 300), slice(0, 300)], ids=["developed", "held-out", "all"])
def test_precision_and_recall_of_same(judged, part):
    chosen = judged[part]
    said = [row for row, verdict in chosen if verdict.outcome == "same"]
    truly = [(row, verdict) for row, verdict in chosen if row["label"] == "same"]
    right = [row for row, verdict in truly if verdict.outcome == "same"]
    assert len(right) / len(said) >= 0.98, [(row["a"], row["b"]) for row in said if row["label"] != "same"]
    assert len(right) / len(truly) >= 0.90, [(row["a"], row["b"]) for row, found in truly if found.outcome != "same"]


@pytest.mark.parametrize(
    ("part", "least"), [(slice(0, 150), 0.32), (slice(150, 300), 0.30)], ids=["developed", "held-out"]
)
def test_the_rules_alone_are_never_wrong_and_find_a_third(judged, part, least):
    """Without the dictionaries: what may be expected of names that they do not know. Former names cannot be guessed."""
    words = Dictionaries(by_heart=False)
    chosen = [(row, compare(row["a"], row["b"], words=words)) for row, _verdict in judged[part]]
    assert all(row["label"] == "same" for row, verdict in chosen if verdict.outcome == "same")
    truly = [verdict.outcome for row, verdict in chosen if row["label"] == "same"]
    assert truly.count("same") / len(truly) >= least


def test_parts_are_never_the_same(judged):
    parts = [(row, verdict) for row, verdict in judged if row["label"] == "part"]
    assert all(verdict.outcome != "same" for _, verdict in parts)
    assert sum(verdict.outcome == "part-of" for _, verdict in parts) / len(parts) >= 0.9
