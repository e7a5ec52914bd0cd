"""Rows of a list read as values: no model is made of each record and of all that hangs on it."""

from types import SimpleNamespace
from typing import Any

from django.db.models import QuerySet

from jiandao.kernel.api.terms import TermOut


class Light:
    """The columns of a row; `relation__column` for what stands in a related record, whose first column is never empty.

    A row has the attributes that the record itself would have, so that one function shapes both; a column that was not
    named is an AttributeError, not a further query.
    """

    def __init__(self, *columns: str) -> None:
        self._columns = ("pk", *columns)
        self._own = [name for name in self._columns if "__" not in name]
        self._related: dict[str, list[tuple[str, str]]] = {}
        for path in columns:
            relation, double, name = path.partition("__")
            if double:
                self._related.setdefault(relation, []).append((path, name))

    def read(self, records: QuerySet[Any]) -> QuerySet[Any]:
        """The same records, of which only these columns leave the database."""
        return records.select_related(None).values(*self._columns)

    def row(self, values: dict[str, Any]) -> SimpleNamespace:
        """What was read of one record, as `row.name` and `row.relation.name`; an empty relation is None."""
        found: dict[str, Any] = {name: values[name] for name in self._own}
        for relation, columns in self._related.items():
            there = values[columns[0][0]] is not None
            found[relation] = SimpleNamespace(**{name: values[path] for path, name in columns}) if there else None
        return SimpleNamespace(**found)


def of_terms(*names: str) -> tuple[str, ...]:
    """The columns of related terms that an answer shows."""
    return tuple(f"{name}__{part}" for name in names for part in TermOut.__annotations__)


__all__ = ["Light", "of_terms"]
