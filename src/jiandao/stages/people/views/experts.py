"""The library of experts: its list, the page of an expert, the editor."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel.components import Fact, Link, Panel, PanelRow, Section
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.editor import Editor, Rows
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.places import further_buttons, further_links, url_of
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.quotas import quota
from jiandao.stages.people import actions, lifecycle, policy, queries, states
from jiandao.stages.people.filters import ExpertFilter
from jiandao.stages.people.forms import ExpertForm, Works, works_initial
from jiandao.stages.people.forms.experts import TERMS
from jiandao.stages.people.models import Expert
from jiandao.stages.people.queries import organisations_of
from jiandao.stages.people.views.affiliations import affiliations_panel
from jiandao.stages.people.views.claims import account_facts, account_panel
from jiandao.stages.people.views.integrity import measures_panel
from jiandao.stages.people.works import written


def _units(expert: Expert) -> str:
    return _(", ").join(one.name for one in queries.units_of(expert.person))


def _join(terms: Any) -> str:
    return _(", ").join(str(term) for term in terms)


EXPERTS = ListOf(
    title=gettext_lazy("Experts"),
    name="experts",
    columns=(
        ListColumn(
            gettext_lazy("name"), lambda e: e.person.name, primary=True, sort="name", order_by=("person__name",)
        ),
        ListColumn(gettext_lazy("works at"), _units),
        ListColumn(gettext_lazy("professional title"), lambda e: e.post),
        ListColumn(gettext_lazy("technical fields"), lambda e: _join(e.fields.all())),
        ListColumn(gettext_lazy("keywords"), lambda e: _(", ").join(e.keywords)),
        ListColumn(gettext_lazy("works"), lambda e: written(e.works.all()), only_exported=True),
        ListColumn(gettext_lazy("state"), lambda e: pages.state_badge(lifecycle.EXPERT, e.state_now), "badge"),
        ListColumn(gettext_lazy("changed"), lambda e: e.changed_at, "moment", sort="changed", order_by=("changed_at",)),
        ListColumn(gettext_lazy("id"), lambda e: e.public_id, only_exported=True),
    ),
    filters=ExpertFilter,
    default_order="name",
    url=url_of,
    empty=gettext_lazy("No expert is here that you may see."),
    muted=lambda e: e.state_now != states.ACTIVE,
    route="people:experts",
    in_programme=False,
)


@page(policy.SEE_EXPERTS, programme=False)
def experts(request: Request) -> HttpResponse:
    may_write = bool(policy.CREATE_EXPERT.decide(request.actor, None))
    listing = EXPERTS.listing(
        request,
        queries.experts(request.actor),
        exports=export_links(lambda form: reverse("people:expert-export", kwargs={"form": form})),
        create=Link(_("Enter an expert"), reverse("people:expert-new")) if may_write else None,
        buttons=further_buttons(request, Expert.kind),
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_EXPERTS, programme=False)
@quota("export")
def expert_export(request: Request, form: str) -> HttpResponse:
    return EXPERTS.export(request, queries.experts(request.actor), form)


@page(policy.READ_EXPERT, records=queries.expert_records, programme=False)
def expert(request: Request, record: Expert) -> HttpResponse:
    told = bool(policy.EXPERT_DETAILS.decide(request.actor, record))
    links = further_links(request, record)
    if policy.EDIT_EXPERT.decide(request.actor, record):
        links.insert(0, Link(_("Edit"), _url("expert-edit", record), "pencil"))
    invites = record.person.account_id is None and bool(policy.INVITE_EXPERT.decide(request.actor, record))
    invitation = queries.open_invitation_of(record.person) if invites else None
    if invites:
        links.insert(0, Link(_("Invite this expert"), _url("expert-invite", record), "user-circle"))
        if policy.UNITE_EXPERT.decide(request.actor, record):
            links.insert(1, Link(_("Has an account"), _url("expert-unite", record), "arrows-exchange"))
    shown = RecordPage(
        title=record.person.name,
        kind=_("Expert"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.EXPERT, pages.state_of(record, request.actor)),
        summary=_summary(record, told) + (account_facts(record, invitation) if told else []),
        panels=[
            panel
            for panel in (
                account_panel(record, invitation),
                _works(record),
                affiliations_panel(request.actor, record),
                measures_panel(request, person=record.person),
            )
            if panel
        ],
        actions=pages.next_actions(request.actor, record, lambda verb: _url("expert-do", record, verb=verb)),
        timeline=whole_timeline(record) if told else (),
        crumbs=[Link(_("Experts"), reverse("people:experts"))],
        links=links,
    )
    return render(request, "record.html", {"record": shown})


def _summary(record: Expert, told: bool) -> list[Fact]:
    person = record.person
    facts = [
        Fact(_("works at"), _units(record)),
        Fact(_("professional title"), record.post),
        Fact(_("technical fields"), _join(record.fields.all())),
        Fact(_("disciplines"), _join(record.disciplines.all())),
        Fact(_("keywords"), _(", ").join(record.keywords)),
        Fact(_("what the expert knows"), record.text, wide=True),
        Fact("ORCID", person.orcid),
    ]
    if told:
        facts += [
            Fact(_("takes requests"), record.available, "yes"),
            Fact(_("away until"), record.away_until, "day"),
            Fact(_("at most so many days a year"), record.days_a_year, "number"),
            Fact(_("e-mail"), person.email),
            Fact(_("telephone"), person.phone),
            Fact(_("consented"), record.consented_at, "moment"),
        ]
    return facts


def _works(record: Expert) -> Panel:
    return Panel(
        title=_("Works"),
        slug="works",
        columns=(_("title"), _("kind"), _("year"), _("where, or known from")),
        rows=[PanelRow((one.title, one.get_work_kind_display(), one.year, one.source)) for one in record.works.all()],
        empty=_("None is entered; matches rest on works."),
    )


@page(policy.READ_EXPERT, records=queries.expert_records, programme=False, methods=("POST",))
def expert_do(request: Request, record: Expert, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, url_of)


class ExpertEditor(Editor[Expert]):
    name = "people.expert"
    template = "people/expert_form.html"
    table = Works
    table_name = "works"

    def titles(self) -> tuple[str, str]:
        return _("New expert"), _("Edit expert")

    def sections(self) -> Sequence[Section]:
        return [
            Section(_("The person"), ("name", "organisation", "post", "orcid", "email", "phone")),
            Section(_("What the expert knows"), ("fields", "disciplines", "keywords", "text"), then_rows=True),
            Section(_("When"), ("available", "away_until", "days_a_year")),
        ]

    def crumbs(self, request: Request) -> Sequence[Link]:
        return [Link(_("Experts"), reverse("people:experts"))]

    def urls(self, request: Request, record: Expert | None) -> tuple[str, str, str]:
        if record is None:
            return reverse("people:expert-new"), reverse("people:expert-new-autosave"), reverse("people:experts")
        return _url("expert-edit", record), _url("expert-autosave", record), url_of(record)

    def url_of(self, record: Expert) -> str:
        return url_of(record)

    def fresh(self, record: Expert) -> Expert:
        return queries.expert_records().get(pk=record.pk)

    def form(self, request: Request, record: Expert | None, **more: Any) -> ExpertForm:
        if record is None:
            mine = organisations_of(request.actor, policy.UNIT).first()
            begins: dict[str, Any] = {"organisation": mine} if mine is not None else {}
        else:
            begins = {name: getattr(record.person, name) for name in ("name", "orcid", "email", "phone")}
            begins |= {name: list(getattr(record, name).all()) for name in TERMS}
            begins["organisation"] = next(iter(queries.units_of(record.person)), None)
        more["initial"] = begins | more.get("initial", {})
        return ExpertForm(actor=request.actor, instance=record or Expert(), **more)

    def table_initial(self, record: Expert | None) -> Rows:
        return works_initial(record) if record is not None else []

    def _posted(self, request: Request, record: Expert | None) -> HttpResponse:
        try:
            return super()._posted(request, record)
        except NotAllowed as refused:
            if not refused.refusal.code.startswith("expert."):
                raise
            # Somebody took the ORCID between check and save: checked again, the form says so at its field.
            return super()._posted(request, record)

    def save(self, request: Request, record: Expert | None, version: int, form: ExpertForm, rows: Rows) -> Expert:
        values = dict(form.cleaned_data)
        organisation = values.pop("organisation", None)
        chosen = {name: list(values.pop(name)) for name in TERMS}
        if record is None:
            return actions.create_expert(
                actor=request.actor, organisation=organisation, values=values, works=rows, **chosen
            )
        return actions.edit_expert(
            actor=request.actor, expert=record, expected_version=version, values=values, works=rows, **chosen
        )


editor = ExpertEditor()


@page(policy.CREATE_EXPERT, programme=False, methods=("GET", "POST"))
def expert_new(request: Request) -> HttpResponse:
    return editor.serve(request, None)


@page(
    policy.EDIT_EXPERT,
    see=policy.READ_EXPERT,
    records=queries.expert_records,
    programme=False,
    methods=("GET", "POST"),
    otherwise=editor.refused,
)
def expert_edit(request: Request, record: Expert) -> HttpResponse:
    return editor.serve(request, record)


@page(policy.CREATE_EXPERT, programme=False, methods=("POST",))
@quota("autosave")
def expert_new_autosave(request: Request) -> JsonResponse:
    return editor.autosave(request, None)


@page(policy.EDIT_EXPERT, see=policy.READ_EXPERT, records=queries.expert_records, programme=False, methods=("POST",))
@quota("autosave")
def expert_autosave(request: Request, record: Expert) -> JsonResponse:
    return editor.autosave(request, record)


def _url(name: str, record: Expert, **more: str) -> str:
    return reverse(f"people:{name}", kwargs={"public_id": record.public_id, **more})
