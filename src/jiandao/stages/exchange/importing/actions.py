"""What can happen to an import: upload, map, check, import."""

import hashlib
import os
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.files.scanning import scan
from jiandao.kernel.jobs.models import JobRun, State
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.kernel.programme import Programme
from jiandao.kernel.rulebook import one_reading
from jiandao.kernel.tabular.faults import CellFaultError, Fault, sentence, shortened
from jiandao.kernel.tabular.reading import Table, read_table
from jiandao.stages.exchange.importing import policy
from jiandao.stages.exchange.importing.directory import Named
from jiandao.stages.exchange.importing.fields import Importable, importable
from jiandao.stages.exchange.importing.mapping import Mapping, faults_of, propose, recall, remember, target_of
from jiandao.stages.exchange.importing.models import BatchState, ImportBatch
from jiandao.stages.exchange.importing.options import ALL, LONGEST_SOURCE, Options
from jiandao.stages.exchange.importing.planning import Job, Planned, Planner, Rights, check_options
from jiandao.stages.exchange.importing.reports import MOST_FAULTS, NAMED, SHOWN_FAULTS, Report
from jiandao.stages.exchange.importing.shared import SharedPlanner, SharedWriter
from jiandao.stages.exchange.importing.storage import faults_of_batch, file_of, folder
from jiandao.stages.exchange.importing.writing import Spool, Writer
from jiandao.stages.people.models import Organisation

reasons.add(
    {
        "import.mapping": gettext_lazy("The columns are not mapped yet: %(why)s"),
        "import.busy": gettext_lazy("This import is running or was done; look at its report."),
        "import.prepared_anew": gettext_lazy(
            "The columns or options of this import were changed while it was checked; check it again."
        ),
        "import.same_time": gettext_lazy(
            "Rows of this source were imported by somebody else at the same time; nothing was imported. Check again."
        ),
        "import.faulty": gettext_lazy("Faulty rows: %(count)s. Nothing was imported; mend them, or skip them."),
        "import.stale": gettext_lazy(
            "Records that somebody changed meanwhile: %(count)s. Nothing was imported; check again."
        ),
    }
)
name_fact("import", gettext_lazy("by import"))
MESSAGES["exchange.import.submitted"] = gettext_lazy(
    "%(count)s needs were submitted by an import and wait for the form check: %(title)s"
)


class Unwatched:
    """A job that nobody watches: a command in the foreground, a short check."""

    def report(self, **news: Any) -> None:
        """Nobody looks."""

    def check_cancelled(self) -> None:
        """Nobody cancels."""


def open_table(what: Importable, content: Path | bytes, name: str) -> Table:
    """The table of a file, its header row found by the headers that are known."""
    return read_table(content, name, known=lambda header: bool(target_of(what, header)))


def table_of(batch: ImportBatch) -> Table:
    return open_table(importable(batch.imported_kind), file_of(batch), batch.file_name)


def headers_of(batch: ImportBatch) -> list[str]:
    return [header for _place, header in batch.layout.get("columns", [])]


def default_source(actor: Actor, what: Importable, programme: Programme, file_name: str) -> str:
    """The file's name without its ending; for whoever imports for one organisation with that organisation's name, so
    that the ids of two organisations do not meet."""
    stem = " ".join(Path(file_name).stem.split()) or what.kind.value
    rights = Rights.of(actor, what, programme)
    if not rights.officer and len(rights.organisations) == 1:
        name = Organisation.objects.get(pk=next(iter(rights.organisations))).name
        return f"{stem[:30]} ({name[: LONGEST_SOURCE - 33]})"
    return stem[:LONGEST_SOURCE]


