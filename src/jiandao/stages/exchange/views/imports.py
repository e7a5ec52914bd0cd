"""Importing in the browser: upload, map the columns, look at the faults, import."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django import forms
from django.db import transaction
from django.db.models import BooleanField, ExpressionWrapper
from django.http import FileResponse, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel.components import Badge, Link
from jiandao.kernel.components.forms import FormPage
from jiandao.kernel.components.lists import Column, Listing, Row
from jiandao.kernel.files import FileRefused
from jiandao.kernel.lifecycle import lifecycle_of
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.policy.access import Missing, access
from jiandao.kernel.policy.decisions import Aspect, NotAllowed
from jiandao.kernel.quotas import quota
from jiandao.kernel.tabular.faults import CellFaultError, TableRefusedError, shown
from jiandao.kernel.tabular.reading import ENDINGS, LARGEST_FILE
from jiandao.stages.exchange import policy
from jiandao.stages.exchange.importing import actions, jobs, storage
from jiandao.stages.exchange.importing import policy as import_policy
from jiandao.stages.exchange.importing.fields import INDICATOR_PARTS, MOST_INDICATORS, Importable, importable
from jiandao.stages.exchange.importing.mapping import Mapping
from jiandao.stages.exchange.importing.models import BatchState, ImportBatch
from jiandao.stages.exchange.importing.options import ALL, GOOD, LONGEST_SOURCE, Options
from jiandao.stages.exchange.importing.planning import Rights
from jiandao.stages.exchange.importing.policy import READ_IMPORT, RUN_IMPORT
from jiandao.stages.exchange.importing.reports import Report, faults_workbook
from jiandao.stages.exchange.importing.template_file import template

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
RECENT = 20
SHARED_KINDS = {"organisations", "experts"}
CHECKED_AT_ONCE = 500  # rows; longer files are checked by a job
OFFERED_INDICATORS = 3  # more are offered when the file has more

TITLES = {
    "needs": gettext_lazy("Import needs"),
    "results": gettext_lazy("Import results"),
    "capabilities": gettext_lazy("Import capabilities"),
    "organisations": gettext_lazy("Import organisations"),
    "experts": gettext_lazy("Import experts"),
}
LISTS = {
    "needs": gettext_lazy("Needs"),
    "results": gettext_lazy("Results"),
    "capabilities": gettext_lazy("Capabilities"),
    "organisations": gettext_lazy("Organisations"),
    "experts": gettext_lazy("Experts"),
}
_TONES = {"uploaded": "waiting", "checked": "waiting", "running": "active", "done": "done", "failed": "stop"}


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("file"),
        widget=forms.ClearableFileInput(attrs={"accept": ",".join(ENDINGS)}),
    )
    source = forms.CharField(
        label=gettext_lazy("name of the source"),
        max_length=LONGEST_SOURCE,
        required=False,
        help_text=gettext_lazy(
            "Where the rows come from; empty: the file's name. The same source and id change a record, they never "
            "make a second one."
        ),
    )
    after = forms.CharField(required=False, widget=forms.HiddenInput)  # the import whose mended rows the file holds

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sentence = _("Excel (.xlsx), CSV, JSON or JSON lines; at most %(most)s MB and 100,000 rows.")
        self.fields["file"].help_text = sentence % {"most": LARGEST_FILE // 2**20}  # now: in the reader's language


@page(policy.IMPORT_NEEDS, methods=("GET", "POST"))
@quota("upload", when=lambda request: request.method == "POST")
def import_needs(request: Request, what: str) -> HttpResponse:
    return _start(request, what)


@page(policy.IMPORT_RESULTS, methods=("GET", "POST"))
@quota("upload", when=lambda request: request.method == "POST")
def import_results(request: Request, what: str) -> HttpResponse:
    return _start(request, what)


@page(import_policy.IMPORT_CAPABILITIES, methods=("GET", "POST"))
@quota("upload", when=lambda request: request.method == "POST")
def import_capabilities(request: Request, what: str) -> HttpResponse:
    return _start(request, what)


@page(import_policy.IMPORT_ORGANISATIONS, methods=("GET", "POST"))
@quota("upload", when=lambda request: request.method == "POST")
def import_organisations(request: Request, what: str) -> HttpResponse:
    return _start(request, what)


@page(import_policy.IMPORT_EXPERTS, methods=("GET", "POST"))
@quota("upload", when=lambda request: request.method == "POST")
def import_experts(request: Request, what: str) -> HttpResponse:
    return _start(request, what)


def _start(request: Request, what: str) -> HttpResponse:
    assert request.programme is not None
    form = UploadForm(request.POST or None, request.FILES or None, initial=_after(request, what))
    if request.method == "POST" and form.is_valid():
        sent = form.cleaned_data["file"]
        try:
            batch = actions.upload(
                actor=request.actor,
                programme=request.programme,
                kind=what,
                name=sent.name,
                pieces=sent.chunks(),
                source=form.cleaned_data["source"],
                after=_earlier(request, what, form.cleaned_data["after"]),
            )
        except TableRefusedError as error:
            form.add_error("file", str(error))
        except FileRefused as error:
            form.add_error("file", error.sentence)
        else:
            return redirect(_url(batch))
    slug = {"programme": request.programme.slug}
    shown_form = FormPage(
        title=str(TITLES[what]),
        form=form,
        submit=_("Upload and map the columns"),
        cancel_url=list_url(what, request.programme.slug),
        lead=_(
            "First you see what each row would do and which cells are faulty; nothing is imported before you say so."
        ),
        crumbs=_crumbs(request.programme.slug, what),
    )
    recent = _batches().filter(READ_IMPORT.q(request.actor), imported_kind=what).order_by("-id")[:RECENT]
    context = {
        "page": shown_form,
        "template_url": reverse("exchange:import-template", kwargs={**slug, "what": what}),
        "recent": _recent(request, list(recent)),
    }
    return render(request, "exchange/import.html", context, status=400 if form.errors else 200)


def _after(request: Request, what: str) -> dict[str, str]:
    """What the form begins with when a mended file is to come."""
    earlier = _earlier(request, what, request.GET.get("after", ""))
    if earlier is None:
        return {}
    return {"after": earlier.public_id, "source": Options.from_json(earlier.options).source}


def _earlier(request: Request, what: str, public_id: str) -> ImportBatch | None:
    """The import after which a mended file comes; none when the visitor may not run it."""
    try:
        found: ImportBatch = access(
            request.actor, lambda: _batches().filter(imported_kind=what), public_id, see=READ_IMPORT, do=RUN_IMPORT
        )
    except (Missing, NotAllowed):
        return None
    return found


def _recent(request: Request, batches: list[ImportBatch]) -> Listing:
    return Listing(
        title=_("Earlier imports"),
        columns=[
            Column(_("file"), primary=True),
            Column(_("state"), "badge"),
            Column(_("added"), "number"),
            Column(_("updated"), "number"),
            Column(_("faulty"), "number"),
            Column(_("uploaded"), "moment"),
        ],
        rows=[
            Row(_url(one), [_short(one.file_name), _badge(one), *_counts(one), one.created_at], False)
            for one in batches
        ],
        total=len(batches),
        query=request.GET,
        empty=_("Nothing was imported yet."),
    )


def _short(name: str, most: int = 48) -> str:
    """A file's name, its middle left out when it is long: its beginning and its ending tell files apart."""
    return name if len(name) <= most else f"{name[: most // 2]}…{name[-most // 2 + 1 :]}"


