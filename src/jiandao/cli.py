"""`jiandao`: one command line for the engines and the platform.

Commands are named in two tables and imported only when one is called, so that `jiandao match` starts without Django.
A command's module has `add_arguments(parser)`, which sets `run`: from the parsed arguments to an exit status.
"""

import argparse
import importlib
import os
import platform
import signal
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from types import FrameType
from typing import NoReturn

from jiandao import __version__
from jiandao.engines.files import BAD_INPUT, CONTROL_C, DONE, INTERRUPTED, OUR_ERROR, BadInputError, UnfinishedError

# (name, module, help). The engines run on files, without a server or a database.
ENGINES: tuple[tuple[str, str, str], ...] = (
    ("match", "jiandao.engines.matching.command", "texts: find the best answers, with reasons"),
    ("assign", "jiandao.engines.assignment.command", "experts to proposals: the best panels, with a proof"),
    ("calibrate", "jiandao.engines.calibration.command", "review scores: harsh and lenient experts made comparable"),
    ("portfolio", "jiandao.engines.portfolio.command", "projects: choose under budgets and rules, with reasons"),
    (
        "forecast",
        "jiandao.engines.forecast.command",
        "how long, how sure: schedules, reference classes, early warnings",
    ),
    (
        "resilience",
        "jiandao.engines.resilience.command",
        "supply networks: choke points, and what stops when a country stops",
    ),
)
# The platform's own commands; their modules may import Django.
PLATFORM: tuple[tuple[str, str, str], ...] = (
    ("demo", "jiandao.web.commands.demo", "a demonstration programme, ready to sign in"),
    ("serve", "jiandao.web.commands.serve", "the web server"),
    ("worker", "jiandao.web.commands.worker", "jobs, seals, mails and the match index of this host"),
    ("migrate", "jiandao.web.commands.migrate", "bring tables and vocabularies up to date"),
    ("check", "jiandao.web.commands.check", "may this deployment be opened to others?"),
    ("people", "jiandao.web.commands.directory", "programmes, organisations, accounts and roles, by the operator"),
    ("import", "jiandao.web.commands.importing", "needs or results from xlsx, csv or json, faults by cell"),
    ("export", "jiandao.web.commands.exporting", "a list of needs or results as xlsx or csv"),
    ("journal", "jiandao.web.commands.journal", "verify, seal or anchor the journal"),
    ("ledger", "jiandao.web.commands.ledger", "check that envelopes and postings agree to the fen"),
    ("docs", "jiandao.web.commands.docs", "lifecycles and permissions, from the running code"),
    ("bounces", "jiandao.kernel.notifications.command", "read returned mails into the outbox"),
    ("backup", "jiandao.web.commands.backup", "database and files into one checked archive"),
    ("restore", "jiandao.web.commands.restore", "database and files from an archive"),
    ("database", "jiandao.web.commands.database", "start, stop, look at or upgrade the embedded server"),
)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(BAD_INPUT, f"{self.prog}: {message}; see {self.prog} --help\n")


class _TerminatedError(Exception):
    """The process was asked to end."""


def main(argv: list[str] | None = None) -> int:
    """Run a command and return its exit status: 0 done, 1 our error, 2 bad input, 3 no solution, 4 unfinished, 130."""
    words = sys.argv[1:] if argv is None else argv
    before = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, _terminate)
        return _run(words)
    except SystemExit as leaving:  # argparse's --help, --version and errors
        return leaving.code if isinstance(leaving.code, int) else DONE
    except BadInputError as error:
        sys.stderr.write("\n".join(error.faults) + "\n")
        return BAD_INPUT
    except UnfinishedError as error:
        sys.stderr.write(f"{error}\n")
        return INTERRUPTED
    except _TerminatedError:
        sys.stderr.write("jiandao: interrupted; nothing was written\n")
        return INTERRUPTED
    except KeyboardInterrupt:
        return CONTROL_C
    except Exception as error:
        if type(error.__cause__).__name__ in {
            "UndefinedTable",
            "UndefinedColumn",
        }:  # of psycopg, which is not loaded here
            sys.stderr.write(
                "jiandao: the database has not the tables of this version; run jiandao migrate, or name "
                "another data folder by JIANDAO_DATA (that of the demonstration is var/demo)\n"
            )
            return BAD_INPUT
        sys.stderr.write(f"jiandao: an error of ours: {error}; please send us the report {_report(words)}\n")
        return OUR_ERROR
    finally:
        signal.signal(signal.SIGTERM, before)


def _run(words: list[str]) -> int:
    parser = _Parser(
        prog="jiandao", description="Jiandao (尖刀): from an enterprise's problem to a product on the line."
    )
    parser.add_argument("--version", action="version", version=f"jiandao {__version__}")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    called = next((word for word in words if not word.startswith("-")), None)
    for name, module, sentence in (*ENGINES, *PLATFORM):
        below = commands.add_parser(name, help=sentence, description=sentence)
        if name == called:
            importlib.import_module(module).add_arguments(below)
    args = parser.parse_args(words)
    return int(args.run(args))


def _terminate(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _TerminatedError


def _report(words: list[str]) -> str:
    """Write what we need to mend an error of ours; the file is readable by its owner only."""
    handle, name = tempfile.mkstemp(prefix="jiandao-error-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat(timespec='seconds')}\njiandao {__version__}\n")
        file.write(f"Python {platform.python_version()} on {platform.platform()}\narguments: {words!r}\n\n")
        file.write(traceback.format_exc())
    return name


if __name__ == "__main__":
    sys.exit(main())
