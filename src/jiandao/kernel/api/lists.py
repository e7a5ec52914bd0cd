"""A list of the API: the filters, the search and the order of the page's list, and pages of a size that one chooses."""

from collections.abc import Callable
from typing import Any, TypeVar

import django_filters
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext as _

from jiandao.kernel.api.light import Light
from jiandao.kernel.api.problems import Where, mend
from jiandao.kernel.api.terms import key_of
from jiandao.kernel.pages import slices
from jiandao.kernel.pages.lists import PER_PAGE, ListOf
from jiandao.kernel.vocabulary.models import Term

MOST_PER_PAGE = 200
LAST_PAGE = 100_000
T = TypeVar("T")


def list_parameters(what: ListOf) -> list[dict[str, Any]]:
    """The query parameters of a list, for the document."""
    found = [
        {"name": name, "in": "query", "required": False, "schema": _schema(one)}
        for name, one in what.filters.base_filters.items()
    ]
    orders = [prefix + name for name in what.orders() for prefix in ("", "-")]
    pages = {"type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1}
    sizes = {"type": "integer", "minimum": 1, "maximum": MOST_PER_PAGE, "default": PER_PAGE}
    order = {"type": "string", "enum": orders, "default": what.default_order}
    more = (("order", order), ("page", pages), ("per_page", sizes))
    return [*found, *({"name": name, "in": "query", "required": False, "schema": schema} for name, schema in more)]


def _schema(one: django_filters.Filter) -> dict[str, Any]:
    if isinstance(one, django_filters.ModelChoiceFilter):
        return {"type": "string", "minLength": 1, "description": "A term: code, or edition:code."}
    if isinstance(one, django_filters.ChoiceFilter):
        return {"type": "string", "enum": [str(key) for key, _label in one.extra["choices"]]}
    if isinstance(one, django_filters.DateFilter):
        return {"type": "string", "format": "date"}
    return {"type": "string", "minLength": 1}


def listed(
    request: HttpRequest, what: ListOf, records: QuerySet[Any], row: Callable[[Any], T], light: Light | None = None
) -> dict[str, Any]:
    """One page of the list that the query string asks for. A parameter that does not fit is a fault, never ignored.

    With `light`, only its columns are read, and `row` is given these.

    Past the last page `items` is empty, so that a program that only follows `next` comes to an end.
    """
    known = {*what.filters.base_filters, "order", "page", "per_page"}
    errors = [
        Where(where=name, code="unknown", sentence=_("There is no parameter of that name."))
        for name in request.GET
        if name not in known
    ]
    errors += [
        Where(where=name, code="empty", sentence=_("This is empty; leave the parameter out to have all."))
        for name, value in request.GET.items()
        if name in known and not value
    ]
    order = request.GET.get("order")
    if order is not None and order.removeprefix("-") not in what.orders():
        errors.append(Where(where="order", code="unknown", sentence=_("The list is not sorted by that.")))
    page = _number(request, "page", 1, LAST_PAGE, errors)
    size = _number(request, "per_page", PER_PAGE, MOST_PER_PAGE, errors)
    filters = None
    if any(name in what.filters.base_filters for name in request.GET):
        found, filters, _order = what.filtered(request, records, _with_keys(request, what))
        for name, faults in filters.form.errors.get_json_data().items():
            errors += [Where(where=name, code=str(one["code"]), sentence=str(one["message"])) for one in faults]
    else:  # no form is needed to ask for everything
        found, _order = what.ordered(records, order or "")
    if errors:
        raise mend(errors)
    total, capped = what.counted(found, filters)
    start = (page - 1) * size
    if start >= total and not capped:
        read: list[Any] = []
    elif light is None:
        read = slices.rows(found, start, start + size + 1)
    else:
        read = [light.row(one) for one in slices.rows(found, start, start + size + 1, light.read)]
    return {
        "items": [row(record) for record in read[:size]],
        "total": total,
        "more_than_total": capped,
        "page": page,
        "per_page": size,
        "next": _link(request, page + 1) if len(read) > size else None,
        "previous": _link(request, page - 1) if page > 1 else None,
    }


def _with_keys(request: HttpRequest, what: ListOf) -> QueryDict:
    """The query string with terms by key, as the filter takes them."""
    data: QueryDict = request.GET
    terms = [
        name
        for name, one in what.filters.base_filters.items()
        if isinstance(one, django_filters.ModelChoiceFilter) and data.get(name)
    ]
    if not terms:
        return data
    data = QueryDict(data.urlencode(), mutable=True)
    for name in terms:
        offered: Any = what.filters.base_filters[name].extra["queryset"]
        choices: QuerySet[Term] = offered(request) if callable(offered) else offered
        data[name] = key_of(choices, str(data[name]))
    return data


def _number(request: HttpRequest, name: str, usual: int, most: int, errors: list[Where]) -> int:
    text = request.GET.get(name)
    if text is None:
        return usual
    if text.isascii() and text.isdigit() and len(text) < 10 and 1 <= int(text) <= most:
        return int(text)
    errors.append(
        Where(where=name, code="range", sentence=_("Send a whole number from 1 to %(most)s.") % {"most": most})
    )
    return usual


def _link(request: HttpRequest, page: int) -> str:
    query = request.GET.copy()
    query["page"] = str(page)
    return f"{request.path}?{query.urlencode()}"


__all__ = ["MOST_PER_PAGE", "list_parameters", "listed"]
