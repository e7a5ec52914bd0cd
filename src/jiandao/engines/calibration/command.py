"""`jiandao calibrate`: the calibration engine on files."""

import argparse
import csv
import sys
from pathlib import Path

from jiandao.engines.calibration.calibrating import calibrate
from jiandao.engines.calibration.reading import read
from jiandao.engines.calibration.sampling import CHAINS, LONG
from jiandao.engines.calibration.writing import experts, notes_on, proposals, report
from jiandao.engines.executor import PATIENCE, add_executor_arguments, executor_of
from jiandao.engines.files import DONE, BadInputError, check_output, outputs
from jiandao.engines.runs import Clock, add_common_arguments, pieces, seconds, whole
from jiandao.engines.tables import number


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
    add_executor_arguments(parser, "chains of the sampler")
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
    patience = 0.0 if len(reviews.score) >= LONG else PATIENCE
    with executor_of(args, patience=patience, most=CHAINS) as where:
        found = calibrate(
            reviews, scales=args.model == "scale", trim=args.trim, seed=args.seed, clock=clock, where=where
        )
    notes = notes_on(found, args.lang, limited=clock.reached)
    with outputs(*made) as files:
        csv.writer(files[0], lineterminator="\n").writerows(proposals(found))
        if args.experts_out:
            csv.writer(files[1], lineterminator="\n").writerows(experts(found))
        if args.report:
            told = {**report(found, args.lang), "notes": notes, "run": clock.run(seed=args.seed)}
            files[-1].writelines(pieces(told))
    if not args.quiet:
        for note in notes:
            sys.stderr.write(f"{note['text']}\n")
    return DONE
