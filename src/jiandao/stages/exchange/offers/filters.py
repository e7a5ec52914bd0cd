"""The filters of the list of offers."""

import django_filters
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.pages.filters import StateFilter, state_filter
from jiandao.stages.exchange.models import Offer
from jiandao.stages.exchange.offers import states


class OfferFilter(StateFilter):
    state = state_filter(states.OFFER_STATES)
    result = django_filters.CharFilter(label=_("result"), field_name="result__title", lookup_expr="icontains")
    owner = django_filters.CharFilter(
        label=_("owner"), field_name="result__organisation__name", lookup_expr="icontains"
    )

    reader = states.offer_reader

    class Meta:
        model = Offer
        fields = ("state", "result", "owner")
