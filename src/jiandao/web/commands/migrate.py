"""`jiandao migrate`: bring the tables and the vocabularies up to date, as the owner of the tables."""

import argparse

from jiandao.web.commands import prepare, uncollected


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing when all goes well")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    prepare(owner=True)
    migrate(verbosity=0 if args.quiet else 1)
    return 0


def migrate(verbosity: int = 1) -> None:
    """Migrations, then the vocabularies and rules that the code brings."""
    from django.core.management import call_command

    from jiandao.kernel import seeds

    with uncollected():
        call_command("migrate", interactive=False, verbosity=verbosity)
    seeds.load()
