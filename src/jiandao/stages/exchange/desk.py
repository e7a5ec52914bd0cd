"""What waits on somebody's desk in the exchange, and what the global search finds here."""

from urllib.parse import urlencode

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import DeskGroup, DeskItem, Due, Link
from jiandao.kernel.drafts.models import Draft
from jiandao.kernel.pages import slices
from jiandao.kernel.pages.found import FoundGroup, found_group
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.records import state_badge
from jiandao.kernel.programme import Programme
from jiandao.kernel.search.query import containing
from jiandao.stages.exchange import lifecycle, queries
from jiandao.stages.exchange.capabilities import lifecycle as capability_lifecycle
from jiandao.stages.exchange.capabilities import queries as capability_queries
from jiandao.stages.exchange.models import Need
from jiandao.stages.exchange.tasks import TASKS, Task
from jiandao.stages.exchange.views.challenges import challenge_url, issuer_of
from jiandao.stages.exchange.views.lists import need_url, result_url

SHOWN = 8


def waiting(actor: Actor, programme: Programme) -> list[DeskGroup]:
    """Officers: needs to check. Need owners: needs that were returned, and their drafts."""
    return [_group(actor, programme, task) for task in TASKS if task.role in actor.roles]


def _group(actor: Actor, programme: Programme, task: Task) -> DeskGroup:
    unsaved = Draft.objects.filter(account=actor.account_id, form="exchange.need", record_id=OuterRef("pk"))
    needs = queries.needs(actor).filter(task.q(actor)).annotate(has_unsaved=Exists(unsaved))
    shown = slices.rows(needs.order_by("changed_at", "id"), 0, SHOWN + 1)
    total = len(shown) if len(shown) <= SHOWN else needs.count()
    return DeskGroup(
        title=str(task.title),
        items=[_item(need, str(task.what)) for need in shown[:SHOWN]],
        total=total,
        all_url=_list_url("exchange:needs", {"waits": task.code}, programme.slug),
    )


def _item(need: Need, task: str) -> DeskItem:
    unsaved = _("unsaved text") if need.has_unsaved else ""  # type: ignore[attr-defined]
    return DeskItem(
        title=need.title,
        url=need_url(need),
        task=task,
        action=Link(_("Open"), need_url(need)),
        due=Due.of(need.deadline, clock.today()) if need.deadline else None,
        kind=unsaved,
        from_whom=need.organisation.name,
        state=state_badge(lifecycle.NEED, need.state_now),  # type: ignore[attr-defined]
    )


def found_needs(actor: Actor, programme: Programme, text: str) -> FoundGroup:
    return found_group(
        _("Needs"),
        containing(queries.needs(actor), text),
        lifecycle.NEED,
        url=need_url,
        all_url=_list_url("exchange:needs", {"q": text}, programme.slug),
        owner=lambda need: need.organisation.name,
    )


def found_challenges(actor: Actor, programme: Programme, text: str) -> FoundGroup:
    return found_group(
        _("Challenges"),
        containing(queries.challenges(actor), text),
        lifecycle.CHALLENGE,
        url=challenge_url,
        all_url=_list_url("exchange:challenges", {"q": text}, programme.slug),
        owner=issuer_of,
    )


def found_results(actor: Actor, programme: Programme, text: str) -> FoundGroup:
    return found_group(
        _("Results"),
        containing(queries.results(actor), text),
        lifecycle.RESULT,
        url=result_url,
        all_url=_list_url("exchange:results", {"q": text}, programme.slug),
        owner=lambda result: result.organisation.name,
    )


def found_capabilities(actor: Actor, programme: Programme, text: str) -> FoundGroup:
    return found_group(
        _("Capabilities"),
        containing(capability_queries.capabilities(actor), text),
        capability_lifecycle.CAPABILITY,
        url=url_of,
        all_url=_list_url("exchange:capabilities", {"q": text}, programme.slug),
        owner=lambda capability: capability.organisation.name,
    )


def _list_url(name: str, query: dict[str, str], slug: str) -> str:
    return f"{reverse(name, kwargs={'programme': slug})}?{urlencode(query)}"
