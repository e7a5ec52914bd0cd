"""The filters of the lists of introductions and cooperations."""

import django_filters
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.pages.fields import DayInput
from jiandao.kernel.pages.filters import StateFilter, state_filter
from jiandao.stages.exchange.introductions import states
from jiandao.stages.exchange.introductions.tasks import STANDS_STILL, TASKS
from jiandao.stages.exchange.models import CooperationKind, CooperationRecord, Introduction


class IntroductionFilter(StateFilter):
    state = state_filter(states.INTRODUCTION_STATES)
    waits = django_filters.ChoiceFilter(
        label=_("waits for me"),
        method="waiting",
        empty_label=_("any"),
        choices=[(task.code, task.title) for task in (*TASKS, STANDS_STILL)],
    )
    q = django_filters.CharFilter(label=_("words of the question or answer"), method="about")

    reader = states.introduction_reader

    def about(self, records: QuerySet[Introduction], name: str, value: str) -> QuerySet[Introduction]:
        words = value.replace("\0", " ").split()[:5]
        for word in words:
            records = records.filter(
                Q(challenge__title__icontains=word)
                | Q(need__title__icontains=word, need__anonymous=False)
                | Q(result__title__icontains=word)
                | Q(capability__title__icontains=word)
            )
        return records

    def waiting(self, records: QuerySet[Introduction], name: str, value: str) -> QuerySet[Introduction]:
        return records.filter(next(task for task in (*TASKS, STANDS_STILL) if task.code == value).q(self.request.actor))

    class Meta:
        model = Introduction
        fields = ("q", "state", "waits")


class CooperationFilter(StateFilter):
    state = state_filter(states.COOPERATION_STATES)
    cooperation_kind = django_filters.ChoiceFilter(
        label=_("kind"), choices=CooperationKind.choices, empty_label=_("any")
    )
    partner = django_filters.CharFilter(label=_("organisation"), method="with_partner")
    signed_from = django_filters.DateFilter(
        label=_("signed from"), field_name="signed_on", lookup_expr="gte", widget=DayInput
    )

    reader = states.cooperation_reader

    def with_partner(self, records: QuerySet[CooperationRecord], name: str, value: str) -> QuerySet[CooperationRecord]:
        return records.filter(Q(asker__name__icontains=value) | Q(answerer__name__icontains=value))

    class Meta:
        model = CooperationRecord
        fields = ("state", "cooperation_kind", "partner", "signed_from")
