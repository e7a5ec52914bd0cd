"""The filters of the lists of capabilities and bookings."""

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.pages.filters import RecordFilter, StateFilter, TermFilter, state_filter
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.capabilities import states
from jiandao.stages.exchange.models import Booking, Capability, CapabilityKind
from jiandao.stages.exchange.queries import lies_in


class CapabilityFilter(RecordFilter):
    state = state_filter((*states.CAPABILITY_STATES, states.CAPABILITY_STALE.state))
    capability_kind = django_filters.ChoiceFilter(label=_("kind"), choices=CapabilityKind.choices, empty_label=_("any"))
    field = TermFilter("field", label=_("technical field"))
    prefecture = TermFilter("prefecture", label=_("prefecture"), method="in_prefecture")
    organisation = django_filters.CharFilter(
        label=_("unit that offers it"), field_name="organisation__name", lookup_expr="icontains"
    )

    reader = states.capability_reader

    def in_prefecture(self, records: QuerySet[Capability], name: str, value: Term) -> QuerySet[Capability]:
        return records.filter(lies_in(value))

    class Meta:
        model = Capability
        fields = ("q", "state", "capability_kind", "field", "prefecture", "organisation")


class BookingFilter(StateFilter):
    state = state_filter(states.BOOKING_STATES)
    capability = django_filters.CharFilter(
        label=_("capability"), field_name="capability__title", lookup_expr="icontains"
    )

    reader = states.booking_reader

    class Meta:
        model = Booking
        fields = ("state", "capability")
