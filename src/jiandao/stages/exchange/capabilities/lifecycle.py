"""The state tables of capabilities and bookings."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle import Guard, Lifecycle, Tone, Transition
from jiandao.kernel.policy import Allowed, Decision, Refused, reasons
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.capabilities import effects, policy
from jiandao.stages.exchange.capabilities.states import (
    ACCEPTED,
    ASKED,
    BOOKING_STATES,
    CANCELLED,
    CAPABILITY_STALE,
    CAPABILITY_STATES,
    DECLINED,
    DRAFT,
    PUBLISHED,
    STALE,
    USED,
    WITHDRAWN,
)
from jiandao.stages.exchange.introductions.effects import end_waiting_with
from jiandao.stages.exchange.models import Booking, Capability

reasons.add(
    {
        "capability.no_text": _("Say in at least %(least)s characters what it can do before you offer it."),
        "booking.over": _("Its last day, %(day)s, is over."),
        "booking.not_begun": _("Its first day, %(day)s, lies ahead."),
    }
)


def is_described(actor: Actor, capability: Capability, at: datetime) -> Decision:
    least = rules.LEAST_DESCRIPTION.at(at, capability.programme_id).value
    if len(capability.text.strip()) < least:
        return Refused("capability.no_text", facts={"least": least})
    return Allowed()


def not_over(actor: Actor, booking: Booking, at: datetime) -> Decision:
    if booking.last_day < clock.local(at).date():
        return Refused("booking.over", facts={"day": booking.last_day})
    return Allowed()


def has_begun(actor: Actor, booking: Booking, at: datetime) -> Decision:
    if booking.first_day > clock.local(at).date():
        return Refused("booking.not_begun", facts={"day": booking.first_day})
    return Allowed()


CAPABILITY = Lifecycle(
    kind=Capability.kind,
    label=_("capability"),
    model=Capability,
    initial=DRAFT,
    states=CAPABILITY_STATES,
    derived=(CAPABILITY_STALE,),
    transitions=(
        Transition(
            "publish",
            pgettext_lazy("capability", "offer"),
            frozenset({DRAFT, WITHDRAWN}),
            PUBLISHED,
            policy.OWN_CAPABILITY,
            guards=(Guard("capability.described", _("What it can do is described."), is_described),),
            stamps=("published_at", "confirmed_at"),
            effects=(effects.refresh_index,),
            hint=_("It can be found, matched with needs, and booked. Once a year you confirm it."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "confirm",
            _("confirm for a year"),
            frozenset({PUBLISHED, STALE}),
            PUBLISHED,
            policy.OWN_CAPABILITY,
            stamps=("confirmed_at",),
            effects=(effects.refresh_index,),
            hint=_("It is still there, with these hours and at this price."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "withdraw",
            _("withdraw"),
            frozenset({DRAFT, PUBLISHED, STALE}),
            WITHDRAWN,
            policy.OWN_CAPABILITY,
            effects=(effects.decline_bookings, end_waiting_with, effects.refresh_index),
            asks_reason=True,
            tone=Tone.STOP,
        ),
    ),
)

BOOKING = Lifecycle(
    kind=Booking.kind,
    label=_("booking"),
    model=Booking,
    initial=ASKED,
    states=BOOKING_STATES,
    transitions=(
        Transition(
            "accept",
            _("accept"),
            frozenset({ASKED}),
            ACCEPTED,
            policy.ANSWER_BOOKING,
            guards=(Guard("booking.ahead", _("Its days are not over."), not_over),),
            stamps=("answered_at",),
            effects=(effects.hold_days, effects.tell_asker),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "decline",
            _("decline"),
            frozenset({ASKED, ACCEPTED}),
            DECLINED,
            policy.ANSWER_BOOKING,
            stamps=("answered_at",),
            effects=(effects.tell_asker,),
            asks_reason=True,
            tone=Tone.STOP,
        ),
        Transition(
            "use",
            _("mark as used"),
            frozenset({ACCEPTED}),
            USED,
            policy.ANSWER_BOOKING,
            guards=(Guard("booking.begun", _("Its first day has come."), has_begun),),
        ),
        Transition(
            "cancel",
            _("cancel"),
            frozenset({ASKED, ACCEPTED}),
            CANCELLED,
            policy.OWN_BOOKING,
            effects=(effects.tell_unit,),
            asks_reason=True,
            tone=Tone.STOP,
        ),
    ),
)
