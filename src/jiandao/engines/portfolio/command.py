"""`jiandao portfolio`: the portfolio engine on files."""

import argparse
import math
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from jiandao.engines.executor import Executor, Here, add_executor_arguments, executor_of
from jiandao.engines.files import DONE, NO_SOLUTION, BadInputError, Progress, check_output, outputs
from jiandao.engines.portfolio.decision import Decision, decide, decision_of, rounded_points, shown, shown_enough
from jiandao.engines.portfolio.explain import Explainer, Missing, Reason, Swap, swaps
from jiandao.engines.portfolio.patience import Patience
from jiandao.engines.portfolio.plan import Plan
from jiandao.engines.portfolio.reading import read_incumbent, read_plan
from jiandao.engines.portfolio.relax import Relaxation
from jiandao.engines.portfolio.robust import Robust, decide_robustly
from jiandao.engines.portfolio.sentences import reason_text, relaxed_text
from jiandao.engines.portfolio.solver import silent
from jiandao.engines.portfolio.uncertain import frontier, inclusion, standing
from jiandao.engines.runs import Clock, Entries, add_common_arguments, decimal, pieces, seconds, whole

_BETTER_AT_MOST = 3  # how often reasons may begin anew from a better decision that they met
_gap = decimal(0, 0.999999)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the options."""
    parser.description = (
        "Choose projects under budgets of several years and rules: implement, reserve or plan, with a bound that says"
        " how much better any other decision could be. Amounts of money are whole numbers."
    )
    parser.add_argument("--plan", type=Path, required=True, metavar="FILE", help="budgets, projects, rules (JSON)")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the decision (JSON)")
    parser.add_argument(
        "--gap",
        type=_gap,
        default=1e-3,
        metavar="G",
        help="stop when no decision is better by more (default 1e-3)",
    )
    parser.add_argument(
        "--time-limit",
        type=seconds,
        default=10.0,
        metavar="S",
        help="seconds from the start to the decision, without what the options below ask for (default 10); reading,"
        " building and the bound may take ten times as long, and two minutes in any case",
    )
    parser.add_argument(
        "--frontier",
        type=whole(0, 100_000),
        default=0,
        metavar="N",
        help="value at N budgets from 0.5 to 1.5 times those given",
    )
    parser.add_argument(
        "--samples",
        type=whole(0, 100_000),
        default=0,
        metavar="N",
        help="draws of the values: how often is each project chosen?",
    )
    parser.add_argument(
        "--explain",
        metavar="all|none|ID",
        help="all: what each project would displace; ID: that of one, searched thoroughly; none: no reasons"
        " (default: reasons from prices, without a search)",
    )
    parser.add_argument(
        "--incumbent", type=Path, metavar="FILE", help="an earlier decision: change as little as possible"
    )
    parser.add_argument(
        "--robust",
        type=whole(1, 100_000),
        metavar="N",
        help="greatest value when any N projects bring one sd less than expected",
    )
    add_executor_arguments(parser, "samples, frontier and reasons")
    add_common_arguments(parser, seed=7)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `portfolio`. Raises BadInputError for what a person must mend."""
    check_output(args.out)
    beside = _report_beside(args.out).resolve()
    if args.plan.resolve() in {args.out.resolve(), beside} or (args.incumbent and args.incumbent.resolve() == beside):
        raise BadInputError("portfolio: two of the files are the same; name each its own")
    if args.robust and (args.samples or args.frontier or args.incumbent or args.explain not in {None, "none"}):
        raise BadInputError(
            "portfolio: --robust goes with none of --samples, --frontier, --incumbent and --explain all or ID; leave them out"
        )
    clock = Clock(limit=args.time_limit)
    patience = Patience(clock)
    progress = Progress("projects read", quiet=args.quiet)
    plan = read_plan(args.plan, patience, progress.step)
    incumbent = read_incumbent(args.incumbent, plan, patience, progress.step) if args.incumbent else None
    progress.end()
    if args.explain not in {None, "all", "none", *(project.id for project in plan.projects)}:
        raise BadInputError(f"portfolio: --explain {args.explain}: there is no such project; give all, none or an id")
    progress = Progress("steps of the search", quiet=args.quiet)
    with silent():
        robust = None
        if args.robust:
            decision, robust = decide_robustly(
                plan, args.robust, gap=args.gap, clock=clock, seed=args.seed, step=progress.step
            )
        else:
            decision = decide(plan, gap=args.gap, clock=clock, incumbent=incumbent, seed=args.seed, step=progress.step)
        progress.end()
        if decision.relaxation is not None:
            return _impossible(decision.relaxation, args, clock)
        report = _analysed(decision, plan, args, incumbent, clock, robust)
    with outputs(args.out) as (file,):
        file.writelines(pieces(report))
    return DONE


