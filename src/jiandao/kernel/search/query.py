"""Full-text conditions and the rank behind them."""

from typing import Any, TypeVar

from django.contrib.postgres.search import SearchQuery
from django.db.models import Model, QuerySet

from jiandao.kernel.search.analysis import query

M = TypeVar("M", bound=Model)


class LexemeQuery(SearchQuery):
    """A tsquery from a literal of `analysis.query`: its lexemes are final, PostgreSQL's parser must not cut them again."""

    def as_sql(self, *_: Any, **__: Any) -> tuple[str, Any]:
        return "(%s)::tsquery", [self.source_expressions[-1].value]  # type: ignore[attr-defined]


def containing(records: QuerySet[M], text: str) -> QuerySet[M]:
    """Those that hold every word of `text`; none when it holds no word at all, such as "!!!"."""
    literal = query(text)
    return records.filter(search=LexemeQuery(literal)) if literal else records.none()
