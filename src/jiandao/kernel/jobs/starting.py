"""Starting, cancelling, retrying and giving up jobs."""

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.jobs import queue
from jiandao.kernel.jobs.models import AT_WORK, JobRun, State
from jiandao.kernel.jobs.registry import parameters, task_named
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.policy.decisions import NotAllowed, Refused, reasons
from jiandao.kernel.programme import Programme

COMMON_VERBS.update({"cancel": _("cancel"), "retry": _("try again"), "give-up": _("give up")})
reasons.add(
    {
        "jobs.over": _("The job has already ended; there is nothing to cancel."),
        "jobs.not_stuck": _("The job is not stuck; wait for it, or cancel it."),
    }
)


@transaction.atomic
def start(*, actor: Actor, task: str, title: str, params: dict[str, Any], programme: Programme | None = None) -> JobRun:
    """Queue a job in the running transaction: it exists exactly if the change does.

    `params` are JSON values, given to the task by name. Public ids belong in there, file contents do not.
    KeyError when nobody registered the task, TypeError when a parameter is no JSON value.
    """
    run = JobRun.objects.create(
        task=task_named(task).name,
        title=title[:200],
        params=parameters(params),
        account=actor.account,
        created_by=actor.account,
        programme=programme,
    )
    run.queue_id = queue.push(run.pk)
    run.save(update_fields=["queue_id"])
    return run


def _locked(run: JobRun) -> JobRun:
    return JobRun.objects.select_for_update(of=("self",)).get(pk=run.pk)


@transaction.atomic
def cancel(*, actor: Actor, run: JobRun, role: str = "") -> JobRun:
    """A waiting job is cancelled at once; a running one is asked, and its task notices. NotAllowed when it is over."""
    fresh = _locked(run)
    before = fresh.state
    if fresh.state == State.QUEUED or (fresh.is_stuck and fresh.state in AT_WORK):
        queue.remove(fresh.queue_id)
        fresh.state, fresh.ended_at, fresh.queue_id = State.CANCELLED, clock.now(), None
        fresh.attempts += 1  # whoever may still run it can no longer write here
    elif fresh.state == State.RUNNING:
        fresh.state = State.CANCELLING
    elif fresh.state == State.CANCELLING:
        return fresh
    else:
        raise NotAllowed(Refused("jobs.over"))
    return _saved(actor, fresh, "cancel", before, role)


@transaction.atomic
def retry(*, actor: Actor, run: JobRun, role: str = "") -> JobRun:
    """Queue a stuck job anew, with all its further attempts. NotAllowed when it is not stuck."""
    fresh = _stuck(run)
    before = fresh.state
    queue.remove(fresh.queue_id)
    fresh.state, fresh.ended_at, fresh.given_up_at = State.QUEUED, None, None
    fresh.failures = fresh.crashes = 0
    fresh.attempts += 1
    fresh.fault = fresh.incident = fresh.message = ""
    fresh.queue_id = queue.push(fresh.pk)
    return _saved(actor, fresh, "retry", before, role)


@transaction.atomic
def give_up(*, actor: Actor, run: JobRun, role: str = "") -> JobRun:
    """Leave a stuck job failed for good. NotAllowed when it is not stuck."""
    fresh = _stuck(run)
    before = fresh.state
    queue.remove(fresh.queue_id)
    fresh.state, fresh.given_up_at, fresh.queue_id = State.FAILED, clock.now(), None
    fresh.ended_at = fresh.ended_at or clock.now()
    fresh.attempts += 1
    return _saved(actor, fresh, "give-up", before, role)


def _stuck(run: JobRun) -> JobRun:
    fresh = _locked(run)
    if not fresh.is_stuck:
        raise NotAllowed(Refused("jobs.not_stuck"))
    return fresh


def _saved(actor: Actor, run: JobRun, verb: str, before: str, role: str) -> JobRun:
    run.version += 1
    run.changed_at = clock.now()
    run.save()
    journal.record(actor=actor, verb=verb, record=run, role=role, before={"state": before}, after={"state": run.state})
    return run
