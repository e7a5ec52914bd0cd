"""From a queryset to a list: filter, order, page, export as filtered. A room says which columns there are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any
from urllib.parse import urlencode

import django_filters
from django.core.exceptions import FieldDoesNotExist
from django.db.models import F, Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext

from jiandao.kernel import saved_views
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import Column, Link, Listing, Row
from jiandao.kernel.components.lists import Kind
from jiandao.kernel.pages import slices
from jiandao.kernel.policy.settled import settled
from jiandao.kernel.programme import Programme
from jiandao.kernel.saved_views import SavedView
from jiandao.kernel.tabular.export import Sheet, as_csv, as_xlsx

PER_PAGE = 50
LARGEST_EXPORT = 50_000
# A list is counted so far and no further. With words each record costs the database much more than without.
COUNTED, COUNTED_WITH_WORDS = 100_000, 10_000
EVERYTHING = "view=all"  # the whole list, where a view is the default
LISTS: "dict[str, ListOf]" = {}  # those that views may be kept of, by name


@dataclass(frozen=True)
class ListColumn:
    """A column: `value` reads it from a record for the screen, `exported` for a file (default: the same).

    `order_by` are the fields that sort it, under the name `sort` in the query string; `wide`: as `Column.wide`.
    """

    label: str | Promise
    value: Callable[[Any], Any]
    kind: Kind = "text"
    sort: str = ""
    order_by: tuple[str, ...] = ()
    primary: bool = False
    wide: bool = False
    exported: Callable[[Any], Any] | None = None
    only_exported: bool = False


@dataclass(frozen=True)
class ListOf:
    """How records of one kind are listed.

    `name` stands in the names of exported files and in saved views, so it stays as it is. With `route` (of the list's
    page; `in_programme`: the route has the programme's slug) people may keep views of the list. With `records` (what an
    actor sees) and `new_by` (the field that says when one came) the owner of a view can be told of what is new in it.
    `reads` names the fields that the columns of the screen read, related ones as `relation__field`: all others stay in
    the database, which halves the time of a page.
    """

    title: str | Promise
    name: str
    columns: Sequence[ListColumn]
    filters: type[django_filters.FilterSet]
    default_order: str
    url: Callable[[Any], str]
    empty: str | Promise = ""
    muted: Callable[[Any], bool] = lambda record: False
    route: str = ""
    in_programme: bool = True
    records: Callable[[Actor], QuerySet[Any]] | None = None
    new_by: str = ""
    per_page: int = PER_PAGE
    reads: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.route:
            LISTS[self.name] = self

    def orders(self) -> list[str]:
        """The names by which the list can be sorted."""
        return [column.sort for column in self.columns if column.sort]

    def filtered(
        self, request: HttpRequest, records: QuerySet[Any], query: QueryDict | None = None
    ) -> tuple[QuerySet[Any], django_filters.FilterSet, str]:
        """The records as the query string asks, the filter, and the order in force; none where a filter is wrong."""
        query = request.GET if query is None else query
        filters = self.filters(query, queryset=records, request=request)
        wrong = filters.is_bound and not filters.is_valid()
        found, order = self.ordered(records.none() if wrong else filters.qs, query.get("order", ""))
        return found, filters, order

    def ordered(self, records: QuerySet[Any], order: str = "") -> tuple[QuerySet[Any], str]:
        """The records in that order, or in the list's own one where there is no such order; and the order in force."""
        fields = self._fields(order, records.model)
        if fields is None:
            order, fields = self.default_order, self._fields(self.default_order, records.model)
        return settled(records.order_by(*(fields or ()), "-id")), order

    def _fields(self, order: str, model: type[Model]) -> list[Any] | None:
        for column in self.columns:
            if column.sort and column.sort == order.removeprefix("-"):
                return [_ordering(model, name, descending=order.startswith("-")) for name in column.order_by]
        return None

    def counted(self, found: QuerySet[Any], filters: django_filters.FilterSet | None) -> tuple[int, bool]:
        """How many records were found, and whether there are more than were counted."""
        words = filters is not None and filters.is_valid() and filters.form.cleaned_data.get("q")
        return slices.count_to(found, COUNTED_WITH_WORDS if words else COUNTED)

    def listing(self, request: HttpRequest, records: QuerySet[Any], **more: Any) -> Listing:
        """The page that the query string asks for. A number past the end is the last page, nonsense the first."""
        saved = self._views(request)
        query = _query(request, saved)
        found, filters, order = self.filtered(request, records, query)
        total, capped = self.counted(found, filters)
        page = _page(query.get("page", ""), last=max(1, ceil(total / self.per_page)))
        read = slices.rows(self._light(found), (page - 1) * self.per_page, min(page * self.per_page, total))
        shown = [column for column in self.columns if not column.only_exported]
        return Listing(
            title=str(self.title),
            columns=[Column(str(c.label), c.kind, c.sort, primary=c.primary, wide=c.wide) for c in shown],
            rows=[Row(self.url(record), [c.value(record) for c in shown], self.muted(record)) for record in read],
            total=total,
            capped=capped,
            query=query,
            page=page,
            per_page=self.per_page,
            order=order,
            filters=filters.form,
            empty=str(self.empty),
            **self._kept(request, saved, query, more.pop("views", ())) | more,
        )

    def _light(self, found: QuerySet[Any]) -> QuerySet[Any]:
        if not self.reads:
            return found
        relations = {path.rpartition("__")[0] for path in self.reads} - {""}
        return found.select_related(None).select_related(*relations).only(*self.reads)

    def _views(self, request: HttpRequest) -> list[SavedView]:
        actor = request.actor  # type: ignore[attr-defined]
        if not self.route or actor.account is None:
            return []
        return saved_views.of(actor.account, self._programme(request), self.name)

    def _programme(self, request: HttpRequest) -> Programme | None:
        return request.programme if self.in_programme else None  # type: ignore[attr-defined]

    def _kept(
        self, request: HttpRequest, saved: list[SavedView], query: QueryDict, given: Sequence[Link]
    ) -> dict[str, Any]:
        """What the page says of views: those that the room gives, those that were saved, and the form to save one."""
        if not self.route or request.actor.account is None:  # type: ignore[attr-defined]
            return {"views": given}
        now = _without_place(query)
        links = [*given]
        links += [
            Link(view.name, f"?{view.query}", current=_without_place(QueryDict(view.query)) == now) for view in saved
        ]
        has_default = any(view.is_default for view in saved)
        if has_default:
            links.insert(0, Link(gettext("All"), f"?{EVERYTHING}", current=not now))
        return {
            "views": links,
            "views_url": reverse("views"),
            "save_view_url": reverse("view-save"),
            "bare_query": EVERYTHING if has_default else "",
            "list_name": self.name,
            "programme_slug": programme.slug if (programme := self._programme(request)) else "",
        }

    def url_of(self, view: SavedView) -> str:
        """The address of a saved view."""
        kwargs = {"programme": view.programme.slug} if view.programme else {}
        return f"{reverse(self.route, kwargs=kwargs)}?{view.query}"

    def checked_query(self, request: HttpRequest, text: str) -> str:
        """A query string as it may be kept: what this list filters and sorts by, and nothing else. ViewFault if wrong."""
        asked = QueryDict(text)
        filters = self.filters(asked, request=request)
        if not filters.is_valid():
            label, errors = next(iter(filters.form.errors.items()))
            raise saved_views.ViewFault(f"{filters.form.fields[label].label}: {errors[0]}")
        known = [(key, value) for key in filters.form.fields for value in asked.getlist(key) if value]
        order = asked.get("order", "")
        if order and self._fields(order, filters.queryset.model) is not None:
            known.append(("order", order))
        return urlencode(known) or EVERYTHING

    def export(self, request: HttpRequest, records: QuerySet[Any], form: str) -> HttpResponse:
        """The list as filtered and sorted, as xlsx or csv; at most `LARGEST_EXPORT` rows, which the file then says.

        Http404 for any other ending.
        """
        if form not in {"xlsx", "csv"}:
            raise Http404
        found, filters, _order = self.filtered(request, records)
        if filters.form.errors:
            return wrong_filter(filters)
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


def wrong_filter(filters: django_filters.FilterSet) -> HttpResponse:
    """The answer of what has no page to say it on, a file or a feed: which filter does not fit, and why."""
    said = [
        f"{filters.form.fields[name].label if name in filters.form.fields else name}: {error}"
        for name, errors in filters.form.errors.items()
        for error in errors
    ]
    return HttpResponse("\n".join(said) + "\n", "text/plain; charset=utf-8", 400)


def _query(request: HttpRequest, saved: list[SavedView]) -> QueryDict:
    """What the list is asked: the query string, or the default view where there is none."""
    default = next((view for view in saved if view.is_default), None)
    return QueryDict(default.query) if default and not request.GET else request.GET


def _without_place(query: QueryDict) -> list[tuple[str, str]]:
    """The filters and the order of a query, comparable with those of another."""
    return sorted((key, v) for key, values in query.lists() for v in values if v and key not in {"page", "view"})


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
