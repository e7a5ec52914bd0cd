"""A dictionary of terms in two languages, learnt from documents: what crosses languages where there is no dense channel.

Evidence of three kinds is counted, nothing else is kept, so that dictionaries add up and the order of documents does not
matter: pairs that were given or stand at the same place of two parallel keyword lists; glosses in texts (glosses.py);
and, where the lists differ in length, keywords that stand together in documents. Of the last only pairs count that are
each other's best by Dice's coefficient, seen together twice at least (competitive linking, Melamed 2000).

A translation's weight is its share of the evidence for the term × e / (e + 1) with its evidence e: in (0, 1), near 1
when all documents agree and many do. Terms are compared as the index compares: simplified, folded, English by stems.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from itertools import islice
from pathlib import Path
from typing import Any, Self

import rjieba

from jiandao.engines.files import Faults, lines
from jiandao.engines.matching.glosses import Gloss, glosses, is_abbreviation, plausible
from jiandao.engines.matching.records import FIELDS, Document
from jiandao.engines.matching.text import has_ideographs, pieces, word_stems
from jiandao.engines.matching.writing import normalise, readable, surface

GIVEN, GLOSSED, ALIGNED = 3.0, 1.0, 1.0  # evidence of one pair that was given, of one gloss, of one place in lists
LEAST_DICE = 0.3
LEAST_WEIGHT = 0.1
MOST_TRANSLATIONS = 5
MOST_KEYWORDS = 30
LONGEST = 20  # ideographs or words of a term
_FORMAT = 1

Pair = tuple[str, str]  # Chinese, English; both as they are compared


@dataclass(frozen=True, slots=True)
class Translation:
    """A term of a query as written there, what it is called in the other language, and how sure that is, in (0, 1)."""

    term: str
    translation: str
    weight: float


def compared(term: str) -> str:
    """A term as the dictionary compares it: Chinese normalised and without blanks, others as stems between blanks.

    An abbreviation keeps its capitals, so that CAN is not found in can, nor LEACH in leaching.
    """
    if has_ideographs(term):
        return normalise(term).replace(" ", "")
    seen = " ".join(surface(term).split())
    return _abbreviation(seen) if is_abbreviation(seen) else " ".join(word_stems(seen))


def _abbreviation(word: str) -> str:
    """OLEDs → =OLED."""
    return "=" + (word[:-1] if word.endswith("s") and word[-2].isupper() else word)


class Dictionary:
    """Evidence for pairs of terms. Make it with `learn`, `of_pairs` or `read`; put together with `merge`."""

    def __init__(self) -> None:
        self._pairs: dict[str, Counter[Pair]] = {name: Counter() for name in ("given", "aligned", "together")}
        self._alone: Counter[str] = Counter()  # documents whose unequal lists hold the term
        self._glosses: Counter[tuple[str, str]] = Counter()  # (term that stands exactly, candidate)
        self._guesses: Counter[tuple[str, str]] = Counter()
        self._written: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._expanded: tuple[tuple[str, ...], list[Translation]] = ((), [])  # the last query: several steps ask for it

    @classmethod
    def learn(cls, documents: Iterable[Document]) -> Self:
        """What documents say about terms, by their keywords and by glosses in title, keywords and text."""
        made = cls()
        for document in documents:
            made._learn_keywords(document.keywords)
            for name in FIELDS:
                if found := document.part(name):
                    for gloss in glosses(found):
                        made._learn_gloss(gloss)
        return made

    @classmethod
    def of_pairs(cls, pairs: Iterable[Pair]) -> Self:
        """Pairs (Chinese, English) that somebody vouches for; each once, however often it is given."""
        made = cls()
        for chinese, english in pairs:
            pair = made._pair(chinese, english)
            if pair:
                made._pairs["given"][pair] = 1
        return made

    @classmethod
    def read(cls, path: Path, faults: Faults) -> Self:
        """Given pairs of a file with a Chinese term, a tab and an English term a line; faults are added to `faults`."""
        found: list[Pair] = []
        for number, line in lines(path, faults):
            parts = [part.strip() for part in line.split("\t")]
            if len(parts) != 2 or not has_ideographs(parts[0]) or has_ideographs(parts[1]) or not compared(parts[1]):
                faults.add(path, number, "not a pair, expected a Chinese term, a tab and an English term")
            else:
                found.append((parts[0], parts[1]))
        return cls.of_pairs(found)

    @classmethod
    def shipped(cls) -> Self:
        """Some 440 common terms of technology that come with the program: what there is before records name their own."""
        text = (resources.files("jiandao.engines.matching") / "data" / "terms.tsv").read_text(encoding="utf-8")
        pairs = (line.split("\t") for line in text.splitlines())
        return cls.of_pairs((chinese, english) for chinese, english in pairs)

    def merge(self, other: Self) -> Self:
        """Both dictionaries' evidence in a new one; given pairs count once."""
        made = type(self)()
        for name, counted in made._pairs.items():
            counted.update(self._pairs[name] + other._pairs[name])
        made._pairs["given"] = Counter(dict.fromkeys(made._pairs["given"], 1))
        for name in ("_alone", "_glosses", "_guesses"):
            getattr(made, name).update(getattr(self, name) + getattr(other, name))
        for written in (self._written, other._written):
            for term, forms in written.items():
                made._written[term].update(forms)
        return made

    def __len__(self) -> int:
        """How many terms have a translation."""
        return len(self._translations)

    def translations(self, term: str) -> tuple[tuple[str, float], ...]:
        """(translation as most often written, weight) of a term of either language, surest first; at most five."""
        return tuple((self._shown(other), weight) for other, weight in self._translations.get(compared(term), ()))

    def expand(self, query: Document) -> list[Translation]:
        """Translations of the terms that a query uses, surest first; each pair once.

        A term of ideographs is found as the longest one at its place, and only where words of the text begin and end
        (rjieba): 合金 is not found in 复合金属. English terms are found by the stems of up to 20 neighbouring words.
        """
        parts = tuple(query.part(name) for name in FIELDS)
        asked, known = self._expanded
        if asked == parts:
            return list(known)
        found: dict[tuple[str, str], Translation] = {}
        for part in parts:
            for written, term in self._occurring(part):
                for other, weight in self._translations[term]:
                    found.setdefault((term, other), Translation(written, self._shown(other), weight))
        made = sorted(found.values(), key=lambda one: (-one.weight, one.term, one.translation))
        self._expanded = parts, made
        return list(made)

    def dump(self) -> str:
        """The evidence as JSON; the same text for the same evidence. `load` is the opposite."""
        values: dict[str, Any] = {
            "format": _FORMAT,
            **{name: _listed(counted) for name, counted in self._pairs.items()},
            "alone": sorted(self._alone.items()),
            "glosses": _listed(self._glosses),
            "guesses": _listed(self._guesses),
            "written": [[term, sorted(forms.items())] for term, forms in sorted(self._written.items())],
        }
        return json.dumps(values, ensure_ascii=False, separators=(",", ":")) + "\n"

    @classmethod
    def load(cls, stored: str) -> Self:
        """ValueError when it is no dictionary of this version."""
        try:
            values = json.loads(stored)
            if values["format"] != _FORMAT:
                raise ValueError(f"format {values['format']}, expected {_FORMAT}")
            made = cls()
            for name, counted in made._pairs.items():
                counted.update({(one, other): int(times) for one, other, times in values[name]})
            made._alone.update({term: int(times) for term, times in values["alone"]})
            made._glosses.update({(one, other): int(times) for one, other, times in values["glosses"]})
            made._guesses.update({(one, other): int(times) for one, other, times in values["guesses"]})
            for term, forms in values["written"]:
                made._written[term].update({form: int(times) for form, times in forms})
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"no dictionary of terms of this version ({error}); learn it again") from None
        return made

    def _pair(self, chinese: str, english: str) -> Pair | None:
        """The pair as compared, with its writing kept; None when one of the two is no term."""
        pair = self._noted(chinese), self._noted(english)
        return (pair[0], pair[1]) if pair[0] and pair[1] else None

    def _noted(self, term: str) -> str:
        key = compared(term)
        size = len(key) if has_ideographs(key) else len(key.split())
        if not key or size > LONGEST:
            return ""
        self._written[key][" ".join(readable(term).split())] += 1
        return key

    def _learn_keywords(self, keywords: tuple[str, ...]) -> None:
        chinese: list[str] = []
        english: list[str] = []
        for keyword in islice(keywords, MOST_KEYWORDS):
            key = self._noted(keyword)
            if key:
                (chinese if has_ideographs(key) else english).append(key)
        if not chinese or not english:
            return
        if len(chinese) == len(english):
            self._pairs["aligned"].update(set(zip(chinese, english, strict=True)))
            return
        self._alone.update({*chinese, *english})
        self._pairs["together"].update({(one, other) for one in chinese for other in english})

    def _learn_gloss(self, gloss: Gloss) -> None:
        term = self._noted(gloss.term)
        if term:
            candidates = {candidate: self._noted(candidate) for candidate in gloss.candidates}
            self._glosses.update({(term, key) for key in candidates.values() if key})
            if candidates[gloss.guess]:
                self._guesses[term, candidates[gloss.guess]] += 1

    @cached_property
    def _translations(self) -> Mapping[str, tuple[tuple[str, float], ...]]:
        evidence: defaultdict[Pair, float] = defaultdict(float)
        for name, worth in (("given", GIVEN), ("aligned", ALIGNED)):
            for pair, times in self._pairs[name].items():
                evidence[pair] += worth * times
        for pair, times in self._glossed():
            evidence[pair] += GLOSSED * times
        for pair, worth in self._linked():
            evidence[pair] += worth
        whole: defaultdict[str, float] = defaultdict(float)
        for (one, other), worth in sorted(evidence.items()):
            whole[one] += worth
            whole[other] += worth
        found: defaultdict[str, list[tuple[str, float]]] = defaultdict(list)
        for (one, other), worth in sorted(evidence.items()):
            for term, translation in ((one, other), (other, one)):
                weight = worth / whole[term] * worth / (worth + 1)
                if weight >= LEAST_WEIGHT:
                    found[term].append((translation, weight))
        return {
            term: tuple(sorted(rows, key=lambda row: (-row[1], row[0]))[:MOST_TRANSLATIONS])
            for term, rows in found.items()
        }

    def _glossed(self) -> Iterator[tuple[Pair, int]]:
        """For each term in or before brackets the candidate that it means, and how many texts say so.

        The longest candidate that nine tenths of the best supported one's texts share; of a gloss that is seen once the
        longest one that is a keyword or given elsewhere, else the guess.
        """
        known = {term for pairs in self._pairs.values() for pair in pairs for term in pair}
        by_term: defaultdict[str, dict[str, int]] = defaultdict(dict)
        for (term, candidate), times in self._glosses.items():
            by_term[term][candidate] = times
        for term, candidates in by_term.items():
            most = max(candidates.values())
            options = [one for one, times in candidates.items() if times >= 0.9 * most]
            if most == 1:
                options = [one for one in options if one in known] or [
                    one for one in options if (term, one) in self._guesses
                ]
            if options:
                best = max(options, key=lambda one: (len(one), one))
                pair = (best, term) if has_ideographs(best) else (term, best)
                if plausible(pair[0], pair[1].removeprefix("="), candidates[best]):
                    yield pair, candidates[best]

    def _linked(self) -> Iterator[tuple[Pair, float]]:
        """Keywords of unequal lists that are each other's best by Dice's coefficient, with its share of their texts."""
        dice = {
            pair: 2 * times / (self._alone[pair[0]] + self._alone[pair[1]])
            for pair, times in self._pairs["together"].items()
            if times > 1
        }
        best: dict[str, tuple[float, str, str]] = {}
        for pair, worth in dice.items():
            for term in pair:
                best[term] = max(best.get(term, (0.0, "", "")), (worth, *pair))
        for pair, worth in dice.items():
            if worth >= LEAST_DICE and best[pair[0]][1:] == pair == best[pair[1]][1:]:
                yield pair, worth * self._pairs["together"][pair]

    @cached_property
    def _longest(self) -> tuple[int, int]:
        """Characters of the longest Chinese term, words of the longest English one."""
        sizes = [(len(term), 0) if has_ideographs(term) else (0, len(term.split())) for term in self._translations]
        return max((one for one, _ in sizes), default=0), max((other for _, other in sizes), default=0)

    def _shown(self, term: str) -> str:
        return min(self._written[term].items(), key=lambda form: (-form[1], form[0]))[0]

    def _occurring(self, text: str) -> Iterator[tuple[str, str]]:
        """(as written, as compared) of the terms in a text that have a translation."""
        written, seen = readable(text), surface(text)
        words: list[tuple[int, int, str]] = []
        last = 0
        for piece in pieces(seen, words_only=True):
            end = piece.start + len(piece.text)
            if piece.ideographs:
                for start, stop in self._in_run(piece.text):
                    yield written[piece.start + start : piece.start + stop], piece.text[start:stop]
            if words and (piece.ideographs or seen[last : piece.start].strip(" -\n")):
                yield from self._in_words(written, words)
                words = []
            last = end
            if piece.tokens:
                if is_abbreviation(piece.text) and (key := _abbreviation(piece.text)) in self._translations:
                    yield written[piece.start : end], key
                words.append((piece.start, end, piece.tokens[-1].term))
        yield from self._in_words(written, words)

    def _in_run(self, run: str) -> Iterator[tuple[int, int]]:
        tokens = rjieba.tokenize(run, "search")
        starts, ends = {start for _, start, _ in tokens}, {end for _, _, end in tokens}
        found = [
            (end - start, start)
            for start in starts
            for end in ends
            if 1 < end - start <= self._longest[0] and run[start:end] in self._translations
        ]
        if run in self._translations:
            found.append((len(run), 0))
        yield from _apart(found, len(run))

    def _in_words(self, written: str, words: list[tuple[int, int, str]]) -> Iterator[tuple[str, str]]:
        stems = [stem for _, _, stem in words]
        found = [
            (size, start)
            for size in range(1, min(self._longest[1], len(stems)) + 1)
            for start in range(len(stems) - size + 1)
            if " ".join(stems[start : start + size]) in self._translations
        ]
        for start, end in _apart(found, len(stems)):
            shown = written[words[start][0] : words[end - 1][1]]
            yield " ".join(shown.split()), " ".join(stems[start:end])


def _apart(found: list[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """Of stretches (length, start) those that do not overlap, the longest first; (start, end), from left to right."""
    taken = [False] * size
    kept: list[tuple[int, int]] = []
    for length, start in sorted(set(found), key=lambda one: (-one[0], one[1])):
        if not any(taken[start : start + length]):
            taken[start : start + length] = [True] * length
            kept.append((start, start + length))
    yield from sorted(kept)


def _listed(counted: Counter[tuple[str, str]]) -> list[list[str | int]]:
    return [[one, other, times] for (one, other), times in sorted(counted.items())]
