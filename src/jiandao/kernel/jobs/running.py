"""A job while it runs: what the task is given, the pulse beside it, and how each end is written down."""

import logging
import secrets
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.jobs import queue
from jiandao.kernel.jobs.models import AT_WORK, JobRun, State
from jiandao.kernel.jobs.registry import Task
from jiandao.kernel.public_ids import ALPHABET

logger = logging.getLogger("jiandao.jobs")

LOOK = 1.0  # seconds between two heartbeats, each of which asks whether the job is to be cancelled
GAP = 0.2  # seconds between two reports that are written
PATIENCE = 30.0  # seconds after the time limit until the job's connection is ended
MOST_CRASHES = 3


class Cancelled(Exception):
    """The job is to end now: a person cancelled it, the worker stops, or it took too long. A task lets this pass."""


class Stopped(Cancelled):
    """The worker stops; the job goes back to the queue."""


class TookTooLong(Cancelled):
    """The time limit of the task is over."""


class Lost(Cancelled):
    """Another attempt has taken the job over; whatever this one does no longer counts."""


class JobFault(Exception):
    """The task cannot be done with what it was given. The sentence is shown to whoever started the job."""


class RunningJob:
    """What a task is given. `run` is the row as it was when this attempt began."""

    def __init__(self, run: JobRun, task: Task, write: Callable[[dict[str, Any]], str | None]) -> None:
        self.run = run
        self._task = task
        self._write = write
        self._news: dict[str, Any] = {}
        self._guard = threading.Lock()
        self._woken = threading.Event()
        self._over: type[Cancelled] | None = None
        self._ended = threading.Event()
        self._began = time.monotonic()
        self._written = 0.0

    @cached_property
    def actor(self) -> Actor:
        """Whoever started the job, with the rights of this moment."""
        return load_actor(self.run.account)

    def report(
        self,
        *,
        done: int | None = None,
        total: int | None = None,
        counts: dict[str, int] | None = None,
        message: str | None = None,
        result_url: str | None = None,
    ) -> None:
        """Say how far the job is. Others see it at once, also while the task's own transaction is open; what comes
        faster than five times a second is gathered. `counts` replaces the earlier ones."""
        short = None if message is None else message[:500]
        given = {"done": done, "total": total, "counts": counts, "message": short, "result_url": result_url}
        news = {name: value for name, value in given.items() if value is not None}
        with self._guard:
            self._news |= news
        self._wake()

    def check_cancelled(self) -> None:
        """Raise `Cancelled` when the job is to end. Costs nothing: call it for every row."""
        self._look()
        if self._over is not None:
            raise self._over

    def _wake(self) -> None:
        self._woken.set()

    def _look(self) -> None:
        """A job on its own thread is told by the pulse."""

    def end(self, why: type[Cancelled]) -> None:
        """Ask the task to end; the first reason counts."""
        self._over = self._over or why
        self._woken.set()

    def flush(self) -> None:
        """Write what was reported, and read whether the job is to end."""
        with self._guard:
            news, self._news = self._news, {}
        try:
            state = self._write(news)
        except Exception:
            with self._guard:
                self._news = news | self._news
            raise
        self._written = time.monotonic()
        if state is None:
            self.end(Lost)
        elif state == State.CANCELLING:
            self.end(Cancelled)
        if time.monotonic() - self._began > self._task.time_limit:
            self.end(TookTooLong)

    def pulse(self, overdue: Callable[[], None]) -> None:
        """Beside the task, on a connection of its own: reports, heartbeat, questions. Ends with the task."""
        told = False
        while not self._ended.is_set():
            self._woken.wait(LOOK)
            self._woken.clear()
            if self._ended.is_set():
                break
            try:
                self.flush()
            except DatabaseError as error:
                logger.warning("job %s: its progress could not be written: %s", self.run.public_id, error)
                connection.close()
            if not told and time.monotonic() - self._began > self._task.time_limit + PATIENCE:
                told = True
                self.end(TookTooLong)
                overdue()
            self._ended.wait(GAP)

    def finish(self) -> None:
        """The task has returned."""
        self._ended.set()
        self._woken.set()


