"""A list of records: filtered, sorted, paged, exported as filtered.

The rows are rendered here in one pass of plain Python and not by a template per cell: fifty rows cost well under ten
milliseconds. Every value goes through `escape`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from typing import Any, Literal
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from jiandao.kernel.components.formats import NOTHING, day, escape, in_chinese, moment, number, options, percent, wan
from jiandao.kernel.components.shapes import Badge, Due, Link, safe_url

Kind = Literal["text", "number", "money", "percent", "day", "moment", "badge", "due", "link"]
NUMERIC = frozenset({"number", "money", "percent"})
CUT = 10
"""Characters above which a text may be cut off by the narrowest column."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `sort` is the name that the query string carries (?order=NAME or -NAME); empty: not sortable.

    Kinds: text; number (int, float, Decimal); money (int fen, shown in 万元); percent (share of 1); day; moment;
    badge (Badge); due (Due); link (Link). The `primary` column is the row's name and its link; a `wide` text gets a
    share of the row, others only as much as is left.
    """

    label: str
    kind: Kind = "text"
    sort: str = ""
    unit: str = ""
    primary: bool = False
    wide: bool = False

    @property
    def numeric(self) -> bool:
        """True when the values stand right-aligned."""
        return self.kind in NUMERIC

    @property
    def shown_unit(self) -> str:
        """The unit in the header; money has its own."""
        if self.kind == "money" and not self.unit:
            return "万元" if in_chinese() else "CNY 10,000"
        return self.unit


@dataclass(frozen=True, slots=True)
class Row:
    """The values of one record in the order of the columns; `url` is where the primary column leads."""

    url: str
    values: Sequence[Any]
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force, and the address of the same list without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class Header:
    """A column's header: where sorting leads, how it is sorted now ("ascending", "descending" or "")."""

    label: str
    unit: str
    numeric: bool
    url: str
    sorted: str


@dataclass(frozen=True, slots=True)
class FilterField:
    """One field of the filter form, rendered."""

    label: str
    id: str
    html: SafeString


def _plain(value: object) -> str:
    return escape(value) or NOTHING


def _itself(value: Badge | Due | Link) -> str:
    return value.__html__()


RENDER: Mapping[str, Callable[[Any], str]] = {
    "text": _plain,
    "number": number,
    "money": wan,
    "percent": percent,
    "day": lambda value: f"<time>{day(value)}</time>",
    "moment": lambda value: f'<time datetime="{value.isoformat()}">{moment(value)}</time>',
    "badge": _itself,
    "due": _itself,
    "link": _itself,
}


