"""`jiandao assign`, as docs/developer/assignment.md and the command's help promise it."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jiandao import cli

LIMITS = ["--panel-size", "2", "--max-load", "3"]
OUT = ["--out", "out.csv", "--report", "report.json", "--quiet"]


def scores(rows: int = 6, columns: int = 8, seed: int = 1) -> list[tuple[str, str, float]]:
    random = np.random.default_rng(seed)
    return [(f"p{p}", f"e{e}", round(random.random(), 4)) for p in range(rows) for e in range(columns)]


def save(name: str, lines: list[tuple[object, ...]]) -> Path:
    Path(name).write_text("".join(",".join(map(str, line)) + "\n" for line in lines), encoding="utf-8")
    return Path(name)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save("scores.csv", list(scores()))
    return tmp_path


def assign(*arguments: str) -> int:
    return cli.main(["assign", "--scores", "scores.csv", *LIMITS, *OUT, *arguments])


def report() -> dict[str, Any]:
    return json.loads(Path("report.json").read_text(encoding="utf-8"))


def pairs(name: str = "out.csv") -> list[tuple[str, str]]:
    with Path(name).open(encoding="utf-8") as file:
        return [(row[0], row[1]) for row in csv.reader(file)]


def test_panels_are_full_and_the_certificate_can_be_checked_by_hand() -> None:
    assert assign() == 0
    chosen = pairs()
    assert chosen == sorted(chosen)
    assert [p for p, _ in chosen] == sorted([f"p{p}" for p in range(6)] * 2)
    made = report()
    value = {(p, e): s for p, e, s in scores()}
    assert made["total"] == pytest.approx(sum(value[pair] for pair in chosen))
    assert (made["status"], made["changed"], made["unsatisfied"]) == ("optimal", None, [])
    assert 0 <= made["gap"] <= made["seats"] * made["certificate"]["resolution"]
    assert made["run"]["seed"] == 7
    of_proposal, of_expert = made["certificate"]["proposal_prices"], made["certificate"]["expert_prices"]
    bound = sum(2 * price for price in of_proposal.values()) + sum(3 * max(0, price) for price in of_expert.values())
    bound += sum(max(0, s - of_proposal.get(p, 0) - of_expert.get(e, 0)) for (p, e), s in value.items())
    assert bound == pytest.approx(made["total"], abs=1e-6)


def test_order_of_rows_and_form_of_the_file_change_no_byte() -> None:
    assert assign() == 0
    first = Path("out.csv").read_bytes()
    one = {**report(), "run": None}
    text = "\ufeff" + "".join(f'"{p}", {e} ,{s}\r\n' for p, e, s in scores()[::-1])
    Path("scores.csv").write_text(text, encoding="utf-8", newline="")
    assert assign() == 0
    assert Path("out.csv").read_bytes() == first
    assert {**report(), "run": None} == one
    matrix = np.array([s for _, _, s in scores()]).reshape(6, 8)
    np.savez("scores.npz", scores=matrix, items=[f"p{p}" for p in range(6)], profiles=[f"e{e}" for e in range(8)])
    assert assign("--scores", "scores.npz") == 0
    assert Path("out.csv").read_bytes() == first


def test_fair_raises_the_minimum_and_says_its_bound() -> None:
    assert assign() == 0
    plain = report()
    assert assign("--objective", "fair", "--lang", "en") == 0
    fair = report()
    assert fair["minimum"] >= plain["minimum"]
    assert fair["total"] <= plain["total"] + 1e-9
    assert fair["bound"] >= fair["minimum"]
    assert fair["total_bound"] >= fair["total"]
    assert fair["objective"] == "fair"
    assert "eligible pairs" in fair["certificate"]["text"]


def test_a_minimum_that_only_a_search_proves_says_so() -> None:
    scores = {"p1": (0.831, 0.61, 0.332), "p2": (0.927, 0.36, 0.353)}
    save("scores.csv", [(p, f"e{e}", score) for p, row in scores.items() for e, score in enumerate(row)])
    assert assign("--objective", "fair", "--panel-size", "1", "--max-load", "1") == 0
    made = report()
    assert (made["status"], made["minimum"], made["bound"]) == ("optimal", 0.61, 0.61)
    assert made["certificate"]["method"] == "branching"  # the prices prove .69


def test_conflicts_and_fixed_pairs_hold() -> None:
    save("conflicts.csv", [("p0", f"e{e}", -1) for e in range(5)] + [("p1", "e7", 1)])
    assert assign("--conflicts", "conflicts.csv") == 0
    chosen = pairs()
    assert ("p1", "e7") in chosen
    assert {e for p, e in chosen if p == "p0"} <= {"e5", "e6", "e7"}


def test_roles_institutions_own_loads_and_own_panel_sizes_hold() -> None:
    people = [("expert", "institution", "roles", "max_load")]
    people += [(f"e{e}", f"unit{e % 4}", "finance;tech" if e < 3 else "tech", 1 if e == 0 else "") for e in range(8)]
    save("experts.csv", people)
    save("proposals.csv", [("proposal", "panel_size"), ("p3", 3)])
    arguments = ["--experts", "experts.csv", "--proposals", "proposals.csv"]
    assert assign(*arguments, "--require", "finance=1", "tech=2", "--one-per-institution") == 0
    panels: dict[str, list[int]] = {}
    for p, e in pairs():
        panels.setdefault(p, []).append(int(e[1:]))
    assert len(panels["p3"]) == 3
    for members in panels.values():
        assert any(member < 3 for member in members)
        assert len({member % 4 for member in members}) == len(members)
    assert sum(0 in members for members in panels.values()) <= 1
    assert set(report()["certificate"]["role_prices"]) == {"finance", "tech"}


def test_a_refusal_changes_one_pair() -> None:
    assert assign() == 0
    refused = pairs()[0]
    Path("out.csv").rename("old.csv")
    save("refused.csv", [refused])
    assert assign("--incumbent", "old.csv", "--refused", "refused.csv") == 0
    made = report()
    assert len(made["changed"]) == 1
    assert made["released"] == [{"proposal": refused[0], "expert": refused[1]}]
    assert refused not in pairs()


def test_draws_write_their_chances_and_repeat_by_seed() -> None:
    arguments = ["--probability-cap", "0.5", "--marginals", "chances.csv"]
    assert assign(*arguments) == 0
    made = report()
    assert made["greatest_probability"] <= made["probability_cap"] == 0.5
    assert made["expected_total"] == pytest.approx(made["bound"], abs=1e-6)
    with Path("chances.csv").open() as file:
        chances = {(p, e): float(q) for p, e, q in csv.reader(file)}
    assert sum(chances.values()) == 12
    assert set(pairs()) <= set(chances)
    before = Path("out.csv").read_bytes()
    assert assign(*arguments) == 0
    assert Path("out.csv").read_bytes() == before
    seen = set()
    for seed in range(6):
        assert assign(*arguments, "--seed", str(seed), "--perturbation", "0.3") == 0
        seen.add(Path("out.csv").read_bytes())
    assert len(seen) > 1


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_without_a_solution_only_the_report_is_written_and_counts(lang: str) -> None:
    Path("out.csv").write_text("as it was\n")
    save("conflicts.csv", [("p2", f"e{e}", -1) for e in range(1, 8)])
    assert assign("--conflicts", "conflicts.csv", "--lang", lang) == 3
    assert Path("out.csv").read_text() == "as it was\n"
    made = report()
    assert made["status"] == "infeasible"
    assert made["total"] is None
    (found,) = made["unsatisfied"]
    assert (found["code"], found["proposals"], found["needed"], found["offered"]) == ("seats", ["p2"], 2, 1)
    assert ("申报材料 p2 需 2 个" if lang == "zh" else "Proposal p2 needs 2 seats") in found["text"]


def test_a_panel_with_fewer_seats_than_its_roles_is_named() -> None:
    save("experts.csv", [("expert", "institution", "roles", "max_load"), ("e1", "", "finance", "")])
    save("sizes.csv", [("proposal", "panel_size"), ("p2", 0)])
    words = ["--experts", "experts.csv", "--require", "finance=1", "--proposals", "sizes.csv", "--lang", "en"]
    assert assign(*words) == 3
    found = report()["unsatisfied"][0]
    assert (found["code"], found["proposals"], found["needed"], found["offered"]) == ("role-panel", ["p2"], 1, 0)
    assert found["text"].startswith("Proposal p2 needs 1 seats held by experts of the role finance")


def test_fair_panels_without_a_pair_have_all_bounds() -> None:
    save("scores.csv", [("p1", "e1", 1)])
    save("conflicts.csv", [("p1", "e1", -1)])
    save("sizes.csv", [("proposal", "panel_size"), ("p1", 0)])
    assert assign("--conflicts", "conflicts.csv", "--proposals", "sizes.csv", "--objective", "fair") == 0
    made = report()
    assert (made["total"], made["minimum"], made["bound"], made["total_bound"]) == (0, 0, 0, 0)


def test_loads_that_cannot_be_reached_name_the_experts() -> None:
    assert assign("--min-load", "2") == 3
    (found,) = report()["unsatisfied"]
    assert (found["code"], found["needed"], found["offered"], len(found["experts"])) == ("least-load", 16, 12, 8)


BAD_SCORES = {
    "empty": ("", ":1: the file is empty"),
    "two cells": ("p,e\n", ":1: 2 cells, expected proposal,expert,score"),
    "no number": ("p,e,1\np,f,high\n", ":2: the score 'high' is no number"),
    "nan": ("p,e,nan\n", ":1: the score 'nan' is no number"),
    "inf": ("p,e,-inf\n", ":1: the score '-inf' is no number"),
    "huge": ("p,e,1e300\n", ":1: the score '1e300' is no number up to 1e12"),
    "underscore": ("p,e,1_0\n", ":1: the score '1_0' is no number"),
    "twice": ("p,e,1\nq,e,1\np,e,2\n", ":3: the pair stands on line 1 too"),
    "no id": ("p,,1\n", ":1: the expert '' is no id"),
    "blank inside": ("p 1,e,1\n", ":1: the proposal 'p 1' is no id"),
    "quote": ('p,"e,1\n', ":1: not CSV"),
    "encoding": ("p,é,1\n".encode("latin-1"), ":1: byte 3 is not UTF-8"),
}


@pytest.mark.parametrize("case", BAD_SCORES)
def test_a_fault_in_scores_is_named_by_line_and_nothing_is_written(
    case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    content, sentence = BAD_SCORES[case]
    Path("scores.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    assert assign() == 2
    assert f"scores.csv{sentence}" in capsys.readouterr().err
    assert not Path("out.csv").exists()
    assert not Path("report.json").exists()


BAD_FILES = {
    "conflict mark": (["--conflicts"], "p0,e0,2\n", ":1: the mark '2' is none"),
    "conflict unknown": (["--conflicts"], "p0,e0,-1\np0,nobody,-1\n", ":2: the expert 'nobody' is unknown"),
    "conflict twice": (["--conflicts"], "p0,e0,-1\np0,e0,1\n", ":2: the pair stands on line 1 too"),
    "expert unknown": (
        ["--experts"],
        "expert,institution,roles,max_load\nnobody,,,\n",
        ":2: the expert 'nobody' is unknown",
    ),
    "expert twice": (
        ["--experts"],
        "expert,institution,roles,max_load\n" + "e1,,,\n" * 2,
        ":3: the expert e1 stands on line 2 too",
    ),
    "expert load": (["--experts"], "expert,institution,roles,max_load\ne1,,,-1\n", ":2: max_load '-1' is none"),
    "no header": (["--experts"], "e1,unit\n", ":1: no column expert"),
    "misspelt": (["--experts"], "expert,instution,roles,max_load\ne1,,,\n", ":1: no column institution"),
    "panel size": (["--proposals"], "proposal,panel_size\np1,2.5\n", ":2: the panel size '2.5' is none"),
    "old unknown": (["--incumbent"], "p9,e0,1\n", ":1: the proposal 'p9' is unknown"),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_a_fault_in_another_file_is_named(case: str, capsys: pytest.CaptureFixture[str]) -> None:
    options, content, sentence = BAD_FILES[case]
    Path("bad.csv").write_text(content)
    assert assign(*options, "bad.csv") == 2
    assert f"bad.csv{sentence}" in capsys.readouterr().err
    assert not Path("report.json").exists()


def test_a_fixed_pair_needs_a_score_and_no_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    save("scores.csv", [row for row in scores() if row[:2] != ("p0", "e0")])
    save("conflicts.csv", [("p0", "e0", 1), ("p1", "e1", 1)])
    save("old.csv", [("p1", "e1", 0.5)])
    save("refused.csv", [("p1", "e1")])
    assert assign("--conflicts", "conflicts.csv", "--incumbent", "old.csv", "--refused", "refused.csv") == 2
    said = capsys.readouterr().err
    assert "conflicts.csv:1: the pair p0,e0 is fixed but has no score" in said
    assert "refused.csv:1: the pair is fixed in the conflicts" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--min-load", "9"], "--min-load is over --max-load"),
        (["--require", "finance=1"], "need --experts"),
        (["--require", "finance"], "expected a role and a number"),
        (["--refused", "scores.csv"], "--refused needs --incumbent"),
        (["--marginals", "m.csv"], "need --probability-cap"),
        (["--probability-cap", "0"], "above 0"),
        (["--probability-cap", "nan"], "above 0"),
        (["--probability-cap", "0.5", "--objective", "fair"], "goes neither with"),
        (["--panel-size", "-1"], "whole number"),
        (["--time-limit", "0"], "above 0"),
        (["--report", "out.csv"], "the same"),
        (["--out", "scores.csv"], "the same"),
        (["--out", "nowhere/out.csv"], "its folder does not exist"),
        (["--scores", "absent.csv"], "absent.csv:1: the file cannot be read"),
        (["--scores", "."], "cannot be read"),
        (["--scores", "broken.npz"], "not such an archive"),
    ],
)
def test_wrong_usage_is_said_in_a_line(arguments: list[str], sentence: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("broken.npz").write_bytes(b"no archive")
    assert assign(*arguments) == 2
    assert sentence in capsys.readouterr().err
    assert not Path("report.json").exists()


def test_out_of_time_with_nothing_usable_is_status_4(capsys: pytest.CaptureFixture[str]) -> None:
    assert assign("--time-limit", "1e-9") == 4
    assert "--time-limit" in capsys.readouterr().err
    assert not Path("out.csv").exists()


def test_out_of_time_fair_panels_are_the_best_total_and_say_so() -> None:
    assert assign("--objective", "fair", "--time-limit", "1e-9") == 0
    made = report()
    assert made["status"] == "feasible"
    assert made["bound"] >= made["minimum"]
    assert made["certificate"]["method"] == "none"
    assert made["run"]["limit_reached"]
