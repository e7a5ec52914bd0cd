"""`jiandao backup`: see docs/operator/database.md."""

import argparse

from jiandao.kernel.database.command import add_backup_arguments, run_backup


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_backup_arguments(parser)
    parser.set_defaults(run=run_backup)
