"""From text to search terms: tokens, sentences. What is written in several ways is made alike before (writing.py).

Chinese is searched by single characters and by pairs of neighbouring characters; no dictionary can lack a new technical
term that way, and one- and two-character queries work. English is searched by lower-cased Snowball stems. Mixed text
gives both. On 9,206 Chinese abstracts characters and pairs beat every word segmenter that was tried
(docs/developer/matching.md).

Anything that changes what `terms` returns must raise `ANALYSER_VERSION`: an index made by another version is refused.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from typing import Literal

import snowballstemmer

from jiandao.engines.matching.writing import surface

ANALYSER_VERSION = 2

# Han, kana and hangul: scripts whose words are not set apart by spaces, or whose words change at their end.
IDEOGRAPHS = r"\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{IDEOGRAPHS}]"
_UNITS = (
    "%|‰|°c|°f|°|ppm|ppb|nm|μm|um|mm|cm|dm|km|m|mg|μg|ug|kg|g|t|nl|μl|ul|ml|l|mol|mmol|ma|μa|a|mv|kv|v|mw|kw|gw|w|kwh|mwh|wh"
    "|kva|mva|hz|khz|mhz|ghz|thz|pa|kpa|mpa|gpa|bar|n|kn|j|kj|mj|ev|kev|mev|k|db|dbm|rpm|bps|kbps|mbps|gbps|kb|mb|gb|tb"
    "|ω|kω|mω|f|pf|nf|μf|h|min|ms|μs|ns|ps|fs|s"
)
_NUMBER = r"\d+(?:,\d{3}(?!\d))*(?:\.\d+)*"
_MEASURED = rf"(?i:{_UNITS})(?:[23](?!{_LETTER}))?(?!{_LETTER})"  # with squares and cubes: 5 cm2
_POWER = r"\^[-+]?\d{1,3}"


def _word_pattern(*, powers: bool) -> str:
    """Groups number, unit, word. Powers (10^3) are asked for only where there are any: it costs a tenth."""
    inside, after = (rf"(?:{_POWER})?", rf"(?:(?<=\d){_POWER}(?!{_LETTER}))?") if powers else ("", "")
    return (
        rf"(?<!{_LETTER})({_NUMBER}{inside})[ -]?({_MEASURED})"
        rf"|({_LETTER}+(?:(?<=\d)(?:\.(?=\d)|,(?=\d{{3}}(?!\d))){_LETTER}+)*{after})"
    )


_ALPHA = rf"[^\W\d_{IDEOGRAPHS}]"
# Wi-Fi, IL-6, 5-HT, non-linear: also one word; not cm-3. Of more than five letters before the hyphen nobody writes it so.
# A pattern that begins with the hyphen is found at once; what stands before is looked at after.
_AFTER_HYPHEN = re.compile(rf"-({_ALPHA}+|\d{{1,4}})(?!{_LETTER}|-|\.\d)")
_BEFORE_HYPHEN = re.compile(rf"(?<!{_LETTER})(?<![-.,^°])(?<!\^\+)({_ALPHA}{{1,5}}|\d{{1,4}})\Z")
_NO_WORD = frozenset(_UNITS.split("|"))
# The first number of a range has the unit of the second: 10~20 MPa is 10 MPa too.
_RANGE = re.compile(
    rf"(?<!{_LETTER})(?<!\d[.,])(?<!\^)(?<!\^[-+])({_NUMBER})[ ]?[-~][ ]?(?={_NUMBER}[ ]?({_MEASURED}))"
)
_RANGE_SIGN = re.compile(r"[-~][ ]?\d")
_IDEOGRAPH = re.compile(rf"[{IDEOGRAPHS}]")
_RUN = re.compile(rf"([{IDEOGRAPHS}]+)")
_LETTERS = re.compile(_LETTER)
_WORD, _WORD_OR_POWER = (re.compile(_word_pattern(powers=powers)) for powers in (False, True))
_PIECE = re.compile(rf"([{IDEOGRAPHS}]+)|{_word_pattern(powers=True)}")

_STOP_WORDS = (
    "a an and are as at be been being but by did do does for from had has have he her his if in into is its me my nor"
    " not of on onto or our she so such than that the their them then there these they this those to too very was we"
    " were what when where which while whom whose why with would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
# Left out of a query as single characters: they stand in most texts and cost more than they tell. Still indexed.
PARTICLES = frozenset("的了和与及是在等之其")

_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon phi chi"
    " psi omega"
)
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", _GREEK_NAMES.split(), strict=True))  # α-Fe2O3 is alpha-Fe2O3
_MICRO = frozenset({"um", "um2", "um3", "ug", "ul"})

_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """Snowball stem of one lower-case word; a Greek letter by its name; what else is not plain a–z stays as it is."""
    if len(word) > 64:
        return word[:64]
    if word.isascii() and word.isalpha():
        return str(_stemmer.stemWord(word))
    return _GREEK.get(word, word)


def terms(text: str) -> list[str]:
    """All search terms of a text, with repetitions, in no useful order. The hot path of indexing."""
    parts = _RUN.split(surface(text))
    found: list[str] = []
    for run in parts[1::2]:
        found += run
        found += map(add, run, run[1:])
    found += _words("\n".join(parts[0::2]))
    return found


def is_ideograph(term: str) -> bool:
    """Whether a term is a character or a pair of characters of a run of ideographs, and no word."""
    return _IDEOGRAPH.match(term) is not None


def _words(seen: str) -> list[str]:
    found: list[str] = []
    if not _LETTERS.search(seen):
        return found
    for number, unit, word in (_WORD_OR_POWER if "^" in seen else _WORD).findall(seen):
        found += _word(word) if word else _measure(number, unit)
    if "-" in seen or "~" in seen:
        found += [term for _, _, term in _joined(seen)]
    return found


def _words_between(seen: str) -> list[str]:
    """Terms of what stands between the ideographs: the pattern for words is slow where there are none."""
    return _words(_RUN.sub("\n", seen)) if _LETTERS.search(seen) else []


@lru_cache(maxsize=1 << 17)
def _word(word: str) -> tuple[str, ...]:
    """The term of a word as written, none for a stop word."""
    folded = word.casefold().replace(",", "")
    return () if folded in STOP_WORDS else (stem(folded),)


def _measure(number: str, unit: str) -> tuple[str, str]:
    plain = number.replace(",", "")[:64]
    folded = unit.casefold()
    return plain, plain + ("μ" + folded[1:] if folded in _MICRO else folded)


def _joined(seen: str) -> Iterator[tuple[int, int, str]]:
    """(start, end, term) of terms that stand over a hyphen or a range: in addition to the words themselves."""
    for match in _AFTER_HYPHEN.finditer(seen):
        at = match.start()
        before = _BEFORE_HYPHEN.search(seen, max(0, at - 7), at)
        if before is None:
            continue
        first, second = before[1].casefold(), match[1].casefold()
        gap = seen[max(0, before.start() - 2) : before.start()]
        of_measure = first in _NO_WORD and (second.isdecimal() or (gap[-1:] == " " and gap[:1].isdecimal()))
        if of_measure or (first.isdecimal() and (second.isdecimal() or second in _NO_WORD)):
            continue
        yield before.start(), match.end(), stem(_GREEK.get(first, first) + _GREEK.get(second, second))
    for match in _RANGE.finditer(seen) if _RANGE_SIGN.search(seen) else ():
        yield match.start(), match.end(2), _measure(match[1], match[2])[1]


_surface_kept = lru_cache(maxsize=512)(surface)


def surface_again(text: str) -> str:
    """`surface` of a text that is asked for several times at once: scored, then explained."""
    return _surface_kept(text) if len(text) <= 4096 else surface(text)


class TermCounter:
    """Counts given terms in texts, with the same result as counting in `terms(text)`, in a fraction of the time."""

    def __init__(self, wanted: Iterable[str]) -> None:
        characters: set[str] = set()
        pairs: set[str] = set()
        words: set[str] = set()
        for term in wanted:
            kind = pairs if len(term) == 2 else characters
            (kind if _IDEOGRAPH.match(term) else words).add(term)
        self._characters, self._pairs, self._words = frozenset(characters), frozenset(pairs), frozenset(words)

    def count(self, text: str) -> dict[str, int]:
        """Occurrences of each wanted term that occurs."""
        seen = surface_again(text)
        found: dict[str, int] = {}
        if self._pairs:
            # Two ideographs side by side stand in one run: nothing else has to be split off before.
            found.update(Counter(filter(self._pairs.__contains__, map(add, seen, seen[1:]))))
        for character in self._characters:
            if times := seen.count(character):
                found[character] = times
        if self._words:
            for term in _words_between(seen):
                if term in self._words:
                    found[term] = found.get(term, 0) + 1
        return found

    def found(self, text: str) -> set[str]:
        """The wanted terms that occur: what `count` counts."""
        seen = surface(text)
        found = set(self._pairs.intersection(map(add, seen, seen[1:]))) if self._pairs else set()
        found.update(character for character in self._characters if character in seen)
        if self._words:
            found.update(self._words.intersection(_words_between(seen)))
        return found


Kind = Literal["character", "pair", "word"]


@dataclass(frozen=True, slots=True)
class Token:
    """One occurrence of a term; `start`, `end` index into `surface(text)`."""

    term: str
    start: int
    end: int
    kind: Kind


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of ideographs, or one word or measure, with its tokens."""

    text: str
    start: int
    ideographs: bool
    tokens: tuple[Token, ...]


