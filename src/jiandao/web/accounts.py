"""How sign-in behaves here: accounts come by invitation, never by open registration; ended sessions are journalled."""

from collections.abc import Iterable
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.accounts.sessions import end_sessions
from jiandao.kernel.api.tokens import revoke_all_tokens


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def post_login(self, request: HttpRequest, user: Account, **more: Any) -> HttpResponse:
        """On a browser where nobody chose a language, the pages speak that of the account."""
        response: HttpResponse = super().post_login(request, user, **more)
        if user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            remember_language(response, user.language)
        return response

    @transaction.atomic
    def set_password(self, user: Account, password: str) -> None:
        """Changed or reset by its owner. Tokens made under the old password end with it: a thief may have made one."""
        account = Account.objects.select_for_update().get(pk=user.pk)
        super().set_password(user, password)
        actor = Actor(account=user)
        journal.record(actor=actor, role=Role.ACCOUNT, verb="set-password", record=account)
        revoke_all_tokens(actor=actor, reason="password")

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


def remember_language(response: HttpResponse, language: str) -> None:
    """Keep the choice in the browser."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Those of one account, ended by its owner."""
        by_account: dict[int, list[UserSession]] = {}
        for one in sessions:
            by_account.setdefault(one.user_id, []).append(one)
        for own in by_account.values():
            end_sessions(actor=Actor(account=own[0].user), numbers=[one.pk for one in own])
