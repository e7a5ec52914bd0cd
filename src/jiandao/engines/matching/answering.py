"""Many queries at once: their answers as lines of the files that `jiandao match search` writes."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from jiandao.engines.matching.encoders import Encoder
from jiandao.engines.matching.index import MatchIndex
from jiandao.engines.matching.labels import shown
from jiandao.engines.matching.records import Document, Match

_CHUNK = 64  # queries of a piece: some seconds at most
_FIELD_NAMES = {"zh": {"title": "标题", "keywords": "关键词", "text": "正文"}, "en": {}}
_SIGNAL = {"zh": "{}中的共同词语", "en": "shared words in the {}"}
_CHANNEL_NAMES = {
    "zh": {"latent": "同类词语", "dense": "语义相近"},
    "en": {"latent": "words of the same subject", "dense": "nearness of meaning"},
}


@dataclass(frozen=True)
class Task:
    """How queries are to be answered."""

    top: int
    task: str
    reasons: bool
    language: str


@dataclass(frozen=True)
class Piece:
    """Some queries for the index in a folder."""

    folder: str
    queries: Sequence[Document]
    how: Task
    encoder: Encoder | None = None


def pieces(folder: Path, queries: Sequence[Document], how: Task, encoder: Encoder | None) -> Iterator[Piece]:
    """The queries in pieces of a few seconds."""
    for start in range(0, len(queries), _CHUNK):
        yield Piece(str(folder), queries[start : start + _CHUNK], how, encoder)


_open: dict[tuple[str, str], MatchIndex] = {}  # of this process


def _opened(folder: str, encoder: Encoder | None) -> MatchIndex:
    key = folder, encoder.name if encoder else ""
    if key not in _open:
        _open.clear()
        _open[key] = MatchIndex.open(folder, encoder)
    return _open[key]


def answer(piece: Piece) -> list[tuple[str, str]]:
    """For each query its lines of the run and of the reasons. Runs in any process of this machine."""
    index = _opened(piece.folder, piece.encoder)
    how = piece.how
    found = []
    for query in piece.queries:
        matches = index.search(query, how.top, reasons=how.reasons, signals=how.reasons, task=how.task)
        found.append(written(query, matches, how))
    return found


def written(query: Document, found: Sequence[Match], how: Task) -> tuple[str, str]:
    """Lines of the run (TREC form) and of the reasons."""
    run = "".join(
        f"{query.id} Q0 {match.document} {rank} {match.score:.9f} jiandao\n" for rank, match in enumerate(found, 1)
    )
    return run, "".join(_reasons(query, match, how.language) for match in found) if how.reasons else ""


def _reasons(query: Document, match: Match, language: str) -> str:
    assert match.reasons is not None
    line = {
        "query": query.id,
        "document": match.document,
        "score": match.score,
        "terms": [{"term": shown(term, language), "share": term.share} for term in match.reasons.terms],
        "sentences": [{"query": pair.query, "document": pair.document} for pair in match.reasons.sentences],
        "signals": [
            {"name": signal.name, "label": label(signal.name, language), "contribution": signal.contribution}
            for signal in match.signals
        ],
    }
    return json.dumps(line, ensure_ascii=False) + "\n"


def label(name: str, language: str) -> str:
    """A signal's name in words."""
    if name in _CHANNEL_NAMES[language]:
        return _CHANNEL_NAMES[language][name]
    part = name.rsplit(".", 1)[-1]
    return _SIGNAL[language].format(_FIELD_NAMES[language].get(part, part))
