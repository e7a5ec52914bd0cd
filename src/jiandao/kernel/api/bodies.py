"""Bodies of requests, made from the forms of the pages, so that no limit or choice is written twice.

A body has a form's fields under the same names; what is not sent stays as it is, null empties it. Money is in fen,
a term is named by its code, an organisation by its id.
"""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from django import forms
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, StrictStr, create_model
from pydantic_core import PydanticCustomError

from jiandao.kernel.api.terms import UNKNOWN, key_of
from jiandao.kernel.pages.editing import Raw
from jiandao.kernel.pages.fields import KeywordsField, TermField, TermsField, WanField
from jiandao.kernel.texts import storable

FormClass = Any  # a class of forms; django-stubs gives `base_fields` to no common type


def _iso(value: Any) -> Any:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        raise ValueError("a day as 2026-11-22")
    return value


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("decimal_type", "a number")
    return value


def _storable(value: Any) -> Any:
    if isinstance(value, str) and not storable(value):
        raise PydanticCustomError("string_unicode", "a text")
    return value


Text = Annotated[StrictStr, BeforeValidator(_storable)]
Day = Annotated[date, BeforeValidator(_iso)]
STRICT = ConfigDict(extra="forbid")


class Deed(BaseModel):
    """A verb of the lifecycle: on which version, and why."""

    model_config = STRICT
    version: StrictInt = Field(ge=1, lt=2**31, description="The version that you read; another one answers 409.")
    reason: Text = Field("", max_length=1000, description="Asked for by some verbs; those concerned read it.")
    cause: Text = Field("", max_length=60, description="The code of a cause, where the verb knows several.")


def body_of(
    name: str,
    form: FormClass,
    *,
    rows: Mapping[str, tuple[FormClass, int]] | None = None,
    version: bool = False,
    first_version: int = 1,
) -> type[BaseModel]:
    """A body with the fields of `form`; `rows` are tables inside it: name -> (form of a row, most rows).

    `first_version` 0 is for what may not have been saved yet.
    """
    fields: dict[str, Any] = {one: _field(field) for one, field in form.base_fields.items()}
    for table, (row, most) in (rows or {}).items():
        row_model = create_model(f"{name}_{table}", __config__=STRICT, **_fields(row))
        fields[table] = (list[row_model] | None, Field(None, max_length=most))  # type: ignore[valid-type]
    if version:
        fields["version"] = (
            StrictInt,
            Field(ge=first_version, lt=2**31, description="The version that you read; another one answers 409."),
        )
    return create_model(name, __config__=STRICT, **fields)


def _fields(form: FormClass) -> dict[str, Any]:
    return {one: _field(field) for one, field in form.base_fields.items()}


def _field(field: forms.Field) -> tuple[Any, Any]:
    kind: Any = Text
    limits: dict[str, Any] = {}
    if isinstance(field, KeywordsField):
        kind = list[Text]
    elif isinstance(field, WanField):
        kind, limits = StrictInt, {"ge": 0, "lt": 2**53, "description": "In fen."}
    elif isinstance(field, forms.ModelChoiceField):
        kind, limits["description"] = _named(field)
    elif isinstance(field, forms.ChoiceField):
        kind = Literal[tuple(str(key) for key, _label in list(field.choices) if key != "")]  # type: ignore[arg-type]
    elif isinstance(field, forms.DateField):
        kind = Day
    elif isinstance(field, forms.BooleanField):
        kind = StrictBool
    elif isinstance(field, forms.IntegerField):
        kind, limits = _number(field)
    elif isinstance(field, forms.CharField) and field.max_length:
        limits["max_length"] = field.max_length
    return kind | None, Field(None, **limits)


def _named(field: Any) -> tuple[Any, str]:
    if isinstance(field, TermsField):
        return list[Text], f"Terms of {field.vocabulary}: code, or edition:code."
    if isinstance(field, TermField):
        return Text, f"A term of {field.vocabulary}: code, or edition:code."
    return Text, "An id."


def _number(field: forms.IntegerField) -> tuple[Any, dict[str, Any]]:
    if isinstance(field, forms.DecimalField):
        limits = {"max_digits": field.max_digits, "decimal_places": field.decimal_places}
        return Annotated[Decimal, BeforeValidator(_no_truth)], limits
    bounds = (("ge", field.min_value), ("le", field.max_value))
    return StrictInt, {bound: value for bound, value in bounds if value is not None}


def raw_of_body(form: forms.BaseForm, sent: Mapping[str, Any]) -> Raw:
    """What was sent, as a browser would send it to `form`."""
    return {name: _texts(form.fields[name], value) for name, value in sent.items() if name in form.fields}


def row_texts(form: FormClass, sent: Mapping[str, Any]) -> dict[str, str]:
    """One row of a table, as texts; a column that was not sent is empty."""
    return {name: (_texts(field, sent.get(name)) or [""])[0] for name, field in form.base_fields.items()}


def _texts(field: forms.Field, value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(field, KeywordsField | WanField):
        return [str(field.prepare_value(value))]
    offered: Any = getattr(field, "queryset", None)
    if isinstance(field, TermsField):
        terms: Any = field.queryset
        if terms.query.is_empty():  # of a form that was not made yet
            field.offer()
            terms = field.queryset
        return [key_of(terms, one) for one in value]
    if isinstance(field, TermField):
        return [key_of(offered, value)]
    if isinstance(field, forms.ModelChoiceField):
        found = offered.filter(public_id__in=_clean([value])).values_list("pk", flat=True).first()
        return [UNKNOWN if found is None else str(found)]
    text = f"{value:f}" if isinstance(value, Decimal) else str(value)
    # A field of one line: a browser lets no line break into it.
    return [" ".join(text.splitlines()) if isinstance(field.widget, forms.TextInput) else text]


def _clean(names: list[str]) -> list[str]:
    return [name for name in names if "\0" not in name]
