"""Pages that all visitors are shown alike, kept for some seconds: a portal is read by many who are not signed in.

What is kept is what a visitor saw; who is signed in, or was told something, never gets it. It ends at once with any
change to a record that the search shows (publication, withdrawal, classification), and by itself after
`JIANDAO_REMEMBER_SECONDS`, for what is not such a record: the name of an organisation, a day that ends.
"""

import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar, cast

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.utils.translation import get_language

V = TypeVar("V", bound=Callable[..., Any])
LARGEST = 500_000  # bytes
# A change that was begun earlier and committed later has a lower number: among the newest it moves the lowest one.
_NEWEST = """
SELECT max(id), min(id), count(*) FROM (SELECT id FROM jd_kernel_indexchange ORDER BY id DESC LIMIT 200) newest
"""
_TOKEN = re.compile(rb'(?<=name="csrfmiddlewaretoken" value=")[A-Za-z0-9]{64}(?=")')


@dataclass(frozen=True)
class _Kept:
    """A page, cut where the visitor's own form token belongs."""

    parts: tuple[bytes, ...]
    headers: tuple[tuple[str, str], ...]

    def answer(self, request: HttpRequest) -> HttpResponse:
        token = get_token(request).encode() if len(self.parts) > 1 else b""
        return HttpResponse(token.join(self.parts), headers=dict(self.headers))


def remembered(view: V) -> V:
    """Of a view behind `page`: its answer to a visitor's GET, kept by address and language. Outermost of the decorators."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not settings.JIANDAO_REMEMBER_SECONDS or not _is_mere_visitor(request):
            return view(request, *args, **kwargs)
        key = _key(request)
        kept = cache.get(key)
        if kept is not None:
            return kept.answer(request)
        response = view(request, *args, **kwargs)
        if _is_for_all(response):
            kept = _Kept(tuple(_TOKEN.split(response.content)), tuple(response.items()))
            cache.set(key, kept, settings.JIANDAO_REMEMBER_SECONDS)
        return response

    return cast(V, answer)


def _is_mere_visitor(request: HttpRequest) -> bool:
    known = any(name in request.COOKIES for name in (settings.SESSION_COOKIE_NAME, "messages"))
    return request.method == "GET" and not known and "HX-Request" not in request.headers


def _is_for_all(response: Any) -> bool:
    return (
        response.status_code == 200
        and not response.streaming
        and not response.cookies
        and len(response.content) <= LARGEST
    )


def _key(request: HttpRequest) -> str:
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST)
        newest = cursor.fetchone()
    asked = (request.scheme, request.get_host(), request.get_full_path(), get_language(), *newest)
    return "page:" + hashlib.sha256(repr(asked).encode()).hexdigest()
