"""Recusal is one function, used by lists, pages, search, export, statistics and assignment alike.

Whoever acts for an organisation that takes part in a record, or for one of the same family, does not decide about it as
an officer or judge. Rooms add further grounds (co-authorship) as `Ground`s; each has its SQL twin.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Q

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy.decisions import Aspect, Refused
from jiandao.kernel.policy.rules import NOBODY, Veto
from jiandao.kernel.ports import Question

DECIDING = frozenset({Role.PROGRAMME_OFFICER, Role.FINANCE_OFFICER, Role.EXPERT, Role.DEPARTMENT})

# Which organisations were of one family with these on that day (canonical ids), each with the chain of ties that leads
# there, as values whose text is a sentence for the reader. The room that knows families answers.
KIN: Question[[frozenset[int], date], Mapping[int, Sequence[object]]] = Question("kin of organisations")


def kin_of(actor: Actor, at: datetime) -> Mapping[int, Sequence[object]]:
    """The organisations for which the actor does not act, but which are of one family with one for which the actor does.

    Asked once an actor and day, and never for somebody who acts for no organisation.
    """
    if not actor.organisations:
        return {}
    on = clock.local(at).date()
    cache: dict[date, dict[int, Sequence[object]]] = actor.__dict__.setdefault("_kin", {})
    if on not in cache:
        cache[on] = {
            organisation: chain
            for answer in KIN.ask(actor.organisations, on)
            for organisation, chain in answer.items()
            if organisation not in actor.organisations
        }
    return cache[on]


def _only_this(actor: Actor, record: Any, at: datetime) -> Refused:
    return Refused("policy.recused", Aspect.VETO)


@dataclass(frozen=True)
class Ground:
    """One ground of recusal: `hits(actor, record, at)`, and `q(actor, at)`, the records that are hit; `why` is the refusal
    with its reason."""

    code: str
    hits: Callable[[Actor, Any, datetime], bool]
    q: Callable[[Actor, datetime], Q]
    why: Callable[[Actor, Any, datetime], Refused] = _only_this


def _sides(record: Any, paths: Sequence[str]) -> Iterator[Any]:
    """What the paths lead to from a record; a path that ends in nothing leads nowhere."""
    for path in paths:
        side = record
        for name in path.split("__") if path else ():
            side = getattr(side, name) if side is not None else None
        if side is not None:
            yield side


def taking_part(code: str, *paths: str) -> Ground:
    """The ground that an organisation takes part for which the actor acts, or one of its family today.

    paths : from the record to its organisations ("organisation", "first"); "" when it is one itself.
    """

    def hits(actor: Actor, record: Any, at: datetime) -> bool:
        if not actor.organisations:
            return False
        return any(
            one.same_id in actor.organisations or one.same_id in kin_of(actor, at) for one in _sides(record, paths)
        )

    def q(actor: Actor, at: datetime) -> Q:
        these = actor.organisations | kin_of(actor, at).keys()
        found = NOBODY
        for path in paths if these else ():
            found |= Q(**{f"{path}__same_id__in" if path else "same_id__in": these})
        return found

    def why(actor: Actor, record: Any, at: datetime) -> Refused:
        sides = list(_sides(record, paths))
        if any(one.same_id in actor.organisations for one in sides):
            return _only_this(actor, record, at)
        for one in sides:
            chain = kin_of(actor, at).get(one.same_id)
            if chain is not None:
                return Refused("policy.recused_kin", Aspect.VETO, {"other": str(one), "chain": list(chain)})
        return _only_this(actor, record, at)

    return Ground(code, hits, q, why)


OWN_ORGANISATION = taking_part("own-organisation", "organisation")


def recused_by(*grounds: Ground) -> Veto:
    """The veto against deciding roles that the grounds make."""

    def hits(actor: Actor, record: Any, at: datetime) -> bool:
        return any(ground.hits(actor, record, at) for ground in grounds)

    def q(actor: Actor, at: datetime) -> Q:
        hit = Q(pk__in=())
        for ground in grounds:
            hit |= ground.q(actor, at)
        return ~hit

    def why(actor: Actor, record: Any, at: datetime) -> Refused:
        return next(ground for ground in grounds if ground.hits(actor, record, at)).why(actor, record, at)

    return Veto("policy.recused", Aspect.VETO, hits, q, roles=DECIDING, why=why)
