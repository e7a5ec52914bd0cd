"""Why a document was found: the words that both texts share, and the two sentences that share most.

True by construction: every phrase shown stands, letter by letter, in both texts (English words: by their stem; traditional
characters: simplified), and its share is the sum of what its characters, pairs or words contributed to the score. Shares
add up to 1. What is shown is written as the query writes it.
"""

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from jiandao.engines.matching.counting import translated_terms
from jiandao.engines.matching.dictionary import Translation
from jiandao.engines.matching.records import FIELDS, Document, Reasons, SentencePair, SharedTerm
from jiandao.engines.matching.stretches import Stretches
from jiandao.engines.matching.text import Piece, TermCounter, pieces, sentences, surface_again, terms
from jiandao.engines.matching.writing import readable, simplified


@dataclass(frozen=True, slots=True)
class _Field:
    """A text of the query as it is shown, and its parts as they are compared; places in both are the same."""

    written: str
    pieces: tuple[Piece, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, written: str) -> "_Field":
        parts = tuple(pieces(simplified(written), words_only=True))
        words = frozenset(token.term for piece in parts for token in piece.tokens)
        return cls(written, parts, words)

    @property
    def runs(self) -> Iterator[tuple[str, str]]:
        """Runs of ideographs, as they are compared and as they are written."""
        for piece in self.pieces:
            if piece.ideographs:
                yield piece.text, self.written[piece.start : piece.start + len(piece.text)]


class _Phrases:
    """Which phrase each occurrence of a shared word is shown in. `phrase` is as it is compared."""

    def __init__(self) -> None:
        self.members: dict[str, list[str]] = {}  # phrase → terms, once for each occurrence
        self.shown: dict[str, str] = {}  # phrase → as written

    def add(self, term: str, phrase: str, shown: str) -> None:
        self.members.setdefault(phrase, []).append(term)
        self.shown.setdefault(phrase, shown)

    def shares(self, weights: Mapping[str, float]) -> Iterator[tuple[str, float]]:
        """What is shown, and its amount."""
        times = Counter(itertools.chain.from_iterable(self.members.values()))
        for phrase, members in self.members.items():
            yield self.shown[phrase], sum([weights[term] / times[term] for term in members])


