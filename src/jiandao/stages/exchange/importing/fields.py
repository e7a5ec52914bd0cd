"""What can be imported: the fields of each kind of record, how their cells are read, and how headers name them."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db import models
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.policy import Rule
from jiandao.kernel.tabular.faults import CHINESE, ENGLISH
from jiandao.kernel.tabular.values import folded
from jiandao.stages.exchange import policy
from jiandao.stages.exchange.importing import policy as own
from jiandao.stages.exchange.importing.models import ImportKind
from jiandao.stages.exchange.importing.words import (
    CAPABILITY_WORDS,
    CHOICE_WORDS,
    COMPARATORS,
    EXPERT_WORDS,
    NEED_WORDS,
    ORGANISATION_WORDS,
    RESULT_WORDS,
)
from jiandao.stages.exchange.models import Capability, Comparator, Need, ResearchResult
from jiandao.stages.people import policy as people
from jiandao.stages.people.models import Expert, Organisation, Person, WorkKind

MOST_INDICATORS = 30
INDICATOR_PARTS = {
    "whole": _("the whole indicator"),
    "name": _("indicator"),
    "comparator": _("comparator"),
    "threshold": _("threshold"),
    "tolerance": "±",
    "stretch": _("stretch"),
    "unit": _("unit"),
    "test_method": _("test method"),
}


@dataclass(frozen=True)
class ImportField:
    """One field that a column may fill. `kind` says how its cells are read (see `conversion`)."""

    name: str
    label: Any
    kind: str
    longest: int | None = None
    choices: Mapping[str, str] = field(default_factory=dict)  # folded word -> code
    labels: Any = ()  # of the choices, for a fault
    vocabulary: str = ""
    positive: bool = True
    clearable: bool = False  # whether a record may be without it
    between: tuple[int, int] = (0, 0)  # of a whole number

    @property
    def empty(self) -> Any:
        """What a record has that is without it."""
        lists = {"keywords", "terms", "lines", "works"}
        return [] if self.kind in lists else None if self.kind in {"term", "money", "day", "number"} else ""


@dataclass(frozen=True)
class Importable:
    """A kind of record that can be imported."""

    kind: ImportKind
    model: type[Any]
    rule: Rule
    change: Rule
    fields: Mapping[str, ImportField]
    words: Mapping[str, str]
    text: str  # the field that holds the long text, and gives a title where there is none
    states: tuple[str, ...]
    has_indicators: bool = False
    named_by: str = "title"  # the field that every row needs
    shared: bool = False  # in the directory that all programmes share; told by names and codes, not by ids of a source

    @property
    def has_money(self) -> bool:
        return any(one.kind == "money" for one in self.fields.values())

    @cached_property
    def by_word(self) -> dict[str, str]:
        """Header (see `header_key`) -> field. Our own labels in both languages count beside the customary words."""
        found: dict[str, str] = {}
        for name, one in self.fields.items():
            for code in (ENGLISH, CHINESE):
                with translation.override(code):
                    found.setdefault(header_key(str(one.label)), name)
        for name, words in self.words.items():
            found |= {header_key(word.replace("_", " ")): name for word in words.split()}
        return found


_BRACKETS = re.compile(r"[(\[{【〔][^)\]}】〕]*[)\]}】〕]")
_SIGNS = re.compile(r"[*:：＊_\-—\s]+")


def header_key(header: str) -> str:
    """A header as it is compared: without marks of obligation, units in brackets, case and spaces."""
    plain = unicodedata.normalize("NFKC", header).casefold()
    return _SIGNS.sub("", _BRACKETS.sub("", plain)) or _SIGNS.sub("", plain)


def _fields(model: type[Any], names: tuple[str, ...]) -> dict[str, ImportField]:
    found = {
        "id": ImportField("id", _("id in the source"), "line", 150),
        "credit_code": ImportField("credit_code", _("unified social credit code"), "code", 40),
    }
    for name in names:
        found[name] = _field(model, name)
    if model is Need:
        found["indicators"] = ImportField("indicators", _("Indicators"), "indicators")
    return found


def _field(model: type[Any], name: str) -> ImportField:
    one: Any = model._meta.get_field(name)
    kind = _kind(one)
    return ImportField(
        name,
        one.verbose_name,
        kind,
        one.base_field.max_length if kind == "keywords" else 200 if kind == "organisation" else one.max_length,
        choices=_words(name, one.choices) if kind == "choice" else {},
        labels=[label for _code, label in one.choices] if kind == "choice" else (),
        vocabulary=name.removesuffix("s") if kind in {"term", "terms"} else "",
        positive=name == "budget_fen",
        clearable=bool(one.blank),
        between=_BETWEEN.get(name, (0, 0)),
    )


def _kind(one: Any) -> str:
    """How cells of a model's field are read."""
    if one.name in {"organisation", "keywords"}:
        return str(one.name)
    for kind, holds in (
        ("terms", one.many_to_many),
        ("term", one.is_relation),
        ("money", one.name.endswith("_fen")),
        ("flag", isinstance(one, models.BooleanField)),
        ("number", isinstance(one, models.PositiveSmallIntegerField)),
        ("email", isinstance(one, models.EmailField)),
        ("web", isinstance(one, models.URLField)),
        ("day", isinstance(one, models.DateField)),
        ("choice", bool(one.choices)),
        ("text", isinstance(one, models.TextField)),
    ):
        if holds:
            return kind
    return "line"


