"""The portfolio engine as a library: against brute force, and what must hold for any plan."""

import itertools
import os
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jiandao.engines.executor import Here
from jiandao.engines.portfolio import Plan, Project, Rule, decide, swaps, used, verify
from jiandao.engines.portfolio.exchange import fits, weight_of
from jiandao.engines.portfolio.prices import prices, rounded
from jiandao.engines.portfolio.relax import relax
from jiandao.engines.runs import Clock

ROOT = Path(__file__).resolve().parents[2]
KNAPSACKS = Path(os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data") / "engines" / "mknap"
YEARS = ("2026", "2027", "2028")
FEW = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True)


@st.composite
def plans(draw: st.DrawFn, most: int = 5, hard: bool = True) -> Plan:
    """Small plans with every kind of rule."""
    count = draw(st.integers(1, most))
    ids = [f"p{number}" for number in range(count)]
    small = st.integers(0, 9)
    projects = []
    for number, name in enumerate(ids):
        first = draw(st.integers(0, 1))
        starts = YEARS[first : first + draw(st.integers(1, 2))]
        projects.append(
            Project(
                name,
                draw(st.integers(0, 40)) / 2,
                {YEARS[first]: draw(small), YEARS[first + 1]: draw(small)},
                field=draw(st.sampled_from(("a", "b"))),
                cofunding=draw(small),
                risk=Fraction(draw(st.integers(0, 10)), 10),
                may_start=starts if draw(st.booleans()) else (),
                requires=(draw(st.sampled_from(ids[:number])),) if number and draw(st.integers(0, 3)) == 0 else (),
                level_of=draw(st.sampled_from(ids[:number])) if number and draw(st.integers(0, 4)) == 0 else None,
            )
        )
    rules = []
    kinds = ("floor", "cap", "at-most", "at-least", "leverage", "risk", "lock-in") if hard else ("cap", "at-most")
    for kind in draw(st.lists(st.sampled_from(kinds), max_size=3)):
        number = {"leverage": Fraction(6, 5), "risk": Fraction(3, 10), "at-most": Fraction(1), "at-least": Fraction(1)}
        rules.append(
            Rule(
                kind,
                number.get(kind, Fraction(draw(small))),
                field="a" if draw(st.booleans()) else None,
                projects=frozenset(draw(st.lists(st.sampled_from(ids), min_size=1, max_size=2)))
                if kind == "lock-in" or draw(st.booleans())
                else None,
                place=f"rules[{len(rules)}]",
            )
        )
    return Plan(
        {year: draw(st.integers(0, 20)) for year in YEARS},
        tuple(projects),
        tuple(rules),
        (Fraction(1, 10), Fraction(1, 5)) if draw(st.booleans()) else None,
        Fraction(1, 10),
    )


def best_by_enumeration(plan: Plan) -> float | None:
    options = []
    for project in plan.projects:
        own = [(("plan", None), 0.0)]
        if plan.reserve is not None:
            own.append((("reserve", None), project.value * float(plan.reserve[1])))
        own += [
            (("implement", plan.years[start]), project.value * plan.factor(shift))
            for start, shift in plan.starts(project)
        ]
        options.append(own)
    best = None
    for chosen in itertools.product(*options):
        value = sum(worth for _, worth in chosen)
        if best is None or value > best + 1e-9:
            states = {project.id: state for project, (state, _) in zip(plan.projects, chosen, strict=True)}
            if not verify(plan, states):
                best = value
    return best


@FEW
@given(plans())
def test_nothing_beats_the_decision_and_impossible_is_impossible(plan: Plan) -> None:
    decision = decide(plan, gap=0)
    best = best_by_enumeration(plan)
    if best is None:
        assert decision.status == "infeasible"
        assert decision.relaxation is not None
        assert decision.relaxation.broken
    else:
        assert decision.status == "optimal"
        assert decision.value == pytest.approx(best, abs=1e-6)
        assert decision.bound == pytest.approx(best, abs=1e-5)
        assert verify(plan, decision.states) == []
        assert decision.used == used(plan, decision.states)


@FEW
@given(plans())
def test_linear_bound_decision_and_rounding_stand_in_order(plan: Plan) -> None:
    decision = decide(plan, gap=0)
    if decision.status == "infeasible":
        return
    found = prices(decision.model)
    assert found is not None
    assert found.bound / decision.model.unit >= decision.value - 1e-6
    plain = rounded(decision.model, found)
    if fits(decision.model, plain):
        assert weight_of(decision.model, plain) <= decision.found.weight