def _counts(batch: ImportBatch) -> list[int | None]:
    return [batch.report.get(name) for name in ("new", "changed", "faulty")]


def _badge(batch: ImportBatch) -> Badge:
    state = _state(batch)
    tone: Any = _TONES.get(state, "neutral")
    return Badge(str(BatchState(state).label), tone)


def _state(batch: ImportBatch) -> str:
    return BatchState.CANCELLED if getattr(batch, "is_orphaned", False) else batch.state


def _crumbs(slug: str, what: str, *, batch: bool = False) -> list[Link]:
    found = [Link(str(LISTS[what]), list_url(what, slug))]
    if batch:
        found.append(Link(str(TITLES[what]), reverse("exchange:import", kwargs={"programme": slug, "what": what})))
    return found


def list_url(what: str, slug: str) -> str:
    """The list of the records of that kind; those of the directory stand outside all programmes."""
    if what in SHARED_KINDS:
        return reverse(f"people:{what}")
    return reverse(f"exchange:{what}", kwargs={"programme": slug})


def _url(batch: ImportBatch, name: str = "import-batch") -> str:
    return reverse(f"exchange:{name}", kwargs={"programme": batch.programme.slug, "public_id": batch.public_id})


@page(policy.IMPORT_NEEDS)
@quota("export")
def needs_template(request: Request, what: str) -> HttpResponse:
    return _template(what)


