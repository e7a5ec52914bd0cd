"""A condition that is not looked into any more: written as SQL once, for the several queries that a list asks with it."""

from typing import Any, TypeVar

from django.core.exceptions import EmptyResultSet, FullResultSet
from django.db.models import Model, QuerySet
from django.db.models.sql.where import WhereNode

M = TypeVar("M", bound=Model)


class Settled:
    """A whole WHERE without aggregates, copied as itself.

    Nearly half of the time of a list goes into copying and compiling what the reader may see, once for the count, once for
    the keys, once for the rows. As a subquery under other table names it is the plain condition again.
    """

    contains_aggregate = False
    contains_over_clause = False

    def __init__(self, node: WhereNode) -> None:
        self.node = node
        self._written: tuple[str, tuple[Any, ...]] | type[Exception] | None = None

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """What the condition says in SQL; as Django asks it, an exception when it holds for nothing or for everything."""
        if self._written is None:
            try:
                sql, params = self.node.as_sql(compiler, connection)
                self._written = sql, tuple(params)
            except (EmptyResultSet, FullResultSet) as nothing_to_say:
                self._written = type(nothing_to_say)
        if isinstance(self._written, type):
            raise self._written
        return self._written

    def clone(self) -> "Settled":
        """Itself: nobody changes it."""
        return self

    def relabeled_clone(self, change_map: dict[str | None, str]) -> Any:
        """The condition under other table names, to be written anew."""
        return self.node.relabeled_clone(change_map)

    def __getattr__(self, name: str) -> Any:
        if name in ("children", "relabel_aliases"):  # it would be changed in place
            raise AttributeError(name)
        return getattr(self.node, name)


def settled(records: "QuerySet[M]") -> "QuerySet[M]":
    """The same records; the condition so far is compiled once for all queries that are made of the answer."""
    found = records.all()
    node = found.query.where
    if node.children and not node.contains_aggregate and not node.contains_over_clause:
        found.query.where = WhereNode([Settled(node)])  # type: ignore[list-item]
    return found


__all__ = ["settled"]
