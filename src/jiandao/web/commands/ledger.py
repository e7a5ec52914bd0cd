"""`jiandao ledger check`."""

import argparse
import json
import sys
from dataclasses import asdict

from jiandao.web.commands import prepare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(required=True, metavar="WHAT")
    check = below.add_parser("check", help="recompute all totals from the postings; name every row that does not fit")
    check.add_argument("--json", action="store_true", help="print figures and faults as JSON")
    check.set_defaults(run=run_check)


def run_check(args: argparse.Namespace) -> int:
    prepare()
    from django.utils.translation import gettext as _

    from jiandao.kernel.ledger.checking import check_ledger

    verdict = check_ledger()
    if args.json:
        figures = asdict(verdict) | {"faults": [asdict(one) | {"sentence": one.sentence} for one in verdict.faults]}
        sys.stdout.write(json.dumps(figures, default=int) + "\n")
    elif verdict.sound:
        sentence = _(
            "The ledger is whole: %(transactions)s entries with %(postings)s postings, %(envelopes)s envelopes, "
            "%(reservations)s reservations."
        )
        sys.stdout.write(f"{sentence % asdict(verdict)}\n")
    else:
        sys.stderr.write("".join(f"jiandao ledger: {fault.sentence}\n" for fault in verdict.faults))
    return 0 if verdict.sound else 3
