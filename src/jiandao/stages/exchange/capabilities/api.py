"""Capabilities and bookings through the API."""

from datetime import date
from typing import Any

from typing_extensions import TypedDict

from jiandao.kernel.api.bodies import Deed, body_of
from jiandao.kernel.api.endpoints import endpoint
from jiandao.kernel.api.light import Light, of_terms
from jiandao.kernel.api.lists import list_parameters, listed
from jiandao.kernel.api.shapes import (
    PageOut,
    StateOut,
    TimelineOut,
    VerbOut,
    moment,
    state_out,
    timeline_out,
    verbs_out,
)
from jiandao.kernel.api.terms import TermOut, term_out
from jiandao.kernel.api.writing import checked, do, write
from jiandao.kernel.pages.gate import Request
from jiandao.kernel.pages.records import state_of
from jiandao.kernel.pages.timeline import timeline
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange.api.matches import kinds_of, matches_of
from jiandao.stages.exchange.api.records import searched
from jiandao.stages.exchange.api.router import router
from jiandao.stages.exchange.api.shapes import MatchesOut, UnitOut
from jiandao.stages.exchange.api.units import unit_out
from jiandao.stages.exchange.capabilities import actions, policy, queries
from jiandao.stages.exchange.capabilities.forms import BookingForm, CapabilityForm
from jiandao.stages.exchange.capabilities.views.bookings import BOOKINGS
from jiandao.stages.exchange.capabilities.views.capabilities import CAPABILITIES, editor
from jiandao.stages.exchange.models import Booking, Capability

NewCapability = body_of("NewCapability", CapabilityForm)
ChangedCapability = body_of("ChangedCapability", CapabilityForm, version=True)
NewBooking = body_of("NewBooking", BookingForm)


class CapabilityRow(TypedDict):
    """A capability as the list shows it."""

    id: str
    version: int
    title: str
    language: str
    kind: str
    organisation: UnitOut
    state: StateOut
    secrecy: str
    field: TermOut | None
    level_from: int | None
    level_to: int | None
    price_fen: int | None
    price_unit: str | None
    bookable: bool
    at_once: int | None
    confirmed_at: str | None
    changed_at: str


class CapabilityPage(PageOut):
    """One page of capabilities; `total` counts what the caller may see."""

    items: list[CapabilityRow]


class CapabilityOut(CapabilityRow):
    """A capability with everything that its page shows."""

    keywords: list[str]
    text: str
    place: str
    opening_hours: str
    conditions: str
    title_other: str
    summary_other: str
    translated_by: str
    may_edit: bool
    verbs: list[VerbOut]


class BookingRow(TypedDict):
    """A booking as the list shows it."""

    id: str
    version: int
    capability: str
    title: str
    organisation: UnitOut
    state: StateOut
    first_day: date
    last_day: date
    quantity: int | None
    changed_at: str


class BookingPage(PageOut):
    """One page of bookings."""

    items: list[BookingRow]


class BookingOut(BookingRow):
    """A booking with everything that its page shows."""

    purpose: str
    verbs: list[VerbOut]


_ROW = Light(
    "public_id", "version", "title", "language", "state_now", "secrecy", "capability_kind", "level_from", "level_to",
    "price_fen", "price_unit", "bookable", "at_once", "published_at", "confirmed_at", "changed_at",
    "organisation__public_id", "organisation__name", *of_terms("field"),
)  # fmt: skip


@endpoint(
    router, "GET", "/capabilities", policy.SEE_CAPABILITIES, name="capabilities", answer=CapabilityPage,
    parameters=list_parameters(CAPABILITIES),
)  # fmt: skip
@quota("search", when=searched)
def capabilities(request: Request) -> Any:
    """The capabilities that the caller may see, filtered, searched and sorted as in the list of the pages."""
    return listed(request, CAPABILITIES, queries.capabilities(request.actor), capability_row, _ROW)


@endpoint(
    router, "POST", "/capabilities", policy.CREATE_CAPABILITY, name="capability-create", answer=CapabilityOut,
    status=201,
)  # fmt: skip
def capability_create(request: Request, body: NewCapability) -> CapabilityOut:  # type: ignore[valid-type]
    """Write a draft."""
    return _again(request, write(request, editor, None, body))


@endpoint(
    router, "GET", "/capabilities/{public_id}", policy.READ_CAPABILITY, records=queries.capability_records,
    name="capability", answer=CapabilityOut,
)  # fmt: skip
def capability(request: Request, record: Capability) -> CapabilityOut:
    """A capability, and what the caller may do with it."""
    return capability_out(request, record)


@endpoint(
    router, "PATCH", "/capabilities/{public_id}", policy.EDIT_CAPABILITY, see=policy.READ_CAPABILITY,
    records=queries.capability_records, name="capability-change", answer=CapabilityOut,
)  # fmt: skip
def capability_change(request: Request, record: Capability, body: ChangedCapability) -> CapabilityOut:  # type: ignore[valid-type]
    """Change what is sent; another version than the saved one answers 409 with both texts."""
    return _again(request, write(request, editor, record, body))


