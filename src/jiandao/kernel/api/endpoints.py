"""A route of the API: the same door as a page, declared once, for the gate, the document and the tests."""

import inspect
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial, wraps
from http import HTTPStatus
from typing import Any, get_type_hints

from django.core.exceptions import SuspiciousOperation
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.urls import URLPattern
from django.utils.translation import gettext as _
from django.utils.translation import override
from ninja import NinjaAPI, Router
from ninja.errors import HttpError, ValidationError
from ninja.operation import Operation
from ninja.parser import Parser
from pydantic import TypeAdapter

from jiandao.kernel.api import problems
from jiandao.kernel.api.entrance import enter, needs_account
from jiandao.kernel.pages.gate import Door, through
from jiandao.kernel.policy import Rule
from jiandao.kernel.texts import names_in, storable

BASE = "/api/v1"
_TOKEN: dict[str, list[str]] = {"token": []}
_SESSION: dict[str, list[str]] = {"session": []}
_CSRF = {
    "name": "X-CSRFToken",
    "in": "header",
    "required": False,
    "schema": {"type": "string"},
    "description": "Only for writing with the session of a browser.",
}
# What every route may answer besides its own; 403, 404 and 409 stand everywhere because the policy may say so.
FAULTS = (400, 401, 403, 404, 409, 422, 429)


@dataclass(frozen=True)
class Endpoint:
    """A registered route, for the page of routes and for the tests."""

    method: str
    path: str
    name: str
    summary: str
    door: Door | None


