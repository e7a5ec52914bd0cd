"""`jiandao portfolio`, as the command's help and docs/developer/portfolio.md promise it."""

import json
import os
import threading
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from jiandao import cli
from jiandao.engines import documents
from jiandao.engines.portfolio import patience

PLAN: dict[str, Any] = {
    "budgets": {"2026": 1200, "2027": 1500},
    "projects": [
        {"id": "p0", "value": 50, "uses": {"2026": 300}, "field": "memory"},
        {
            "id": "p1",
            "value": 71.5,
            "sd": 4.0,
            "uses": {"2026": 300, "2027": 200},
            "field": "photonics",
            "direction": "industry",
            "cofunding": 800,
            "risk": 0.3,
            "may_start": ["2026", "2027"],
            "requires": ["p0"],
            "level_of": "p1-full",
        },
        {
            "id": "p1-full",
            "value": 90,
            "uses": {"2026": 500, "2027": 400},
            "field": "photonics",
            "cofunding": 1200,
            "risk": 0.3,
        },
        {"id": "p3", "value": 20, "sd": 3, "uses": {"2026": 300, "2027": 700}, "field": "memory", "cofunding": 1500},
        {"id": "p4", "value": 60, "uses": {"2026": 300, "2027": 700}, "field": "memory", "cofunding": 1500},
        {"id": "p9", "value": 30, "sd": 25, "uses": {"2026": 300, "2027": 300}, "field": "memory", "cofunding": 1500},
    ],
    "rules": [
        {"kind": "floor", "field": "photonics", "amount": 100},
        {"kind": "cap", "direction": "future", "amount": 600},
        {"kind": "at-most", "projects": ["p1", "p9"], "count": 1},
        {"kind": "at-least", "field": "memory", "count": 2},
        {"kind": "lock-in", "projects": ["p3"]},
        {"kind": "lock-out", "projects": ["p4"]},
        {"kind": "leverage", "ratio": 1.2},
        {"kind": "risk", "ceiling": 0.3},
    ],
    "states": {"reserve": {"share_of_cost": 0.03, "share_of_value": 0.08}},
    "delay_discount": 0.08,
}


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    save(PLAN)
    return tmp_path


def save(plan: object, name: str = "plan.json") -> None:
    Path(name).write_text(json.dumps(plan, ensure_ascii=False, indent=1), encoding="utf-8")


def portfolio(*arguments: str, plan: str = "plan.json", out: str = "decision.json") -> int:
    return cli.main(["portfolio", "--plan", plan, "--out", out, *arguments])


def answer(name: str = "decision.json") -> dict[str, Any]:
    return json.loads(Path(name).read_text(encoding="utf-8"))


def without_run(name: str) -> dict[str, Any]:
    report = answer(name)
    report["run"] = {**report["run"], "seconds": None, "machine": None}
    return report


def test_the_decision_has_its_form() -> None:
    assert portfolio("--samples", "60", "--frontier", "3", "--explain", "all") == 0
    report = answer()
    assert report["status"] == "optimal"
    assert report["value"] == pytest.approx(162.4)
    assert report["bound"] >= report["value"]
    assert report["gap"] <= 1e-3
    assert report["used"] == {"2026": 1118, "2027": 1100}
    states = {name: entry["state"] for name, entry in report["projects"].items()}
    assert states == {
        "p0": "implement",
        "p1": "plan",
        "p1-full": "implement",
        "p3": "implement",
        "p4": "plan",
        "p9": "reserve",
    }
    assert report["projects"]["p0"]["start"] == "2026"
    assert "start" not in report["projects"]["p1"]
    assert all(0 <= entry["inclusion"] <= 1 for entry in report["projects"].values())
    assert report["projects"]["p3"]["standing"] == "always"
    assert report["projects"]["p4"]["standing"] == "never"
    assert report["projects"]["p9"]["standing"] == "sometimes"
    assert [point["scale"] for point in report["frontier"]] == [0.5, 1.0, 1.5]
    assert report["frontier"][1]["value"] == report["value"]
    assert report["violated"] == []
    assert report["run"]["limit_reached"] is False


