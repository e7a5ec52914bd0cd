"""Once a day: what is new in the views that somebody keeps and asked to be told of. One message, and one mail, for all."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from django.db import transaction
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
MESSAGES["views.broken"] = _(
    "These views filter by something that is not there any more, and tell nothing until you save them anew: %(views)s"
)
logger = logging.getLogger("jiandao.alerts")
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
    told = 0
    for account in owners.values_list("account_id", flat=True).distinct():
        try:
            with transaction.atomic():
                told += _tell(account)
        except Exception:  # the fault of one view is not to keep everybody else from being told
            logger.exception("the views of account %s could not be read", account)
    return told


def _tell(account_id: int) -> bool:
    kept = SavedView.objects.select_for_update(of=("self",)).filter(account=account_id, alerts=True)
    views = [view for view in kept.select_related("account", "programme").order_by("pk") if view.list_name in LISTS]
    if not views:
        return False
    now = clock.now()
    actor = load_actor(views[0].account)
    counts = {view: _new(view, actor, now) for view in views}
    broken = [view for view, count in counts.items() if count is None]
    SavedView.objects.filter(pk__in=[view.pk for view in broken]).update(alerts=False)
    SavedView.objects.filter(pk__in=[view.pk for view in views]).update(alerted_at=now)
    new = [(view, f"{view.name} ({_said(count)})") for view, count in counts.items() if count]
    for code, found in (("views.new", new), ("views.broken", [(view, view.name) for view in broken])):
        if found:
            facts = {"views": [words for _view, words in found]}
            tell(accounts=[views[0].account], code=code, record=found[0][0], actor=anonymous(), facts=facts)
    return bool(new or broken)


def _said(count: int) -> str:
    return str(count) if count <= COUNTED else f"{COUNTED}+"


def _new(view: SavedView, actor: Actor, now: datetime) -> int | None:
    """How many records came into the view since its owner was told; none when it cannot be filtered as it was meant."""
    of = LISTS[view.list_name]
    if of.records is None or view.programme is None:
        return 0
    with in_programme(view.programme):
        return _count(of, view, actor, now)


def _count(of: ListOf, view: SavedView, actor: Actor, now: datetime) -> int | None:
    assert of.records is not None  # asked before
    asking = _Asking(actor, view.programme)
    found, filters, _order = of.filtered(asking, of.records(actor), QueryDict(view.query))  # type: ignore[arg-type]
    if not filters.is_valid():
        return None
    since = {f"{of.new_by}__gt": view.alerted_at or view.saved_at, f"{of.new_by}__lte": now}
    return found.filter(**since).order_by()[: COUNTED + 1].count()
