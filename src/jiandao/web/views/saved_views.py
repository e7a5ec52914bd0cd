"""Saved views of lists: kept from a list, renamed, made the default and deleted on a page of their own."""

from contextlib import nullcontext
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from jiandao.kernel import saved_views
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import LISTS, ListOf
from jiandao.kernel.programme import Programme, in_programme
from jiandao.kernel.saved_views import SavedView, ViewFault
from jiandao.web import policy


def view_records() -> QuerySet[SavedView]:
    return SavedView.objects.select_related("programme")


@page(policy.KEEP_VIEWS, programme=False)
def views(request: Request) -> HttpResponse:
    """All views of the reader, by list."""
    own = [view for view in view_records().filter(account=request.actor.account_id) if view.list_name in LISTS]
    shown = [
        {
            "view": view,
            "list": LISTS[view.list_name].title,
            "url": LISTS[view.list_name].url_of(view),
            "may_alert": LISTS[view.list_name].records is not None,
        }
        for view in own
    ]
    return render(request, "start/views.html", {"views": shown})


@page(policy.CHANGE_OWN_VIEW, records=view_records, programme=False)
def opened(request: Request, view: SavedView) -> HttpResponse:
    """From a message to the list as the view shows it; its owner may have lost the list meanwhile."""
    of = LISTS.get(view.list_name)
    return redirect(of.url_of(view) if of is not None else "views")


@page(policy.KEEP_VIEWS, programme=False, methods=("POST",))
def save(request: Request) -> HttpResponse:
    """Keep the filters and the order of a list under a name."""
    of = LISTS.get(request.POST.get("list", ""))
    if of is None:
        raise Http404
    programme = _programme(of, request.POST.get("programme", ""))
    account = request.actor.account
    assert account is not None
    request.programme = programme
    scope: Any = in_programme(programme) if programme else nullcontext()
    try:
        with scope:
            query = of.checked_query(request, request.POST.get("query", ""))
            view = saved_views.save(account, programme, of.name, name=request.POST.get("name", ""), query=query)
    except ViewFault as fault:
        messages.error(request, str(fault))
        return redirect("views")
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return redirect(of.url_of(view))


def _programme(of: ListOf, slug: str) -> Programme | None:
    if not of.in_programme:
        return None
    programme = Programme.objects.filter(slug=slug).first()
    if programme is None:
        raise Http404
    return programme


@page(policy.CHANGE_OWN_VIEW, records=view_records, programme=False, methods=("POST",))
def do(request: Request, view: SavedView) -> HttpResponse:
    """Rename, make the default or not, delete."""
    match request.POST.get("do"):
        case "rename":
            try:
                saved_views.rename(view, request.POST.get("name", ""))
            except ViewFault as fault:
                messages.error(request, str(fault))
        case "default" | "no-default" as asked:
            saved_views.make_default(view, default=asked == "default")
        case "alert" | "no-alert" as asked if LISTS[view.list_name].records is not None:
            saved_views.alert(view, wanted=asked == "alert")
        case "delete":
            saved_views.delete(view)
            messages.success(request, _("The view “%(name)s” is deleted.") % {"name": view.name})
        case _:
            raise Http404
    return redirect("views")