def test_reasons_say_what_would_bring_a_project_in_and_what_goes() -> None:
    assert portfolio("--explain", "all", "--lang", "en") == 0
    projects = answer()["projects"]
    assert projects["p1"]["why"]["code"] == "out.level"
    assert projects["p1"]["why"]["displaces"] == ["p1-full"]
    assert projects["p4"]["why"]["code"] == "out.locked"
    assert projects["p3"]["why"]["code"] == "in.locked"
    wanted = projects["p9"]["why"]
    assert wanted["regret"] == pytest.approx(18.4)
    assert wanted["points_enough"] == pytest.approx(20)  # one more point is worth 0.92: it is in reserve already
    assert wanted["to_add"] == [{"kind": "budget", "key": "2026", "amount": 200}]
    assert "It would displace p0." in projects["p9"]["reason"]
    # With so many more points it is in, with a little less it is not.
    for more, state in ((20.1, "implement"), (19.9, "reserve")):
        plan = deepcopy(PLAN)
        plan["projects"][5]["value"] += more
        save(plan)
        assert portfolio("--gap", "0") == 0
        assert answer()["projects"]["p9"]["state"] == state


def test_reasons_speak_chinese_with_full_width_signs() -> None:
    assert portfolio("--explain", "p9") == 0
    reason = answer()["projects"]["p9"]["reason"]
    assert "入选会挤出 p0。" in reason
    assert not set(",;:()") & set(reason)


def test_no_reasons_and_no_shares_when_not_asked_for() -> None:
    assert portfolio("--explain", "none") == 0
    assert set(answer()["projects"]["p0"]) == {"state", "start"}


def test_only_budgets_ids_values_and_uses_are_needed() -> None:
    items = [(10, 5, 4), (40, 4, 6), (30, 6, 3), (50, 3, 5)]
    save(
        {
            "budgets": {"a": 10, "b": 12},
            "projects": [{"id": f"i{n}", "value": v, "uses": {"a": a, "b": b}} for n, (v, a, b) in enumerate(items)],
        }
    )
    assert portfolio("--gap", "0") == 0
    report = answer()
    assert report["value"] == report["bound"] == 90
    assert {entry["state"] for entry in report["projects"].values()} == {"implement", "plan"}


def test_two_runs_and_another_order_give_the_same_bytes() -> None:
    assert portfolio("--samples", "7", "--explain", "all", out="one.json") == 0
    assert portfolio("--samples", "7", "--explain", "all", out="two.json") == 0
    assert without_run("one.json") == without_run("two.json")
    save({**PLAN, "projects": PLAN["projects"][::-1]})
    assert portfolio("--samples", "7", "--explain", "all", out="three.json") == 0
    assert without_run("one.json") == without_run("three.json")


def test_a_pool_and_a_cluster_give_the_same_bytes() -> None:
    distributed = pytest.importorskip("distributed")
    more = ["--samples", "6", "--frontier", "3", "--explain", "all"]
    assert portfolio(*more, out="here.json") == 0
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, dashboard_address=":0", protocol="tcp"
    ) as cluster:
        assert portfolio(*more, "--cluster", cluster.scheduler_address, out="cluster.json") == 0
    assert without_run("here.json") == without_run("cluster.json")


def test_an_impossible_plan_says_what_would_have_to_give_way(capsys: pytest.CaptureFixture[str]) -> None:
    save({**PLAN, "budgets": {"2026": 800, "2027": 1500}})
    assert portfolio("--lang", "en") == 3
    report = answer()
    assert report["status"] == "infeasible"
    assert report["violated"] == [
        {"kind": "budget", "rule": "budgets.2026", "amount": 100, "reason": "budget 2026 takes 100 more"}
    ]
    assert report["smallest"] is True
    before = Path("decision.json").read_bytes()
    assert portfolio() == 3  # what is there stays, the report goes beside it
    assert Path("decision.json").read_bytes() == before
    assert answer("decision.infeasible.json")["violated"][0]["reason"] == "预算 2026 需增加 100"
    assert "decision.infeasible.json" in capsys.readouterr().err


def test_an_incumbent_is_followed() -> None:
    assert portfolio(out="old.json") == 0
    assert portfolio("--incumbent", "old.json") == 0
    assert answer()["changed"] == []
    save({**PLAN, "budgets": {"2026": 1100, "2027": 1500}})
    assert portfolio("--incumbent", "old.json") == 0
    assert answer()["changed"] == ["p9"]  # only its preparation is given up


def test_nothing_of_the_solver_is_written(capfd: pytest.CaptureFixture[str]) -> None:
    assert portfolio() == 0
    assert tuple(capfd.readouterr()) == ("", "")


def edited(*path: object, value: object = None, drop: bool = False) -> dict[str, Any]:
    plan = deepcopy(PLAN)
    at: Any = plan
    for key in path[:-1]:
        at = at[key]
    if drop:
        del at[path[-1]]
    else:
        at[path[-1]] = value
    return plan


