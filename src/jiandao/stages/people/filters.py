"""The filters of the directory."""

from datetime import date

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.pages.fields import DayInput
from jiandao.kernel.pages.filters import StateFilter, TermFilter, state_filter
from jiandao.stages.people import queries, states
from jiandao.stages.people.models import (
    Certificate,
    CertificateKind,
    Expert,
    IntegrityRecord,
    MergeProposal,
    Organisation,
    OrganisationKind,
)


class OrganisationFilter(StateFilter):
    name = django_filters.CharFilter(label=_("name or code"), method="known_as")
    organisation_kind = django_filters.ChoiceFilter(
        label=_("kind"), choices=OrganisationKind.choices, empty_label=_("any")
    )
    prefecture = TermFilter("prefecture", label=_("prefecture"))
    cluster = TermFilter("cluster", label=_("cluster"), field_name="clusters")
    state = state_filter(states.ORGANISATION_STATES)

    reader = states.organisation_reader

    def known_as(self, records: QuerySet[Organisation], name: str, value: str) -> QuerySet[Organisation]:
        """By any of its names, those of merged entries included."""
        return records.filter(queries.known_as(value)) if "\0" not in value else records.none()

    class Meta:
        model = Organisation
        fields = ("name", "organisation_kind", "prefecture", "cluster", "state")


class CertificateFilter(StateFilter):
    organisation = django_filters.CharFilter(
        label=_("organisation"), field_name="organisation__name", lookup_expr="icontains"
    )
    certificate_kind = django_filters.ChoiceFilter(
        label=_("kind"), choices=CertificateKind.choices, empty_label=_("any")
    )
    state = state_filter((*states.CERTIFICATE_STATES, states.CERTIFICATE_ENDED.state))
    until = django_filters.DateFilter(
        label=_("valid until, at most"), field_name="valid_until", lookup_expr="lte", widget=DayInput
    )

    reader = states.certificate_reader

    class Meta:
        model = Certificate
        fields = ("organisation", "certificate_kind", "state", "until")


class ExpertFilter(StateFilter):
    name = django_filters.CharFilter(label=_("name, unit or words"), method="known_by")
    field = TermFilter("field", label=_("technical field"), field_name="fields")
    state = state_filter((*states.EXPERT_STATES, states.EXPERT_UNAVAILABLE.state))

    reader = states.expert_reader

    def known_by(self, records: QuerySet[Expert], name: str, value: str) -> QuerySet[Expert]:
        return records.filter(queries.expert_known_by(value))

    class Meta:
        model = Expert
        fields = ("name", "field", "state")


class MeasureFilter(django_filters.FilterSet):  # type: ignore[misc]
    about = django_filters.CharFilter(label=_("person or organisation"), method="concerning")
    measure = django_filters.ChoiceFilter(
        label=_("measure"), choices=IntegrityRecord.Measure.choices, empty_label=_("any")
    )
    on = django_filters.DateFilter(label=_("in force on"), method="in_force", widget=DayInput)

    def concerning(self, records: QuerySet[IntegrityRecord], name: str, value: str) -> QuerySet[IntegrityRecord]:
        return records.filter(Q(person__name__icontains=value) | Q(organisation__name__icontains=value))

    def in_force(self, records: QuerySet[IntegrityRecord], name: str, value: date) -> QuerySet[IntegrityRecord]:
        return records.filter(pk__in=IntegrityRecord.objects.on(value))

    class Meta:
        model = IntegrityRecord
        fields = ("about", "measure", "on")


class ProposalFilter(StateFilter):
    name = django_filters.CharFilter(label=_("name"), method="about")
    state = state_filter((*states.PROPOSAL_STATES, states.PROPOSAL_SETTLED.state))

    reader = states.proposal_reader

    def about(self, records: QuerySet[MergeProposal], name: str, value: str) -> QuerySet[MergeProposal]:
        return records.filter(first__name__icontains=value) | records.filter(second__name__icontains=value)

    class Meta:
        model = MergeProposal
        fields = ("name", "state")
