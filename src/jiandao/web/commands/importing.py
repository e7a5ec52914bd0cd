"""`jiandao import KIND FILE`: the same import as in the browser, from the command line."""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from jiandao.engines.files import BAD_INPUT, DONE, BadInputError
from jiandao.web.commands import prepare, reader_language
from jiandao.web.commands.people import acting, in_language, programme_named

KINDS = ("needs", "results", "capabilities", "organisations", "experts")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("file", type=Path, help="xlsx, csv (UTF-8 or GB18030), json or jsonl")
    parser.add_argument("--dry-run", action="store_true", help="say what would happen; the database is not touched")
    parser.add_argument("--programme", metavar="SLUG", help="needed where there are several")
    parser.add_argument("--as", dest="username", metavar="USERNAME", help="default: the one officer of the programme")
    parser.add_argument("--mapping", type=Path, metavar="FILE.json", help="which column fills which field")
    parser.add_argument("--skip-bad", action="store_true", help="import the good rows; default: all or nothing")
    parser.add_argument(
        "--state",
        choices=("draft", "submitted", "published", "entered", "verified"),
        help="of new records; default: draft, of organisations and experts entered",
    )
    parser.add_argument("--as-they-are", action="store_true", help="an officer publishes what is incomplete")
    parser.add_argument("--empty-clears", action="store_true", help="an empty cell empties the field of an old record")
    parser.add_argument("--source", metavar="NAME", help="default: the file's name without its ending")
    parser.add_argument("--lang", choices=("zh", "en"), default=reader_language())
    parser.add_argument("--quiet", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    if not args.file.is_file():
        raise BadInputError(f"{args.file}:1: there is no such file; check the name")
    prepare()
    from jiandao.kernel.programme import in_programme

    with in_language(args.lang), in_programme(programme_named(args.programme)) as programme:
        return _import(args, programme)


def _import(args: argparse.Namespace, programme: Any) -> int:
    from jiandao.kernel.files import FileRefused
    from jiandao.kernel.policy.decisions import NotAllowed
    from jiandao.kernel.tabular.faults import CellFaultError, TableRefusedError
    from jiandao.stages.exchange.importing import actions
    from jiandao.stages.exchange.importing.fields import importable
    from jiandao.stages.exchange.importing.mapping import propose
    from jiandao.stages.exchange.importing.options import ALL, GOOD, Options

    actor = acting(args.username, programme)
    what = importable(args.kind)
    try:
        table = actions.open_table(what, args.file, args.file.name)
        mapping = _mapping(args.mapping) if args.mapping else propose(what, table.headers)
        options = Options(
            source=args.source or actions.default_source(actor, what, programme, args.file.name),
            state=args.state or what.states[0],
            mode=GOOD if args.skip_bad else ALL,
            as_they_are=args.as_they_are,
            empty_clears=args.empty_clears,
        )
        if args.dry_run:
            found = actions.survey(
                actor=actor,
                programme=programme,
                kind=args.kind,
                table=table,
                mapping=mapping,
                options=options,
                job=_Watched(args.quiet),
            )
            _say_faults(args.file, found.faults)
            _say(found.report, dry=True)
            return BAD_INPUT if found.report.faulty and not args.skip_bad else DONE
        return _run(args, actor, programme, mapping, options)
    except NotAllowed as refused:
        raise BadInputError(f"{args.file}:1: {refused.refusal.sentence}") from refused
    except FileRefused as refused:
        raise BadInputError(f"{args.file}:1: {refused.sentence}") from refused
    except (TableRefusedError, CellFaultError) as refused:
        raise BadInputError(
            f"{args.file}:{refused.facts.get('row') or refused.facts.get('line') or 1}: {refused}"
        ) from refused


def _run(args: argparse.Namespace, actor: Any, programme: Any, mapping: Any, options: Any) -> int:
    from django.db import DatabaseError, connection

    from jiandao.kernel.policy.decisions import NotAllowed
    from jiandao.stages.exchange.importing import actions, storage
    from jiandao.stages.exchange.importing.models import BatchState

    with args.file.open("rb") as file:
        batch = actions.upload(
            actor=actor, programme=programme, kind=args.kind, name=args.file.name, pieces=file, source=options.source
        )
    batch = actions.prepare(actor=actor, batch=batch, mapping=mapping, options=options)
    actions.claim(batch)
    try:
        report = actions.run(actor=actor, batch=batch, job=_Watched(args.quiet))
    except NotAllowed:
        actions.let_go(batch, BatchState.FAILED)
        _say_faults(args.file, storage.faults_of_batch(batch).read())
        raise
    except BaseException:
        try:
            actions.let_go(batch, BatchState.CANCELLED)
        except DatabaseError:  # a signal came while a query was being sent: that connection is of no more use
            connection.close()
            actions.let_go(batch, BatchState.CANCELLED)
        raise
    _say_faults(args.file, storage.faults_of_batch(batch).read())
    _say(report, dry=False)
    return DONE


def _mapping(path: Path) -> Any:
    from jiandao.stages.exchange.importing.mapping import Mapping

    try:
        return Mapping.from_json(json.loads(path.read_text(encoding="utf-8-sig")))
    except OSError as error:
        raise BadInputError(f"{path}:1: the file cannot be read ({error.strerror}); check its name") from error
    except json.JSONDecodeError as error:
        raise BadInputError(f"{path}:{error.lineno}: not JSON ({error.msg}); see docs/user/import.md") from error
    except ValueError as error:
        raise BadInputError(f"{path}:1: {error}") from error


def _say_faults(path: Path, faults: Any) -> None:
    for fault in faults:
        where = f" {fault.cell} {fault.column}" if fault.cell else ""
        sys.stderr.write(f"{path}:{fault.row}:{where} {fault.sentence}\n")


def _say(report: Any, *, dry: bool) -> None:
    from django.utils.translation import gettext as _

    facts = {"new": report.new, "changed": report.changed, "unchanged": report.unchanged, "faulty": report.faulty}
    if dry:
        said = _(
            "Nothing was written. New: %(new)s, changed: %(changed)s, unchanged: %(unchanged)s, faulty: %(faulty)s."
        )
    else:
        said = _("New: %(new)s, changed: %(changed)s, unchanged: %(unchanged)s, skipped: %(faulty)s.")
    sys.stdout.write(said % facts + "\n")


class _Watched:
    """A job whose progress is one line on a terminal."""

    def __init__(self, quiet: bool) -> None:
        self._shown = not quiet and sys.stderr.isatty()
        self._total: int | None = None

    def report(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        counts: dict[str, int] | None = None,
        message: str | None = None,
    ) -> None:
        self._total = total if total is not None else self._total
        if self._shown:
            sys.stderr.write(f"\n{message}\n" if message else f"\r{done or 0:,} / {self._total or 0:,}")
            sys.stderr.flush()

    def check_cancelled(self) -> None:
        """Ctrl-C ends a command, and the open transaction with it."""