def fault_of(capsys: pytest.CaptureFixture[str], *more: str) -> str:
    Path("decision.json").unlink(missing_ok=True)
    before = sorted(os.listdir())
    assert portfolio(*more) == 2
    assert sorted(os.listdir()) == before
    return capsys.readouterr().err


@pytest.mark.parametrize(
    ("plan", "expected"),
    [
        (edited("budgets", drop=True), "budgets: there is none"),
        (edited("budgets", value={}), "budgets: there is none"),
        (edited("budgets", "2026", value=-5), "budgets.2026: -5 is negative"),
        (edited("budgets", "2026", value=True), "budgets.2026: is no number"),
        (edited("projects", value=[]), "projects: there is none"),
        (edited("projects", drop=True), "projects: there is no list"),
        (edited("projects", 3, "uses", "2026", value=2.5), "projects[3].uses.2026: 2.5 has a fraction"),
        (edited("projects", 3, "uses", "2026", value=-1), "projects[3].uses.2026: -1 is negative"),
        (edited("projects", 3, "uses", "2026", value=10**15), "at most 15 digits"),
        (edited("projects", 3, "uses", "2031", value=1), "projects[3].uses: there is no budget 2031"),
        (edited("projects", 3, "uses", drop=True), "projects[3].uses: there is no object"),
        (edited("projects", 3, "value", drop=True), "projects[3]: value is missing"),
        (edited("projects", 3, "value", value=-2), "projects[3].value: -2 is out of range"),
        (edited("projects", 3, "sd", value="4"), "projects[3].sd: is no number"),
        (edited("projects", 3, "risk", value=1.5), "projects[3].risk: 1.5 is out of range, expected 0 to 1"),
        (edited("projects", 3, "cofunding", value=-7), "projects[3].cofunding: -7 is negative"),
        (edited("projects", 3, "id", value="p0"), "projects[3].id: p0 is the id of projects[0] too"),
        (edited("projects", 3, "id", value="a b"), "projects[3].id: is no id"),
        (edited("projects", 3, value=7), "projects[3]: is no object"),
        (edited("projects", 3, "may_start", value=["2027", "2026"]), "projects[3].may_start: is not in time order"),
        (edited("projects", 3, "may_start", value=["2099"]), "projects[3].may_start: there is no budget 2099"),
        (edited("projects", 3, "requires", value=["nobody"]), "projects[3].requires: there is no project nobody"),
        (edited("projects", 3, "requires", value="p0"), "projects[3].requires: is no list"),
        (edited("projects", 0, "requires", value=["p1"]), "is a cycle (p0 → p1 → p0)"),
        (edited("projects", 3, "level_of", value="nobody"), "projects[3].level_of: there is no project nobody"),
        (edited("projects", 3, "level_of", value="p3"), "projects[3].level_of: names the project itself"),
        (edited("projects", 3, "require", value=[]), "projects[3].require: an unknown key, expected requires?"),
        (edited("rules", 0, "fields", value="x"), "rules[0].fields: an unknown key, expected field?"),
        (edited("rules", 0, "colour", value="x"), "rules[0].colour: an unknown key, expected one of"),
        (edited("rules", 0, "count", value=1), "rules[0].count: an unknown key"),
        (edited("rules", 0, "kind", value="ceiling"), "rules[0].kind: is no kind of rule"),
        (edited("rules", 0, "amount", drop=True), "rules[0]: amount is missing"),
        (edited("rules", 0, "amount", value=0.5), "rules[0].amount: 0.5 has a fraction"),
        (edited("rules", 2, "projects", value=["p1", "p77"]), "rules[2].projects: there is no project p77"),
        (edited("rules", 4, "projects", value=["p3", "p4"]), "p4 is locked in and locked out"),
        (edited("rules", 4, "projects", drop=True), "rules[4]: lock-in names no projects"),
        (edited("states", "reserve", "share_of_cost", value=2), "states.reserve.share_of_cost: 2 is out of range"),
        (edited("states", "reserve", "share_of_cost", drop=True), "share_of_cost is missing"),
        (edited("delay_discount", value=-0.1), "delay_discount: -0.1 is out of range"),
    ],
)
def test_a_fault_names_its_place_and_line(
    plan: dict[str, Any], expected: str, capsys: pytest.CaptureFixture[str]
) -> None:
    save(plan)
    told = fault_of(capsys)
    assert expected in told
    line = told.splitlines()[0]
    file, number, place = line.split(":")[:3]
    assert file == "plan.json"
    last = place.strip().replace("]", "").replace("[", ".").split(".")[-1]
    text = Path("plan.json").read_text(encoding="utf-8").splitlines()[int(number) - 1]
    # The line holds the key that is named, or opens the object that lacks it.
    assert last in text or last.isdigit() or text.strip() == "{", (line, text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "plan.json:1: the file is empty"),
        ("\n \n\n", "the file is empty"),
        ("[1, 2]", "plan.json:1: is no JSON object"),
        ('{"budgets": {"1": 1},\n "projects": [}', "plan.json:2: not JSON"),
        ('{"budgets":\n {"1": NaN}}', "plan.json:2: the number NaN"),
        ('{"budgets":\n {"1": 1e999}}', "plan.json:2: the number 1e999… has too many digits"),
        ('{"budgets": {"1": 1,\n "1": 2}}', "plan.json:2: the name '1' stands twice"),
        ('{"a":' * 100_000 + "1" + "}" * 100_000, "nested too deep"),
        ('{"budgets": ' + "[" * 100_000, "nested too deep"),
        ('{"budgets": {"1": ' + "9" * 5000 + "}}", "has too many digits"),
        ('{"budgets": {"\\ud800": 1}}', "plan.json:1: budgets: '\\ud800' is no name of a budget"),
        ('{"budgets": {"a\\nb": "x"}}', r"plan.json:1: budgets.a\nb: is no number"),
        ('{"rules": [{"kind": "floor",\n "field": "\\udfff"}]}', "plan.json:2: rules[0].field: is no text"),
    ],
)
def test_hostile_texts_are_refused(text: str, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("plan.json").write_text(text, encoding="utf-8")
    assert expected in fault_of(capsys)


@pytest.mark.parametrize("last", [f', "a{20_000}": -1', ', "a0": 2'])
def test_many_faults_of_one_value_are_told_in_time(last: str, capsys: pytest.CaptureFixture[str]) -> None:
    sign = "-" if "-" in last else ""
    budgets = ", ".join(f'"a{number}": {sign}1' for number in range(20_000))
    Path("plan.json").write_text(f'{{"budgets": {{{budgets}{last}}}}}', encoding="utf-8")
    began = time.process_time()
    assert "plan.json:1: " in fault_of(capsys)
    assert time.process_time() - began < 5  # a look at all of them for each took a minute


def test_the_plan_and_the_decision_are_two_files(capsys: pytest.CaptureFixture[str]) -> None:
    before = Path("plan.json").read_bytes()
    assert portfolio(out="./plan.json") == 2
    assert "two of the files are the same" in capsys.readouterr().err
    Path("plan.json").rename("x.infeasible.json")  # where the report of an impossible plan would stand
    assert portfolio(plan="x.infeasible.json", out="x.json") == 2
    assert Path("x.infeasible.json").read_bytes() == before


def test_whoever_has_the_places_is_named_at_most_so_often() -> None:
    rule = {"kind": "at-most", "count": 130, "field": "f"}
    projects = [{"id": f"p{n:03}", "value": n % 50 + 1, "uses": {"1": 1}, "field": "f"} for n in range(150)]
    save({"budgets": {"1": 150}, "projects": projects, "rules": [rule]})
    assert portfolio("--lang", "en") == 0
    found = [one for one in answer()["projects"].values() if one["why"]["code"] == "out.full"]
    assert found
    for one in found:
        assert (len(one["why"]["chosen"]), one["why"]["chosen_count"]) == (100, 130)
        assert "130 in all" in one["reason"]


def test_other_encodings_missing_files_and_folders_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    Path("plan.json").write_bytes(b"{\n" + json.dumps(PLAN).encode("utf-16"))
    assert "plan.json:2: not UTF-8" in fault_of(capsys)
    Path("plan.json").unlink()
    assert "plan.json:1: the file cannot be read" in fault_of(capsys)
    Path("plan.json").mkdir()
    assert "plan.json:1: the file cannot be read" in fault_of(capsys)


def test_all_faults_are_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    plan = edited("projects", 0, "value", value="much")
    plan["projects"][1]["uses"]["2026"] = 0.5
    plan["rules"][0]["amount"] = -1
    save(plan)
    assert len(fault_of(capsys).splitlines()) == 3


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--explain", "nobody"], "--explain nobody: there is no such project"),
        (["--gap", "1.5"], "1.5 is out of range"),
        (["--time-limit", "0"], "0 is out of range"),
        (["--samples", "-1"], "-1 is out of range"),
        (["--seed", "-1"], "-1 is out of range"),
        (["--incumbent", "old.json"], "old.json:1: the file cannot be read"),
    ],
)
def test_bad_usage_is_refused(arguments: list[str], expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert expected in fault_of(capsys, *arguments)


def test_an_incumbent_with_unknown_ids_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    save({"projects": {"p0": {"state": "implement", "start": "2026"}, "q": {"state": "plan"}, "p1": {}}}, "old.json")
    told = fault_of(capsys, "--incumbent", "old.json")
    assert "projects.q: there is no such project in the plan" in told
    assert "projects.p1: has no state" in told


def test_a_name_that_stands_twice_is_told_with_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    project = '{"id": "p",\n"value": 1,\n"value": 2, "uses": {}}'
    Path("plan.json").write_text(f'{{"budgets": {{"1": 1}},\n"projects": [\n{project}]}}', encoding="utf-8")
    assert "plan.json:5: the name 'value' stands twice in an object, expected once" in fault_of(capsys)
    Path("plan.json").write_text('{"budgets": {"1": 1},\n"projects": [],\n"budgets": {"1": 2}}', encoding="utf-8")
    assert "plan.json:3: the name 'budgets' stands twice" in fault_of(capsys)
    save(PLAN)
    Path("old.json").write_text('{"projects": {\n"p0": {"state": "plan"},\n"p0": {"state": "plan"}}}', encoding="utf-8")
    assert "old.json:3: the name 'p0' stands twice" in fault_of(capsys, "--incumbent", "old.json")


def test_a_document_in_pieces_is_the_same_as_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert portfolio(out="whole.json") == 0
    Path("plan.json").write_text("\ufeff" + json.dumps(PLAN, ensure_ascii=False, indent=3) + "\n\n", encoding="utf-8")
    for piece in (1, 2, 7, 100):
        monkeypatch.setattr(documents, "_PIECE", piece)
        assert portfolio(out="pieces.json") == 0
        assert without_run("pieces.json") == without_run("whole.json")
        assert portfolio("--incumbent", "whole.json", out="again.json") == 0


def test_what_is_wrong_between_parts_of_a_plan_from_a_pipe_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    os.mkfifo("pipe")
    text = json.dumps({"budgets": {"2026": 1}, "projects": [{"id": "p", "value": 1, "uses": {"2027": 1}}]})
    threading.Thread(target=Path("pipe").write_text, args=(text,), daemon=True).start()
    assert portfolio(plan="pipe") == 2
    assert capsys.readouterr().err.startswith("pipe:1: projects[0].uses: there is no budget 2027")


def test_a_file_that_is_too_large_is_refused_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    with Path("plan.json").open("wb") as file:
        file.truncate((1 << 28) + 1)
    assert "plan.json:1: the file has 268,435,457 bytes or more, expected at most 268,435,456" in fault_of(capsys)


def test_reading_and_building_end_with_patience(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(patience, "_LEAST", 0.0)
    monkeypatch.setattr(patience, "_TIMES", 0.0)
    assert portfolio() == 4
    told = capsys.readouterr().err
    assert told == "reading plan.json was not ended in 0 s; nothing was written, give more with --time-limit\n"
    assert not Path("decision.json").exists()


def test_a_value_that_is_too_long_is_told_as_such(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(documents, "_PIECE", 10)
    monkeypatch.setattr(documents, "_LONGEST", 300)
    rule = {"kind": "lock-in", "projects": [f"project-{number}" for number in range(100)]}
    Path("plan.json").write_text(
        f'{{"budgets": {{"1": 1}},\n"rules": [{json.dumps(rule)}], "projects": []}}', encoding="utf-8"
    )
    assert "plan.json:2: a value has 300 characters or more, expected fewer" in fault_of(capsys)
    Path("plan.json").write_text('{"budgets": {"1": 1},\n"rules": [{"kind" 1' + " " * 2000 + "}]}", encoding="utf-8")
    assert "plan.json:2: not JSON (Expecting ':' delimiter" in fault_of(capsys)
    Path("plan.json").write_text('{"budgets": {"1": 1},\n"rules": ["' + "x" * 2000 + '"]}', encoding="utf-8")
    assert "plan.json:2: a value has 300 characters or more, expected fewer" in fault_of(capsys)
