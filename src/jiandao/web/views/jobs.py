"""The pages of long jobs: progress, cancel, and for officers the list with what is stuck."""

from typing import Any

import django_filters
from django.contrib import messages
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel.components import Badge, Link, Progress
from jiandao.kernel.jobs import cancel as cancel_job
from jiandao.kernel.jobs import give_up as give_up_job
from jiandao.kernel.jobs import retry as retry_job
from jiandao.kernel.jobs.models import JobRun, State
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf
from jiandao.kernel.policy import Allowed
from jiandao.stages.people.models import Person
from jiandao.web import policy

_TONES = {State.QUEUED: "waiting", State.RUNNING: "active", State.DONE: "done", State.FAILED: "stop"}


def _runs() -> QuerySet[JobRun]:
    return JobRun.objects.select_related("programme")


def progress_of(run: JobRun) -> Progress:
    """A job as its page shows it."""
    here = {"public_id": run.public_id}
    return Progress(
        title=run.title,
        state=run.state,  # type: ignore[arg-type]
        label=str(State(run.state).label),
        done=run.done,
        total=run.total,
        message=run.message,
        counts=list(run.counts.items()),
        poll_url=reverse("job-progress", kwargs=here),
        cancel_url=reverse("job-cancel", kwargs=here),
        result=Link(_("To the result"), run.result_url) if run.result_url and run.ended_at else None,
        started=run.started_at,
        ended=run.ended_at,
    )


def fault_of(run: JobRun) -> str:
    """Why a job failed, in one sentence; empty when it did not."""
    if run.state != State.FAILED:
        return ""
    return run.fault or _("Something went wrong on our side. Try again; if it stays, tell us the code.")


@page(policy.WATCH_OWN_JOB, records=_runs, programme=False)
def job(request: Request, run: JobRun) -> HttpResponse:
    context = {
        "job": progress_of(run),
        "run": run,
        "fault": fault_of(run),
        "mend": run.is_stuck and bool(policy.MEND_JOB.decide(request.actor, run)),
        "stuck_because": _("It failed and will not be tried again by itself.")
        if run.state == State.FAILED
        else _("Its worker has said nothing for more than a minute."),
    }
    return render(request, "office/job.html", context)


@page(policy.WATCH_OWN_JOB, records=_runs, programme=False)
def progress(request: Request, run: JobRun) -> HttpResponse:
    """The fragment that the page asks for every second; the whole page is asked for when the job has ended."""
    shown = progress_of(run)
    if not shown.running and request.htmx:
        # Faults, results and what officers may do stand outside the fragment.
        return HttpResponse(headers={"HX-Redirect": reverse("job", kwargs={"public_id": run.public_id})})
    return render(request, "components/progress.html", {"job": shown})


@page(policy.WATCH_OWN_JOB, records=_runs, programme=False, methods=("POST",))
def cancel(request: Request, run: JobRun) -> HttpResponse:
    fresh = cancel_job(actor=request.actor, run=run, role=_role(policy.WATCH_OWN_JOB, request, run))
    if fresh.state == State.CANCELLED:
        messages.success(request, _("The job is cancelled."))
    else:
        messages.info(request, _("The job is asked to stop; it ends at the next safe place."))
    return redirect("job", public_id=run.public_id)


@page(policy.MEND_JOB, records=_runs, see=policy.WATCH_OWN_JOB, programme=False, methods=("POST",))
def retry(request: Request, run: JobRun) -> HttpResponse:
    retry_job(actor=request.actor, run=run, role=_role(policy.MEND_JOB, request, run))
    messages.success(request, _("The job waits to be run again."))
    return redirect("job", public_id=run.public_id)


@page(policy.MEND_JOB, records=_runs, see=policy.WATCH_OWN_JOB, programme=False, methods=("POST",))
def give_up(request: Request, run: JobRun) -> HttpResponse:
    give_up_job(actor=request.actor, run=run, role=_role(policy.MEND_JOB, request, run))
    messages.success(request, _("The job is given up; what it had not finished was not done."))
    return redirect("job", public_id=run.public_id)


def _role(rule: Any, request: Request, run: JobRun) -> str:
    answer = rule.decide(request.actor, run)
    return answer.role if isinstance(answer, Allowed) else ""


def state_badge(run: JobRun) -> Badge:
    """The state in words; a stuck job says so."""
    if run.is_stuck:
        return Badge(f"{State(run.state).label} · {_('stuck')}", "stop")
    return Badge(str(State(run.state).label), _TONES.get(State(run.state), "neutral"))  # type: ignore[arg-type]


class JobFilter(django_filters.FilterSet):  # type: ignore[misc]
    """Filters of the list of jobs."""

    title = django_filters.CharFilter(label=gettext_lazy("title"), lookup_expr="icontains")
    state = django_filters.ChoiceFilter(
        label=gettext_lazy("state"), choices=State.choices, empty_label=gettext_lazy("any state")
    )
    stuck = django_filters.BooleanFilter(label=gettext_lazy("stuck"), method="only_stuck")

    def only_stuck(self, runs: Any, name: str, value: bool) -> Any:
        return runs.filter(pk__in=JobRun.objects.stuck().values("pk")) if value else runs


def _share(run: JobRun) -> float | None:
    return run.done / run.total if run.total else None


JOBS = ListOf(
    title=gettext_lazy("Jobs"),
    name="jobs",
    columns=(
        ListColumn(gettext_lazy("title"), lambda run: run.title, primary=True, sort="title", order_by=("title",)),
        ListColumn(gettext_lazy("state"), state_badge, "badge"),
        ListColumn(gettext_lazy("started by"), lambda run: run.who),
        ListColumn(gettext_lazy("progress"), _share, "percent"),
        ListColumn(gettext_lazy("begun"), lambda run: run.created_at, "moment", sort="begun", order_by=("created_at",)),
        ListColumn(gettext_lazy("ended"), lambda run: run.ended_at, "moment", sort="ended", order_by=("ended_at",)),
        ListColumn(gettext_lazy("code"), lambda run: run.incident),
    ),
    filters=JobFilter,
    default_order="-begun",
    url=lambda run: reverse("job", kwargs={"public_id": run.public_id}),
    empty=gettext_lazy("No job was started in this programme yet."),
    muted=lambda run: run.state == State.CANCELLED,
    route="jobs",
)


def with_names(records: QuerySet[Any]) -> QuerySet[Any]:
    """Records of accounts with the names behind them, `who`: for the rows of a page and no more."""
    person = Person.objects.filter(account=OuterRef("account_id")).values("name")[:1]
    named: QuerySet[Any] = records.annotate(who=Coalesce(Subquery(person), F("account__username")))
    return named


@page(policy.WATCH_JOBS)
def jobs(request: Request) -> HttpResponse:
    """The jobs of the programme; the stuck ones are one press away."""
    runs = with_names(JobRun.objects.filter(programme=request.programme))
    stuck = Link(_("Stuck jobs"), "?stuck=true", current=request.GET.get("stuck") == "true")
    listing = JOBS.listing(request, runs, views=[stuck])
    return render(request, "list.html", {"listing": listing})
