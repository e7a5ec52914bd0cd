"""`jiandao journal verify|seal|anchor|erase`."""

import argparse
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path

from jiandao.web.commands import prepare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    below = parser.add_subparsers(required=True, metavar="WHAT")
    verify = below.add_parser("verify", help="recompute links, roots, seals and anchors; name the first broken one")
    verify.add_argument(
        "--anchors", action="append", default=[], metavar="FILE", help="compare with this copy of a file of anchors too"
    )
    verify.add_argument("--json", action="store_true", help="print figures as JSON")
    verify.set_defaults(run=run_verify)
    below.add_parser("seal", help="seal what is pending now").set_defaults(run=run_seal)
    below.add_parser("anchor", help="write the last seal outside the database").set_defaults(run=run_anchor)
    erase = below.add_parser("erase", help="remove the text of one entry, on a legal basis; the chain stays whole")
    erase.add_argument("number", type=int, help="the number of the entry, as its timeline shows it")
    erase.add_argument("--basis", required=True, help="the decision that orders it, by number")
    erase.add_argument("--as", dest="username", required=True, metavar="USERNAME", help="a security administrator")
    erase.set_defaults(run=run_erase)


def run_verify(args: argparse.Namespace) -> int:
    prepare()
    from django.utils.translation import gettext as _

    from jiandao.engines.files import BadInputError
    from jiandao.kernel.journal.verify import verify

    copies = [Path(name) for name in args.anchors]
    for copy in copies:
        if not (copy.is_file() and os.access(copy, os.R_OK)):
            raise BadInputError(_("%(file)s is no file that can be read; check its name and rights.") % {"file": copy})
    began = time.process_time()
    verdict = verify(*copies)
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
    if verdict.unreadable and not args.json:
        sentence = _("%(unreadable)s lines of the files of anchors cannot be read; look at them.")
        sys.stderr.write(f"{sentence % figures}\n")
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


def run_erase(args: argparse.Namespace) -> int:
    prepare()
    from django.utils.translation import gettext as _

    from jiandao.engines.files import BadInputError
    from jiandao.kernel.journal.erase import erase
    from jiandao.kernel.journal.models import JournalEntry
    from jiandao.kernel.policy.decisions import NotAllowed
    from jiandao.web.commands.people import somebody

    entry = JournalEntry.objects.filter(pk=args.number).first() if 0 < args.number < 2**63 else None
    if entry is None:
        raise BadInputError(_("There is no entry %(number)s.") % {"number": args.number})
    actor = somebody(args.username)
    try:
        erase(actor=actor, entry=entry, basis=args.basis)
    except NotAllowed as refused:
        raise BadInputError(refused.refusal.sentence) from refused
    sys.stdout.write(_("The text of entry %(number)s was erased.") % {"number": entry.pk} + "\n")
    return 0
