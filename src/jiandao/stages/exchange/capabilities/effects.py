"""What follows from the verbs of capabilities and bookings."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle.perform import Event
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.search.changes import note_change
from jiandao.stages.exchange.models import Booking, Capability
from jiandao.stages.people.models import Organisation
from jiandao.stages.people.queries import ids_same_as

MESSAGES.update(
    {
        "booking.ask": _("%(organisation)s asks to use %(title)s from %(first)s to %(last)s."),
        "booking.accept": _("Your booking was accepted: %(title)s, from %(first)s to %(last)s."),
        "booking.decline": _("Your booking was declined: %(title)s. Reason: %(reason)s"),
        "booking.cancel": _("A booking was cancelled: %(title)s, from %(first)s to %(last)s. Reason: %(reason)s"),
        "capability.confirm": _("Is it still there, at this price? Confirm %(title)s until %(until)s."),
    }
)


def refresh_index(event: Event) -> None:
    """Ask the followers to look at the capability again."""
    note_change(event.record)


def keepers(capability: Capability) -> list[Account]:
    """Who looks after a capability: whoever entered it, while still acting for its unit; otherwise all who may."""
    unit = _unit(capability.organisation, Role.RESEARCH_OFFICE, Role.UNIT_ADMINISTRATOR, Role.RESEARCHER)
    maker = [account for account in unit if account.pk == capability.created_by_id]
    return maker or _unit(capability.organisation, Role.RESEARCH_OFFICE, Role.UNIT_ADMINISTRATOR) or unit


def tell_unit(event: Event) -> None:
    """The unit that offers the capability of a booking."""
    tell_of(event.actor, event.record, keepers(event.record.capability), f"booking.{event.verb}", event.reason)


def tell_asker(event: Event) -> None:
    """Whoever asked, and nobody else: a booking is a matter of one person's days."""
    booking = event.record
    accounts = [booking.created_by] if booking.created_by is not None else []
    tell_of(event.actor, booking, accounts, f"booking.{event.verb}", event.reason)


def tell_of(actor: Actor, booking: Booking, accounts: list[Account], code: str, reason: str = "") -> None:
    facts = {
        "title": booking.capability.title,
        "organisation": booking.organisation.name,
        "first": booking.first_day,
        "last": booking.last_day,
        "reason": reason,
    }
    tell(accounts=accounts, code=code, record=booking, actor=actor, facts=facts)


def _unit(organisation: Organisation, *roles: Role) -> list[Account]:
    return list(holders(set(roles), Scope.ORGANISATION, ids_same_as(organisation.pk)))
