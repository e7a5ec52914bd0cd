"""The match index of this host: two folders, one for public records and one for internal ones; none for need-to-know.

An index only proposes ids. The page fetches them through the policy's twin, so nothing is shown because it was found.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.db.models import Model, QuerySet

from jiandao.engines.matching import (
    KNOWN_ITEM,
    TOPICAL,
    Channel,
    DamagedIndexError,
    Document,
    Match,
    MatchIndex,
    MatchIndexError,
    Overlap,
    Statistics,
)
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import CIRCLE
from jiandao.kernel.search import dense, weights
from jiandao.kernel.secrecy import Level

M = TypeVar("M", bound=Model)
AUDIENCES = (Level.PUBLIC, Level.INTERNAL)
MANY = 10  # times as many are asked for when the policy hides some of the best


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
    """A document of a record, labelled with its kind, and its programme where it has one, so that a search stays inside."""
    return Document(id=record.public_id, labels=_labels(record.kind, getattr(record, "programme_id", None)), **texts)


def _labels(kind: str, programme_id: int | None) -> dict[str, tuple[str, ...]]:
    inside = {} if programme_id is None else {"programme": (str(programme_id),)}
    return {"kind": (kind,), **inside}


def folder(audience: str) -> Path:
    """Where the index of an audience lies on this host."""
    return Path(settings.JIANDAO_DATA) / "index" / audience


def position_file() -> Path:
    """Which changes the index of this host holds; without it the follower builds the index anew."""
    return folder("") / "position.json"


@cache
def _opened(path: Path, vectors: dense.KeptVectors | None) -> MatchIndex:
    return MatchIndex.open(path, vectors)


def opened(audience: str) -> MatchIndex:
    """The index of an audience, opened once a process; it sees new commits. MatchIndexError when none can be read."""
    return _opened(folder(audience), dense.kept(audience))


def forget_opened() -> None:
    """After a rebuild from nothing, and between tests."""
    _opened.cache_clear()


def audiences_of(actor: Actor) -> Sequence[str]:
    """Which indexes an actor may search."""
    return AUDIENCES if actor.wide_roles & CIRCLE else AUDIENCES[:1]


@dataclass(frozen=True)
class Found(Generic[M]):
    """A record that the policy shows, and why it was found. `beside`: what a room knows of the two beside their texts;
    `channels`: those that made the score, with the weights of that moment."""

    record: M
    match: Match
    beside: Any = None
    channels: Mapping[str, Channel] | None = None


@dataclass(frozen=True)
class Overlapped(Generic[M]):
    """A record that the policy shows, and how much it shares with a text."""

    record: M
    overlap: Overlap


@contextmanager
def _noticing_damage() -> Iterator[None]:
    """The follower builds an index anew that a reader found damaged."""
    try:
        yield
    except DamagedIndexError:
        position_file().unlink(missing_ok=True)
        raise


def find(
    *,
    actor: Actor,
    query: Document,
    kind: str,
    programme_id: int | None,
    visible: QuerySet[Any],
    top: int,
    reasons: bool = True,
    exclude: Collection[str] = (),
    on: date | None = None,
    task: str = KNOWN_ITEM,
) -> list["Found[Any]"]:
    """The best records of `kind` for a query; without a programme, of the shared directory.

    `visible` are those that the policy shows to the actor (`policy.sight.seen`); `on` a day that leaves out in the index
    those that ended before. Without `reasons` a match is its score alone. `task`: `topical` for all of a subject, also
    in other words; by words alone while there is no latent channel.

    MatchIndexError while there is no index, or none that can be read; the follower then builds one. Both indexes are
    searched with the sum of their statistics, so the scores of one answer are comparable.
    """
    return _found(
        audiences_of(actor),
        query,
        kind,
        programme_id,
        visible,
        top,
        reasons,
        exclude,
        on,
        task,
    )


def find_all(
    *,
    query: Document,
    kind: str,
    programme_id: int | None,
    records: QuerySet[Any],
    top: int,
    on: date | None = None,
) -> list["Found[Any]"]:
    """As `find`, for work in nobody's name: all that is in the indexes. Who is told of it is the caller's to decide."""
    return _found(AUDIENCES, query, kind, programme_id, records, top, reasons=True, on=on)


@_noticing_damage()
def overlapping(
    *,
    actor: Actor,
    query: Document,
    kind: str,
    programme_id: int | None,
    visible: QuerySet[Any],
    threshold: float,
    least: int,
    top: int,
    exclude: Collection[str] = (),
) -> list["Overlapped[Any]"]:
    """The records of `kind` of which a share stands in a text, or the text in them; most first. As `find` otherwise.

    `threshold`: the least share of the shorter one (0–1); `least`: the fewest shingles in common.
    """
    labels = _labels(kind, programme_id)
    found: list[Overlap] = []
    for audience in audiences_of(actor):
        found += opened(audience).overlapping(query, threshold, least=least, labels=labels, exclude=exclude)
    found.sort(key=lambda one: (-one.containment, -one.shared, one.document))
    by_id = {one.public_id: one for one in visible.filter(public_id__in=[one.document for one in found])}
    return [Overlapped(by_id[one.document], one) for one in found if one.document in by_id][:top]


@_noticing_damage()
def explained(
    *, actor: Actor, query: Document, found: Sequence["Found[M]"], programme_id: int | None = None
) -> list["Found[M]"]:
    """The same with their reasons, in the same order: for those of a long answer that are shown.

    They are scored as they were found; what was found by nobody, by the weights of the programme.
    """
    audiences = audiences_of(actor)
    chosen = (found[0].channels if found else None) or _channels(audiences, KNOWN_ITEM, programme_id)
    matches = _with_reasons(audiences, query, [one.match for one in found], _statistics(audiences, query), chosen)
    return [replace(one, match=match) for one, match in zip(found, matches, strict=True)]


@_noticing_damage()
def channels(actor: Actor, programme_id: int | None = None) -> dict[str, Channel]:
    """The channels by which the indexes of an actor score, those of meaning only where there are vectors: with the weights
    that are on in a programme; without one, with those that are set."""
    return _channels(audiences_of(actor), KNOWN_ITEM, programme_id)


def encoder_name() -> str:
    """The encoder whose vectors are compared; empty when there is none."""
    found = dense.kept(AUDIENCES[0])
    return found.name if found is not None else ""


def _channels(audiences: Sequence[str], task: str, programme_id: int | None) -> dict[str, Channel]:
    """What each index has that may have it: scores with and without a channel cannot be compared.

    Without a latent space all of a subject is looked for as one answer is. Learnt weights are those of looking for one answer.
    """
    found = {audience: opened(audience).channels(task) for audience in audiences}
    shared = {
        name: channel
        for name, channel in found[audiences[0]].items()
        if all(name in found[one] for one in audiences if name != "dense" or dense.encodes(one))
    }
    if task != KNOWN_ITEM:
        return shared if "latent" in shared else _channels(audiences, KNOWN_ITEM, programme_id)
    return shared if programme_id is None else weights.weighed(shared, programme_id, encoder_name())


def _statistics(audiences: Sequence[str], query: Document) -> Statistics:
    """Those of all the indexes together."""
    whole, *others = [opened(audience).statistics(query) for audience in audiences]
    for one in others:
        whole = whole + one
    return whole


@_noticing_damage()
def _found(
    audiences: Sequence[str],
    query: Document,
    kind: str,
    programme_id: int | None,
    visible: QuerySet[Any],
    top: int,
    reasons: bool,
    exclude: Collection[str] = (),
    on: date | None = None,
    task: str = KNOWN_ITEM,
) -> list["Found[Any]"]:
    chosen, whole = _channels(audiences, task, programme_id), _statistics(audiences, query)
    labels = _labels(kind, programme_id)

    def ask(count: int, allowed: Collection[str] | None = None) -> tuple[list[Match], dict[str, Any], bool]:
        """The best matches that are visible, their records, and whether there may be more."""
        matches: list[Match] = []
        for audience in audiences:
            matches += opened(audience).search(
                query,
                count,
                allowed=allowed,
                labels=labels,
                exclude=exclude,
                on=on,
                statistics=whole,
                signals=False,
                channels=chosen,
            )
        # By vectors alone every document is near or far: those that nothing speaks for are no answers.
        matches = sorted((one for one in matches if one.score > 0), key=lambda match: (-match.score, match.document))
        by_id = {one.public_id: one for one in visible.filter(public_id__in=[match.document for match in matches])}
        best = [match for match in matches if match.document in by_id][:top]
        return best, by_id, len(best) < top and len(matches) >= count

    best, by_id, more = ask(top)
    if more:  # the policy took some away
        best, by_id, more = ask(MANY * top)
    if more:  # most of what fits best is not to be seen: ask among what is
        best, by_id, more = ask(top, visible.values_list("public_id", flat=True))
    if not reasons:
        return [Found(by_id[match.document], match, channels=chosen) for match in best]
    told = _with_reasons(audiences, query, best, whole, chosen)
    return [Found(by_id[match.document], match, channels=chosen) for match in told]


def _with_reasons(
    audiences: Iterable[str],
    query: Document,
    best: Sequence[Match],
    whole: Statistics,
    chosen: Mapping[str, Channel],
) -> Iterator[Match]:
    explained: dict[str, Match] = {}
    for audience in audiences:
        missing = [match for match in best if match.document not in explained]
        if missing:
            explained |= opened(audience).explain(query, missing, statistics=whole, channels=chosen)
    for match in best:
        yield explained.get(match.document, match)


__all__ = [
    "AUDIENCES",
    "TOPICAL",
    "Found",
    "MatchIndexError",
    "Overlapped",
    "Source",
    "audiences_of",
    "channels",
    "encoder_name",
    "explained",
    "find",
    "find_all",
    "folder",
    "forget_opened",
    "labelled",
    "opened",
    "overlapping",
    "register",
    "sources",
]
