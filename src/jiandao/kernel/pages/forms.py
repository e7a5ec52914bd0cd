"""What the form of every classified record does: labels begin large, terms are valid today, secrecy has its term."""

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.pages.fields import TermField, bound_days
from jiandao.kernel.secrecy import NEED_TO_KNOW
from jiandao.kernel.texts import is_blank


class ClassifiedForm(forms.ModelForm):  # type: ignore[type-arg]
    """The form of a `Classified` record; its fields name `secrecy` and `secret_until`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        bound_days(self)
        for name, field in self.fields.items():
            field.label = capfirst(str(field.label))
            if isinstance(field, TermField):
                field.offer(getattr(self.instance, name))

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            if isinstance(field, forms.CharField) and field.required and name in values and is_blank(values[name]):
                self.add_error(name, field.error_messages["required"])
        if values.get("secret_until") and values.get("secrecy") not in NEED_TO_KNOW:
            self.add_error("secret_until", _("Only a need-to-know record has a term; choose the secrecy first."))
        if values.get("secrecy") in NEED_TO_KNOW and not values.get("secret_until"):
            self.add_error("secret_until", _("Say until when the record is confidential."))
        return values
