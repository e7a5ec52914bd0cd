"""Offers end with what they are about, and come back with it."""

from typing import TypeVar

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, save_version
from jiandao.kernel.secrecy import SHARED
from jiandao.stages.exchange.models import Need, Offer, ResearchResult, WaitingOffer
from jiandao.stages.exchange.offers.states import RECALLED, SENT
from jiandao.stages.exchange.states import PUBLISHED

COMMON_VERBS.update({"recall": _("recall"), "renew": _("offer again")})
T = TypeVar("T", Offer, WaitingOffer)


def recall(*, actor: Actor, about: Need | ResearchResult, rule: str) -> None:
    """Nobody needs to answer an offer whose need or result is not there any more."""
    _of(WaitingOffer, about).delete()
    _move(actor, _of(Offer, about).filter(state=SENT), "recall", RECALLED, rule)


def renew(*, actor: Actor, about: Need | ResearchResult, rule: str) -> None:
    """What was recalled before it was answered stands again, when both its need and its result do."""
    need = Q(need__isnull=True) | Q(need__state=PUBLISHED, need__secrecy__in=SHARED)
    result = Q(result__state=PUBLISHED, result__secrecy__in=SHARED, result__may_be_offered=True)
    found = _of(Offer, about).filter(need, result, state=RECALLED, answered_at__isnull=True)
    _move(actor, found, "renew", SENT, rule)


def _of(model: type[T], about: Need | ResearchResult) -> QuerySet[T]:
    found: QuerySet[T] = model.everywhere().filter(**{"need" if isinstance(about, Need) else "result": about})
    return found


def _move(actor: Actor, offers: QuerySet[Offer], verb: str, state: str, rule: str) -> None:
    for offer in offers.select_for_update(of=("self",)).order_by("pk"):
        before, offer.state = offer.state, state
        save_version(offer, ["state"])
        after = {"state": state}
        journal.record(actor=actor, verb=verb, record=offer, before={"state": before}, after=after, rule=rule)
