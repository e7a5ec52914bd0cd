"""`jiandao forecast`: schedules, reference classes and early warnings, from files."""

import argparse
import csv
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jiandao.engines.executor import add_executor_arguments, executor_of
from jiandao.engines.files import (
    DONE,
    BadInputError,
    Faults,
    UnfinishedError,
    check_output,
    outputs,
)
from jiandao.engines.forecast import reasons, warning
from jiandao.engines.forecast.reading import NewWork, many_ids, read_history, read_new, read_plan, read_reports
from jiandao.engines.forecast.reference import LEVELS, Quantiles, forecast
from jiandao.engines.forecast.schedule import Schedule, simulate
from jiandao.engines.runs import Watch, add_common_arguments, pieces, seconds, whole

_SIGMA = 0.3  # spread of a duration of which nothing is known: one in ten takes half as long again or more
_MOST_NUMBERS = 250_000_000  # activities × samples: 2 GB
_ROWS = 10_000  # that are written together
_FEWEST = 100
_GRACE = 10.0  # seconds that the first block of samples may take beyond the limit
_samples = whole(_FEWEST, 100_000_000)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the sub-commands."""
    commands = parser.add_subparsers(dest="engine_command", required=True, metavar="COMMAND")
    schedule = commands.add_parser(
        "schedule",
        help="Monte-Carlo of an activity network",
        description="When activities and the project end, what is critical, and how probable the deadline is.",
    )
    schedule.add_argument("--network", type=Path, required=True, metavar="FILE", help="activities, JSON")
    schedule.add_argument("--samples", type=_samples, default=100_000, metavar="N", help="samples (default 100000)")
    schedule.add_argument("--out", type=Path, required=True, metavar="FILE", help="the forecast, JSON")
    schedule.add_argument(
        "--sigma", type=float, default=_SIGMA, metavar="X", help="spread where an activity has none (default 0.3)"
    )
    schedule.add_argument("--time-limit", type=seconds, metavar="S", help="seconds; fewer samples when they do not do")
    # To send samples back takes longer than to draw them, unless there are many processes.
    add_executor_arguments(schedule, "samples", workers=1)
    add_common_arguments(schedule, seed=1)
    schedule.set_defaults(run=run_schedule)
    reference = commands.add_parser(
        "reference",
        help="how long such work really took",
        description="Quantiles of new work from the history of its class; unfinished work counts with the days seen.",
    )
    reference.add_argument(
        "--history", type=Path, required=True, metavar="FILE", help="class,planned_days,actual_days,ended"
    )
    reference.add_argument("--plan", type=Path, required=True, metavar="FILE", help="id,class,planned_days")
    reference.add_argument("--out", type=Path, required=True, metavar="FILE", help="id,p10,p50,p80,p90,n,basis")
    reference.add_argument("--time-limit", type=seconds, metavar="S", help="seconds; status 4 when they do not do")
    add_executor_arguments(reference, "past forecasts and new work")
    add_common_arguments(reference)
    reference.set_defaults(run=run_reference)
    warn = commands.add_parser(
        "warn",
        help="which projects will move their end again",
        description="The probability that each project's forecast end moves later within the horizon, by its reports so far.",
    )
    warn.add_argument(
        "--history",
        type=Path,
        required=True,
        metavar="FILE",
        help="project,reported_on,planned_end,forecast_end,budget,spent",
    )
    warn.add_argument("--out", type=Path, required=True, metavar="FILE", help="project,reported_on,p_late,reason")
    warn.add_argument(
        "--slip", type=whole(1, 100_000), default=30, metavar="DAYS", help="a move counts beyond this (default 30)"
    )
    warn.add_argument(
        "--horizon", type=whole(1, 100_000), default=365, metavar="DAYS", help="how far ahead (default 365)"
    )
    warn.add_argument("--time-limit", type=seconds, metavar="S", help="seconds; status 4 when they do not do")
    add_common_arguments(warn)
    warn.set_defaults(run=run_warn)


def _watch(args: argparse.Namespace) -> Watch:
    return Watch(f"forecast {args.engine_command}", args.time_limit, quiet=args.quiet)


def _check_files(command: str, *paths: Path) -> None:
    """The last one is written; it must be no other and possible to write."""
    if len({path.resolve() for path in paths}) < len(paths):
        raise BadInputError(f"forecast {command}: two of the files are the same; name each its own")
    check_output(paths[-1])


# Schedule


def run_schedule(args: argparse.Namespace) -> int:
    """Run `forecast schedule`. Raises BadInputError for what a person must mend."""
    _check_files("schedule", args.network, args.out)
    if not 0 <= args.sigma <= 5:
        raise BadInputError(f"forecast schedule: --sigma {args.sigma:g} is out of range, expected 0 to 5")
    if args.seed < 0:
        raise BadInputError(f"forecast schedule: --seed {args.seed} is below 0, expected a whole number of at least 0")
    watch = Watch("forecast schedule", args.time_limit, quiet=args.quiet, what="blocks of samples")
    with watch.limited(_GRACE):
        report = _schedule(args, watch)
    with outputs(args.out) as (file,):
        file.writelines(pieces(report))
    watch.end()
    return DONE


def _schedule(args: argparse.Namespace, watch: Watch) -> dict[str, Any]:
    most = _MOST_NUMBERS // args.samples
    ids = many_ids(args.network, most)
    if ids > 2 * most:  # an activity may hold other things with ids, which are passed over
        raise _too_many(args.samples, ids)
    plan = read_plan(args.network, args.sigma, Faults())
    if len(plan.activities) > most:
        raise _too_many(args.samples, len(plan.activities))
    with executor_of(args) as where:
        found = simulate(
            plan.activities,
            correlation=plan.correlation or 0.0,
            samples=args.samples,
            seed=args.seed,
            over=watch.over,
            where=where,
        )
    if len(found.end) < min(args.samples, 1000):
        raise UnfinishedError("forecast schedule: out of time before 1,000 samples; give a longer --time-limit")
    report: dict[str, Any] = {
        "activities": {
            name: {**_named(row), "criticality": round(critical, 6)}
            for name, row, critical in zip(found.ids, found.finish.tolist(), found.criticality.tolist(), strict=True)
        },
        "end": {**_named(found.end_quantiles().tolist()), **_end(found)},
        "p_late": None,
        "basis": _schedule_basis(plan.no_sigma, args.sigma, plan.correlation, found, args.lang),
    }
    if plan.deadline is not None:
        late, error = found.late(plan.deadline)
        report["p_late"] = round(late, 6)
        report["p_late_error"] = round(error, 6)
        report["deadline"] = plan.deadline
    report["run"] = watch.clock.run(seed=args.seed, samples=len(found.end))
    return report


def _too_many(samples: int, activities: int) -> BadInputError:
    fewer = _MOST_NUMBERS // activities
    other = f"--samples of at most {fewer}" if fewer >= _FEWEST else f"at most {_MOST_NUMBERS // _FEWEST:,} activities"
    return BadInputError(
        f"forecast schedule: {samples:,} samples of {activities:,} activities do not fit into memory, expected {other}"
    )


def _named(values: list[float]) -> dict[str, float]:
    return {name: round(value, 6) for name, value in zip(("p10", "p50", "p80", "p95"), values, strict=True)}


def _end(found: Schedule) -> dict[str, float]:
    kept = float((found.end <= found.deterministic * (1 + 1e-9)).mean())
    return {
        "mean": round(float(found.end.mean()), 6),
        "planned": round(found.deterministic, 6),
        "p_planned": round(kept, 6),
    }


def _schedule_basis(
    lacking: int, sigma: float, correlation: float | None, found: Schedule, language: str
) -> list[dict[str, Any]]:
    """What the forecast takes for granted, as codes with sentences."""
    zh = language == "zh"
    told: list[dict[str, Any]] = []
    if lacking:
        text = (
            f"{lacking} 项活动没有给出离散度，按 {sigma:g} 计；这不是数据。"
            if zh
            else f"{lacking} activities have no sigma; {sigma:g} was taken, which is no data."
        )
        told.append({"code": "no-sigma", "activities": lacking, "sigma": sigma, "text": text})
    if correlation is None and len(found.ids) > 1:
        text = (
            "没有给出相关系数，按各活动互不相关计；若同受一因影响，晚的可能比这里写的大。"
            if zh
            else "No correlation is given; activities vary independently, which understates late ends where they share a cause."
        )
        told.append({"code": "no-correlation", "text": text})
    return told


# Reference classes


def run_reference(args: argparse.Namespace) -> int:
    """Run `forecast reference`. Raises BadInputError for what a person must mend."""
    _check_files("reference", args.history, args.plan, args.out)
    watch, faults = _watch(args), Faults()
    with watch.limited():
        history = read_history(args.history, faults, watch.step)
        plan = read_new(args.plan, faults, watch.step)
        faults.stop_if_any()
        if not history.finished.any():
            raise BadInputError(f"{args.history}:1: nothing is finished, expected at least one row with actual_days")
        with executor_of(args) as where:
            found = forecast(history, plan.classes, plan.planned, over=watch.over, where=where)
    with outputs(args.out) as (file,), watch.limited():
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["id", "p10", "p50", "p80", "p90", "n", "basis"])
        table.writerows(_quantile_rows(plan, found, args.lang, watch))
    watch.end()
    return DONE


def _quantile_rows(plan: NewWork, found: Quantiles, language: str, watch: Watch) -> Iterator[list[object]]:
    names = [f"P{level * 100:.0f}" for level in LEVELS]

    @lru_cache(maxsize=100_000)  # work of one class has the same
    def why(stand: str, kind: str, far: tuple[bool, ...], censored: int) -> str:
        beyond = [name for name, one in zip(names, far, strict=True) if one]
        return reasons.basis(stand, kind, beyond, found.calibrated, censored, language)

    for first in range(0, len(plan.ids), _ROWS):
        part = slice(first, first + _ROWS)
        columns = (plan.ids[part], plan.classes[part], found.basis[part])
        arrays = (found.days[part], found.beyond[part], found.n[part], found.censored[part])
        for name, kind, stand, days, far, count, censored in zip(
            *columns, *(one.tolist() for one in arrays), strict=True
        ):
            yield [name, *[f"{value:.1f}" for value in days], count, why(stand, kind, tuple(far), censored)]
        watch.step(len(plan.ids[part]))


# Early warning


def run_warn(args: argparse.Namespace) -> int:
    """Run `forecast warn`. Raises BadInputError for what a person must mend."""
    _check_files("warn", args.history, args.out)
    watch, faults = _watch(args), Faults()
    with watch.limited():
        history = read_reports(args.history, faults, watch.step)
        faults.stop_if_any()
        rates = warning.learn(history, slip=args.slip, horizon=args.horizon, step=watch.step)
    with outputs(args.out) as (file,), watch.limited():
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["project", "reported_on", "p_late", "reason"])
        for one in warning.judge_all(rates, history, slip=args.slip):
            watch.step()
            table.writerow(
                [one.project, reasons.iso(one.reported_on), f"{one.p_late:.4f}", reasons.warning(one, rates, args.lang)]
            )
    watch.end()
    return DONE
