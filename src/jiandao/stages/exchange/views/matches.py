"""The match page: for a need the best results, for a result the best needs, each with its reasons."""

from collections.abc import Callable, Sequence
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiandao.engines.matching import Match as EngineMatch
from jiandao.engines.matching import normalise
from jiandao.kernel.components import Badge, Fact, Link, Match, MatchPage, SentencePair, SharedTerm
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.records import secrecy_badge, state_badge
from jiandao.kernel.quotas import quota
from jiandao.kernel.search.index import Found, MatchIndexError
from jiandao.stages.exchange import lifecycle, matching, policy, queries, states
from jiandao.stages.exchange.models import Need, ResearchResult
from jiandao.stages.exchange.views.lists import need_url, result_url

SHOWN_TERMS = 8


@page(policy.READ_NEED, records=queries.need_records)
@quota("search")
def need_matches(request: Request, record: Need) -> HttpResponse:
    def facts(result: ResearchResult) -> Sequence[Fact]:
        return [
            Fact(_("technology readiness level"), result.trl, source=result.trl.edition if result.trl else ""),
            Fact(_("terms"), result.get_terms_display()),
        ]

    return _page(
        request,
        title=_("Results for a need"),
        subject=Link(record.title, need_url(record)),
        text=record.problem,
        crumbs=[Link(_("Needs"), reverse("exchange:needs", kwargs={"programme": record.programme.slug}))],
        labels=(_("The need says"), _("The result says")),
        find=lambda: matching.results_for(request.actor, record),
        url=result_url,
        facts=facts,
        state=lambda result: state_badge(lifecycle.RESULT, states.result_reader.of(result, request.actor.at)),
    )


@page(policy.READ_RESULT, records=queries.result_records)
@quota("search")
def result_matches(request: Request, record: ResearchResult) -> HttpResponse:
    def facts(need: Need) -> Sequence[Fact]:
        return [
            Fact(_("money to be spent"), need.budget_fen, "money"),
            Fact(_("answers until"), need.deadline, "day"),
        ]

    return _page(
        request,
        title=_("Needs for a result"),
        subject=Link(record.title, result_url(record)),
        text=record.text,
        crumbs=[Link(_("Results"), reverse("exchange:results", kwargs={"programme": record.programme.slug}))],
        labels=(_("The result says"), _("The need says")),
        find=lambda: matching.needs_for(request.actor, record),
        url=need_url,
        facts=facts,
        state=lambda need: state_badge(lifecycle.NEED, states.need_reader.of(need, request.actor.at)),
    )


def _page(
    request: Request,
    *,
    title: str,
    subject: Link,
    text: str,
    crumbs: Sequence[Link],
    labels: tuple[str, str],
    find: Callable[[], list[Found[Any]]],
    url: Callable[[Any], str],
    facts: Callable[[Any], Sequence[Fact]],
    state: Callable[[Any], Badge],
) -> HttpResponse:
    try:
        found = find()
        missing = False
    except MatchIndexError:
        found, missing = [], True
    best = found[0].match.score if found else 1.0
    shown = MatchPage(
        title=title,
        subject=subject,
        subject_text=text[:300],
        matches=[match_in_words(rank, one, best, url, facts, state) for rank, one in enumerate(found, start=1)],
        method=_(
            "Scores are BM25 over characters, pairs of characters and English word stems; the best answer is 100 %. "
            "The shares say how much of a score each shared term made."
        ),
        left_label=labels[0],
        right_label=labels[1],
        crumbs=crumbs,
    )
    status = 503 if missing else 200
    return render(request, "exchange/matches.html", {"match": shown, "index_missing": missing}, status=status)


def match_in_words(
    rank: int,
    found: Found[Any],
    best: float,
    url: Callable[[Any], str],
    facts: Callable[[Any], Sequence[Fact]],
    state: Callable[[Any], Badge] | None,
) -> Match:
    """One candidate and why it was found, in the reader's language."""
    record, match = found.record, found.match
    terms = match.reasons.terms if match.reasons else ()
    named = [term for term in terms if not term.scattered][:SHOWN_TERMS]
    secrecy = secrecy_badge(record)
    return Match(
        rank=rank,
        title=record.title,
        url=url(record),
        score=match.score / best if best > 0 else 0.0,
        reason=_reason([term.term for term in named[:3]], match),
        owner=record.organisation.name,
        badges=[*([state(record)] if state else []), *([secrecy] if secrecy else [])],
        facts=facts(record),
        terms=[SharedTerm(term.term, term.share) for term in named],
        pair=_pair(match, [term.term for term in named]),
    )


def _reason(terms: list[str], match: EngineMatch) -> str:
    if not terms:
        return _("Only single characters are shared; a weak match.")
    words = _(", ").join(f"“{term}”" for term in terms)
    title = sum(signal.contribution for signal in match.signals if signal.name == "lexical.title")
    share = round(100 * title / match.score) if match.score > 0 else 0
    sentence = ngettext("Both speak of %(words)s.", "Both speak of %(words)s.", len(terms)) % {"words": words}
    if share >= 50:
        sentence += " " + _("%(share)s %% of the score comes from the title.") % {"share": share}
    return sentence


def _pair(match: EngineMatch, terms: list[str]) -> SentencePair | None:
    if match.reasons is None or not match.reasons.sentences:
        return None
    pair = match.reasons.sentences[0]
    return SentencePair(pair.query, pair.document, spans(pair.query, terms), spans(pair.document, terms))


def spans(sentence: str, terms: Sequence[str]) -> list[tuple[int, int]]:
    """Where the terms stand in a sentence, as half-open ranges of characters; width and case make no difference."""
    plain = normalise(sentence)
    if len(plain) != len(sentence):  # a form that normalisation made longer: compare letter by letter instead
        plain = "".join((normalise(character) or " ")[:1] for character in sentence)
    found = []
    for term in terms:
        wanted = normalise(term)
        start = plain.find(wanted) if wanted else -1
        while start >= 0:
            found.append((start, start + len(wanted)))
            start = plain.find(wanted, start + len(wanted))
    return found