def upload(
    *,
    actor: Actor,
    programme: Programme,
    kind: str,
    name: str,
    pieces: Iterable[bytes],
    source: str = "",
    after: ImportBatch | None = None,
) -> ImportBatch:
    """Keep a file and propose how its columns are mapped; a mended file is read as the one `after` which it comes.

    TableRefusedError when it is no table that can be read, FileRefused when the virus scanner wants it not.
    """
    what = importable(kind)
    decide(actor, what.rule, programme)
    name = Path(name).name[-200:]
    folder().mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=folder(), delete=False) as file:
        for piece in pieces:
            digest.update(piece)
            size += len(piece)
            file.write(piece)
    kept = Path(file.name)
    try:
        scan(kept)
        table = open_table(what, kept, name)
        layout = _layout(table)
        os.replace(kept, folder() / digest.hexdigest())
    finally:
        kept.unlink(missing_ok=True)
    mapping = recall(actor, programme, what, table.headers) or propose(what, table.headers)
    options = Options(source or default_source(actor, what, programme, name), state=what.states[0])
    if after is not None:
        decide(actor, policy.RUN_IMPORT, after)
        earlier = Mapping.from_json(after.mapping)
        mapping = mapping if faults_of(what, earlier, table.headers) else earlier
        options = replace(Options.from_json(after.options), source=source or Options.from_json(after.options).source)
    batch: ImportBatch = ImportBatch.objects.create(
        programme=programme,
        created_by=actor.account,
        imported_kind=kind,
        file_name=name,
        digest=digest.hexdigest(),
        size=size,
        layout=layout,
        mapping=mapping.as_json(),
        options=options.as_json(),
    )
    return batch


def _layout(table: Table) -> dict[str, Any]:
    """What the page of a batch shows of its file: columns (place and header), their first values, number of rows."""
    samples = {header: [shortened(one) for one in found] for header, found in table.samples().items()}
    columns = [[column.place, column.header] for column in table.columns]
    return {"columns": columns, "samples": samples, "rows": table.row_count, "not_read": table.not_read}


_OPEN = (BatchState.UPLOADED, BatchState.CHECKED, BatchState.FAILED, BatchState.CANCELLED)
_AT_WORK = (State.QUEUED, State.RUNNING, State.CANCELLING)


def orphaned() -> Q:
    """Batches that a job was importing which is over: cancelled before it began, or its worker died too often."""
    at_work = JobRun.objects.filter(public_id=OuterRef("job"), state__in=_AT_WORK)
    return Q(~Exists(at_work), state=BatchState.RUNNING) & ~Q(job="")


@transaction.atomic
def prepare(*, actor: Actor, batch: ImportBatch, mapping: Mapping, options: Options) -> ImportBatch:
    """Keep mapping and options for the next check or import. CellFaultError when the mapping does not fit the file."""
    what = importable(batch.imported_kind)
    decide(actor, policy.RUN_IMPORT, batch)
    check_options(what, Rights.of(actor, what, batch.programme), options)
    headers = headers_of(batch)
    wrong = faults_of(what, mapping, headers)
    if wrong:
        raise wrong[0]
    free = Q(state__in=_OPEN) | orphaned()
    ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)  # lock first, look afterwards: see `claim`
    fresh: ImportBatch | None = ImportBatch.objects.filter(free, pk=batch.pk).first()
    if fresh is None:
        raise NotAllowed(Refused("import.busy"))
    same = Mapping.from_json(fresh.mapping) == mapping and _same_rows(Options.from_json(fresh.options), options)
    fresh.mapping, fresh.options = mapping.as_json(), options.as_json()
    if not same or fresh.state == BatchState.RUNNING:
        fresh.state, fresh.report, fresh.confidential = BatchState.UPLOADED, {}, True
    fresh.version += 1
    fresh.changed_at = clock.now()
    fresh.save()
    remember(actor, batch.programme, what, headers, mapping)
    return fresh


def _same_rows(one: Options, other: Options) -> bool:
    """Whether a check under `one` still holds under `other`: the mode changes no finding."""
    return replace(one, mode=ALL) == replace(other, mode=ALL)


class Survey:
    """Goes through all rows once: counts, faults, what is new; and spools what is to be written."""

    def __init__(self, planner: Planner, job: Job, spool: Spool | None = None) -> None:
        self.report = Report()
        self.faults: list[Fault] = []
        self.new_organisations: dict[str, Named] = {}
        self.confidential = False
        self.submitted = 0
        self._planner, self._job, self._spool = planner, job, spool

    def run(self) -> "Survey":
        self._job.report(done=0, total=self._planner.table.row_count, message=_("Looking at the rows"))
        for lot in self._planner.lots():
            for one in lot:
                self._see(one)
            if self._spool is not None:
                self._spool.add(lot)
            self._job.report(done=self.report.rows, counts=self.report.counts())
            self._job.check_cancelled()
        self.report.faults = [one.as_json() for one in self.faults[:SHOWN_FAULTS]]
        self.report.organisations = len(self.new_organisations)
        self.report.organisation_names = [one.name for one in self.new_organisations.values()][:NAMED]
        return self

    def _see(self, one: Planned) -> None:
        report = self.report
        report.rows += 1
        setattr(report, one.outcome, getattr(report, one.outcome) + 1)
        report.faults_total += len(one.faults)
        if len(self.faults) < MOST_FAULTS:
            self.faults += one.faults
        self.confidential |= one.confidential
        self.submitted += one.submits
        if one.outcome not in {"new", "changed"}:
            return
        if one.organisation is not None:
            self.new_organisations.setdefault(one.organisation.key, one.organisation)
        if one.missing:
            report.incomplete += 1
            if len(report.incomplete_rows) < NAMED:
                report.incomplete_rows.append([one.number, one.missing])


