"""Forms of invitations, roles and accounts."""

from typing import Any

from django import forms
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.models import Account, validate_username
from jiandao.kernel.accounts.roles import Role
from jiandao.stages.people.models import UNIT_ROLES

NAME_TAKEN = _("This sign-in name is taken; choose another one.")
ROLE_CHOICES = [(role.value, role.label) for role in UNIT_ROLES]


class InvitationForm(forms.Form):
    """Whom to invite, with which roles."""

    name = forms.CharField(label=_("name"), max_length=100)
    email = forms.EmailField(label=_("e-mail"))
    roles = forms.MultipleChoiceField(label=_("roles"), choices=ROLE_CHOICES, widget=forms.CheckboxSelectMultiple)


class GrantForm(forms.Form):
    """A further role for a colleague."""

    account = forms.ModelChoiceField(Account.objects.none(), label=_("colleague"))
    role = forms.ChoiceField(label=_("role"), choices=ROLE_CHOICES)

    def __init__(self, *args: Any, colleagues: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["account"].queryset = colleagues  # type: ignore[attr-defined]

    def clean_role(self) -> Role:
        return Role(self.cleaned_data["role"])


class NewAccountForm(forms.Form):
    """An account for somebody who was invited and has none."""

    username = forms.CharField(label=_("sign-in name"), max_length=150, min_length=3)
    password = forms.CharField(
        label=_("password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}), max_length=200
    )

    def clean_username(self) -> str:
        username: str = Account.normalize_username(self.cleaned_data["username"].strip())
        try:
            validate_username(username)
        except forms.ValidationError as wrong:
            raise forms.ValidationError(wrong.messages) from wrong
        if Account.objects.filter(username__iexact=username).exists():
            raise forms.ValidationError(NAME_TAKEN)
        return username

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        password_validation.validate_password(password, Account(username=self.cleaned_data.get("username", "")))
        return password
