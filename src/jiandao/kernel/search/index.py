"""The match index of this host: two folders, one for public records and one for internal ones; none for need-to-know.

An index only proposes ids. The page fetches them through the policy's twin, so nothing is shown because it was found.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet

from jiandao.engines.matching import Document, Match, MatchIndex, MissingIndexError
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import CIRCLE
from jiandao.kernel.policy import Rule
from jiandao.kernel.secrecy import Level

M = TypeVar("M", bound=Model)
AUDIENCES = (Level.PUBLIC, Level.INTERNAL)


@dataclass(frozen=True)
class Source:
    """How records of one kind are indexed. `records` are those that belong in an index now (all programmes)."""

    kind: str
    records: Callable[[], QuerySet[Any]]
    document: Callable[[Any], Document]


_SOURCES: dict[str, Source] = {}


def register(source: Source) -> None:
    """Called by rooms in `AppConfig.ready`."""
    _SOURCES[source.kind] = source


def sources() -> Mapping[str, Source]:
    return _SOURCES


def labelled(record: Any, **texts: Any) -> Document:
    """A document of a record, labelled with its kind and programme so that a search stays inside."""
    return Document(
        id=record.public_id, labels={"kind": (record.kind,), "programme": (str(record.programme_id),)}, **texts
    )


def folder(audience: str) -> Path:
    """Where the index of an audience lies on this host."""
    return Path(settings.JIANDAO_DATA) / "index" / audience


@cache
def _opened(path: Path) -> MatchIndex:
    return MatchIndex.open(path)


def opened(audience: str) -> MatchIndex:
    """The index of an audience, opened once a process; it sees new commits by itself. MissingIndexError when there is none."""
    return _opened(folder(audience))


def forget_opened() -> None:
    """After a rebuild from nothing, and between tests."""
    _opened.cache_clear()


def audiences_of(actor: Actor) -> Sequence[str]:
    """Which indexes an actor may search."""
    return AUDIENCES if actor.wide_roles & CIRCLE else AUDIENCES[:1]


@dataclass(frozen=True)
class Found(Generic[M]):
    """A record that the policy shows, and why it was found."""

    record: M
    match: Match


def find(
    *,
    actor: Actor,
    query: Document,
    kind: str,
    programme_id: int,
    records: QuerySet[Any],
    see: Rule,
    top: int,
    reasons: bool = True,
    exclude: Collection[str] = (),
) -> list["Found[Any]"]:
    """The best records of `kind` for a query that `see` shows to the actor. MissingIndexError while there is no index.

    Both indexes are searched with the sum of their statistics, so the scores of one answer are comparable.
    """
    indexes = [opened(audience) for audience in audiences_of(actor)]
    statistics = [index.statistics(query) for index in indexes]
    whole = statistics[0]
    for more in statistics[1:]:
        whole = whole + more
    labels = {"kind": (kind,), "programme": (str(programme_id),)}
    wanted = top
    while True:
        matches: list[Match] = []
        for index in indexes:
            matches += index.search(query, wanted, labels=labels, exclude=exclude, statistics=whole)
        matches.sort(key=lambda match: (-match.score, match.document))
        shown = records.filter(see.q(actor), public_id__in=[match.document for match in matches])
        by_id = {record.public_id: record for record in shown}
        best = [match for match in matches if match.document in by_id][:top]
        # The policy may have taken some away: ask the index for more, while it has more.
        if len(best) >= top or len(matches) < wanted or wanted > 50 * top:
            break
        wanted *= 4
    if not reasons:
        return [Found(by_id[match.document], match) for match in best]
    return [Found(by_id[match.document], match) for match in _with_reasons(indexes, query, best, whole)]


def _with_reasons(indexes: Iterable[MatchIndex], query: Document, best: list[Match], whole: Any) -> Iterator[Match]:
    ids = [match.document for match in best]
    explained: dict[str, Match] = {}
    for index in indexes:
        found = index.search(query, len(ids), allowed=ids, statistics=whole, reasons=True) if ids else []
        explained |= {match.document: match for match in found}
    for match in best:
        yield explained.get(match.document, match)


__all__ = [
    "AUDIENCES",
    "Found",
    "MissingIndexError",
    "Source",
    "audiences_of",
    "find",
    "folder",
    "forget_opened",
    "labelled",
    "opened",
    "register",
    "sources",
]
