"""Running one job: on a thread of its own beside its pulse (worker), or on the caller's (`run_queued`)."""

import logging
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import Q
from django.utils import translation

from jiandao.kernel import clock
from jiandao.kernel.jobs import queue
from jiandao.kernel.jobs.models import AT_WORK, DEAD_AFTER, JobRun, State
from jiandao.kernel.jobs.registry import Task, known_task, task_named
from jiandao.kernel.jobs.running import (
    RunningHere,
    RunningJob,
    Stopped,
    claim,
    conclude,
    put_back_crashed,
    writer,
)
from jiandao.kernel.programme import in_programme

logger = logging.getLogger("jiandao.jobs")
SETTLE = timedelta(seconds=10)  # a run younger than this may be between its row and its queue row


class Execution:
    """One attempt on a thread of its own. The thread is a daemon: a task that never looks up cannot hold the worker."""

    def __init__(self, run_id: int, ended: Callable[[], None]) -> None:
        self._run_id = run_id
        self._ended = ended
        self._job: RunningJob | None = None
        self._backend: int | None = None
        self._stopping = False
        self.thread = threading.Thread(target=self._body, name=f"job-{run_id}", daemon=True)

    def stop(self) -> None:
        """Ask the task to go back to the queue."""
        self._stopping = True
        if self._job is not None:
            self._job.end(Stopped)

    def abandon(self) -> None:
        """End the task's connection, so that nothing of it counts, and put the run back. Called from another thread."""
        try:
            self._let_go()
            if self._job is not None:
                conclude(self._job, task_named(self._job.run.task), Stopped())
        finally:
            connections.close_all()

    def _let_go(self) -> None:
        if self._backend is not None:
            queue.let_go(self._backend)

    def _body(self) -> None:
        try:
            self._attempt()
        except Exception:
            # The run is left without a heartbeat, and is put back when that is noticed.
            logger.exception("the job with the number %s could not be begun or ended", self._run_id)
        finally:
            connections.close_all()
            self._ended()

    def _attempt(self) -> None:
        connection.ensure_connection()
        self._backend = connection.connection.info.backend_pid
        run = claim(self._run_id)
        if run is None:
            return
        task = _task_of(run)
        self._job = job = RunningJob(run, task, writer(run))
        if self._stopping:
            job.end(Stopped)
        pulse = threading.Thread(target=self._pulse, args=[job], name=f"pulse-{run.pk}", daemon=True)
        pulse.start()
        error = _run(job, task)
        job.finish()
        pulse.join(5)
        if not connection.is_usable():
            connection.close()  # ended from outside, or the database went away meanwhile
        conclude(job, task, error)

    def _pulse(self, job: RunningJob) -> None:
        try:
            job.pulse(self._let_go)
        finally:
            connections.close_all()


def _task_of(run: JobRun) -> Task:
    if known_task(run.task):
        return task_named(run.task)

    def unknown(job: RunningJob, **params: Any) -> None:
        raise LookupError(f"no task is named {job.run.task}; was it renamed, or does an older worker run?")

    return Task(run.task, unknown)


def _run(job: RunningJob, task: Task) -> BaseException | None:
    run = job.run
    language = (run.account.language if run.account else "") or settings.LANGUAGE_CODE
    scope: AbstractContextManager[Any] = in_programme(run.programme) if run.programme else nullcontext()
    try:
        with translation.override(language), scope:
            task.run(job, **run.params)
    except Exception as error:
        return error
    return None


def run_queued(*, limit: int = 100) -> list[JobRun]:
    """Run every waiting job now, here, on this connection, and those that they start; the rows as they then are.

    For tests and commands: retries do not wait, and it works inside a test's transaction. Jobs run one after the other
    in the order in which they were started.
    """
    ended: dict[int, None] = {}
    for _number in range(limit):
        waiting = JobRun.objects.filter(state=State.QUEUED).order_by("pk").first()
        if waiting is None:
            return [JobRun.objects.get(pk=one) for one in ended]
        queue.remove(waiting.queue_id)
        run = claim(waiting.pk)
        if run is not None:
            task = _task_of(run)
            job = RunningHere(run, task, writer(run))
            conclude(job, task, _run(job, task))
            ended[run.pk] = None
    raise RuntimeError(f"after {limit} attempts there are still jobs waiting; does a job start itself again?")


def recover() -> int:
    """Put back the jobs of dead workers, and those that the queue has lost; how many. Run by one host at a time."""
    now, count = clock.now(), 0
    silent = Q(state__in=AT_WORK, heartbeat__lt=now - DEAD_AFTER)
    settled = Q(state=State.QUEUED, changed_at__lt=now - SETTLE)
    if not JobRun.objects.filter(silent | settled).exists():
        return 0
    with transaction.atomic():
        dead = JobRun.objects.filter(silent)
        for run in dead.select_for_update(of=("self",), skip_locked=True):
            put_back_crashed(run)
            count += 1
    with transaction.atomic():
        waiting = JobRun.objects.filter(settled)
        runs = {run.queue_id or 0: run for run in waiting.select_for_update(of=("self",), skip_locked=True)}
        held = queue.held(list(runs), DEAD_AFTER.total_seconds()) if runs else set()
        for queue_id, run in runs.items():
            if queue_id not in held:
                queue.remove(queue_id)
                run.queue_id = queue.push(run.pk)
                run.save(update_fields=["queue_id"])
                count += 1
    return count
