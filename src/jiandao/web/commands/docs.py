"""`jiandao docs lifecycles|permissions`: diagrams and permission tables, from the running code."""

import argparse
import sys

from jiandao.web.commands import prepare


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=("lifecycles", "permissions"))
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    prepare(start=False)
    from django.utils import translation

    from jiandao.web.documents import lifecycles, permissions

    with translation.override("en" if args.lang == "en" else "zh-hans"):
        sys.stdout.write(lifecycles() if args.what == "lifecycles" else permissions())
    return 0
