"""Where uploaded files lie until they are imported, and when they go."""

import time
from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.db.models import Q

from jiandao.kernel import clock
from jiandao.kernel.programme import Programme
from jiandao.kernel.tabular.faults import TableRefusedError
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.importing.models import BatchState, ImportBatch
from jiandao.stages.exchange.importing.reports import FaultFile

# A file without a batch this old belongs to no upload that still goes on.
_ABANDONED = 24 * 3600


def folder() -> Path:
    return Path(settings.JIANDAO_DATA) / "imports"


def file_of(batch: ImportBatch) -> Path:
    """Where the content of the batch's file lies; TableRefusedError when it is not kept any longer."""
    path = folder() / batch.digest
    if not path.is_file():
        raise TableRefusedError("table.gone")
    return path


def is_kept(batch: ImportBatch) -> bool:
    return (folder() / batch.digest).is_file()


def faults_of_batch(batch: ImportBatch) -> FaultFile:
    return FaultFile(folder() / f"{batch.public_id}.faults")


def sweep() -> int:
    """Remove the files of imports that are over; how many. Run again, it finds nothing to do.

    The file of an import without a faulty row goes at once; any other, as somebody may still mend it, when the days
    that the rulebook names have passed since it was last touched. What is being imported stays.
    """
    if not folder().is_dir():
        return 0
    wanted = {name for batch in _kept() for name in (batch.digest, faults_of_batch(batch).path.name)}
    removed = 0
    for path in folder().iterdir():
        if path.name not in wanted and time.time() - path.stat().st_mtime > _ABANDONED:
            path.unlink(missing_ok=True)
            removed += 1
    return removed


def _kept() -> Iterable[ImportBatch]:
    for programme in Programme.objects.all():
        days = rules.KEEP_DAYS.at(programme=programme).value
        lately = Q(changed_at__gte=clock.now() - timedelta(days=days))
        is_clean = Q(state=BatchState.DONE, report__faulty=0)
        running = Q(state=BatchState.RUNNING)
        yield from (
            ImportBatch.everywhere()
            .filter(running | (lately & ~is_clean), programme=programme)
            .only("digest", "public_id")
        )
