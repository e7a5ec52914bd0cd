"""Feeds: Atom of what is published for everybody, iCalendar of the deadlines that one may know.

A feed takes the query string of its list, so each view of a list can be followed. Feeds leave the house: Atom holds
public records only, whoever asks, and the calendar never holds a work secret or a trade secret, whoever is on its list.
Both are also open to a personal token (Bearer, or as the password of Basic), as readers and calendars send it; a secret
never stands in an address, where logs would keep it.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, cast

from django.http import HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response, patch_cache_control, patch_vary_headers
from django.utils.feedgenerator import Atom1Feed
from django.utils.http import http_date
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from icalendar import Calendar, Event

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.api.entrance import for_tokens
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListOf, wrong_filter
from jiandao.kernel.quotas import quota
from jiandao.kernel.secrecy import OPEN, SHARED, Level
from jiandao.stages.exchange import policy, queries, states
from jiandao.stages.exchange.views.challenges import CHALLENGES, challenge_url, issuer_of
from jiandao.stages.exchange.views.lists import NEEDS, RESULTS, need_url, result_url

ENTRIES = 50
EVENTS = 1_000
KEPT_AFTER = timedelta(days=31)  # a deadline that is over stays in the calendar this long


@for_tokens
@page(policy.SEE_NEEDS)
@quota("feed")
def need_feed(request: Request) -> HttpResponseBase:
    """The newest published needs that everybody may read."""
    shown = queries.needs(anonymous()).filter(states.need_reader.q([states.PUBLISHED], request.actor.at))
    return atom(
        request, _("Published needs"), NEEDS, shown.filter(secrecy__in=OPEN), need_url, lambda n: n.problem, _owner
    )


@for_tokens
@page(policy.SEE_RESULTS)
@quota("feed")
def result_feed(request: Request) -> HttpResponseBase:
    """The newest published results that everybody may read."""
    shown = queries.results(anonymous()).filter(states.result_reader.q([states.PUBLISHED], request.actor.at))
    return atom(
        request, _("Published results"), RESULTS, shown.filter(secrecy__in=OPEN), result_url, lambda r: r.text, _owner
    )


@for_tokens
@page(policy.SEE_CHALLENGES)
@quota("feed")
def challenge_feed(request: Request) -> HttpResponseBase:
    """The newest published challenges that everybody may read."""
    shown = queries.challenges(anonymous()).filter(states.challenge_reader.q([states.PUBLISHED], request.actor.at))
    public = shown.filter(secrecy__in=OPEN)
    return atom(request, _("Published challenges"), CHALLENGES, public, challenge_url, lambda c: c.text, issuer_of)


def _owner(record: Any) -> str:
    name: str = record.organisation.name
    return name


@for_tokens
@page(policy.SEE_CHALLENGES)
@quota("feed")
def challenge_deadlines(request: Request) -> HttpResponseBase:
    """The deadlines for answers of the published challenges that the visitor may read."""
    shown = queries.challenges(request.actor).filter(states.challenge_reader.q(states.CHALLENGE_OUT, request.actor.at))
    return _deadlines(request, shown, CHALLENGES, challenge_url, issuer_of)


@for_tokens
@page(policy.SEE_NEEDS)
@quota("feed")
def deadlines(request: Request) -> HttpResponseBase:
    """The deadlines for answers of the published needs that the visitor may read."""
    shown = queries.needs(request.actor).filter(states.need_reader.q(states.NEED_OUT, request.actor.at))
    return _deadlines(request, shown.filter(secrecy__in=SHARED), NEEDS, need_url, _owner)


def _deadlines(
    request: Request, records: Any, what: ListOf, url: Callable[[Any], str], who: Callable[[Any], str]
) -> HttpResponseBase:
    """The calendar of the deadlines of a list, as its query string filters it. Two queries."""
    recent = records.filter(deadline__gte=clock.today() - KEPT_AFTER)
    found, filters, _order = what.filtered(request, recent)
    if filters.form.errors:
        return wrong_filter(filters)
    entries = list(found.order_by("deadline", "id")[:EVENTS])
    fresh, etag, changed = _condition(request, entries)
    if fresh is not None:
        return fresh
    return _finished(request, _calendar(request, entries, url, who), "text/calendar; charset=utf-8", etag, changed)


def atom(
    request: Request,
    title: str,
    what: ListOf,
    records: Any,
    url: Callable[[Any], str],
    text: Callable[[Any], str],
    who: Callable[[Any], str],
) -> HttpResponseBase:
    """An Atom feed of the newest records of a list, as its query string filters them. Two queries."""
    found, filters, _order = what.filtered(request, records)
    if filters.form.errors:
        return wrong_filter(filters)
    entries = list(found.order_by("-published_at", "-id")[:ENTRIES])
    fresh, etag, changed = _condition(request, entries)
    if fresh is not None:
        return fresh
    language = get_language() or ""
    list_url = request.build_absolute_uri(request.path.removesuffix(".atom") + "/")
    feed = Atom1Feed(
        title=f"{title} · {request.programme}",
        link=list_url,
        description="",
        language=language,
        feed_url=request.build_absolute_uri(),
    )
    for one in entries:
        link = request.build_absolute_uri(url(one))
        feed.add_item(
            title=one.title,
            link=link,
            unique_id=link,
            description=text(one)[:2_000],
            author_name=who(one),
            pubdate=one.published_at,
            updateddate=one.changed_at,
            categories=[str(one.field)] if one.field else [],
        )
    return _finished(request, feed.writeString("utf-8").encode(), "application/atom+xml; charset=utf-8", etag, changed)


def _calendar(request: Request, records: Sequence[Any], url: Callable[[Any], str], who: Callable[[Any], str]) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", "-//Jiandao//Deadlines//ZH")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Deadlines of %(programme)s") % {"programme": request.programme})
    for one in records:
        event = Event()
        event.add("uid", f"{one.public_id}.deadline@{request.get_host()}")
        event.add("dtstamp", one.changed_at.astimezone(UTC))
        event.add("last-modified", one.changed_at.astimezone(UTC))
        event.add("sequence", one.version)
        event.add("dtstart", one.deadline)
        event.add("dtend", one.deadline + timedelta(days=1))
        event.add("summary", _("Answers until: %(title)s") % {"title": one.title})
        event.add("description", who(one))
        event.add("url", request.build_absolute_uri(url(one)))
        event.add("class", "PUBLIC" if one.secrecy == Level.PUBLIC else "PRIVATE")
        event.add("transp", "TRANSPARENT")
        calendar.add_component(event)
    return cast(bytes, calendar.to_ical())


def _condition(request: Request, records: Sequence[Any]) -> tuple[HttpResponseBase | None, str, datetime | None]:
    """304 when the reader has it already; else none, with the tag and the last change."""
    parts = [request.get_full_path(), get_language() or "", str(request.programme)]
    parts += [f"{one.public_id}.{one.version}.{one.state_now}" for one in records]
    etag = f'"{sha256("|".join(parts).encode()).hexdigest()[:32]}"'
    changed = max((one.changed_at for one in records), default=None)
    # Only the tag decides: a record that left the feed makes no date newer.
    if request.headers.get("If-None-Match"):
        answer = get_conditional_response(request, etag=etag)
        return (_headed(request, answer, etag, changed) if answer is not None else None), etag, changed
    return None, etag, changed


def _finished(request: Request, body: bytes, media_type: str, etag: str, changed: datetime | None) -> HttpResponseBase:
    return _headed(request, HttpResponse(body, media_type), etag, changed)


def _headed(request: Request, response: HttpResponse, etag: str, changed: datetime | None) -> HttpResponse:
    response.headers["ETag"] = etag
    if changed is not None:
        response.headers["Last-Modified"] = http_date(changed.timestamp())
    patch_cache_control(response, private=True, max_age=300)
    patch_vary_headers(response, ["Authorization", "Cookie"])
    return response
