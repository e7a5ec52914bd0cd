"""`jiandao forecast`, as its help and docs promise it."""

import csv
import json
import random
from pathlib import Path

import pytest

from jiandao import cli

PLAN = {
    "activities": [
        {"id": "design", "duration": 10, "sigma": 0.3},
        {"id": "build", "duration": 20, "after": ["design"], "sigma": 0.2},
        {"id": "papers", "duration": 5, "after": ["design"], "sigma": 0.2},
        {"id": "start", "duration": 3, "after": ["build", "papers"], "sigma": 0},
    ],
    "correlation": 0.2,
    "deadline": 40,
}
HISTORY = "class,planned_days,actual_days,ended\n" + "".join(
    f"build/{'roof' if n % 2 else 'wall'},{50 + n},{40 + 3 * n},2024-{1 + n % 12:02}-{1 + n % 28:02}\n"
    for n in range(40)
)
NEW = "id,class,planned_days\nn2,build/roof,60\nn1,dig,100\n"
REPORTS = "project,reported_on,planned_end,forecast_end,budget,spent\n" + "".join(
    f"p{n:02},2024-0{month},2030-01-01,{2030 + (n % 3) * number}-01-01,100,{10 * number}\n"
    for n in range(9)
    for number, month in enumerate(("1-01", "5-01", "9-01"))
)


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    Path("history.csv").write_text(HISTORY, encoding="utf-8")
    Path("new.csv").write_text(NEW, encoding="utf-8")
    Path("reports.csv").write_text(REPORTS, encoding="utf-8")
    return tmp_path


def run(*words: str) -> int:
    return cli.main(["forecast", *words])


SCHEDULE = ("schedule", "--network", "plan.json", "--out", "out.json", "--samples", "5000")
REFERENCE = ("reference", "--history", "history.csv", "--plan", "new.csv", "--out", "out.csv")
WARN = ("warn", "--history", "reports.csv", "--out", "out.csv")


def report(*more: str) -> dict:
    assert run(*SCHEDULE, *more) == 0
    return json.loads(Path("out.json").read_text(encoding="utf-8"))


def table() -> list[dict[str, str]]:
    with Path("out.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def without_run(found: dict) -> str:
    return json.dumps({**found, "run": {**found["run"], "seconds": 0, "machine": 0}})


def test_schedule_has_the_promised_form():
    found = report()
    assert list(found["activities"]) == ["build", "design", "papers", "start"]
    assert list(found["activities"]["build"]) == ["p10", "p50", "p80", "p95", "criticality"]
    assert found["activities"]["papers"]["criticality"] < 0.01
    assert found["end"]["planned"] == 33
    assert found["end"]["p10"] < found["end"]["p50"] < found["end"]["p80"] < found["end"]["p95"]
    assert 0 < found["p_late"] < 0.3
    assert found["basis"] == []
    assert (found["run"]["seed"], found["run"]["samples"]) == (1, 5000)


def test_schedule_repeats_to_the_byte_whatever_the_order():
    first = report("--seed", "3")
    PLAN_2 = {**PLAN, "activities": PLAN["activities"][::-1]}  # noqa: N806
    Path("plan.json").write_text(json.dumps(PLAN_2), encoding="utf-8")
    assert without_run(report("--seed", "3")) == without_run(first)
    assert without_run(report("--seed", "4")) != without_run(first)


def test_schedule_says_what_it_takes_for_granted():
    bare = {"activities": [{"id": "a", "duration": 10}, {"id": "b", "duration": 5, "after": ["a"], "done": 6}]}
    Path("plan.json").write_text(json.dumps(bare), encoding="utf-8")
    found = report()
    assert found["p_late"] is None
    assert [one["code"] for one in found["basis"]] == ["no-sigma", "no-correlation"]
    assert "不是数据" in found["basis"][0]["text"]
    assert "which is no data" in report("--lang", "en")["basis"][0]["text"]
    assert found["activities"]["b"]["p50"] == pytest.approx(found["activities"]["a"]["p50"] + 6)
    assert report("--sigma", "0")["end"]["p95"] == 16


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("{", 1, "not JSON"),
        ("[]", 1, "no activity"),
        ('{"activities": []}', 1, "no activity"),
        ('{"activities": [\n{"id": "a", "duration": 1},\n{"id": "a", "duration": 1}]}', 3, "each id once"),
        ('{"activities": [\n{"id": "a", "duration": -1}]}', 2, "duration -1"),
        ('{"activities": [\n{"id": "a", "duration": NaN}]}', 2, "duration"),
        ('{"activities": [\n{"id": "a", "duration": 1e999}]}', 2, "duration"),
        ('{"activities": [\n{"id": "a", "duration": true}]}', 2, "duration true"),
        ('{"activities": [\n{"id": "a"}]}', 2, "no duration"),
        ('{"activities": [\n{"id": "a", "duration": 1, "after": "b"}]}', 2, "list of ids"),
        ('{"activities": [\n{"id": "a", "duration": 1, "after": ["z"]}]}', 2, "z, which is unknown"),
        ('{"activities": [\n{"id": "a", "duration": 1, "sigma": 9}]}', 2, "sigma 9"),
        ('{"activities": [\n{"id": "a", "duration": 1, "done": -2}]}', 2, "done -2"),
        ('{"activities": [\n{"id": "a b", "duration": 1}]}', 2, "without an id"),
        ('{"activities": [\n{"id": "a", "duration": 1}], "correlation": 2}', 1, "correlation 2"),
        ('{"activities": [\n{"id": "a", "duration": 1}], "deadline": "soon"}', 1, "deadline"),
        (
            '{"activities": [\n{"id": "a", "duration": 1, "after": ["b"]},\n{"id": "b", "duration": 1, "after": ["a"]}]}',
            2,
            "a cycle: a → b → a",
        ),
    ],
)
def test_faults_of_a_plan(text, line, word, capsys):
    Path("plan.json").write_text(text, encoding="utf-8")
    assert run(*SCHEDULE) == 2
    told = capsys.readouterr().err
    assert f"plan.json:{line}: " in told
    assert word in told
    assert not Path("out.json").exists()


