"""The job that checks or imports a batch, so that nobody waits before an open page."""

from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.jobs import Cancelled, JobFault, RunningJob, start, task
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.tabular.faults import TableRefusedError
from jiandao.stages.exchange.importing import actions
from jiandao.stages.exchange.importing.models import BatchState, ImportBatch

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
            actions.run(actor=job.actor, batch=record, job=job)
    except (NotAllowed, TableRefusedError) as error:
        actions.let_go(record, BatchState.FAILED)
        raise JobFault(error.refusal.sentence if isinstance(error, NotAllowed) else str(error)) from error
    except Cancelled:
        actions.let_go(record, BatchState.CANCELLED)
        raise
    except Exception:
        actions.let_go(record, BatchState.FAILED)
        raise


def begin(*, actor: Actor, batch: ImportBatch, only_check: bool) -> str:
    """Start the job in the running transaction; its public id."""
    words = _("Check of %(file)s") if only_check else _("Import of %(file)s")
    run = start(
        actor=actor,
        task=TASK,
        title=words % {"file": batch.file_name},
        params={"batch": batch.public_id, "only_check": only_check},
        programme=batch.programme,
    )
    public_id: str = run.public_id
    return public_id
