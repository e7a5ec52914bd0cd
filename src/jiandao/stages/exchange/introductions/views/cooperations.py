"""Cooperations: the list, the page of one, and the outcomes after 6, 12 and 36 months."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.components import Day, Fact, FormPage, Link, Panel, PanelRow
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.components.formats import money
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange.introductions import actions, lifecycle, policy, queries, states
from jiandao.stages.exchange.introductions.filters import CooperationFilter
from jiandao.stages.exchange.introductions.forms import OutcomeForm
from jiandao.stages.exchange.models import CooperationRecord, Outcome

COOPERATIONS = ListOf(
    title=gettext_lazy("Cooperations"),
    name="cooperations",
    columns=(
        ListColumn(gettext_lazy("title"), lambda c: c.title, primary=True, sort="title", order_by=("title",)),
        ListColumn(gettext_lazy("kind"), lambda c: c.get_cooperation_kind_display()),
        ListColumn(gettext_lazy("who asks"), lambda c: c.asker.name, sort="asker", order_by=("asker__sort_key",)),
        ListColumn(
            gettext_lazy("who answers"), lambda c: c.answerer.name, sort="answerer", order_by=("answerer__sort_key",)
        ),
        ListColumn(gettext_lazy("amount"), lambda c: c.amount_fen, "money", sort="amount", order_by=("amount_fen",)),
        ListColumn(gettext_lazy("signed on"), lambda c: c.signed_on, "day", sort="signed", order_by=("signed_on",)),
        ListColumn(gettext_lazy("state"), lambda c: pages.state_badge(lifecycle.COOPERATION, c.state_now), "badge"),
        ListColumn(gettext_lazy("id"), lambda c: c.public_id, only_exported=True),
    ),
    filters=CooperationFilter,
    default_order="-signed",
    url=url_of,
    empty=gettext_lazy("No cooperation is here that you may see."),
    muted=lambda c: c.state_now == states.STOPPED,
    route="exchange:cooperations",
)


@page(policy.SEE_COOPERATIONS)
def cooperations(request: Request) -> HttpResponse:
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    listing = COOPERATIONS.listing(
        request,
        queries.cooperations(request.actor),
        exports=export_links(lambda form: reverse("exchange:cooperation-export", kwargs={**slug, "form": form})),
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_COOPERATIONS)
@quota("export")
def cooperation_export(request: Request, form: str) -> HttpResponse:
    return COOPERATIONS.export(request, queries.cooperations(request.actor), form)


@page(policy.READ_COOPERATION, records=queries.cooperation_records)
def cooperation(request: Request, record: CooperationRecord) -> HttpResponse:
    outcomes = list(record.outcomes.all())
    may_report = bool(policy.REPORT_OUTCOME.decide(request.actor, record))
    due = queries.due_months(record, clock.today(), {one.months for one in outcomes}) if may_report else []
    links = []
    if policy.READ_INTRODUCTION.decide(request.actor, record.introduction):
        links.append(Link(_("The introduction"), url_of(record.introduction)))
    links += [
        Link(
            _("Report after %(months)s months") % {"months": months},
            _url("cooperation-report", record, months=str(months)),
            "list-check",
        )
        for months in due
    ]
    shown = RecordPage(
        title=record.title,
        kind=_("Cooperation"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.COOPERATION, pages.state_of(record, request.actor)),
        summary=[
            Fact(_("who asks"), record.asker.name),
            Fact(_("who answers"), record.answerer.name),
            Fact(_("kind"), record.get_cooperation_kind_display()),
            Fact(_("amount of the contract"), record.amount_fen, "money"),
            Fact(_("signed on"), record.signed_on, "day"),
            Fact(_("ends on"), record.ends_on, "day"),
            Fact(_("number in the register of technology contracts"), record.contract_number),
            Fact(_("entered by"), record.get_entered_by_display()),
            Fact(_("confirmed by the other side"), record.confirmed_at, "moment"),
        ],
        panels=[_outcomes(record, outcomes)],
        actions=pages.next_actions(request.actor, record, lambda verb: _url("cooperation-do", record, verb=verb)),
        timeline=whole_timeline(record),
        crumbs=[Link(_("Cooperations"), reverse("exchange:cooperations", kwargs={"programme": record.programme.slug}))],
        links=links,
        next_step=_("An outcome is due; report it.") if due and record.state != states.STOPPED else "",
    )
    return render(request, "record.html", {"record": shown})


def _outcomes(record: CooperationRecord, outcomes: list[Outcome]) -> Panel:
    names = names_of({one.by_id for one in outcomes}) if outcomes else {}
    said = {one.months: one for one in outcomes}
    rows = []
    for months in sorted({*queries.outcome_months(clock.today(), record.programme_id), *said}):
        one = said.get(months)
        day = f"{queries.after(record.signed_on, months)}"
        if one is None:
            rows.append(
                PanelRow((_("%(months)s months") % {"months": months}, day, _("not yet"), "", "", "", ""), muted=True)
            )
            continue
        rows.append(
            PanelRow(
                (
                    _("%(months)s months") % {"months": months},
                    day,
                    one.get_use_display(),
                    money(one.paid_fen),
                    money(one.sales_fen),
                    one.note,
                    Day(one.at, names.get(one.by_id, "")),
                )
            )
        )
    return Panel(
        title=_("What came of it"),
        slug="outcomes",
        columns=(
            _("after"),
            _("due on"),
            _("where it stands"),
            _("paid"),
            _("sales or savings"),
            _("in words"),
            _("by"),
        ),
        rows=rows,
    )


@page(policy.READ_COOPERATION, records=queries.cooperation_records, methods=("POST",))
def cooperation_do(request: Request, record: CooperationRecord, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, url_of)


@page(policy.REPORT_OUTCOME, see=policy.READ_COOPERATION, records=queries.cooperation_records, methods=("GET", "POST"))
def cooperation_report(request: Request, record: CooperationRecord, months: int) -> HttpResponse:
    if months not in queries.outcome_months(clock.today(), record.programme_id):
        raise Http404
    form = OutcomeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            actions.report(actor=request.actor, cooperation=record, months=months, values=dict(form.cleaned_data))
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            messages.success(request, _("Kept; thank you."))
            return redirect(url_of(record))
    shown = FormPage(
        title=_("After %(months)s months: %(title)s") % {"months": months, "title": record.title},
        form=form,
        submit=_("Report"),
        cancel_url=url_of(record),
        lead=_("What is reported is kept as it is; it cannot be changed afterwards."),
        crumbs=[Link(record.title, url_of(record))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


def _url(name: str, record: CooperationRecord, **more: str) -> str:
    kwargs = {"programme": record.programme.slug, "public_id": record.public_id, **more}
    return reverse(f"exchange:{name}", kwargs=kwargs)
