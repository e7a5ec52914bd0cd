"""Verification: recompute every link, root, seal and anchor, and name the first broken one."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.journal import anchor as anchoring
from jiandao.kernel.journal.digests import entry_digest, merkle_root, payload_digest, seal_digest
from jiandao.kernel.journal.erase import ERASED_KIND

CHUNK = 10_000
ANCHORED_WITHIN = timedelta(days=1)  # a worker writes anchors every minute; a day without is a missing file

_ENTRIES = """
SELECT e.id, e.at, e.actor_id, e.role, e.verb, e.kind, e.record_id, e.sequence, e.programme_id, e.rule, e.edition,
       e.algorithm, e.payload_digest, e.previous, e.digest, p.salt, p.body, p.erased_at IS NOT NULL,
       l.seal_id, q.entry_id IS NOT NULL
FROM jd_kernel_journalentry e
LEFT JOIN jd_kernel_journalpayload p ON p.entry_id = e.id
LEFT JOIN jd_kernel_journalleaf l ON l.entry_id = e.id
LEFT JOIN jd_kernel_journalpending q ON q.entry_id = e.id
ORDER BY e.id
"""
_SEALS = "SELECT id, number, at, count, algorithm, root, previous, digest FROM jd_kernel_journalseal ORDER BY number"
_SEALED = "SELECT number, digest FROM jd_kernel_journalseal WHERE number = ANY(%s)"
_LATE = "SELECT number FROM jd_kernel_journalseal WHERE number > %s AND at < %s ORDER BY number LIMIT 1"
_LEAVES = """
SELECT l.seal_id, e.digest FROM jd_kernel_journalleaf l JOIN jd_kernel_journalentry e ON e.id = l.entry_id
ORDER BY l.seal_id, l.position
"""


@dataclass(frozen=True)
class Broken:
    """The first thing that does not fit: what it is (a code), where, and why, in the reader's language."""

    what: str  # entry | payload | chain | seal | anchor
    where: str
    why: str


@dataclass(frozen=True)
class Verdict:
    """What was checked and the first broken place, if any."""

    entries: int
    erased: int
    pending: int
    seals: int
    anchors: int
    unreadable: int  # lines of files of anchors, cut off by a power failure perhaps
    broken: Broken | None

    @property
    def sound(self) -> bool:
        return self.broken is None


def verify(*copies: Path) -> Verdict:
    """Walk the whole journal in one consistent snapshot; `copies` are further files of anchors to compare it with.

    About 15 µs an entry. Entries, seals and anchors are streamed; memory grows by about 300 bytes for each record
    that has entries (the head of its chain) and for each entry that was erased, above 16 MB of buffers.
    """
    counts = {"entries": 0, "erased": 0, "pending": 0, "seals": 0, "anchors": 0, "unreadable": 0}
    files = anchoring.anchor_files(copies)  # before the snapshot, which then holds every seal that they name
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:  # inside another transaction the caller answers for the snapshot
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        broken = _entries(counts) or _seals(counts) or _anchors(counts, files)
    return Verdict(broken=broken, **counts)


def _rows(sql: str, name: str) -> Iterator[tuple[Any, ...]]:
    """Rows of a query through a server-side cursor, so that a large journal needs no memory."""
    assert connection.connection is not None
    with connection.connection.cursor(name=name, binary=True) as cursor:
        cursor.itersize = CHUNK
        cursor.execute(sql)
        yield from cursor


def _entries(counts: dict[str, int]) -> Broken | None:
    heads: dict[tuple[str, int], tuple[int, bytes]] = {}
    erasures: set[int] = set()
    unexplained: dict[int, str] = {}
    for (
        entry_id, at, actor_id, role, verb, kind, record_id, sequence, programme_id, rule, edition,
        algorithm, hashed, previous, digest, salt, body, erased, seal_id, is_pending,
    ) in _rows(_ENTRIES, "journal_entries"):  # fmt: skip
        counts["entries"] += 1
        where = f"entry {entry_id} ({kind} {record_id} #{sequence})"
        fault = _fault_of_text(algorithm, hashed, salt, body, erased)
        if fault:
            return Broken("payload", where, fault)
        if kind == ERASED_KIND and verb == "erase":
            erasures.add(record_id)
        if erased:
            counts["erased"] += 1
            unexplained[entry_id] = where
        head = heads.get((kind, record_id), (0, b""))
        if sequence != head[0] + 1:
            return Broken("chain", where, _("number %(number)s of this record is missing") % {"number": head[0] + 1})
        if previous != head[1]:
            return Broken("chain", where, _("it does not link to the entry before it"))
        expected = entry_digest(
            algorithm, previous=previous, at=at, actor_id=actor_id, role=role, verb=verb, kind=kind,
            record_id=record_id, sequence=sequence, programme_id=programme_id, rule=rule, edition=edition,
            payload=hashed,
        )  # fmt: skip
        if digest != expected:
            return Broken("entry", where, _("who, role, when, verb, record or rule was changed"))
        if seal_id is None and not is_pending:
            return Broken("seal", where, _("it is under no seal and does not wait for one"))
        counts["pending"] += is_pending
        heads[kind, record_id] = (sequence, digest)
    without = sorted(unexplained.keys() - erasures)
    why = _("marked erased by law, but no entry says who erased it and why")
    return Broken("payload", unexplained[without[0]], why) if without else None


