"""Error pages. Each says what happened, what to do, and a code to quote; nothing about what the reader may not know."""

from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from jiandao.kernel.lifecycle import StaleRecord
from jiandao.kernel.policy.decisions import Aspect, NotAllowed


def _page(request: HttpRequest, status: int, **context: Any) -> HttpResponse:
    context.setdefault("code", getattr(request, "incident", ""))
    return render(request, f"errors/{status}.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 400)


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _page(request, 403, sentence="")


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    # No code of its own: a record one may not know of and one that never was must look alike, byte for byte.
    return _page(request, 404, code="JD-404")


def server_error(request: HttpRequest) -> HttpResponse:
    return _page(request, 500)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    response = _page(request, 429, seconds=seconds)
    response.headers["Retry-After"] = str(seconds)
    return response


def locked_out(request: HttpRequest, credentials: dict[str, Any] | None = None, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many failed sign-ins. Says nothing about whether the name exists."""
    from django.conf import settings

    return too_many(request, int(settings.AXES_COOLOFF_TIME * 3600))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _page(request, 403, sentence="", csrf=True)


def refused(request: HttpRequest, exception: NotAllowed) -> HttpResponse:
    """A refusal of the policy: to the sign-in page when that may help, else the reason."""
    refusal = exception.refusal
    anonymous = getattr(request, "actor", None) is None or request.actor.account is None  # type: ignore[attr-defined]
    if anonymous and refusal.aspect == Aspect.ROLE:
        return redirect_to_login(request.get_full_path())
    status = 409 if isinstance(exception, StaleRecord) else 403
    return _page(request, status, sentence=refusal.sentence)