@page(policy.IMPORT_RESULTS)
@quota("export")
def results_template(request: Request, what: str) -> HttpResponse:
    return _template(what)


@page(import_policy.IMPORT_CAPABILITIES)
@quota("export")
def capabilities_template(request: Request, what: str) -> HttpResponse:
    return _template(what)


@page(import_policy.IMPORT_ORGANISATIONS)
@quota("export")
def organisations_template(request: Request, what: str) -> HttpResponse:
    return _template(what)


@page(import_policy.IMPORT_EXPERTS)
@quota("export")
def experts_template(request: Request, what: str) -> HttpResponse:
    return _template(what)


def _template(what: str) -> HttpResponse:
    response = HttpResponse(template(importable(what)), content_type=XLSX)
    name = str(TITLES[what])
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _batches() -> Any:
    orphaned = ExpressionWrapper(actions.orphaned(), BooleanField())
    return ImportBatch.objects.select_related("programme", "created_by").annotate(is_orphaned=orphaned)


@page(READ_IMPORT, records=_batches)
def batch(request: Request, record: ImportBatch) -> HttpResponse:
    return _show(request, record)


@page(RUN_IMPORT, see=READ_IMPORT, records=_batches, methods=("POST",))
@quota("import-check")
def batch_do(request: Request, record: ImportBatch) -> HttpResponse:
    """Keep the mapping and the options, then check or import."""
    what = importable(record.imported_kind)
    mapping, options = _posted(request, what, record)
    only_check = request.POST.get("then") != "import"
    try:
        with transaction.atomic():
            fresh = actions.prepare(actor=request.actor, batch=record, mapping=mapping, options=options)
            is_short = only_check and fresh.layout.get("rows", 0) <= CHECKED_AT_ONCE
            job = "" if is_short else jobs.begin(actor=request.actor, batch=fresh, only_check=only_check)
        if job:
            return redirect("job", public_id=job)
        actions.check(actor=request.actor, batch=fresh, job=actions.Unwatched())
    except (CellFaultError, TableRefusedError) as error:
        return _show(request, record, mapping, options, fault=str(error))
    except NotAllowed as refused:
        if refused.refusal.aspect == Aspect.ROLE:
            raise
        record.refresh_from_db()
        return _show(request, record, mapping, options, fault=str(refused.refusal.sentence))
    return redirect(_url(fresh))


def _posted(request: Request, what: Importable, record: ImportBatch) -> tuple[Mapping, Options]:
    sent = request.POST
    kept = Mapping.from_json(record.mapping)
    columns = {
        header: sent[f"column-{place}"]
        for place, header in record.layout.get("columns", [])
        if sent.get(f"column-{place}")
    }
    organisation = sent.get("organisation", "").strip()[:200]
    constants = {name: text for name, text in kept.constants.items() if name != "organisation"}
    mapping = Mapping(
        columns=columns,
        constants=constants | ({"organisation": organisation} if organisation else {}),
        money="yuan" if sent.get("money") == "yuan" else "wan",
        title_from_text=bool(sent.get("title_from_text")),
        editions=kept.editions,
    )
    options = Options(
        source=sent.get("source", "").strip() or Options.from_json(record.options).source,
        state=sent.get("state", what.states[0]),
        mode=GOOD if sent.get("mode") == GOOD else ALL,
        as_they_are=bool(sent.get("as_they_are")),
        empty_clears=bool(sent.get("empty_clears")),
    )
    return mapping, options


@dataclass(frozen=True)
class MappedColumn:
    """A column of the file before its select."""

    name: str
    header: str
    samples: list[str]
    target: str


