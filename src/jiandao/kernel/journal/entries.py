"""Writing entries, and reading the timeline of a record."""

import json
import secrets
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import connection
from django.db.models import Model

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.journal.digests import canonical, entry_digest, payload_digest
from jiandao.kernel.journal.models import JournalEntry, JournalPayload


class Journalled(Protocol):
    """A record with a kind and a key."""

    kind: str
    pk: Any


_HEAD = """
SELECT sequence, digest FROM jd_kernel_journalentry
WHERE kind = %s AND record_id = %s ORDER BY sequence DESC LIMIT 1
"""

_HEADS = """
SELECT DISTINCT ON (record_id) record_id, sequence, digest FROM jd_kernel_journalentry
WHERE kind = %s AND record_id = ANY(%s) ORDER BY record_id, sequence DESC
"""
_KEYS = "SELECT nextval(pg_get_serial_sequence('jd_kernel_journalentry', 'id')) FROM generate_series(1, %s)"
_COLUMNS = (
    "at, actor_id, role, verb, kind, record_id, sequence, programme_id, rule, edition, algorithm, payload_digest, "
    "previous, digest"
)
_COPY_ENTRIES = f"COPY jd_kernel_journalentry (id, {_COLUMNS}) FROM STDIN"
_COPY_PAYLOADS = "COPY jd_kernel_journalpayload (entry_id, salt, body, erased_basis) FROM STDIN"
_COPY_PENDING = "COPY jd_kernel_journalpending (entry_id) FROM STDIN"

# One round trip writes the entry, its payload and its place in the queue of the sealer.
_APPEND = f"""
WITH entry AS (
    INSERT INTO jd_kernel_journalentry ({_COLUMNS})
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
), payload AS (
    INSERT INTO jd_kernel_journalpayload (entry_id, salt, body, erased_basis) SELECT id, %s, %s, '' FROM entry
)
INSERT INTO jd_kernel_journalpending (entry_id) SELECT id FROM entry RETURNING entry_id
"""  # noqa: S608 - of constants


def record(
    *,
    actor: Actor,
    verb: str,
    record: Journalled,
    role: str = "",
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    rule: str = "",
    edition: str = "",
) -> int:
    """Append one entry in the running transaction and return its id.

    The caller holds the lock on the record (`perform` and the actions take it); two entries that race all the same
    meet the unique constraint on (kind, record, sequence), and one transaction fails whole. Message codes and values go
    in, never rendered sentences.
    """
    body = _body(actor, before=before, after=after, reason=reason, facts=facts)
    with connection.cursor() as cursor:
        cursor.execute(_HEAD, [record.kind, record.pk])
        head = cursor.fetchone()
        row = _row(actor, role, verb, record, head, rule, edition, body)
        cursor.execute(_APPEND, row)
        found = cursor.fetchone()
    entry_id: int = found[0]
    return entry_id


def record_many(
    *,
    actor: Actor,
    verb: str,
    changes: Sequence[tuple[Journalled, dict[str, Any], dict[str, Any]]],
    role: str = "",
    reason: str = "",
    facts: dict[str, Any] | None = None,
    rule: str = "",
    edition: str = "",
) -> None:
    """Append one entry for each of `changes` (record, before, after), records of one kind, each once. Five queries."""
    if not changes:
        return
    bodies = [
        _body(actor, before=before, after=after, reason=reason, facts=facts) for _record, before, after in changes
    ]
    with connection.cursor() as cursor:
        cursor.execute(_HEADS, [changes[0][0].kind, [record.pk for record, _before, _after in changes]])
        heads = {key: (sequence, digest) for key, sequence, digest in cursor.fetchall()}
        cursor.execute(_KEYS, [len(changes)])
        keys = [key for (key,) in cursor.fetchall()]
        rows = [
            _row(actor, role, verb, record, heads.get(record.pk), rule, edition, body)
            for (record, _before, _after), body in zip(changes, bodies, strict=True)
        ]
        numbered = list(zip(keys, rows, strict=True))
        for statement, values in (
            (_COPY_ENTRIES, ((key, *row[:-2]) for key, row in numbered)),
            (_COPY_PAYLOADS, ((key, *row[-2:], "") for key, row in numbered)),
            (_COPY_PENDING, ((key,) for key in keys)),
        ):
            with cursor.copy(statement) as copy:
                for one in values:
                    copy.write_row(one)


