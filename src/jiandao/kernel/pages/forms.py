"""The form of a record: what the forms of all rooms share."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.pages.fields import TermField
from jiandao.kernel.secrecy import NEED_TO_KNOW


class RecordForm(forms.ModelForm):  # type: ignore[type-arg]
    """Labels as sentences, terms that are valid today, and a term of secrecy where there is one and nowhere else."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.actor = actor
        for name, field in self.fields.items():
            field.label = capfirst(str(field.label))
            if isinstance(field, TermField):
                field.offer(getattr(self.instance, name))

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or self.cleaned_data
        if "secrecy" not in self.fields:
            return values
        if values.get("secret_until") and values.get("secrecy") not in NEED_TO_KNOW:
            self.add_error("secret_until", _("Only a need-to-know record has a term; choose the secrecy first."))
        if values.get("secrecy") in NEED_TO_KNOW and not values.get("secret_until"):
            self.add_error("secret_until", _("Say until when the record is confidential."))
        return values
