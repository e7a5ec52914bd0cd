"""From a queryset to a list: filter, order, page, export as filtered. A room says which columns there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import django_filters
from django.core.paginator import Paginator
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.functional import Promise

from jiandao.kernel.components import Column, Link, Listing, Row
from jiandao.kernel.components.lists import Kind
from jiandao.kernel.tabular.export import Sheet, as_csv, as_xlsx

PER_PAGE = 50
LARGEST_EXPORT = 50_000


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

    def orders(self) -> list[str]:
        """The names by which the list can be sorted."""
        return [column.sort for column in self.columns if column.sort]

    def filtered(
        self, request: HttpRequest, records: QuerySet[Any], data: QueryDict | None = None
    ) -> tuple[QuerySet[Any], django_filters.FilterSet, str]:
        """The records as the query string (or `data`) asks, the filter, and the order in force."""
        filters = self.filters(request.GET if data is None else data, queryset=records, request=request)
        order = request.GET.get("order", "")
        fields = self._fields(order)
        if fields is None:
            order, fields = self.default_order, self._fields(self.default_order)
        return filters.qs.order_by(*(fields or ()), "-id"), filters, order

    def _fields(self, order: str) -> list[Any] | None:
        descending = order.startswith("-")
        for column in self.columns:
            if column.sort and column.sort == order.removeprefix("-"):
                # Records without a value stand last in both directions.
                return [
                    F(name).desc(nulls_last=True) if descending else F(name).asc(nulls_last=True)
                    for name in column.order_by
                ]
        return None

    def listing(self, request: HttpRequest, records: QuerySet[Any], **more: Any) -> Listing:
        """The page that the query string asks for. A number past the end is the last page, nonsense the first."""
        found, filters, order = self.filtered(request, records)
        page = Paginator(found, PER_PAGE).get_page(request.GET.get("page"))
        shown = [column for column in self.columns if not column.only_exported]
        return Listing(
            title=str(self.title),
            columns=[Column(str(c.label), c.kind, c.sort, primary=c.primary) for c in shown],
            rows=[Row(self.url(record), [c.value(record) for c in shown], self.muted(record)) for record in page],
            total=page.paginator.count,
            query=request.GET,
            page=page.number,
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


def export_links(url: Callable[[str], str]) -> list[Link]:
    """The two exports of a list; `url` makes the address from the file's ending."""
    return [Link("Excel", url("xlsx")), Link("CSV", url("csv"))]
