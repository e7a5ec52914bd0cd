"""From a queryset to a list: filter, order, page, export as filtered. A room says which columns there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any

import django_filters
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.functional import Promise

from jiandao.kernel.components import Column, Link, Listing, Row
from jiandao.kernel.components.lists import Kind
from jiandao.kernel.pages import slices
from jiandao.kernel.tabular.export import Sheet, as_csv, as_xlsx

PER_PAGE = 50
LARGEST_EXPORT = 50_000
# A list is counted so far and no further. With words each record costs the database much more than without.
COUNTED, COUNTED_WITH_WORDS = 100_000, 10_000


@dataclass(frozen=True)
class ListColumn:
    """A column: `value` reads it from a record for the screen, `exported` for a file (default: the same).

    `order_by` are the fields that sort it, under the name `sort` in the query string.
    """

    label: str | Promise
    value: Callable[[Any], Any]
    kind: Kind = "text"
    sort: str = ""
    order_by: tuple[str, ...] = ()
    primary: bool = False
    exported: Callable[[Any], Any] | None = None
    only_exported: bool = False


@dataclass(frozen=True)
class ListOf:
    """How records of one kind are listed."""

    title: str | Promise
    name: str  # of the exported file
    columns: Sequence[ListColumn]
    filters: type[django_filters.FilterSet]
    default_order: str
    url: Callable[[Any], str]
    empty: str | Promise = ""
    muted: Callable[[Any], bool] = lambda record: False

    def filtered(
        self, request: HttpRequest, records: QuerySet[Any]
    ) -> tuple[QuerySet[Any], django_filters.FilterSet, str]:
        """The records as the query string asks, the filter, and the order in force."""
        filters = self.filters(request.GET, queryset=records, request=request)
        order = request.GET.get("order", "")
        fields = self._fields(order, records.model)
        if fields is None:
            order, fields = self.default_order, self._fields(self.default_order, records.model)
        return filters.qs.order_by(*(fields or ()), "-id"), filters, order

    def _fields(self, order: str, model: type[Model]) -> list[Any] | None:
        for column in self.columns:
            if column.sort and column.sort == order.removeprefix("-"):
                return [_ordering(model, name, descending=order.startswith("-")) for name in column.order_by]
        return None

    def listing(self, request: HttpRequest, records: QuerySet[Any], **more: Any) -> Listing:
        """The page that the query string asks for. A number past the end is the last page, nonsense the first."""
        found, filters, order = self.filtered(request, records)
        words = "q" in filters.form.fields and filters.form.cleaned_data.get("q") if filters.is_valid() else ""
        total, capped = slices.count_to(found, COUNTED_WITH_WORDS if words else COUNTED)
        page = _page(request.GET.get("page", ""), last=max(1, ceil(total / PER_PAGE)))
        read = slices.rows(found, (page - 1) * PER_PAGE, min(page * PER_PAGE, total))
        shown = [column for column in self.columns if not column.only_exported]
        return Listing(
            title=str(self.title),
            columns=[Column(str(c.label), c.kind, c.sort, primary=c.primary) for c in shown],
            rows=[Row(self.url(record), [c.value(record) for c in shown], self.muted(record)) for record in read],
            total=total,
            capped=capped,
            query=request.GET,
            page=page,
            per_page=PER_PAGE,
            order=order,
            filters=filters.form,
            empty=str(self.empty),
            **more,
        )

    def export(self, request: HttpRequest, records: QuerySet[Any], form: str) -> HttpResponse:
        """The list as filtered and sorted, as xlsx or csv; at most `LARGEST_EXPORT` rows, which the file then says."""
        found, _filters, _order = self.filtered(request, records)
        rows = found[: LARGEST_EXPORT + 1]
        sheet = Sheet(
            title=str(self.title),
            headers=[str(column.label) for column in self.columns],
            kinds=[column.kind for column in self.columns],
            rows=[
                [(c.exported or c.value)(record) for c in self.columns] for record in rows.iterator(chunk_size=2_000)
            ],
            limit=LARGEST_EXPORT,
        )
        return as_xlsx(sheet, self.name) if form == "xlsx" else as_csv(sheet, self.name)


def _page(asked: str, *, last: int) -> int:
    """The number of the page that was asked for, within those that are there."""
    return min(max(1, int(asked)), last) if asked.isdecimal() and len(asked) < 10 else 1


def _ordering(model: type[Model], name: str, *, descending: bool) -> Any:
    """The order by a field. Records without a value stand last in both directions; where there is always a value nothing
    is said of them, because the database then takes its index."""
    nulls_last = True if _may_be_empty(model, name) else None
    return F(name).desc(nulls_last=nulls_last) if descending else F(name).asc(nulls_last=nulls_last)


def _may_be_empty(model: type[Model], path: str) -> bool:
    at: Any = model
    for part in path.split("__"):
        try:
            field = at._meta.get_field(part)
        except FieldDoesNotExist:  # an annotation
            return True
        if field.null:
            return True
        at = field.related_model
    return False


def export_links(url: Callable[[str], str]) -> list[Link]:
    """The two exports of a list; `url` makes the address from the file's ending."""
    return [Link("Excel", url("xlsx")), Link("CSV", url("csv"))]
