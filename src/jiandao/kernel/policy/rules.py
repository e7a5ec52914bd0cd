"""Rules: a role, a relation to the record, and states and secrecy levels in which it counts; each with its SQL twin.

A rule allows when one of its clauses holds and none of its vetoes hits. There is no other way to be allowed, and a
property test proves that `decide` and `q` agree on random worlds.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Model, Q
from django.utils.functional import Promise

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy.decisions import Allowed, Aspect, Decision, Refused

NOBODY = Q(pk__in=())
EVERYTHING = Q()


@dataclass(frozen=True)
class Relation:
    """How an actor stands to a record, seen from one role.

    `holds(actor, role, record)` and `q(actor, role)` are twins; `sentence` names the relation for the reader of a
    refusal ("being the owner").
    """

    code: str
    sentence: str | Promise
    holds: Callable[[Actor, Role, Any], bool]
    q: Callable[[Actor, Role], Q]


@dataclass(frozen=True)
class Clause:
    """One way to be allowed. `states` and `levels` of None mean any."""

    roles: frozenset[Role]
    relation: Relation
    states: frozenset[str] | None = None
    levels: frozenset[str] | None = None


@dataclass(frozen=True)
class Veto:
    """Something that forbids whatever the clauses say. `hits` and `q` are twins; `q` keeps what is not hit."""

    code: str
    aspect: Aspect
    hits: Callable[[Actor, Any, datetime], bool]
    q: Callable[[Actor, datetime], Q]
    roles: frozenset[Role] | None = None  # counts only against rights held under these roles; None: against all
    why: Callable[[Actor, Any, datetime], Refused] | None = None  # the refusal with its facts, where there are any


@dataclass(frozen=True)
class Rule:
    """A right, with the sentence that auditors read."""

    code: str
    sentence: str | Promise
    clauses: tuple[Clause, ...]
    vetoes: tuple[Veto, ...] = ()
    state_of: Callable[[Any, datetime], str] | None = None
    state_q: Callable[[frozenset[str], datetime], Q] | None = None
    state_label: Callable[[str], str | Promise] = field(default=str)
    # `q` asks nobody while it is made (recusal asks for families), and says the same all day: see `policy.sight`.
    by_rights: bool = False

    def __post_init__(self) -> None:
        if self.code in _RULES:
            raise ValueError(f"two rules named {self.code}")
        _RULES[self.code] = self

    def decide(self, actor: Actor, record: Model | None, at: datetime | None = None) -> Decision:
        """Allowed or Refused with the nearest miss: state before level before relation before role."""
        at = at or actor.at
        nearest: Refused | None = None
        for clause in self.clauses:
            for role in sorted(clause.roles & actor.roles):  # the journal keeps it: the same one every time
                refusal = self._miss(clause, role, actor, record, at)
                if refusal is None:
                    return Allowed(role)
                if nearest is None or _NEARNESS[refusal.aspect] > _NEARNESS[nearest.aspect]:
                    nearest = refusal
        if nearest is None:
            roles = [Role(role).label for clause in self.clauses for role in sorted(clause.roles)]
            return Refused("policy.role", Aspect.ROLE, {"roles": dict.fromkeys(roles)})
        return nearest

    def _miss(self, clause: Clause, role: Role, actor: Actor, record: Any, at: datetime) -> Refused | None:
        if not clause.relation.holds(actor, role, record):
            relations = {str(c.relation.sentence) for c in self.clauses if c.roles & actor.roles}
            return Refused("policy.relation", Aspect.RELATION, {"relations": relations})
        for veto in self.vetoes:
            if (veto.roles is None or role in veto.roles) and veto.hits(actor, record, at):
                return veto.why(actor, record, at) if veto.why is not None else Refused(veto.code, veto.aspect)
        if clause.levels is not None and record.secrecy not in clause.levels:
            return Refused("policy.level", Aspect.LEVEL)
        if clause.states is not None:
            assert self.state_of is not None, f"{self.code} names states but no lifecycle"
            state = self.state_of(record, at)
            if state not in clause.states:
                possible = [self.state_label(one) for one in sorted(clause.states)]
                return Refused("policy.state", Aspect.STATE, {"possible": possible, "state": self.state_label(state)})
        return None

    def q(self, actor: Actor, at: datetime | None = None) -> Q:
        """The twin of `decide`: the records for which it answers Allowed."""
        at = at or actor.at
        # Ways that the same vetoes forbid stand together, so that the database is told of a veto once.
        ways: dict[tuple[Veto, ...], list[_Way]] = {}
        for clause in self.clauses:
            for role in sorted(clause.roles & actor.roles):
                vetoes = tuple(veto for veto in self.vetoes if veto.roles is None or role in veto.roles)
                _Way(clause.relation.q(actor, role), clause.states, clause.levels).join(ways.setdefault(vetoes, []))
        found = NOBODY
        for vetoes, known in ways.items():
            conditions = [self._condition(way, at) for way in known]
            one = EVERYTHING if EVERYTHING in conditions else reduce(or_, conditions)
            for veto in vetoes:
                one &= veto.q(actor, at)
            if not one:  # without any condition; Django would read "nobody or (nothing)" as nobody
                return EVERYTHING
            found |= one
        return found

    def _condition(self, way: "_Way", at: datetime) -> Q:
        one = way.related
        if way.states is not None:
            assert self.state_q is not None
            one &= self.state_q(way.states, at)
        if way.levels is not None:
            one &= Q(secrecy__in=sorted(way.levels))
        return one


@dataclass
class _Way:
    """A clause for one role; those that differ in their levels alone are one."""

    related: Q
    states: frozenset[str] | None
    levels: frozenset[str] | None

    def join(self, known: "list[_Way]") -> None:
        for other in known:
            if other.related == self.related and other.states == self.states:
                whole = other.levels is None or self.levels is None
                other.levels = None if whole else (other.levels or frozenset()) | (self.levels or frozenset())
                return
        known.append(self)


_NEARNESS = {Aspect.ROLE: 0, Aspect.RELATION: 1, Aspect.LEVEL: 2, Aspect.VETO: 3, Aspect.STATE: 4, Aspect.GUARD: 5}
_RULES: dict[str, Rule] = {}


def registered_rules() -> dict[str, Rule]:
    """All rules by code, in the order of their codes."""
    return dict(sorted(_RULES.items()))


def rule_sentence(code: str) -> str:
    """The sentence of the rule of that code, in the reader's language; empty when there is none of that code (any more)."""
    return str(_RULES[code].sentence) if code in _RULES else ""


def rule_named(code: str) -> Rule:
    """The rule of that code; KeyError when nobody wrote it."""
    return _RULES[code]
