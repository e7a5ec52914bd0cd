"""Triage of a need: the technology check, merging into a challenge, condensing into one; and what came of it."""

from typing import Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.components import Day, FormPage, Link, Panel, PanelRow
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.pages.editing import number
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.records import state_badge
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.quotas import quota
from jiandao.kernel.search.index import Found, MatchIndexError
from jiandao.stages.exchange import actions, lifecycle, matching, policy, queries, states
from jiandao.stages.exchange.forms import MergeForm, TechnologyCheckForm
from jiandao.stages.exchange.models import ChallengeSource, Need, ResearchResult
from jiandao.stages.exchange.views.challenges import challenge_url
from jiandao.stages.exchange.views.lists import need_url, result_url

NEAREST = 8


@page(policy.ASSESS_NEED, see=policy.READ_NEED, records=queries.need_records, methods=("GET", "POST"))
@quota("search")
def need_assess(request: Request, record: Need) -> HttpResponse:
    """Does the technology exist: where, how mature; with the nearest results beside."""
    nearest = _nearest(request, record)
    form = TechnologyCheckForm(request.POST or None, nearest=[one.record for one in nearest])
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in ("verdict", "where", "trl", "note")}
        try:
            actions.assess(
                actor=request.actor,
                need=record,
                expected_version=number(request.POST.get("version")),
                values=values,
                results=form.answers,
            )
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            messages.success(request, _("Your answer is kept; the programme office decides."))
            return redirect(need_url(record))
    context = {
        "page": FormPage(
            title=_("Technology check: %(need)s") % {"need": record.title},
            form=form,
            submit=_("Give the answer"),
            version=record.version,
            cancel_url=need_url(record),
            lead=_("Does the technology that this need asks for exist already? Where, and how mature is it?"),
            crumbs=[Link(record.title, need_url(record))],
        ),
        "panel": _nearest_panel(nearest),
    }
    return render(request, "exchange/assess.html", context, status=422 if form.errors else 200)


def _nearest(request: Request, record: Need) -> list[Found[ResearchResult]]:
    try:
        return matching.results_for(request.actor, record, top=NEAREST)
    except MatchIndexError:
        return []


def _nearest_panel(nearest: list[Found[ResearchResult]]) -> Panel:
    return Panel(
        title=_("Nearest results"),
        slug="nearest",
        columns=(_("result"), _("owner"), "TRL", _("shared words")),
        rows=[
            PanelRow(
                (
                    Link(one.record.title, result_url(one.record)),
                    one.record.organisation.name,
                    one.record.trl,
                    _(", ").join(term.term for term in one.match.reasons.terms if not term.scattered)[:60]
                    if one.match.reasons
                    else "",
                )
            )
            for one in nearest
        ],
        empty=_("The index knows no result that is near, or is being built."),
    )


@page(policy.CHECK_NEED, see=policy.READ_NEED, records=queries.need_records, methods=("GET", "POST"))
def need_merge(request: Request, record: Need) -> HttpResponse:
    """Into which challenge the need goes; challenges that share its words are listed."""
    targets = queries.challenges(request.actor).exclude(state=states.WITHDRAWN)
    form = MergeForm(request.POST or None, targets=targets)
    if request.method == "POST" and form.is_valid():
        challenge = form.cleaned_data["challenge"]
        try:
            perform(
                actor=request.actor,
                record=record,
                verb="merge",
                expected_version=number(request.POST.get("version")),
                reason=form.cleaned_data["reason"],
                facts={"challenge": challenge.public_id},
            )
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            messages.success(request, _("The need is part of “%(challenge)s”.") % {"challenge": challenge.title})
            return redirect(need_url(record))
    likely = matching.similar_challenges(request.actor, record)
    panel = Panel(
        title=_("Challenges that share its words"),
        slug="likely",
        columns=(_("id"), _("title"), _("state")),
        rows=[
            PanelRow(
                (
                    one.public_id,
                    Link(one.title, challenge_url(one)),
                    state_badge(lifecycle.CHALLENGE, one.state_now),  # type: ignore[attr-defined]
                )
            )
            for one in likely
        ],
        empty=_("None was found; look through the list of challenges."),
    )
    shown = FormPage(
        title=_("Merge into a challenge: %(need)s") % {"need": record.title},
        form=form,
        submit=_("Merge"),
        version=record.version,
        cancel_url=need_url(record),
        crumbs=[Link(record.title, need_url(record))],
    )
    return render(request, "exchange/merge.html", {"page": shown, "panel": panel}, status=422 if form.errors else 200)


@page(policy.CONDENSE, see=policy.READ_NEED, records=queries.need_records, methods=("GET", "POST"))
def need_condense(request: Request, record: Need) -> HttpResponse:
    """Make a draft of a challenge from the need, and word it."""
    if request.method == "POST":
        challenge = actions.condense(actor=request.actor, need=record)
        slug = {"programme": record.programme.slug, "public_id": challenge.public_id}
        edit = reverse("exchange:challenge-edit", kwargs=slug)
        return redirect(edit if challenge.state == states.DRAFT else challenge_url(challenge))
    return render(request, "exchange/condense.html", {"need": record, "back": need_url(record)})


def checks_panel(request: Request, record: Need) -> Panel | None:
    """What the departments said, newest first; for those who may read the whole history."""
    if record.assessed_at is None or not policy.NEED_HISTORY.decide(request.actor, record):
        return None
    checks = list(record.checks.select_related("trl", "by__person").prefetch_related(_readable(request))[:5])
    return Panel(
        title=_("Technology check"),
        slug="checks",
        columns=(_("does it exist?"), _("where"), "TRL", _("opinion"), _("results that answer it"), _("by, on")),
        rows=[
            PanelRow(
                (
                    one.get_verdict_display(),
                    one.where,
                    one.trl,
                    one.note,
                    _(", ").join(result.title for result in one.results.all()),
                    Day(one.at, str(getattr(one.by, "person", one.by))),
                )
            )
            for one in checks
        ],
    )


def _readable(request: Request) -> "Prefetch[Any]":
    """The results that a check names, as far as the reader may know of them today."""
    return Prefetch("results", ResearchResult.objects.filter(policy.READ_RESULT.q(request.actor)))


def lineage_panel(request: Request, record: Need) -> Panel | None:
    """Which challenge the need went into: each asker sees what became of the own question."""
    if record.state not in {states.PUBLISHED, states.MERGED, states.WITHDRAWN, states.ASSESSING}:
        return None
    sources = ChallengeSource.objects.filter(need=record, challenge__in=queries.challenges(request.actor))
    found = list(sources.select_related("challenge__programme"))
    if not found:
        return None
    return Panel(
        title=_("Challenge"),
        slug="lineage",
        columns=(_("challenge"), _("how"), _("on")),
        rows=[
            PanelRow((Link(one.challenge.title, challenge_url(one.challenge)), one.get_how_display(), Day(one.at)))
            for one in found
        ],
    )