def _show(
    request: Request,
    record: ImportBatch,
    mapping: Mapping | None = None,
    options: Options | None = None,
    *,
    fault: str = "",
) -> HttpResponse:
    what = importable(record.imported_kind)
    mapping = mapping or Mapping.from_json(record.mapping)
    options = options or Options.from_json(record.options)
    runs = bool(RUN_IMPORT.decide(request.actor, record)) and bool(what.rule.decide(request.actor, record.programme))
    state, is_kept = _state(record), storage.is_kept(record)
    editable = runs and is_kept and state not in {BatchState.RUNNING, BatchState.DONE}
    report = Report.from_json(record.report) if record.report else None
    context: dict[str, Any] = {
        "state": state,
        "is_kept": is_kept,
        "title": record.file_name,
        "crumbs": _crumbs(record.programme.slug, record.imported_kind, batch=True),
        "badge": _badge(record),
        "mapping": mapping,
        "options": options,
        "report": report,
        "faults": report.shown if report else [],
        "incomplete": [(row, shown(missing)) for row, missing in report.incomplete_rows] if report else [],
        "editable": editable,
        "fault": fault,
        "job_url": _job_url(record),
        "do_url": _url(record, "import-do"),
        "faults_url": _url(record, "import-faults") if report and report.faults_total and is_kept else "",
        "mended_url": _mended_url(record) if runs and report and report.faulty else "",
        "list_url": list_url(record.imported_kind, record.programme.slug),
        "what": what,
    }
    if editable:
        rights = Rights.of(request.actor, what, record.programme)
        samples = record.layout["samples"]
        context |= {
            "columns": [
                MappedColumn(f"column-{place}", header, samples[header], mapping.columns.get(header, ""))
                for place, header in record.layout["columns"]
            ],
            "fields": [(name, one.label) for name, one in what.fields.items()],
            "indicators": _offered_indicators(mapping) if what.has_indicators else [],
            "states": _states(what, rights),
            "officer": rights.officer,
            "organisation": mapping.constants.get("organisation", ""),
            "text_label": what.fields[what.text].label,
            "rows": record.layout["rows"],
            "not_read": record.layout.get("not_read", []),
        }
    return render(request, "exchange/import_batch.html", context, status=400 if fault else 200)


def _mended_url(record: ImportBatch) -> str:
    kwargs = {"programme": record.programme.slug, "what": record.imported_kind}
    return f"{reverse('exchange:import', kwargs=kwargs)}?after={record.public_id}"


def _offered_indicators(mapping: Mapping) -> list[tuple[int, list[tuple[str, Any]]]]:
    used = [int(target.split(".")[1]) for target in mapping.columns.values() if target.startswith("indicator.")]
    count = min(max([OFFERED_INDICATORS, *used]), MOST_INDICATORS)
    return [
        (number, [(f"indicator.{number}.{part}", label) for part, label in INDICATOR_PARTS.items()])
        for number in range(1, count + 1)
    ]


def _states(what: Importable, rights: Rights) -> list[tuple[str, Any]]:
    table = lifecycle_of(what.model.kind)
    codes = [code for code in what.states if code != "published" or rights.officer or not what.has_indicators]
    return [(code, table.state_label(code)) for code in codes]


def _job_url(record: ImportBatch) -> str:
    if not record.job:
        return ""
    try:
        return reverse("job", kwargs={"public_id": record.job})
    except NoReverseMatch:
        return ""


@page(READ_IMPORT, records=_batches)
@quota("export")
def batch_faults(request: Request, record: ImportBatch) -> FileResponse | HttpResponse:
    """The faulty rows as an Excel file, the faulty cells marked."""
    if not storage.is_kept(record):
        return redirect(_url(record))  # which says that the file is gone
    target = tempfile.NamedTemporaryFile(suffix=".xlsx")  # noqa: SIM115 - the response closes it
    faults_workbook(actions.table_of(record), storage.faults_of_batch(record).read(), Path(target.name))
    name = _("%(file)s, faulty rows") % {"file": Path(record.file_name).stem}
    response = FileResponse(target, content_type=XLSX)
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(name)}.xlsx"
    response["X-Content-Type-Options"] = "nosniff"
    return response
