"""A table of rows inside a form: a row in which nothing was typed is no row."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.forms.formsets import BaseFormSet
from django.utils.translation import gettext_lazy as _

LARGEST_TABLE = 30


class RowForm(forms.Form):
    """One row. `typed` names the fields that make it one; the others (a choice that has always a value) do not. No two
    rows hold the same in the field `once`."""

    typed: ClassVar[tuple[str, ...]] = ()
    once: ClassVar[str] = ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            if isinstance(field, forms.DecimalField):
                field.widget = forms.TextInput(attrs={**field.widget.attrs, "inputmode": "decimal"})
            select = isinstance(field.widget, forms.Select)
            field.widget.attrs["aria-label"] = str(field.label)
            field.widget.attrs["class"] = "form-select form-select-sm" if select else "form-control form-control-sm"

    @property
    def is_empty(self) -> bool:
        return not any(self.cleaned_data.get(name) not in (None, "") for name in self.typed)


class BaseRows(BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        seen = set()
        for form in self.forms:
            value = form.cleaned_data.get(form.once) if form.once and form.is_valid() else None
            if value and value in seen:
                form.add_error(form.once, _("This stands in another row already."))
            seen.add(value)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows in which something was typed, as values for the action; an empty text is a text."""
        found = []
        for form in self.forms:
            if not form.is_empty:
                row = {name: form.cleaned_data.get(name) for name in form.fields}
                found.append({name: _value(form.fields[name], value) for name, value in row.items()})
        return found


def _value(field: forms.Field, value: Any) -> Any:
    return value or "" if type(field) in {forms.CharField, forms.ChoiceField} else value


def rows_of_form(form: type[RowForm], *, extra: int = 3) -> type[BaseFormSet[Any]]:
    """The table of such rows, with `extra` empty ones at its end."""
    return forms.formset_factory(
        form, formset=BaseRows, extra=extra, max_num=LARGEST_TABLE, absolute_max=LARGEST_TABLE, validate_max=True
    )
