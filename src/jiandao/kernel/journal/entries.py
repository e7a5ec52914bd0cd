"""Writing entries, and reading the timeline of a record."""

import json
import secrets
from collections.abc import Collection, Iterable
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

# One round trip writes the entry, its payload and its place in the queue of the sealer.
_APPEND = """
WITH entry AS (
    INSERT INTO jd_kernel_journalentry
        (at, actor_id, role, verb, kind, record_id, sequence, programme_id, rule, edition, algorithm,
         payload_digest, previous, digest)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id
), payload AS (
    INSERT INTO jd_kernel_journalpayload (entry_id, salt, body, erased_basis) SELECT id, %s, %s, '' FROM entry
)
INSERT INTO jd_kernel_journalpending (entry_id) SELECT id FROM entry RETURNING entry_id
"""


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
    if not connection.in_atomic_block:
        raise RuntimeError("the journal is written in the transaction of the change, and none is open")
    algorithm = settings.JIANDAO_JOURNAL_ALGORITHM
    if actor.token:
        facts = {**(facts or {}), "token": actor.token}
    body = canonical(
        {
            name: plain(value)
            for name, value in (("before", before), ("after", after), ("reason", reason), ("facts", facts))
            if value
        }
    )
    salt = secrets.token_bytes(16)
    programme_id = getattr(record, "programme_id", None)
    at = clock.now()
    with connection.cursor() as cursor:
        cursor.execute(_HEAD, [record.kind, record.pk])
        head = cursor.fetchone()
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
        cursor.execute(
            _APPEND,
            [
                at, actor.account_id, role, verb, record.kind, record.pk, sequence, programme_id, rule, edition,
                algorithm, hashed, previous, digest, salt, body,
            ],
        )  # fmt: skip
        row = cursor.fetchone()
    entry_id: int = row[0]
    return entry_id


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
