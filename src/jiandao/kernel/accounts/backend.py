"""Checking a sign-in name and password. Nothing else: rights come from grants, not from Django's permissions."""

from typing import Any

from django.contrib.auth.backends import BaseBackend
from django.http import HttpRequest

from jiandao.kernel.accounts.models import Account
from jiandao.kernel.quotas import spend


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
        if account.check_password(password) and account.is_active:
            return account
        return None

    def get_user(self, user_id: int) -> Account | None:
        return Account.objects.filter(pk=user_id, is_active=True, is_service=False).first()
