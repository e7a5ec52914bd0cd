"""How much of one text stands in another: exact measures on shingles, for near-duplicates (查重)."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from jiandao.engines.matching.records import Document
from jiandao.engines.matching.text import IDEOGRAPHS
from jiandao.engines.matching.writing import normalise

CHARACTERS = 5
WORDS = 3

_RUN = re.compile(rf"[{IDEOGRAPHS}]+")
_WORD = re.compile(rf"[^\W_{IDEOGRAPHS}]+")
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Plain:
    """A text as shingles see it: letters and digits without anything between, or words with single blanks between."""

    letters: str
    words: tuple[str, ...] | None

    @property
    def shingles(self) -> list[str]:
        """All shingles, in order, with repetitions."""
        if self.words is not None:
            count = max(1, len(self.words) - WORDS + 1)
            return [" ".join(self.words[i : i + WORDS]) for i in range(count)]
        if not self.letters:
            return []
        count = max(1, len(self.letters) - CHARACTERS + 1)
        return [self.letters[i : i + CHARACTERS] for i in range(count)]


def plain(text: str) -> Plain:
    """Normalises a text for shingles, and decides whether it is English: fewer ideographs than words of letters."""
    folded = normalise(text)
    words = _WORD.findall(folded)
    if len(words) > sum(map(len, _RUN.findall(folded))):
        return Plain(" ".join(words), tuple(words))
    return Plain(_NOT_WORD.sub("", folded), None)


def shingles(text: str) -> frozenset[str]:
    """The set of character 5-grams of a text after normalisation, or of word 3-grams when it is English.

    Punctuation and white space do not count. A text is English when it has fewer ideographs than words of letters. A
    text shorter than one shingle is its own single shingle; a text without letters and digits has none.
    """
    return frozenset(plain(text).shingles)


def parts(document: Document) -> Iterable[str]:
    """The texts of a document whose shingles are its own: title, each keyword, text. No shingle spans two of them."""
    return [part for part in (document.title, *document.keywords, document.text) if part]


def document_shingles(document: Document) -> frozenset[str]:
    """The union of the shingles of a document's parts."""
    return frozenset().union(*(shingles(part) for part in parts(document)))


def jaccard(a: str | frozenset[str], b: str | frozenset[str]) -> float:
    """|A ∩ B| / |A ∪ B| of the shingles, 0–1. Give texts, or sets from `shingles` when comparing many. Empty: 0."""
    first, second = _sets(a, b)
    union = len(first | second)
    return len(first & second) / union if union else 0.0


def containment(a: str | frozenset[str], b: str | frozenset[str]) -> float:
    """|A ∩ B| / min(|A|, |B|): the share of the shorter text that stands in the longer one, 0–1. Empty: 0."""
    first, second = _sets(a, b)
    smaller = min(len(first), len(second))
    return len(first & second) / smaller if smaller else 0.0


def _sets(a: str | frozenset[str], b: str | frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    return (shingles(a) if isinstance(a, str) else a), (shingles(b) if isinstance(b, str) else b)