def pieces(seen: str, *, words_only: bool = False) -> Iterator[Piece]:
    """Split a `surface` text into pieces with located tokens: the terms of `terms`, for whoever must point at them.

    `words_only`: runs of ideographs come without their tokens, which are most of the work.
    """
    over: dict[int, list[Token]] = {}
    for at, end, term in _joined(seen):
        over.setdefault(at, []).append(Token(term, at, end, "word"))
    for match in _PIECE.finditer(seen):
        start = match.start()
        run, number, unit, word = match.groups()
        if run and words_only:
            yield Piece(run, start, ideographs=True, tokens=())
            continue
        if run:
            located = [Token(run[i], start + i, start + i + 1, "character") for i in range(len(run))]
            located += [Token(run[i : i + 2], start + i, start + i + 2, "pair") for i in range(len(run) - 1)]
            yield Piece(run, start, ideographs=True, tokens=tuple(located))
            continue
        found = _word(word) if word else _measure(number, unit)
        # What stands over a hyphen comes first, so that neighbours on either side are told by the word beside them.
        words = (*over.get(start, ()), *(Token(term, start, match.end(), "word") for term in found))
        yield Piece(match.group(), start, ideographs=False, tokens=words)


def has_ideographs(text: str) -> bool:
    """Whether there is any ideograph, kana or hangul."""
    return _IDEOGRAPH.search(text) is not None


