"""`jiandao restore`: see docs/operator/database.md."""

import argparse

from jiandao.kernel.database.command import add_restore_arguments, run_restore


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_restore_arguments(parser)
    parser.set_defaults(run=run_restore)
