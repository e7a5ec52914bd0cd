"""The filters of a list: what the lists of all rooms share."""

from collections.abc import Iterable
from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.lifecycle.table import State, StateReader
from jiandao.kernel.pages.fields import TermChoices
from jiandao.kernel.search.query import containing
from jiandao.kernel.vocabulary.models import Term


def state_filter(states: Iterable[State]) -> django_filters.ChoiceFilter:
    """The filter `state` of a `RecordFilter`, with the states of its records, derived ones too."""
    choices = [(state.code, state.label) for state in states]
    return django_filters.ChoiceFilter(label=_("state"), method="in_state", empty_label=_("any state"), choices=choices)


class _TermFilterField(django_filters.fields.ModelChoiceField):  # type: ignore[misc]
    iterator = TermChoices

    def __init__(self, *args: Any, vocabulary: str, **kwargs: Any) -> None:
        self.vocabulary = vocabulary
        super().__init__(*args, **kwargs)


class TermFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    """By one of the terms of a vocabulary that are valid today."""

    field_class = _TermFilterField

    def __init__(self, vocabulary: str, **kwargs: Any) -> None:
        def terms(request: Any) -> QuerySet[Term]:
            return Term.objects.of(vocabulary, clock.today())

        super().__init__(queryset=terms, vocabulary=vocabulary, empty_label=_("any"), **kwargs)


class StateFilter(django_filters.FilterSet):  # type: ignore[misc]
    """The state at this moment. A room gives `reader`, and `state = state_filter(…)`."""

    reader: StateReader

    def in_state(self, records: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return records.filter(self.reader.q([value], self.request.actor.at))


class RecordFilter(StateFilter):
    """Words (`q`) besides, for records that can be searched."""

    q = django_filters.CharFilter(label=_("words"), method="with_words")

    def with_words(self, records: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return containing(records, value)
