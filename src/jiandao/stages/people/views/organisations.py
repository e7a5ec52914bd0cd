"""The directory: its list, the page of an organisation, its editor, and suggestions while a name is typed."""

from collections.abc import Sequence
from typing import Any, cast

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Scope
from jiandao.kernel.components import Badge, Due, Fact, Link, Panel, PanelRow, Section
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.editor import Editor, Rows
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.places import further_buttons
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.quotas import quota
from jiandao.stages.people import actions, duplicates, lifecycle, policy, queries, states
from jiandao.stages.people.fields import written
from jiandao.stages.people.filters import OrganisationFilter
from jiandao.stages.people.forms import Names, OrganisationForm, names_initial
from jiandao.stages.people.models import FamilyTie, Organisation
from jiandao.stages.people.views.integrity import measures_panel
from jiandao.stages.people.views.likely import likely_panel


def organisation_url(organisation: Organisation) -> str:
    return reverse("people:organisation", kwargs={"public_id": organisation.public_id})


ORGANISATIONS = ListOf(
    title=gettext_lazy("Organisations"),
    name="organisations",
    columns=(
        ListColumn(gettext_lazy("name"), lambda o: o.name, primary=True, sort="name", order_by=("sort_key",)),
        ListColumn(
            gettext_lazy("kind"),
            lambda o: o.get_organisation_kind_display(),
            sort="kind",
            order_by=("organisation_kind",),
        ),
        ListColumn(
            gettext_lazy("prefecture"), lambda o: o.prefecture, sort="prefecture", order_by=("prefecture__position",)
        ),
        ListColumn(gettext_lazy("unified social credit code"), lambda o: o.known_code),
        ListColumn(gettext_lazy("state"), lambda o: pages.state_badge(lifecycle.ORGANISATION, o.state), "badge"),
        ListColumn(gettext_lazy("id"), lambda o: o.public_id, only_exported=True),
    ),
    filters=OrganisationFilter,
    default_order="name",
    url=organisation_url,
    empty=gettext_lazy("No organisation goes by this."),
    route="people:organisations",
    in_programme=False,
)


@page(policy.LIST_ORGANISATIONS, programme=False)
@quota("search", when=lambda request: bool(request.GET.get("name")))
def organisations(request: Request) -> HttpResponse:
    more: dict[str, Any] = {"buttons": further_buttons(request, Organisation.kind)}
    if policy.CREATE_ORGANISATION.decide(request.actor, None):
        more["create"] = Link(_("New organisation"), reverse("people:organisation-new"))
    if policy.SEE_PROPOSALS.decide(request.actor, None):
        more["buttons"].append(Link(_("Entered twice?"), reverse("people:proposals"), "arrows-exchange"))
    if policy.ASK_FAMILY.decide(request.actor, None):
        more["buttons"].append(Link(_("One family?"), reverse("people:family"), "users"))
    listing = ORGANISATIONS.listing(
        request,
        queries.organisations(request.actor),
        exports=export_links(lambda form: reverse("people:organisation-export", kwargs={"form": form})),
        **more,
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.LIST_ORGANISATIONS, programme=False)
@quota("export")
def organisation_export(request: Request, form: str) -> HttpResponse:
    return ORGANISATIONS.export(request, queries.organisations(request.actor), form)


@page(policy.LIST_ORGANISATIONS, programme=False)
@quota("hints")
def suggest(request: Request) -> HttpResponse:
    """Options for a field that names an organisation; the browser sends the field under its own name."""
    text = next((request.GET[name] for name in request.GET if request.GET[name]), "")[:100]
    options = ((written(one), one.prefecture or "") for one in queries.suggested(text))
    return HttpResponse(format_html_join("", '<option value="{}">{}</option>', options))


@page(policy.READ_ORGANISATION, records=queries.organisation_records, programme=False)
def organisation(request: Request, record: Organisation) -> HttpResponse:
    actor = request.actor
    manages = bool(policy.MANAGE_MEMBERS.decide(actor, record))
    shown = RecordPage(
        title=record.name,
        kind=_("Organisation"),
        public_id=record.public_id,
        state=_state(record),
        summary=_summary(record),
        panels=[
            panel
            for panel in (
                _twins(request, record),
                _families(request, record),
                _certificates(request, record),
                measures_panel(request, organisation=record),
            )
            if panel is not None
        ],
        actions=pages.next_actions(actor, record, lambda verb: _url("organisation-do", record, verb=verb))
        if record.canonical_id is None
        else [],
        timeline=whole_timeline(record) if policy.ORGANISATION_HISTORY.decide(actor, record) else (),
        crumbs=[Link(_("Organisations"), reverse("people:organisations"))],
        links=_links(request, record, manages),
    )
    context = {
        "record": shown,
        "members": queries.members_with_roles(record) if policy.SEE_MEMBERS.decide(actor, record) else None,
        "invitations": queries.open_invitations(record) if manages else [],
        "manages": manages,
        "public_id": record.public_id,
    }
    return render(request, "people/organisation.html", context)


