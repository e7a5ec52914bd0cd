"""Inserting many records at once by COPY, which costs half of what INSERT does."""

from collections.abc import Sequence
from typing import Any

from django.db import connection
from django.db.models import Model
from psycopg import sql


def copy_records(model: type[Model], records: Sequence[Any]) -> None:
    """Insert the records; they get their keys. Values go as they are: fields that need more than the driver's own
    adaptation (JSON) cannot be copied. No signals, no `save`."""
    if not records:
        return
    fields = [one for one in model._meta.concrete_fields if not one.generated]
    table, key = model._meta.db_table, str(getattr(model._meta.pk, "column", "id"))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, %s)) FROM generate_series(1, %s)", [table, key, len(records)]
        )
        for one, (number,) in zip(records, cursor.fetchall(), strict=True):
            one.pk = number
        names = sql.SQL(", ").join([sql.Identifier(str(one.column)) for one in fields])
        with cursor.copy(sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table), names)) as copy:
            for one in records:
                copy.write_row([getattr(one, field.attname) for field in fields])
