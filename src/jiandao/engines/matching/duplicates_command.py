"""`jiandao match duplicates`: pairs of documents that overlap, from a file."""

import argparse
from pathlib import Path
from typing import IO, Any

import numpy as np

from jiandao.engines.executor import executor
from jiandao.engines.files import DONE, BadInputError, Faults, Progress, check_output, lines, outputs
from jiandao.engines.matching.duplicates import (
    MOST_PAIRS,
    Pairs,
    TooManyPairsError,
    copies,
    duplicates,
    shingled_documents,
    template,
)
from jiandao.engines.matching.reading import documents
from jiandao.engines.matching.records import Document
from jiandao.engines.matching.shingling import Ints, Shingled
from jiandao.engines.runs import add_common_arguments, share, whole

_FEW = 20_000  # documents for which starting other processes costs more than they save
_ROWS = 100_000  # rows that are written at once


def add_arguments(commands: "argparse._SubParsersAction[Any]") -> None:
    """Register the sub-command."""
    parser = commands.add_parser(
        "duplicates",
        help="find documents that overlap",
        description="Find all pairs of documents of which a share of the shorter one stands in the other. The file is UTF-8,"
        " one JSON object a line: id, and any of title, text, keywords (a list).",
    )
    parser.add_argument("--documents", type=Path, required=True, metavar="FILE", help="documents")
    parser.add_argument(
        "--threshold", type=share, default=0.8, metavar="T", help="least share of the shorter one, 0 to 1 (default 0.8)"
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a,b,similarity,containment")
    parser.add_argument(
        "--copies",
        type=Path,
        metavar="FILE",
        help="id,copy_of: documents with the same text as one whose id comes first; these then stand in no pair",
    )
    parser.add_argument(
        "--template", type=Path, metavar="FILE", help="text of the form that all fill in; its phrases do not count"
    )
    parser.add_argument(
        "--most-pairs",
        type=whole(1, 1_000_000_000),
        default=MOST_PAIRS,
        metavar="N",
        help=f"end with an error, and write nothing, when there are more (default {MOST_PAIRS:,})",
    )
    parser.add_argument("--workers", type=whole(1, 256), metavar="N", help="processes (default: the cores at hand)")
    add_common_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `match duplicates`. Raises BadInputError for what a person must mend."""
    _check_usage(args)
    ids, given = _read(args)
    progress = Progress("steps", quiet=args.quiet)
    try:
        found = duplicates(
            ids, given, args.threshold, most_pairs=args.most_pairs, once=bool(args.copies), step=progress.step
        )
    except TooManyPairsError as error:
        raise BadInputError(_too_many(args, ids, error)) from error
    progress.end()
    with outputs(*(path for path in (args.out, args.copies) if path)) as files:
        _write_pairs(files[0], ids, found)
        if args.copies:
            _write_copies(files[1], ids, copies(ids, given))
    return DONE


def _check_usage(args: argparse.Namespace) -> None:
    named = [path.resolve() for path in (args.documents, args.out, args.copies, args.template) if path]
    if len(set(named)) < len(named):
        raise BadInputError("match duplicates: two of the files are the same; name each its own")
    for path in (args.out, args.copies):
        if path:
            check_output(path)


def _read(args: argparse.Namespace) -> tuple[list[str], Shingled]:
    faults = Faults()
    form = [text for _, text in lines(args.template, faults)] if args.template else []
    progress = Progress("documents", quiet=args.quiet)
    read: list[Document] = []
    for document in documents(args.documents, faults):
        read.append(document)
        progress.step()
    progress.end()
    faults.stop_if_any()
    without = template(["\n".join(form), *form]) if form else None
    with executor(workers=1 if len(read) < _FEW else args.workers) as pool:
        given = shingled_documents(read, without=without, pool=pool)
    return [document.id for document in read], given


def _too_many(args: argparse.Namespace, ids: list[str], error: TooManyPairsError) -> str:
    one = ids[error.member]
    if error.copies:
        what = f"{error.group:,} documents have the same text as {one}"
        hint = "leave copies out of the pairs with --copies FILE"
    else:
        what = f"{one} overlaps {error.group:,} documents"
        hint = "give the text of a common form with --template FILE, raise --threshold"
    return (
        f"{args.documents}: {error.least:,} pairs or more, expected at most {args.most_pairs:,}; {what}; {hint}, or"
        " raise --most-pairs"
    )


def _write_pairs(file: IO[str], ids: list[str], found: Pairs) -> None:
    file.write("a,b,similarity,containment\n")
    names = np.array([_cell(one) for one in ids], dtype=object)
    for start in range(0, len(found.first), _ROWS):
        some = slice(start, start + _ROWS)
        rows = zip(
            names[found.first[some]],
            names[found.second[some]],
            found.similarity[some].tolist(),
            found.containment[some].tolist(),
            strict=True,
        )
        file.writelines(f"{a},{b},{similarity:.6f},{share:.6f}\n" for a, b, similarity, share in rows)


def _write_copies(file: IO[str], ids: list[str], first_of: Ints) -> None:
    file.write("id,copy_of\n")
    for one, first in sorted((ids[place], ids[first_of[place]]) for place in range(len(ids))):
        if one != first:
            file.write(f"{_cell(one)},{_cell(first)}\n")


def _cell(text: str) -> str:
    """A cell of a CSV file; ids hold no white space, but may hold commas and quotes."""
    return '"' + text.replace('"', '""') + '"' if "," in text or '"' in text else text
