"""Bookings: the list, one of them, and asking for one."""

from typing import cast

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.components import Fact, FormPage, Link
from jiandao.kernel.components import Record as RecordPage
from jiandao.kernel.drafts.sent import once
from jiandao.kernel.pages import records as pages
from jiandao.kernel.pages.gate import Request, page
from jiandao.kernel.pages.lists import ListColumn, ListOf, export_links
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.timeline import whole_timeline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.public_ids import new_public_id
from jiandao.kernel.quotas import quota
from jiandao.stages.exchange.capabilities import actions, lifecycle, policy, queries, states
from jiandao.stages.exchange.capabilities.filters import BookingFilter
from jiandao.stages.exchange.capabilities.forms import BookingForm
from jiandao.stages.exchange.capabilities.views.capabilities import price_of
from jiandao.stages.exchange.models import Booking, Capability
from jiandao.stages.people.queries import organisations_of

BOOKINGS = ListOf(
    title=gettext_lazy("Bookings"),
    name="bookings",
    columns=(
        ListColumn(
            gettext_lazy("capability"),
            lambda b: b.capability.title,
            primary=True,
            sort="capability",
            order_by=("capability__sort_key",),
        ),
        ListColumn(gettext_lazy("unit that offers it"), lambda b: b.capability.organisation.name),
        ListColumn(
            gettext_lazy("organisation that asks"),
            lambda b: b.organisation.name,
            sort="organisation",
            order_by=("organisation__sort_key",),
        ),
        ListColumn(gettext_lazy("from"), lambda b: b.first_day, "day", sort="first", order_by=("first_day",)),
        ListColumn(gettext_lazy("until"), lambda b: b.last_day, "day", sort="last", order_by=("last_day",)),
        ListColumn(gettext_lazy("state"), lambda b: pages.state_badge(lifecycle.BOOKING, b.state_now), "badge"),
        ListColumn(gettext_lazy("changed"), lambda b: b.changed_at, "moment", sort="changed", order_by=("changed_at",)),
        ListColumn(gettext_lazy("id"), lambda b: b.public_id, only_exported=True),
    ),
    filters=BookingFilter,
    default_order="-changed",
    url=url_of,
    empty=gettext_lazy("No booking is here that you may see."),
    muted=lambda b: b.state_now in {states.DECLINED, states.CANCELLED},
    route="exchange:bookings",
)


@page(policy.SEE_BOOKINGS)
def bookings(request: Request) -> HttpResponse:
    slug = {"programme": request.programme.slug}  # type: ignore[union-attr]
    listing = BOOKINGS.listing(
        request,
        queries.bookings(request.actor),
        exports=export_links(lambda form: reverse("exchange:booking-export", kwargs={**slug, "form": form})),
    )
    return render(request, "list.html", {"listing": listing})


@page(policy.SEE_BOOKINGS)
@quota("export")
def booking_export(request: Request, form: str) -> HttpResponse:
    return BOOKINGS.export(request, queries.bookings(request.actor), form)


@page(policy.READ_BOOKING, records=queries.booking_records)
def booking(request: Request, record: Booking) -> HttpResponse:
    who = names_of({record.created_by_id}) if record.created_by_id is not None else {}
    shown = RecordPage(
        title=record.capability.title,
        kind=_("Booking"),
        public_id=record.public_id,
        state=pages.state_badge(lifecycle.BOOKING, pages.state_of(record, request.actor)),
        summary=[
            Fact(_("capability"), Link(record.capability.title, url_of(record.capability)), "object"),
            Fact(_("unit that offers it"), record.capability.organisation.name),
            Fact(_("organisation that asks"), record.organisation.name),
            Fact(_("asked by"), who.get(record.created_by_id or 0, "")),
            Fact(_("from"), record.first_day, "day"),
            Fact(_("until"), record.last_day, "day"),
            Fact(_("how much"), record.quantity, "number"),
            Fact(_("price"), price_of(record.capability)),
            Fact(_("what is to be done"), record.purpose, wide=True),
        ],
        actions=pages.next_actions(request.actor, record, lambda verb: _url("booking-do", record, verb=verb)),
        timeline=whole_timeline(record),
        crumbs=[Link(_("Bookings"), reverse("exchange:bookings", kwargs={"programme": record.programme.slug}))],
    )
    return render(request, "record.html", {"record": shown})


@page(policy.READ_BOOKING, records=queries.booking_records, methods=("POST",))
def booking_do(request: Request, record: Booking, verb: str) -> HttpResponse:
    return pages.do(request, record, verb, url_of)


@page(policy.BOOK_CAPABILITY, see=policy.READ_CAPABILITY, records=queries.capability_records, methods=("GET", "POST"))
def capability_book(request: Request, record: Capability) -> HttpResponse:
    """Which days, for what: the unit answers."""
    mine = organisations_of(request.actor, policy.BOOKERS).first()
    form = BookingForm(request.POST or None, actor=request.actor, capability=record, initial={"organisation": mine})
    if request.method == "POST" and form.is_valid():

        def book() -> str:
            made = actions.book(actor=request.actor, capability=record, values=dict(form.cleaned_data))
            return _url("booking", made, programme=record.programme.slug)

        try:
            address = once(cast(Account, request.actor.account), request.POST, book)
        except NotAllowed as refused:
            form.add_error(None, refused.refusal.sentence)
        else:
            messages.success(request, _("The unit was asked; you are told what it says."))
            return redirect(address)
    shown = FormPage(
        title=_("Book: %(capability)s") % {"capability": record.title},
        form=form,
        submit=_("Ask for these days"),
        once=request.POST.get("once") or new_public_id(),
        cancel_url=url_of(record),
        lead=" · ".join(part for part in (record.opening_hours, price_of(record)) if part),
        crumbs=[Link(record.title, url_of(record))],
    )
    return render(request, "form.html", {"page": shown}, status=422 if form.errors else 200)


def _url(name: str, record: Booking, **more: str) -> str:
    kwargs = {"programme": record.programme.slug, "public_id": record.public_id} | more
    return reverse(f"exchange:{name}", kwargs=kwargs)