def _fault_of_text(algorithm: str, hashed: bytes, salt: bytes | None, body: str | None, erased: bool) -> str:
    if salt is None:
        return _("the payload is missing")
    if erased:
        return _("marked erased, but a text stands there") if body is not None else ""
    if body is None or payload_digest(algorithm, salt, body) != hashed:
        return _("before, after, reason or facts were changed")
    return ""


def _seals(counts: dict[str, int]) -> Broken | None:
    leaves = _rows(_LEAVES, "journal_leaves")
    seal_id_of_leaf, digest_of_leaf = next(leaves, (None, b""))
    previous_digest, expected_number = b"", 1
    for seal_id, number, at, count, algorithm, root, previous, digest in _rows(_SEALS, "journal_seals"):
        counts["seals"] += 1
        where = f"seal {number}"
        if number != expected_number:
            return Broken("seal", where, _("seal %(number)s is missing") % {"number": expected_number})
        own = []
        while seal_id_of_leaf == seal_id:
            own.append(bytes(digest_of_leaf))
            seal_id_of_leaf, digest_of_leaf = next(leaves, (None, b""))
        if len(own) != count:
            return Broken(
                "seal",
                where,
                _("%(sealed)s entries were sealed, %(there)s are there") % {"sealed": count, "there": len(own)},
            )
        if merkle_root(algorithm, own) != bytes(root):
            return Broken("seal", where, _("an entry under it was changed"))
        if bytes(previous) != previous_digest:
            return Broken("seal", where, _("it does not link to the seal before it"))
        expected = seal_digest(algorithm, previous=previous_digest, number=number, at=at, count=count, root=bytes(root))
        if bytes(digest) != expected:
            return Broken("seal", where, _("its time, count or root was changed"))
        previous_digest, expected_number = bytes(digest), expected_number + 1
    if seal_id_of_leaf is not None:
        return Broken(
            "seal", f"seal after {expected_number - 1}", _("its entries are there, and the seal itself is missing")
        )
    return None


def _anchors(counts: dict[str, int], files: list[anchoring.AnchorFile]) -> Broken | None:
    """Every line against the seal of its number: twice the same is no fault, two that differ cannot both be true."""
    newest = 0
    for file in files:
        lines = anchoring.lines(file)
        while some := list(islice(lines, CHUNK)):
            read = [(number, line) for number, line in some if line is not None]
            counts["unreadable"] += len(some) - len(read)
            with connection.cursor() as cursor:
                cursor.execute(_SEALED, [[line.number for _number, line in read]])
                sealed = {number: bytes(digest).hex() for number, digest in cursor.fetchall()}
            for number, line in read:
                where = f"seal {line.number} ({file.path.name}:{number})"
                if line.number not in sealed:
                    return Broken("anchor", where, _("it was anchored, but is not in the database"))
                if line.digest != sealed[line.number]:
                    return Broken("anchor", where, _("the anchor outside the database says otherwise"))
                counts["anchors"] += 1
                newest = max(newest, line.number)
    with connection.cursor() as cursor:  # an anchor covers all seals before it: they are chained
        cursor.execute(_LATE, [newest, clock.now() - ANCHORED_WITHIN])
        late = cursor.fetchone()
    if late is None:
        return None
    why = _(
        "it is older than a day, and no anchor covers it; is the file of anchors missing, or does no worker run "
        "on this host?"
    )
    return Broken("anchor", f"seal {late[0]}", why)