@endpoint(
    router, "POST", "/capabilities/{public_id}/do/{verb}", policy.READ_CAPABILITY, records=queries.capability_records,
    name="capability-do", answer=CapabilityOut,
)  # fmt: skip
def capability_do(request: Request, record: Capability, verb: str, body: Deed) -> CapabilityOut:
    """Do a verb of the lifecycle: publish, confirm, withdraw."""
    return _again(request, do(request, record, verb, body))


@endpoint(
    router, "GET", "/capabilities/{public_id}/timeline", policy.READ_CAPABILITY, records=queries.capability_records,
    name="capability-timeline", answer=TimelineOut,
)  # fmt: skip
def capability_timeline(request: Request, record: Capability) -> TimelineOut:
    """What happened to a capability, newest first."""
    return timeline_out(timeline(record, request.actor, read=policy.READ_CAPABILITY, history=policy.CAPABILITY_HISTORY))


@endpoint(
    router, "GET", "/capabilities/{public_id}/matches", policy.READ_CAPABILITY, records=queries.capability_records,
    name="capability-matches", answer=MatchesOut, faults=(503,), parameters=kinds_of("capability"),
)  # fmt: skip
@quota("search")
def capability_matches(request: Request, record: Capability) -> MatchesOut:
    """The best open challenges (or needs) for a capability, with reasons."""
    return matches_of(request, record)


@endpoint(
    router, "POST", "/capabilities/{public_id}/bookings", policy.BOOK_CAPABILITY, see=policy.READ_CAPABILITY,
    records=queries.capability_records, name="booking-create", answer=BookingOut, status=201,
)  # fmt: skip
def booking_create(request: Request, record: Capability, body: NewBooking) -> BookingOut:  # type: ignore[valid-type]
    """Ask to use a capability on certain days."""
    form = checked(body, lambda data: BookingForm(data, actor=request.actor, capability=record))
    return _booked(request, actions.book(actor=request.actor, capability=record, values=dict(form.cleaned_data)))


@endpoint(
    router, "GET", "/bookings", policy.SEE_BOOKINGS, name="bookings", answer=BookingPage,
    parameters=list_parameters(BOOKINGS),
)  # fmt: skip
def bookings(request: Request) -> Any:
    """The bookings that the caller may see."""
    return listed(request, BOOKINGS, queries.bookings(request.actor), booking_row)


@endpoint(
    router, "GET", "/bookings/{public_id}", policy.READ_BOOKING, records=queries.booking_records, name="booking",
    answer=BookingOut,
)  # fmt: skip
def booking(request: Request, record: Booking) -> BookingOut:
    """A booking, and what the caller may do with it."""
    return booking_out(request, record)


@endpoint(
    router, "POST", "/bookings/{public_id}/do/{verb}", policy.READ_BOOKING, records=queries.booking_records,
    name="booking-do", answer=BookingOut,
)  # fmt: skip
def booking_do(request: Request, record: Booking, verb: str, body: Deed) -> BookingOut:
    """Do a verb of the lifecycle: accept, decline, use, cancel."""
    return _booked(request, do(request, record, verb, body))


def capability_row(record: Any) -> CapabilityRow:
    """A capability of `queries.capabilities`, as the list shows it."""
    return CapabilityRow(
        id=record.public_id,
        version=record.version,
        title=record.title,
        language=record.language,
        kind=record.capability_kind,
        organisation=unit_out(record.organisation),
        state=state_out(Capability.kind, record.state_now),
        secrecy=record.secrecy,
        field=term_out(record.field),
        level_from=record.level_from,
        level_to=record.level_to,
        price_fen=record.price_fen,
        price_unit=record.price_unit or None,
        bookable=record.bookable,
        at_once=record.at_once,
        confirmed_at=moment(record.confirmed_at),
        changed_at=moment(record.changed_at) or "",
    )


def capability_out(request: Request, record: Capability) -> CapabilityOut:
    """All of a capability that its page shows."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    return CapabilityOut(
        **capability_row(record),
        keywords=list(record.keywords),
        text=record.text,
        place=record.place,
        opening_hours=record.opening_hours,
        conditions=record.conditions,
        title_other=record.title_other,
        summary_other=record.summary_other,
        translated_by=record.translated_by,
        may_edit=bool(policy.EDIT_CAPABILITY.decide(request.actor, record)),
        verbs=verbs_out(request.actor, record),
    )


def booking_row(record: Any) -> BookingRow:
    """A booking of `queries.bookings`, as the list shows it."""
    return BookingRow(
        id=record.public_id,
        version=record.version,
        capability=record.capability.public_id,
        title=record.capability.title,
        organisation=unit_out(record.organisation),
        state=state_out(Booking.kind, record.state_now),
        first_day=record.first_day,
        last_day=record.last_day,
        quantity=record.quantity,
        changed_at=moment(record.changed_at) or "",
    )


def booking_out(request: Request, record: Booking) -> BookingOut:
    """All of a booking that its page shows."""
    record.state_now = state_of(record, request.actor)  # type: ignore[attr-defined]
    return BookingOut(**booking_row(record), purpose=record.purpose, verbs=verbs_out(request.actor, record))


def _again(request: Request, saved: Capability) -> CapabilityOut:
    return capability_out(request, queries.capability_records().get(pk=saved.pk))


def _booked(request: Request, saved: Booking) -> BookingOut:
    return booking_out(request, queries.booking_records().get(pk=saved.pk))
