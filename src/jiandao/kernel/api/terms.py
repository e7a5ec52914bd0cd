"""Terms of vocabularies as the API names them: `code`, or `edition:code` where two editions share a code."""

from typing import Any

from django.db.models import Q, QuerySet
from typing_extensions import TypedDict

from jiandao.kernel.vocabulary.models import Term

UNKNOWN = "?"  # no key; the form then says in its reader's language that there is no such choice


class TermOut(TypedDict):
    """A term of a vocabulary."""

    code: str
    edition: str
    label_zh: str
    label_en: str


def term_out(term: Term | None) -> TermOut | None:
    if term is None:
        return None
    return TermOut(code=term.code, edition=term.edition, label_zh=term.label_zh, label_en=term.label_en)


def key_of(offered: QuerySet[Any], text: str) -> str:
    """The key of the one offered term that `text` names, as a form takes it; UNKNOWN when none or several fit."""
    if "\0" in text:
        return UNKNOWN
    edition, colon, code = text.rpartition(":")
    named = Q(code=text)
    if colon:
        named |= Q(edition=edition, code=code)
    found = list(offered.filter(named).values_list("pk", flat=True)[:2])
    return str(found[0]) if len(found) == 1 else UNKNOWN