def _words(name: str, choices: Any) -> dict[str, str]:
    found = {folded(word): code for word, code in CHOICE_WORDS.get(name, {}).items()}
    for code, label in choices:
        found[folded(code)] = code
        for language in (CHINESE, ENGLISH):
            with translation.override(language):
                found.setdefault(folded(str(label)), code)
    return found


def comparator_words() -> dict[str, str]:
    found = {folded(word): code for word, code in COMPARATORS.items()}
    return _words("comparator", Comparator.choices) | found


_NEED_NAMES = (
    "organisation", "title", "language", "keywords", "problem", "goal", "conditions", "intellectual_property",
    "intellectual_property_note", "activity_type", "solution_mode", "direction", "orientation", "cluster", "discipline",
    "field", "industry", "budget_fen", "deadline", "needed_by", "secrecy", "secret_until", "title_other",
    "summary_other", "translated_by",
)  # fmt: skip
_RESULT_NAMES = (
    "organisation", "title", "language", "keywords", "text", "authors", "field", "trl", "trl_evidence", "terms",
    "price_fen", "secrecy", "secret_until", "title_other", "summary_other", "translated_by",
)  # fmt: skip

_CAPABILITY_NAMES = (
    "organisation", "title", "language", "capability_kind", "keywords", "text", "field", "level_from", "level_to",
    "place", "opening_hours", "price_fen", "price_unit", "conditions", "secrecy", "title_other", "summary_other",
    "translated_by",
)  # fmt: skip
_BETWEEN = {"level_from": (1, 9), "level_to": (1, 9), "days_a_year": (1, 366)}


def _organisation_fields() -> dict[str, ImportField]:
    found = {
        "organisation": ImportField("organisation", _("name"), "organisation", 200),
        "credit_code": ImportField("credit_code", _("unified social credit code"), "code", 40),
    }
    for name in ("name_en", "organisation_kind", "prefecture", "clusters", "website", "introduction"):
        found[name] = _field(Organisation, name)
    for name, label in (("former_names", _("former names")), ("short_names", _("short names"))):
        found[name] = ImportField(name, label, "lines", 200, clearable=True)
    return found


def _expert_fields() -> dict[str, ImportField]:
    found = {
        "name": _field(Person, "name"),
        "organisation": ImportField("organisation", _("works at"), "organisation", 200),
        "credit_code": ImportField("credit_code", _("unified social credit code"), "code", 40),
    }
    for name in ("post", "fields", "disciplines", "keywords", "text", "available", "days_a_year"):
        found[name] = _field(Expert, name)
    for name in ("email", "phone", "orcid"):
        found[name] = _field(Person, name)
    kinds, labels = _words("work_kind", WorkKind.choices), [label for _code, label in WorkKind.choices]
    return found | {"works": ImportField("works", _("works"), "works", 300, kinds, labels, clearable=True)}


_FOUND: dict[str, Importable] = {}


def importable(kind: str) -> Importable:
    """What can be imported under that name; KeyError otherwise. Made at the first call: labels need the catalogues."""
    if not _FOUND:
        _FOUND["needs"] = Importable(
            ImportKind.NEEDS, Need, policy.IMPORT_NEEDS, policy.CHANGE_NEED_BY_IMPORT,
            _fields(Need, _NEED_NAMES), NEED_WORDS, "problem", ("draft", "submitted", "published"), has_indicators=True,
        )  # fmt: skip
        _FOUND["results"] = Importable(
            ImportKind.RESULTS, ResearchResult, policy.IMPORT_RESULTS, policy.CHANGE_RESULT_BY_IMPORT,
            _fields(ResearchResult, _RESULT_NAMES), RESULT_WORDS, "text", ("draft", "published"),
        )  # fmt: skip
        _FOUND["capabilities"] = Importable(
            ImportKind.CAPABILITIES, Capability, own.IMPORT_CAPABILITIES, own.CHANGE_CAPABILITY_BY_IMPORT,
            _fields(Capability, _CAPABILITY_NAMES), CAPABILITY_WORDS, "text", ("draft", "published"),
        )  # fmt: skip
        _FOUND["organisations"] = Importable(
            ImportKind.ORGANISATIONS, Organisation, own.IMPORT_ORGANISATIONS, people.EDIT_ORGANISATION,
            _organisation_fields(), ORGANISATION_WORDS, "introduction", ("entered", "verified"),
            named_by="organisation", shared=True,
        )  # fmt: skip
        _FOUND["experts"] = Importable(
            ImportKind.EXPERTS, Expert, own.IMPORT_EXPERTS, people.EDIT_EXPERT, _expert_fields(), EXPERT_WORDS, "text",
            ("entered",), named_by="name", shared=True,
        )  # fmt: skip
    return _FOUND[kind]
