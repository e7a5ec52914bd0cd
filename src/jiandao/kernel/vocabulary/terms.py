"""Terms to choose from, and looking terms up: by code where code asks, by code or label where a file or a person does."""

import unicodedata
from collections.abc import Sequence
from datetime import date

from django.db.models import Q

from jiandao.kernel import clock
from jiandao.kernel.kept import Kept
from jiandao.kernel.vocabulary.models import Term

_offered: Kept[Sequence[Term]] = Kept()


def offered(vocabulary: str, on: date) -> Sequence[Term]:
    """The terms of a vocabulary that are valid on a day, in their order, kept for some seconds: to choose from."""
    return _offered.get((vocabulary, on), lambda: tuple(Term.objects.of(vocabulary, on))) or ()


class NoTerm(LookupError):
    """No term of that code; the message names vocabulary, edition, code and day."""


def term(vocabulary: str, code: str, edition: str | None = None, on: date | None = None) -> Term:
    """The term of a code: of that edition, or of the newest edition valid on a day (default: today).

    With `edition`, the day counts only when it is given: a record keeps its term when the edition is over.
    """
    found = Term.objects.filter(vocabulary=vocabulary, code=code)
    if edition is not None:
        found = found.filter(edition=edition)
    if edition is None or on is not None:
        found = found.filter(_valid(on or clock.today()))
    first = found.order_by("-valid_from", "-pk").first()
    if first is None:
        raise NoTerm(f"{vocabulary} has no term {code} (edition {edition or 'any'}, on {on or clock.today()})")
    return first


def find_term(vocabulary: str, text: str, on: date | None = None) -> Term | None:
    """The one term that `text` means among those valid on a day, for imports; none when there is none or several.

    Tried in this order, and the first step that finds anything decides: the code; a label as it is; a label without
    spaces, punctuation, width and case. A code or label that two editions share means several, so nothing is guessed.
    One query.
    """
    text = text.strip()
    if not text:
        return None
    terms = list(Term.objects.filter(_valid(on or clock.today()), vocabulary=vocabulary))
    plain = _plain(text)
    steps = (
        [one for one in terms if one.code == text],
        [one for one in terms if text in {one.label_zh, one.label_en}],
        [one for one in terms if plain and plain in {_plain(one.label_zh), _plain(one.label_en), _plain(one.code)}],
    )
    found = next((step for step in steps if step), [])
    return found[0] if len(found) == 1 else None


def _valid(day: date) -> Q:
    return Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gt=day))


def _plain(text: str) -> str:
    """Letters, digits and Chinese characters only, in one width and case."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())
