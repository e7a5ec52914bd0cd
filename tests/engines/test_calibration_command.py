"""`jiandao calibrate`, as docs/developer/calibration.md and the command's help promise it."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from jiandao import cli

FILES = ["--reviews", "reviews.csv", "--out", "out.csv", "--experts-out", "experts.csv", "--report", "report.json"]


def made(rows: int = 20, experts: int = 6, seed: int = 1) -> list[str]:
    random = np.random.default_rng(seed)
    return [
        f"p{p},e{e},{round(5 + (p % 5) + (e == 0) * -2 + random.normal(0, 0.5), 2)}"
        for p in range(rows)
        for e in sorted(random.choice(experts, 3, replace=False).tolist())
    ]


def save(lines: list[str], header: str = "proposal,expert,score") -> None:
    Path("reviews.csv").write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save(made())
    return tmp_path


def calibrate(*arguments: str) -> int:
    return cli.main(["calibrate", *FILES, "--quiet", *arguments])


def table(name: str) -> list[dict[str, str]]:
    with Path(name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_files_have_the_promised_columns_and_hold_together() -> None:
    assert calibrate() == 0
    lines = table("out.csv")
    assert list(lines[0]) == ["proposal", "raw_mean", "score", "sd", "rank", "rank_low", "rank_high"]
    assert [line["proposal"] for line in lines] == sorted(f"p{p}" for p in range(20))
    assert sorted(int(line["rank"]) for line in lines) == list(range(1, 21))
    by_rank = sorted(lines, key=lambda line: int(line["rank"]))
    assert [float(line["score"]) for line in by_rank] == sorted((float(line["score"]) for line in lines), reverse=True)
    assert all(int(line["rank_low"]) <= int(line["rank"]) <= int(line["rank_high"]) for line in lines)
    experts = table("experts.csv")
    assert list(experts[0]) == ["expert", "reviews", "bias", "sd", "scale"]
    assert min(experts, key=lambda line: float(line["bias"]))["expert"] == "e0"
    assert sum(int(line["reviews"]) for line in experts) == 60


def test_order_of_rows_and_columns_changes_no_byte_and_the_seed_counts() -> None:
    def written() -> tuple[bytes, bytes, dict[str, object]]:
        report = json.loads(Path("report.json").read_text())
        return Path("out.csv").read_bytes(), Path("experts.csv").read_bytes(), {**report, "run": None}

    assert calibrate() == 0
    first = written()
    rows = [",".join(line.split(",")[i] for i in (2, 0, 1)) for line in made()[::-1]]
    save(rows, "score,proposal,expert")
    assert calibrate() == 0
    assert written() == first
    assert calibrate("--seed", "8") == 0
    assert written() != first


def test_criteria_and_their_weights() -> None:
    save(
        [f"{line},quality" for line in made()] + [f"{line},price" for line in made(seed=2)],
        "proposal,expert,score,criterion",
    )
    assert calibrate() == 0
    equal = Path("out.csv").read_bytes()
    assert calibrate("--weights", "quality=1", "price=1") == 0
    assert Path("out.csv").read_bytes() == equal
    assert calibrate("--weights", "quality=1", "price=0") == 0
    with_one = Path("out.csv").read_bytes()
    save(made())
    assert calibrate() == 0
    assert Path("out.csv").read_bytes() == with_one


@pytest.mark.parametrize(("lang", "words"), [("zh", "互不相连"), ("en", "cannot be claimed to be on one scale")])
def test_the_report_says_what_a_reader_must_know(lang: str, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    save([*made(), "z1,y1,5", "z2,y1,9"])
    assert cli.main(["calibrate", *FILES, "--lang", lang]) == 0
    report = json.loads(Path("report.json").read_text(encoding="utf-8"))
    codes = {note["code"]: note for note in report["notes"]}
    assert words in codes["groups"]["text"]
    assert words in capsys.readouterr().err
    assert codes["single-reviews"]["proposals"] == 2
    assert report["parts"] == [{"part": 1, "proposals": 20, "experts": 6}, {"part": 2, "proposals": 2, "experts": 1}]
    assert report["proposals"]["z1"]["part"] == 2
    assert report["proposals"]["p0"].keys() == {"trimmed_mean", "trimmed_rank", "part"}
    low, high = (report["experts"]["e0"][key] for key in ("bias_low", "bias_high"))
    assert low < high < 0


def test_an_outlier_is_told_in_a_sentence() -> None:
    rows = made(60, 10)
    name = ",".join(rows[4].split(",")[:2])
    rows[4] = f"{name},30"
    save(rows)
    assert calibrate("--lang", "en") == 0
    report = json.loads(Path("report.json").read_text())
    assert any(f"gave {name.split(',')[0]} 30;" in found["text"] for found in report["outliers"])


def test_only_the_file_of_proposals_is_needed_and_ids_may_hold_commas() -> None:
    save(['"p,1",e1,3', '"p,1",e2,4', "p2,e1,5"])
    assert (
        cli.main(["calibrate", "--reviews", "reviews.csv", "--out", "out.csv", "--model", "additive", "--quiet"]) == 0
    )
    assert [line["proposal"] for line in table("out.csv")] == ["p,1", "p2"]
    assert sorted(path.name for path in Path().iterdir()) == ["out.csv", "reviews.csv"]


BAD = {
    "empty": ("", ":1: the file is empty"),
    "header only": ("proposal,expert,score\n", ":1: there is no review"),
    "no header": ("p1,e1,5\n", ":1: no column proposal"),
    "no number": ("proposal,expert,score\np,e,good\n", ":2: the score 'good' is no number"),
    "nan": ("proposal,expert,score\np,e,nan\n", ":2: the score 'nan' is no number"),
    "inf": ("proposal,expert,score\np,e,inf\n", ":2: the score 'inf' is no number"),
    "no expert": ("proposal,expert,score\np,,5\n", ":2: the expert '' is no id"),
    "twice": ("proposal,expert,score\np,e,5\nq,e,5\np,e,5\n", ":4: the review stands on line 2 too"),
    "cells": ("proposal,expert,score\np,e\n", ":2: 2 cells, expected 3"),
    "criteria": ("proposal,expert,score,criterion\np,e,5,a\np,f,5,\n", ":3: criteria are named on some lines only"),
    "encoding": (b"proposal,expert,score\np,\xe9,5\n", ":2: byte 3 is not UTF-8"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_fault_is_named_by_line_and_nothing_is_written(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    content, words = BAD[case]
    Path("reviews.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert calibrate() == 2
    assert f"reviews.csv{words}" in capsys.readouterr().err
    assert not Path("out.csv").exists()
    assert not Path("report.json").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--weights", "novelty"], "expected a criterion and a number"),
        (["--weights", "novelty=-1"], "expected a criterion and a number"),
        (["--weights", "novelty=nan"], "expected a criterion and a number"),
        (["--weights", "novelty=1"], "no review has the criterion novelty"),
        (["--weights", "a=1", "a=2"], "names a criterion twice"),
        (["--trim", "-1"], "whole number"),
        (["--out", "reviews.csv"], "the same"),
        (["--out", "nowhere/out.csv"], "its folder does not exist"),
        (["--reviews", "absent.csv"], "absent.csv:1: the file cannot be read"),
        (["--reviews", "."], "cannot be read"),
        (["--time-limit", "-1"], "above 0"),
    ],
)
def test_wrong_usage_is_said_in_a_line(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert calibrate(*arguments) == 2
    assert words in capsys.readouterr().err
    assert not Path("report.json").exists()


def test_out_of_time_gives_scores_and_says_so() -> None:
    assert calibrate("--time-limit", "1e-9") == 0
    report = json.loads(Path("report.json").read_text())
    assert report["run"]["limit_reached"]
    assert report["notes"][-1]["code"] == "time"
