"""`jiandao match duplicates`, as docs/developer/matching-duplicates.md and the command's help promise it."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jiandao import cli

TEXT = "研究碳化硅功率模块在高温下的失效机理与寿命预测方法。"
DOCUMENTS = [
    {"id": "b", "title": "碳化硅", "text": TEXT + "红外气体传感器的灵敏度。"},
    {"id": "a,1", "text": TEXT, "abstract": "not read"},
    {"id": "c", "text": "Infrared gas sensing for the coal industry."},
    {"id": "d", "text": "infrared GAS  sensing, for the coal industry"},
    {"id": "e", "title": "……"},
]
FILES = ["--documents", "docs.jsonl", "--out", "pairs.csv"]


def save(path: str, rows: list[object]) -> None:
    Path(path).write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    save("docs.jsonl", list(DOCUMENTS))


def run(*arguments: str) -> int:
    return cli.main(["match", "duplicates", *FILES, *arguments])


def rows(path: str = "pairs.csv") -> list[list[str]]:
    with Path(path).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def listing() -> list[str]:
    return sorted(str(path) for path in Path().rglob("*"))


def test_pairs_have_the_form_of_the_interface(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--quiet", "--lang", "en") == 0
    assert rows() == [
        ["a", "b", "similarity", "containment"],
        ["a,1", "b", "0.636364", "1.000000"],
        ["c", "d", "1.000000", "1.000000"],
    ]
    assert capsys.readouterr() == ("", "")


def test_threshold_is_the_least_containment() -> None:
    save("docs.jsonl", [{"id": "a", "text": "一二三四五六七八九"}, {"id": "b", "text": "一二三四五六七八十百千万"}])
    assert run("--threshold", "0.8") == 0  # 4 of 5 shingles
    assert rows()[1:] == [["a", "b", "0.444444", "0.800000"]]
    assert run("--threshold", "0.81") == 0
    assert rows() == [["a", "b", "similarity", "containment"]]


def test_order_of_lines_changes_no_byte() -> None:
    assert run("--threshold", "0", "--copies", "copies.csv") == 0
    before = Path("pairs.csv").read_bytes(), Path("copies.csv").read_bytes()
    save("docs.jsonl", DOCUMENTS[::-1])
    assert run("--threshold", "0", "--copies", "copies.csv") == 0
    assert (Path("pairs.csv").read_bytes(), Path("copies.csv").read_bytes()) == before


@pytest.mark.parametrize("documents", [DOCUMENTS[:1], [{"id": "x", "title": "……"}], [{"id": "x", "keywords": []}]])
def test_one_document_or_none_with_letters_gives_the_header_alone(documents: list[object]) -> None:
    save("docs.jsonl", documents)
    assert run("--threshold", "0") == 0
    assert Path("pairs.csv").read_bytes() == b"a,b,similarity,containment\n"


def test_copies_are_listed_once_and_stand_in_no_pair() -> None:
    save("docs.jsonl", [{"id": name, "text": TEXT} for name in "zyx"] + [{"id": "w", "text": TEXT + "及其应用研究"}])
    assert run("--copies", "copies.csv") == 0
    assert rows("copies.csv") == [["id", "copy_of"], ["y", "x"], ["z", "x"]]
    assert [row[:2] for row in rows()[1:]] == [["w", "x"]]
    assert run() == 0
    assert [row[:2] for row in rows()[1:]] == [["w", "x"], ["w", "y"], ["w", "z"], ["x", "y"], ["x", "z"], ["y", "z"]]


def test_the_text_of_a_form_does_not_count() -> None:
    form = "本单位承诺所提交的材料真实有效\n并愿意承担由此产生的一切法律责任\n"
    own = ["红外气体传感器的灵敏度研究", "碳化硅功率模块的失效机理"]
    save("docs.jsonl", [{"id": f"d{i}", "text": form + text} for i, text in enumerate(own)])
    assert run("--threshold", "0.5") == 0
    assert len(rows()) == 2
    Path("form.txt").write_text(form, encoding="utf-8")
    assert run("--threshold", "0.5", "--template", "form.txt") == 0
    assert len(rows()) == 1


def test_more_pairs_than_anybody_reads_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    save("docs.jsonl", [{"id": f"d{i}", "text": TEXT} for i in range(100)])
    assert run("--most-pairs", "1000") == 2
    assert capsys.readouterr().err == (
        "docs.jsonl: 4,950 pairs or more, expected at most 1,000; 99 documents have the same text as d0;"
        " leave copies out of the pairs with --copies FILE, or raise --most-pairs\n"
    )
    assert not Path("pairs.csv").exists()
    other = [{"id": f"d{i}", "text": TEXT + chr(0x4E00 + i) * 6} for i in range(100)]
    save("docs.jsonl", other)
    assert run("--most-pairs", "1000") == 2
    assert "overlaps 99 documents; give the text of a common form with --template FILE" in capsys.readouterr().err
    assert run("--most-pairs", "4950") == 0


def test_faults_are_named_by_line_and_nothing_is_written(capsys: pytest.CaptureFixture[str]) -> None:
    Path("docs.jsonl").write_bytes(
        '{"id":"a","title":"碳"}\n'.encode()
        + '{"id":"b","title":"硅"}\n'.encode("gb18030")
        + b'[]\n{"id":"a","text":"x"}\n'
        + json.dumps({"id": "big", "text": "x" * 10_000_000}).encode()
    )
    before = listing()
    assert run() == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split(" ")[0] for line in told] == [f"docs.jsonl:{number}:" for number in (2, 3, 4, 5)]
    sentences = ("not UTF-8", "JSON list", "earlier line", "split it")
    assert all(sentence in line for sentence, line in zip(sentences, told, strict=True))
    assert listing() == before


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--threshold", "1.01"], "expected a number from 0 to 1"),
        (["--threshold", "-0.1"], "--threshold"),
        (["--threshold", "nan"], "--threshold"),
        (["--most-pairs", "0"], "--most-pairs"),
        (["--copies", "pairs.csv"], "two of the files are the same"),
        (["--out", "none/pairs.csv"], "its folder does not exist"),
        (["--template", "none.txt"], "none.txt:1: the file cannot be read"),
        (["--documents", "none.jsonl"], "none.jsonl:1: the file cannot be read"),
        (["--documents", "empty.jsonl"], "empty.jsonl:1: the file is empty"),
    ],
)
def test_bad_usage_is_told(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("empty.jsonl").touch()
    before = listing()
    assert run(*arguments) == 2
    assert sentence in capsys.readouterr().err
    assert listing() == before


def test_a_fault_leaves_what_was_written_before(capsys: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    before = Path("pairs.csv").read_bytes()
    save("docs.jsonl", [{"id": "x"}])
    assert run() == 2
    assert Path("pairs.csv").read_bytes() == before
    assert capsys.readouterr().err.startswith("docs.jsonl:1: there is none of title")


def test_another_process_writes_the_same_bytes() -> None:
    assert run("--threshold", "0.1") == 0
    before = Path("pairs.csv").read_bytes()
    environment = {**os.environ, "PYTHONHASHSEED": "1234"}
    command = [sys.executable, "-m", "jiandao.cli", "match", "duplicates", *FILES, "--threshold", "0.1"]
    subprocess.run(command, check=True, env=environment)
    assert Path("pairs.csv").read_bytes() == before
