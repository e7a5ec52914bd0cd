"""The states of capabilities and bookings."""

from datetime import datetime
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.lifecycle.table import Derived, State, StateReader, Tone

DRAFT, PUBLISHED, STALE, WITHDRAWN = "draft", "published", "stale", "withdrawn"
ASKED, ACCEPTED, DECLINED, CANCELLED, USED = "asked", "accepted", "declined", "cancelled", "used"


def years_from(at: datetime, years: int) -> datetime:
    """The same moment so many years later (earlier below zero); of 29 February the 28th in an ordinary year."""
    day = clock.local(at)
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return day.replace(year=day.year + years, day=28)


CAPABILITY_STATES = (
    State(DRAFT, _("draft"), Tone.NEUTRAL, _("Only its organisation sees it.")),
    State(PUBLISHED, pgettext_lazy("capability", "offered"), Tone.ACTIVE, _("It can be found, matched and booked.")),
    State(WITHDRAWN, _("withdrawn"), Tone.STOP, _("It is not offered any more.")),
)
CAPABILITY_STALE = Derived(
    State(STALE, _("not confirmed"), Tone.WAITING, _("Its unit has not said for a year that it is still there.")),
    of=frozenset({PUBLISHED}),
    # Once a year its unit says that it is still there, at this price: a register that nobody looks after sends firms to
    # instruments that were scrapped.
    holds=lambda one, at: one.confirmed_at <= years_from(at, -1),
    q=lambda at: Q(confirmed_at__lte=years_from(at, -1)),
)

BOOKING_STATES = (
    State(ASKED, pgettext_lazy("booking", "asked for"), Tone.WAITING, _("Its unit answers.")),
    State(ACCEPTED, pgettext_lazy("booking", "accepted"), Tone.ACTIVE, _("Its unit expects you on these days.")),
    State(USED, pgettext_lazy("booking", "used"), Tone.DONE, _("The work was done.")),
    State(DECLINED, pgettext_lazy("booking", "declined"), Tone.STOP, _("Its unit said no; the reason is there.")),
    State(
        CANCELLED, pgettext_lazy("booking", "cancelled"), Tone.NEUTRAL, _("Whoever asked does not need it any more.")
    ),
)

CAPABILITY_OUT = frozenset({PUBLISHED, STALE})
CAPABILITY_ALL = frozenset({state.code for state in CAPABILITY_STATES} | {STALE})
BOOKING_ALL = frozenset(state.code for state in BOOKING_STATES)

capability_reader = StateReader((CAPABILITY_STALE,))
booking_reader = StateReader()

_CAPABILITY_LABELS = {state.code: state.label for state in (*CAPABILITY_STATES, CAPABILITY_STALE.state)}
_BOOKING_LABELS = {state.code: state.label for state in BOOKING_STATES}
CAPABILITY_READER: dict[str, Any] = {
    "state_of": capability_reader.of,
    "state_q": capability_reader.q,
    "state_label": _CAPABILITY_LABELS.__getitem__,
}
BOOKING_READER: dict[str, Any] = {
    "state_of": booking_reader.of,
    "state_q": booking_reader.q,
    "state_label": _BOOKING_LABELS.__getitem__,
}