def _state(record: Organisation) -> Badge:
    if record.canonical_id is not None:
        return Badge(_("merged"), "neutral", _("Another entry of the directory stands for it."))
    return pages.state_badge(lifecycle.ORGANISATION, record.state)


def _twins(request: Request, record: Organisation) -> Panel | None:
    """Before an officer verifies an entry: others that may be the same organisation."""
    if record.state == states.VERIFIED or not policy.VERIFY_ORGANISATION.decide(request.actor, record):
        return None
    likely = duplicates.likely(record)
    return likely_panel(likely) if likely else None


def _summary(record: Organisation) -> list[Fact]:
    canonical = cast(Organisation | None, record.canonical)
    return [
        Fact(_("same as"), Link(canonical.name, organisation_url(canonical)) if canonical else None, "object"),
        Fact(_("English name"), record.name_en),
        Fact(_("kind"), record.get_organisation_kind_display()),
        Fact(_("unified social credit code"), record.known_code),  # type: ignore[attr-defined]
        Fact(_("prefecture"), record.prefecture),
        Fact(_("clusters"), _(", ").join(str(one) for one in record.clusters.all())),
        Fact(_("other names"), "\n".join(_other_name(one) for one in record.names.all())),
        Fact(_("also entered as"), "\n".join(f"{one.name} ({one.public_id})" for one in queries.entries_of(record))),
        Fact(_("what it does"), record.introduction, wide=True),
        Fact(_("website"), Link(record.website, record.website) if record.website else None, "object"),
        Fact(_("verified"), record.verified_at if record.state == states.VERIFIED else None, "moment"),
    ]


def _other_name(one: Any) -> str:
    until = _("until %(day)s") % {"day": one.until.isoformat()} if one.until else ""
    return " · ".join(part for part in (one.name, str(one.get_name_kind_display()), until) if part)


def _links(request: Request, record: Organisation, manages: bool) -> list[Link]:
    links = []
    if policy.EDIT_ORGANISATION.decide(request.actor, record):
        links.append(Link(_("Edit"), _url("organisation-edit", record), "pencil"))
    if manages:
        links.append(Link(_("Invite"), _url("invite", record), "user-circle"))
        links.append(Link(_("Grant a role"), _url("grant", record), "key"))
    if policy.PROPOSE_MERGE.decide(request.actor, record):
        links.append(Link(_("Entered twice"), _url("propose-merge", record), "arrows-exchange"))
    return links


def _families(request: Request, record: Organisation) -> Panel | None:
    found = queries.ties_of(request.actor, record)
    adds = bool(policy.ADD_TIE.decide(request.actor, record))
    if not found and not adds:
        return None
    return Panel(
        title=_("Family"),
        slug="family",
        columns=(_("organisation"), _("kind"), _("since"), _("until"), _("known from"), _("state")),
        rows=[_tie_row(request, record, tie) for tie in found],
        links=[Link(_("Enter a tie"), _url("tie-new", record), "plus")] if adds else [],
        empty=_("No parent, subsidiary, branch, host or common control is known."),
    )


def _tie_row(request: Request, record: Organisation, tie: FamilyTie) -> PanelRow:
    upwards = tie.member.root_id == record.root_id
    other = tie.head if upwards else tie.member
    who: Any = Link(other.name, organisation_url(other)) if other is not None else tie.controller
    kind = tie.get_tie_kind_display()
    words = _("belongs to it: %(kind)s") if not upwards else _("it belongs to: %(kind)s")
    now: str = tie.state_now  # type: ignore[attr-defined]
    links = [Link(_("Details"), reverse("people:tie", kwargs={"public_id": tie.public_id}))]
    if may_end(request, tie):
        links.append(Link(_("End"), reverse("people:tie-end", kwargs={"public_id": tie.public_id})))
    state = pages.state_badge(lifecycle.TIE, now)
    cells = (who, words % {"kind": kind}, tie.since, tie.until, tie.source, state)
    return PanelRow(cells, links, muted=now in {states.ENDED, states.CONTESTED})


def may_end(request: Request, tie: FamilyTie) -> bool:
    """Whether there is an end to say of a tie: one that ends on a day to come may end earlier."""
    over = tie.voided_at is not None or (tie.until is not None and tie.until < clock.today())
    return not over and bool(policy.END_TIE.decide(request.actor, tie))


