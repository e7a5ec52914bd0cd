"""What introductions wait for, and from whom: the desk shows it, and the list filters by it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Scope
from jiandao.kernel.programme import current_programme
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.introductions import states
from jiandao.stages.exchange.policy import ANSWERERS, ASKERS


def _units(actor: Actor, roles: frozenset[str]) -> set[int]:
    return {one for role in roles for one in actor.scopes(role, Scope.ORGANISATION)}  # type: ignore[arg-type]


def _either(actor: Actor, asker: Q, answerer: Q) -> Q:
    """Introductions in which the actor's side stands as said."""
    return (Q(asker__same_id__in=_units(actor, ASKERS)) & asker) | (
        Q(answerer__same_id__in=_units(actor, ANSWERERS)) & answerer
    )


def _to_answer(actor: Actor) -> Q:
    waiting = Q(asker_consented_at__isnull=True), Q(answerer_consented_at__isnull=True)
    return Q(state=states.PROPOSED) & _either(actor, *waiting)


def _to_sign(actor: Actor) -> Q:
    wanted = Q(asker_wants_nda=True) | Q(answerer_wants_nda=True)
    both = Q(asker_consented_at__isnull=False, answerer_consented_at__isnull=False)
    unsigned = Q(asker_signed_at__isnull=True), Q(answerer_signed_at__isnull=True)
    return Q(state=states.PROPOSED) & wanted & both & _either(actor, *unsigned)


def _to_go_on(actor: Actor) -> Q:
    return Q(state__in=states.IN_TALKS) & _either(actor, Q(), Q())


def _stands_still(actor: Actor) -> Q:
    programme = current_programme()
    days = int(rules.GIVEN_UP_DAYS.at(actor.at, programme).value)
    return Q(state__in=[states.PROPOSED, *states.IN_TALKS], changed_at__lte=actor.at - timedelta(days=days))


@dataclass(frozen=True)
class Task:
    """Introductions that wait for a side, or for the office."""

    code: str
    title: str | Promise
    what: str | Promise
    q: Callable[[Actor], Q]


TASKS = (
    Task("answer", _("Introductions to answer"), _("Consent or decline"), _to_answer),
    Task("sign", _("Agreements to sign"), _("Sign and attach"), _to_sign),
    Task("go-on", _("Talks that go on"), _("Meet, agree or close"), _to_go_on),
)
# For the office: nobody is reminded of these any more.
STANDS_STILL = Task("stands-still", _("Introductions that stand still"), _("Ask both sides how it goes"), _stands_still)
