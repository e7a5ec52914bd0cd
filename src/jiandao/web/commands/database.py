"""`jiandao database`: see docs/operator/database.md."""

import argparse

from jiandao.kernel.database.command import add_database_arguments, run_database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_database_arguments(parser)
    parser.set_defaults(run=run_database)
