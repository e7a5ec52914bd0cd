"""What can be asked about capabilities and bookings."""

from django.db.models import QuerySet

from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.exchange.capabilities import policy, states
from jiandao.stages.exchange.models import Booking, Capability

_RELATED = ("programme", "organisation", "organisation__prefecture", "field")


def capabilities(actor: Actor) -> QuerySet[Capability]:
    """Capabilities of the current programme that the actor may see, with `state_now`."""
    found = Capability.objects.filter(policy.READ_CAPABILITY.q(actor)).select_related(*_RELATED)
    return states.capability_reader.annotate(found, actor.at)


def capability_records() -> QuerySet[Capability]:
    """Capabilities of the current programme for `access`, with all that a page of one shows."""
    return Capability.objects.select_related(*_RELATED, "contact")


_BOOKED = ("programme", "organisation", "capability", "capability__organisation", "created_by")


def bookings(actor: Actor) -> QuerySet[Booking]:
    """Bookings of the current programme that the actor may see, with `state_now`."""
    found = Booking.objects.filter(policy.READ_BOOKING.q(actor)).select_related(*_BOOKED)
    return states.booking_reader.annotate(found, actor.at)


def booking_records() -> QuerySet[Booking]:
    """Bookings of the current programme for `access`, with all that a page of one shows."""
    return Booking.objects.select_related(*_BOOKED, "capability__programme")