def _kind_of_planner(what: Importable) -> type[Planner]:
    return SharedPlanner if what.shared else Planner


def _planner(actor: Actor, batch: ImportBatch, table: Table) -> Planner:
    what = importable(batch.imported_kind)
    mapping = Mapping.from_json(batch.mapping)
    wrong = faults_of(what, mapping, table.headers)
    if wrong:
        raise NotAllowed(Refused("import.mapping", facts={"why": sentence(wrong[0].code, wrong[0].facts)}))
    return _kind_of_planner(what)(
        actor=actor,
        programme=batch.programme,
        what=what,
        table=table,
        mapping=mapping,
        options=Options.from_json(batch.options),
    )


@one_reading()
def survey(
    *, actor: Actor, programme: Programme, kind: str, table: Table, mapping: Mapping, options: Options, job: Job
) -> Survey:
    """A dry run of a table that is no batch: nothing is written, and no right beyond that of importing is needed."""
    what = importable(kind)
    wrong = faults_of(what, mapping, table.headers)
    if wrong:
        raise NotAllowed(Refused("import.mapping", facts={"why": sentence(wrong[0].code, wrong[0].facts)}))
    planner = _kind_of_planner(what)(
        actor=actor, programme=programme, what=what, table=table, mapping=mapping, options=options
    )
    return Survey(planner, job).run()


@one_reading()
def check(*, actor: Actor, batch: ImportBatch, job: Job) -> Report:
    """A dry run of a batch: its report is kept, no record is touched."""
    decide(actor, policy.RUN_IMPORT, batch)
    found = Survey(_planner(actor, batch, table_of(batch)), job).run()
    _keep(batch, found, BatchState.CHECKED, expected=_OPEN)
    return found.report


def _keep(batch: ImportBatch, found: Survey, state: BatchState, *, expected: Iterable[str]) -> None:
    """Keep a report outside the data that it is about."""
    faults_of_batch(batch).write(found.faults)
    kept = ImportBatch.objects.filter(pk=batch.pk, state__in=expected, version=batch.version).update(
        report=found.report.as_json(), state=state, confidential=found.confidential, changed_at=clock.now()
    )
    if not kept:
        raise NotAllowed(Refused("import.prepared_anew"))


@transaction.atomic
def claim(batch: ImportBatch, *, job: str = "") -> None:
    """Take the batch for importing; NotAllowed when it runs elsewhere or is done. The same job may claim it again."""
    # Lock first, look afterwards: an UPDATE that waited would still ask for the other's job in its old snapshot, find
    # none, and take the batch for orphaned.
    ImportBatch.objects.select_for_update(of=("self",)).get(pk=batch.pk)
    free = Q(state__in=_OPEN) | orphaned()
    if job:
        free |= Q(state=BatchState.RUNNING, job=job)
    taken = ImportBatch.objects.filter(free, pk=batch.pk)
    if not taken.update(state=BatchState.RUNNING, job=job, changed_at=clock.now()):
        raise NotAllowed(Refused("import.busy"))
    batch.state, batch.job = BatchState.RUNNING, job


def free_orphans() -> None:
    """Batches that nobody imports any longer are open again: of jobs that are over, of commands that were killed."""
    killed = Q(state=BatchState.RUNNING, job="", changed_at__lt=clock.now() - timedelta(days=1))
    free = orphaned() | killed
    with transaction.atomic():
        # Those that somebody claims at this moment are locked and passed over; the rest is looked at again, locked.
        running = ImportBatch.everywhere().filter(state=BatchState.RUNNING)
        keys = list(running.select_for_update(of=("self",), skip_locked=True).values_list("pk", flat=True))
        ImportBatch.everywhere().filter(free, pk__in=keys).update(state=BatchState.CANCELLED)


