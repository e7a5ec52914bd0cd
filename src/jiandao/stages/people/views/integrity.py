"""Measures for breaches of integrity: the list, entering one, declaring one void."""

from typing import cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.components import Badge, FormPage, Link, Panel, PanelRow
from jiandao.kernel.drafts.sent import once
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.public_ids import new_public_id
from jiandao.kernel.quotas import quota
from jiandao.stages.people import actions, policy, queries
from jiandao.stages.people.filters import MeasureFilter
from jiandao.stages.people.forms import MeasureForm, VoidForm
from jiandao.stages.people.models import IntegrityRecord, Organisation, Person


def _state(one: IntegrityRecord) -> Badge:
    today = clock.today()
    if one.voided_at is not None:
        return Badge(_("void"), "neutral", one.voided_because)
    if one.since > today:
        return Badge(_("not yet in force"), "waiting")
    if one.until is not None and one.until < today:
        return Badge(_("over"), "neutral")
    return Badge(_("in force"), "stop")


def _void_url(one: IntegrityRecord) -> str:
    return reverse("people:measure-void", kwargs={"public_id": one.public_id})


MEASURES = ListOf(
    title=gettext_lazy("Breaches of integrity"),
    name="measures",
    columns=(
        ListColumn(gettext_lazy("person or organisation"), lambda m: str(m.person or m.organisation), primary=True),
        ListColumn(gettext_lazy("measure"), lambda m: m.get_measure_display(), sort="measure", order_by=("measure",)),
        ListColumn(gettext_lazy("since"), lambda m: m.since, "day", sort="since", order_by=("since",)),
        ListColumn(gettext_lazy("last day"), lambda m: m.until, "day", sort="until", order_by=("until",)),
        ListColumn(gettext_lazy("decided by, in which document"), lambda m: m.source),
        ListColumn(gettext_lazy("reason"), lambda m: m.reason),
        ListColumn(gettext_lazy("state"), _state, "badge"),
        ListColumn(gettext_lazy("id"), lambda m: m.public_id, only_exported=True),
    ),
    filters=MeasureFilter,
    default_order="-since",
    url=_void_url,
    empty=gettext_lazy("No measure is entered."),
    muted=lambda m: m.voided_at is not None,
    route="people:measures",
    in_programme=False,
)


@page(policy.SEE_INTEGRITY, programme=False)
def measures(request: Request) -> HttpResponse:
    keeps = bool(policy.KEEP_INTEGRITY.decide(request.actor, None))
    listing = MEASURES.listing(
        request,
        queries.measures(),
        exports=export_links(lambda form: reverse("people:measure-export", kwargs={"form": form})),
        create=Link(_("Enter a measure"), reverse("people:measure-new")) if keeps else None,
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_INTEGRITY, programme=False)
@quota("export")
def measure_export(request: Request, form: str) -> HttpResponse:
    return MEASURES.export(request, queries.measures(), form)


@page(policy.KEEP_INTEGRITY, programme=False, methods=("GET", "POST"))
def measure_new(request: Request) -> HttpResponse:
    form = MeasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():

        def enter() -> str:
            actions.enter_measure(actor=request.actor, values=dict(form.cleaned_data))
            return reverse("people:measures")

        address = once(cast(Account, request.actor.account), request.POST, enter)
        messages.success(request, _("Entered; it counts from its first day to its last."))
        return redirect(address)
    shown = FormPage(
        title=_("Enter a measure"),
        form=form,
        submit=_("Enter"),
        once=request.POST.get("once") or new_public_id(),
        cancel_url=reverse("people:measures"),
        lead=_(
            "Every measure says who decided it and how long it holds; one that was wrong is declared void, not deleted."
        ),
        crumbs=[Link(_("Breaches of integrity"), reverse("people:measures"))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


@page(
    policy.KEEP_INTEGRITY, see=policy.SEE_INTEGRITY, records=queries.measures, programme=False, methods=("GET", "POST")
)
def measure_void(request: Request, record: IntegrityRecord) -> HttpResponse:
    form = VoidForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.void_measure(actor=request.actor, measure=record, reason=form.cleaned_data["reason"])
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            messages.success(request, _("It is void, and stays with the reason."))
            return redirect("people:measures")
    return _void_page(request, record, form)


def _void_page(request: Request, record: IntegrityRecord, form: VoidForm) -> HttpResponse:
    shown = FormPage(
        title=_("Declare void: %(measure)s") % {"measure": record},
        form=form,
        submit=_("Declare void"),
        cancel_url=reverse("people:measures"),
        lead=f"{record.source} · {record.reason}",
        crumbs=[Link(_("Breaches of integrity"), reverse("people:measures"))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


def measures_panel(
    request: Request, *, person: Person | None = None, organisation: Organisation | None = None
) -> Panel | None:
    """For those who see measures at all: what is in force today against whom a page is about."""
    if not policy.SEE_INTEGRITY.decide(request.actor, None):
        return None
    found = list(queries.measures_in_force(clock.today(), person=person, organisation=organisation))
    if not found:
        return None
    return Panel(
        title=_("Measures in force"),
        slug="measures",
        columns=(_("measure"), _("since"), _("last day"), _("decided by, in which document")),
        rows=[PanelRow((one.get_measure_display(), one.since, one.until, one.source)) for one in found],
    )
