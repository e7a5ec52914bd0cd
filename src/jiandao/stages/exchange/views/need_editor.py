"""Writing a need: hints while typing, autosave, and both texts when two people saved."""

from collections.abc import Sequence
from typing import Any, cast

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import Link, Section
from jiandao.kernel.pages import editing
from jiandao.kernel.pages.editor import Editor, Rows
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.rows import BaseRows
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange import actions, matching, policy, queries, vagueness
from jiandao.stages.exchange.forms import IndicatorForm, Indicators, NeedForm, indicator_initial
from jiandao.stages.exchange.models import Need
from jiandao.stages.exchange.views import overlaps
from jiandao.stages.exchange.views.knowers import knowers_url
from jiandao.stages.exchange.views.lists import need_url
from jiandao.stages.people.queries import organisations_of


class NeedEditor(Editor[Need]):
    name = "exchange.need"
    template = "exchange/need_form.html"
    table = Indicators
    table_name = "indicators"

    def titles(self) -> tuple[str, str]:
        return _("New need"), _("Edit need")

    def sections(self) -> Sequence[Section]:
        return [
            Section(
                _("The problem"), ("organisation", "title", "language", "keywords", "problem", "goal"), then_rows=True
            ),
            Section(
                _("What is asked of an answer"),
                ("conditions", "intellectual_property", "intellectual_property_note", "solution_mode"),
            ),
            Section(
                _("Where it belongs"),
                ("activity_type", "direction", "orientation", "cluster", "discipline", "field", "industry"),
            ),
            Section(_("Money and time"), ("budget_fen", "deadline", "needed_by")),
            Section(_("Confidentiality"), ("anonymous", "secrecy", "secret_until")),
            Section(_("In the other language"), ("title_other", "summary_other", "translated_by")),
        ]

    def crumbs(self, request: Request) -> Sequence[Link]:
        return [Link(_("Needs"), _url(request, "needs"))]

    def urls(self, request: Request, record: Need | None) -> tuple[str, str, str]:
        if record is None:
            return _url(request, "need-new"), _url(request, "need-new-autosave"), _url(request, "needs")
        return _url(request, "need-edit", record), _url(request, "need-autosave", record), need_url(record)

    def url_of(self, record: Need) -> str:
        return need_url(record)

    def knowers_url(self, record: Need) -> str:
        return knowers_url(record)

    def fresh(self, record: Need) -> Need:
        return queries.need_records().get(pk=record.pk)

    def form(self, request: Request, record: Need | None, **more: Any) -> NeedForm:
        if record is None:
            mine = organisations_of(request.actor, [Role.NEED_OWNER]).first()
            more["initial"] = {"organisation": mine} | more.get("initial", {})
        return NeedForm(actor=request.actor, instance=record or Need(), **more)

    def table_initial(self, record: Need | None) -> Rows:
        return indicator_initial(record.indicators.all()) if record is not None else []

    def save(self, request: Request, record: Need | None, version: int, form: NeedForm, rows: Rows) -> Need:
        values = {name: value for name, value in form.cleaned_data.items() if name in actions.NEED_FIELDS}
        if record is not None:
            return actions.edit_need(
                actor=request.actor, need=record, expected_version=version, values=values, indicators=rows
            )
        assert request.programme is not None
        return actions.create_need(actor=request.actor, programme=request.programme, values=values, indicators=rows)

    def context(self, request: Request, record: Need | None) -> dict[str, Any]:
        return {"hints_url": _url(request, "need-hints"), "own": record.public_id if record is not None else ""}


editor = NeedEditor()


@page(policy.CREATE_NEED, methods=("GET", "POST"))
def need_new(request: Request) -> HttpResponse:
    return editor.serve(request, None)


@page(
    policy.EDIT_NEED,
    see=policy.READ_NEED,
    records=queries.need_records,
    methods=("GET", "POST"),
    otherwise=editor.refused,
)
def need_edit(request: Request, record: Need) -> HttpResponse:
    return editor.serve(request, record)


@page(policy.CREATE_NEED, methods=("POST",))
@quota("autosave")
def need_new_autosave(request: Request) -> JsonResponse:
    return editor.autosave(request, None)


@page(policy.EDIT_NEED, see=policy.READ_NEED, records=queries.need_records, methods=("POST",))
@quota("autosave")
def need_autosave(request: Request, record: Need) -> JsonResponse:
    return editor.autosave(request, record)


@page(policy.CREATE_NEED, methods=("POST",))
@quota("hints")
def need_hints(request: Request) -> HttpResponse:
    """What is vague in the text as it stands, and which published needs are like it."""
    raw = editing.raw_of_post(request.POST)
    title, problem, goal = (" ".join(raw.get(name, []))[:4000] for name in ("title", "problem", "goal"))
    table = Indicators(editing.as_post(raw), prefix=NeedEditor.table_name)
    rows: Rows = editing.rows_of(raw, NeedEditor.table_name, IndicatorForm.base_fields, IndicatorForm.typed)
    if table.is_valid():
        rows = cast(BaseRows, table).rows
    alike = overlaps.hinted(request, "need", title, f"{problem}\n{goal}")
    told = {one.url for one in alike}
    similar = matching.similar_needs(request.actor, f"{title} {problem}", own=request.POST.get("own", ""))
    context = {
        "findings": vagueness.findings(title=title, problem=problem, goal=goal, indicators=rows),
        "alike": alike,
        "similar": [one for one in similar if need_url(one.record) not in told],
    }
    return render(request, "exchange/need_hints.html", context)


def _url(request: Request, name: str, record: Need | None = None) -> str:
    assert request.programme is not None
    kwargs = {"programme": request.programme.slug}
    if record is not None:
        kwargs["public_id"] = record.public_id
    return reverse(f"exchange:{name}", kwargs=kwargs)