@FEW
@given(plans(), st.randoms(use_true_random=False))
def test_order_of_rows_and_unit_of_money_and_points_change_nothing(plan: Plan, shuffle) -> None:
    projects, rules = list(plan.projects), list(plan.rules)
    shuffle.shuffle(projects)
    shuffle.shuffle(rules)
    decision = decide(plan)
    assert decide(Plan(plan.budgets, tuple(projects), tuple(rules), plan.reserve, plan.delay_discount)).states == (
        decision.states
    )
    scaled = Plan(
        {name: amount * 1000 for name, amount in plan.budgets.items()},
        tuple(
            replace(
                project,
                value=project.value * 1000,
                uses={name: amount * 1000 for name, amount in project.uses.items()},
                cofunding=project.cofunding * 1000,
            )
            for project in plan.projects
        ),
        tuple(replace(r, number=r.number * 1000) if r.kind in {"floor", "cap"} else r for r in plan.rules),
        plan.reserve,
        plan.delay_discount,
    )
    other = decide(scaled)
    assert other.status == decision.status
    assert other.value == pytest.approx(1000 * decision.value, rel=2e-3)


@FEW
@given(plans(hard=False), st.sampled_from(YEARS), st.integers(1, 9))
def test_more_money_is_never_worse(plan: Plan, year: str, more: int) -> None:
    richer = replace_budgets(plan, {**plan.budgets, year: plan.budgets[year] + more})
    assert decide(richer, gap=0).value >= decide(plan, gap=0).value - 1e-6


def replace_budgets(plan: Plan, budgets: dict[str, int]) -> Plan:
    return Plan(budgets, plan.projects, plan.rules, plan.reserve, plan.delay_discount)


@FEW
@given(plans(hard=False))
def test_without_a_project_that_is_only_planned_the_value_stays(plan: Plan) -> None:
    decision = decide(plan, gap=0)
    named = {name for project in plan.projects for name in (*project.requires, project.level_of or "")}
    named |= {name for rule in plan.rules for name in rule.projects or ()}
    for project in plan.projects:
        if decision.states[project.id][0] == "plan" and project.id not in named and len(plan.projects) > 1:
            rest = tuple(other for other in plan.projects if other.id != project.id)
            again = decide(Plan(plan.budgets, rest, plan.rules, plan.reserve, plan.delay_discount), gap=0)
            assert again.value == pytest.approx(decision.value, abs=1e-6)
            return


@FEW
@given(plans(), st.booleans())
def test_regret_of_a_forced_project_is_what_enumeration_says(plan: Plan, thorough: bool) -> None:
    decision = decide(plan, gap=0)
    if decision.status == "infeasible":
        return
    turned, better = swaps(decision.model, decision.found, range(len(plan.projects)), Here(), thorough=thorough)
    assert better is None
    for position, swap in turned.items():
        project = plan.projects[position]
        assert swap.regret >= 0
        lock = "lock-out" if decision.states[project.id][0] == "implement" else "lock-in"
        forced = Plan(
            plan.budgets,
            plan.projects,
            (*plan.rules, Rule(lock, projects=frozenset({project.id}))),
            plan.reserve,
            plan.delay_discount,
        )
        if lock == "lock-in":  # lock-out forbids the reserve too, which a project that is turned out may take
            best = best_by_enumeration(forced)
            assert best is not None
            exact = decision.value - best
            assert swap.at_least - 1e-6 <= exact <= swap.regret + 1e-6
            if thorough:
                assert swap.regret == pytest.approx(exact, abs=1e-6)


@FEW
@given(plans())
def test_what_is_said_to_give_way_makes_a_decision_possible(plan: Plan) -> None:
    decision = decide(plan)
    if decision.relaxation is None:
        return
    assert {entry.kind for entry in decision.relaxation.broken}.isdisjoint({"level", "requires", "start"})
    budgets, rules = dict(plan.budgets), list(plan.rules)
    for entry in decision.relaxation.broken:
        if entry.kind == "budget":
            budgets[entry.key] += int(entry.amount)
        elif entry.rule in rules:
            rules.remove(entry.rule)
    assert decide(Plan(budgets, plan.projects, tuple(rules), plan.reserve, plan.delay_discount)).relaxation is None
    if decision.relaxation.smallest and len(decision.relaxation.broken) == 1:
        return
    for entry in decision.relaxation.broken:  # none of them can be spared
        fewer = [rule for rule in plan.rules if rule is not entry.rule]
        if entry.kind == "budget":
            wider = replace_budgets(plan, {**plan.budgets, entry.key: 10**6})
        else:
            wider = Plan(plan.budgets, plan.projects, tuple(fewer), plan.reserve, plan.delay_discount)
        if entry.kind not in {"lock-in"}:
            assert decide(wider).relaxation is not None


def test_a_fewest_set_is_smaller_than_what_greed_would_name() -> None:
    plan = Plan(
        {"a": 10, "b": 10},
        (Project("x", 1, {"a": 8, "b": 8}, field="f"), Project("y", 1, {"a": 8, "b": 8}, field="g")),
        (
            Rule("floor", Fraction(16), field="f", place="rules[0]"),
            Rule("floor", Fraction(16), field="g", place="rules[1]"),
        ),
    )
    decision = decide(plan)
    assert decision.relaxation is not None
    (entry,) = decision.relaxation.broken
    assert (entry.kind, entry.amount) == ("floor", 16)
    assert decision.relaxation.smallest


def test_relaxing_a_plan_that_is_possible_names_nothing() -> None:
    decision = decide(Plan({"a": 3}, (Project("x", 1, {"a": 2}),)))
    assert relax(decision.model, Clock()).broken == ()


