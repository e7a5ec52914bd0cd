"""Introductions: the list, the page of one, proposing, and the steps that need more than a button."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.components import Day, Fact, FormPage, Link, Panel, PanelRow
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.files import FileRefused, holding
from jiandao.kernel.pages import attachments
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.attachments import doors
from jiandao.kernel.pages.editing import number
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange.introductions import actions, effects, gate, holders, lifecycle, policy, queries, states
from jiandao.stages.exchange.introductions.filters import IntroductionFilter
from jiandao.stages.exchange.introductions.forms import (
    ConsentForm,
    CooperationForm,
    MeetingForm,
    SignForm,
)
from jiandao.stages.exchange.introductions.views.certificates import certificates_panel
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Side
from jiandao.stages.exchange.policy import OBSERVERS, OFFICERS
from jiandao.stages.people.models import Person

attach, detach = doors(holders.INTRODUCTION)


def knows_asker(actor: Actor, introduction: Introduction) -> bool:
    """Whether this reader may know who asks: not the other side, nor a broker, where the asker is not named yet."""
    if not effects.hides_asker(introduction):
        return True
    own = Side.ASKER in gate.roles_for(actor, introduction)
    return own or bool(actor.roles & (OFFICERS | OBSERVERS))


def asker_of(actor: Actor, introduction: Introduction) -> str:
    return introduction.asker.name if knows_asker(actor, introduction) else _("not named")


def _question(actor: Actor, introduction: Introduction) -> Any:
    """The need where the reader may know whose it is, the challenge otherwise."""
    need, challenge = introduction.need, introduction.challenge
    return need if need is not None and (challenge is None or knows_asker(actor, introduction)) else challenge


def _link(record: Any) -> Link | str:
    if record is None:
        return ""
    title = record.public_id if getattr(record, "is_need_to_know", False) else record.title
    return Link(title, url_of(record))


_LIST_READS = (
    "public_id", "state", "created_at", "changed_at", "asker_consented_at", "answerer_consented_at",
    "programme__slug", "asker__name", "answerer__name", "need__title", "need__secrecy", "need__anonymous",
    "challenge__title", "challenge__secrecy", "challenge__issuer_shown", "result__title", "result__secrecy",
    "capability__title", "capability__secrecy",
)  # fmt: skip

INTRODUCTIONS = ListOf(
    title=gettext_lazy("Introductions"),
    name="introductions",
    columns=(
        ListColumn(gettext_lazy("question"), effects.title_of, primary=True),
        ListColumn(gettext_lazy("answer"), lambda i: getattr(i.result or i.capability, "title", "") or i.answerer.name),
        ListColumn(
            gettext_lazy("who asks"),
            lambda i: gettext_lazy("not named") if effects.hides_asker(i) else i.asker.name,
        ),
        ListColumn(gettext_lazy("who answers"), lambda i: i.answerer.name),
        ListColumn(gettext_lazy("state"), lambda i: pages.state_badge(lifecycle.INTRODUCTION, i.state_now), "badge"),
        ListColumn(
            gettext_lazy("proposed"), lambda i: i.created_at, "moment", sort="proposed", order_by=("created_at",)
        ),
        ListColumn(gettext_lazy("changed"), lambda i: i.changed_at, "moment", sort="changed", order_by=("changed_at",)),
        ListColumn(gettext_lazy("id"), lambda i: i.public_id, only_exported=True),
    ),
    filters=IntroductionFilter,
    default_order="-changed",
    url=url_of,
    empty=gettext_lazy("No introduction is here that you may see."),
    muted=lambda i: i.state_now in {states.DECLINED, states.CLOSED},
    route="exchange:introductions",
    reads=_LIST_READS,
)


@page(policy.SEE_INTRODUCTIONS)
def introductions(request: Request) -> HttpResponse:
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    listing = INTRODUCTIONS.listing(
        request,
        queries.introductions(request.actor),
        exports=export_links(lambda form: reverse("exchange:introduction-export", kwargs={**slug, "form": form})),
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_INTRODUCTIONS)
@quota("export")
def introduction_export(request: Request, form: str) -> HttpResponse:
    return INTRODUCTIONS.export(request, queries.introductions(request.actor), form)


# The page


@page(policy.READ_INTRODUCTION, records=queries.introduction_records)
def introduction(request: Request, record: Introduction) -> HttpResponse:
    actor = request.actor
    opened = bool(policy.READ_OPENED.decide(actor, record))
    papers = bool(policy.READ_PAPERS.decide(actor, record))
    told = bool(policy.INTRODUCTION_HISTORY.decide(actor, record))  # the entries name people
    shown = RecordPage(
        title=effects.title_of(record),
        kind=_("Introduction"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.INTRODUCTION, pages.state_of(record, actor)),
        summary=_summary(actor, record),
        panels=[
            panel
            for panel in (
                _sides(actor, record, opened),
                certificates_panel(record) if opened else None,
                _meetings(actor, record),
            )
            if panel is not None
        ],
        evidence=attachments.evidence(request, record) if papers else [],
        attach_url=attachments.attach_url(request, record),
        actions=pages.next_actions(
            actor,
            record,
            lambda verb: _url("introduction-do", record, verb=verb),
            lambda verb: _url(f"introduction-{verb}", record),
        ),
        timeline=whole_timeline(record) if told else (),
        crumbs=[Link(_("Introductions"), reverse("exchange:introductions", kwargs={"programme": _slug(record)}))],
        links=_links(actor, record),
        next_step=_next_step(record),
    )
    return render(request, "record.html", {"record": shown})


def _links(actor: Actor, record: Introduction) -> list[Link]:
    found = [one for one in record.cooperations.all() if policy.READ_COOPERATION.decide(actor, one)]
    return [
        Link(
            _("What was taken back") if one.state == states.VOID else _("The cooperation"),
            _cooperation_url(record, one),
        )
        for one in found
    ]


def _cooperation_url(record: Introduction, one: CooperationRecord) -> str:
    return reverse("exchange:cooperation", kwargs={"programme": _slug(record), "public_id": one.public_id})


def _next_step(record: Introduction) -> str:
    if record.state != states.PROPOSED:
        return ""
    sides = gate.missing_consents(record)
    if sides:
        return _("Waits for the consent of: %(sides)s") % {"sides": _(", ").join(str(side.label) for side in sides)}
    sides = gate.missing_signatures(record)
    return _("Waits for the signature of: %(sides)s") % {"sides": _(", ").join(str(side.label) for side in sides)}


def _summary(actor: Actor, record: Introduction) -> list[Fact]:
    answer = record.result or record.capability
    return [
        Fact(_("question"), _link(_question(actor, record)), "object"),
        Fact(_("who asks"), asker_of(actor, record)),
        Fact(_("answer"), _link(answer), "object"),
        Fact(_("who answers"), record.answerer.name),
        Fact(_("proposed by"), record.get_proposed_by_display()),
        Fact(_("why these two should talk"), record.message, wide=True),
        Fact(_("contact open since"), record.opened_at, "moment"),
    ]


def _sides(actor: Actor, record: Introduction, opened: bool) -> Panel:
    """Consent, signature and, for the two sides, whom to call: the own one always, the other's when it is open."""
    own = gate.sides_of(actor, record) if policy.TAKE_PART.decide(actor, record) else []
    rows = []
    for side in (Side.ASKER, Side.ANSWERER):
        shown = opened or side in own
        signed = getattr(record, f"{side}_signed_at")
        rows.append(
            PanelRow(
                (
                    asker_of(actor, record) if side == Side.ASKER else record.answerer.name,
                    _on(getattr(record, f"{side}_consented_at")),
                    _on(signed) if record.wants_nda else _("not asked for"),
                    _reach(getattr(record, f"{side}_contact")) if shown else _closed(record.opened_at),
                    getattr(record, f"{side}_private") if shown else _closed(record.opened_at),
                )
            )
        )
    return Panel(
        title=_("Both sides"),
        slug="sides",
        columns=(_("organisation"), _("consented"), _("signed"), _("whom to call"), _("what opens with the contact")),
        rows=rows,
        note="" if opened or not own else _("Names, numbers and these texts open when both sides have consented."),
    )


