"""Capabilities: their list, page and editor."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from jiandao.kernel.components import Fact, Link, Panel, PanelRow, Section
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.components.formats import price
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.editor import Editor, Rows
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.places import further_links, url_of
from jiandao.kernel.pages.remembered import remembered
from jiandao.kernel.pages.timeline import timeline
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange.capabilities import actions, lifecycle, policy, queries, states
from jiandao.stages.exchange.capabilities.filters import CapabilityFilter
from jiandao.stages.exchange.capabilities.forms import CapabilityForm
from jiandao.stages.exchange.importing.links import import_links
from jiandao.stages.exchange.importing.policy import IMPORT_CAPABILITIES
from jiandao.stages.exchange.models import Capability
from jiandao.stages.people.queries import organisations_of

BOOKED_SHOWN = 10


def price_of(capability: Capability) -> str:
    """The price in words, with what it is for; empty when it is to be asked for."""
    if capability.price_fen is None:
        return ""
    if capability.price_fen == 0:
        return _("free of charge")
    return f"{price(capability.price_fen)} / {capability.get_price_unit_display()}"


def levels_of(capability: Capability) -> str:
    """The readiness levels between which it works, as TRL 4-6."""
    least, most = capability.level_from, capability.level_to
    if least is None and most is None:
        return ""
    return f"TRL {least or ''}–{most or ''}" if least != most else f"TRL {least}"


_LIST_READS = (
    "public_id", "state", "title", "capability_kind", "level_from", "level_to", "price_fen", "price_unit",
    "confirmed_at", "programme__slug", "organisation__name", "organisation__prefecture__label_zh",
    "organisation__prefecture__label_en", "field__label_zh", "field__label_en",
)  # fmt: skip

CAPABILITIES = ListOf(
    title=gettext_lazy("Capabilities"),
    name="capabilities",
    columns=(
        ListColumn(gettext_lazy("title"), lambda c: c.title, primary=True, sort="title", order_by=("sort_key",)),
        ListColumn(
            gettext_lazy("kind"), lambda c: c.get_capability_kind_display(), sort="kind", order_by=("capability_kind",)
        ),
        ListColumn(
            gettext_lazy("unit that offers it"),
            lambda c: c.organisation.name,
            sort="unit",
            order_by=("organisation__sort_key",),
        ),
        ListColumn(gettext_lazy("prefecture"), lambda c: c.organisation.prefecture),
        ListColumn(gettext_lazy("technical field"), lambda c: c.field, sort="field", order_by=("field__position",)),
        ListColumn("TRL", levels_of),
        ListColumn(gettext_lazy("price"), price_of, sort="price", order_by=("price_fen",)),
        ListColumn(gettext_lazy("state"), lambda c: pages.state_badge(lifecycle.CAPABILITY, c.state_now), "badge"),
        ListColumn(
            gettext_lazy("confirmed"),
            lambda c: c.confirmed_at,
            "moment",
            sort="confirmed",
            order_by=("confirmed_at",),
        ),
        ListColumn(gettext_lazy("what it can do"), lambda c: c.text, only_exported=True),
        ListColumn(gettext_lazy("opening hours"), lambda c: c.opening_hours, only_exported=True),
        ListColumn(gettext_lazy("id"), lambda c: c.public_id, only_exported=True),
    ),
    filters=CapabilityFilter,
    default_order="-confirmed",  # what nobody confirmed sinks to the end
    url=url_of,
    empty=gettext_lazy("No capability is here that you may see."),
    muted=lambda c: c.state_now in {states.STALE, states.WITHDRAWN},
    route="exchange:capabilities",
    records=queries.capabilities,
    new_by="published_at",
    reads=_LIST_READS,
)


@remembered
@page(policy.SEE_CAPABILITIES)
@quota("search", when=lambda request: bool(request.GET.get("q")))
def capabilities(request: Request) -> HttpResponse:
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    may_write = bool(policy.CREATE_CAPABILITY.decide(request.actor, request.programme))
    listing = CAPABILITIES.listing(
        request,
        queries.capabilities(request.actor).defer("text", "conditions", "summary_other"),
        exports=export_links(lambda form: reverse("exchange:capability-export", kwargs={**slug, "form": form})),
        create=Link(_("Enter a capability"), reverse("exchange:capability-new", kwargs=slug)) if may_write else None,
        buttons=import_links(request, IMPORT_CAPABILITIES, "capabilities"),
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_CAPABILITIES)
@quota("export")
def capability_export(request: Request, form: str) -> HttpResponse:
    return CAPABILITIES.export(request, queries.capabilities(request.actor), form)


@page(policy.READ_CAPABILITY, records=queries.capability_records)
def capability(request: Request, record: Capability) -> HttpResponse:
    links = [Link(_("Matching needs"), _url("capability-matches", record), "arrows-exchange")]
    if record.bookable and policy.BOOK_CAPABILITY.decide(request.actor, record):
        links.insert(0, Link(_("Book"), _url("capability-book", record), "calendar"))
    if policy.EDIT_CAPABILITY.decide(request.actor, record):
        links.insert(0, Link(_("Edit"), _url("capability-edit", record), "pencil"))
    state = pages.state_of(record, request.actor)
    shown = RecordPage(
        title=record.title,
        kind=record.get_capability_kind_display(),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.CAPABILITY, state),
        secrecy=pages.secrecy_badge(record),
        language=record.language,
        summary=_summary(record),
        panels=[_taken(request, record)] if record.bookable else [],
        actions=pages.next_actions(request.actor, record, lambda verb: _url("capability-do", record, verb=verb)),
        timeline=timeline(record, request.actor, read=policy.READ_CAPABILITY, history=policy.CAPABILITY_HISTORY),
        crumbs=[Link(_("Capabilities"), reverse("exchange:capabilities", kwargs=_slug(record)))],
        links=[*further_links(request, record), *links],
        next_step=_("Its unit has not confirmed it for a year; ask before you go.") if state == states.STALE else "",
    )
    return render(request, "record.html", {"record": shown})


def _summary(record: Capability) -> list[Fact]:
    return [
        Fact(_("unit that offers it"), record.organisation.name),
        Fact(_("prefecture"), record.organisation.prefecture),
        Fact(_("what it can do"), record.text, wide=True),
        Fact(_("technical field"), record.field),
        Fact(_("readiness levels"), levels_of(record)),
        Fact(_("location"), record.place),
        Fact(_("opening hours"), record.opening_hours),
        Fact(_("price"), price_of(record) or _("to be asked for")),
        Fact(_("conditions of use"), record.conditions, wide=True),
        Fact(_("keywords"), _(", ").join(record.keywords)),
        Fact(_("confirmed by its unit"), record.confirmed_at, "moment"),
        Fact(_("title in the other language"), record.title_other),
        Fact(_("summary in the other language"), record.summary_other, wide=True, source=record.translated_by),
    ]


def _taken(request: Request, record: Capability) -> Panel:
    """The days that are taken, for everybody; for the unit and for who asked, with the booking behind them."""
    from_today = record.bookings.filter(last_day__gte=request.actor.today)
    own = set(queries.bookings(request.actor).filter(capability=record).values_list("pk", flat=True))
    ahead = from_today.select_related("organisation").order_by("first_day", "pk")[:100]
    found = [one for one in ahead if one.state == states.ACCEPTED or one.pk in own]
    rows = []
    for one in found[:BOOKED_SHOWN]:
        one.programme = record.programme
        mine = one.pk in own
        rows.append(
            PanelRow(
                (
                    f"{one.first_day} – {one.last_day}",
                    pages.state_badge(lifecycle.BOOKING, one.state) if mine else _("taken"),
                    Link(one.organisation.name, url_of(one)) if mine else "",
                )
            )
        )
    return Panel(
        title=_("Days that are taken"),
        slug="taken",
        columns=(_("days"), _("state"), pgettext("booking", "for")),
        rows=rows,
        empty=_("No day is taken yet."),
    )


@page(policy.READ_CAPABILITY, records=queries.capability_records, methods=("POST",))
def capability_do(request: Request, record: Capability, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, url_of)


class CapabilityEditor(Editor[Capability]):
    name = "exchange.capability"

    def titles(self) -> tuple[str, str]:
        return _("New capability"), _("Edit capability")

    def sections(self) -> Sequence[Section]:
        return [
            Section(
                _("What it is"), ("organisation", "capability_kind", "title", "language", "keywords", "text", "field")
            ),
            Section(_("Maturity"), ("level_from", "level_to")),
            Section(
                _("How it may be used"),
                ("place", "opening_hours", "price_fen", "price_unit", "bookable", "at_once", "conditions"),
            ),
            Section(_("Who may read it"), ("secrecy",)),
            Section(_("In the other language"), ("title_other", "summary_other", "translated_by")),
        ]

    def crumbs(self, request: Request) -> Sequence[Link]:
        assert request.programme is not None
        slug = {"programme": request.programme.slug}
        return [Link(_("Capabilities"), reverse("exchange:capabilities", kwargs=slug))]

    def urls(self, request: Request, record: Capability | None) -> tuple[str, str, str]:
        assert request.programme is not None
        if record is not None:
            return _url("capability-edit", record), _url("capability-autosave", record), url_of(record)
        slug = {"programme": request.programme.slug}
        names = ("capability-new", "capability-new-autosave", "capabilities")
        new, autosave, back = (reverse(f"exchange:{name}", kwargs=slug) for name in names)
        return new, autosave, back

    def url_of(self, record: Capability) -> str:
        return url_of(record)

    def fresh(self, record: Capability) -> Capability:
        return queries.capability_records().get(pk=record.pk)

    def form(self, request: Request, record: Capability | None, **more: Any) -> CapabilityForm:
        if record is None:
            mine = organisations_of(request.actor, CapabilityForm.roles).first()
            more["initial"] = {"organisation": mine} | more.get("initial", {})
        return CapabilityForm(actor=request.actor, instance=record or Capability(), **more)

    def save(
        self, request: Request, record: Capability | None, version: int, form: CapabilityForm, rows: Rows
    ) -> Capability:
        values = dict(form.cleaned_data)
        if record is not None:
            return actions.edit_capability(
                actor=request.actor, capability=record, expected_version=version, values=values
            )
        assert request.programme is not None
        return actions.create_capability(actor=request.actor, programme=request.programme, values=values)


editor = CapabilityEditor()


@page(policy.CREATE_CAPABILITY, methods=("GET", "POST"))
def capability_new(request: Request) -> HttpResponse:
    return editor.serve(request, None)


@page(
    policy.EDIT_CAPABILITY,
    see=policy.READ_CAPABILITY,
    records=queries.capability_records,
    methods=("GET", "POST"),
    otherwise=editor.refused,
)
def capability_edit(request: Request, record: Capability) -> HttpResponse:
    return editor.serve(request, record)


@page(policy.CREATE_CAPABILITY, methods=("POST",))
@quota("autosave")
def capability_new_autosave(request: Request) -> JsonResponse:
    return editor.autosave(request, None)


@page(policy.EDIT_CAPABILITY, see=policy.READ_CAPABILITY, records=queries.capability_records, methods=("POST",))
@quota("autosave")
def capability_autosave(request: Request, record: Capability) -> JsonResponse:
    return editor.autosave(request, record)


def _slug(record: Capability) -> dict[str, str]:
    return {"programme": record.programme.slug}


def _url(name: str, record: Capability, **more: str) -> str:
    return reverse(f"exchange:{name}", kwargs={**_slug(record), "public_id": record.public_id, **more})