@dataclass(frozen=True, slots=True)
class Listing:
    """Everything that the page of a list shows. The view has applied filter, order and page already.

    title, caption : the heading, and a sentence that says what the table holds (read by screen readers, printed)
    query          : request.GET; all links of the list keep it and change one thing
    order          : the order in force, as the query string says it ("deadline", "-deadline")
    total          : number of records that match, on all pages
    capped         : whether there are more than `total`, which was counted no further
    filters        : a bound form whose fields are the names in the query string; None: no filters
    exports        : Link to each export, without a query string; the one in force is added
    views          : saved views, `current` marks the one in force; `views_url` leads to all of them
    save_view_url  : takes POST list=, programme=, name= and query=; empty: nobody keeps views of this list
    bare_query     : the query string of the whole list, where the bare address means the default view
    """

    title: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    total: int
    query: QueryDict
    capped: bool = False
    caption: str = ""
    page: int = 1
    per_page: int = 50
    order: str = ""
    filters: forms.BaseForm | None = None
    exports: Sequence[Link] = ()
    views: Sequence[Link] = ()
    views_url: str = ""
    save_view_url: str = ""
    bare_query: str = ""
    list_name: str = ""
    programme_slug: str = ""
    create: Link | None = None
    buttons: Sequence[Link] = ()
    empty: str = ""

    @property
    def pages(self) -> int:
        """Number of pages, at least one."""
        return max(1, ceil(self.total / self.per_page))

    @property
    def first(self) -> int:
        """Position of the first record on this page, counted from one."""
        return (self.page - 1) * self.per_page + 1 if self.rows else 0

    @property
    def last(self) -> int:
        """Position of the last record on this page."""
        return self.first + len(self.rows) - 1 if self.rows else 0

    def url(self, *, without: Iterable[tuple[str, str | None]] = (), **changes: str | int) -> str:
        """The address of this list with parameters changed or removed; any change but a page goes back to page one."""
        removed = list(without)
        kept = [
            (key, value)
            for key, values in self.query.lists()
            for value in values
            if value != ""
            and key not in {"page", "view"}
            and key not in changes
            and (key, value) not in removed
            and (key, None) not in removed
        ]
        kept += [(key, str(value)) for key, value in changes.items() if value != ""]
        return "?" + (urlencode(kept) or self.bare_query)

    @property
    def headers(self) -> list[Header]:
        """The columns' headers with the links that sort."""
        found = []
        for column in self.columns:
            url, state = "", ""
            if column.sort:
                state = {column.sort: "ascending", f"-{column.sort}": "descending"}.get(self.order, "")
                url = self.url(order=f"-{column.sort}" if state == "ascending" else column.sort)
            found.append(Header(column.label, column.shown_unit, column.numeric, url, state))
        return found

    @property
    def chips(self) -> list[Chip]:
        """The filters in force, in words."""
        chips = []
        for bound in self.filters or ():
            for value in self.query.getlist(bound.html_name):
                if value:
                    label = _choice_label(bound.field, value)
                    chips.append(Chip(str(bound.label), label, self.url(without=[(bound.html_name, value)])))
        return chips

    @property
    def clear_url(self) -> str:
        """The same list without any filter; the order stays."""
        return self.url(without=[(bound.html_name, None) for bound in self.filters or ()])

    @property
    def filter_fields(self) -> list[FilterField]:
        """The filter form's visible fields."""
        found = []
        for bound in self.filters or ():
            if not bound.is_hidden:
                found.append(FilterField(str(bound.label), bound.id_for_label, _filter_html(bound)))
        return found

    @property
    def kept_params(self) -> list[tuple[str, str]]:
        """Parameters that the filter form must carry along (the order), as hidden fields."""
        own = {bound.html_name for bound in self.filters or ()}
        return [(k, v) for k, vs in self.query.lists() for v in vs if k not in own | {"page", "view"} and v]

    @property
    def export_links(self) -> list[Link]:
        """The exports, as filtered and sorted."""
        query = self.url().removeprefix("?")
        return [
            Link(e.label, f"{e.url}{'&' if '?' in e.url else '?'}{query}" if query else e.url, e.icon, download=True)
            for e in self.exports
        ]

    @property
    def query_string(self) -> str:
        """What a saved view remembers."""
        return self.url().removeprefix("?")

    @property
    def page_links(self) -> list[Link | None]:
        """Links to the first, the neighbouring and the last pages; None stands for a gap."""
        near = {1, self.pages, *range(max(1, self.page - 2), min(self.pages, self.page + 2) + 1)}
        links: list[Link | None] = []
        for at in sorted(near):
            if links and at - 1 not in near:
                links.append(None)
            links.append(Link(str(at), self.url(page=at), current=at == self.page))
        return links

    @property
    def previous_url(self) -> str:
        """The page before, or nothing."""
        return self.url(page=self.page - 1) if self.page > 1 else ""

    @property
    def next_url(self) -> str:
        """The page after, or nothing."""
        return self.url(page=self.page + 1) if self.page < self.pages else ""

    @property
    def body(self) -> SafeString:
        """The rows. The roles are repeated because the narrow layout changes `display`, which drops them."""
        opening = []
        for column in self.columns:
            label = f"{column.label} ({column.shown_unit})" if column.shown_unit else column.label
            cut = "jd-cut jd-wide" if column.wide else "jd-cut"
            css = ' class="num"' if column.numeric else f' class="{cut}"' if column.kind == "text" else ""
            opening.append(f'{css} data-label="{escape(label)}">')
        parts: list[str] = []
        for row in self.rows:
            parts.append('<tr role="row" class="text-secondary">' if row.muted else '<tr role="row">')
            for column, start, value in zip(self.columns, opening, row.values, strict=True):
                shown = NOTHING if value is None else RENDER[column.kind](value)
                # A text may be cut off on its one line; pointed at, it is shown whole.
                whole = f' title="{shown}"' if column.kind == "text" and len(shown) > CUT else ""
                if column.primary:
                    link = f'<a href="{escape(safe_url(row.url))}">{shown}</a>' if row.url else shown
                    parts.append(f'<th scope="row" role="rowheader"{whole}{start}{link}</th>')
                else:
                    parts.append(f'<td role="cell"{whole}{start}{shown}</td>')
            parts.append("</tr>\n")
        return mark_safe("".join(parts))  # noqa: S308 - every value is escaped above


def _filter_html(bound: forms.BoundField) -> SafeString:
    """The field of a filter. One template an option, as Django renders a choice, was a quarter of a page's time."""
    if type(bound.field.widget) is forms.Select:
        chosen = str(bound.value() or "")
        html = '<select class="form-select form-select-sm" name="{}" id="{}">{}</select>'
        # Flat: no filter groups its choices.
        return format_html(html, bound.html_name, bound.id_for_label, options(bound.field.widget.choices, {chosen}))
    check = isinstance(bound.field.widget, forms.CheckboxInput)
    return bound.as_widget(attrs={"class": "form-check-input" if check else "form-control form-control-sm"})


def _choice_label(form_field: forms.Field, value: str) -> str:
    if isinstance(form_field.widget, forms.CheckboxInput):
        return gettext("Yes") if value not in {"false", "False", "0"} else gettext("No")
    for key, label in getattr(form_field, "choices", ()):
        if isinstance(label, (list, tuple)):
            for inner_key, inner_label in label:
                if str(inner_key) == value:
                    return str(inner_label)
        elif str(key) == value:
            return str(label)
    return value
