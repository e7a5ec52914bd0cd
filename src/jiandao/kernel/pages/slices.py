"""Reading a few records of very many: keys first, and counting only as far as somebody may page."""

import hashlib
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

THOUSANDS = 2_000
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
    """How many records there are, counted no further than `limit`; and whether there are more.

    To count very many takes the database longer than to read a page of them, and one more or less is then noticed by
    nobody: a count of thousands is kept for `JIANDAO_REMEMBER_SECONDS`, for those who may see the same.
    """
    try:
        # Without order, and without what is annotated for the rows.
        sql, parameters = records.order_by().values("pk")[: limit + 1].query.sql_with_params()
    except EmptyResultSet:
        return 0, False
    key = "count:" + hashlib.sha256(repr((sql, parameters)).encode()).hexdigest()
    found = cache.get(key) if settings.JIANDAO_REMEMBER_SECONDS else None
    if found is None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM ({sql}) found", parameters)  # noqa: S608 - made by Django
            found = cursor.fetchone()[0]
        if found >= THOUSANDS and settings.JIANDAO_REMEMBER_SECONDS:
            cache.set(key, found, settings.JIANDAO_REMEMBER_SECONDS)
    return min(found, limit), found > limit
