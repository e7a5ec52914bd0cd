"""What is remembered of a job: who started it, how far it is, how it ended. And when periodic work last ran."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.programme import Programme
from jiandao.kernel.records import Record

# A job whose worker has said nothing for so long is taken for dead: twelve missed beats.
DEAD_AFTER = timedelta(seconds=60)


class State(models.TextChoices):
    QUEUED = "queued", _("waiting")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLING = "cancelling", _("being cancelled")
    CANCELLED = "cancelled", _("cancelled")


AT_WORK = (State.RUNNING, State.CANCELLING)


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def stuck(self) -> "JobRunQuerySet":
        """Jobs that go no further by themselves: the worker is silent, or the job failed and nobody has given it up."""
        silent = Q(state__in=AT_WORK, heartbeat__lt=clock.now() - DEAD_AFTER)
        return self.filter(silent | Q(state=State.FAILED, given_up_at__isnull=True))


class JobRun(Record):
    """One long piece of work. The queue only wakes a worker; what holds is this row.

    `attempts` grows with every beginning and every taking away, and is the token of the attempt that runs: whoever
    holds an older one can no longer write here. `failures` and `crashes` are counted from the last start by a person
    and are limited.
    """

    kind = "kernel.job"

    title = models.CharField(_("title"), max_length=200)
    task = models.CharField(max_length=100)
    params = models.JSONField(default=dict)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, null=True, related_name="+")
    programme = models.ForeignKey(Programme, on_delete=models.PROTECT, null=True, related_name="+")
    state = models.CharField(_("state"), max_length=12, choices=State.choices, default=State.QUEUED)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    message = models.CharField(max_length=500, blank=True)
    counts = models.JSONField(default=dict)  # label -> number, in the order in which they are shown
    result_url = models.CharField(max_length=500, blank=True)
    fault = models.TextField(blank=True)  # a sentence for the reader, never a traceback
    incident = models.CharField(max_length=20, blank=True)  # the code under which the log has the traceback
    queue_id = models.BigIntegerField(null=True)
    attempts = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    crashes = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    heartbeat = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager["JobRun"]] = models.Manager.from_queryset(JobRunQuerySet)()

    class Meta:
        app_label = "jd_kernel"
        constraints = (
            models.CheckConstraint(condition=Q(state__in=State.values), name="job_state_known"),
            models.CheckConstraint(
                condition=Q(state__in=("done", "failed", "cancelled"), ended_at__isnull=False)
                | Q(state__in=("queued", "running", "cancelling"), ended_at__isnull=True),
                name="job_ended_has_time",
            ),
        )
        indexes = (
            models.Index(fields=["programme", "-id"], name="job_by_programme"),
            models.Index(fields=["account", "-id"], name="job_by_account"),
            models.Index(
                fields=["heartbeat"], name="job_open", condition=Q(state__in=("queued", "running", "cancelling"))
            ),
        )

    def __str__(self) -> str:
        return f"{self.task} {self.public_id} {self.state}"

    @property
    def is_stuck(self) -> bool:
        """The twin of `stuck()`."""
        if self.state == State.FAILED:
            return self.given_up_at is None
        return self.state in AT_WORK and self.heartbeat is not None and self.heartbeat < clock.now() - DEAD_AFTER


class PeriodicRun(models.Model):
    """When a piece of daily or slower work last ran; shared by all hosts, so that one of them does it."""

    name = models.CharField(max_length=100, unique=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    incident = models.CharField(max_length=20, blank=True)  # of the last run, when it failed

    class Meta:
        app_label = "jd_kernel"

    def __str__(self) -> str:
        return f"{self.name} {self.started_at:%Y-%m-%d %H:%M}"
