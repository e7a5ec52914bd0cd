"""What surrounds every page: navigation by rights, the person, what waits. Built lazily, at most once a request."""

from collections.abc import Callable
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import Footer, Link, NavItem, Shell
from jiandao.kernel.kept import Kept
from jiandao.kernel.notifications import unread
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.programme import Programme, programme_named
from jiandao.kernel.rulebook import policy as rulebook
from jiandao.kernel.texts import storable
from jiandao.stages.exchange import policy as exchange
from jiandao.stages.exchange.capabilities import policy as capabilities
from jiandao.stages.exchange.introductions import policy as meeting
from jiandao.stages.exchange.offers import policy as offers
from jiandao.stages.people import policy as people
from jiandao.web import policy, tours
from jiandao.web.middleware import LAST_PROGRAMME


class Surroundings:
    """Puts a lazy `Shell` on the request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.shell = SimpleLazyObject(lambda: shell_of(cast(Request, request)))  # type: ignore[attr-defined]
        return self.get_response(request)


def shell_of(request: Request) -> Shell:
    """The shell of a request. On pages that all programmes share it is that of the programme one comes from."""
    actor = request.actor
    signed_in = actor.account is not None
    programme = request.programme or (_last(request) if signed_in else None)
    return Shell(
        programme=str(programme) if programme else "",
        demo=programme.is_demonstration if programme else settings.JIANDAO_DEMONSTRATION,
        navigation=navigation(request, programme),
        home_url=reverse("desk", kwargs={"programme": programme.slug}) if programme else "/",
        search_url=reverse("search", kwargs={"programme": programme.slug}) if programme else "",
        palette_url=reverse("palette", kwargs={"programme": programme.slug}) if programme else "",
        search_text=request.GET.get("q", "")[:200],
        person=names_of({actor.account_id}).get(cast(int, actor.account_id), "") if signed_in else "",
        roles=[str(Role(role).label) for role in sorted(actor.roles - {Role.PUBLIC, Role.ACCOUNT})],
        account_links=account_links() if signed_in else (),
        sign_in_url="" if signed_in else reverse("account_login"),
        sign_out_url=reverse("account_logout") if signed_in else "",
        notifications=unread(actor.account) if actor.account is not None else None,
        notifications_url=reverse("notifications") if signed_in else "",
        footer=Footer(
            host=settings.JIANDAO_FOOTER["organiser"],
            icp=settings.JIANDAO_FOOTER["icp"],
            police=settings.JIANDAO_FOOTER["police"],
            site_code=settings.JIANDAO_FOOTER["site_code"],
        ),
        tour=tours.card_of(request, tours.TOURS) if "tour" in request.GET else None,
    )


def _last(request: Request) -> Programme | None:
    """The programme that this browser was in last, else the newest one."""
    slug = request.COOKIES.get(LAST_PROGRAMME, "")
    found = programme_named(slug) if slug and storable(slug) else None
    return found or _newest.get("", lambda: Programme.objects.order_by("-pk").first())


_newest: Kept[Programme] = Kept()


def navigation(request: Request, programme: Programme | None) -> list[NavItem]:
    """The side menu: what this person may open in this programme."""
    actor = request.actor
    if programme is None:
        return []
    here = {"programme": programme.slug}
    entries: list[tuple[str, str, str, Any]] = [
        (_("My desk") if actor.account else _("Start"), reverse("desk", kwargs=here), "home", people.EVERYBODY),
        (_("Challenges"), reverse("exchange:challenges", kwargs=here), "target", exchange.SEE_CHALLENGES),
        (_("Needs"), reverse("exchange:needs", kwargs=here), "bulb", exchange.SEE_NEEDS),
        (_("Results"), reverse("exchange:results", kwargs=here), "microscope", exchange.SEE_RESULTS),
        (_("Capabilities"), reverse("exchange:capabilities", kwargs=here), "briefcase", capabilities.SEE_CAPABILITIES),
        (_("Introductions"), reverse("exchange:introductions", kwargs=here), "users", meeting.SEE_INTRODUCTIONS),
        (_("Offers"), reverse("exchange:offers", kwargs=here), "bell", offers.SEE_OFFERS),
        (_("Cooperations"), reverse("exchange:cooperations", kwargs=here), "file-text", meeting.SEE_COOPERATIONS),
        (_("Bookings"), reverse("exchange:bookings", kwargs=here), "calendar", capabilities.SEE_BOOKINGS),
        (_("Figures"), reverse("exchange:figures", kwargs=here), "chart-bar", meeting.SEE_FIGURES),
        (_("Funnel"), reverse("exchange:funnel", kwargs=here), "filter", exchange.SEE_FUNNEL),
        (_("Organisations"), reverse("people:organisations"), "building", people.LIST_ORGANISATIONS),
        (_("Experts"), reverse("people:experts"), "user-circle", people.SEE_EXPERTS),
        (_("Breaches of integrity"), reverse("people:measures"), "gavel", people.SEE_INTEGRITY),
        (_("Certificates"), reverse("people:certificates"), "certificate", people.CREATE_CERTIFICATE),
        (_("Outbox"), reverse("outbox", kwargs=here), "send", policy.HOLD_OUTBOX),
        (_("Rules"), reverse("rules", kwargs=here), "bookmark", rulebook.READ_RULES),
        (_("Jobs"), reverse("jobs", kwargs=here), "list-check", policy.WATCH_JOBS),
    ]
    return [
        NavItem(label, url, icon, current=_is_current(request.path, url))
        for label, url, icon, rule in entries
        if rule.decide(actor, programme)
    ]


def _is_current(path: str, url: str) -> bool:
    # The desk's address is the beginning of all others.
    return path == url if url.count("/") <= 3 else path.startswith(url)


def account_links() -> list[Link]:
    """Pages about the own account."""
    return [
        Link(_("My views"), reverse("views"), "bookmark"),
        Link(_("Sessions"), reverse("usersessions_list"), "history"),
        Link(_("Password"), reverse("account_change_password"), "key"),
        Link(_("Two-step sign-in"), reverse("mfa_index"), "shield-lock"),
        Link(_("API tokens"), reverse("tokens"), "link"),
    ]
