"""Checking a sign-in name and password. Nothing else: rights come from grants, not from Django's permissions."""

from typing import Any

from django.conf import settings
from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from jiandao.kernel import visitors
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.quotas import spend


def out_of_play(account: Account) -> bool:
    """Whether this is an account of the demonstration and the demonstration is not what runs."""
    return account.is_demonstration and not settings.JIANDAO_DEMONSTRATION


class AccountBackend(BaseBackend):
    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_: Any
    ) -> Account | None:
        if username is None or password is None:
            return None
        name = Account.normalize_username(username.strip())
        account = Account.objects.filter(username__iexact=name, is_service=False).first()
        if account is None:
            Account().set_password(password)  # as slow as a wrong password, so that names cannot be guessed by time
            return None
        spend("sign-in", f"account-{account.pk}")
        if not account.check_password(password) or not account.is_active:
            return None
        # The passwords of the demonstration are printed in the manual: they open nothing but it, from its own machine.
        at_home = request is not None and visitors.from_this_machine(request) and not out_of_play(account)
        return account if at_home or not account.is_demonstration else None

    def get_user(self, user_id: int) -> Account | None:
        account = Account.objects.filter(pk=user_id, is_active=True, is_service=False).first()
        return account if account is not None and not out_of_play(account) else None
