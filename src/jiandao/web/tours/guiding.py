"""Which tours a reader is offered, and the card of the stop at which the reader stands."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import Link, TourCard
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.policy import Rule
from jiandao.kernel.programme import Programme, in_programme

Where = Callable[[Request], str]


@dataclass(frozen=True)
class Stop:
    """`where` gives the address, empty when there is none for this reader; `anchor` (CSS) is the part that is meant."""

    title: str | Promise
    text: str | Promise
    where: Where
    anchor: str = ""


@dataclass(frozen=True)
class Tour:
    """For those who hold one of the roles."""

    code: str
    label: str | Promise
    roles: frozenset[Role]
    stops: tuple[Stop, ...]

    @cached_property
    def minutes(self) -> int:
        """How long it takes: 25 seconds a stop, most of them for looking."""
        return max(1, round(len(self.stops) * 25 / 60))


def place(name: str, rule: Rule, *, programme: bool = True, query: str = "") -> Where:
    """The page of that route, where the rule lets the reader in."""

    def where(request: Request) -> str:
        here = _programme(request)
        if not rule.decide(request.actor, here):
            return ""
        kwargs = {"programme": here.slug} if programme and here is not None else {}
        return reverse(name, kwargs=kwargs) + (f"?{query}" if query else "")

    return where


def example(records: Callable[[Request], QuerySet[Any]], name: str = "") -> Where:
    """The page of the first of these records: its own, or the one of that route."""

    def where(request: Request) -> str:
        here = _programme(request)
        if here is None:
            return ""
        with in_programme(here):
            record = records(request).first()
            if record is None:
                return ""
            if not name:
                return url_of(record)
            return reverse(name, kwargs={"programme": here.slug, "public_id": record.public_id})

    return where


def _programme(request: Request) -> Programme | None:
    """Of the page, or the newest one on pages that all programmes share."""
    return request.programme or Programme.objects.order_by("-pk").first()


def offered(request: Request, tours: tuple[Tour, ...]) -> list[Tour]:
    """The tours of the roles that the reader holds, the own ones before those for everybody."""
    roles = request.actor.roles
    own = [tour for tour in tours if tour.roles & (roles - {Role.PUBLIC, Role.ACCOUNT})]
    return own or [tour for tour in tours if Role.PUBLIC in tour.roles]


def start_url(request: Request, tour: Tour) -> str:
    """Where the tour begins; empty when it has no stop for this reader."""
    return _url(request, tour, 0, 1)


def card_of(request: HttpRequest, tours: tuple[Tour, ...]) -> TourCard | None:
    """The card of the stop that the address names; None without a tour."""
    code, number = request.GET.get("tour", ""), request.GET.get("stop", "")
    tour = next((one for one in tours if one.code == code), None)
    if tour is None or not number.isascii() or not number.isdigit() or not 1 <= int(number[:4]) <= len(tour.stops):
        return None
    at = int(number) - 1
    asked: Request = request  # type: ignore[assignment]
    stop = tour.stops[at]
    following = _url(asked, tour, at + 1, 1)
    open_to = [place for place, one in enumerate(tour.stops) if place == at or one.where(asked)]
    return TourCard(
        label=str(tour.label),
        title=str(stop.title),
        text=str(stop.text),
        number=open_to.index(at) + 1,
        count=len(open_to),
        anchor=stop.anchor,
        back_url=_url(asked, tour, at - 1, -1),
        next_url=following,
        end=Link(_("End the tour"), request.path),
    )


def _url(request: Request, tour: Tour, at: int, step: int) -> str:
    """The address of the next stop from there on, in that direction, that this reader can open."""
    while 0 <= at < len(tour.stops):
        url = tour.stops[at].where(request)
        if url:
            return f"{url}{'&' if '?' in url else '?'}{urlencode({'tour': tour.code, 'stop': at + 1})}"
        at += step
    return ""
