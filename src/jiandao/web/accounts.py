"""How sign-in behaves here: accounts come by invitation, never by open registration; ended sessions are journalled."""

from collections.abc import Iterable

from allauth.account.adapter import DefaultAccountAdapter
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.http import HttpRequest

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.sessions import end_sessions


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class SessionsAdapter(DefaultUserSessionsAdapter):  # type: ignore[misc]
    def end_sessions(self, sessions: Iterable[UserSession]) -> None:
        """Those of one account, ended by its owner."""
        by_account: dict[int, list[UserSession]] = {}
        for one in sessions:
            by_account.setdefault(one.user_id, []).append(one)
        for own in by_account.values():
            end_sessions(actor=Actor(account=own[0].user), numbers=[one.pk for one in own])
