"""The page of a need and its verbs."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.components import Due, Evidence, Fact, Link
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.pages import attachments, knowers
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.places import further_links
from jiandao.kernel.pages.timeline import timeline
from jiandao.stages.exchange import lifecycle, policy, queries, states, vagueness
from jiandao.stages.exchange.models import Need, TargetIndicator, plain_number
from jiandao.stages.exchange.views import overlaps, triage
from jiandao.stages.exchange.views.knowers import knowers_url
from jiandao.stages.exchange.views.lists import need_url


@page(policy.READ_NEED, records=queries.need_records)
def need(request: Request, record: Need) -> HttpResponse:
    slug = {"programme": record.programme.slug, "public_id": record.public_id}
    state = pages.state_of(record, request.actor)
    indicators = list(record.indicators.all())
    record_page = RecordPage(
        title=record.title,
        kind=_("Need"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.NEED, state),
        secrecy=pages.secrecy_badge(record),
        language=record.language,
        summary=_summary(record, told=bool(policy.NEED_HISTORY.decide(request.actor, record))),
        evidence=[*(_evidence(indicator) for indicator in indicators), *attachments.evidence(request, record)],
        attach_url=attachments.attach_url(request, record),
        actions=pages.next_actions(
            request.actor,
            record,
            lambda verb: reverse("exchange:need-do", kwargs={**slug, "verb": verb}),
            lambda verb: reverse(f"exchange:need-{verb}", kwargs=slug),
        ),
        panels=[
            panel for panel in (triage.checks_panel(request, record), triage.lineage_panel(request, record)) if panel
        ],
        timeline=timeline(record, request.actor, read=policy.READ_NEED, history=policy.NEED_HISTORY),
        crumbs=[Link(_("Needs"), reverse("exchange:needs", kwargs={"programme": record.programme.slug}))],
        links=[*further_links(request, record), *_links(request, record, slug)],
        next_step=_("Answers are taken until") if state == states.PUBLISHED and record.deadline else "",
        next_due=Due.of(record.deadline, clock.today()) if state == states.PUBLISHED and record.deadline else None,
    )
    may_edit = bool(policy.EDIT_NEED.decide(request.actor, record))
    context = {
        "record": record_page,
        "indicators": indicators,
        "findings": _findings(record, indicators) if may_edit else [],
        **knowers.shown(record, knowers_url(record) if policy.ADMIT_TO_NEED.decide(request.actor, record) else ""),
    }
    return render(request, "exchange/need.html", context)


@page(policy.READ_NEED, records=queries.need_records, methods=("POST",))
def need_do(request: Request, record: Need, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, need_url)


def _links(request: Request, record: Need, slug: dict[str, str]) -> list[Link]:
    links = [Link(_("Matching results"), reverse("exchange:need-matches", kwargs=slug), "arrows-exchange")]
    if policy.ASSESS_NEED.decide(request.actor, record):
        links.insert(0, Link(_("Technology check"), reverse("exchange:need-assess", kwargs=slug), "microscope"))
    if policy.CONDENSE.decide(request.actor, record):
        links.append(Link(_("Condense into a challenge"), reverse("exchange:need-condense", kwargs=slug), "filter"))
    if policy.EDIT_NEED.decide(request.actor, record):
        links.insert(0, Link(_("Edit"), reverse("exchange:need-edit", kwargs=slug), "pencil"))
    return [*links, *overlaps.link(request.actor, record)]


def _summary(record: Need, told: bool) -> list[Fact]:
    """`told`: this reader may know the register that the record came from."""
    return [
        Fact(_("organisation that asks"), record.organisation.name),
        Fact(_("prefecture"), record.organisation.prefecture),
        Fact(_("problem"), record.problem, wide=True),
        Fact(_("expected result"), record.goal, wide=True),
        Fact(_("conditions on those who answer"), record.conditions, wide=True),
        Fact(_("money to be spent"), record.budget_fen, "money"),
        Fact(_("answers until"), record.deadline, "day"),
        Fact(_("solution needed by"), record.needed_by, "day"),
        Fact(_("intellectual property"), _with_note(record)),
        Fact(_("way of solving"), record.get_solution_mode_display()),
        Fact(_("type of activity"), record.get_activity_type_display()),
        Fact(_("direction"), record.direction),
        Fact(_("orientation"), record.orientation),
        Fact(_("cluster"), record.cluster),
        Fact(_("discipline"), record.discipline),
        Fact(_("technical field"), record.field),
        Fact(_("industry of use"), record.industry),
        Fact(_("keywords"), _(", ").join(record.keywords)),
        Fact(_("title in the other language"), record.title_other),
        Fact(_("summary in the other language"), record.summary_other, wide=True, source=record.translated_by),
        Fact(_("imported from"), record.came_from if told else ""),
    ]


def _with_note(record: Need) -> str:
    return " · ".join(
        part for part in (record.get_intellectual_property_display(), record.intellectual_property_note) if part
    )


def _evidence(indicator: TargetIndicator) -> Evidence:
    stretch = (
        _("stretch %(value)s %(unit)s") % {"value": plain_number(indicator.stretch), "unit": indicator.shown_unit}
        if indicator.stretch is not None
        else ""
    )
    return Evidence(title=str(indicator), kind=_("indicator"), who=stretch, note=indicator.test_method)


def _findings(record: Need, indicators: list[TargetIndicator]) -> list[vagueness.Finding]:
    rows = [
        {"name": one.name, "unit": one.unit, "test_method": one.test_method, "stretch": one.stretch}
        for one in indicators
    ]
    return vagueness.findings(title=record.title, problem=record.problem, goal=record.goal, indicators=rows)
