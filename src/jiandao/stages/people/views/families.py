"""Family ties of organisations, and the question whether two are of one family on a day."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.components import Fact, FormPage, Link, Panel, PanelRow
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.people import actions, families, lifecycle, policy, queries, states
from jiandao.stages.people.forms import AskFamilyForm, EndTieForm, TieForm
from jiandao.stages.people.models import FamilyTie, Organisation
from jiandao.stages.people.views.organisations import may_end, organisation_url


@page(
    policy.ADD_TIE,
    see=policy.READ_ORGANISATION,
    records=queries.organisation_records,
    programme=False,
    methods=("GET", "POST"),
)
def tie_new(request: Request, record: Organisation) -> HttpResponse:
    form = TieForm(request.POST or None, actor=request.actor)
    if request.method == "POST" and form.is_valid():
        try:
            tie = actions.add_tie(actor=request.actor, **form.of(record))
        except NotAllowed as refused:
            form.add_error("controller" if form.cleaned_data["side"] == "person" else "other", refused.refusal.sentence)
        else:
            waits = tie.state == states.ENTERED
            messages.success(
                request,
                _("Saved. It counts when the other side or an officer has confirmed it.") if waits else _("Saved."),
            )
            return redirect(organisation_url(record))
    shown = FormPage(
        title=_("Family tie of %(organisation)s") % {"organisation": record.name},
        form=form,
        submit=_("Enter the tie"),
        cancel_url=organisation_url(record),
        lead=_("Ties decide who is recused; each has its days and says from where it is known."),
        crumbs=[Link(record.name, organisation_url(record))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


def tie_url(tie: FamilyTie) -> str:
    return reverse("people:tie", kwargs={"public_id": tie.public_id})


@page(policy.READ_TIE, records=queries.ties, programme=False)
def tie(request: Request, record: FamilyTie) -> HttpResponse:
    sides = [one for one in (record.member, record.head) if one is not None]
    whole = any(policy.ORGANISATION_HISTORY.decide(request.actor, one) for one in sides)
    upper: Any = Link(record.head.name, organisation_url(record.head)) if record.head else record.controller
    shown = RecordPage(
        title=_("Family tie %(tie)s") % {"tie": record},
        kind=_("Family tie"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.TIE, pages.state_of(record, request.actor)),
        summary=[
            Fact(_("organisation"), Link(record.member.name, organisation_url(record.member)), "object"),
            Fact(_("belongs to"), upper, "object" if record.head else "text"),
            Fact(_("who is meant"), record.controller_note),
            Fact(_("kind"), record.get_tie_kind_display()),
            Fact(_("since"), record.since, "day"),
            Fact(_("until"), record.until, "day"),
            Fact(_("known from"), record.source),
            Fact(_("entered by"), record.entered_for.name if record.entered_for else _("an officer")),
        ],
        actions=pages.next_actions(
            request.actor,
            record,
            lambda verb: reverse("people:tie-do", kwargs={"public_id": record.public_id, "verb": verb}),
        ),
        timeline=whole_timeline(record) if whole else (),
        crumbs=[Link(record.member.name, organisation_url(record.member))],
        links=[Link(_("End"), reverse("people:tie-end", kwargs={"public_id": record.public_id}))]
        if may_end(request, record)
        else [],
    )
    return render(request, "record.html", {"record": shown})


@page(policy.READ_TIE, records=queries.ties, programme=False, methods=("POST",))
def tie_do(request: Request, record: FamilyTie, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, tie_url)


@page(policy.END_TIE, records=queries.ties, programme=False, methods=("GET", "POST"))
def tie_end(request: Request, record: FamilyTie) -> HttpResponse:
    form = EndTieForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        until, reason = form.cleaned_data["until"], form.cleaned_data["reason"]
        try:
            if until:
                actions.end_tie(actor=request.actor, tie=record, until=until, reason=reason)
            else:
                actions.void_tie(actor=request.actor, tie=record, reason=reason)
        except NotAllowed as refused:
            form.add_error("until", refused.refusal.sentence)
        else:
            messages.success(request, _("Saved."))
            return redirect(organisation_url(record.member))
    shown = FormPage(
        title=_("End the tie %(tie)s") % {"tie": record},
        form=form,
        submit=_("End the tie"),
        cancel_url=organisation_url(record.member),
        lead=_("What was decided while the tie held stays as it was: for those days it still counts."),
        crumbs=[Link(record.member.name, organisation_url(record.member))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


@page(policy.ASK_FAMILY, programme=False)
def family(request: Request) -> HttpResponse:
    """Two organisations and a day: one family or not, and by which ties."""
    asked = request.GET.get("one") is not None
    form = AskFamilyForm(request.GET if asked else None, initial={"on": clock.today()})
    context: dict[str, Any] = {}
    if asked and form.is_valid():
        one, other, on = (form.cleaned_data[name] for name in ("one", "other", "on"))
        kinship = families.same_family(one, other, on)
        context = {
            "answer": _answer(one, other, bool(kinship), bool(kinship.ties)),
            "facts": [
                Fact(_("first organisation"), Link(one.name, organisation_url(one)), "object"),
                Fact(_("second organisation"), Link(other.name, organisation_url(other)), "object"),
                Fact(_("on the day"), on, "day"),
            ],
            "panel": _chain(kinship.ties) if kinship.ties else None,
        }
    context["page"] = FormPage(
        title=_("One family?"),
        form=form,
        submit=_("Ask"),
        cancel_url=reverse("people:organisations"),
        crumbs=[Link(_("Organisations"), reverse("people:organisations"))],
    )
    return render(request, "people/family.html", context, status=422 if form.errors else 200)


def _answer(one: Organisation, other: Organisation, same: bool, by_ties: bool) -> str:
    if not same:
        return _("No tie that held on that day leads from one to the other.")
    return _("Yes, by these ties.") if by_ties else _("They are one organisation.")


def _chain(ties: tuple[FamilyTie, ...]) -> Panel:
    return Panel(
        title=_("The shortest chain"),
        slug="chain",
        columns=(_("organisation"), _("kind"), _("belongs to"), _("since"), _("until"), _("known from")),
        rows=[
            PanelRow(
                (
                    Link(tie.member.name, organisation_url(tie.member)),
                    tie.get_tie_kind_display(),
                    Link(tie.head.name, organisation_url(tie.head)) if tie.head else tie.controller,
                    tie.since,
                    tie.until,
                    tie.source,
                )
            )
            for tie in ties
        ],
    )
