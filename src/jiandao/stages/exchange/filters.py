"""The filters of the lists of needs and results."""

from datetime import date, datetime, time
from typing import Any

import django_filters
from django import forms
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.pages.fields import DayInput
from jiandao.kernel.pages.filters import RecordFilter, TermFilter, state_filter
from jiandao.kernel.secrecy import Level
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import funnel, lifecycle, policy, queries, states
from jiandao.stages.exchange.introductions import figures
from jiandao.stages.exchange.models import Challenge, Need, ResearchResult
from jiandao.stages.exchange.tasks import TASKS


class Searched(RecordFilter):
    """What both lists can be searched by."""

    state = state_filter(())  # each list says which
    organisation = django_filters.CharFilter(
        label=_("organisation"), field_name="organisation__name", lookup_expr="icontains"
    )
    field = TermFilter("field", label=_("technical field"))


STEPS = {
    "entered": _("entered"),
    "submitted": _("submitted"),
    "form-passed": _("form check passed"),
    "assessed": _("technology checked"),
    "published": _("published"),
}


MET = {"introduced": _("introduced"), "in-contact": _("in contact"), "cooperating": _("cooperating")}


def drop_causes() -> list[tuple[str, Any]]:
    """The causes by which the verbs of a need let it drop, and the merging of needs."""
    causes = (cause for one in lifecycle.NEED.transitions for cause in one.causes)
    return [*((cause.code, cause.label) for cause in causes), ("merged", _("merged into a challenge"))]


class NeedFilter(Searched):
    state = state_filter((*states.NEED_STATES, states.NEED_EXPIRED.state))
    waits = django_filters.ChoiceFilter(
        label=_("waits for me"),
        method="waiting",
        empty_label=_("any"),
        choices=[(task.code, task.title) for task in TASKS],
    )
    reached = django_filters.ChoiceFilter(
        label=_("came as far as"), method="came_to", empty_label=_("any"), choices=list(STEPS.items())
    )
    stopped = django_filters.ChoiceFilter(
        label=_("went no further than"), method="stopped_at", empty_label=_("any"), choices=list(STEPS.items())
    )
    met = django_filters.ChoiceFilter(
        label=_("met an answer"), method="has_met", empty_label=_("any"), choices=list(MET.items())
    )
    drop_cause = django_filters.ChoiceFilter(label=_("cause of the drop"), choices=drop_causes(), empty_label=_("any"))
    direction = TermFilter("direction", label=_("direction"))
    prefecture = TermFilter("prefecture", label=_("prefecture"), method="in_prefecture")
    secrecy = django_filters.ChoiceFilter(label=_("secrecy"), choices=Level.choices, empty_label=_("any"))
    deadline_from = django_filters.DateFilter(
        label=_("answers until, from"), field_name="deadline", lookup_expr="gte", widget=DayInput
    )
    deadline_to = django_filters.DateFilter(
        label=_("answers until, to"), field_name="deadline", lookup_expr="lte", widget=DayInput
    )
    published_from = django_filters.DateFilter(
        label=_("first published, from"), method="first_published", widget=DayInput
    )
    published_to = django_filters.DateFilter(label=_("first published, to"), method="first_published", widget=DayInput)

    reader = states.need_reader

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not any(task.role in self.request.actor.roles for task in TASKS):
            self.form.fields["waits"].widget = forms.HiddenInput()
        if not self.request.actor.roles & (policy.OFFICERS | policy.OBSERVERS):
            self.form.fields["met"].widget = forms.HiddenInput()

    def came_to(self, records: QuerySet[Need], name: str, value: str) -> QuerySet[Need]:
        """The needs that the funnel counts at this step."""
        return records.filter(funnel.REACHED[value], funnel.HANDED_IN)

    def has_met(self, records: QuerySet[Need], name: str, value: str) -> QuerySet[Need]:
        """The needs that the figures count there, as far as the reader may know of what they met."""
        return records.filter(figures.met(self.request.actor, value))

    def first_published(self, records: QuerySet[Need], name: str, value: date) -> QuerySet[Need]:
        """Those first published since a day, or until it, on the programme's clock."""
        bounds = {
            "published_from": Q(first_out__gte=datetime.combine(value, time.min, clock.SHANGHAI)),
            "published_to": Q(first_out__lte=datetime.combine(value, time.max, clock.SHANGHAI)),
        }
        return records.alias(first_out=figures.FIRST_PUBLISHED).filter(bounds[name], published_at__isnull=False)

    def in_prefecture(self, records: QuerySet[Need], name: str, value: Term) -> QuerySet[Need]:
        return records.filter(queries.lies_in(value))

    def stopped_at(self, records: QuerySet[Need], name: str, value: str) -> QuerySet[Need]:
        """The needs that the funnel counts as furthest at this step."""
        return self.came_to(records, name, value).exclude(funnel.beyond(value))

    def waiting(self, records: QuerySet[Need], name: str, value: str) -> QuerySet[Need]:
        return records.filter(next(task for task in TASKS if task.code == value).q(self.request.actor))

    class Meta:
        model = Need
        fields = ("q", "state", "direction", "field", "prefecture", "organisation", "secrecy", "drop_cause")


class ChallengeFilter(RecordFilter):
    state = state_filter((*states.CHALLENGE_STATES, states.CHALLENGE_EXPIRED.state))
    direction = TermFilter("direction", label=_("direction"))
    field = TermFilter("field", label=_("technical field"))
    prefecture = TermFilter("prefecture", label=_("prefecture"))
    deadline_from = django_filters.DateFilter(
        label=_("answers until, from"), field_name="deadline", lookup_expr="gte", widget=DayInput
    )

    reader = states.challenge_reader

    class Meta:
        model = Challenge
        fields = ("q", "state", "direction", "field", "prefecture")


class ResultFilter(Searched):
    state = state_filter(states.RESULT_STATES)
    trl = TermFilter("trl", label=_("readiness level"))

    reader = states.result_reader

    class Meta:
        model = ResearchResult
        fields = ("q", "state", "field", "trl", "organisation")
