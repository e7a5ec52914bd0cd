"""The page of a research result, its verbs and its editor."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import Evidence, Fact, Link, Section
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.pages import attachments, knowers
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.editor import Editor, Rows
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.places import further_links
from jiandao.kernel.pages.timeline import timeline
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange import actions, lifecycle, policy, queries
from jiandao.stages.exchange.forms import ResultForm
from jiandao.stages.exchange.models import ResearchResult
from jiandao.stages.exchange.views import overlaps
from jiandao.stages.exchange.views.knowers import knowers_url
from jiandao.stages.exchange.views.lists import result_url
from jiandao.stages.people.queries import organisations_of


@page(policy.READ_RESULT, records=queries.result_records)
def result(request: Request, record: ResearchResult) -> HttpResponse:
    links = [
        Link(_("Matching needs"), _url(request, "result-matches", record), "arrows-exchange"),
        *overlaps.link(request.actor, record),
    ]
    if policy.EDIT_RESULT.decide(request.actor, record):
        links.insert(0, Link(_("Edit"), _url(request, "result-edit", record), "pencil"))
    evidence = []
    if record.trl is not None:
        evidence.append(Evidence(title=str(record.trl), kind=record.trl.edition, note=record.trl_evidence))
    shown = RecordPage(
        title=record.title,
        kind=_("Result"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.RESULT, pages.state_of(record, request.actor)),
        secrecy=pages.secrecy_badge(record),
        language=record.language,
        summary=_summary(record, told=bool(policy.RESULT_HISTORY.decide(request.actor, record))),
        evidence=[*evidence, *attachments.evidence(request, record)],
        attach_url=attachments.attach_url(request, record),
        actions=pages.next_actions(request.actor, record, lambda verb: _url(request, "result-do", record, verb=verb)),
        timeline=timeline(record, request.actor, read=policy.READ_RESULT, history=policy.RESULT_HISTORY),
        crumbs=[Link(_("Results"), _url(request, "results"))],
        links=[*further_links(request, record), *links],
    )
    changes = knowers_url(record) if policy.ADMIT_TO_RESULT.decide(request.actor, record) else ""
    return render(request, "record.html", {"record": shown, **knowers.shown(record, changes)})


def _summary(record: ResearchResult, told: bool) -> list[Fact]:
    """`told`: this reader may know the register that the record came from."""
    return [
        Fact(_("owner"), record.organisation.name),
        Fact(_("authors"), record.authors),
        Fact(_("description"), record.text, wide=True),
        Fact(_("technical field"), record.field),
        Fact(_("technology readiness level"), record.trl, source=record.trl.edition if record.trl else ""),
        Fact(_("terms"), record.get_terms_display()),
        Fact(_("price asked"), record.price_fen, "money"),
        Fact(_("keywords"), _(", ").join(record.keywords)),
        Fact(_("title in the other language"), record.title_other),
        Fact(_("summary in the other language"), record.summary_other, wide=True, source=record.translated_by),
        Fact(_("imported from"), record.came_from if told else ""),
    ]


@page(policy.READ_RESULT, records=queries.result_records, methods=("POST",))
def result_do(request: Request, record: ResearchResult, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, result_url)


class ResultEditor(Editor[ResearchResult]):
    name = "exchange.result"
    template = "exchange/result_form.html"

    def titles(self) -> tuple[str, str]:
        return _("New result"), _("Edit result")

    def sections(self) -> Sequence[Section]:
        return [
            Section(_("The result"), ("organisation", "title", "language", "keywords", "text", "authors", "field")),
            Section(_("Maturity"), ("trl", "trl_evidence")),
            Section(_("How it may be had"), ("terms", "price_fen", "may_be_offered")),
            Section(_("Confidentiality"), ("secrecy", "secret_until")),
            Section(_("In the other language"), ("title_other", "summary_other", "translated_by")),
        ]

    def crumbs(self, request: Request) -> Sequence[Link]:
        return [Link(_("Results"), _url(request, "results"))]

    def urls(self, request: Request, record: ResearchResult | None) -> tuple[str, str, str]:
        if record is None:
            return _url(request, "result-new"), _url(request, "result-new-autosave"), _url(request, "results")
        return _url(request, "result-edit", record), _url(request, "result-autosave", record), result_url(record)

    def url_of(self, record: ResearchResult) -> str:
        return result_url(record)

    def knowers_url(self, record: ResearchResult) -> str:
        return knowers_url(record)

    def fresh(self, record: ResearchResult) -> ResearchResult:
        return queries.result_records().get(pk=record.pk)

    def form(self, request: Request, record: ResearchResult | None, **more: Any) -> ResultForm:
        if record is None:
            mine = organisations_of(request.actor, [Role.RESEARCHER, Role.RESEARCH_OFFICE]).first()
            more["initial"] = {"organisation": mine} | more.get("initial", {})
        return ResultForm(actor=request.actor, instance=record or ResearchResult(), **more)

    def save(
        self, request: Request, record: ResearchResult | None, version: int, form: ResultForm, rows: Rows
    ) -> ResearchResult:
        values = {name: value for name, value in form.cleaned_data.items() if name in actions.RESULT_FIELDS}
        if record is not None:
            return actions.edit_result(actor=request.actor, result=record, expected_version=version, values=values)
        assert request.programme is not None
        return actions.create_result(actor=request.actor, programme=request.programme, values=values)

    def context(self, request: Request, record: ResearchResult | None) -> dict[str, Any]:
        return {"hints_url": _url(request, "result-hints"), "own": record.public_id if record is not None else ""}


editor = ResultEditor()


@page(policy.CREATE_RESULT, methods=("GET", "POST"))
def result_new(request: Request) -> HttpResponse:
    return editor.serve(request, None)


@page(
    policy.EDIT_RESULT,
    see=policy.READ_RESULT,
    records=queries.result_records,
    methods=("GET", "POST"),
    otherwise=editor.refused,
)
def result_edit(request: Request, record: ResearchResult) -> HttpResponse:
    return editor.serve(request, record)


@page(policy.CREATE_RESULT, methods=("POST",))
@quota("autosave")
def result_new_autosave(request: Request) -> JsonResponse:
    return editor.autosave(request, None)


@page(policy.EDIT_RESULT, see=policy.READ_RESULT, records=queries.result_records, methods=("POST",))
@quota("autosave")
def result_autosave(request: Request, record: ResearchResult) -> JsonResponse:
    return editor.autosave(request, record)


def _url(request: Request, name: str, record: ResearchResult | None = None, **more: str) -> str:
    assert request.programme is not None
    kwargs = {"programme": request.programme.slug, **more}
    if record is not None:
        kwargs["public_id"] = record.public_id
    return reverse(f"exchange:{name}", kwargs=kwargs)
