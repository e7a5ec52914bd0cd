"""Asking what is allowed, and doing it: one transaction, one lock, one journal entry."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, prefetch_related_objects
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.table import CAUSES, Lifecycle, StateReader, Transition, lifecycle_of
from jiandao.kernel.policy.decisions import Allowed, Aspect, Decision, NotAllowed, Refused, reasons
from jiandao.kernel.programme import beside
from jiandao.kernel.rulebook import one_reading
from jiandao.kernel.secrecy import known_ids

reasons.add(
    {
        "lifecycle.state": _("This is possible only while the record is: %(possible)s. Now it is: %(state)s."),
        "lifecycle.reason_missing": _("Give a reason: those concerned will read it."),
        "lifecycle.cause_missing": _("Choose one of the causes: %(causes)s."),
        "lifecycle.own_page": _("“%(verb)s” asks for more than a button: use its own page, in the API its own route."),
        "lifecycle.changed": _(
            "%(who)s did “%(verb)s” on this record at %(at)s, after you opened it. Nothing was done again; "
            "look at it as it is now."
        ),
    }
)

R = TypeVar("R", bound=Any)
name_fact("cause", _("cause"), lambda code: str(CAUSES.get(code, code)))


class StaleRecord(NotAllowed):
    """Somebody else changed the record since the caller read it; the refusal says who, what and when."""


@dataclass(frozen=True)
class Event:
    """What an effect is told."""

    actor: Actor
    record: Any
    verb: str
    source: str
    target: str
    reason: str
    at: datetime
    facts: dict[str, Any] = field(default_factory=dict)


def allowed(actor: Actor, record: Any) -> dict[str, Decision]:
    """The answer for every verb of the record's lifecycle."""
    return allowed_many(actor, [record])[record.pk]


def allowed_many(actor: Actor, records: Sequence[Any]) -> dict[Any, dict[str, Decision]]:
    """The answers for a whole list of one kind, in a number of queries that does not grow with it."""
    if not records:
        return {}
    with beside(records[0]), one_reading():  # a list is of one programme
        return _answers(actor, records)


def _answers(actor: Actor, records: Sequence[Any]) -> dict[Any, dict[str, Decision]]:
    table = lifecycle_of(records[0].kind)
    lookups = {lookup for transition in table.transitions for guard in transition.guards for lookup in guard.prefetch}
    if lookups:
        prefetch_related_objects(records, *sorted(lookups))
    if hasattr(records[0], "secrecy"):
        known_ids(actor, table.kind)
    return {
        record.pk: {
            transition.verb: decide(table, transition, actor, record, actor.at) for transition in table.transitions
        }
        for record in records
    }


def decide(table: Lifecycle, transition: Transition, actor: Actor, record: Any, at: datetime) -> Decision:
    """May this actor do this verb to this record: right first, then state, then guards."""
    right = transition.rule.decide(actor, record, at)
    if isinstance(right, Refused):
        return right
    state = StateReader(table.derived).of(record, at)
    if state not in transition.sources:
        return Refused(
            "lifecycle.state",
            Aspect.STATE,
            {
                "possible": [table.state_label(one) for one in sorted(transition.sources)],
                "state": table.state_label(state),
            },
        )
    for guard in transition.guards:
        answer = guard.check(actor, record, at)
        if isinstance(answer, Refused):
            return answer
    return right


def press(*, actor: Actor, record: R, verb: str, expected_version: int | None, reason: str, cause: str) -> R:
    """Do a verb for which a button is enough; as `perform`, and NotAllowed for one that the room has a page for.

    Whatever comes from outside by the name of the verb alone goes through here: what such a page asks for (a report, an
    agreement, a challenge) would be missing.
    """
    transition = lifecycle_of(record.kind).transition(verb)
    if transition.on_page:
        raise NotAllowed(Refused("lifecycle.own_page", Aspect.GUARD, {"verb": transition.label}))
    done: R = perform(
        actor=actor, record=record, verb=verb, expected_version=expected_version, reason=reason, cause=cause
    )
    return done


@transaction.atomic
def perform(
    *,
    actor: Actor,
    record: R,
    verb: str,
    expected_version: int | None = None,
    reason: str = "",
    cause: str = "",
    facts: dict[str, Any] | None = None,
) -> R:
    """Do `verb` to `record`: lock, check again, change the state, run the effects, write the journal.

    Raises StaleRecord when the record is not the version that the caller saw, NotAllowed with the reason otherwise.
    Returns the fresh record.
    """
    with beside(record):
        return _perform(actor, record, verb, expected_version, reason, cause, facts or {})