class Explainer:
    """Says why documents match one query; what depends on the query alone is done once."""

    def __init__(self, query: Document, translations: Sequence[Translation] = ()) -> None:
        self._translations = [(f"{one.term} = {one.translation}", translated_terms([one])) for one in translations]
        self._fields = [_Field.of(readable(query.part(name))) for name in FIELDS]
        self._stretches = Stretches(run for field in self._fields for run in field.runs)
        self._sentences = [(sentence, frozenset(terms(sentence))) for sentence in _all_sentences(query)]
        known = {term for _, found in self._sentences for term in found if len(term) > 1}
        self._counter = TermCounter(known)

    def explain(self, document: Document, weights: Mapping[str, float]) -> Reasons:
        """Reasons for a match. `weights`: what each shared term contributed to the lexical score."""
        alone = [document]
        return self.explain_several(alone, alone, weights)

    def explain_several(
        self, documents: Sequence[Document], quoted: Sequence[Document], weights: Mapping[str, float]
    ) -> Reasons:
        """Reasons for a match with several documents together; a sentence is quoted only from those of `quoted`, and
        words make one phrase only when they do in one of those."""
        return Reasons(self._shared_terms(documents, quoted, weights), self._best_sentences(quoted, weights))

    def _shared_terms(
        self, documents: Sequence[Document], quoted: Sequence[Document], weights: Mapping[str, float]
    ) -> tuple[SharedTerm, ...]:
        """Shared words and phrases with their shares, strongest first; the scattered characters last."""
        if not weights:
            return ()
        whole_texts = [_whole(document) for document in documents]
        ideographs = self._stretches.shares(weights, "\n".join(whole_texts))
        told = whole_texts if quoted is documents else map(_whole, quoted)
        amounts = [*ideographs.phrases, *self._words(told, weights).shares(weights)]
        whole = sum([amount for _, amount in amounts]) + ideographs.scattered
        shared = [SharedTerm(shown, amount / whole) for shown, amount in amounts]
        shared.sort(key=lambda term: (-term.share, term.term))
        if ideographs.letters:
            shared.append(SharedTerm(ideographs.letters, ideographs.scattered / whole, scattered=True))
        return tuple(shared)

    def _words(self, quoted: Iterable[str], weights: Mapping[str, float]) -> _Phrases:
        """What each shared word is shown in, and each translation that only the other text has."""
        phrases = _Phrases()
        there = cache(lambda: frozenset().union(*map(_word_pairs, quoted)))  # few texts share words side by side
        for field in self._fields:
            if not field.words.isdisjoint(weights):
                _add_word_phrases(phrases, field, there, weights)
        if self._translations:
            own = frozenset(self._stretches.terms).union(itertools.chain.from_iterable(phrases.members.values()))
            for phrase, foreign in self._translations:
                for term in sorted((foreign.keys() & weights.keys()) - own):
                    phrases.add(term, phrase, phrase)
        return phrases

    def _best_sentences(self, documents: Iterable[Document], weights: Mapping[str, float]) -> tuple[SentencePair, ...]:
        """The pair of sentences that shares most weight; single characters count only where nothing else is shared.

        A long sentence shares more by chance, so the weight is divided by the fourth root of its length.
        """
        strong = {term: weight for term, weight in weights.items() if len(term) > 1}
        # No other term can be common to two sentences; single characters are too many to look for each time.
        counter, wanted_here = (self._counter, strong) if strong else (TermCounter(weights), weights)
        best: tuple[float, str, str] | None = None
        for sentence in (sentence for document in documents for sentence in _all_sentences(document)):
            kept = counter.found(sentence) & wanted_here.keys()
            if not kept:
                continue
            length = len(sentence) ** 0.25
            if best is not None and math.fsum([max(wanted_here[term], 0.0) for term in kept]) / length <= best[0]:
                continue  # all that it has is not enough
            for question, wanted in self._sentences:
                common = kept & wanted
                if not common:
                    continue
                worth = math.fsum([wanted_here[term] for term in common]) / length
                if best is None or worth > best[0]:
                    best = (worth, question, sentence)
        return (SentencePair(best[1], best[2]),) if best else ()


def _whole(document: Document) -> str:
    return "\n".join(surface_again(document.part(name)) for name in FIELDS)


@lru_cache(maxsize=512)
def _word_pairs(there: str) -> frozenset[tuple[str, str]]:
    """Pairs of neighbouring words of a text, as stems."""
    found = set()
    before = ""
    for piece in pieces(there, words_only=True):
        if piece.ideographs:
            before = ""
        elif piece.tokens:
            found.add((before, piece.tokens[0].term))
            before = piece.tokens[-1].term
    return frozenset(found)


def _add_word_phrases(
    phrases: _Phrases,
    field: _Field,
    pairs: Callable[[], frozenset[tuple[str, str]]],
    weights: Mapping[str, float],
) -> None:
    """What each shared word is shown in; neighbours that are neighbours in both texts (`pairs`) make one phrase."""
    chain: list[Piece] = []
    for part in field.pieces:
        shared = not part.ideographs and any(token.term in weights for token in part.tokens)
        if not part.ideographs and not part.tokens:
            continue  # a stop word: “internet of things” stays one phrase
        if chain and not (shared and (chain[-1].tokens[-1].term, part.tokens[0].term) in pairs()):
            _add_chain(phrases, field.written, chain, weights)
            chain = []
        if shared:
            chain.append(part)
    _add_chain(phrases, field.written, chain, weights)


def _add_chain(phrases: _Phrases, written: str, chain: list[Piece], weights: Mapping[str, float]) -> None:
    if chain:
        # A term over a hyphen reaches beyond its first piece: Wi-Fi is shown for WiFi, not Wi.
        ends = [token.end for piece in chain for token in piece.tokens if token.term in weights]
        shown = " ".join(written[chain[0].start : max(ends)].split())
        phrase = simplified(shown)
        for piece in chain:
            for token in piece.tokens:
                if token.term in weights:
                    phrases.add(token.term, phrase, shown)


def _all_sentences(document: Document) -> list[str]:
    """Title and sentences of the text; of a document that has neither, its keywords."""
    return [*sentences(document.title), *sentences(document.text)] or [*document.keywords]