def endpoint(
    router: Router,
    method: str,
    path: str,
    rule: Rule,
    *,
    name: str,
    answer: Any,
    status: int = 200,
    records: Callable[[], QuerySet[Any]] | None = None,
    see: Rule | None = None,
    programme: bool = True,
    parameters: Sequence[dict[str, Any]] = (),
    faults: Sequence[int] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a route under a rule. `answer` is the TypedDict of what it returns, `path` what stands behind the base.

    With `records`, the path has a `{public_id}` and the function gets the record; with `programme`, the path begins
    with `/p/{programme}` and every query runs inside it. The function's docstring is the route's summary.
    """
    door = Door(rule, (see or rule) if records else None, records, programme, (method,))
    full = f"/p/{{slug:programme}}{path}" if programme else path

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def behind(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            given = through(door, view, request, (), kwargs)  # type: ignore[arg-type]
            # Written by hand: the answer is a TypedDict that mypy and the tests check, so nothing validates it twice.
            body = json.dumps(given, ensure_ascii=False, cls=DjangoJSONEncoder, separators=(",", ":"))
            response = HttpResponse(body, "application/json", status)
            response.headers["Cache-Control"] = "private, no-cache"
            return response

        behind.__signature__ = _signature(view, door)  # type: ignore[attr-defined]
        behind.door = door  # type: ignore[attr-defined]
        security = [_TOKEN, _SESSION] if needs_account(door) else [{}, _TOKEN, _SESSION]
        extra = {
            "security": security,
            "description": f"{rule.code}. {_english(rule.sentence)}",
            "parameters": [*parameters, *([_CSRF] if method not in {"GET"} else [])],
            "responses": {code: _fault(code) for code in (*FAULTS, *faults)},
        }
        router.api_operation(
            [method],
            full,
            auth=partial(_entered, door=door),
            response={status: answer},
            url_name=name,
            operation_id=name.replace("-", "_"),
            summary=inspect.cleandoc(view.__doc__ or "").split("\n", 1)[0],
            openapi_extra=extra,
        )(behind)
        return behind

    return decorate


def _entered(request: HttpRequest, door: Door) -> bool:
    return enter(request, door)


def _english(sentence: Any) -> str:
    with override("en"):
        return str(sentence)


def _fault(code: int) -> dict[str, Any]:
    schema = {"$ref": "#/components/schemas/Problem"}
    return {"description": HTTPStatus(code).phrase, "content": {problems.MEDIA_TYPE: {"schema": schema}}}


def _signature(view: Callable[..., Any], door: Door) -> inspect.Signature:
    """What the route takes: its programme and id, and what the view names behind the request and the record."""
    hints = get_type_hints(view, include_extras=True)
    taken = inspect.signature(view).parameters
    names = list(taken)[2 if door.records else 1 :]
    own = inspect.Parameter
    parts = [own("request", own.POSITIONAL_OR_KEYWORD)]
    if door.programme:
        parts.append(own("programme", own.KEYWORD_ONLY, annotation=str))
    if door.records:
        parts.append(own("public_id", own.KEYWORD_ONLY, annotation=str))
    parts += [own(name, own.KEYWORD_ONLY, annotation=hints[name], default=taken[name].default) for name in names]
    return inspect.Signature(parts)


class _Parser(Parser):
    def parse_body(self, request: HttpRequest) -> Any:
        """Names with characters that cannot even be sent back are no JSON of ours; texts are checked by their fields."""
        body = super().parse_body(request)
        if isinstance(body, dict) and not all(storable(name) for name in names_in(body)):
            raise SuspiciousOperation("a character that no text holds")
        return body


class Api(NinjaAPI):
    """The API of the site: our faults, our document, no pages of the library."""

    def __init__(self, routers: Sequence[Router]) -> None:
        super().__init__(
            title="Jiandao", version="1", urls_namespace="api", parser=_Parser(), openapi_url=None, docs_url=None,
            description="Needs, results and organisations of key-technology programmes. Money is in fen, days are "
            "2026-11-22, moments carry their zone. Terms are named by code, or edition:code where editions share it.",
        )  # fmt: skip
        for kind in (Exception, Http404, HttpError, ValidationError):
            self.add_exception_handler(kind, problems.answer_to)
        for router in routers:
            self.add_router("", router)

    def operations(self) -> Iterator[tuple[str, Operation]]:
        """Every registered operation with its path, in the order of its addresses."""
        for bound in self._get_bound_routers():
            for path, view in bound.path_operations.items():
                for operation in view.operations:
                    yield path, operation

    def endpoints(self) -> list[Endpoint]:
        """Every route; one that was registered past `endpoint` has no door, and a test says so."""
        return [
            Endpoint(
                method,
                BASE + path.replace("slug:", ""),
                getattr(operation, "url_name", ""),
                operation.summary or "",
                getattr(operation.view_func, "door", None),
            )
            for path, operation in self.operations()
            for method in operation.methods
        ]

    def patterns(self) -> list[URLPattern]:
        """The addresses, each with the door of its route; the library's own root page is left out."""
        found = [one for one in self._get_urls() if isinstance(one, URLPattern) and one.name != "api-root"]
        for pattern, (_where, operation) in zip(found, list(self.operations()), strict=True):
            view = pattern.callback
            pattern.callback = _with_faults(view)
            door = getattr(operation.view_func, "door", None)
            pattern.callback.door = door  # type: ignore[attr-defined]
        return found

    def document(self) -> dict[str, Any]:
        """The OpenAPI document."""
        found = dict(self.get_openapi_schema(path_prefix=f"{BASE}/"))
        components = {**found["components"], "securitySchemes": _SCHEMES}
        components["schemas"] = dict(components.get("schemas", {}))
        schema = TypeAdapter(problems.Problem).json_schema(ref_template="#/components/schemas/{model}")
        components["schemas"] |= schema.pop("$defs", {})
        components["schemas"]["Problem"] = schema
        found["components"] = components
        return found


_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "description": "A personal token, made under “API tokens”."},
    "session": {"type": "apiKey", "in": "cookie", "name": "sessionid"},
}


def _with_faults(view: Callable[..., Any]) -> Callable[..., Any]:
    """HEAD is GET without its body; methods that a route does not know are a problem document, too."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        asked = request.method
        request.method = "GET" if asked == "HEAD" else asked
        response = view(request, *args, **kwargs)
        request.method = asked  # whatever serves this leaves the body of a HEAD away
        if isinstance(response, HttpResponseNotAllowed):
            allow = response.headers["Allow"]
            sentence = _("This address takes only: %(methods)s.") % {"methods": allow}
            response = problems.problem(request, 405, "method", sentence)
            response.headers["Allow"] = allow
        return response

    return answered