def _analysed(
    decision: Decision,
    plan: Plan,
    args: argparse.Namespace,
    incumbent: Any,
    clock: Clock,
    robust: Robust | None,
) -> dict[str, Any]:
    """The report of a decision with what was asked for beside it."""
    model = decision.model
    with executor_of(args) as where:
        turned: dict[int, Swap] = {}
        if args.explain == "all":
            decision, turned = _all_swaps(decision, args, incumbent, where)
        elif args.explain not in {None, "none"}:
            position = next(at for at, project in enumerate(plan.projects) if project.id == args.explain)
            turned, better = swaps(model, decision.found, [position], Here(), thorough=True)
            if better is not None and incumbent is None:
                decision = decision_of(model, decision.found, better, gap=args.gap)
                turned, _ = swaps(model, decision.found, [position], Here(), thorough=False)
        shares = inclusion(model, args.samples, args.seed, where) if args.samples else None
        known = (decision.value, decision.bound)
        points = frontier(model, args.frontier, args.gap, args.seed, where, known) if args.frontier else []
    return {
        "status": decision.status,
        "value": rounded_points(decision.value),
        "bound": rounded_points(max(decision.bound, decision.value)),
        "gap": round(decision.gap, 9),
        **(_robust(robust, args.robust) if robust is not None else {}),
        "used": {name: shown(amount) for name, amount in decision.used.items()},
        "projects": Entries(lambda: _projects(decision, plan, shares, turned, args)),
        **({"changed": list(decision.changed)} if decision.changed is not None else {}),
        "frontier": [
            {
                "scale": point.scale,
                "value": None if point.value is None else rounded_points(point.value),
                "bound": None if point.bound is None else rounded_points(point.bound),
            }
            for point in points
        ],
        "violated": [],
        "run": clock.run(seed=args.seed),
    }


def _all_swaps(
    decision: Decision, args: argparse.Namespace, incumbent: Any, where: Executor
) -> tuple[Decision, dict[int, Swap]]:
    """What each project would displace; begins anew when that search meets a better decision."""
    positions = range(len(decision.model.plan.projects))
    turned: dict[int, Swap] = {}
    for _ in range(_BETTER_AT_MOST):
        turned, better = swaps(decision.model, decision.found, positions, where, thorough=False)
        if better is None or incumbent is not None:
            break
        decision = decision_of(decision.model, decision.found, better, gap=args.gap)
    return decision, turned


def _projects(
    decision: Decision, plan: Plan, shares: list[float] | None, turned: dict[int, Swap], args: argparse.Namespace
) -> Iterator[tuple[str, Any]]:
    explainer = None if args.explain == "none" else Explainer(decision.model, decision.found)
    for position, project in enumerate(plan.projects):
        state, start = decision.states[project.id]
        entry: dict[str, Any] = {"state": state, **({"start": start} if start is not None else {})}
        if shares is not None:
            entry["inclusion"] = round(shares[position], 6)
            entry["standing"] = standing(shares[position])
        if explainer is not None:
            reason = replace(explainer.reason(position), swap=turned.get(position))
            if args.robust:  # what a bound at one threshold proves need not hold at others
                reason = replace(reason, points_at_least=0.0, facts={**reason.facts, **_uncounted(decision, position)})
            entry["reason"] = reason_text(reason, state, args.lang)
            entry["why"] = _why(reason, state)
            if args.robust:
                entry["why"].pop("points_at_least", None)
        yield project.id, entry


