"""Pages for what went wrong: what happened, what to do, and a code to quote.

`page(request, status)` is for views and middleware; the four functions at the end are Django's handlers. A missing
record and one that the person may not know of give the same page: the code is random, the rest is the same text.
"""

import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""No sign that is mistaken for another over the telephone."""

TEXTS: dict[int, tuple[str | Promise, str | Promise]] = {
    400: (
        _("The request could not be understood"),
        _("The address or the data sent is damaged. Go back, reload the page and try again."),
    ),
    403: (
        _("This is not open to you"),
        _(
            "Your roles do not include this, or the page stood open for too long. Go back, reload the page and "
            "try again; if you need this for your work, ask your administrator."
        ),
    ),
    404: (
        _("There is nothing at this address"),
        _("It may have been moved or removed, or it is not open to you. Check the address, or look for it by search."),
    ),
    409: (
        _("Somebody else was faster"),
        _("The record has changed since you opened it, so nothing was done. Reload the page and look at it again."),
    ),
    413: (
        _("The file is too large"),
        _("Nothing was stored. Make the file smaller or divide it, and upload it again."),
    ),
    429: (
        _("Too many requests"),
        _(
            "To protect everybody, requests are limited. "
            "Wait a minute and try again; nothing that you had saved is lost."
        ),
    ),
    500: (
        _("Something went wrong on our side"),
        _("The fault has been recorded. Try again; if it happens again, tell us the code below."),
    ),
    503: (
        _("The system is being maintained"),
        _("It will be back shortly. What you had saved, drafts included, is kept."),
    ),
}


def new_code() -> str:
    """A random code to quote, as 7KQ4-2M9X."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(8))
    return f"{letters[:4]}-{letters[4:]}"


def page(
    request: HttpRequest,
    status: int,
    *,
    code: str = "",
    sentence: str | Promise = "",
    retry_after: int | None = None,
) -> HttpResponse:
    """The error page for `status`; `sentence` replaces the usual explanation, `retry_after` is in seconds.

    `code` is what the log carries: `request.fault_code` when a middleware has set it, else a new one.
    """
    code = code or getattr(request, "fault_code", "") or new_code()
    title, usual = TEXTS[status]
    context = {"status": status, "title": title, "sentence": sentence or usual, "code": code}
    if status >= 500:
        # Without the surroundings: whatever failed may fail again there.
        response = HttpResponse(render_to_string("fault_bare.html", context), status=status)
    else:
        response = render(request, "fault.html", context, status=status)
    response["X-Fault-Code"] = code
    if retry_after is not None:
        response["Retry-After"] = str(retry_after)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler400."""
    return page(request, 400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler403."""
    return page(request, 403)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """CSRF_FAILURE_VIEW."""
    return page(
        request,
        403,
        sentence=_(
            "The page stood open for too long or cookies are blocked. Go back, reload the page and send it again."
        ),
    )


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """handler404."""
    return page(request, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """handler500."""
    return page(request, 500)