def word_stems(seen: str) -> list[str]:
    """Stems of the words and numbers of a `surface` text in their order, stop words left out."""
    return [piece.tokens[-1].term for piece in pieces(seen, words_only=True) if piece.tokens]


_SHORTENED = (
    "al approx ca cf co corp dr e.g eq eqs etc fig figs i.e inc ltd mr mrs ms no nos pp prof ref refs resp sec st tab"
    " vol vs"
)
_ABBREVIATIONS = frozenset(_SHORTENED.split())
_STOPS = re.compile(
    rf"[。！？!?；;…]+[”’」』）)】》\"']*|[\r\n]+"
    rf"|(?<=[{IDEOGRAPHS}）)\]％%”])\.|\.(?=[{IDEOGRAPHS}])|\.(?=\s)"
)
_COMMA = re.compile(r"[，,：:、]")
LONGEST_SENTENCE = 160


def sentences(text: str) -> list[str]:
    """Sentences of Chinese, English or mixed text, as written, without surrounding white space.

    A full stop ends a sentence after or before an ideograph and before white space, but not inside a number, after an
    item number (`1.研究内容`), an initial or a common abbreviation. A sentence of more than 160 characters is cut at a
    comma, so that what is quoted to a reader stays short.
    """
    found: list[str] = []
    start = 0
    for match in _STOPS.finditer(text):
        if match.group() == "." and not _ends_sentence(text, start, match.start()):
            continue
        found.append(text[start : match.end()])
        start = match.end()
    found.append(text[start:])
    return [part for sentence in found for part in _shorten(sentence.strip()) if re.search(r"\w", part)]


def _ends_sentence(text: str, start: int, stop: int) -> bool:
    before = text[start:stop].rsplit(maxsplit=1)
    last = before[-1].lstrip("(（[") if before else ""
    if last.isascii() and (last.isdigit() or (len(last) == 1 and last.isalpha()) or last.casefold() in _ABBREVIATIONS):
        return False
    rest = text[stop + 1 :].lstrip()
    return not (rest[:1].isascii() and rest[:1].islower())


def _shorten(sentence: str) -> Iterator[str]:
    while len(sentence) > LONGEST_SENTENCE:
        cuts = [m.end() for m in _COMMA.finditer(sentence, LONGEST_SENTENCE // 4, LONGEST_SENTENCE)]
        cut = cuts[-1] if cuts else LONGEST_SENTENCE
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    if sentence:
        yield sentence
