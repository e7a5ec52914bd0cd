"""`jiandao check`: may this deployment be opened to others? Exit status 2 and one line a fault when not."""

import argparse
import sys

from jiandao.web.commands import prepare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mail", metavar="ADDRESS", help="also send a test mail to this address")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    prepare()
    from django.core.checks import ERROR, run_checks
    from django.utils.translation import gettext as _

    from jiandao.web import mail, vectors
    from jiandao.web.checks import faults_of_deployment

    found = [str(one.msg) for one in run_checks(include_deployment_checks=False) if one.level >= ERROR]
    found += faults_of_deployment()
    sys.stdout.write("".join(f"{sentence}\n" for sentence in (mail.way(), *vectors.way())))
    if args.mail:
        fault = mail.try_out(args.mail)
        if fault:
            found.append(fault)
        else:
            sys.stdout.write(_("The test mail to %(address)s was taken.") % {"address": args.mail} + "\n")
    if found:
        sys.stderr.write("".join(f"jiandao check: {fault}\n" for fault in found))
        return 2
    sys.stdout.write(_("Nothing stands against serving the public from here.") + "\n")
    return 0
