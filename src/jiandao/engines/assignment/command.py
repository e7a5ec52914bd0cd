"""`jiandao assign`: the assignment engine on files."""

import argparse
import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np

from jiandao.engines.assignment.lottery import UNITS, Lottery, lottery
from jiandao.engines.assignment.reading import Read, Request, csv_text, read
from jiandao.engines.assignment.reasons import certificate_text, rehearsal_text, shortage_text
from jiandao.engines.assignment.records import Certificate, InfeasibleError, Ints, Prices, Problem, Solution, panel_sums
from jiandao.engines.assignment.solving import assign
from jiandao.engines.executor import Executor, add_executor_arguments, executor_of
from jiandao.engines.files import DONE, NO_SOLUTION, BadInputError, Progress, check_output, outputs
from jiandao.engines.runs import Clock, add_common_arguments, decimal, pieces, seconds, whole

_size = whole(0, 1_000_000)
_share = decimal(0, 1, above=True)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the options."""
    parser.add_argument("--scores", type=Path, required=True, metavar="FILE", help="proposal,expert,score; or .npz")
    parser.add_argument("--panel-size", type=_size, required=True, metavar="N", help="experts of each proposal")
    parser.add_argument("--max-load", type=_size, required=True, metavar="N", help="proposals of each expert at most")
    parser.add_argument("--min-load", type=_size, default=0, metavar="N", help="and at least (default 0)")
    parser.add_argument("--proposals", type=Path, metavar="FILE", help="proposal,panel_size where it differs")
    parser.add_argument(
        "--experts", type=Path, metavar="FILE", help="expert,institution,roles,max_load; roles separated by ;"
    )
    parser.add_argument("--conflicts", type=Path, metavar="FILE", help="proposal,expert,-1 (forbidden) or 1 (fixed)")
    parser.add_argument(
        "--require", type=_role, nargs="+", action="extend", default=[], metavar="ROLE=N", help="seats a role must have"
    )
    parser.add_argument("--one-per-institution", action="store_true", help="one seat an institution in each panel")
    parser.add_argument(
        "--objective",
        choices=("total", "fair"),
        default="total",
        help="greatest total (default), or greatest minimum of a panel, then greatest total",
    )
    parser.add_argument(
        "--probability-cap",
        type=_share,
        metavar="Q",
        help="draw; no pair with more than this chance",
    )
    parser.add_argument(
        "--perturbation",
        type=_share,
        metavar="B",
        help="with the cap: spread chances more, up to 0.5 (default 0)",
    )
    parser.add_argument(
        "--marginals", type=Path, metavar="FILE", help="with the cap: proposal,expert,probability[,times drawn]"
    )
    parser.add_argument(
        "--draws",
        type=whole(1, 1_000_000),
        metavar="N",
        help="with the cap: rehearse so many other draws, and report how often each pair came",
    )
    parser.add_argument(
        "--incumbent", type=Path, metavar="FILE", help="an earlier assignment; change as little as needed"
    )
    parser.add_argument("--refused", type=Path, metavar="FILE", help="proposal,expert pairs that were refused")
    parser.add_argument("--time-limit", type=seconds, metavar="S", help="seconds; the best so far is reported")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the assignment: proposal,expert,score")
    parser.add_argument("--report", type=Path, required=True, metavar="FILE", help="the report, JSON")
    add_executor_arguments(parser, "parts that no eligible pair connects, and rehearsed draws")
    add_common_arguments(parser, seed=7)
    parser.set_defaults(run=run)


def _role(text: str) -> tuple[str, int]:
    name, sign, count = text.partition("=")
    if not name.strip() or not sign or ";" in name:
        raise argparse.ArgumentTypeError(f"{text} is none, expected a role and a number: finance=1")
    return name.strip(), _size(count)


def run(args: argparse.Namespace) -> int:
    """Run `assign`. Raises BadInputError for what a person must mend, UnfinishedError when nothing usable was found."""
    _check_usage(args)
    progress = Progress("steps", quiet=args.quiet, every=1)
    clock = Clock(limit=args.time_limit, step=progress.step)
    given = read(
        Request(
            scores=args.scores,
            panel_size=args.panel_size,
            max_load=args.max_load,
            min_load=args.min_load,
            proposals=args.proposals,
            experts=args.experts,
            conflicts=args.conflicts,
            incumbent=args.incumbent,
            refused=args.refused,
            require=dict(args.require),
            one_per_institution=args.one_per_institution,
        )
    )
    with executor_of(args) as where:
        status = _assigned(given, args, clock, where)
    progress.end()
    return status


def _assigned(given: Read, args: argparse.Namespace, clock: Clock, where: Executor) -> int:
    problem = given.problem
    drawn, count = None, None
    try:
        if args.probability_cap is not None:
            drawn = lottery(
                problem, args.probability_cap, perturbation=args.perturbation or 0.0, seed=args.seed, clock=clock
            )
            chosen = drawn.draw(args.seed)
            report = _lottery_report(drawn, chosen, args)
            if args.draws:
                count, draws = drawn.rehearse(_others(args), where=where, clock=clock)
                report["rehearsal"] = _rehearsal(drawn, count, draws, args)
        else:
            solution = assign(
                problem, objective=args.objective, incumbent=given.kept, seed=args.seed, clock=clock, where=where
            )
            chosen = solution.chosen
            report = _report(problem, solution, args.lang)
    except InfeasibleError as error:
        report = _infeasible(error, args)
        with outputs(args.report) as (file,):
            file.writelines(pieces({**report, "run": clock.run(seed=args.seed)}))
        return NO_SOLUTION
    report |= {**_changes(given, chosen, asked=bool(args.incumbent)), "unsatisfied": []}
    paths = [args.out, args.report, *([args.marginals] if args.marginals else [])]
    with outputs(*paths) as files:
        files[0].write(csv_text(_lines(problem, chosen, problem.score)))
        files[1].writelines(pieces({**report, "run": clock.run(seed=args.seed)}))
        if args.marginals and drawn is not None:
            files[2].write(csv_text(_lines(problem, np.flatnonzero(drawn.amount), drawn.amount / UNITS, count)))
    return DONE


def _check_usage(args: argparse.Namespace) -> None:  # noqa: C901 - one line for each rule
    wrong = []
    if args.min_load > args.max_load:
        wrong.append("--min-load is over --max-load; expected at most that")
    if (args.require or args.one_per_institution) and not args.experts:
        wrong.append("--require and --one-per-institution need --experts")
    if len({name for name, _ in args.require}) < len(args.require):
        wrong.append("--require names a role twice; name it once")
    if args.refused and not args.incumbent:
        wrong.append("--refused needs --incumbent")
    drawing = args.probability_cap is not None
    if (args.marginals or args.perturbation is not None) and not drawing:
        wrong.append("--marginals and --perturbation need --probability-cap")
    if args.draws and not drawing:
        wrong.append("--draws needs --probability-cap")
    if args.perturbation is not None and args.perturbation > 0.5:
        wrong.append("--perturbation is over 0.5; expected at most that")
    if drawing and (args.require or args.one_per_institution or args.incumbent or args.objective == "fair"):
        wrong.append(
            "--probability-cap goes neither with --require, --one-per-institution, --incumbent nor with --objective fair"
        )
    read_from = [args.scores, args.proposals, args.experts, args.conflicts, args.incumbent, args.refused]
    named = [path.resolve() for path in read_from if path]
    made = [path.resolve() for path in (args.out, args.report, args.marginals) if path]
    if len(set(made)) < len(made) or set(made) & (set(named) - {args.incumbent and args.incumbent.resolve()}):
        wrong.append("two of the files are the same; name each its own")
    if wrong:
        raise BadInputError(*(f"assign: {sentence}" for sentence in wrong))
    for path in (args.out, args.report, args.marginals):
        if path:
            check_output(path)


def _lines(problem: Problem, pairs: Ints, values: Any, count: Ints | None = None) -> list[tuple[str, ...]]:
    columns = [
        [problem.proposals[p] for p in problem.proposal[pairs].tolist()],
        [problem.experts[e] for e in problem.expert[pairs].tolist()],
        [repr(float(value)) for value in np.asarray(values)[pairs].tolist()],
        *([[str(times) for times in count[pairs].tolist()]] if count is not None else []),
    ]
    return list(zip(*columns, strict=True))


def _report(problem: Problem, solution: Solution, language: str) -> dict[str, Any]:
    report: dict[str, Any] = {
        "status": solution.status,
        "objective": solution.objective,
        "total": solution.total,
        "minimum": _finite(solution.minimum),
        "bound": _finite(solution.bound),
        "gap": _finite(solution.gap),
    }
    if solution.total_bound is not None:
        report["total_bound"] = solution.total_bound
    report["proposals"], report["experts"] = len(problem.proposals), len(problem.experts)
    report["seats"] = len(solution.chosen)
    report["certificate"] = _certificate(problem, solution.certificate, language)
    return report


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _certificate(problem: Problem, certificate: Certificate, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {
        "method": certificate.method,
        "text": certificate_text(certificate, language),
        "pairs": certificate.pairs,
        "candidates": certificate.candidates,
        "rounds": certificate.rounds,
        "resolution": certificate.resolution,
    }
    if certificate.kept_weight:
        found["kept_weight"] = certificate.kept_weight
    found["proposal_prices"] = _named(problem.proposals, certificate.proposal_prices)
    found["expert_prices"] = _named(problem.experts, certificate.expert_prices)
    if certificate.prices is not None:
        found |= _beside(problem, certificate.prices, certificate.unit)
    least, unit = certificate.minimum_prices, certificate.unit
    if least is not None:
        found["minimum"] = {
            "weights": _named(problem.proposals, least.floor),
            "proposal_prices": _named(problem.proposals, least.panel * unit),
            "expert_prices": _named(problem.experts, (least.most - least.least) * unit),
            **_beside(problem, dataclasses.replace(least, floor=np.zeros(0)), unit),
        }
    return found


def _beside(problem: Problem, prices: Prices, unit: float) -> dict[str, Any]:
    """Prices of limits beside panels and loads."""
    found: dict[str, Any] = {}
    for number, name in enumerate(problem.role_names):
        found.setdefault("role_prices", {})[name] = _named(problem.proposals, prices.role[:, number] * unit)
    if problem.institution is not None:
        size = int(problem.institution.max(initial=-1)) + 1
        found["institution_prices"] = [
            {
                "proposal": problem.proposals[key // size],
                "experts": [problem.experts[r] for r in np.flatnonzero(problem.institution == key % size).tolist()],
                "price": price * unit,
            }
            for key, price in zip(prices.unit_keys.tolist(), prices.unit.tolist(), strict=True)
            if price
        ]
    if prices.floor.any():
        found["floor_prices"] = _named(problem.proposals, prices.floor)
    return found


def _named(names: tuple[str, ...], prices: Any) -> dict[str, float]:
    """Prices that are not 0."""
    return {name: price for name, price in zip(names, np.asarray(prices).tolist(), strict=True) if price}


def _lottery_report(drawn: Lottery, chosen: Ints, args: argparse.Namespace) -> dict[str, Any]:
    problem = drawn.problem
    certificate = Certificate(
        method="prices",
        bound=drawn.bound,
        pairs=len(problem.expert),
        candidates=drawn.candidates,
        rounds=drawn.rounds,
        resolution=drawn.resolution,
        proposal_prices=drawn.proposal_prices,
        expert_prices=drawn.expert_prices,
    )
    return {
        "status": "optimal",
        "objective": "expected-total",
        "total": math.fsum(problem.score[chosen].tolist()),
        "minimum": _finite(float(panel_sums(problem, chosen).min(initial=np.inf))),
        "expected_total": drawn.expected,
        "bound": drawn.bound,
        "gap": max(0.0, drawn.bound - drawn.objective),
        "probability_cap": drawn.cap,
        "greatest_probability": float(drawn.amount[~problem.fixed].max(initial=0)) / UNITS,
        "perturbation": args.perturbation or 0.0,
        "proposals": len(problem.proposals),
        "experts": len(problem.experts),
        "seats": len(chosen),
        "certificate": _certificate(problem, certificate, args.lang),
    }


def _others(args: argparse.Namespace) -> range:
    """Seeds of rehearsed draws: not the one that counts."""
    return range(args.seed + 1, args.seed + 1 + args.draws)


def _rehearsal(drawn: Lottery, count: Ints, draws: int, args: argparse.Namespace) -> dict[str, Any]:
    """The pair that was drawn most, and whether any pair came oftener or more rarely than its probability explains."""
    problem = drawn.problem
    often = int(count[~problem.fixed].max(initial=0)) / draws
    report: dict[str, Any] = {
        "draws": draws,
        "first_seed": args.seed + 1,
        "last_seed": args.seed + draws,
        "greatest_share": often,
        "farthest": None,
    }
    found = drawn.farthest(count, draws)
    if found is not None:
        pair, chance = found
        report["farthest"] = {
            "proposal": problem.proposals[problem.proposal[pair]],
            "expert": problem.experts[problem.expert[pair]],
            "probability": float(drawn.probability[pair]),
            "share": int(count[pair]) / draws,
            "chance": float(f"{chance:.3g}"),
        }
    return {**report, "text": rehearsal_text(draws, often, drawn.cap, args.lang)}


def _infeasible(error: InfeasibleError, args: argparse.Namespace) -> dict[str, Any]:
    found = []
    for one in error.unsatisfied:
        entry: dict[str, Any] = {
            "code": one.code,
            "proposals": list(one.proposals),
            "needed": one.needed,
            "offered": one.offered,
        }
        if one.experts:
            entry["experts"] = list(one.experts)
        if one.role:
            entry["role"] = one.role
        found.append({**entry, "text": shortage_text(one, args.lang)})
    nothing = dict.fromkeys(("total", "minimum", "bound", "gap", "certificate", "changed"))
    return {"status": "infeasible", **nothing, "unsatisfied": found}


def _changes(given: Read, chosen: Ints, *, asked: bool) -> dict[str, Any]:
    """Pairs that are new against the incumbent, and pairs of it that are no more."""
    if not asked:
        return {"changed": None}
    problem = given.problem
    rows, experts = problem.proposal[chosen].tolist(), problem.expert[chosen].tolist()
    now = {(problem.proposals[p], problem.experts[e]) for p, e in zip(rows, experts, strict=True)}
    return {
        "changed": [{"proposal": p, "expert": e} for p, e in sorted(now - given.old)],
        "released": [{"proposal": p, "expert": e} for p, e in sorted(given.old - now)],
    }
