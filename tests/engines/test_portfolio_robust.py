"""Decisions that hold when some of the chosen projects bring less: against brute force, and what caution may not do."""

import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_portfolio_decision import plans

from jiandao import cli
from jiandao.engines.portfolio import Plan, decide, decide_robustly, verify

FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@st.composite
def uncertain(draw: st.DrawFn, *, hard: bool = True) -> Plan:
    plan = draw(plans(4, hard))
    projects = [replace(project, sd=draw(st.integers(0, 30)) / 2) for project in plan.projects]
    return replace(plan, projects=tuple(projects))


def worst_cases(plan: Plan, count: int) -> list[float]:
    """What each decision that keeps all rules is worth when `count` of its projects fall short."""
    options = []
    for project in plan.projects:
        own = [(("plan", None), 0.0)]
        if plan.reserve is not None:
            own.append((("reserve", None), float(plan.reserve[1])))
        own += [(("implement", plan.years[start]), plan.factor(shift)) for start, shift in plan.starts(project)]
        options.append(own)
    found = []
    for chosen in itertools.product(*options):
        if verify(plan, {project.id: state for project, (state, _) in zip(plan.projects, chosen, strict=True)}):
            continue
        pairs = [(project, factor) for project, (_, factor) in zip(plan.projects, chosen, strict=True)]
        lost = sorted((min(project.sd, project.value) * factor for project, factor in pairs), reverse=True)
        found.append(sum(project.value * factor for project, factor in pairs) - sum(lost[:count]))
    return found


@FEW
@given(uncertain(), st.integers(0, 5))
def test_nothing_is_worth_more_in_the_worst_case(plan: Plan, count: int) -> None:
    decision, robust = decide_robustly(plan, count, gap=0)
    possible = worst_cases(plan, count)
    if not possible:
        assert decision.status == "infeasible"
        assert robust is None
        return
    assert robust is not None
    assert decision.status == "optimal"
    assert decision.value == pytest.approx(max(possible), abs=1e-6)
    assert decision.bound == pytest.approx(max(possible), abs=1e-5)
    assert robust.expected - robust.shortfall == pytest.approx(decision.value, abs=1e-9)
    assert verify(plan, decision.states) == []


@FEW
@given(uncertain(hard=False))
def test_no_caution_is_the_usual_decision_and_more_caution_never_promises_more(plan: Plan) -> None:
    values = [decide_robustly(plan, count, gap=0)[0].value for count in range(5)]
    assert values[0] == decide(plan, gap=0).value
    assert all(later <= sooner + 1e-6 for sooner, later in itertools.pairwise(values))


def plan_of(*projects: tuple[str, float, float, int]) -> dict[str, object]:
    return {
        "budgets": {"2026": 100},
        "projects": [
            {"id": name, "value": value, "sd": sd, "uses": {"2026": cost}} for name, value, sd, cost in projects
        ],
    }


def test_the_command_prefers_the_sure_project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text(json.dumps(plan_of(("a", 20, 12, 60), ("b", 15, 1, 60), ("c", 5, 0, 40))))
    words = ["portfolio", "--plan", "p.json", "--out", "d.json", "--lang", "en"]
    assert cli.main(words) == 0
    usual = json.loads(Path("d.json").read_text())
    assert [usual["projects"][name]["state"] for name in "abc"] == ["implement", "plan", "implement"]
    assert "robust" not in usual
    assert cli.main([*words, "--robust", "1"]) == 0
    found = json.loads(Path("d.json").read_text())
    assert [found["projects"][name]["state"] for name in "abc"] == ["plan", "implement", "implement"]
    assert (found["value"], found["bound"], found["status"]) == (19, 19, "optimal")
    assert found["robust"] == {"projects": 1, "expected": 20, "shortfall": 1}
    first = Path("d.json").read_text()
    assert cli.main([*words, "--robust", "1"]) == 0
    again = Path("d.json").read_text()
    assert first.split('"seconds"')[0] == again.split('"seconds"')[0]


@pytest.mark.parametrize(
    "more", [["--samples", "5"], ["--frontier", "3"], ["--explain", "all"], ["--incumbent", "p.json"]]
)
def test_what_caution_does_not_go_with_is_refused(
    more: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("p.json").write_text(json.dumps(plan_of(("a", 20, 12, 60))))
    assert cli.main(["portfolio", "--plan", "p.json", "--out", "d.json", "--robust", "1", *more]) == 2
    assert "--robust goes with none of" in capsys.readouterr().err
    assert not Path("d.json").exists()