def _closed(opened_at: Any) -> str:
    return _("for the two sides alone") if opened_at is not None else _("not open yet")


def _on(moment: Any) -> Any:
    return Day(moment) if moment is not None else _("not yet")


def _reach(person: Person | None) -> str:
    if person is None:
        return ""
    mail = person.email or (person.account.email if person.account is not None else "")
    return " · ".join(part for part in (person.name, person.phone, mail) if part)


def _meetings(actor: Actor, record: Introduction) -> Panel | None:
    if record.met_at is None or not policy.READ_PAPERS.decide(actor, record):
        return None
    found = list(record.meetings.all()[:50])
    names = names_of({one.by_id for one in found})
    return Panel(
        title=_("Meetings"),
        slug="meetings",
        columns=(_("on"), _("where"), _("what came of it"), _("by")),
        rows=[PanelRow((f"{one.on}", one.get_how_display(), one.note, names.get(one.by_id, ""))) for one in found],
    )


@page(policy.READ_INTRODUCTION, records=queries.introduction_records, methods=("POST",))
def introduction_do(request: Request, record: Introduction, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, url_of)


# Steps with a page of their own


def side_to_consent(actor: Actor, record: Introduction) -> Side:
    """For which of its sides the actor consents; the rule has let through nobody who acts for none."""
    sides = gate.sides_of(actor, record)
    return next((one for one in gate.missing_consents(record) if one in sides), sides[0])


