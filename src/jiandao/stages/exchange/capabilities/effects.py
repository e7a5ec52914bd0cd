"""What follows from the verbs of capabilities and bookings."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle.perform import Event, save_version
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.kernel.search.changes import note_change
from jiandao.stages.exchange.capabilities import policy
from jiandao.stages.exchange.capabilities.states import ACCEPTED, ASKED, DECLINED
from jiandao.stages.exchange.models import Booking, Capability
from jiandao.stages.people.models import Organisation
from jiandao.stages.people.queries import ids_same_as

reasons.add(
    {
        "capability.not_bookable": _("It is not booked here; ask its unit by an introduction."),
        "booking.taken": _("It takes %(most)s at the same time, and %(day)s is taken; agree on other days."),
    }
)
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
    """Whoever asked, while acting for the organisation that asks; otherwise those who act for it now."""
    tell_of(event.actor, event.record, askers(event.record), f"booking.{event.verb}", event.reason)


def askers(booking: Booking) -> list[Account]:
    unit = _unit(booking.organisation, *policy.BOOKERS)
    return [account for account in unit if account.pk == booking.created_by_id] or unit


def hold_days(event: Event) -> None:
    """No more bookings are accepted for a day than the capability takes at the same time."""
    booking = event.record
    capability = Capability.everywhere().select_for_update(of=("self",)).get(pk=booking.capability_id)
    if capability.at_once is None:
        return
    beside = Booking.everywhere().filter(
        capability=capability, state=ACCEPTED, first_day__lte=booking.last_day, last_day__gte=booking.first_day
    )
    taken = list(beside.exclude(pk=booking.pk).values_list("first_day", "last_day"))
    # It is fullest on one of the days on which a booking begins.
    for day in {booking.first_day, *(first for first, _last in taken if first >= booking.first_day)}:
        if sum(first <= day <= last for first, last in taken) >= capability.at_once:
            raise NotAllowed(Refused("booking.taken", Aspect.STATE, {"day": day, "most": capability.at_once}))


def decline_bookings(event: Event) -> None:
    """Nobody travels to what was withdrawn: bookings that lie ahead are declined with the same reason."""
    ahead = Booking.everywhere().filter(
        capability=event.record, state__in=[ASKED, ACCEPTED], last_day__gte=clock.local(event.at).date()
    )
    for booking in ahead.select_for_update(of=("self",)).select_related("capability", "organisation", "created_by"):
        before, booking.state, booking.answered_at = booking.state, DECLINED, event.at
        save_version(booking, ["state", "answered_at"])
        journal.record(
            actor=event.actor,
            verb="decline",
            record=booking,
            before={"state": before},
            after={"state": DECLINED},
            reason=event.reason,
            rule=policy.OWN_CAPABILITY.code,
        )
        tell_of(event.actor, booking, askers(booking), "booking.decline", event.reason)


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
