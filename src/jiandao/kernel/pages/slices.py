"""Reading a few records of very many: keys first, and counting only as far as somebody may page."""

from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def rows(records: "QuerySet[M]", start: int, stop: int, key_of: Callable[[Any], Any] = attrgetter("pk")) -> list[M]:
    """The records at the places [start, stop) of an ordered queryset.

    The keys are read first: to sort whole rows with their texts and joins costs the database ten times as much.
    `key_of` finds the key of what is read, when that is not records.
    """
    keys = list(records.values_list("pk", flat=True)[start:stop])
    by_key: dict[Any, M] = {key_of(one): one for one in records.order_by().filter(pk__in=keys)} if keys else {}
    # Between the two queries a record may have changed so that it is not to be seen any more.
    return [by_key[key] for key in keys if key in by_key]


def count_to(records: "QuerySet[Any]", limit: int) -> tuple[int, bool]:
    """How many records there are, counted no further than `limit`; and whether there are more."""
    found = records.order_by().values("pk")[: limit + 1].count()  # without what is annotated for the rows
    return min(found, limit), found > limit
