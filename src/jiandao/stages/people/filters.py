"""The filters of the directory."""

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.people.models import Organisation, OrganisationKind


def _prefectures(request: Any) -> QuerySet[Term]:
    found: QuerySet[Term] = Term.objects.of("prefecture", clock.today())
    return found


class OrganisationFilter(django_filters.FilterSet):  # type: ignore[misc]
    name = django_filters.CharFilter(label=_("name"), lookup_expr="icontains")
    organisation_kind = django_filters.ChoiceFilter(
        label=_("kind"), choices=OrganisationKind.choices, empty_label=_("any")
    )
    prefecture = django_filters.ModelChoiceFilter(label=_("prefecture"), queryset=_prefectures, empty_label=_("any"))

    class Meta:
        model = Organisation
        fields = ("name", "organisation_kind", "prefecture")