class RunningHere(RunningJob):
    """A job on the caller's own thread and connection (`run_queued`): what it reports is written at once."""

    def _wake(self) -> None:
        self.flush()

    def _look(self) -> None:
        if time.monotonic() - self._written > GAP:
            self.flush()


def claim(run_id: int) -> JobRun | None:
    """Begin the next attempt of a waiting run; None when it does not wait (any more)."""
    with transaction.atomic():
        run = (
            JobRun.objects.select_for_update(of=("self",))
            .select_related("account", "programme")
            .filter(pk=run_id, state=State.QUEUED)
            .first()
        )
        if run is None:
            return None
        run.state, run.attempts = State.RUNNING, run.attempts + 1
        run.heartbeat = run.started_at = clock.now()
        run.done, run.total, run.counts, run.message = 0, None, {}, ""
        run.save(update_fields=["state", "attempts", "heartbeat", "started_at", "done", "total", "counts", "message"])
        return run


def writer(run: JobRun) -> Callable[[dict[str, Any]], str | None]:
    """Writes news of this attempt with a heartbeat; gives the state, None when the attempt no longer holds the run."""

    def write(news: dict[str, Any]) -> str | None:
        mine = JobRun.objects.filter(pk=run.pk, attempts=run.attempts, state__in=AT_WORK)
        if not mine.update(**news, heartbeat=clock.now()):
            return None
        return mine.values_list("state", flat=True).first()

    return write


def conclude(job: RunningJob, task: Task, error: BaseException | None) -> None:
    """Write down how the attempt ended. Does nothing when another attempt has taken the run over."""
    with transaction.atomic():
        run = JobRun.objects.select_for_update(of=("self",)).filter(pk=job.run.pk, attempts=job.run.attempts).first()
        if run is None or run.state not in AT_WORK:
            return
        for name, value in job._news.items():
            setattr(run, name, value)
        if error is None:
            _end(run, State.DONE)
        elif isinstance(error, Stopped):
            _again(run, 0)
        elif isinstance(error, Cancelled) and not isinstance(error, TookTooLong):
            _end(run, State.CANCELLED)
        elif isinstance(error, JobFault):
            run.fault = str(error)
            _end(run, State.FAILED)
        else:
            _failed(run, task, error)
        run.save()


def _failed(run: JobRun, task: Task, error: BaseException) -> None:
    run.incident = new_incident()
    run.fault = _("It took longer than it may.") if isinstance(error, TookTooLong) else ""
    run.failures += 1
    logger.error(
        "incident %s in job %s (%s), attempt %s", run.incident, run.public_id, run.task, run.attempts, exc_info=error
    )
    if run.state == State.CANCELLING:
        _end(run, State.CANCELLED)
    elif run.failures <= task.retries:
        _again(run, task.wait(run.failures))
    else:
        _end(run, State.FAILED)


def _end(run: JobRun, state: State) -> None:
    run.state, run.ended_at, run.queue_id = state, clock.now(), None


def _again(run: JobRun, seconds: float) -> None:
    if run.state == State.CANCELLING:
        _end(run, State.CANCELLED)
        return
    run.state = State.QUEUED
    run.queue_id = queue.push(run.pk, seconds=seconds)


def put_back_crashed(run: JobRun) -> None:
    """A run (locked) whose worker died: to the queue again, or failed when it has killed its worker too often."""
    queue.remove(run.queue_id)
    run.crashes += 1
    logger.error("job %s (%s): its worker died, attempt %s", run.public_id, run.task, run.attempts)
    if run.crashes < MOST_CRASHES:
        _again(run, 0)
    else:
        run.incident = new_incident()
        run.fault = _("Its worker died %(times)s times while it ran.") % {"times": run.crashes}
        logger.error("incident %s: job %s is not tried again", run.incident, run.public_id)
        _end(run, State.FAILED)
    run.attempts += 1
    run.save()


def new_incident() -> str:
    """A code to quote; the log has the traceback under it."""
    return "".join(secrets.choice(ALPHABET) for _ in range(8))
