"""Writing capabilities and asking to use them."""

from typing import Any

from django.db import transaction

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.edits import save_edit, values_of
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed
from jiandao.kernel.programme import Programme, beside
from jiandao.kernel.search.changes import note_change
from jiandao.stages.exchange.actions.records import assign, known
from jiandao.stages.exchange.capabilities import effects, lifecycle, policy, states
from jiandao.stages.exchange.models import Booking, Capability
from jiandao.stages.people.writing import role_for

CAPABILITY_FIELDS = (
    "organisation", "title", "language", "keywords", "capability_kind", "text", "field", "level_from", "level_to",
    "place", "opening_hours", "price_fen", "price_unit", "conditions", "bookable", "at_once", "secrecy", "title_other",
    "summary_other", "translated_by",
)  # fmt: skip
BOOKING_FIELDS = ("organisation", "purpose", "first_day", "last_day", "quantity")


@transaction.atomic
def create_capability(*, actor: Actor, programme: Programme, values: dict[str, Any]) -> Capability:
    """A new draft of a capability of the actor's organisation."""
    role = role_for(actor, policy.CREATE_CAPABILITY, values["organisation"])
    made = Capability(programme=programme, created_by=actor.account, **known(values, CAPABILITY_FIELDS))
    made.save()
    after = values_of(made, CAPABILITY_FIELDS)
    journal.record(actor=actor, role=role, verb="create", record=made, after=after, rule=policy.CREATE_CAPABILITY.code)
    return made


@transaction.atomic
def edit_capability(
    *, actor: Actor, capability: Capability, expected_version: int, values: dict[str, Any]
) -> Capability:
    """Change a capability. StaleRecord when somebody saved it in between."""
    fresh: Capability = locked(capability, expected_version)
    role = decide(actor, policy.EDIT_CAPABILITY, fresh)
    if "organisation" in values and values["organisation"].same_id != fresh.organisation.same_id:
        role_for(actor, policy.CREATE_CAPABILITY, values["organisation"])
    before = values_of(fresh, CAPABILITY_FIELDS)
    assign(fresh, values, CAPABILITY_FIELDS)
    described = lifecycle.is_described(actor, fresh, actor.at)
    if fresh.state == states.PUBLISHED and isinstance(described, Refused):
        raise NotAllowed(described)
    after = values_of(fresh, CAPABILITY_FIELDS)
    save_edit(actor=actor, role=role, record=fresh, before=before, after=after, rule=policy.EDIT_CAPABILITY)
    note_change(fresh)
    return fresh


@transaction.atomic
def book(*, actor: Actor, capability: Capability, values: dict[str, Any]) -> Booking:
    """Ask to use a capability on certain days, for an organisation of the actor's."""
    with beside(capability):
        fresh: Capability = locked(capability)
        decide(actor, policy.BOOK_CAPABILITY, fresh)
        if not fresh.bookable:
            raise NotAllowed(Refused("capability.not_bookable", Aspect.STATE))
        role = role_for(actor, policy.BOOK_CAPABILITY, values["organisation"])
        made = Booking(
            programme_id=fresh.programme_id,
            capability=fresh,
            created_by=actor.account,
            **known(values, BOOKING_FIELDS),
        )
        made.save()
        after = values_of(made, BOOKING_FIELDS)
        journal.record(
            actor=actor, role=role, verb="create", record=made, after=after, rule=policy.BOOK_CAPABILITY.code
        )
        effects.tell_of(actor, made, effects.keepers(fresh), "booking.ask")
        return made
