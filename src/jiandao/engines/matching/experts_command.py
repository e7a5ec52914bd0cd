"""`jiandao match experts`: how well every expert fits every proposal, on files."""

import argparse
import csv
import io
import json
from pathlib import Path
from typing import IO, Any, cast

import numpy as np

from jiandao.engines.files import DONE, BadInputError, Faults, Progress, check_output, outputs
from jiandao.engines.matching.affinity import Affinities, AffinitySettings
from jiandao.engines.matching.affinity_reasons import Affinity, AffinityExplainer
from jiandao.engines.matching.labels import shown
from jiandao.engines.matching.reading import items, profiles
from jiandao.engines.runs import add_common_arguments, decimal, whole

_LABELS = {
    "lexical": {"zh": "共同词语", "en": "words that both use"},
    "common": {"zh": "扣除：各文本共有的词语", "en": "taken off: words that all texts share"},
    "latent": {"zh": "主题相近", "en": "nearness of topics"},
    "dense": {"zh": "语义相近", "en": "nearness of meaning"},
    "nothing": {"zh": "没有可比的成果，按最低分计", "en": "no work to compare; the least score"},
    "calibration": {
        "zh": "扣除：该项目与其他专家的普遍相近程度",
        "en": "taken off: nearness of the item to experts at large",
    },
}


def add(commands: Any) -> None:
    """Register the sub-command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "experts",
        help="score every expert for every proposal, with reasons",
        description="Score every profile for every item. Files are UTF-8, one JSON object a line. Profiles: id and"
        " documents, a list of objects with title, text, keywords, and if known id, and year or date. Items: id, title,"
        " text, keywords; authors and excluded name profiles that get no score. A document that is the item itself does"
        " not count.",
    )
    parser.add_argument("--profiles", type=Path, required=True, metavar="FILE", help="experts and their documents")
    parser.add_argument("--items", type=Path, required=True, metavar="FILE", help="proposals")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="item,profile,score; or .npz")
    parser.add_argument("--reasons", type=Path, metavar="FILE", help="why, one JSON object a pair")
    parser.add_argument(
        "--top",
        type=whole(1, 1_000_000),
        default=20,
        metavar="N",
        help="give reasons for the N best profiles of each item (default 20)",
    )
    parser.add_argument(
        "--half-life",
        type=decimal(0, 1000),
        default=AffinitySettings().half_life,
        metavar="YEARS",
        help="a document so much older counts half, where dates are given (default 8; 0: never)",
    )
    add_common_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run `match experts`. Raises BadInputError for what a person must mend."""
    _check_usage(args)
    faults = Faults()
    people = list(profiles(args.profiles, faults))
    proposals = list(items(args.items, faults))
    faults.stop_if_any()
    progress = Progress("texts", quiet=args.quiet)
    found = Affinities(proposals, people, AffinitySettings(half_life=args.half_life), step=progress.step)
    progress.end()
    with outputs(args.out, *([args.reasons] if args.reasons else [])) as files:
        if args.out.suffix == ".npz":
            _write_archive(files[0], found)
        else:
            _write_table(files[0], found)
        if args.reasons:
            _write_reasons(files[1], found, args)
    return DONE


def _check_usage(args: argparse.Namespace) -> None:
    paths = [path for path in (args.profiles, args.items, args.out, args.reasons) if path]
    if len({path.resolve() for path in paths}) < len(paths):
        raise BadInputError("match experts: two of the files are the same; name each its own")
    for path in (args.out, args.reasons):
        if path:
            check_output(path)


def _write_table(file: IO[str], found: Affinities) -> None:
    """A line for each pair that has a score, in the order of the files."""
    people = [_cell(profile.id) for profile in found.profiles]
    for item, values in zip(found.items, found.scores, strict=True):
        name = _cell(item.document.id)
        file.writelines(
            f"{name},{person},{value:.6f}\n"
            for person, value in zip(people, values.tolist(), strict=True)
            if value == value  # noqa: PLR0124 - not a number where the pair is left out
        )


def _cell(name: str) -> str:
    """An id as a cell of CSV."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([name])
    return text.getvalue()


def _write_archive(file: IO[str], found: Affinities) -> None:
    np.savez(
        cast(io.TextIOWrapper, file).buffer,
        scores=found.scores,
        items=np.array([item.document.id for item in found.items]),
        profiles=np.array([profile.id for profile in found.profiles]),
    )


def _write_reasons(file: IO[str], found: Affinities, args: argparse.Namespace) -> None:
    """The best profiles of each item by falling score, then id."""
    progress = Progress("items", quiet=args.quiet)
    names = [profile.id for profile in found.profiles]
    rank = np.empty(len(names), dtype=np.int64)
    rank[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    for place, values in enumerate(found.scores):
        explainer = AffinityExplainer(found, place)
        order = np.lexsort((rank, -values))
        for profile in [other for other in order.tolist() if not np.isnan(values[other])][: args.top]:
            line = _line(found, explainer.explain(profile), args.lang)
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        progress.step()
    progress.end()


def _line(found: Affinities, pair: Affinity, language: str) -> dict[str, Any]:
    profile = found.profiles[pair.profile]
    documents = []
    for behind in pair.works:
        work = profile.works[behind.place]
        documents.append(
            {
                "number": behind.place + 1,
                **({"id": work.id} if work.id else {}),
                "title": work.parts.title,
                "contribution": behind.contribution,
            }
        )
    return {
        "query": found.items[pair.item].document.id,
        "document": profile.id,
        "score": pair.score,
        "terms": [{"term": shown(term, language), "share": term.share} for term in pair.reasons.terms],
        "sentences": [{"query": both.query, "document": both.document} for both in pair.reasons.sentences],
        "signals": [
            {"name": signal.name, "label": _LABELS[signal.name][language], "contribution": signal.contribution}
            for signal in pair.signals
        ],
        "documents": documents,
    }
