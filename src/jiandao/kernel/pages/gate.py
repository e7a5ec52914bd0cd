"""The one gate of all pages: programme, actor, rule, record. A view behind it decides nothing.

Every route is registered here with the rule that it names; a route without one fails the tests (deny by default).
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, cast

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.http import require_http_methods

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy import Refused, Rule
from jiandao.kernel.policy.access import Missing, access
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import Programme, in_programme, programme_named
from jiandao.kernel.rulebook import one_reading

View = Callable[..., HttpResponseBase]


class Request(HttpRequest):
    """A request behind the gate."""

    actor: Actor
    programme: Programme | None
    htmx: Any
    incident: str


Otherwise = Callable[[Request, Any, Refused], HttpResponseBase]


@dataclass(frozen=True)
class Door:
    """What a route asks of its visitor; the permission matrix and the probes read it."""

    rule: Rule
    see: Rule | None = None  # the rule that shows the record, when the route is about one
    records: Callable[[], QuerySet[Any]] | None = None
    programme: bool = True
    methods: tuple[str, ...] = ("GET",)
    otherwise: Otherwise | None = None  # answers a POST that `rule` refuses, so that what was typed is not lost


def page(
    rule: Rule,
    *,
    records: Callable[[], QuerySet[Any]] | None = None,
    see: Rule | None = None,
    programme: bool = True,
    methods: tuple[str, ...] = ("GET",),
    otherwise: Otherwise | None = None,
) -> Callable[[View], View]:
    """A page under a rule.

    With `records`, the route has a `public_id`, and the view gets the record that `see` (default: `rule`) shows to the
    actor; a record that it does not show is a missing page. With `programme`, the route has the slug of a programme and
    every query runs inside it. `otherwise` answers a POST about a record that its sender sees and may not change.
    """
    door = Door(rule, (see or rule) if records else None, records, programme, methods, otherwise)

    def decorate(view: View) -> View:
        @wraps(view)
        def behind(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            return cast(HttpResponseBase, through(door, view, cast(Request, request), args, kwargs))

        guarded = require_http_methods([*door.methods, "HEAD"] if "GET" in door.methods else list(door.methods))(behind)
        guarded.door = door  # type: ignore[attr-defined]
        return cast(View, guarded)

    return decorate


def through(door: Door, view: Callable[..., Any], request: Request, args: Any, kwargs: dict[str, Any]) -> Any:
    """What `view` answers behind `door`, inside its programme. Http404 or NotAllowed when the door stays shut."""
    if not door.programme:
        request.programme = None
        with one_reading():
            return _enter(door, view, request, None, args, kwargs)
    here = programme_named(kwargs.pop("programme"))
    if here is None:
        raise Http404
    request.programme = here
    with in_programme(here), one_reading():
        answer = _enter(door, view, request, here, args, kwargs)
        return answer.render() if hasattr(answer, "render") else answer


def _enter(
    door: Door, view: Callable[..., Any], request: Request, programme: Programme | None, args: Any, kwargs: Any
) -> Any:
    if door.records is not None and door.see is not None:
        try:
            record = access(request.actor, door.records, kwargs.pop("public_id"), see=door.see)
        except Missing as missing:
            raise Http404 from missing
        answer = door.rule.decide(request.actor, record) if door.rule is not door.see else None
        if isinstance(answer, Refused):
            if door.otherwise is None or request.method != "POST" or request.actor.account is None:
                raise NotAllowed(answer)
            return door.otherwise(request, record, answer)
        return view(request, record, *args, **kwargs)
    answer = door.rule.decide(request.actor, programme)
    if isinstance(answer, Refused):
        raise NotAllowed(answer)
    return view(request, *args, **kwargs)
