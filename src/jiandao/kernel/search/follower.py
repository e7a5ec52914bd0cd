"""The follower: one process a host keeps the match index as the database is.

Records write `IndexChange` rows in their own transactions. The follower takes rows of transactions that are older than
every running one, brings the records into the index or out of it, commits the index, and only then moves its position:
a crash repeats work and loses none. No index, a damaged one or one of another analyser is built anew.
"""

import json
import logging
import os
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import connection

from jiandao.engines.matching import BusyIndexError, ForbiddenIndexError, FullIndexError, MatchIndex, MatchIndexError
from jiandao.kernel import clock
from jiandao.kernel.search import index as indexes
from jiandao.kernel.search import upkeep
from jiandao.kernel.search.models import IndexChange

logger = logging.getLogger("jiandao.index")
BATCH = 2_000
KEEP_DAYS = 7  # a host that was away longer builds its index anew

# A restored backup and a new major version count their transactions anew: a position of another cluster says nothing.
_HERE = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint,
    system_identifier::text || '/' || (SELECT oid FROM pg_database WHERE datname = current_database())
FROM pg_control_system()
"""
_NEXT = """
SELECT id, kind, record_id, transaction_id::text::bigint FROM jd_kernel_indexchange
WHERE (transaction_id, id) > (%s::text::xid8, %s) AND transaction_id < pg_snapshot_xmin(pg_current_snapshot())
ORDER BY transaction_id, id LIMIT %s
"""


@dataclass(frozen=True)
class Position:
    """The last change that the index holds, and of which database."""

    transaction: int
    change: int
    database: str
    kinds: str = ""  # what is indexed; after an upgrade that adds a kind the index is built anew


def _file() -> Path:
    return indexes.position_file()


def position() -> Position | None:
    """Where this host's index is, None when it must be built."""
    try:
        return Position(**json.loads(_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _kinds() -> str:
    return " ".join(sorted(indexes.sources()))


def _too_old() -> bool:
    """Whether changes may have been forgotten that this host has not seen."""
    return clock.now().timestamp() - _file().stat().st_mtime > KEEP_DAYS * 86_400


def _remember(where: Position) -> None:
    temporary = _file().with_suffix(".new")
    temporary.write_text(json.dumps(asdict(where)), encoding="utf-8")
    os.replace(temporary, _file())


def follow() -> int:
    """Bring the index up to date; how many records were looked at. Builds it when there is none or it cannot be used."""
    where = position()
    try:
        if where is None or _too_old():
            raise MatchIndexError("no position")
        oldest, database = _here()
        if where.database != database or where.transaction >= oldest:
            raise MatchIndexError("the position is of another database")
        if where.kinds != _kinds():
            raise MatchIndexError("other kinds of records are indexed now")
        for audience in indexes.AUDIENCES:
            indexes.opened(audience).refresh()
        return _catch_up(where)
    except (BusyIndexError, ForbiddenIndexError, FullIndexError):
        raise  # somebody else writes, or nobody can: the position stays, and the next round goes on
    except MatchIndexError as error:
        logger.log(logging.INFO if where is None else logging.WARNING, "building the match index: %s", error)
        indexes.forget_opened()
        return rebuild()


def _catch_up(where: Position) -> int:
    total = 0
    while rows := _next(where):
        _bring({(kind, record_id) for _id, kind, record_id, _transaction in rows})
        where = Position(rows[-1][3], rows[-1][0], where.database, where.kinds)
        _remember(where)
        total += len(rows)
    os.utime(_file())  # up to date at this moment, even if nothing changed
    return total


def rebuild() -> int:
    """Build both indexes from the records as they are now; readers keep the old ones until the new are whole."""
    # Changes of transactions that run during the build are seen again afterwards.
    oldest, database = _here()
    start = Position(oldest - 1, 2**62, database, _kinds())
    total = 0
    indexes.folder("").mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        stack.enter_context(upkeep.BUILDING)
        writers = {
            audience: stack.enter_context(MatchIndex.rebuild(indexes.folder(audience)))
            for audience in indexes.AUDIENCES
        }
        for source in indexes.sources().values():
            for record in source.records().iterator(chunk_size=BATCH):
                writer = writers.get(record.secrecy)
                if writer is not None:
                    writer.add(source.document(record))
                    total += 1
    _remember(start)
    indexes.forget_opened()
    return total


def _here() -> tuple[int, str]:
    """The oldest transaction that runs, and which database this is."""
    with connection.cursor() as cursor:
        cursor.execute(_HERE)
        oldest, database = cursor.fetchone()
    return oldest, database


def _next(where: Position) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, [str(where.transaction), where.change, BATCH])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _bring(changed: Iterable[tuple[str, int]]) -> None:
    """Records that belong in an index go in; the same ids leave every other one."""
    by_kind: dict[str, list[int]] = {}
    for kind, record_id in changed:
        by_kind.setdefault(kind, []).append(record_id)
    add: dict[str, list[Any]] = {audience: [] for audience in indexes.AUDIENCES}
    remove: dict[str, list[str]] = {audience: [] for audience in indexes.AUDIENCES}
    for kind, record_ids in by_kind.items():
        source = indexes.sources().get(kind)
        if source is None:
            continue
        inside = {record.pk: record for record in source.records().filter(pk__in=record_ids)}
        model = source.records().model
        for key, public_id in model._base_manager.filter(pk__in=record_ids).values_list("pk", "public_id"):
            record = inside.get(key)
            for audience in indexes.AUDIENCES:
                if record is not None and record.secrecy == audience:
                    add[audience].append(source.document(record))
                else:
                    remove[audience].append(public_id)
    for audience in indexes.AUDIENCES:
        index = indexes.opened(audience)
        gone = [one for one in remove[audience] if one in index]
        if add[audience] or gone:
            index.update(add=add[audience], remove=gone, wait=30)


def forget_old() -> int:
    """Remove changes that every host has seen or must build anew for; a periodic job calls it."""
    removed, _by_model = IndexChange.objects.filter(at__lt=clock.now() - timedelta(days=KEEP_DAYS)).delete()
    return removed
