"""Faults as RFC 9457 tells them (application/problem+json): one sentence, a code, and where.

A record that one may not know of and one that never was give the same bytes.
"""

import json
from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.core.serializers.json import DjangoJSONEncoder
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from ninja.errors import HttpError, ValidationError
from typing_extensions import TypedDict

from jiandao.kernel.journal.entries import plain
from jiandao.kernel.lifecycle import StaleRecord
from jiandao.kernel.policy.decisions import Aspect, NotAllowed
from jiandao.kernel.quotas import QuotaExceeded

MEDIA_TYPE = "application/problem+json"
PREFIX = "/api/"


class Where(TypedDict):
    """One thing to mend: the field or parameter (`indicators.0.unit`), a code, and a sentence."""

    where: str
    code: str
    sentence: str


class ConflictText(TypedDict):
    """One field as it was sent and as it is saved."""

    field: str
    yours: str
    saved: str


class VersionConflict(TypedDict):
    """Somebody saved in between: both versions, and both texts of each field that was sent."""

    your_version: int
    saved_version: int
    saved_by: str
    saved_at: str
    fields: list[ConflictText]


class Problem(TypedDict):
    """What went wrong. `detail` is one sentence in the language that Accept-Language asks for."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    facts: dict[str, Any]
    errors: list[Where]
    conflict: VersionConflict | None
    incident: str


class ApiFault(Exception):
    """A fault that a route found itself."""

    def __init__(
        self,
        status: int,
        code: str,
        sentence: str,
        *,
        errors: Sequence[Where] = (),
        facts: dict[str, Any] | None = None,
        conflict: VersionConflict | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.sentence = status, code, sentence
        self.errors, self.facts, self.conflict = list(errors), facts or {}, conflict


def is_api(request: HttpRequest) -> bool:
    """Whether a request wants its faults as JSON."""
    return request.path.startswith(PREFIX)


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    sentence: str,
    *,
    errors: Sequence[Where] = (),
    facts: dict[str, Any] | None = None,
    conflict: VersionConflict | None = None,
    incident: str | None = None,
) -> HttpResponse:
    """The answer of a fault."""
    body = Problem(
        type="about:blank",
        title=HTTPStatus(status).phrase,
        status=status,
        detail=sentence,
        code=code,
        facts={name: _fact(value) for name, value in (facts or {}).items()},
        errors=list(errors),
        conflict=conflict,
        incident=getattr(request, "incident", "") if incident is None else incident,
    )
    response = HttpResponse(json.dumps(body, ensure_ascii=False, cls=DjangoJSONEncoder), MEDIA_TYPE, status)
    if status == HTTPStatus.UNAUTHORIZED:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _fact(value: Any) -> Any:
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, list | tuple | set | frozenset):
        shown = [_fact(one) for one in value]
        return sorted(shown) if isinstance(value, set | frozenset) else shown
    return value if isinstance(value, date) else plain(value)


def missing(request: HttpRequest) -> HttpResponse:
    """Nothing that the caller may know of is there; nothing in it differs from one address to another."""
    return problem(request, 404, "missing", _("There is no such thing, or it is not for you."), incident="JD-404")


def refused(request: HttpRequest, fault: NotAllowed) -> HttpResponse:
    """401 when signing in might help, 409 when the state or a condition stands against it, else 403."""
    refusal = fault.refusal
    actor = getattr(request, "actor", None)
    errors: list[Where] = []
    if refusal.code in {"lifecycle.reason_missing", "lifecycle.cause_missing"}:
        status = 422
        field = refusal.code.removeprefix("lifecycle.").removesuffix("_missing")
        errors = [Where(where=field, code="required", sentence=refusal.sentence)]
    elif refusal.aspect == Aspect.ROLE and (actor is None or actor.account is None):
        status = 401
    elif isinstance(fault, StaleRecord) or refusal.aspect in {Aspect.STATE, Aspect.GUARD}:
        status = 409
    else:
        status = 403
    return problem(request, status, refusal.code, refusal.sentence, facts=refusal.facts, errors=errors)


def too_many(request: HttpRequest, fault: QuotaExceeded) -> HttpResponse:
    sentence = _("Try again in %(seconds)s seconds.") % {"seconds": fault.seconds}
    response = problem(request, 429, "quota", sentence, facts={"quota": fault.name, "seconds": fault.seconds})
    response.headers["Retry-After"] = str(fault.seconds)
    return response


def mend(errors: Sequence[Where]) -> ApiFault:
    """422 with everything that is to be mended."""
    first = errors[0]
    sentence = _("%(where)s: %(sentence)s") % {"where": first["where"], "sentence": first["sentence"]}
    if len(errors) > 1:
        sentence += " " + _("(and %(more)s more)") % {"more": len(errors) - 1}
    return ApiFault(422, "invalid", sentence, errors=errors)


# Kinds of pydantic's findings (or their beginnings) -> what they mean to the sender.
_WORDS: tuple[tuple[tuple[str, ...], Any], ...] = (
    (("missing",), gettext_lazy("This is missing.")),
    (("extra_forbidden",), gettext_lazy("There is no field of that name.")),
    (("string_type", "string_unicode"), gettext_lazy("Send a text.")),
    (("int_",), gettext_lazy("Send a whole number.")),
    (("decimal",), gettext_lazy("Send a number of at most 14 digits before the point and 6 behind it.")),
    (("date", "value_error"), gettext_lazy("Send a day as 2026-11-22.")),
    (("list_type", "tuple_type"), gettext_lazy("Send a list.")),
    (("model_", "dict_type"), gettext_lazy("Send an object with named fields.")),
    (("literal_error",), gettext_lazy("Send one of: %(expected)s.")),
    (("string_too_long",), gettext_lazy("Send at most %(max_length)s characters.")),
    (("too_long",), gettext_lazy("Send at most %(max_length)s entries.")),
    (("greater_than", "less_than"), gettext_lazy("The number is out of its range.")),
)


def _words_of(kind: str, context: dict[str, Any]) -> str:
    for kinds, words in _WORDS:
        if kind.startswith(kinds):
            return str(words) % context if "%(" in str(words) else str(words)
    return _("The value does not fit here.")


def ill_formed(request: HttpRequest, fault: ValidationError) -> HttpResponse:
    """The body does not even have the right shape."""
    errors = []
    for one in fault.errors:
        path = [str(part) for part in one.get("loc", ()) if part not in {"body", "query", "path", "header"}]
        kind = str(one.get("type", ""))
        if kind == "too_long" and (one.get("ctx") or {}).get("field_type") == "Value":
            kind = "string_too_long"  # of a text that may be null, pydantic says it like of a list
        errors.append(Where(where=".".join(path) or "body", code=kind, sentence=_words_of(kind, one.get("ctx") or {})))
    return _told(request, mend(errors))


def _told(request: HttpRequest, fault: ApiFault) -> HttpResponse:
    return problem(
        request,
        fault.status,
        fault.code,
        fault.sentence,
        errors=fault.errors,
        facts=fault.facts,
        conflict=fault.conflict,
    )


def answer_to(request: HttpRequest, fault: Any) -> HttpResponse:
    """The answer to any exception of a route; what nobody foresaw goes on to the site's error page."""
    if isinstance(fault, ApiFault):
        return _told(request, fault)
    if isinstance(fault, NotAllowed):
        return refused(request, fault)
    if isinstance(fault, QuotaExceeded):
        return too_many(request, fault)
    if isinstance(fault, Http404):
        return missing(request)
    if isinstance(fault, ValidationError):
        return ill_formed(request, fault)
    if isinstance(fault, RequestDataTooBig):
        return problem(request, 413, "too_large", _("The body is too large; send less at once."))
    if isinstance(fault, HttpError | SuspiciousOperation):
        return problem(request, 400, "unreadable", _("The body cannot be read; send JSON in UTF-8."))
    raise fault