def test_equal_projects_are_taken_by_id() -> None:
    projects = tuple(Project(name, 2.0, {"a": 1}) for name in ("d", "b", "c", "a"))
    states = decide(Plan({"a": 2}, projects)).states
    assert [name for name in sorted(states) if states[name][0] == "implement"] == ["a", "b"]


def test_a_relay_is_kept_in_time_and_a_delay_costs() -> None:
    plan = Plan(
        {"1": 10, "2": 10},
        (
            Project("first", 5, {"1": 10}, may_start=("1", "2")),
            Project("second", 100, {"1": 8}, may_start=("1", "2"), requires=("first",)),
        ),
        delay_discount=Fraction(1, 10),
    )
    decision = decide(plan, gap=0)
    assert decision.states == {"first": ("implement", "1"), "second": ("implement", "2")}
    assert decision.value == pytest.approx(95)


def test_levels_of_one_project_exclude_one_another_in_reserve_too() -> None:
    plan = Plan(
        {"1": 10},
        (
            Project("full", 9, {"1": 8}),
            Project("half", 6, {"1": 4}, level_of="full"),
            Project("least", 3, {"1": 1}, level_of="half"),
        ),
        reserve=(Fraction(0), Fraction(1, 2)),
    )
    decision = decide(plan, gap=0)
    assert [state for state, _ in decision.states.values()] == ["implement", "plan", "plan"]
    assert [entry.kind for entry in verify(plan, {"full": ("implement", "1"), "least": ("reserve", None)})] == ["level"]


def test_verify_counts_in_fractions_what_floating_point_would_let_pass() -> None:
    plan = Plan(
        {"1": 10**15 - 1},
        (Project("a", 1, {"1": 10**15 - 1}), Project("b", 1, {"1": 1})),
        (Rule("leverage", Fraction(1, 3), place="rules[0]"), Rule("risk", Fraction(3, 10), place="rules[1]")),
    )
    broken = {entry.kind: entry.amount for entry in verify(plan, dict.fromkeys("ab", ("implement", "1")))}
    assert broken == {"budget": 1, "leverage": Fraction(10**15, 3)}
    kept = Plan(plan.budgets, plan.projects)
    assert verify(kept, decide(kept, gap=0).states) == []


def test_great_amounts_are_not_broken_by_what_a_solver_lets_pass() -> None:
    """A solver takes 0.999999 for 1: of amounts like these it would overspend by some units and call that optimal."""
    projects = tuple(Project(f"p{n}", 10.0 + n, {"1": 333_333_333_334 + n}) for n in range(1, 7))
    plan = Plan({"1": 1_000_000_000_010}, projects)  # the three least together, and not one unit more
    decision = decide(plan, gap=0)
    assert decision.status == "optimal"
    assert decision.value == 38
    assert decision.used == {"1": 1_000_000_000_010}


def test_an_incumbent_is_changed_as_little_as_the_gap_allows() -> None:
    projects = tuple(Project(f"p{n:02d}", 100 + (n % 7) / 100, {"1": 10}) for n in range(40))
    plan = Plan({"1": 200}, projects)
    old = {project.id: ("implement", "1") for project in projects[:20]}
    decision = decide(plan, gap=1e-3, incumbent=old)
    assert decision.changed == ()
    assert decision.status == "optimal"
    cut = decide(replace_budgets(plan, {"1": 190}), gap=1e-3, incumbent=old)
    assert len(cut.changed or ()) == 1
    assert len(decide(plan, gap=0, incumbent=old).changed or ()) > 2


def test_a_plan_with_contradictions_is_refused() -> None:
    with pytest.raises(ValueError, match="there is no project q"):
        decide(Plan({"1": 1}, (Project("p", 1, {"1": 1}, requires=("q",)),)))
    with pytest.raises(ValueError, match="expected at least one"):
        decide(Plan({"1": 1}, ()))


@pytest.mark.data
@pytest.mark.skipif(not KNAPSACKS.is_dir(), reason="the shared real data is absent; set JIANDAO_SHARED_DATA")
def test_the_first_knapsack_of_chu_and_beasley_is_solved_to_its_best_known_value() -> None:
    """24381; the linear relaxation is 0.83 % higher, so that this gap asks for at least 24377."""
    numbers = iter((KNAPSACKS / "mknapcb1.txt").read_text(encoding="ascii").split()[1:])
    count, rows, _ = (int(next(numbers)) for _ in range(3))
    values = [int(next(numbers)) for _ in range(count)]
    uses = [[int(next(numbers)) for _ in range(count)] for _ in range(rows)]
    budgets = {f"b{row}": int(next(numbers)) for row in range(rows)}
    projects = tuple(
        Project(f"p{item:02d}", float(value), {f"b{row}": uses[row][item] for row in range(rows)})
        for item, value in enumerate(values)
    )
    decision = decide(Plan(budgets, projects), gap=0.0085)
    assert decision.status == "optimal"
    assert 24377 <= decision.value <= 24381 <= decision.bound