def _certificates(request: Request, record: Organisation) -> Panel | None:
    found = list(queries.certificates(request.actor).filter(organisation__same_id=record.root_id)[:30])
    enters = any(record.root_id in request.actor.scopes(role, Scope.ORGANISATION) for role in policy.UNIT)
    if not found and not enters:
        return None
    return Panel(
        title=_("Certificates"),
        slug="certificates",
        columns=(_("title"), _("kind"), _("number"), _("valid until"), _("state")),
        rows=[
            PanelRow(
                (
                    Link(one.title, reverse("people:certificate", kwargs={"public_id": one.public_id})),
                    one.get_certificate_kind_display(),
                    one.number,
                    Due.of(one.valid_until, clock.today()) if one.valid_until else _("without end"),
                    pages.state_badge(lifecycle.CERTIFICATE, one.state_now),  # type: ignore[attr-defined]
                ),
                muted=one.state_now in {states.ENDED, states.WITHDRAWN},  # type: ignore[attr-defined]
            )
            for one in found
        ],
        links=[Link(_("Enter a certificate"), reverse("people:certificate-new"), "plus")] if enters else [],
        empty=_(
            "Enter each certificate once; while it is in force, the other side of an opened introduction sees it too."
        ),
    )


@page(policy.READ_ORGANISATION, records=queries.organisation_records, programme=False, methods=("POST",))
def organisation_do(request: Request, record: Organisation, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, organisation_url)


class OrganisationEditor(Editor[Organisation]):
    name = "people.organisation"
    template = "people/organisation_form.html"
    table = Names
    table_name = "names"

    def titles(self) -> tuple[str, str]:
        return _("New organisation"), _("Edit organisation")

    def sections(self) -> Sequence[Section]:
        return [
            Section(
                _("As the register has it"), ("name", "organisation_kind", "credit_code", "name_en"), then_rows=True
            ),
            Section(_("Where it belongs"), ("prefecture", "clusters")),
            Section(_("For its readers"), ("introduction", "website")),
        ]

    def crumbs(self, request: Request) -> Sequence[Link]:
        return [Link(_("Organisations"), reverse("people:organisations"))]

    def urls(self, request: Request, record: Organisation | None) -> tuple[str, str, str]:
        if record is None:
            new = reverse("people:organisation-new")
            return new, reverse("people:organisation-new-autosave"), reverse("people:organisations")
        return _url("organisation-edit", record), _url("organisation-autosave", record), organisation_url(record)

    def url_of(self, record: Organisation) -> str:
        return organisation_url(record)

    def fresh(self, record: Organisation) -> Organisation:
        return queries.organisation_records().get(pk=record.pk)

    def form(self, request: Request, record: Organisation | None, **more: Any) -> OrganisationForm:
        return OrganisationForm(instance=record or Organisation(), **more)

    def table_initial(self, record: Organisation | None) -> Rows:
        return names_initial(record) if record is not None else []

    def save(
        self, request: Request, record: Organisation | None, version: int, form: OrganisationForm, rows: Rows
    ) -> Organisation:
        values = dict(form.cleaned_data)
        clusters = list(values.pop("clusters"))
        if record is None:
            return actions.create_organisation(actor=request.actor, values=values, clusters=clusters, names=rows)
        return actions.edit_organisation(
            actor=request.actor,
            organisation=record,
            expected_version=version,
            values=values,
            clusters=clusters,
            names=rows,
        )


editor = OrganisationEditor()


@page(policy.CREATE_ORGANISATION, programme=False, methods=("GET", "POST"))
def organisation_new(request: Request) -> HttpResponse:
    return editor.serve(request, None)


@page(
    policy.EDIT_ORGANISATION,
    see=policy.READ_ORGANISATION,
    records=queries.organisation_records,
    programme=False,
    methods=("GET", "POST"),
    otherwise=editor.refused,
)
def organisation_edit(request: Request, record: Organisation) -> HttpResponse:
    return editor.serve(request, record)


@page(policy.CREATE_ORGANISATION, programme=False, methods=("POST",))
@quota("autosave")
def organisation_new_autosave(request: Request) -> JsonResponse:
    return editor.autosave(request, None)


@page(
    policy.EDIT_ORGANISATION,
    see=policy.READ_ORGANISATION,
    records=queries.organisation_records,
    programme=False,
    methods=("POST",),
)
@quota("autosave")
def organisation_autosave(request: Request, record: Organisation) -> JsonResponse:
    return editor.autosave(request, record)


def _url(name: str, record: Organisation, **more: str) -> str:
    return reverse(f"people:{name}", kwargs={"public_id": record.public_id, **more})
