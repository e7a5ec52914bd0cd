"""查重: needs and results of which a part stands in a text, as far as the policy shows them, and the passages in common."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from jiandao.engines.matching import Document, passages
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy.sight import seen
from jiandao.kernel.programme import current_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.index import MatchIndexError, Overlapped
from jiandao.stages.exchange.matching import BY_CODE, kind_of

KINDS = ("need", "result")
THRESHOLD = 0.35  # of the shorter text
LEAST = 16  # shingles: twenty characters in a row, or as many in several passages
TOP = 20
LONGEST_TYPED = 8000  # characters of a field that are looked at while one types


@dataclass(frozen=True)
class Pair:
    """Two texts and the ranges in them of the passages that they have in common, passage by passage."""

    left: str
    right: str
    ranges: Sequence[tuple[tuple[int, int], tuple[int, int]]]


def of_record(actor: Actor, record: Any) -> list[Overlapped[Any]]:
    """Records in the index, of both kinds, that overlap a record; most first. MatchIndexError while there is no index."""
    return _overlapping(actor, kind_of(record).document(record), KINDS, record.programme_id, TOP)


def of_typed(actor: Actor, code: str, title: str, text: str, *, own: str = "", top: int = 3) -> list[Overlapped[Any]]:
    """Records of a kind that overlap what is being typed; none without an index."""
    query = Document("typed", title=title, text=text)
    try:
        return _overlapping(actor, query, (code,), current_programme().pk, top, [own] if own else [])
    except MatchIndexError:
        return []


def _overlapping(
    actor: Actor, query: Document, codes: Sequence[str], programme_id: int, top: int, exclude: Collection[str] = ()
) -> list[Overlapped[Any]]:
    found: list[Overlapped[Any]] = []
    for kind in (BY_CODE[code] for code in codes):
        found += index.overlapping(
            actor=actor,
            query=query,
            kind=kind.model.kind,
            programme_id=programme_id,
            visible=seen(
                kind.see,
                actor,
                ("overlapping", kind.code),
                lambda kind=kind: kind.records().filter(kind.see.q(actor)).order_by(),  # type: ignore[misc]
            ),
            threshold=THRESHOLD,
            least=LEAST,
            top=top,
            exclude=exclude,
        )
    found.sort(key=lambda one: (-one.overlap.containment, -one.overlap.shared, one.record.public_id))
    return found[:top]


def written(record: Any) -> str:
    """What is compared of a record, as it is shown beside another."""
    document = kind_of(record).document(record)
    return "\n".join(part for part in (document.title, document.text) if part)


def pair(left: str, right: str) -> Pair:
    """Two texts with their common passages."""
    return Pair(left, right, [(one.first, one.second) for one in passages(left, right)])
