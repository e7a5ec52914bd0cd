"""Proposing an introduction from a question, an answer, or both."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import FormPage, Link
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.exchange import matching
from jiandao.stages.exchange.introductions import actions, policy, proposing
from jiandao.stages.exchange.introductions.forms import ProposalForm
from jiandao.stages.exchange.introductions.shown import rank_of
from jiandao.stages.exchange.models import Challenge, Need, Side
from jiandao.stages.exchange.offers import setting_aside
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS, OBSERVERS, OFFICERS
from jiandao.stages.people.models import Organisation
from jiandao.stages.people.queries import organisations_of


@page(policy.PROPOSE, methods=("GET", "POST"))
def introduction_new(request: Request) -> HttpResponse:
    """`?need=` or `?challenge=`, and `&result=` or `&capability=`; the one that is left out is one's own organisation's."""
    question, answer = _named(request, matching.QUESTIONS), _named(request, matching.ANSWERS)
    sources = proposing.live_sources(question, request.actor) if isinstance(question, Challenge) else []
    source = next((one for one in sources if one.public_id == request.POST.get("source")), None)
    asker = _asker_of(question, source or next(iter(sources), None))
    answerer = answer.organisation if answer is not None else None
    if asker is None and answerer is not None:
        asker = organisations_of(request.actor, ASKERS).exclude(pk=answerer.root_id).first()
    elif answerer is None and asker is not None:
        answerer = organisations_of(request.actor, ANSWERERS).exclude(pk=asker.root_id).first()
    if asker is None or answerer is None:
        messages.info(request, _("Choose first what it is about: a challenge, a need, a result or a capability."))
        slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
        return redirect(reverse("exchange:challenges", kwargs=slug))
    about = question if question is not None else answer
    own = _own(request.actor, asker, answerer)
    form = ProposalForm(
        request.POST or None, organisation=own, actor=request.actor, sources=_named_sources(request.actor, sources)
    )
    if request.method == "POST" and form.is_valid():
        said = {name: value for name, value in form.cleaned_data.items() if name != "source"}
        try:
            made = actions.propose(
                actor=request.actor,
                programme=about.programme,
                question=question,
                answer=answer,
                asker=asker,
                answerer=answerer,
                source=source,
                shown_rank=rank_of(request.GET.get("shown", ""), question, answer),
                **said,
            )
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            messages.success(request, _("Proposed; the other side is asked, and you are told what it says."))
            return redirect(url_of(made))
    shown = FormPage(
        title=_("Propose an introduction"),
        form=form,
        submit=_("Propose"),
        cancel_url=url_of(about),
        lead=_("%(question)s — %(answer)s")
        % {
            "question": question.title if question is not None else asker.name,
            "answer": answer.title if answer is not None else answerer.name,
        },
        crumbs=[Link(about.title, url_of(about))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


def _asker_of(question: Any, source: Need | None) -> Organisation | None:
    """Who asks: of a challenge the organisation of the need that it is about."""
    if source is not None:
        return source.organisation
    return setting_aside.unit_of(question) if question is not None else None


def _own(actor: Actor, asker: Organisation, answerer: Organisation) -> Organisation | None:
    """The organisation for which the actor proposes; none for the office, and for whoever is refused anyway."""
    try:
        side = proposing.side_of(actor, asker, answerer)
    except NotAllowed:
        return None
    return {Side.ASKER: asker, Side.ANSWERER: answerer}.get(side)


def _named_sources(actor: Actor, sources: list[Need]) -> list[tuple[str, str]]:
    """The needs behind a challenge to choose from; who does not want to be named is a number to all but the office."""
    told = bool(actor.roles & (OFFICERS | OBSERVERS))
    return [
        (
            one.public_id,
            one.organisation.name
            if told or not one.anonymous
            else _("an organisation that is not named (%(number)s)") % {"number": number},
        )
        for number, one in enumerate(sources, start=1)
    ]


def _named(request: Request, codes: tuple[str, ...]) -> Any:
    """The record that the query string names and this person may see; Http404 for one that is not there."""
    for code in codes:
        public_id = request.GET.get(code, "")[:20].replace("\0", "")
        if public_id:
            kind = matching.BY_CODE[code]
            record = kind.records().filter(kind.see.q(request.actor), public_id=public_id).first()
            if record is None:
                raise Http404
            return record
    return None
