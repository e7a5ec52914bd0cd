"""From text to search terms: normalisation, tokens, sentences.

Chinese is searched by single characters and by pairs of neighbouring characters; no dictionary can lack a new technical
term that way, and one- and two-character queries work. English is searched by lower-cased Snowball stems. Mixed text
gives both. On 9,206 Chinese abstracts characters and pairs beat every word segmenter that was tried
(docs/developer/matching.md).

Anything that changes what `terms` returns must raise `ANALYSER_VERSION`: an index made by another version is refused.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from operator import add
from typing import Literal

import snowballstemmer

ANALYSER_VERSION = 1

# Han, kana and hangul: scripts whose words are not set apart by spaces, or whose words change at their end.
IDEOGRAPHS = r"\u3005\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
_LETTER = rf"[^\W_{IDEOGRAPHS}]"
_UNITS = (
    "%|‰|°c|°f|°|ppm|ppb|nm|μm|um|mm|cm|dm|km|m|mg|μg|kg|g|t|nl|μl|ml|l|mol|mmol|ma|μa|a|mv|kv|v|mw|kw|gw|w|kwh|mwh|wh"
    "|kva|mva|hz|khz|mhz|ghz|thz|pa|kpa|mpa|gpa|bar|n|kn|j|kj|mj|ev|kev|mev|k|db|dbm|rpm|bps|kbps|mbps|gbps|kb|mb|gb|tb"
    "|ω|kω|mω|f|pf|nf|μf|h|min|ms|μs|ns|ps|fs|s"
)
_WORD_PATTERN = (
    rf"(?<!{_LETTER})(\d+(?:,\d{{3}}(?!\d))*(?:\.\d+)*)[ ]?({_UNITS})(?!{_LETTER})"
    rf"|({_LETTER}+(?:(?<=\d)(?:\.(?=\d)|,(?=\d{{3}}(?!\d))){_LETTER}+)*)"
)
_IDEOGRAPH = re.compile(rf"[{IDEOGRAPHS}]")
_RUN = re.compile(rf"([{IDEOGRAPHS}]+)")
_LETTERS = re.compile(_LETTER)
_WORD = re.compile(_WORD_PATTERN, re.IGNORECASE)
_PIECE = re.compile(rf"([{IDEOGRAPHS}]+)|{_WORD_PATTERN}", re.IGNORECASE)
# Characters that are seen by no one and would cut a word in two: joiners, soft hyphens, byte-order marks.
_INVISIBLE = re.compile("[\u00ad\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufe00-\ufe0f\ufeff]")
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")

_STOP_WORDS = (
    "a an and are as at be been being but by did do does for from had has have he her his if in into is its me my nor"
    " not of on onto or our she so such than that the their them then there these they this those to too very was we"
    " were what when where which while whom whose why with would you your"
)
STOP_WORDS = frozenset(_STOP_WORDS.split())
# Left out of a query as single characters: they stand in most texts and cost more than they tell. Still indexed.
PARTICLES = frozenset("的了和与及是在等之其")

_stemmer = snowballstemmer.stemmer("english")


@lru_cache(maxsize=1 << 17)
def stem(word: str) -> str:
    """Snowball stem of one lower-case word; what is not plain a–z stays as it is."""
    if len(word) > 64:
        return word[:64]
    if word.isascii() and word.isalpha():
        return str(_stemmer.stemWord(word))
    return word


def surface(text: str) -> str:
    """The text as its tokens see it: NFKC (full-width → half-width, ㎏ → kg, ℃ → °C), nothing invisible, case kept."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFKC", _INVISIBLE.sub("", text))


def normalise(text: str) -> str:
    """Text for comparison: `surface`, case folded, white space squeezed to single blanks. Idempotent."""
    folded = surface(text).casefold()
    if not folded.isascii():
        # Folding can undo a composition (and composing can call for another folding): NFKC_Casefold of Unicode 5.18.
        folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", folded).casefold())
        folded = _INVISIBLE.sub("", folded)
    return _SPACE.sub(" ", folded).strip()


def terms(text: str) -> list[str]:
    """All search terms of a text, with repetitions, in no useful order. The hot path of indexing."""
    parts = _RUN.split(surface(text))
    found: list[str] = []
    for run in parts[1::2]:
        found += run
        found += map(add, run, run[1:])
    found += _words("\n".join(parts[0::2]))
    return found


def _words(seen: str) -> Iterator[str]:
    if not _LETTERS.search(seen):
        return
    for number, unit, word in _WORD.findall(seen):
        if word:
            folded = word.casefold().replace(",", "")
            if folded not in STOP_WORDS:
                yield stem(folded)
        else:
            yield from _measure(number, unit)


def _measure(number: str, unit: str) -> tuple[str, str]:
    plain = number.replace(",", "")[:64]
    return plain, plain + unit.casefold()


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
        seen = surface(text)
        found: dict[str, int] = {}
        if self._pairs:
            # Two ideographs side by side stand in one run: nothing else has to be split off before.
            pairs = Counter(map(add, seen, seen[1:]))
            found = {term: pairs[term] for term in self._pairs & pairs.keys()}
        for character in self._characters:
            if times := seen.count(character):
                found[character] = times
        if self._words:
            for term in _words(_RUN.sub("\n", seen)):  # the pattern for words is slow where there are none
                if term in self._words:
                    found[term] = found.get(term, 0) + 1
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
        if word:
            folded = word.casefold().replace(",", "")
            found: tuple[str, ...] = () if folded in STOP_WORDS else (stem(folded),)
        else:
            found = _measure(number, unit)
        words = tuple(Token(term, start, match.end(), "word") for term in found)
        yield Piece(match.group(), start, ideographs=False, tokens=words)


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
