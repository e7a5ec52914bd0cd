"""Recusal is one function, used by lists, pages, search, export, statistics and assignment alike.

Whoever acts for an organisation that takes part in a record does not decide about it as an officer or judge. Rooms add
further grounds (kinship, co-authorship) as `Ground`s; each has its SQL twin.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy.decisions import Aspect
from jiandao.kernel.policy.rules import Veto

DECIDING = frozenset({Role.PROGRAMME_OFFICER, Role.FINANCE_OFFICER, Role.EXPERT, Role.DEPARTMENT})


@dataclass(frozen=True)
class Ground:
    """One ground of recusal: `hits(actor, record)` and `q(actor)`, the records that are hit."""

    code: str
    hits: Callable[[Actor, Any], bool]
    q: Callable[[Actor], Q]


OWN_ORGANISATION = Ground(
    "own-organisation",
    lambda actor, record: record.organisation.same_id in actor.organisations,
    lambda actor: Q(organisation__same_id__in=actor.organisations),
)


def recused_by(*grounds: Ground) -> Veto:
    """The veto against deciding roles that the grounds make."""

    def hits(actor: Actor, record: Any, at: datetime) -> bool:
        return any(ground.hits(actor, record) for ground in grounds)

    def q(actor: Actor, at: datetime) -> Q:
        hit = Q(pk__in=())
        for ground in grounds:
            hit |= ground.q(actor)
        return ~hit

    return Veto("policy.recused", Aspect.VETO, hits, q, roles=DECIDING)
