"""Once a day: what is new in the views that somebody keeps and asked to be told of. One message, and one mail, for all."""

from dataclasses import dataclass, field
from datetime import datetime

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor, anonymous, load_actor
from jiandao.kernel.jobs import daily_at
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.pages.lists import LISTS, ListOf
from jiandao.kernel.programme import Programme, in_programme
from jiandao.kernel.saved_views import SavedView

MESSAGES["views.new"] = _("New in your views: %(views)s")
COUNTED = 100  # more than so many are called so


@dataclass
class _Asking:
    """What a filter asks of a request: who asks, where, and nothing in the address."""

    actor: Actor
    programme: Programme | None
    GET: QueryDict = field(default_factory=QueryDict)


@daily_at("07:20", "web.views.alert")
def alert() -> int:
    """Tell each owner once of all that came since the last time, with the rights of this moment; how many were told."""
    owners = SavedView.objects.filter(alerts=True, account__is_active=True).order_by("account_id")
    return sum(_tell(account) for account in owners.values_list("account_id", flat=True).distinct())


def _tell(account_id: int) -> bool:
    kept = SavedView.objects.filter(account=account_id, alerts=True).select_related("account", "programme")
    views = [view for view in kept.order_by("pk") if view.list_name in LISTS]
    if not views:
        return False
    now = clock.now()
    actor = load_actor(views[0].account)
    found = [(view, count) for view in views if (count := _new(view, actor, now))]
    SavedView.objects.filter(pk__in=[view.pk for view in views]).update(alerted_at=now)
    if found:
        words = [f"{view.name} ({count if count <= COUNTED else f'{COUNTED}+'})" for view, count in found]
        tell(
            accounts=[views[0].account], code="views.new", record=found[0][0], actor=anonymous(), facts={"views": words}
        )
    return bool(found)


def _new(view: SavedView, actor: Actor, now: datetime) -> int:
    """How many records came into the view since its owner was told."""
    of = LISTS[view.list_name]
    if of.records is None or view.programme is None:
        return 0
    with in_programme(view.programme):
        return _count(of, view, actor, now)


def _count(of: ListOf, view: SavedView, actor: Actor, now: datetime) -> int:
    assert of.records is not None  # asked before
    asking = _Asking(actor, view.programme)
    found, _filters, _order = of.filtered(asking, of.records(actor), QueryDict(view.query))  # type: ignore[arg-type]
    since = {f"{of.new_by}__gt": view.alerted_at or view.saved_at, f"{of.new_by}__lte": now}
    return found.filter(**since).order_by()[: COUNTED + 1].count()