def _perform(
    actor: Actor,
    record: R,
    verb: str,
    expected_version: int | None,
    reason: str,
    cause: str,
    facts: dict[str, Any],
) -> R:
    table = lifecycle_of(record.kind)
    transition = table.transition(verb)
    fresh = locked(record)
    at = clock.now()
    answer = decide(table, transition, actor, fresh, at)
    if isinstance(answer, Refused) and answer.aspect in _WHOSE:
        raise NotAllowed(answer)  # before it is told what somebody else did: that is for those whose verb it is
    refuse_stale(fresh, expected_version)
    if isinstance(answer, Refused):
        raise NotAllowed(answer)
    if transition.asks_reason and not reason.strip():
        raise NotAllowed(Refused("lifecycle.reason_missing"))
    if transition.causes:
        facts = {**facts, "cause": _cause(transition, cause)}
    source = StateReader(table.derived).of(fresh, at)
    fresh.state = transition.target
    stamps = [*transition.stamps, *(name for name in transition.stamps_once if getattr(fresh, name) is None)]
    for name in stamps:
        setattr(fresh, name, at)
    kept = [transition.keeps_cause] if transition.keeps_cause else []
    for name in kept:
        setattr(fresh, name, facts["cause"])
    save_version(fresh, update_fields=["state", *stamps, *kept])
    event = Event(actor, fresh, verb, source, transition.target, reason.strip(), at, facts)
    for effect in transition.effects:
        effect(event)
    journal.record(
        actor=actor,
        role=answer.role,
        verb=verb,
        record=fresh,
        before={"state": source},
        after={"state": transition.target},
        reason=reason.strip(),
        facts=facts,
        rule=transition.rule.code,
    )
    return fresh


def _cause(transition: Transition, code: str) -> str:
    """The code of the cause that was chosen; NotAllowed when it is none of those that the verb knows."""
    if code not in {one.code for one in transition.causes}:
        labels = [one.label for one in transition.causes]
        raise NotAllowed(Refused("lifecycle.cause_missing", facts={"causes": labels}))
    return code


_WHOSE = frozenset({Aspect.ROLE, Aspect.RELATION, Aspect.LEVEL})


def locked(record: R, expected_version: int | None = None) -> R:
    """The record, read again under a row lock. StaleRecord when it is not the version that the caller saw."""
    model: type[Model] = type(record)
    fresh = model._base_manager.select_for_update(of=("self",)).get(pk=record.pk)
    refuse_stale(fresh, expected_version)
    return fresh  # type: ignore[return-value]


def refuse_stale(fresh: Any, expected_version: int | None) -> None:
    """StaleRecord, with who did what in between, when a locked record is not the version that the caller saw."""
    if expected_version is not None and fresh.version != expected_version:
        last = journal.last_entries(fresh.kind, [fresh.pk]).get(fresh.pk)
        raise StaleRecord(
            Refused(
                "lifecycle.changed",
                Aspect.GUARD,
                {
                    "who": last.who if last else "?",
                    "verb": verb_label(fresh.kind, last.verb) if last else "?",
                    "at": last.at if last else fresh.changed_at,
                },
            )
        )


def verb_label(kind: str, verb: str) -> Any:
    """The word for a verb: of the lifecycle, or of the actions that every record has."""
    try:
        return lifecycle_of(kind).transition(verb).label
    except KeyError:
        return COMMON_VERBS.get(verb, verb)


COMMON_VERBS: dict[str, Any] = {
    "create": _("create"),
    "edit": _("edit"),
    "import": _("import"),
    "attach": _("attach a file"),
    "detach": _("remove a file"),
    "grant": _("grant a role"),
    "end": _("end"),
    "erase": _("erase"),
    "revoke": _("revoke"),
    "set-password": _("set the password"),
}


def save_version(record: Any, update_fields: Sequence[str]) -> None:
    """Save the named fields of a locked record as its next version."""
    record.version += 1
    record.changed_at = clock.now()
    record.save(update_fields=[*update_fields, "version", "changed_at"])


__all__ = ["Allowed", "Event", "StaleRecord", "allowed", "allowed_many", "decide", "locked", "perform", "save_version"]