def let_go(batch: ImportBatch, state: BatchState) -> None:
    """The import that claimed the batch ended without importing."""
    ImportBatch.objects.filter(pk=batch.pk, state=BatchState.RUNNING, job=batch.job).update(state=state)


@one_reading()
def run(*, actor: Actor, batch: ImportBatch, job: Job) -> Report:
    """Import a batch that was claimed. All of its good rows are written, or nothing at all.

    Raises NotAllowed (nothing was written) when rows are faulty and the mode is all or nothing, or when others wrote
    the same rows meanwhile. Whatever else it raises, a cancellation included, nothing was written either.
    """
    decide(actor, policy.RUN_IMPORT, batch)
    planner = _planner(actor, batch, table_of(batch))
    with tempfile.TemporaryFile() as new, tempfile.TemporaryFile() as changed:
        spool = Spool(new, changed)
        found = Survey(planner, job, spool).run()
        if found.report.faulty and planner.options.mode == ALL:
            _keep(batch, found, BatchState.FAILED, expected=[BatchState.RUNNING])
            raise NotAllowed(Refused("import.faulty", facts={"count": found.report.faulty}))
        faults_of_batch(batch).write(found.faults)
        try:
            _write(actor=actor, batch=batch, planner=planner, found=found, spool=spool, job=job)
        except IntegrityError as error:
            raise NotAllowed(Refused("import.same_time")) from error
        faults_of_batch(batch).write(found.faults)  # with the rows that others changed meanwhile
    return found.report


@transaction.atomic
def _write(*, actor: Actor, batch: ImportBatch, planner: Planner, found: Survey, spool: Spool, job: Job) -> None:
    transaction_lock(f"exchange.import {batch.programme_id} {planner.options.source}")
    # A worker that was taken for dead may wake up after another has done its work.
    claimed = ImportBatch.objects.filter(pk=batch.pk, state=BatchState.RUNNING, job=batch.job)
    fresh = claimed.select_for_update(of=("self",)).first()
    if fresh is None:
        raise NotAllowed(Refused("import.busy"))
    total, done = found.report.new + found.report.changed, 0

    def step(count: int) -> None:
        nonlocal done
        done += count
        job.report(done=done)
        job.check_cancelled()

    job.report(done=0, total=total, message=_("Writing the records"))
    writer = (SharedWriter if planner.what.shared else Writer)(
        actor=actor, batch=fresh, what=planner.what, rights=planner.rights, step=step
    )
    written = writer.write(spool, found.new_organisations)
    if written.stale:
        if planner.options.mode == ALL:
            raise NotAllowed(Refused("import.stale", facts={"count": len(written.stale)}))
        _leave_out(found, written.stale)
    found.report.imported = True
    fresh.report, fresh.state, fresh.confidential = found.report.as_json(), BatchState.DONE, found.confidential
    fresh.version += 1
    fresh.changed_at = clock.now()
    fresh.save()
    report = found.report
    journal.record(
        actor=actor,
        role=planner.rights.role,
        verb="import",
        record=fresh,
        facts={
            "file": fresh.file_name,
            "SHA-256": fresh.digest,
            "mapping": fresh.mapping,
            "options": fresh.options,
            "new": report.new,
            "changed": report.changed,
            "unchanged": report.unchanged,
            "faulty": report.faulty,
            "incomplete": report.incomplete,
            "organisations": [one.public_id for one in written.organisations.values()],
        },
        rule=planner.what.rule.code,
    )
    if found.submitted and not planner.rights.officer:
        officers = list(holders({Role.PROGRAMME_OFFICER}, Scope.PROGRAMME, [batch.programme_id]))
        facts = {"count": found.submitted, "title": planner.options.source}
        tell(accounts=officers, code="exchange.import.submitted", record=fresh, actor=actor, facts=facts)
    job.check_cancelled()


def _leave_out(found: Survey, stale: list[Planned]) -> None:
    report = found.report
    report.changed -= len(stale)
    report.faulty += len(stale)
    report.faults_total += len(stale)
    error = CellFaultError("row.changed")
    faults = [Fault(one.number, "", "", "", error.code, error.facts) for one in stale]
    found.faults += faults
    found.submitted -= sum(one.submits for one in stale)
    report.faults += [one.as_json() for one in faults[:SHOWN_FAULTS]]
