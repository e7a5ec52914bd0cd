"""Every number that `jiandao portfolio` tells about small random plans, against all choices there are."""

import json
import math
import random
from collections.abc import Iterator
from copy import deepcopy
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from portfolio_truth import Choice, Truth, exact, some_plan

from jiandao import cli

SEEDS = [*((seed, 1) for seed in range(1000, 1040)), *((seed, 10**13) for seed in range(1000, 1015))]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def decided(plan: dict[str, Any], *more: str) -> tuple[int, dict[str, Any]]:
    Path("plan.json").write_text(json.dumps(plan), encoding="utf-8")
    Path("out.json").unlink(missing_ok=True)
    status = cli.main(["portfolio", "--plan", "plan.json", "--out", "out.json", "--workers", "1", *more])
    return status, json.loads(Path("out.json").read_text(encoding="utf-8"))


def drawn() -> Iterator[tuple[random.Random, dict[str, Any], Truth]]:
    for seed, unit in SEEDS:
        draw = random.Random(seed)
        plan = some_plan(draw, unit)
        yield draw, plan, Truth(plan)


def tolerance(truth: Truth) -> float:
    """What the solver may leave: some millionths of the greatest value."""
    return 3e-6 * float(max(option.points for options in truth.options for option in options))


def test_decisions_bounds_and_what_would_have_to_give_way() -> None:
    impossible = 0
    for _, plan, truth in drawn():
        status, found = decided(plan, "--gap", "0", "--explain", "none", "--frontier", "3")
        assert (status == 0) == bool(truth.kept), plan
        if status:
            impossible += 1
            check_relaxed(found, truth)
            continue
        best = float(max(truth.kept.values()))
        choice = truth.choice(found["projects"])
        assert choice in truth.kept
        assert found["value"] == pytest.approx(float(truth.kept[choice]), rel=1e-11)
        assert found["value"] == pytest.approx(best, abs=tolerance(truth))
        assert found["bound"] >= best * (1 - 1e-11)
        assert found["status"] == "optimal"
        for point in found["frontier"]:
            budgets = {name: int(amount * exact(point["scale"])) for name, amount in plan["budgets"].items()}
            kept = Truth({**plan, "budgets": budgets}).kept
            assert (point["value"] is None) == (not kept)
            if kept:
                assert point["value"] == pytest.approx(float(max(kept.values())), abs=tolerance(truth))
                assert point["bound"] >= max(float(max(kept.values())), point["value"]) * (1 - 1e-11)
    assert impossible > 5


def check_relaxed(found: dict[str, Any], truth: Truth) -> None:
    """No fewer do, and the amounts do."""
    given = {(one["rule"], one.get("project", "")): Fraction(one["amount"]) for one in found["violated"]}
    assert len(given) == min(len(broken) for _, _, broken in truth.possible)
    assert found["smallest"]
    assert any(all(broken[key] <= given.get(key, 0) for key in broken) for _, _, broken in truth.possible)


def test_reasons_hold_when_everything_is_tried() -> None:
    for draw, plan, truth in drawn():
        if not truth.kept:
            continue
        for explained in ("all", draw.choice(plan["projects"])["id"]):
            _, found = decided(plan, "--gap", "0", "--explain", explained)
            choice = truth.choice(found["projects"])
            for name, entry in found["projects"].items():
                if explained in {"all", name}:
                    check_reason(truth, choice, name, entry, thorough=explained != "all")


def check_reason(truth: Truth, choice: Choice, name: str, entry: dict[str, Any], *, thorough: bool) -> None:
    number, why, little = truth.place[name], entry["why"], tolerance(truth)
    inside = entry["state"] == "implement"
    turned = [c for c in truth.kept if (truth.option(c, number).state == "implement") != inside]
    assert ("regret" in why) == bool(turned)
    if turned:
        regret = float(truth.kept[choice] - max(truth.kept[c] for c in turned))
        assert why["regret_at_least"] - little <= regret <= why["regret"] + little
        assert not thorough or why["regret"] == pytest.approx(regret, abs=little)
    if inside:
        return

    def lead(more: float) -> float:
        """By how much the best choice with the project leads when its value is so much greater."""
        with_it = [float(truth.kept[c] + truth.option(c, number).factor * Fraction(more)) for c in turned]
        without = [
            float(p + truth.option(c, number).factor * Fraction(more)) for c, p in truth.kept.items() if c not in turned
        ]
        return max(with_it, default=-1e300) - max(without)

    if why["points_at_least"] > 2 * little:
        assert lead(why["points_at_least"] * (1 - 1e-6) - little) <= little
    if "points_enough" in why:
        assert lead(why["points_enough"] + little) >= -little
        assert why["points_at_least"] <= why["points_enough"] + little
    told = {
        one["key"] if one["kind"] != "budget" else f"budgets.{one['key']}": one["amount"]
        for one in why["to_add"]
        if one["kind"] not in {"level", "requires", "lock-out"}
    }
    possible = [place for place, option in enumerate(truth.options[number]) if option.state == "implement"]
    assert any(adds(truth, (*choice[:number], place, *choice[number + 1 :]), told) for place in possible)
    assert why["to_add"] or why["code"] in {"out.nothing", "out.price"}


def adds(truth: Truth, choice: Choice, told: dict[str, float]) -> bool:
    """Whether just these amounts are missing; money for budgets as whole numbers."""
    broken = {key: amount for (key, project), amount in truth.broken(choice).items() if not project}
    wanted = {key: math.ceil(amount) if key.startswith("budgets") else float(amount) for key, amount in broken.items()}
    return told == pytest.approx(wanted)


def test_an_incumbent_is_followed_as_far_as_it_is_allowed() -> None:
    for draw, plan, truth in drawn():
        if not truth.kept:
            continue
        old: dict[str, Any] = {}
        for number, project in enumerate(plan["projects"]):
            option = draw.choice(truth.options[number])
            old[project["id"]] = {"state": option.state, **({"start": option.start} if option.start else {})}
            if draw.random() < 0.2:  # a start that may not be there any more
                old[project["id"]] = {"state": "implement", "start": draw.choice(truth.years)}
        Path("old.json").write_text(json.dumps({"projects": old}), encoding="utf-8")
        status, found = decided(plan, "--gap", "0", "--incumbent", "old.json")
        assert status == 0
        before, after = truth.choice(old), truth.choice(found["projects"])
        assert after in truth.kept
        least = max(truth.kept.values()) - Fraction(tolerance(truth)) / 10**4
        fewest = min(sum(a != b for a, b in zip(before, c, strict=True)) for c, p in truth.kept.items() if p >= least)
        assert len(found["changed"]) == sum(a != b for a, b in zip(before, after, strict=True)) == fewest


def test_the_order_of_the_file_changes_nothing() -> None:
    for draw, plan, truth in drawn():
        if not truth.kept:
            continue
        other = deepcopy(plan)
        draw.shuffle(other["projects"])
        draw.shuffle(other["rules"])
        found, again = decided(plan)[1], decided(other)[1]
        for entry in (*found["projects"].values(), *again["projects"].values()):
            entry["why"].pop("rule", None)
            entry["why"].pop("to_add", None)  # names rules by their place
        assert found["projects"] == again["projects"]
        assert (found["value"], found["bound"], found["used"]) == (again["value"], again["bound"], again["used"])
