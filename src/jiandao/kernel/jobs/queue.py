"""The queue behind the jobs: procrastinate's tables, reached on Django's own connection.

A queue row holds nothing but the number of a `JobRun` and wakes a worker; it is removed when it has been looked at. So
the queue stays small, and only one module knows the library.
"""

from datetime import timedelta

from django.db import connection
from procrastinate.contrib.django import app

from jiandao.kernel import clock

QUEUE = "jiandao"
TASK = "jiandao.job"

# Rows that a worker of the queue still has in hand or will take; a worker is alive while its heart beats.
_HELD = """
SELECT jobs.id FROM procrastinate_jobs jobs LEFT JOIN procrastinate_workers workers ON workers.id = jobs.worker_id
WHERE jobs.id = ANY(%s) AND (
    jobs.status = 'todo' OR (jobs.status = 'doing' AND workers.last_heartbeat > now() - make_interval(secs => %s)))
"""
_REMOVE = "DELETE FROM procrastinate_jobs WHERE id = %s AND status IN ('todo', 'doing')"
_LET_GO = "SELECT pg_terminate_backend(%s) WHERE %s <> pg_backend_pid()"


def push(run_id: int, *, seconds: float = 0) -> int:
    """Queue a run in the running transaction, to be looked at after so many seconds; the number of the queue row."""
    later = {"schedule_at": clock.now() + timedelta(seconds=seconds)} if seconds else {}
    return int(app.configure_task(TASK, queue=QUEUE, **later).defer(run_id=run_id))  # type: ignore[arg-type]


def remove(queue_id: int | None) -> None:
    """Take a row out of the queue, in the running transaction."""
    if queue_id is not None:
        with connection.cursor() as cursor:
            cursor.execute(_REMOVE, [queue_id])


def held(queue_ids: list[int], alive_seconds: float) -> set[int]:
    """Those of the rows that some worker will take or has in hand."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, [queue_ids, alive_seconds])
        return {row[0] for row in cursor.fetchall()}


def let_go(backend: int) -> None:
    """End another connection of ours, so that nothing it has not committed will ever count."""
    with connection.cursor() as cursor:
        cursor.execute(_LET_GO, [backend, backend])
