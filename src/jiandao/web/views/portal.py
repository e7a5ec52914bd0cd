"""The start page of a programme for everybody who is not signed in: what it is for, what is asked now, where to begin."""

from typing import Any

from django.core.cache import cache
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.components import Link, TileMap
from jiandao.kernel.pages import slices
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import policy, queries, states
from jiandao.stages.exchange.capabilities import policy as capability_policy
from jiandao.stages.exchange.capabilities import queries as capability_queries
from jiandao.stages.exchange.views.challenges import challenge_url, issuer_of
from jiandao.web import tours

NEWEST = CLOSING = 6
FIELDS = 12
COUNTED = 1_000_000
REMEMBERED = 300  # seconds: the figures of the page are the same for all visitors


def portal(request: Request) -> HttpResponse:
    """What a visitor sees first. Everything on it is public; figures are at most five minutes old."""
    assert request.programme is not None
    here = {"programme": request.programme.slug}
    figures = cache.get_or_set(f"portal:{request.programme.pk}", lambda: _figures(request), REMEMBERED)
    assert figures is not None
    challenges_url = reverse("exchange:challenges", kwargs=here)
    terms = Term.objects.in_bulk([*figures["prefectures"], *figures["fields"]])
    tour = next(iter(tours.offered(request, tours.TOURS)), None)
    context = {
        "programme": request.programme,
        "numbers": [
            (figures["challenges"], _("open challenges"), f"{challenges_url}?state=published"),
            (figures["results"], _("results of research"), reverse("exchange:results", kwargs=here)),
            (figures["capabilities"], _("laboratories and pilot lines"), reverse("exchange:capabilities", kwargs=here)),
        ],
        "newest": [_teaser(one) for one in _open(request).order_by("-published_at", "-id")[:NEWEST]],
        "closing": [_teaser(one) for one in _open(request).order_by("deadline", "id")[:CLOSING]],
        "map": _map(figures["prefectures"], terms, challenges_url),
        "fields": [
            Link(f"{terms[key]} ({count})", f"{challenges_url}?field={key}&state=published")
            for key, count in figures["fields"].items()
            if key in terms
        ],
        "challenges_url": challenges_url,
        "feeds": [
            Link("Atom", reverse("exchange:challenge-feed", kwargs=here)),
            Link("iCalendar", reverse("exchange:challenge-deadlines", kwargs=here)),
        ],
        "tour_url": tours.start_url(request, tour) if tour is not None else "",
    }
    return render(request, "start/public.html", context)


def _open(request: Request) -> Any:
    found = queries.challenges(request.actor).filter(states.challenge_reader.q([states.PUBLISHED], request.actor.at))
    return found.defer("text", "conditions", "summary_other")


def _figures(request: Request) -> dict[str, Any]:
    """Counts and terms' ids: what is remembered holds no words, and nothing that only some may see."""
    out = _open(request)
    results = queries.results(request.actor) if policy.SEE_RESULTS.decide(request.actor, request.programme) else None
    capabilities = (
        capability_queries.capabilities(request.actor)
        if capability_policy.SEE_CAPABILITIES.decide(request.actor, request.programme)
        else None
    )
    return {
        "challenges": slices.count_to(out, COUNTED)[0],
        "results": slices.count_to(results, COUNTED)[0] if results is not None else 0,
        "capabilities": slices.count_to(capabilities, COUNTED)[0] if capabilities is not None else 0,
        "prefectures": _counted(out, "prefecture"),
        "fields": dict(list(_counted(out, "field").items())[:FIELDS]),
    }


def _counted(records: Any, by: str) -> dict[int, int]:
    """How many for each term, the most first."""
    rows = records.order_by().values_list(by).annotate(count=Count("pk")).order_by("-count", by)
    return {key: count for key, count in rows if key is not None}


def _map(counts: dict[int, int], terms: dict[int, Term], url: str) -> TileMap:
    keys = {terms[key].code: key for key in counts if key in terms}

    def href(code: str) -> str:
        return f"{url}?prefecture={keys[code]}&state=published" if code in keys else ""

    values: dict[str | None, int | float] = {terms[key].code: count for key, count in counts.items() if key in terms}
    return TileMap.of("challenges", _("Open challenges by prefecture"), values, href=href)


def _teaser(challenge: Any) -> dict[str, Any]:
    return {
        "title": challenge.title,
        "url": challenge_url(challenge),
        "issuer": issuer_of(challenge),
        "field": challenge.field,
        "budget_fen": challenge.budget_fen,
        "deadline": challenge.deadline,
    }
