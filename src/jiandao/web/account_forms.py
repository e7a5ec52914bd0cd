"""The forms of allauth that check a secret, under quotas kept in the database: nobody guesses codes or passwords there.

Sign-in itself is limited by django-axes (five failures of a name from an address) and by the backend (of an account).
"""

from typing import Any

from allauth.account import forms as account
from allauth.mfa.base import forms as second_factor

from jiandao.kernel.accounts.models import Account
from jiandao.kernel.quotas import spend, spender


class AuthenticateForm(second_factor.AuthenticateForm):  # type: ignore[misc]
    def clean_code(self) -> Any:
        spend("second-factor", f"account-{self.user.pk}")
        return super().clean_code()


class ReauthenticateForm(second_factor.ReauthenticateForm):  # type: ignore[misc]
    def clean_code(self) -> Any:
        spend("second-factor", f"account-{self.user.pk}")
        return super().clean_code()


class ChangePasswordForm(account.ChangePasswordForm):  # type: ignore[misc]
    def clean_oldpassword(self) -> Any:
        spend("old-password", f"account-{self.user.pk}")
        return super().clean_oldpassword()


class ResetPasswordForm(account.ResetPasswordForm):  # type: ignore[misc]
    """The link goes to the address that the account was given, and to no other."""

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.users = list(Account.objects.filter(email__iexact=email, is_active=True, is_service=False)[:5])
        return email

    def save(self, request: Any, **more: Any) -> str:
        spend("reset-mails", spender(request))
        email: str = self.cleaned_data["email"]
        if self.users:
            spend("reset-mails", f"mail-{self.users[0].pk}")
            super().save(request, **more)
        return email
