"""`jiandao journal verify|seal|anchor`."""

import argparse
import json
import sys
import time
from dataclasses import asdict

from jiandao.web.commands import prepare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(required=True, metavar="WHAT")
    verify = below.add_parser("verify", help="recompute links, roots, seals and anchors; name the first broken one")
    verify.add_argument("--json", action="store_true", help="print figures as JSON")
    verify.set_defaults(run=run_verify)
    below.add_parser("seal", help="seal what is pending now").set_defaults(run=run_seal)
    below.add_parser("anchor", help="write the last seal outside the database").set_defaults(run=run_anchor)


def run_verify(args: argparse.Namespace) -> int:
    prepare()
    from django.utils.translation import gettext as _

    from jiandao.kernel.journal.verify import verify

    began = time.process_time()
    verdict = verify()
    figures = asdict(verdict) | {"cpu_seconds": round(time.process_time() - began, 3)}
    if args.json:
        sys.stdout.write(json.dumps(figures) + "\n")
    elif verdict.broken is None:
        sentence = _(
            "The journal is whole: %(entries)s entries (%(erased)s erased by law, %(pending)s wait for the next seal), "
            "%(seals)s seals, %(anchors)s anchors."
        )
        sys.stdout.write(f"{sentence % figures}\n")
    else:
        broken = verdict.broken
        sentence = _("The journal is broken at %(where)s: %(why)s.")
        sys.stderr.write(f"{sentence % asdict(broken)}\n")
    return 0 if verdict.broken is None else 3


def run_seal(args: argparse.Namespace) -> int:
    prepare()
    from jiandao.kernel.journal.seal import seal_all

    sys.stdout.write(f"{seal_all()} entries sealed.\n")
    return 0


def run_anchor(args: argparse.Namespace) -> int:
    prepare()
    from jiandao.kernel.journal.anchor import anchor, path
    from jiandao.kernel.journal.seal import seal_all

    seal_all()
    line = anchor()
    if line is None:
        sys.stdout.write("Nothing was ever sealed.\n")
    else:
        sys.stdout.write(f"Seal {line.number} {line.algorithm} {line.digest}, appended to {path()}\n")
    return 0
