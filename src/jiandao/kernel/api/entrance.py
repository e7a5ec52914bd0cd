"""Who calls: a personal token in the Authorization header, or the session of a browser (then with its CSRF token)."""

import base64
import binascii
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from ninja.utils import check_csrf

from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.api.models import ApiToken, TokenScope
from jiandao.kernel.api.problems import ApiFault
from jiandao.kernel.api.tokens import token_of
from jiandao.kernel.pages.gate import Door
from jiandao.kernel.policy.decisions import NotAllowed, Refused
from jiandao.kernel.policy.rules import Rule
from jiandao.kernel.quotas import address_spender, spend, spender

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def secret_in(header: str) -> str:
    """The secret of an Authorization header: Bearer, or the password of Basic, which calendars and readers send."""
    scheme, _space, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(rest, validate=True).decode().partition(":")[2]
        except (binascii.Error, UnicodeDecodeError):
            return ""
    return ""


def identify(request: HttpRequest) -> ApiToken | None:
    """Put the token's owner on the request; without a header the session stays who it is.

    A header with a wrong token is a fault even where anybody may read: its sender believes to be signed in. ApiFault
    401, and QuotaExceeded when one address sends many wrong ones.
    """
    header = request.headers.get("Authorization", "")
    if not header:
        return None
    token = token_of(secret_in(header))
    if token is None:
        spend("token-faults", address_spender(request))
        raise ApiFault(401, "token.unknown", _("This token is unknown, expired or revoked; make a new one."))
    request.actor = load_actor(token.account, token.public_id)  # type: ignore[attr-defined]
    return token


def open_to_public(rule: Rule) -> bool:
    """Whether somebody who is not signed in may be let in by some clause."""
    return any(Role.PUBLIC in clause.roles for clause in rule.clauses)


def needs_account(door: Door) -> bool:
    """Whether nobody gets through without an account."""
    return not all(open_to_public(rule) for rule in (door.rule, door.see or door.rule))


def enter(request: HttpRequest, door: Door) -> bool:
    """Before a route reads the request: who is it, and not too often."""
    token = identify(request)
    request.token = token  # type: ignore[attr-defined]
    actor = request.actor  # type: ignore[attr-defined]
    spend("api", spender(request))
    if actor.account is None:
        for rule in (door.see or door.rule, door.rule):
            answer = rule.decide(actor, None) if not open_to_public(rule) else None
            if isinstance(answer, Refused):
                raise NotAllowed(answer)
    if request.method in SAFE:
        return True
    if token is not None:
        if token.scope != TokenScope.WRITE:
            raise ApiFault(403, "token.read_only", _("This token only reads; make one that also writes."))
    elif actor.account is not None and check_csrf(request) is not None:
        raise ApiFault(403, "csrf", _("Send the CSRF token of the session in the header X-CSRFToken, or use a token."))
    return True


View = Callable[..., HttpResponseBase]


def for_tokens(view: View) -> View:
    """A page that a personal token opens, too."""

    @wraps(view)
    def named(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            identify(request)
        except ApiFault as fault:
            response = HttpResponse(f"{fault.sentence}\n", "text/plain; charset=utf-8", fault.status)
            response.headers["WWW-Authenticate"] = 'Basic realm="Jiandao", charset="UTF-8"'
            return response
        return view(request, *args, **kwargs)

    return named
