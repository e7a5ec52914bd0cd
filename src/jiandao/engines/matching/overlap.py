"""How much of one text stands in another: exact measures on shingles, for near-duplicates (查重)."""

import re

from jiandao.engines.matching.text import IDEOGRAPHS
from jiandao.engines.matching.writing import normalise

CHARACTERS = 5
WORDS = 3

_IDEOGRAPH = re.compile(rf"[{IDEOGRAPHS}]")
_WORD = re.compile(rf"[^\W_{IDEOGRAPHS}]+")
_NOT_WORD = re.compile(r"[\W_]+")


def shingles(text: str) -> frozenset[str]:
    """The set of character 5-grams of a text after normalisation, or of word 3-grams when it is English.

    Punctuation and white space do not count. A text is English when it has fewer ideographs than words of letters. A
    text shorter than one shingle is its own single shingle; a text without letters and digits has none.
    """
    plain = normalise(text)
    words = _WORD.findall(plain)
    if len(words) > len(_IDEOGRAPH.findall(plain)):
        if len(words) < WORDS:
            return frozenset([" ".join(words)])
        return frozenset(" ".join(words[i : i + WORDS]) for i in range(len(words) - WORDS + 1))
    letters = _NOT_WORD.sub("", plain)
    if len(letters) <= CHARACTERS:
        return frozenset([letters] if letters else [])
    return frozenset(letters[i : i + CHARACTERS] for i in range(len(letters) - CHARACTERS + 1))


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
