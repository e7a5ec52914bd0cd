"""Error pages: what happened, what to do, and a code to quote; nothing about what the reader may not know."""

from typing import Any

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from jiandao.kernel.api.problems import is_api, missing, problem
from jiandao.kernel.lifecycle import StaleRecord
from jiandao.kernel.policy.decisions import Aspect, NotAllowed


def fault(request: HttpRequest, status: int, title: str, sentence: str, code: str = "") -> HttpResponse:
    """One page for all faults; for the API the same as a problem document."""
    if is_api(request):
        return problem(request, status, f"http.{status}", sentence, incident=code or None)
    context = {"status": status, "title": title, "sentence": sentence, "code": code or getattr(request, "incident", "")}
    if status >= 500:  # without the surroundings: whatever failed would fail again there
        return HttpResponse(render_to_string("fault_bare.html", context), status=status)
    return render(request, "fault.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent | TooManyFilesSent):
        return too_large(request, exception)
    return fault(request, 400, _("This request cannot be read"), _("Go back and try again; nothing was changed."))


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return fault(request, 403, _("You may not do this"), _("Ask the unit administrator or the programme office."))


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    if is_api(request):
        return missing(request)
    # No code of its own: a record one may not know of and one that never was must look alike, byte for byte.
    sentence = _("The address may be mistyped, or the page is not for you.")
    return fault(request, 404, _("There is no such page"), sentence, code="JD-404")


def server_error(request: HttpRequest) -> HttpResponse:
    sentence = _("Nothing half-done was kept. Try again; if it stays, tell us the code.")
    return fault(request, 500, _("Something went wrong on our side"), sentence)


def too_many(request: HttpRequest, seconds: int) -> HttpResponse:
    sentence = _("Try again in %(seconds)s seconds.") % {"seconds": seconds}
    response = fault(request, 429, _("Too many requests"), sentence)
    response.headers["Retry-After"] = str(seconds)
    return response


def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Too many failed sign-ins. Says nothing about whether the name exists."""
    return too_many(request, int(settings.AXES_COOLOFF_TIME * 3600))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    sentence = _("Open the page again and repeat what you did; cookies must be allowed for this site.")
    return fault(request, 403, _("The page was too old to be sent"), sentence)


def too_large(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return fault(request, 413, _("That is too much at once"), _("Send a smaller file or fewer rows."))


def refused(request: HttpRequest, exception: NotAllowed) -> HttpResponse:
    """A refusal of the policy: to the sign-in page when that may help, else the reason."""
    refusal = exception.refusal
    anonymous = getattr(request, "actor", None) is None or request.actor.account is None  # type: ignore[attr-defined]
    if anonymous and refusal.aspect == Aspect.ROLE:
        return redirect_to_login(request.get_full_path())
    if isinstance(exception, StaleRecord):
        return fault(request, 409, _("Somebody was faster"), refusal.sentence)
    return fault(request, 403, _("You may not do this"), refusal.sentence)
