"""`jiandao resilience`: choke points of a supply network, from files."""

import argparse
from pathlib import Path
from typing import Any

from jiandao.engines.executor import add_executor_arguments, executor_of
from jiandao.engines.files import DONE, BadInputError, Faults, check_output, outputs
from jiandao.engines.resilience.measures import Thresholds
from jiandao.engines.resilience.network import Network, relieved
from jiandao.engines.resilience.reading import cases, read, read_relief
from jiandao.engines.resilience.report import Analysis, compose
from jiandao.engines.resilience.stops import every_country
from jiandao.engines.resilience.sweep import Plan
from jiandao.engines.runs import Entries, Watch, add_common_arguments, pieces, seconds, share


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the options."""
    standard = Thresholds()
    parser.add_argument("--network", type=Path, required=True, metavar="DIR", help="folder of the network's files")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the report, JSON")
    parser.add_argument(
        "--stop",
        nargs="+",
        metavar="COUNTRY",
        help="one case a word; USA+NLD stops both (default: every country alone)",
    )
    parser.add_argument("--relief", type=Path, metavar="FILE", help="new providers: node,provider,country,share")
    parser.add_argument("--home", default="CHN", metavar="COUNTRY", help="the home country (default CHN)")
    parser.add_argument(
        "--choke-share", type=share, default=standard.majority, metavar="X", help="threshold of the largest share"
    )
    parser.add_argument(
        "--choke-home", type=share, default=standard.home, metavar="X", help="threshold of the home share"
    )
    parser.add_argument(
        "--choke-hhi", type=share, default=standard.hhi, metavar="X", help="threshold of concentration by country"
    )
    parser.add_argument(
        "--spare",
        type=share,
        default=0.0,
        metavar="X",
        help="share by which known providers in other countries can deliver more when one stops (default 0)",
    )
    parser.add_argument(
        "--every-node",
        action="store_true",
        help="try every node alone in a network of any size (without it: only where that takes some ten seconds)",
    )
    parser.add_argument("--time-limit", type=seconds, metavar="S", help="seconds; status 4 when they do not do")
    add_executor_arguments(parser, "cases and nodes that are tried alone")
    add_common_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the command. Raises BadInputError for what a person must mend."""
    watch = Watch(
        "resilience",
        args.time_limit,
        quiet=args.quiet,
        what="rows, cases and nodes",
        hint=" or fewer words to --stop",
    )
    check_output(args.out)
    if args.relief and args.relief.resolve() == args.out.resolve():
        raise BadInputError(f"resilience: {args.out} is both --relief and --out; name each its own")
    if args.out.resolve() in {one.resolve() for one in args.network.glob("*.csv")}:
        raise BadInputError(f"resilience: {args.out} is a file of the network; name another")
    with watch.limited():
        report = _report(args, watch)
    with outputs(args.out) as (file,), watch.limited():
        for piece in pieces(report):
            file.write(piece)
            watch.step()
    watch.end()
    return DONE


def _report(args: argparse.Namespace, watch: Watch) -> dict[str, Any]:
    faults = Faults()
    network, loaded = read(args.network, faults, watch.step)
    reliefs = read_relief(args.relief, network, faults) if args.relief else []
    faults.stop_if_any()
    better = relieved(network, reliefs) if reliefs else None
    known = sorted({*every_country(network).tolist(), *(every_country(better).tolist() if better else [])})
    wanted = cases(args.stop, sorted({*known, *loaded.named})) if args.stop else [(country,) for country in known]
    plan = Plan(network.size, network.links)
    limits = Thresholds(majority=args.choke_share, home=args.choke_home, hhi=args.choke_hhi)
    with executor_of(args) as where:

        def analysed(one: Network) -> Analysis:
            return Analysis(
                one,
                wanted,
                home=args.home,
                thresholds=limits,
                plan=plan,
                over=watch.over,
                where=where,
                every_node=args.every_node,
                spare=args.spare,
            )

        before = analysed(network)
        after = analysed(better) if better else None
    if not before.complete or (after is not None and not after.complete):
        watch.stop()
    changed = sorted({relief.node for relief in reliefs})
    return {
        **compose(before, after, changed, loaded, plan, args.lang),
        "run": Entries(lambda: watch.clock.run().items()),
    }
