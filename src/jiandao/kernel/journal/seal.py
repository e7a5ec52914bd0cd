"""The sealer: every second it takes the pending entries into a Merkle root and chains the roots."""

from django.conf import settings
from django.db import connection, transaction

from jiandao.kernel import clock
from jiandao.kernel.journal.digests import merkle_root, seal_digest

LOCK = 7_341_001  # advisory lock: one sealer at a time, however many hosts run a worker
BATCH = 50_000

_WAITING = "SELECT EXISTS (SELECT 1 FROM jd_kernel_journalpending)"
_TAKE = """
DELETE FROM jd_kernel_journalpending WHERE entry_id IN (
    SELECT entry_id FROM jd_kernel_journalpending ORDER BY entry_id LIMIT %s
) RETURNING entry_id
"""
_LEAVES = "SELECT id, digest FROM jd_kernel_journalentry WHERE id = ANY(%s) ORDER BY id"
_LAST = "SELECT number, digest FROM jd_kernel_journalseal ORDER BY number DESC LIMIT 1"
_SEAL = """
INSERT INTO jd_kernel_journalseal (number, at, count, algorithm, root, previous, digest)
VALUES (%s, %s, %s, %s, %s, %s, %s) RETURNING id
"""
_PLACE = """
INSERT INTO jd_kernel_journalleaf (entry_id, seal_id, position)
SELECT entry_id, %s, place - 1 FROM unnest(%s::bigint[]) WITH ORDINALITY AS leaves (entry_id, place)
"""


def seal() -> int:
    """Seal what is pending, at most `BATCH` entries, and return how many. 0 when there is nothing or another seals."""
    algorithm = settings.JIANDAO_JOURNAL_ALGORITHM
    with connection.cursor() as cursor:  # one question a second is all that an idle server is asked
        cursor.execute(_WAITING)
        if not cursor.fetchone()[0]:
            return 0
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(_TAKE, [BATCH])
        ids = [row[0] for row in cursor.fetchall()]
        if not ids:
            return 0
        cursor.execute(_LEAVES, [ids])
        leaves = [(row[0], bytes(row[1])) for row in cursor.fetchall()]
        cursor.execute(_LAST)
        last = cursor.fetchone()
        number, previous = (last[0] + 1, bytes(last[1])) if last else (1, b"")
        at = clock.now()
        root = merkle_root(algorithm, [leaf for _, leaf in leaves])
        digest = seal_digest(algorithm, previous=previous, number=number, at=at, count=len(leaves), root=root)
        cursor.execute(_SEAL, [number, at, len(leaves), algorithm, root, previous, digest])
        seal_id = cursor.fetchone()[0]
        cursor.execute(_PLACE, [seal_id, [entry_id for entry_id, _ in leaves]])
    return len(leaves)


def seal_all() -> int:
    """Seal until nothing is pending; how many entries."""
    total = 0
    while count := seal():
        total += count
    return total
