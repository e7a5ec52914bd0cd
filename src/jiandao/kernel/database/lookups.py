"""Lookups that Django does not bring."""

from collections.abc import Collection
from typing import Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler


class AnyOf(models.Lookup):
    """`pk__any_of=[…]`: as `pk__in`, with one parameter. A list of a thousand ids, several times in one statement, would
    cost more to put together than the statement costs to run."""

    lookup_name = "any_of"
    prepare_rhs = False

    def __init__(self, lhs: Any, rhs: Collection[int]) -> None:
        super().__init__(lhs, sorted(rhs))

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> tuple[str, tuple[Any, ...]]:
        left, params = self.process_lhs(compiler, connection)
        # As the text of an array: the driver would look at every element of a list twice.
        return f"{left} = ANY(%s::bigint[])", (*params, "{" + ",".join(map(str, self.rhs)) + "}")


models.AutoField.register_lookup(AnyOf)
models.BigAutoField.register_lookup(AnyOf)
