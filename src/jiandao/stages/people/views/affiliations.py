"""Where an expert works: the panel on the expert's page, and the forms that enter, end and mend it."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import FormPage, Link, Panel, PanelRow
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.people import actions, policy, queries
from jiandao.stages.people.forms import AffiliationForm, NewAffiliationForm
from jiandao.stages.people.models import Expert, Membership


def affiliations_panel(actor: Actor, record: Expert) -> Panel:
    """All affiliations, those of today first; each with what changes it, where the actor may."""
    today = clock.today()
    found = sorted(record.person.memberships.all(), key=lambda one: one.since, reverse=True)
    found.sort(key=lambda one: not one.holds_on(today))
    keeps = bool(policy.KEEP_AFFILIATIONS.decide(actor, record))
    adds = bool(policy.ADD_AFFILIATION.decide(actor, record))
    rows = []
    for one in found:
        unit = Link(one.organisation.name, url_of(one.organisation))
        links = [Link(_("Change the days"), _url(record, one))] if keeps and _may_change(actor, record, one) else []
        rows.append(PanelRow((unit, one.title, one.since, one.until), links, muted=not one.holds_on(today)))
    new = reverse("people:affiliation-new", kwargs={"public_id": record.public_id})
    return Panel(
        title=_("Works at, since"),
        slug="affiliations",
        columns=(_("organisation"), _("post"), _("since"), _("last day")),
        rows=rows,
        links=[Link(_("Enter an affiliation"), new, "plus")] if adds else [],
    )


def _may_change(actor: Actor, record: Expert, one: Membership) -> bool:
    try:
        actions.may_change(actor, record, one)
    except NotAllowed:
        return False
    return True


def _url(record: Expert, one: Membership) -> str:
    return reverse("people:affiliation-change", kwargs={"public_id": record.public_id, "number": one.pk})


@page(
    policy.ADD_AFFILIATION,
    see=policy.READ_EXPERT,
    records=queries.expert_records,
    programme=False,
    methods=("GET", "POST"),
)
def affiliation_new(request: Request, record: Expert) -> HttpResponse:
    form = NewAffiliationForm(request.POST or None, initial={"since": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            actions.add_affiliation(actor=request.actor, expert=record, **form.cleaned_data)
        except NotAllowed as refused:
            form.add_error("since", refused.refusal.sentence)
        else:
            messages.success(request, _("Saved."))
            return redirect(url_of(record))
    title = _("Where %(name)s works besides") % {"name": record.person.name}
    return _page(request, record, form, title)


def affiliation_of(record: Expert, number: int) -> Membership:
    """An affiliation of this expert by its number; Http404 when there is none."""
    found = Membership.objects.select_related("organisation").filter(pk=number, person=record.person_id).first()
    if found is None:
        raise Http404
    return found


@page(
    policy.KEEP_AFFILIATIONS,
    see=policy.READ_EXPERT,
    records=queries.expert_records,
    programme=False,
    methods=("GET", "POST"),
)
def affiliation_change(request: Request, record: Expert, number: int) -> HttpResponse:
    one = affiliation_of(record, number)
    actions.may_change(request.actor, record, one)
    begins = {"since": one.since, "until": one.until, "title": one.title}
    form = AffiliationForm(request.POST or None, initial=begins)
    if request.method == "POST" and form.is_valid():
        try:
            actions.change_affiliation(actor=request.actor, expert=record, affiliation=one, **form.cleaned_data)
        except NotAllowed as refused:
            form.add_error("until", refused.refusal.sentence)
        else:
            messages.success(request, _("Saved."))
            fresh = queries.expert_records().get(pk=record.pk)
            sees = policy.READ_EXPERT.decide(request.actor, fresh)  # a unit that has ended its own may be out
            return redirect(url_of(record) if sees else reverse("people:experts"))
    title = _("%(name)s at %(organisation)s") % {"name": record.person.name, "organisation": one.organisation.name}
    return _page(request, record, form, title)


def _page(request: Request, record: Expert, form: AffiliationForm, title: str) -> HttpResponse:
    shown = FormPage(
        title=title,
        form=form,
        submit=_("Save"),
        cancel_url=url_of(record),
        lead=_(
            "From the first day to the last the organisation reads the contact and keeps the entry; the day after it does not."
        ),
        crumbs=[Link(_("Experts"), reverse("people:experts")), Link(record.person.name, url_of(record))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)