def _body(actor: Actor, **parts: Any) -> str:
    """The payload, in canonical JSON. RuntimeError outside a transaction."""
    if not connection.in_atomic_block:
        raise RuntimeError("the journal is written in the transaction of the change, and none is open")
    if actor.token:
        parts["facts"] = {**(parts.get("facts") or {}), "token": actor.token}
    return canonical({name: plain(value) for name, value in parts.items() if value})


def _row(
    actor: Actor,
    role: str,
    verb: str,
    record: Journalled,
    head: tuple[int, bytes] | None,
    rule: str,
    edition: str,
    body: str,
) -> list[Any]:
    """The columns of an entry after the one of `head` (sequence, digest), in the order of `_COLUMNS`, salt and body."""
    algorithm = settings.JIANDAO_JOURNAL_ALGORITHM
    salt = secrets.token_bytes(16)
    programme_id = getattr(record, "programme_id", None)
    at = clock.now()
    sequence, previous = (head[0] + 1, bytes(head[1])) if head else (1, b"")
    hashed = payload_digest(algorithm, salt, body)
    digest = entry_digest(
        algorithm,
        previous=previous,
        at=at,
        actor_id=actor.account_id,
        role=role,
        verb=verb,
        kind=record.kind,
        record_id=record.pk,
        sequence=sequence,
        programme_id=programme_id,
        rule=rule,
        edition=edition,
        payload=hashed,
    )
    return [
        at, actor.account_id, role, verb, record.kind, record.pk, sequence, programme_id, rule, edition,
        algorithm, hashed, previous, digest, salt, body,
    ]  # fmt: skip


def plain(value: Any) -> Any:
    """A value as JSON keeps it: records by public id, moments in ISO 8601, the rest as it is."""
    if isinstance(value, dict):
        return {str(name): plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(one) for one in value]
    if isinstance(value, datetime):
        return clock.local(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Model):
        return str(getattr(value, "public_id", value.pk))
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


@dataclass(frozen=True)
class Entry:
    """One entry as a timeline shows it."""

    id: int
    at: datetime
    actor_id: int | None
    who: str
    role: str
    verb: str
    rule: str
    edition: str
    erased: bool
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    reason: str = ""
    facts: dict[str, Any] = field(default_factory=dict)


def timeline(kind: str, record_id: int, limit: int = 200) -> list[Entry]:
    """The newest `limit` entries of a record, newest first. Two queries."""
    rows = JournalEntry.objects.filter(kind=kind, record_id=record_id).order_by("-sequence")
    return _entries(rows.select_related("payload")[:limit])


def last_entries(kind: str, record_ids: Collection[int]) -> dict[int, Entry]:
    """The newest entry of each record. Two queries."""
    rows = (
        JournalEntry.objects.filter(kind=kind, record_id__in=record_ids)
        .order_by("record_id", "-sequence")
        .distinct("record_id")
        .select_related("payload")
    )
    found = list(rows)
    return dict(zip([row.record_id for row in found], _entries(found), strict=True))


def _entries(rows: Iterable[JournalEntry]) -> list[Entry]:
    rows = list(rows)
    names = names_of({row.actor_id for row in rows})
    entries = []
    for row in rows:
        payload: JournalPayload = row.payload
        body = json.loads(payload.body) if payload.body else {}
        entries.append(
            Entry(
                id=row.pk,
                at=row.at,
                actor_id=row.actor_id,
                who=names.get(row.actor_id, "") if row.actor_id else "",
                role=row.role,
                verb=row.verb,
                rule=row.rule,
                edition=row.edition,
                erased=payload.body is None,
                **body,
            )
        )
    return entries
