"""How sign-in behaves here: accounts come by invitation, never by open registration; ended sessions are journalled."""

import logging
from collections.abc import Iterable
from functools import partial
from smtplib import SMTPException
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.signals import authenticator_added, authenticator_removed, authenticator_reset
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext_lazy

from jiandao.kernel import journal, visitors
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.accounts.sessions import end_sessions
from jiandao.kernel.api.tokens import revoke_all_tokens
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS

logger = logging.getLogger("jiandao.accounts")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    def post_login(self, request: HttpRequest, user: Account, **more: Any) -> HttpResponse:
        """On a browser where nobody chose a language, the pages speak that of the account."""
        response: HttpResponse = super().post_login(request, user, **more)
        if user.language and settings.LANGUAGE_COOKIE_NAME not in request.COOKIES:
            remember_language(response, user.language)
        return response

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language of the account. Not through the outbox: an officer who checks mails there must not see a link
        that gives the account away. A transport that fails is told to the log alone: the page must not say who exists.
        """
        user = context.get("user")
        with translation.override(getattr(user, "language", "") or settings.LANGUAGE_CODE):
            try:
                super().send_mail(template_prefix, email, context)
            except (OSError, SMTPException):
                logger.exception("a mail about an account could not be sent")

    def get_client_ip(self, request: HttpRequest) -> str:
        """As the list of sessions shows it; the same address that quotas and locks count."""
        found: str = visitors.address(request) or super().get_client_ip(request)
        return found

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


def tried_name(request: HttpRequest, credentials: dict[str, Any] | None = None) -> str:
    """The sign-in name as the lock counts it: however it is written, it is the same account."""
    sent = credentials or request.POST
    name = sent.get("username") or sent.get("login") or ""
    return Account.normalize_username(str(name).strip()).casefold()[:150]


def note_second_factor(verb: str, **given: Any) -> None:
    """A second factor was added, removed or made anew by its owner: the journal of the account keeps it."""
    with transaction.atomic():
        account = Account.objects.select_for_update().get(pk=given["user"].pk)
        factor = str(given["authenticator"].type)
        actor = Actor(account=account)
        journal.record(actor=actor, role=Role.ACCOUNT, verb=verb, record=account, facts={"factor": factor})


COMMON_VERBS.update(
    {
        "add-factor": gettext_lazy("add a second factor"),
        "remove-factor": gettext_lazy("remove a second factor"),
        "renew-factor": gettext_lazy("make new recovery codes"),
    }
)
name_fact("factor", gettext_lazy("second factor"))
for _signal, _verb in (
    (authenticator_added, "add-factor"),
    (authenticator_removed, "remove-factor"),
    (authenticator_reset, "renew-factor"),
):
    _signal.connect(partial(note_second_factor, _verb), weak=False, dispatch_uid=_verb)


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
