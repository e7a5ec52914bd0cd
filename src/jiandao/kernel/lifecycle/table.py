"""The declarative table of one record type."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.db.models import Case, CharField, F, Model, Q, QuerySet, Value, When
from django.utils.functional import Promise

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy.decisions import Decision
from jiandao.kernel.policy.rules import NOBODY, Rule

Label = str | Promise


class Tone(StrEnum):
    """How a state is painted; never the only sign of it."""

    NEUTRAL = "neutral"
    WAITING = "waiting"
    ACTIVE = "active"
    DONE = "done"
    STOP = "stop"


@dataclass(frozen=True)
class State:
    """A state: its code, the word for it, and its tone. `hint` says what it means to a newcomer."""

    code: str
    label: Label
    tone: Tone = Tone.NEUTRAL
    hint: Label = ""


@dataclass(frozen=True)
class Derived:
    """A state that follows from dates and is never stored: `holds` and `q` are twins over the stored states `of`."""

    state: State
    of: frozenset[str]
    holds: Callable[[Any, datetime], bool]
    q: Callable[[datetime], Q]


@dataclass(frozen=True)
class Guard:
    """A condition on the record itself. `prefetch` names what `check` reads, so that a list stays at constant queries."""

    code: str
    sentence: Label
    check: Callable[[Actor, Any, datetime], Decision]
    prefetch: tuple[str, ...] = ()


CAUSES: dict[str, Label] = {}  # code -> words, of all lifecycles


@dataclass(frozen=True)
class Cause:
    """One of the causes among which whoever does a verb chooses, so that they can be counted. Its code is unique in the house."""

    code: str
    label: Label


@dataclass(frozen=True)
class Transition:
    """From these states, by this verb, to that state; who may is `rule`; `effects` run in the same transaction.

    Effects are database writes, or jobs deferred on the same connection; none calls the network, a file or an index.
    """

    verb: str
    label: Label
    sources: frozenset[str]
    target: str
    rule: Rule
    guards: tuple[Guard, ...] = ()
    effects: tuple[Callable[[Any], None], ...] = ()
    asks_reason: bool = False
    causes: tuple[Cause, ...] = ()  # one of them is asked for, beside the reason in words
    keeps_cause: str = ""  # the field of the record that takes the code of the cause
    on_page: bool = False  # it needs more than a button: the room has a page for it
    stamps: tuple[str, ...] = ()  # fields that take the moment of the transition
    stamps_once: tuple[str, ...] = ()  # fields that take the moment of the first time, and keep it
    hint: Label = ""  # what happens then, for the reader of the button
    tone: Tone = Tone.NEUTRAL


@dataclass(frozen=True)
class Lifecycle:
    """All states and transitions of one kind of record. The stored state is the field `state` of the model."""

    kind: str
    label: Label
    model: type[Model]
    initial: str
    states: tuple[State, ...]
    transitions: tuple[Transition, ...] = ()
    derived: tuple[Derived, ...] = ()
    by_code: dict[str, State] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        by_code = {state.code: state for state in (*self.states, *(one.state for one in self.derived))}
        object.__setattr__(self, "by_code", by_code)
        stored = {state.code for state in self.states}
        verbs = [transition.verb for transition in self.transitions]
        for transition in self.transitions:
            unknown = (transition.sources - by_code.keys()) | ({transition.target} - stored)
            if unknown:
                raise ValueError(f"{self.kind}.{transition.verb} names unknown states: {sorted(unknown)}")
        if len(set(verbs)) != len(verbs):
            raise ValueError(f"{self.kind} has two transitions of one verb")
        for transition in self.transitions:
            for cause in transition.causes:
                CAUSES[cause.code] = cause.label
        if self.kind in _LIFECYCLES:
            raise ValueError(f"two lifecycles for {self.kind}")
        _LIFECYCLES[self.kind] = self

    def transition(self, verb: str) -> Transition:
        """The transition of that verb; KeyError when there is none."""
        for transition in self.transitions:
            if transition.verb == verb:
                return transition
        raise KeyError(verb)

    def state_label(self, code: str) -> Label:
        return self.by_code[code].label


@dataclass(frozen=True)
class StateReader:
    """State at a moment, with its SQL twin. Policy and lifecycle of one kind share it."""

    derived: tuple[Derived, ...] = ()

    def of(self, record: Any, at: datetime) -> str:
        """The state of a record at that moment, dates counted in."""
        for one in self.derived:
            if record.state in one.of and one.holds(record, at):
                return one.state.code
        stored: str = record.state
        return stored

    def q(self, states: Iterable[str], at: datetime) -> Q:
        """Records that are in one of `states` at that moment."""
        wanted = frozenset(states)
        unwanted = [one for one in self.derived if one.state.code not in wanted]
        plain = wanted - {one.state.code for one in self.derived}
        # Stored states that count whatever the date says; the database is asked for dates of the others alone.
        whole = plain - frozenset().union(*(one.of for one in unwanted))
        found = Q(state__in=sorted(whole)) if whole else NOBODY
        if plain - whole:
            found |= self._but_for(unwanted, Q(state__in=sorted(plain - whole)), at)
        for place, one in enumerate(self.derived):
            if one.state.code in wanted and one.of - whole:
                earlier = [other for other in self.derived[:place] if other in unwanted and other.of & one.of]
                found |= self._but_for(earlier, Q(state__in=sorted(one.of - whole)) & one.q(at), at)
        return found

    @staticmethod
    def _but_for(derived: "Iterable[Derived]", found: Q, at: datetime) -> Q:
        for one in derived:
            found &= ~(Q(state__in=sorted(one.of)) & one.q(at))
        return found

    def annotate(self, queryset: QuerySet[Any], at: datetime) -> QuerySet[Any]:
        """Adds `state_now`."""
        whens = [When(Q(state__in=sorted(one.of)) & one.q(at), then=Value(one.state.code)) for one in self.derived]
        now = Case(*whens, default=F("state"), output_field=CharField())
        annotated: QuerySet[Any] = queryset.annotate(state_now=now)
        return annotated


_LIFECYCLES: dict[str, Lifecycle] = {}


def lifecycle_of(kind: str) -> Lifecycle:
    """The lifecycle of a kind of record; KeyError when it has none."""
    return _LIFECYCLES[kind]


def lifecycles() -> dict[str, Lifecycle]:
    """All lifecycles by kind."""
    return dict(sorted(_LIFECYCLES.items()))
