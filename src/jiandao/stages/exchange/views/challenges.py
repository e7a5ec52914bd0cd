"""Challenges: the public list, their page, and the editor in which officers word them."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.components import Day, Due, Evidence, Fact, Link, Panel, PanelRow, Section
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.editor import Editor, Rows
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.places import further_links
from jiandao.kernel.pages.records import state_badge
from jiandao.kernel.pages.remembered import remembered
from jiandao.kernel.pages.timeline import timeline
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange import actions, lifecycle, policy, queries, states
from jiandao.stages.exchange.filters import ChallengeFilter
from jiandao.stages.exchange.forms import ChallengeForm, Indicators, indicator_initial
from jiandao.stages.exchange.models import Challenge, ChallengeSource, plain_number
from jiandao.stages.exchange.models.common import Indicator
from jiandao.stages.exchange.views.lists import need_url


def challenge_url(challenge: Challenge) -> str:
    slug = {"programme": challenge.programme.slug, "public_id": challenge.public_id}
    return reverse("exchange:challenge", kwargs=slug)


def issuer_of(challenge: Challenge) -> str:
    """The issuer as everybody may read it."""
    return challenge.issuer.name if challenge.issuer_shown else _("not named")


def _due(challenge: Challenge) -> Due:
    if challenge.state in {states.DRAFT, states.PUBLISHED}:
        return Due.of(challenge.deadline, clock.today())
    return Due(challenge.deadline, 999)  # of one that is over, the day is a fact and no warning


_LIST_READS = (
    "public_id", "state", "title", "issuer_shown", "budget_fen", "deadline", "published_at", "programme__slug",
    "issuer__name", "field__label_zh", "field__label_en", "prefecture__label_zh", "prefecture__label_en",
)  # fmt: skip

CHALLENGES = ListOf(
    title=gettext_lazy("Challenges"),
    name="challenges",
    columns=(
        ListColumn(gettext_lazy("title"), lambda c: c.title, primary=True, sort="title", order_by=("sort_key",)),
        ListColumn(gettext_lazy("issuer"), issuer_of),
        ListColumn(gettext_lazy("technical field"), lambda c: c.field, sort="field", order_by=("field__position",)),
        ListColumn(gettext_lazy("prefecture"), lambda c: c.prefecture),
        ListColumn(gettext_lazy("state"), lambda c: state_badge(lifecycle.CHALLENGE, c.state_now), "badge"),
        ListColumn(gettext_lazy("money"), lambda c: c.budget_fen, "money", sort="money", order_by=("budget_fen",)),
        ListColumn(
            gettext_lazy("answers until"),
            _due,
            "due",
            sort="deadline",
            order_by=("deadline",),
            exported=lambda c: c.deadline,
        ),
        ListColumn(
            gettext_lazy("published on"),
            lambda c: c.published_at,
            "moment",
            sort="published",
            order_by=("published_at",),
        ),
        ListColumn(gettext_lazy("the challenge"), lambda c: c.text, only_exported=True),
        ListColumn(gettext_lazy("id"), lambda c: c.public_id, only_exported=True),
    ),
    filters=ChallengeFilter,
    default_order="-published",
    url=challenge_url,
    empty=gettext_lazy("No challenge is here that you may see."),
    muted=lambda c: c.state_now in {states.WITHDRAWN, states.EXPIRED},
    route="exchange:challenges",
    records=queries.challenges,
    new_by="published_at",
    per_page=20,  # everybody reads it, many on a telephone
    reads=_LIST_READS,
)


@remembered
@page(policy.SEE_CHALLENGES)
@quota("search", when=lambda request: bool(request.GET.get("q")))
def challenges(request: Request) -> HttpResponse:
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    listing = CHALLENGES.listing(
        request,
        queries.challenges(request.actor).defer("text", "conditions", "summary_other"),
        exports=[
            *export_links(lambda form: reverse("exchange:challenge-export", kwargs={**slug, "form": form})),
            Link("Atom", reverse("exchange:challenge-feed", kwargs=slug)),
            Link("iCalendar", reverse("exchange:challenge-deadlines", kwargs=slug)),
        ],
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_CHALLENGES)
@quota("export")
def challenge_export(request: Request, form: str) -> HttpResponse:
    return CHALLENGES.export(request, queries.challenges(request.actor), form)


@page(policy.READ_CHALLENGE, records=queries.challenge_records)
def challenge(request: Request, record: Challenge) -> HttpResponse:
    state = pages.state_of(record, request.actor)
    told = bool(policy.CHALLENGE_HISTORY.decide(request.actor, record))
    links = [Link(_("Matching answers"), _url("challenge-matches", record), "arrows-exchange")]
    if policy.EDIT_CHALLENGE.decide(request.actor, record):
        links.append(Link(_("Edit"), _url("challenge-edit", record), "pencil"))
    open_now = state == states.PUBLISHED
    shown = RecordPage(
        title=record.title,
        kind=_("Challenge"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.CHALLENGE, state),
        secrecy=pages.secrecy_badge(record),
        language=record.language,
        summary=_summary(record, told),
        panels=[_sources(request, record)] if told else [],
        evidence=[_evidence(one) for one in record.indicators.all()],
        actions=pages.next_actions(request.actor, record, lambda verb: _url("challenge-do", record, verb=verb)),
        timeline=timeline(record, request.actor, read=policy.READ_CHALLENGE, history=policy.CHALLENGE_HISTORY),
        crumbs=[Link(_("Challenges"), reverse("exchange:challenges", kwargs={"programme": record.programme.slug}))],
        links=[*further_links(request, record), *links],
        next_step=_("Answers are taken until") if open_now else "",
        next_due=_due(record) if open_now else None,
    )
    return render(request, "record.html", {"record": shown})


def _summary(record: Challenge, told: bool) -> list[Fact]:
    hidden = _("%(issuer)s (not named in public)") % {"issuer": record.issuer.name}
    return [
        Fact(_("issuer"), hidden if told and not record.issuer_shown else issuer_of(record)),
        Fact(_("prefecture"), record.prefecture),
        Fact(_("the challenge"), record.text, wide=True),
        Fact(_("conditions on those who answer"), record.conditions, wide=True),
        Fact(_("money to be spent"), record.budget_fen, "money"),
        Fact(_("answers until"), record.deadline, "day"),
        Fact(_("intellectual property"), record.get_intellectual_property_display()),
        Fact(_("direction"), record.direction),
        Fact(_("cluster"), record.cluster),
        Fact(_("technical field"), record.field),
        Fact(_("keywords"), _(", ").join(record.keywords)),
        Fact(_("published on"), record.published_at, "moment"),
        Fact(_("title in the other language"), record.title_other),
        Fact(_("summary in the other language"), record.summary_other, wide=True, source=record.translated_by),
    ]


def _evidence(indicator: Indicator) -> Evidence:
    stretch = (
        _("stretch %(value)s %(unit)s") % {"value": plain_number(indicator.stretch), "unit": indicator.shown_unit}
        if indicator.stretch is not None
        else ""
    )
    return Evidence(title=str(indicator), kind=_("indicator"), who=stretch, note=indicator.test_method)


def _sources(request: Request, record: Challenge) -> Panel:
    sources = ChallengeSource.objects.filter(challenge=record, need__in=queries.needs(request.actor)).select_related(
        "need__programme", "need__organisation"
    )
    return Panel(
        title=_("Needs behind it"),
        slug="sources",
        columns=(_("need"), _("organisation"), _("how"), _("on")),
        rows=[
            PanelRow(
                (
                    Link(one.need.title, need_url(one.need)),
                    one.need.organisation.name,
                    one.get_how_display(),
                    Day(one.at),
                )
            )
            for one in sources[:50]
        ],
    )


@page(policy.READ_CHALLENGE, records=queries.challenge_records, methods=("POST",))
def challenge_do(request: Request, record: Challenge, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, challenge_url)


class ChallengeEditor(Editor[Challenge]):
    name = "exchange.challenge"
    template = "exchange/challenge_form.html"
    table = Indicators
    table_name = "indicators"

    def titles(self) -> tuple[str, str]:
        return _("New challenge"), _("Word the challenge")

    def sections(self) -> Sequence[Section]:
        return [
            Section(_("The challenge"), ("title", "language", "keywords", "text"), then_rows=True),
            Section(_("What is asked of an answer"), ("conditions", "intellectual_property")),
            Section(_("Where it belongs"), ("direction", "field", "cluster", "prefecture")),
            Section(_("Money and time"), ("budget_fen", "deadline")),
            Section(_("Who may read it"), ("issuer_shown", "secrecy")),
            Section(_("In the other language"), ("title_other", "summary_other", "translated_by")),
        ]

    def crumbs(self, request: Request) -> Sequence[Link]:
        assert request.programme is not None
        return [Link(_("Challenges"), reverse("exchange:challenges", kwargs={"programme": request.programme.slug}))]

    def urls(self, request: Request, record: Challenge | None) -> tuple[str, str, str]:
        assert record is not None  # a challenge begins with a need
        return _url("challenge-edit", record), _url("challenge-autosave", record), challenge_url(record)

    def url_of(self, record: Challenge) -> str:
        return challenge_url(record)

    def fresh(self, record: Challenge) -> Challenge:
        return queries.challenge_records().get(pk=record.pk)

    def form(self, request: Request, record: Challenge | None, **more: Any) -> ChallengeForm:
        return ChallengeForm(instance=record or Challenge(), **more)

    def table_initial(self, record: Challenge | None) -> Rows:
        return indicator_initial(record.indicators.all()) if record is not None else []

    def save(
        self, request: Request, record: Challenge | None, version: int, form: ChallengeForm, rows: Rows
    ) -> Challenge:
        assert record is not None
        return actions.edit_challenge(
            actor=request.actor,
            challenge=record,
            expected_version=version,
            values=dict(form.cleaned_data),
            indicators=rows,
        )


editor = ChallengeEditor()


@page(
    policy.EDIT_CHALLENGE,
    see=policy.READ_CHALLENGE,
    records=queries.challenge_records,
    methods=("GET", "POST"),
    otherwise=editor.refused,
)
def challenge_edit(request: Request, record: Challenge) -> HttpResponse:
    return editor.serve(request, record)


@page(policy.EDIT_CHALLENGE, see=policy.READ_CHALLENGE, records=queries.challenge_records, methods=("POST",))
@quota("autosave")
def challenge_autosave(request: Request, record: Challenge) -> JsonResponse:
    return editor.autosave(request, record)


def _url(name: str, record: Challenge, **more: str) -> str:
    slug = {"programme": record.programme.slug, "public_id": record.public_id, **more}
    return reverse(f"exchange:{name}", kwargs=slug)
