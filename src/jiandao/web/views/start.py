"""The start page, my desk, the global search, and messages."""

from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.i18n import set_language

from jiandao.kernel import clock
from jiandao.kernel.components import Desk, Link
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.notifications.rendering import sentence
from jiandao.kernel.pages import commands
from jiandao.kernel.pages.found import FoundGroup
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.places import url_by_key
from jiandao.kernel.pages.ports import DESK, SEARCH
from jiandao.kernel.pages.remembered import remembered
from jiandao.kernel.programme import Programme
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange import policy as exchange
from jiandao.web import policy, tours
from jiandao.web.shell import account_links, navigation
from jiandao.web.views.portal import portal

LONGEST_SEARCH = 200
MESSAGES_SHOWN = 100


@page(policy.DESK, programme=False)
def home(request: HttpRequest) -> HttpResponse:
    """The newest programme's desk; a site without a programme says so."""
    programme = Programme.objects.order_by("-id").first()
    if programme is None:
        return render(request, "start/empty.html")
    return redirect("desk", programme=programme.slug)


@remembered
@page(policy.DESK)
def desk(request: Request) -> HttpResponse:
    assert request.programme is not None
    if request.actor.account is None:
        return portal(request)
    here = {"programme": request.programme.slug}
    groups = [group for answer in DESK.ask(request.actor, request.programme) for group in answer if group.total]
    shortcuts = commands.allowed(request.actor, request.programme, on_desk=True) + [
        Link(label, reverse(name, kwargs=here), icon)
        for label, name, icon, rule in (
            (_("Published needs"), "exchange:needs", "bulb", exchange.SEE_NEEDS),
            (_("Published results"), "exchange:results", "microscope", exchange.SEE_RESULTS),
        )
        if rule.decide(request.actor, request.programme)
    ]
    guides = [
        Link(str(tour.label), url)
        for tour in tours.offered(request, tours.TOURS)
        if (url := tours.start_url(request, tour))
    ]
    return render(request, "desk.html", {"desk": Desk(groups, shortcuts), "guides": guides})


@page(policy.CHOOSE_LANGUAGE, programme=False, methods=("POST",))
def language(request: Request) -> HttpResponseBase:
    """Switch the language, and remember it with the account for its mails and its other browsers."""
    response = set_language(request)
    chosen = request.POST.get("language")
    account = request.actor.account
    if account is not None and chosen in dict(settings.LANGUAGES) and account.language != chosen:
        account.language = chosen
        account.save(update_fields=["language"])
    return response


@page(policy.SEARCH)
@quota("search", when=lambda request: bool(request.GET.get("q")))
def search(request: Request) -> HttpResponse:
    """All kinds of records at once, each group leading to its list; pages and actions; also what Ctrl+K shows."""
    return render(request, "start/search.html", _found(request))


@page(policy.SEARCH)
@quota("palette")
def palette(request: Request) -> HttpResponse:
    """The same as options of the command palette: a part of a page, asked for while somebody types."""
    context = _found(request)
    context["count"] = sum(len(links) for _title, links in context["places"])
    context["count"] += sum(len(group.records) for group in context["groups"])
    return render(request, "components/palette.html", context)


def _found(request: Request) -> dict[str, Any]:
    assert request.programme is not None
    text = request.GET.get("q", "").strip()[:LONGEST_SEARCH]
    pages = [Link(item.label, item.url, item.icon) for item in navigation(request, request.programme)]
    if request.actor.account is not None:
        pages += [Link(_("Messages"), reverse("notifications"), "bell"), *account_links()]
    begun = commands.allowed(request.actor, request.programme)
    places = [(_("Begin something"), commands.matching(begun, text)), (_("Go to"), commands.matching(pages, text))]
    return {
        "text": text,
        "places": [(title, links) for title, links in places if links],
        "groups": sorted(_groups(request, text), key=lambda group: group.after),
    }


def _groups(request: Request, text: str) -> list[FoundGroup]:
    assert request.programme is not None
    return SEARCH.ask(request.actor, request.programme, text) if text else []


@page(policy.READ_MESSAGES, programme=False, methods=("GET", "POST"))
def notifications(request: Request) -> HttpResponse:
    """The newest messages; POST marks all as read."""
    own = Notification.objects.filter(account=request.actor.account_id)
    if request.method == "POST":
        own.filter(read_at__isnull=True).update(read_at=clock.now())
        return redirect("notifications")
    shown = [
        {
            "sentence": sentence(one.code, one.facts),
            "at": one.created_at,
            "unread": one.read_at is None,
            "url": reverse("message", kwargs={"number": one.pk}),
        }
        for one in own[:MESSAGES_SHOWN]
    ]
    return render(request, "start/notifications.html", {"messages_shown": shown})


@page(policy.READ_MESSAGES, programme=False)
def message(request: Request, number: int) -> HttpResponse:
    """Mark one message as read and go to its record."""
    one = Notification.objects.filter(account=request.actor.account_id, pk=number).select_related("programme").first()
    url = url_by_key(one.kind, one.record_id, one.programme) if one is not None else ""
    if not url:
        raise Http404
    Notification.objects.filter(pk=number, read_at__isnull=True).update(read_at=clock.now())
    return redirect(url)
