"""Saved views of lists, and their alerts, through the API."""

from contextlib import nullcontext
from typing import Any, Literal

from django.http import Http404
from django.utils.translation import gettext as _
from ninja import Router
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from jiandao.kernel import saved_views
from jiandao.kernel.api.bodies import STRICT, Text
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.problems import Where, mend
from jiandao.kernel.api.shapes import moment
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.lists import LISTS
from jiandao.kernel.programme import Programme, in_programme
from jiandao.kernel.saved_views import SavedView, ViewFault
from jiandao.web import policy
from jiandao.web.views.saved_views import view_records

router = Router(tags=["views"])


class ViewOut(TypedDict):
    """A saved view: the list, its programme by slug, and the query string that it keeps."""

    id: str
    name: str
    list: str
    programme: str | None
    query: str
    address: str
    is_default: bool
    alerts: bool
    saved_at: str


class ViewsOut(TypedDict):
    """All views of the caller, by list and name."""

    items: list[ViewOut]


class NewView(BaseModel):
    """A query of a list to keep under a name; the same name is overwritten."""

    model_config = STRICT
    list: Text = Field(max_length=60, description="needs, challenges, results, capabilities, …")
    programme: Text = Field("", max_length=60, description="Slug, for lists of a programme.")
    name: Text = Field(min_length=1, max_length=60)
    query: Text = Field("", max_length=2000, description="As behind the question mark of the list's address.")


class GoneOut(TypedDict):
    """What was deleted."""

    id: str


@endpoint(router, "GET", "/views", policy.KEEP_VIEWS, programme=False, name="views", answer=ViewsOut)
def views(request: Request) -> ViewsOut:
    """The saved views of the caller."""
    own = view_records().filter(account=request.actor.account_id)
    return ViewsOut(items=[view_out(one) for one in own if one.list_name in LISTS])


@endpoint(router, "POST", "/views", policy.KEEP_VIEWS, programme=False, name="view-create", answer=ViewOut, status=201)
def view_create(request: Request, body: NewView) -> ViewOut:
    """Keep the filters and the order of a list under a name."""
    of = LISTS.get(body.list)
    if of is None:
        sentence = _("The lists are: %(lists)s.") % {"lists": _(", ").join(sorted(LISTS))}
        raise mend([Where(where="list", code="unknown", sentence=sentence)])
    programme = next(iter(Programme.objects.filter(slug=body.programme)), None) if of.in_programme else None
    if of.in_programme and programme is None:
        raise mend([Where(where="programme", code="unknown", sentence=_("There is no programme of that slug."))])
    account = request.actor.account
    assert account is not None
    scope: Any = in_programme(programme) if programme else nullcontext()
    try:
        with scope:
            query = of.checked_query(request, body.query)
            made = saved_views.save(account, programme, of.name, name=body.name, query=query)
    except ViewFault as fault:
        raise mend([Where(where="query", code="invalid", sentence=str(fault))]) from fault
    return view_out(made)


@endpoint(
    router, "POST", "/views/{public_id}/do/{verb}", policy.CHANGE_OWN_VIEW, records=view_records, programme=False,
    name="view-do", answer=ViewOut,
)  # fmt: skip
def view_do(
    request: Request, record: SavedView, verb: Literal["default", "no-default", "alert", "no-alert"]
) -> ViewOut:
    """Open the list with it or not; be told once a day of what is new in it or not."""
    if verb.endswith("default"):
        saved_views.make_default(record, default=verb == "default")
    elif LISTS[record.list_name].records is None:
        raise Http404
    else:
        saved_views.alert(record, wanted=verb == "alert")
    return view_out(view_records().get(pk=record.pk))


@endpoint(
    router, "DELETE", "/views/{public_id}", policy.CHANGE_OWN_VIEW, records=view_records, programme=False,
    name="view-delete", answer=GoneOut,
)  # fmt: skip
def view_delete(request: Request, record: SavedView) -> GoneOut:
    """Forget a view; the list stays as it is."""
    gone = GoneOut(id=record.public_id)
    saved_views.delete(record)
    return gone


def view_out(one: SavedView) -> ViewOut:
    """A view, for its owner."""
    return ViewOut(
        id=one.public_id,
        name=one.name,
        list=one.list_name,
        programme=one.programme.slug if one.programme is not None else None,
        query=one.query,
        address=LISTS[one.list_name].url_of(one),
        is_default=one.is_default,
        alerts=one.alerts,
        saved_at=moment(one.saved_at) or "",
    )
