"""`jiandao export KIND FILE`: a list as the browser exports it, filtered as its address would say."""

import argparse
import sys
from pathlib import Path
from typing import Any

from jiandao.engines.files import DONE, BadInputError, check_output
from jiandao.web.commands import prepare, reader_language
from jiandao.web.commands.people import in_language, programme_named, somebody

KINDS = ("needs", "challenges", "results", "capabilities", "introductions", "cooperations", "organisations", "experts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("file", type=Path, help="ends in .xlsx or .csv")
    parser.add_argument(
        "--filter", action="append", default=[], metavar="NAME=VALUE", help="as on the page of the list"
    )
    parser.add_argument("--programme", metavar="SLUG", help="needed where there are several")
    parser.add_argument("--as", dest="username", metavar="USERNAME", help="default: what everybody may see")
    parser.add_argument("--lang", choices=("zh", "en"), default=reader_language())
    parser.add_argument("--quiet", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if args.file.suffix not in {".xlsx", ".csv"}:
        raise BadInputError(f"{args.file}: ends in neither .xlsx nor .csv; name the file so")
    check_output(args.file)
    prepare()
    from jiandao.kernel.programme import in_programme

    with in_language(args.lang), in_programme(programme_named(args.programme)):
        content, count = _exported(args)
    temporary = args.file.with_name(f".{args.file.name}-part")
    try:
        temporary.write_bytes(content)
        temporary.replace(args.file)
    finally:
        temporary.unlink(missing_ok=True)
    if not args.quiet:
        sys.stdout.write(f"{args.file}: {count}\n")
    return DONE


def _exported(args: argparse.Namespace) -> tuple[bytes, int]:
    from django.http import HttpRequest, QueryDict

    actor = somebody(args.username)
    listing, see = _lists()[args.kind]
    records = see(actor)
    request = HttpRequest()
    request.actor = actor  # type: ignore[attr-defined]
    request.GET = _query(args.filter, {*listing.filters.base_filters, "order"})
    found, filters, _order = listing.filtered(request, records)
    if not filters.is_valid():
        raise BadInputError(
            *(
                f"--filter {name}: {' '.join(str(one) for one in errors)}"
                for name, errors in filters.form.errors.items()
            )
        )
    response = listing.export(request, records, args.file.suffix[1:])
    assert isinstance(request.GET, QueryDict)
    return response.content, found.count()


def _lists() -> dict[str, tuple[Any, Any]]:
    """The list of each kind, and what of it somebody sees."""
    from jiandao.stages.exchange import queries
    from jiandao.stages.exchange.capabilities import queries as capabilities
    from jiandao.stages.exchange.capabilities.views.capabilities import CAPABILITIES
    from jiandao.stages.exchange.introductions import queries as meeting
    from jiandao.stages.exchange.introductions.views.cooperations import COOPERATIONS
    from jiandao.stages.exchange.introductions.views.introductions import INTRODUCTIONS
    from jiandao.stages.exchange.views.challenges import CHALLENGES
    from jiandao.stages.exchange.views.lists import NEEDS, RESULTS
    from jiandao.stages.people import queries as people
    from jiandao.stages.people.views.experts import EXPERTS
    from jiandao.stages.people.views.organisations import ORGANISATIONS

    return {
        "needs": (NEEDS, queries.needs),
        "challenges": (CHALLENGES, queries.challenges),
        "results": (RESULTS, queries.results),
        "capabilities": (CAPABILITIES, capabilities.capabilities),
        "introductions": (INTRODUCTIONS, meeting.introductions),
        "cooperations": (COOPERATIONS, meeting.cooperations),
        "organisations": (ORGANISATIONS, people.organisations),
        "experts": (EXPERTS, people.experts),
    }


def _query(filters: list[str], known: set[str]):  # type: ignore[no-untyped-def]
    from django.http import QueryDict

    query = QueryDict(mutable=True)
    for one in filters:
        name, sign, value = one.partition("=")
        if not sign or name not in known:
            raise BadInputError(f"--filter {one}: expected NAME=VALUE, NAME one of {', '.join(sorted(known))}")
        query.appendlist(name, value)
    return query