def _robust(robust: Robust, count: int) -> dict[str, Any]:
    expected, shortfall = rounded_points(robust.expected), rounded_points(robust.shortfall)
    return {"robust": {"projects": count, "expected": expected, "shortfall": shortfall}}


def _uncounted(decision: Decision, position: int) -> dict[str, object]:
    """Points of a project that caution leaves out, in the place where it is or could be."""
    model, choice = decision.model, decision.found.choice
    assert choice is not None
    chosen, first, end = int(choice[position]), int(model.first[position]), int(model.first[position + 1])
    column = chosen if chosen < len(model.weight) else first
    if column >= end:  # it has no place at all
        return {}
    value = model.plan.projects[position].value * float(model.factor[column])
    return {"uncounted": value - float(model.points[column])}


def _why(reason: Reason, state: str) -> dict[str, Any]:
    """The numbers behind a reason."""
    made: dict[str, Any] = {"code": reason.code, "surplus": rounded_points(reason.surplus)}
    if "uncounted" in reason.facts:
        made["uncounted"] = rounded_points(reason.facts["uncounted"])  # type: ignore[arg-type]
    for key in ("by", "chosen", "missing"):
        if key in reason.facts:
            made[key] = list(reason.facts[key])  # type: ignore[call-overload]
    if "chosen" in made and reason.facts["chosen_count"] != len(made["chosen"]):
        made["chosen_count"] = reason.facts["chosen_count"]
    rule = getattr(reason.facts.get("rule"), "place", "")
    if rule:
        made["rule"] = rule
    if state != "implement":
        made["points_at_least"] = rounded_points(reason.points_at_least)
        if reason.swap is not None and math.isfinite(reason.swap.enough):
            made["points_enough"] = rounded_points(reason.swap.enough)
        made["to_add"] = [_missing(missing) for missing in reason.missing]
    if reason.swap is not None:
        made["regret_at_least"] = rounded_points(reason.swap.at_least)
        made["regret"] = rounded_points(reason.swap.regret)
        made["displaces"] = list(reason.swap.displaces)
        made["brings"] = list(reason.swap.brings)
    return made


def _missing(missing: Missing) -> dict[str, Any]:
    place = missing.rule.place if missing.rule else ""
    return {"kind": missing.kind, "key": place or missing.key, "amount": shown(missing.amount)}


def _report_beside(out: Path) -> Path:
    return out.with_name(f"{out.stem}.infeasible{out.suffix}")


def _impossible(relaxation: Relaxation, args: argparse.Namespace, clock: Clock) -> int:
    """Write what stands against any decision; an existing decision stays as it is, the report goes beside it."""
    violated = [
        {
            "kind": entry.kind,
            "rule": entry.rule.place if entry.rule else f"budgets.{entry.key}",
            **({"project": entry.key} if entry.kind in {"lock-in", "lock-out"} else {}),
            "amount": shown_enough(entry.amount, entry.kind),
            "reason": relaxed_text(entry.kind, entry.key, entry.amount, entry.rule, args.lang),
        }
        for entry in relaxation.broken
    ]
    report = {
        "status": "infeasible",
        "value": None,
        "bound": None,
        "gap": None,
        "used": {},
        "projects": {},
        "frontier": [],
        "violated": violated,
        "smallest": relaxation.smallest,
        "run": clock.run(seed=args.seed),
    }
    path = _report_beside(args.out) if args.out.exists() else args.out
    with outputs(path) as (file,):
        file.writelines(pieces(report))
    sys.stderr.write(f"{args.plan}: no decision keeps all rules; {path} says which would have to give way\n")
    return NO_SOLUTION
