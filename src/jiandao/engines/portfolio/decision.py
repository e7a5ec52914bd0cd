"""From a plan to a decision that is checked against the plan itself before anybody sees it."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from jiandao.engines.files import UnfinishedError
from jiandao.engines.portfolio.changes import by_id, choice_of, fewest_changes
from jiandao.engines.portfolio.exchange import Exchange, weight_of
from jiandao.engines.portfolio.model import Ints, Model, build
from jiandao.engines.portfolio.patience import Patience
from jiandao.engines.portfolio.plan import Plan, contradictions
from jiandao.engines.portfolio.relax import Relaxation, relax, states_of
from jiandao.engines.portfolio.search import Found, search
from jiandao.engines.portfolio.uncertain import bound_of, value_of
from jiandao.engines.portfolio.verify import Broken, used, verify
from jiandao.engines.runs import Clock


@dataclass(frozen=True)
class Decision:
    """What is decided for each project, and how good that is.

    `status`: optimal (gap ≤ the one asked for, or 2e-6 of the greatest value),
    feasible or infeasible; `value`, `bound` in points; `used`: money by budget;
    `states`: (implement, reserve or plan; start) by id; `changed`: ids that differ from the incumbent; `relaxation`: what
    would have to give way, only when infeasible. `model` and `found` serve the analyses.
    """

    status: str
    value: float
    bound: float
    gap: float
    used: dict[str, Fraction]
    states: dict[str, tuple[str, str | None]]
    changed: tuple[str, ...] | None
    relaxation: Relaxation | None
    model: Model
    found: Found


def decide(
    plan: Plan,
    *,
    gap: float = 1e-3,
    clock: Clock | None = None,
    incumbent: Mapping[str, tuple[str, str | None]] | None = None,
    seed: int = 7,
    step: Callable[[], None] = lambda: None,
) -> Decision:
    """The best decision for a plan, to within `gap` (a share of the bound), or what stands against any decision.

    With an incumbent, of all decisions within the gap one that changes as few projects as can be found. Raises ValueError
    for a plan with contradictions and UnfinishedError when the clock is over before anything is known.
    """
    refuse_contradictions(plan)
    clock = clock or Clock()
    model = build(plan, Patience(clock))
    known = choice_of(model, incumbent) if incumbent is not None else None
    found = search(model, gap=gap, clock=clock, seed=seed, known=known, step=step)
    if not found.possible:
        return impossible(model, found, clock)
    if found.choice is None:
        raise undecided()
    if incumbent is not None:
        choice = fewest_changes(model, found, incumbent, gap=gap, clock=clock, seed=seed)
    else:
        choice = by_id(model, found.choice)
    return decision_of(model, found, choice, gap=gap, incumbent=incumbent)


def status_of(model: Model, share: float, short: float, gap: float) -> str:
    """optimal or feasible, for a decision that may lack this share of the bound, `short` in units of weight.

    The solver proves to a millionth of the greatest value; less than that counts as proved.
    """
    nothing = max(1.0, 2e-6 * float(model.weight.max(initial=0)))
    return "optimal" if share <= gap or short <= nothing else "feasible"


def refuse_contradictions(plan: Plan) -> None:
    """Raise ValueError for what cannot be meant."""
    wrong = list(contradictions(plan))
    if wrong:
        raise ValueError("; ".join(f"{place}: {sentence}" for place, sentence in wrong[:20]))


def impossible(model: Model, found: Found, clock: Clock) -> Decision:
    """What stands against any decision; that may take ten seconds even when the clock is over."""
    relaxed = relax(model, Clock(max(10.0, clock.left())))
    return Decision("infeasible", 0.0, 0.0, 0.0, {}, {}, None, relaxed, model, found)


def undecided() -> UnfinishedError:
    """What to raise where the clock ended before there was any decision."""
    return UnfinishedError("no decision was found in time; nothing was written; give more with --time-limit")


def decision_of(
    model: Model,
    found: Found,
    choice: Ints,
    *,
    gap: float,
    incumbent: Mapping[str, tuple[str, str | None]] | None = None,
) -> Decision:
    """A choice as a decision, after it was verified from the plan. Raises RuntimeError when it breaks a rule."""
    plan = model.plan
    choice = _mended(model, found, choice)
    states = states_of(model, choice)
    weight = weight_of(model, choice)
    value = value_of(model, choice)
    bound = max(value, bound_of(model, found.bound))
    changed = None
    if incumbent is not None:
        changed = tuple(name for name, entry in states.items() if incumbent.get(name, ("plan", None)) != entry)
    found = replace(found, choice=choice, weight=weight)
    return Decision(
        status=status_of(model, found.gap, found.bound - weight, gap),
        value=value,
        bound=bound,
        gap=max(0.0, (bound - value) / bound) if bound > 0 else 0.0,
        used=used(plan, states),
        states=states,
        changed=changed,
        relaxation=None,
        model=model,
        found=found,
    )


def _mended(model: Model, found: Found, choice: Ints) -> Ints:
    """The choice, or one near it when exact arithmetic finds a rule broken by less than floating point sees."""
    tried = model
    for _ in range(6):
        broken = verify(model.plan, states_of(model, choice))
        if not broken:
            return choice
        assert found.prices is not None
        limit = tried.limit.copy()
        for entry in broken:
            row = _row(model, entry)
            limit[row] -= max(float(entry.amount) / model.rows[row].scale, abs(limit[row]) * 1e-15)
        tried = replace(tried, limit=limit)
        choice = Exchange(tried, found.prices).improve(choice)
    raise RuntimeError("the decision breaks a rule: " + ", ".join(f"{entry.kind} {entry.key}" for entry in broken))


def _row(model: Model, entry: Broken) -> int:
    for position, row in enumerate(model.rows):
        if row.kind == entry.kind and (row.rule is entry.rule if entry.rule else row.key == entry.key):
            return position
    raise RuntimeError(f"the decision breaks a rule that no row holds: {entry.kind} {entry.key}")


def shown(amount: Fraction | float) -> int | float:
    """A whole number as such, another one as a decimal."""
    return int(amount) if amount == int(amount) else round(float(amount), 6)


def shown_enough(amount: Fraction, kind: str) -> int | float:
    """The same for an amount by which a rule has to give way: never less than it is, and whole for a budget."""
    if amount.denominator == 1 or kind == "budget":
        return math.ceil(amount)
    found = float(Fraction(math.ceil(amount * 10**6), 10**6))
    return found if Fraction(found) >= amount else math.nextafter(found, math.inf)


def rounded_points(value: float) -> float:
    """Points without the last digits of floating point."""
    return float(f"{value:.12g}")
