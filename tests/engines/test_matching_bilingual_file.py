"""The pairs of sentences of the benchmark across languages keep what their file promises."""

import re
from collections import Counter
from pathlib import Path

FOLDER = Path(__file__).parents[2] / "benchmarks/matching"


def read(name: str) -> list[str]:
    return [line for line in (FOLDER / name).read_text(encoding="utf-8").splitlines() if not line.startswith("#")]


LINES = read("bilingual_sentences.tsv")
ROWS = [line.split("\t") for line in LINES[1:]]
DEVELOPMENT = [line.split("\t") for line in read("bilingual_development.tsv")[1:]]


def test_there_are_enough_pairs_of_many_fields() -> None:
    assert LINES[0] == "zh\ten\tfield"
    assert all(len(row) == 3 for row in ROWS)
    assert len(ROWS) >= 500
    fields = Counter(field for _, _, field in ROWS)
    assert len(fields) >= 20
    assert min(fields.values()) >= 25


def test_nothing_can_be_found_by_digits_or_by_latin_words() -> None:
    for chinese, english, _ in ROWS:
        assert not re.search(r"[A-Za-zＡ-Ｚａ-ｚ]|\d", chinese), chinese
        assert not re.search(r"\d|[\u2e80-\u9fff\uff00-\uffef]", english), english


def test_sentences_are_whole_and_of_usual_length() -> None:
    for chinese, english, _ in ROWS:
        assert 15 <= len(chinese) <= 60, chinese
        assert chinese.endswith("。")
        assert english.endswith(".")
        assert english[0].isupper()


def near(one: str, other: str) -> float:
    a, b = ({text[i : i + 2] for i in range(len(text) - 1)} for text in (one, other))
    return len(a & b) / min(len(a), len(b))


def test_no_sentence_stands_twice_or_nearly() -> None:
    for column in (0, 1):
        assert len({row[column] for row in ROWS}) == len(ROWS)
    pairs = [frozenset(zh[i : i + 2] for i in range(len(zh) - 1)) for zh, _, _ in ROWS]
    for i, one in enumerate(pairs):
        for other in pairs[:i]:
            assert len(one & other) < 0.6 * min(len(one), len(other))


def test_the_sentences_of_development_are_others() -> None:
    assert len(DEVELOPMENT) >= 100
    for chinese, english in DEVELOPMENT:
        assert not re.search(r"[A-Za-z]|\d", chinese)
        assert not re.search(r"\d", english)
        assert max(near(chinese, row[0]) for row in ROWS) < 0.6