def test_reference_has_the_promised_form():
    assert run(*REFERENCE) == 0
    rows = table()
    assert list(rows[0]) == ["id", "p10", "p50", "p80", "p90", "n", "basis"]
    assert [row["id"] for row in rows] == ["n1", "n2"]
    assert [row["n"] for row in rows] == ["40", "20"]
    assert "“dig”尚无完工记录" in rows[0]["basis"]
    for row in rows:
        values = [float(row[name]) for name in ("p10", "p50", "p80", "p90")]
        assert values == sorted(values)
    assert run(*REFERENCE, "--lang", "en") == 0
    assert "nothing of dig is finished" in table()[0]["basis"]
    assert "class: build/roof" in table()[1]["basis"]


def test_reference_counts_unfinished_work_and_any_order_of_rows():
    head, *rows = HISTORY.splitlines()
    rows += ["build/roof,60,,200"] * 10
    Path("history.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    assert run(*REFERENCE) == 0
    first = Path("out.csv").read_bytes()
    assert "另有 10 项未完工" in table()[1]["basis"]
    random.Random(2).shuffle(rows)
    Path("history.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    assert run(*REFERENCE) == 0
    assert Path("out.csv").read_bytes() == first


@pytest.mark.parametrize(
    ("name", "text", "line", "word"),
    [
        ("history", HISTORY + "a,0,5,2024-01-01\n", 42, "planned_days 0"),
        ("history", HISTORY + "a,inf,5,2024-01-01\n", 42, "planned_days inf"),
        ("history", HISTORY + "a,5,-1,2024-01-01\n", 42, "actual_days -1"),
        ("history", HISTORY + "a,5,5,2024-13-01\n", 42, "no day"),
        ("history", HISTORY + "a,5,,soon\n", 42, "days seen so far"),
        ("history", HISTORY + ",5,5,\n", 42, "no class"),
        ("history", "class,planned_days,actual_days,ended\na,5,,3\n", 1, "nothing is finished"),
        ("history", "class,planned_days,actual_days,ended\n", 1, "no row"),
        ("history", "class,planned_days\n", 1, "no column actual_days, ended"),
        ("new", NEW + "n1,a,5\n", 4, "earlier line"),
        ("new", NEW + "n3,a,-5\n", 4, "planned_days -5"),
        ("new", "", 1, "empty"),
    ],
)
def test_faults_of_a_history(name, text, line, word, capsys):
    Path(f"{name}.csv").write_text(text, encoding="utf-8")
    assert run(*REFERENCE) == 2
    told = capsys.readouterr().err
    assert f"{name}.csv:{line}: " in told
    assert word in told
    assert not Path("out.csv").exists()


def test_warn_has_the_promised_form_and_ranks_those_that_moved():
    assert run(*WARN) == 0
    rows = table()
    assert list(rows[0]) == ["project", "reported_on", "p_late", "reason"]
    assert len(rows) == 9
    assert {row["reported_on"] for row in rows} == {"2024-09-01"}
    chance = {row["project"]: float(row["p_late"]) for row in rows}
    assert chance["p00"] < chance["p01"] == chance["p02"] < 1
    assert "2 次可推迟而推迟了 2 次" in rows[1]["reason"]
    assert run(*WARN, "--lang", "en") == 0
    assert "its end moved in 0 of 2 report intervals" in table()[0]["reason"]


@pytest.mark.parametrize(
    ("row", "word"),
    [
        ("p00,2024-01-01,2030-01-01,2030-01-01,100,0", "earlier line"),
        ("x,someday,2030-01-01,2030-01-01,100,0", "reported_on 'someday'"),
        ("x,2024-01-01,2030-01-01,,100,0", "forecast_end ''"),
        ("x,2024-01-01,2030-01-01,2030-01-01,-100,0", "budget -100"),
        ("x y,2024-01-01,2030-01-01,2030-01-01,100,0", "not an id"),
        ("x,2024-01-01,2030-01-01,2030-01-01,nan,0", "budget nan"),
        ("x,2024-01-01", "2 cells"),
    ],
)
def test_faults_of_reports(row, word, capsys):
    Path("reports.csv").write_text(REPORTS + row + "\n", encoding="utf-8")
    assert run(*WARN) == 2
    told = capsys.readouterr().err
    assert "reports.csv:29: " in told
    assert word in told
    assert not Path("out.csv").exists()


def test_usage_faults(capsys):
    assert run("warn", "--history", "reports.csv", "--out", "reports.csv") == 2
    assert "two of the files are the same" in capsys.readouterr().err
    assert run("schedule", "--network", "absent.json", "--out", "out.json") == 2
    assert "absent.json:1: the file cannot be read" in capsys.readouterr().err
    assert run("schedule", "--network", ".", "--out", "out.json") == 2
    assert run(*SCHEDULE, "--sigma", "-1") == 2
    assert run(*SCHEDULE, "--seed", "-1") == 2
    assert run(*SCHEDULE[:-1], "5") == 2
    assert run("schedule", "--network", "plan.json", "--out", "out.json", "--samples", "100000000") == 2
    Path("plan.json").write_bytes('{"activities": [{"id": "甲", "duration": 1}]}'.encode("gb18030"))
    assert run(*SCHEDULE) == 2
    assert "not UTF-8" in capsys.readouterr().err
    assert not Path("out.json").exists()


def test_a_plan_that_is_too_large_is_refused_before_it_is_read(capsys, monkeypatch):
    monkeypatch.setattr("jiandao.engines.forecast.reading._LARGE", 10)  # ids stand across blocks, too
    many = [{"id": f"a{number}", "duration": 1} for number in range(9)]
    Path("plan.json").write_text(json.dumps({"activities": many})[:-2], encoding="utf-8")  # and no JSON
    assert run(*SCHEDULE[:-1], "100000000") == 2
    assert "100,000,000 samples of 9 activities do not fit into memory" in capsys.readouterr().err
    assert run(*SCHEDULE) == 2
    assert "plan.json:1: not JSON" in capsys.readouterr().err


def test_out_of_time(capsys):
    assert run(*SCHEDULE[:-1], "500000", "--time-limit", "0.000001") == 0
    found = json.loads(Path("out.json").read_text(encoding="utf-8"))
    assert found["run"]["limit_reached"] is True
    assert 1000 <= found["run"]["samples"] < 500_000


def test_out_of_time_is_status_4_and_writes_nothing(capsys):
    rows = "".join(f"build,{50 + n},{40 + 3 * n},2024-{1 + n % 12:02}-{1 + n % 28:02}\n" for n in range(400))
    Path("history.csv").write_text("class,planned_days,actual_days,ended\n" + rows, encoding="utf-8")
    lines = "".join(f"p{n},2024-01-01,2030-01-01,2030-01-01,1,1\n" for n in range(400))
    Path("reports.csv").write_text(REPORTS + lines, encoding="utf-8")
    for words in (REFERENCE, WARN):
        assert run(*words, "--time-limit", "1e-6") == 4
        assert "nothing was written, give a longer --time-limit" in capsys.readouterr().err
        assert not Path("out.csv").exists()
        assert run(*words, "--time-limit", "600") == 0
        Path("out.csv").unlink()


def test_a_name_that_stands_twice_in_a_plan_is_refused(capsys):
    Path("plan.json").write_text('{"activities": [\n{"id": "a",\n"duration": 1, "duration": 2}]}', encoding="utf-8")
    assert run(*SCHEDULE) == 2
    assert "plan.json:3: the name 'duration' stands twice in an object, expected once" in capsys.readouterr().err
