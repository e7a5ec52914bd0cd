"""Why two names are, or are not, one organisation: codes with facts, and their sentences in English.

The sentences are message ids: whoever shows one translates it and fills in the facts, `_(SENTENCES[reason.code]) %
reason.facts`. Facts are texts as written in the names, years, or characters.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code of `SENTENCES` and the facts that its sentence names."""

    code: str
    facts: Mapping[str, str] = field(default_factory=dict)

    @property
    def sentence(self) -> str:
        """The sentence in English."""
        return SENTENCES[self.code] % self.facts


def _(text: str) -> str:
    """Marks a text for the catalogue, as gettext does; the engines know no language."""
    return text


SENTENCES: Mapping[str, str] = {
    "equal": _("The names are equal."),
    "same-after-brackets": _("The names differ only in the style of their brackets."),
    "same-after-width": _("The names differ only in full-width and half-width characters or in capital letters."),
    "same-after-spaces": _("The names differ only in blanks or punctuation."),
    "same-after-characters": _("The names differ only in traditional and simplified characters."),
    "same-after-digits": _("The names differ only in how a number is written."),
    "same-after-place-marker": _("The names differ only in how the place %(place)s is written."),
    "same-after-legal-form": _("The names differ only in the legal form: %(a)s and %(b)s."),
    "same-after-abbreviation": _("One name uses a usual abbreviation of words of the other."),
    "same-after-campus-brackets": _("The names differ only in how the campus %(campus)s is written."),
    "prefix-left-out": _("One name leaves out the prefix “%(prefix)s”."),
    "former-name": _("“%(former)s” is a former name of %(today)s."),
    "former-name-year": _("“%(former)s” is a former name of %(today)s (until %(year)s)."),
    "merged-into": _("“%(former)s” became part of %(today)s."),
    "merged-into-year": _("“%(former)s” became part of %(today)s in %(year)s."),
    "short-name": _("“%(short)s” is a usual short name of %(today)s."),
    "english-name": _("“%(english)s” is the English name of %(today)s."),
    "short-name-ambiguous": _("“%(short)s” may mean several organisations: %(several)s."),
    "alias": _("“%(alias)s” is entered as another name."),
    "other-name-inside": _("“%(other)s” stands as another name inside the name."),
    "same-english-words": _("The English names have the same words."),
    "joining-word-differs": _("Only a joining word (“%(word)s”) differs."),
    "character-doubled": _("The character “%(character)s” stands twice in one name."),
    "characters-swapped": _("Two characters (“%(a)s” and “%(b)s”) changed places."),
    "one-character-misprinted-sound": _("One character differs and sounds alike: “%(a)s” and “%(b)s”."),
    "one-character-misprinted-shape": _("One character differs and looks alike: “%(a)s” and “%(b)s”."),
    "one-character-differs": _("One character differs: “%(a)s” and “%(b)s”."),
    "one-character-more": _("One name has a character more: “%(character)s”."),
    "several-characters-differ": _("The names differ in %(count)s characters."),
    "words-more": _("One name has words more: “%(words)s”."),
    "college-became-university": _("A college “%(college)s” and a university of the same words: colleges become universities."),
    "college-or-university": _("A college and a university share the words “%(stem)s”, which several schools use."),
    "campus-is-seat": _("%(campus)s is where its seat is."),
    "campus-of": _("%(campus)s is a campus of the university."),
    "campus-differs": _("The campuses differ: %(a)s and %(b)s."),
    "campus-missing": _("One name does not say which one is meant: %(campus)s or another."),
    "part-of": _("“%(part)s” is a part of “%(whole)s”."),
    "unit-differs": _("The units differ: “%(a)s” and “%(b)s”."),
    "unit-in-between-left-out": _("One name leaves out the unit in between: “%(unit)s”."),
    "note-differs": _("A note in brackets differs: “%(a)s” and “%(b)s”."),
    "known-apart": _("Both are known, and they are two: %(a)s and %(b)s."),
    "place-differs": _("The places differ: %(a)s and %(b)s."),
    "place-level-differs": _("One is of %(a)s, the other of %(b)s."),
    "place-left-out": _("One name leaves out the place %(place)s."),
    "place-confirmed": _("The registered place is %(place)s, too."),
    "place-written-elsewhere": _("The place %(place)s stands at different positions of the names."),
    "number-equal": _("Both are the institute %(number)s, of groups with like names: %(a)s and %(b)s."),
    "head-left-out": _("One name puts %(head)s in front of %(unit)s, the other does not."),
    "same-without-brackets": _("One name has a part in brackets that the other writes without."),
    "number-differs": _("The numbers differ: %(a)s and %(b)s."),
    "direction-differs": _("The names differ in “%(a)s” and “%(b)s”, which tell organisations apart."),
    "kind-differs": _("They are organisations of different kinds."),
    "group-word-differs": _("One name has the word “%(word)s”: a group and a firm of it may have equal names."),
    "institute-became-company": _("An institute and a company of the same name: institutes were turned into companies."),
    "institute-or-academy": _("“%(a)s” and “%(b)s”: the rest of the names is equal."),
    "little-in-common": _("The names have little in common."),
    "name-empty": _("A name is empty."),
    "social-code-equal": _("The social credit codes are equal: %(code)s."),
    "social-code-differs": _("The social credit codes differ: %(a)s and %(b)s."),
    "social-code-invalid": _("“%(code)s” is no valid social credit code and was not looked at."),
}  # fmt: skip
