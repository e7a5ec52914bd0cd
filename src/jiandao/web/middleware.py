"""Middleware of the site: a code for every incident, the reader's language, the actor, refusals as pages."""

import logging
import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import translation
from django.utils.functional import SimpleLazyObject

from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.api.problems import is_api
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.public_ids import ALPHABET
from jiandao.kernel.quotas import QuotaExceeded
from jiandao.kernel.texts import storable

logger = logging.getLogger("jiandao.incident")
Next = Callable[[HttpRequest], HttpResponse]


class Incidents:
    """Gives each request a code; an error page shows it and the log has it, so that a caller need only quote it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.incident = "".join(secrets.choice(ALPHABET) for _ in range(8))  # type: ignore[attr-defined]
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        from jiandao.web import errors

        if isinstance(exception, NotAllowed):
            return errors.refused(request, exception)
        if isinstance(exception, QuotaExceeded):
            return errors.too_many(request, exception.seconds)
        if isinstance(exception, Http404 | PermissionDenied | SuspiciousOperation):
            return None
        logger.error(
            "incident %s at %s %s",
            request.incident,  # type: ignore[attr-defined]
            request.method,
            request.path,
            exc_info=exception,
        )
        return None


class Readable:
    """Forms and addresses with characters that no database text holds are answered 400, before any page sees them."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> None:
        """After the check of the CSRF token, which reads the form anyway."""
        sent = [request.GET] if is_api(request) else [request.GET, request.POST]
        for name, values in (pair for form in sent for pair in form.lists()):
            if not storable(name) or not all(storable(value) for value in values):
                raise SuspiciousOperation("a character that no text holds")


class Private:
    """What somebody who is signed in was shown stays in no cache, neither in the browser's nor on the way."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if settings.SESSION_COOKIE_NAME in request.COOKIES and not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "private, no-store"
        return response


class Language:
    """The language chosen with the switch; Chinese until somebody chooses. A program asks by Accept-Language instead.

    The choice lies in a cookie. It is kept with the account too, for its mails and for its next sign-in elsewhere.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME)
        if chosen is None and is_api(request):
            chosen = translation.get_language_from_request(request)
        known = {code for code, _name in settings.LANGUAGES}
        translation.activate(chosen if chosen in known else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language()
        response = self.get_response(request)
        response.headers.setdefault("Content-Language", translation.get_language() or "")
        return response


class CurrentActor:
    """`request.actor`, loaded when first asked for: two queries at most."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        def load() -> Any:
            account = request.user if request.user.is_authenticated else None
            return load_actor(account)

        request.actor = SimpleLazyObject(load)  # type: ignore[attr-defined]
        request.programme = None  # type: ignore[attr-defined]
        return self.get_response(request)


LAST_PROGRAMME = "jd_programme"


class LastProgramme:
    """Remembers in a cookie the programme whose pages somebody who is signed in reads, for the menu of the other pages."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        programme = getattr(request, "programme", None)
        if (
            programme is not None
            and settings.SESSION_COOKIE_NAME in request.COOKIES
            and request.COOKIES.get(LAST_PROGRAMME) != programme.slug
            and not is_api(request)
        ):
            secure = settings.SESSION_COOKIE_SECURE
            response.set_cookie(LAST_PROGRAMME, programme.slug, httponly=True, samesite="Lax", secure=secure)
        return response
