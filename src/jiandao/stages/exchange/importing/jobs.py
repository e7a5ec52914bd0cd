"""The job that checks or imports a batch, so that nobody waits before an open page."""

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.jobs import Cancelled, JobFault, RunningJob, daily_at, start, task
from jiandao.kernel.jobs.running import Lost, Stopped
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.tabular.faults import TableRefusedError
from jiandao.stages.exchange.importing import actions, storage
from jiandao.stages.exchange.importing.models import BatchState, ImportBatch, ImportKind
from jiandao.stages.exchange.importing.options import ALL

TASK = "exchange.import"


@task(TASK, time_limit=3600)
def run(job: RunningJob, *, batch: str, only_check: bool) -> None:
    """Check or import the batch of that public id. Running again after a crash finds nothing half done."""
    record = ImportBatch.objects.select_related("programme").get(public_id=batch)
    url = reverse("exchange:import-batch", kwargs={"programme": record.programme.slug, "public_id": batch})
    job.report(result_url=url)
    try:
        if only_check:
            actions.check(actor=job.actor, batch=record, job=job)
        elif record.state != BatchState.DONE:
            actions.claim(record, job=job.run.public_id)
            _import(job, record)
    except (NotAllowed, TableRefusedError) as error:
        raise JobFault(error.refusal.sentence if isinstance(error, NotAllowed) else str(error)) from error


def _import(job: RunningJob, record: ImportBatch) -> None:
    try:
        actions.run(actor=job.actor, batch=record, job=job)
    except (Stopped, Lost):
        raise  # it goes on in another attempt
    except Cancelled:
        actions.let_go(record, BatchState.CANCELLED)
        raise
    except Exception:
        actions.let_go(record, BatchState.FAILED)
        raise


@transaction.atomic
def begin(*, actor: Actor, batch: ImportBatch, only_check: bool) -> str:
    """Start the job in the running transaction; its public id. NotAllowed when the batch is being imported already, or
    its check found faulty rows and they are not to be skipped.

    The title names no file: officers see the jobs of their programme, but not every import.
    """
    if not only_check and batch.report.get("faulty") and batch.options.get("mode") == ALL:
        raise NotAllowed(Refused("import.faulty", facts={"count": batch.report["faulty"]}))
    title = _("Check of %(records)s") if only_check else _("Import of %(records)s")
    run = start(
        actor=actor,
        task=TASK,
        title=title % {"records": ImportKind(batch.imported_kind).label},
        params={"batch": batch.public_id, "only_check": only_check},
        programme=batch.programme,
    )
    public_id: str = run.public_id
    if only_check:
        ImportBatch.objects.filter(pk=batch.pk).update(job=public_id)
    else:
        actions.claim(batch, job=public_id)
    return public_id


@daily_at("03:40", "exchange.import.sweep")
def sweep() -> None:
    """Remove the uploaded files of imports that are over, and free batches whose importer is gone."""
    actions.free_orphans()
    storage.sweep()
