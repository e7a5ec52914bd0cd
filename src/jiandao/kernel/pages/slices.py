"""Reading a few records of very many: keys first, and counting only as far as somebody may page."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeVar

from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import BooleanField, Model, QuerySet
from django.db.models.expressions import RawSQL

THOUSANDS = 2_000
M = TypeVar("M", bound=Model)


def rows(
    records: "QuerySet[M]", start: int, stop: int, read: "Callable[[QuerySet[M]], QuerySet[Any]] | None" = None
) -> list[Any]:
    """The records at the places [start, stop) of an ordered queryset.

    The keys are found first, within the same statement: to sort whole rows with their texts and joins costs the database
    ten times as much. `read` says what is read of them, the whole records otherwise.
    """
    keys = records.select_related(None).values("pk")[start:stop]
    try:
        sql, parameters = keys.query.sql_with_params()
    except EmptyResultSet:
        return []
    found = read(records) if read else records.all()
    if not any(_to_many(join) for join in found.query.alias_map.values()):
        found.query.clear_where()  # the keys keep it; told twice, the database plans for far too few records
    # As text, because Django would write a subquery's conditions anew under other names; as an array, because the database
    # then takes the records by their keys, however many tables are joined to them.
    table, column = found.model._meta.db_table, found.model._meta.pk.column
    among = f'"{table}"."{column}" = ANY(ARRAY({sql}))'
    return list(found.filter(RawSQL(among, parameters, BooleanField())))  # noqa: S611 - made by Django


def _to_many(join: Any) -> bool:
    """Whether one record may be joined with several; only the condition then says with which."""
    field = getattr(join, "join_field", None)
    return field is not None and not (field.many_to_one or field.one_to_one)


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
