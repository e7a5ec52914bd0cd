"""Large linear relaxations by way of samples: the same value as the whole programme, on plans with everything in them."""

import random
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from jiandao.engines.portfolio import Plan, Project, Rule, decide, sifting, verify
from jiandao.engines.portfolio import prices as pricing
from jiandao.engines.portfolio.model import Floats, build

FIELDS = ("a", "b", "c")


def some_plan(draw: random.Random, count: int | None = None) -> Plan:
    """Hundreds of projects in relays, levels and exclusions, under rules of every kind."""
    years = tuple(str(2026 + number) for number in range(draw.choice((1, 3, 5))))
    ids = [f"p{number:04d}" for number in range(count or draw.randint(100, 600))]
    linked, alike = draw.choice((0.0, 0.1, 0.5)), draw.random() < 0.2
    projects = []
    for number, name in enumerate(ids):
        first, cost = draw.randrange(len(years)), 50 if alike else draw.randint(0, 300)
        value = (
            50.0 if alike else draw.choice((0.0, cost * draw.lognormvariate(0, 0.5), cost * draw.lognormvariate(0, 1)))
        )
        projects.append(
            Project(
                name,
                value,
                dict.fromkeys(years[first : first + draw.randint(1, 2)], cost),
                field=draw.choice(FIELDS),
                cofunding=draw.randint(0, 500),
                risk=Fraction(draw.randint(0, 100), 100),
                may_start=years[first : first + draw.randint(1, 2)] if draw.random() < 0.7 else (),
                requires=(draw.choice(ids[:number]),) if number and draw.random() < linked else (),
                level_of=draw.choice(ids[:number]) if number and draw.random() < linked / 4 else None,
            )
        )
    asked = sum(project.cost for project in projects)
    rules = [Rule("at-most", Fraction(1), projects=frozenset(draw.sample(ids, 3))) for _ in range(len(ids) // 40)]
    for kind, number in (
        ("floor", Fraction(asked // 20)),
        ("cap", Fraction(asked // 10)),
        ("at-least", Fraction(len(ids) // 30)),
        ("at-most", Fraction(len(ids) // 12)),
        ("leverage", Fraction(6, 5)),
        ("risk", Fraction(2, 5)),
    ):
        if draw.random() < 0.6:
            rules.append(Rule(kind, number, field=draw.choice((*FIELDS, None))))
    for kind in ("lock-in", "lock-out"):
        if draw.random() < 0.5:
            begin = 0 if kind == "lock-in" else len(ids) // 2
            rules.append(Rule(kind, projects=frozenset(draw.sample(ids[begin : begin + len(ids) // 2], 3))))
    return Plan(
        {year: int(asked / len(years) * draw.choice((0.1, 0.3, 0.6))) for year in years},
        tuple(projects),
        tuple(rules),
        (Fraction(3, 100), Fraction(8, 100)) if draw.random() < 0.5 else None,
        Fraction(8, 100),
    )


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Plans of hundreds of columns count as large."""
    monkeypatch.setattr(pricing, "LARGE", 1)
    monkeypatch.setattr(pricing, "SMALL", 120)
    monkeypatch.setattr(sifting, "_WIDE", 8)
    monkeypatch.setattr(sifting, "_SAMPLE", 4)
    monkeypatch.setattr(sifting, "_OPEN", 3.0)
    monkeypatch.setattr(sifting, "_REFINED", 6.0)


@pytest.mark.usefixtures("small")
def test_the_value_is_that_of_the_whole_programme(monkeypatch: pytest.MonkeyPatch) -> None:
    reached = []
    plain = sifting.sifted

    def counted(*arguments: object) -> object:
        reached.append(plain(*arguments))  # type: ignore[arg-type]
        return reached[-1]

    monkeypatch.setattr(pricing, "sifted", counted)
    solved = 0
    for seed in range(36):
        model = build(some_plan(random.Random(seed)))
        found = pricing.prices(model)
        with monkeypatch.context() as whole:
            whole.setattr(pricing, "LARGE", 10**9)
            expected = pricing.prices(model)
        assert (found is None) == (expected is None), seed
        if found is None or expected is None:
            continue
        solved += 1
        assert found.bound == pytest.approx(expected.bound, rel=1e-7), seed
        assert float(model.weight @ found.share) == pytest.approx(expected.bound, rel=1e-7), seed
        broken = model.matrix @ found.share - model.limit
        assert broken.max() < 1e-6, seed
        assert (np.bincount(model.project, found.share) < 1 + 1e-6).all(), seed
    assert solved > 20
    assert sum(one is not None for one in reached) > solved / 2


@pytest.mark.usefixtures("small")
def test_decisions_keep_all_rules_and_repeat() -> None:
    for seed in range(2):
        plan = some_plan(random.Random(seed))
        one, two = decide(plan), decide(plan)
        assert one.states == two.states
        if one.relaxation is None:
            assert verify(plan, one.states) == []
            assert one.value <= one.bound


def test_what_is_solved_at_once_is_little(monkeypatch: pytest.MonkeyPatch) -> None:
    """Most projects, and most relays among them, are clear at good prices; locked ones are, however dear they are."""
    monkeypatch.setattr(pricing, "LARGE", 1)
    monkeypatch.setattr(pricing, "SMALL", 1500)
    sizes: list[int] = []
    plain = pricing._solved

    def counted(weight: Floats, *rest: Any) -> Any:
        sizes.append(len(weight))
        return plain(weight, *rest)

    monkeypatch.setattr(pricing, "_solved", counted)
    for seed, columns, times in (
        (8, 3000, 10),
        (4, 12_000, 8),
    ):  # in the second all projects are alike and some locked in
        model = build(some_plan(random.Random(seed), 6000))
        sizes.clear()
        found = pricing.prices(model)
        assert found is not None
        assert float(model.weight @ found.share) == pytest.approx(found.bound, rel=1e-8)
        assert max(sizes) < columns
        assert len(sizes) <= times
