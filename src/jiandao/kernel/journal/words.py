"""The words for facts of the journal that are no field of the record: each part of the house names its own."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from jiandao.kernel.accounts.roles import Role

Words = Callable[[Any], str]


@dataclass(frozen=True)
class FactWords:
    """How a timeline shows a fact; without a label it is kept for auditors and not shown."""

    label: str | Promise
    words: Words


_FACTS: dict[str, FactWords] = {}


def name_fact(code: str, label: str | Promise, words: Words | None = None) -> None:
    """Name a fact for timelines; `words` turns its value into text. ValueError when the code is named already."""
    if code in _FACTS:
        raise ValueError(f"two facts named {code}")
    _FACTS[code] = FactWords(label, words or plain_text)


def hide_facts(*codes: str) -> None:
    """Facts that only the journal itself keeps, such as ids. ValueError when a code is named already."""
    for code in codes:
        name_fact(code, "")


def fact_words(code: str) -> FactWords:
    """How to show a fact; one that nobody named stands under its code."""
    return _FACTS.get(code) or FactWords(code, plain_text)


def plain_text(value: Any) -> str:
    """A value of the journal as text, one line for each part."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return "\n".join(plain_text(one) for one in value)
    if isinstance(value, dict):
        return "\n".join(f"{name}: {plain_text(one)}" for name, one in value.items())
    return str(value)


def role_names(codes: Any) -> str:
    """The names of roles, for facts that keep one code or a list of them."""
    known = codes if isinstance(codes, list) else [codes]
    return "\n".join(str(Role(one).label) if one in Role.values else str(one) for one in known)


name_fact("token", gettext_lazy("by API token"))
