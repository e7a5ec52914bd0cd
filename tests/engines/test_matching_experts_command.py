"""`jiandao match experts`, as docs/developer/matching-experts.md and the command's help promise it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from jiandao import cli
from jiandao.engines.matching.affinity import AffinitySettings

ITEMS = [
    {"id": "i1", "title": "红外气体传感器", "text": "面向工业现场的甲烷泄漏监测。", "keywords": ["气体传感器"]},
    {"id": "i2", "title": "Silicon carbide power modules", "text": "Why bonding wires fail.", "authors": ["p2"]},
    {"id": "i,3", "title": "……"},
]
PROFILES = [
    {
        "id": "p1",
        "documents": [{"title": "甲烷气体传感器", "text": "红外吸收光谱。", "year": 2020}, {"title": "滤光片"}],
    },
    {
        "id": "p2",
        "documents": [{"id": "x", "title": "Failure of bonding wires", "text": "In silicon carbide modules."}],
    },
    {"id": 'p"3', "documents": []},
]
FILES = ["--profiles", "profiles.jsonl", "--items", "items.jsonl", "--quiet"]


def save(name: str, rows: list[object]) -> None:
    Path(name).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save("items.jsonl", list(ITEMS))
    save("profiles.jsonl", list(PROFILES))


def experts(*arguments: str) -> int:
    return cli.main(["match", "experts", *FILES, *arguments])


def table(name: str = "scores.csv") -> dict[tuple[str, str], float]:
    with Path(name).open(encoding="utf-8", newline="") as file:
        return {(item, profile): float(score) for item, profile, score in csv.reader(file)}


def test_every_pair_has_a_score_but_authors() -> None:
    assert experts("--out", "scores.csv") == 0
    scores = table()
    people = ["p1", "p2", 'p"3']
    assert list(scores) == [("i1", p) for p in people] + [("i2", "p1"), ("i2", 'p"3')] + [("i,3", p) for p in people]
    assert scores["i1", "p1"] == max(scores["i1", p] for p in people)
    assert {scores["i,3", p] for p in people} == {0.0}


def test_archive_holds_the_same_and_repeats_to_the_byte() -> None:
    assert experts("--out", "scores.csv") == 0
    assert experts("--out", "scores.npz") == 0
    with np.load("scores.npz") as file:
        found = {
            (item, profile): file["scores"][i, p]
            for i, item in enumerate(file["items"].tolist())
            for p, profile in enumerate(file["profiles"].tolist())
            if not np.isnan(file["scores"][i, p])
        }
    assert found == table()
    first = Path("scores.npz").read_bytes()
    assert experts("--out", "scores.npz") == 0
    assert Path("scores.npz").read_bytes() == first


def test_assign_reads_the_scores() -> None:
    save("items.jsonl", ITEMS[:2])
    save("profiles.jsonl", PROFILES[:2])
    for name in ("scores.csv", "scores.npz"):
        assert experts("--out", name) == 0
        options = ["--panel-size", "1", "--max-load", "2", "--out", "panels.csv", "--report", "report.json"]
        assert cli.main(["assign", "--scores", name, *options]) == 0
        assert [line.split(",")[:2] for line in Path("panels.csv").read_text().split()] == [["i1", "p1"], ["i2", "p1"]]


@pytest.mark.parametrize(("lang", "label"), [("zh", "共同词语"), ("en", "words that both use")])
def test_reasons_are_the_score_taken_apart(lang: str, label: str) -> None:
    assert experts("--out", "scores.csv", "--reasons", "why.jsonl", "--lang", lang) == 0
    rows = [json.loads(line) for line in Path("why.jsonl").read_text(encoding="utf-8").splitlines()]
    scores = table()
    assert {(row["query"], row["document"]): row["score"] for row in rows} == scores
    for item in ("i1", "i2", "i,3"):
        told = [row["score"] for row in rows if row["query"] == item]
        assert told == sorted(told, reverse=True)
    for row in rows:
        assert set(row) == {"query", "document", "score", "terms", "sentences", "signals", "documents"}
        assert sum(signal["contribution"] for signal in row["signals"]) == pytest.approx(row["score"], abs=1e-9)
        assert not row["terms"] or sum(term["share"] for term in row["terms"]) == pytest.approx(1)
    first = rows[0]
    assert (first["query"], first["document"]) == ("i1", "p1")
    assert first["signals"][0]["label"] == label
    assert first["terms"][0]["term"] == "气体传感器"
    assert first["sentences"] == [{"query": "红外气体传感器", "document": "甲烷气体传感器"}]
    assert first["documents"][0]["number"] == 1
    assert first["documents"][0]["title"] == "甲烷气体传感器"


def test_top_limits_the_reasons_of_an_item() -> None:
    assert experts("--out", "scores.csv", "--reasons", "why.jsonl", "--top", "1") == 0
    assert len(Path("why.jsonl").read_text().splitlines()) == 3


def test_order_of_lines_changes_no_score() -> None:
    assert experts("--out", "scores.csv", "--reasons", "why.jsonl") == 0
    before, why = table(), sorted(Path("why.jsonl").read_text().splitlines())
    save("items.jsonl", ITEMS[::-1])
    save("profiles.jsonl", PROFILES[::-1])
    assert experts("--out", "scores.csv", "--reasons", "why.jsonl") == 0
    assert (table(), sorted(Path("why.jsonl").read_text().splitlines())) == (before, why)


def test_half_life_is_an_option() -> None:
    documents = [{"title": "气体传感器", "date": "2000-05"}, {"title": "滤光片镀膜", "date": "2024-05-31"}]
    save("profiles.jsonl", [{"id": "p1", "documents": documents}])
    found = []
    for years in ("0", "4"):
        assert experts("--out", "scores.csv", "--half-life", years) == 0
        found.append(table()["i1", "p1"])
    assert found[0] > found[1]


def test_number_of_threads_changes_no_byte() -> None:
    dice = np.random.default_rng(1)
    words = np.array([f"w{chr(97 + a)}{chr(97 + b)}x" for a in range(26) for b in range(26)])

    def text() -> dict[str, str]:
        return {"title": " ".join(dice.choice(words, 5)), "text": " ".join(dice.choice(words, 40))}

    save("items.jsonl", [{"id": f"i{n}", **text()} for n in range(60)])
    save("profiles.jsonl", [{"id": f"p{n}", "documents": [text() for _ in range(8)]} for n in range(40)])
    found = []
    for threads in ("1", "2"):
        environment = os.environ | {"OMP_NUM_THREADS": threads, "OPENBLAS_NUM_THREADS": threads}
        command = [sys.executable, "-m", "jiandao.cli", "match", "experts", *FILES, "--out", "scores.csv"]
        subprocess.run(command, check=True, env=environment)
        found.append(Path("scores.csv").read_bytes())
    assert found[0] == found[1]


BAD_ITEMS = {
    "authors": ('{"id": "x", "title": "y", "authors": "p1"}', "authors is not a list of strings"),
    "excluded": ('{"id": "x", "title": "y", "excluded": [3]}', "excluded is not a list of strings"),
    "twice": ('{"id": "i1", "title": "y"}', "the id i1 stands on an earlier line too"),
    "no text": ('{"id": "x"}', "none of title, text and keywords"),
}
BAD_PROFILES = {
    "not json": ("{", "not JSON"),
    "no id": ('{"documents": []}', "there is no id"),
    "spaced id": ('{"id": "a b", "documents": []}', "white space"),
    "number id": ('{"id": 3, "documents": []}', "id is not a string"),
    "no documents": ('{"id": "x"}', "documents is not a list of objects"),
    "null documents": ('{"id": "x", "documents": null}', "documents is not a list of objects"),
    "strings": ('{"id": "x", "documents": ["a"]}', "documents is not a list of objects"),
    "empty document": ('{"id": "x", "documents": [{"title": "a"}, {}]}', "in its document 2 there is none of title"),
    "number title": ('{"id": "x", "documents": [{"title": 1}]}', "in its document 1 title is not a string"),
    "year": ('{"id": "x", "documents": [{"title": "a", "year": "2020"}]}', "year is '2020', expected a whole number"),
    "true year": ('{"id": "x", "documents": [{"title": "a", "year": true}]}', "year is True"),
    "date": ('{"id": "x", "documents": [{"title": "a", "date": "31.5.2024"}]}', "date is '31.5.2024', expected"),
    "bad id": ('{"id": "x", "documents": [{"title": "a", "id": "a b"}]}', "in its document 1 the id 'a b'"),
    "surrogate": ('{"id": "x", "documents": [{"text": "\\ud800"}]}', "half a character"),
    "large": (json.dumps({"id": "x", "documents": [{"text": "字" * 3_500_000}]}), "split it"),
    "twice": ('{"id": "p1", "documents": []}', "the id p1 stands on an earlier line too"),
}


@pytest.mark.parametrize(
    ("which", "line", "sentence"),
    [
        *(("items.jsonl", *case) for case in BAD_ITEMS.values()),
        *(("profiles.jsonl", *case) for case in BAD_PROFILES.values()),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(
    which: str, line: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path(which).open("a", encoding="utf-8") as file:
        file.write(line + "\n")
    assert experts("--out", "scores.csv", "--reasons", "why.jsonl") == 2
    told = capsys.readouterr().err
    assert f"{which}:4: " in told
    assert sentence in told
    assert sorted(path.name for path in Path().iterdir()) == ["items.jsonl", "profiles.jsonl"]


def test_other_encodings_and_empty_files_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    with Path("items.jsonl").open("ab") as file:
        file.write('{"id": "x", "title": "气体"}\n'.encode("gb18030"))
    Path("profiles.jsonl").write_bytes(b"")
    assert experts("--out", "scores.csv") == 2
    told = capsys.readouterr().err
    assert "items.jsonl:4: byte" in told
    assert "profiles.jsonl:1: the file is empty" in told


def test_files_must_differ_and_be_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert experts("--out", "items.jsonl") == 2
    assert "two of the files are the same" in capsys.readouterr().err
    assert experts("--out", "nowhere/scores.csv") == 2
    Path("items.jsonl").unlink()
    assert experts("--out", "scores.csv") == 2
    assert "items.jsonl:1: the file cannot be read" in capsys.readouterr().err


def test_a_line_of_ten_megabytes_is_read() -> None:
    documents = [{"title": f"气体传感器 {n}", "text": "红外吸收 " * 20_000} for n in range(35)]
    save("profiles.jsonl", [{"id": "p1", "documents": documents}, *PROFILES[1:]])
    assert Path("profiles.jsonl").stat().st_size > 9_000_000
    assert experts("--out", "scores.csv") == 0
    assert len(table()) == 8


def test_help_names_the_default() -> None:
    assert AffinitySettings().half_life == 8
