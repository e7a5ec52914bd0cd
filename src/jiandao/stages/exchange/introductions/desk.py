"""What introductions and cooperations wait for on somebody's desk."""

from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import DeskGroup, DeskItem, Link
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.records import state_badge
from jiandao.kernel.programme import Programme
from jiandao.stages.exchange.introductions import effects, gate, lifecycle, policy, queries, states
from jiandao.stages.exchange.introductions.tasks import STANDS_STILL, TASKS, Task
from jiandao.stages.exchange.introductions.views.introductions import asker_of
from jiandao.stages.exchange.models import CooperationRecord, Introduction, Side

SHOWN = 8


def waiting(actor: Actor, programme: Programme) -> list[DeskGroup]:
    """For those who act for an organisation: what to answer, to sign, to go on with, and to confirm.

    For the office: what stands still, of which nobody is reminded any more.
    """
    groups = []
    if actor.organisations and actor.roles & policy.SIDES:
        groups += [_group(actor, programme, task) for task in TASKS]
        groups.append(_to_confirm(actor, programme))
    if policy.LOOK_AFTER.decide(actor, programme):
        groups.append(_group(actor, programme, STANDS_STILL))
    return groups


def _group(actor: Actor, programme: Programme, task: Task) -> DeskGroup:
    found = queries.introductions(actor).filter(task.q(actor))
    shown, total = _first(found.order_by("changed_at", "id"))
    return DeskGroup(
        title=str(task.title),
        items=[_item(actor, one, str(task.what)) for one in shown],
        total=total,
        all_url=f"{_url('introductions', programme)}?{urlencode({'waits': task.code})}",
    )


def _first(found: QuerySet[Introduction]) -> tuple[list[Introduction], int]:
    shown = list(found[: SHOWN + 1])
    return shown[:SHOWN], (len(shown) if len(shown) <= SHOWN else found.count())


def _item(actor: Actor, one: Introduction, task: str) -> DeskItem:
    other = one.answerer.name if Side.ASKER in gate.sides_of(actor, one) else asker_of(actor, one)
    return DeskItem(
        title=effects.title_of(one),
        url=url_of(one),
        task=task,
        action=Link(_("Open"), url_of(one)),
        from_whom=other,
        state=state_badge(lifecycle.INTRODUCTION, one.state),
    )


def _to_confirm(actor: Actor, programme: Programme) -> DeskGroup:
    """Cooperations that the other side entered."""
    entered = queries.cooperations(actor).filter(policy.CONFIRM_COOPERATION.q(actor), state=states.ENTERED)
    shown = list(entered.order_by("changed_at", "id")[: SHOWN + 1])
    return DeskGroup(
        title=_("Cooperations to confirm"),
        items=[_cooperation(one) for one in shown[:SHOWN]],
        total=len(shown),
        all_url=f"{_url('cooperations', programme)}?{urlencode({'state': states.ENTERED})}",
    )


def _cooperation(one: CooperationRecord) -> DeskItem:
    return DeskItem(
        title=one.title,
        url=url_of(one),
        task=_("Confirm what was agreed"),
        action=Link(_("Open"), url_of(one)),
        from_whom=one.answerer.name if one.entered_by == "answerer" else one.asker.name,
        state=state_badge(lifecycle.COOPERATION, one.state),
    )


def _url(name: str, programme: Programme) -> str:
    return reverse(f"exchange:{name}", kwargs={"programme": programme.slug})