@page(policy.TAKE_PART, see=policy.READ_INTRODUCTION, records=queries.introduction_records, methods=("GET", "POST"))
def introduction_consent(request: Request, record: Introduction) -> HttpResponse:
    side = side_to_consent(request.actor, record)
    unit = record.asker if side == Side.ASKER else record.answerer
    form = ConsentForm(request.POST or None, organisation=unit, actor=request.actor)

    def save() -> None:
        actions.consent(
            actor=request.actor, introduction=record, expected_version=_version(request), **form.cleaned_data
        )

    return _step(
        request,
        record,
        form,
        save,
        title=_("Consent to the introduction"),
        submit=_("Consent"),
        lead=record.message,
        done=_("Your side has consented."),
    )


@page(policy.TAKE_PART, see=policy.READ_INTRODUCTION, records=queries.introduction_records, methods=("GET", "POST"))
def introduction_sign(request: Request, record: Introduction) -> HttpResponse:
    form = SignForm(request.POST or None, request.FILES or None)
    signed = request.POST.get("confirmed") == "on"

    def save() -> None:
        stored = None
        if form.cleaned_data["file"]:
            caption = _("non-disclosure agreement, signed") if signed else _("non-disclosure agreement, to be signed")
            upload = form.cleaned_data["file"]
            stored = holding.attach(actor=request.actor, record=record, upload=upload, caption=caption)
        try:
            if signed:
                version = _version(request)
                actions.sign(actor=request.actor, introduction=record, expected_version=version, stored=stored)
            elif stored is not None:
                actions.mark_agreement(actor=request.actor, introduction=record, stored=stored)
        except NotAllowed:
            if stored is not None:  # what came with a signature that is refused is not kept
                holding.detach(actor=request.actor, record=record, stored=stored)
            raise

    return _step(
        request,
        record,
        form,
        save,
        title=_("The non-disclosure agreement"),
        submit=_("Confirm"),
        lead=_("Attach the agreement that your side has signed. Only the two sides read it, once both have consented."),
        done=_("Your side has signed.")
        if signed
        else _("Attached; the other side can read it once both have consented."),
    )


@page(policy.TAKE_PART, see=policy.READ_INTRODUCTION, records=queries.introduction_records, methods=("GET", "POST"))
def introduction_meet(request: Request, record: Introduction) -> HttpResponse:
    form = MeetingForm(request.POST or None)

    def save() -> None:
        actions.meet(
            actor=request.actor, introduction=record, expected_version=_version(request), values=form.cleaned_data
        )

    return _step(request, record, form, save, title=_("Enter a meeting"), submit=_("Enter"), done=_("Entered."))


@page(policy.TAKE_PART, see=policy.READ_INTRODUCTION, records=queries.introduction_records, methods=("GET", "POST"))
def introduction_agree(request: Request, record: Introduction) -> HttpResponse:
    form = CooperationForm(request.POST or None)

    def save() -> None:
        actions.agree(
            actor=request.actor, introduction=record, expected_version=_version(request), values=form.cleaned_data
        )

    return _step(
        request,
        record,
        form,
        save,
        title=_("Enter the agreement"),
        submit=_("Enter"),
        lead=_("The other side confirms it; only then it counts."),
        done=_("Entered; the other side confirms it."),
    )


def _step(
    request: Request,
    record: Introduction,
    form: forms.BaseForm,
    save: Callable[[], None],
    *,
    title: str,
    submit: str,
    done: str,
    lead: str = "",
) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            save()
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        except FileRefused as refused:
            form.add_error("file", refused.sentence)
        else:
            messages.success(request, done)
            return redirect(url_of(record))
    shown = FormPage(
        title=title,
        form=form,
        submit=submit,
        version=record.version,
        cancel_url=url_of(record),
        lead=lead,
        crumbs=[Link(effects.title_of(record), url_of(record))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


def _version(request: Request) -> int:
    return number(request.POST.get("version"))


def _slug(record: Any) -> str:
    slug: str = record.programme.slug
    return slug


def _url(name: str, record: Introduction, **more: str) -> str:
    keys = {"programme": _slug(record), "public_id": record.public_id}
    return reverse(f"exchange:{name}", kwargs=keys | more)
