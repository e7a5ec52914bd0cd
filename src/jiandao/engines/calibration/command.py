"""`jiandao calibrate`: the calibration engine on files."""

import argparse
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np

from jiandao.engines.calibration.calibrating import calibrate
from jiandao.engines.calibration.reading import read
from jiandao.engines.calibration.reasons import sentence
from jiandao.engines.calibration.records import Calibration
from jiandao.engines.files import DONE, BadInputError, check_output, outputs
from jiandao.engines.runs import Clock, add_common_arguments, seconds, whole, written
from jiandao.engines.tables import number

_NINETY = 1.6448536269514722  # deviations on either side that hold 90 %


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the options."""
    parser.add_argument(
        "--reviews", type=Path, required=True, metavar="FILE", help="header proposal,expert,score[,criterion]"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="proposals with calibrated scores")
    parser.add_argument("--experts-out", type=Path, metavar="FILE", help="experts with bias and scale")
    parser.add_argument(
        "--report", type=Path, metavar="FILE", help="outliers, disputed proposals, parts, trimmed means; JSON"
    )
    parser.add_argument(
        "--weights", type=_weight, nargs="+", action="extend", default=[], metavar="CRITERION=W", help="of all criteria"
    )
    parser.add_argument(
        "--model",
        choices=("scale", "additive"),
        default="scale",
        help="experts differ in level and in how widely they spread scores (default), or in level only",
    )
    parser.add_argument(
        "--trim",
        type=whole(0, 1000),
        default=1,
        metavar="N",
        help="scores left out at either end for the trimmed mean (default 1)",
    )
    parser.add_argument("--time-limit", type=seconds, metavar="S", help="seconds; sampling ends early")
    add_common_arguments(parser, seed=7)
    parser.set_defaults(run=run)


def _weight(text: str) -> tuple[str, float]:
    name, sign, value = text.rpartition("=")
    weight = number(value)
    if not name.strip() or not sign or weight is None or not 0 <= weight <= 1e9:
        raise argparse.ArgumentTypeError(f"{text} is none, expected a criterion and a number from 0: novelty=0.4")
    return name.strip(), weight


def run(args: argparse.Namespace) -> int:
    """Run `calibrate`. Raises BadInputError for what a person must mend."""
    made = [path for path in (args.out, args.experts_out, args.report) if path]
    wrong = []
    if len({path.resolve() for path in (args.reviews, *made)}) <= len(made):
        wrong.append("calibrate: two of the files are the same; name each its own")
    if len({name for name, _ in args.weights}) < len(args.weights):
        wrong.append("calibrate: --weights names a criterion twice; name it once")
    if wrong:
        raise BadInputError(*wrong)
    for path in made:
        check_output(path)
    clock = Clock(limit=args.time_limit)
    reviews = read(args.reviews, dict(args.weights), quiet=args.quiet)
    found = calibrate(reviews, scales=args.model == "scale", trim=args.trim, seed=args.seed, clock=clock)
    notes = _notes(found, args.lang, limited=clock.reached)
    with outputs(*made) as files:
        files[0].write(_proposals(found))
        if args.experts_out:
            files[1].write(_experts(found))
        if args.report:
            report = _report(found, args.lang)
            files[-1].write(written({**report, "notes": notes, "run": clock.run(seed=args.seed)}))
    if not args.quiet:
        for note in notes:
            sys.stderr.write(f"{note['text']}\n")
    return DONE


def _line(*cells: str | float | int) -> str:
    texts = [f"{cell:.6f}" if isinstance(cell, float) else str(cell) for cell in cells]
    quoted = ['"' + text.replace('"', '""') + '"' if any(sign in text for sign in ',"') else text for text in texts]
    return ",".join(quoted) + "\n"


def _proposals(found: Calibration) -> str:
    lines = ["proposal,raw_mean,score,sd,rank,rank_low,rank_high\n"]
    columns = (found.raw_mean, found.score, found.sd, found.rank, found.rank_low, found.rank_high)
    for name, *cells in zip(found.reviews.proposals, *(column.tolist() for column in columns), strict=True):
        lines.append(_line(name, *cells))
    return "".join(lines)


def _experts(found: Calibration) -> str:
    lines = ["expert,reviews,bias,sd,scale\n"]
    count = np.bincount(found.reviews.expert, minlength=len(found.reviews.experts))
    columns = (count, found.bias, found.bias_sd, found.scale)
    for name, *cells in zip(found.reviews.experts, *(column.tolist() for column in columns), strict=True):
        lines.append(_line(name, *cells))
    return "".join(lines)


def _notes(found: Calibration, language: str, *, limited: bool) -> list[dict[str, Any]]:
    """What a reader must know before using the scores."""
    reviews = found.reviews
    once = int((np.bincount(reviews.expert, minlength=len(reviews.experts)) == 1).sum())
    alone = int((np.bincount(reviews.proposal, minlength=len(reviews.proposals)) == 1).sum())
    facts: list[tuple[str, dict[str, int]]] = []
    if found.groups > 1:
        facts.append(("groups", {"groups": found.groups}))
    if once:
        facts.append(("few-reviews", {"experts": once}))
    if alone:
        facts.append(("single-reviews", {"proposals": alone}))
    if limited:
        facts.append(("time", {}))
    return [{"code": code, **values, "text": sentence(code, language, **values)} for code, values in facts]


def _report(found: Calibration, language: str) -> dict[str, Any]:
    reviews, spread = found.reviews, found.spread
    error = float((found.error / found.sd).max(initial=0.0))
    proposals = {
        name: {"trimmed_mean": round(mean, 6), "trimmed_rank": rank, "part": part}
        for name, mean, rank, part in zip(
            reviews.proposals,
            found.trimmed_mean.tolist(),
            found.trimmed_rank.tolist(),
            (found.group + 1).tolist(),
            strict=True,
        )
    }
    return {
        "proposals_count": len(reviews.proposals),
        "experts_count": len(reviews.experts),
        "reviews_count": len(reviews.score),
        "mean": round(found.mean, 6),
        "spread": {
            "quality": round(spread.quality, 6),
            "bias": round(spread.bias, 6),
            "scale": round(spread.scale, 6),
            "noise": round(spread.noise, 6),
        },
        "sweeps": found.sweeps,
        "error_in_deviations": round(error, 4) if math.isfinite(error) else None,
        "parts": _parts(found),
        "outliers": _outliers(found, language),
        "disputed": _disputed(found, language),
        "experts": _intervals(found),
        "proposals": proposals,
    }


def _parts(found: Calibration) -> list[dict[str, int]]:
    return [
        {
            "part": part + 1,
            "proposals": int((found.group == part).sum()),
            "experts": int((found.expert_group == part).sum()),
        }
        for part in range(found.groups)
    ]


def _outliers(found: Calibration, language: str) -> list[dict[str, Any]]:
    reviews = found.reviews
    made = []
    for place in found.outliers.tolist():
        by = float(found.residual[place])
        facts = {
            "proposal": reviews.proposals[reviews.proposal[place]],
            "expert": reviews.experts[reviews.expert[place]],
            "score": float(reviews.score[place]),
            "expected": round(float(found.expected[place]), 6),
            "by": round(abs(by), 3),
        }
        code = "outlier-high" if by > 0 else "outlier-low"
        made.append({"code": code, **facts, "text": sentence(code, language, **facts)})
    return made


def _disputed(found: Calibration, language: str) -> list[dict[str, Any]]:
    number_of = np.bincount(found.reviews.proposal, minlength=len(found.reviews.proposals))
    made = []
    for place in found.disputed.tolist():
        facts = {
            "proposal": found.reviews.proposals[place],
            "reviews": int(number_of[place]),
            "chance": float(f"{found.disagreement[place]:.3g}"),
        }
        made.append({"code": "disputed", **facts, "text": sentence("disputed", language, **facts)})
    return made


def _intervals(found: Calibration) -> dict[str, dict[str, float]]:
    """90 % intervals of what is said about experts."""
    return {
        name: {
            "bias_low": round(bias - _NINETY * bias_sd, 6),
            "bias_high": round(bias + _NINETY * bias_sd, 6),
            "scale_low": round(max(0.0, scale - _NINETY * scale_sd), 6),
            "scale_high": round(scale + _NINETY * scale_sd, 6),
        }
        for name, bias, bias_sd, scale, scale_sd in zip(
            found.reviews.experts,
            found.bias.tolist(),
            found.bias_sd.tolist(),
            found.scale.tolist(),
            found.scale_sd.tolist(),
            strict=True,
        )
    }
