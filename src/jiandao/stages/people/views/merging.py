"""One organisation under two names: proposals, side by side, merged, refused, undone."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel.components import Fact, FormPage, Link, Panel, PanelRow
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.quotas import quota
from jiandao.stages.people import actions, duplicates, lifecycle, policy, queries, states
from jiandao.stages.people.filters import ProposalFilter
from jiandao.stages.people.forms import ProposeMergeForm
from jiandao.stages.people.models import MergeProposal, Organisation
from jiandao.stages.people.views.likely import likely_panel
from jiandao.stages.people.views.organisations import organisation_url


def proposal_url(proposal: MergeProposal) -> str:
    return reverse("people:proposal", kwargs={"public_id": proposal.public_id})


PROPOSALS = ListOf(
    title=gettext_lazy("Organisations entered twice?"),
    name="proposals",
    columns=(
        ListColumn(
            gettext_lazy("first"), lambda p: p.first.name, primary=True, sort="first", order_by=("first__sort_key",)
        ),
        ListColumn(
            gettext_lazy("second"), lambda p: p.second.name, sort="second", order_by=("second__sort_key",), wide=True
        ),
        ListColumn(gettext_lazy("why"), lambda p: " ".join(duplicates.sentences(p.reasons)) or p.note, wide=True),
        ListColumn(gettext_lazy("likeness"), lambda p: p.score, "percent", sort="score", order_by=("score",)),
        ListColumn(gettext_lazy("state"), lambda p: pages.state_badge(lifecycle.PROPOSAL, p.state_now), "badge"),
        ListColumn(gettext_lazy("changed"), lambda p: p.changed_at, "moment", sort="changed", order_by=("changed_at",)),
        ListColumn(gettext_lazy("id"), lambda p: p.public_id, only_exported=True),
    ),
    filters=ProposalFilter,
    default_order="-score",
    url=proposal_url,
    empty=gettext_lazy("No two entries are known that may be one organisation."),
    muted=lambda p: p.state_now in {states.REFUSED, states.UNDONE, states.SETTLED},
    route="people:proposals",
    in_programme=False,
)


@page(policy.SEE_PROPOSALS, programme=False)
def proposals(request: Request) -> HttpResponse:
    seeks = bool(policy.SEEK_DUPLICATES.decide(request.actor, None))
    listing = PROPOSALS.listing(
        request,
        queries.proposals(request.actor),
        exports=export_links(lambda form: reverse("people:proposal-export", kwargs={"form": form})),
    )
    context = {"listing": listing, "seek_url": reverse("people:seek-duplicates") if seeks else ""}
    return render(request, "people/proposals.html", context)


@page(policy.SEE_PROPOSALS, programme=False)
@quota("export")
def proposal_export(request: Request, form: str) -> HttpResponse:
    return PROPOSALS.export(request, queries.proposals(request.actor), form)


@page(policy.SEEK_DUPLICATES, programme=False, methods=("POST",))
def seek_duplicates(request: Request) -> HttpResponse:
    """Let the whole directory be compared; a job does it, and tells when it is done."""
    run = duplicates.begin(actor=request.actor)
    return redirect("job", public_id=run)


@page(policy.READ_PROPOSAL, records=queries.proposal_records, programme=False)
def proposal(request: Request, record: MergeProposal) -> HttpResponse:
    shown = RecordPage(
        title=_("%(first)s and %(second)s: one organisation?")
        % {"first": record.first.name, "second": record.second.name},
        kind=_("Proposal to merge"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.PROPOSAL, pages.state_of(record, request.actor)),
        summary=[
            Fact(_("likeness of the names"), record.score, "percent"),
            Fact(_("found because"), "\n".join(duplicates.sentences(record.reasons)), wide=True),
            Fact(_("proposed because"), record.note, wide=True),
            Fact(_("decided"), record.decided_at, "moment"),
        ],
        panels=[_side_by_side(record)],
        actions=pages.next_actions(request.actor, record, lambda verb: _do_url(record, verb)),
        timeline=whole_timeline(record),
        crumbs=[Link(_("Organisations entered twice?"), reverse("people:proposals"))],
    )
    return render(request, "record.html", {"record": shown})


def _side_by_side(record: MergeProposal) -> Panel:
    first, second = record.first, record.second
    known = {one.pk: [str(name) for name in one.names.all()] for one in (first, second)}
    lines = [
        (_("name"), Link(first.name, organisation_url(first)), Link(second.name, organisation_url(second))),
        (_("other names"), _(", ").join(known[first.pk]), _(", ").join(known[second.pk])),
        (_("English name"), first.name_en, second.name_en),
        (_("kind"), first.get_organisation_kind_display(), second.get_organisation_kind_display()),
        (_("unified social credit code"), _(", ").join(first.codes), _(", ").join(second.codes)),
        (_("prefecture"), first.prefecture, second.prefecture),
        (
            _("state"),
            pages.state_badge(lifecycle.ORGANISATION, first.state),
            pages.state_badge(lifecycle.ORGANISATION, second.state),
        ),
        (_("id"), first.public_id, second.public_id),
    ]
    return Panel(
        title=_("Side by side"),
        slug="side-by-side",
        columns=(_("what"), _("first"), _("second")),
        rows=[PanelRow(line) for line in lines],
    )


def _do_url(record: MergeProposal, verb: str) -> str:
    return reverse("people:proposal-do", kwargs={"public_id": record.public_id, "verb": verb})


@page(policy.READ_PROPOSAL, records=queries.proposal_records, programme=False, methods=("POST",))
def proposal_do(request: Request, record: MergeProposal, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, proposal_url)


@page(
    policy.PROPOSE_MERGE,
    see=policy.READ_ORGANISATION,
    records=queries.organisation_records,
    programme=False,
    methods=("GET", "POST"),
)
def propose_merge(request: Request, record: Organisation) -> HttpResponse:
    form = ProposeMergeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        other, note = form.cleaned_data["other"], form.cleaned_data["note"]
        try:
            found = actions.propose_merge(actor=request.actor, organisation=record, other=other, note=note)
        except NotAllowed as refused:
            form.add_error("other", refused.refusal.sentence)
        else:
            messages.success(request, _("Somebody in the programme office decides whether they are one."))
            return redirect(proposal_url(found))
    likely = duplicates.likely(record)
    shown = FormPage(
        title=_("%(organisation)s, entered twice") % {"organisation": record.name},
        form=form,
        submit=_("Propose to merge"),
        cancel_url=organisation_url(record),
        crumbs=[Link(record.name, organisation_url(record))],
    )
    context = {"page": shown, "panel": likely_panel(likely)}
    return render(request, "people/propose_merge.html", context, status=422 if form.errors else 200)
