"""Why a document was found: the words that both texts share, and the two sentences that share most.

True by construction: every phrase shown stands, letter by letter, in both texts (English words: by their stem; traditional
characters: simplified), and its share is the sum of what its characters, pairs or words contributed to the score. Shares
add up to 1. What is shown is written as the query writes it.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import rjieba

from jiandao.engines.matching.counting import translated_terms
from jiandao.engines.matching.dictionary import Translation
from jiandao.engines.matching.records import FIELDS, Document, Reasons, SentencePair, SharedTerm
from jiandao.engines.matching.text import Piece, TermCounter, pieces, sentences, terms
from jiandao.engines.matching.writing import readable, simplified, surface

# Characters and words that join others and mean nothing alone; cut from the ends of what is shown.
_JOINERS = (
    "的 地 得 了 着 过 和 与 及 或 等 在 对 中 为 是 其 以 于 从 由 向 把 被 将 并 而 且 但 也 都"
    " 就 又 所 之 该 本 此 这 那 各 每 个 种 不 及其 以及 基于 关于 对于 通过 进行 一种 一个 用于"
    " 可以 具有 以上"
)
_FUNCTION = frozenset(_JOINERS.split())
# Loose ends of a neighbouring word: endings at the start of a phrase, beginnings at its end.
_ENDINGS = frozenset("级型性化式类者率度品件法学力量")
_BEGINNINGS = frozenset("高新低多超非大小可预再主")
_AROUND = 8  # characters of the other text on either side of a stretch: enough to tell its words


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A stretch of a run, and the words of it that are worth showing, both as they are compared."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class _Run:
    """A run of ideographs of the query. `tokens`: (start in it, size, term) of its characters and pairs, rising."""

    text: str
    start: int
    tokens: tuple[tuple[int, int, str], ...]

    @classmethod
    def of(cls, piece: Piece) -> "_Run":
        located = ((token.start - piece.start, len(token.term), token.term) for token in piece.tokens)
        return cls(piece.text, piece.start, tuple(sorted(located)))


@dataclass(frozen=True, slots=True)
class _Field:
    """A text of the query as it is shown, and its parts as they are compared; places in both are the same."""

    written: str
    runs: tuple[_Run, ...]
    pieces: tuple[Piece, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, written: str) -> "_Field":
        parts = tuple(pieces(simplified(written)))
        runs = tuple(_Run.of(piece) for piece in parts if piece.ideographs)
        words = frozenset(token.term for piece in parts if not piece.ideographs for token in piece.tokens)
        return cls(written, runs, parts, words)


class _Owners:
    """Which phrase each occurrence of a shared term is shown in. `phrase` is as compared ("" for scattered characters)."""

    def __init__(self) -> None:
        self.members: dict[str, list[str]] = {}  # phrase → terms, once for each occurrence
        self.shown: dict[str, str] = {}  # phrase → as written
        self.scattered: dict[str, str] = {}  # term → as written

    def add(self, term: str, phrase: str, shown: str) -> None:
        self.members.setdefault(phrase, []).append(term)
        self.shown.setdefault(phrase, shown)

    def add_scattered(self, term: str, shown: str) -> None:
        self.members.setdefault("", []).append(term)
        self.scattered.setdefault(term, shown)


class Explainer:
    """Says why documents match one query; what depends on the query alone is done once."""

    def __init__(self, query: Document, translations: Sequence[Translation] = ()) -> None:
        self._translations = [(f"{one.term} = {one.translation}", translated_terms([one])) for one in translations]
        self._fields = [_Field.of(readable(query.part(name))) for name in FIELDS]
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
        return Reasons(
            _shared_terms(self._fields, self._translations, documents, quoted, weights),
            self._best_sentences(quoted, weights),
        )

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


def _shared_terms(
    fields: Iterable[_Field],
    translations: Iterable[tuple[str, Mapping[str, float]]],
    documents: Sequence[Document],
    quoted: Sequence[Document],
    weights: Mapping[str, float],
) -> tuple[SharedTerm, ...]:
    """Shared words and phrases with their shares, strongest first; the scattered characters last."""
    if not weights:
        return ()
    whole_texts = [_whole(document) for document in documents]
    told = whole_texts if quoted is documents else None
    owners = _owners(fields, translations, "\n".join(whole_texts), told or map(_whole, quoted), weights)
    # A character that already stands in a shown phrase is not told a second time as a scattered one.
    owned = {term for phrase, members in owners.members.items() if phrase for term in members}
    lone = [term for term in owners.members.pop("", ()) if term not in owned]
    times = Counter(itertools.chain(lone, *owners.members.values()))
    amounts = {
        phrase: sum([weights[term] / times[term] for term in members]) for phrase, members in owners.members.items()
    }
    scattered = sum([weights[term] / times[term] for term in lone])
    whole = sum(amounts.values()) + scattered
    shared = [SharedTerm(owners.shown[phrase], amount / whole) for phrase, amount in amounts.items()]
    shared.sort(key=lambda term: (-term.share, term.term))
    if lone:
        letters = "".join(dict.fromkeys("".join(owners.scattered[term] for term in lone)))
        shared.append(SharedTerm(letters, scattered / whole, scattered=True))
    return tuple(shared)


def _owners(
    fields: Iterable[_Field],
    translations: Iterable[tuple[str, Mapping[str, float]]],
    there: str,
    quoted: Iterable[str],
    weights: Mapping[str, float],
) -> _Owners:
    """What each shared term is shown in. `there`: all of the documents; `quoted`: each that may be quoted."""
    owners = _Owners()
    words_there: frozenset[tuple[str, str]] | None = None
    for field in fields:
        for run in field.runs:
            _add_owners(owners, run, field.written, there, weights)
        if not field.words.isdisjoint(weights):
            if words_there is None:
                words_there = frozenset().union(*map(_word_pairs, quoted))
            _add_word_phrases(owners, field, words_there, weights)
    own = {term for members in owners.members.values() for term in members}
    for phrase, foreign in translations:
        for term in sorted((foreign.keys() & weights.keys()) - own):
            owners.add(term, phrase, phrase)
    return owners


def _whole(document: Document) -> str:
    return "\n".join(surface(document.part(name)) for name in FIELDS)


def _add_owners(owners: _Owners, run: _Run, written: str, there: str, weights: Mapping[str, float]) -> None:
    """What each shared character and pair of a run of ideographs is shown in."""
    tokens = [token for token in run.tokens if token[2] in weights]
    if not tokens:
        return
    phrases = list(_phrases(run.text, [start for start, size, _ in tokens if size > 1], there))
    shown = []
    for phrase in phrases:
        first = run.start + run.text.index(phrase.words, phrase.start)
        shown.append(written[first : first + len(phrase.words)])
    if not phrases and len(run.text) > 1:
        owners.members.setdefault("", []).extend([term for *_, term in tokens])
        for start, size, term in tokens:
            if term not in owners.scattered:
                owners.scattered[term] = written[run.start + start : run.start + start + size]
        return
    alone = len(run.text) == 1
    at = 0
    for start, size, term in tokens:
        end = start + size
        # Phrases begin and end one after the other: those before `at` end before this token does.
        while at < len(phrases) and phrases[at].end < end:
            at += 1
        owner = _longest(phrases, at, start)
        if owner is not None:
            owners.add(term, phrases[owner].words, shown[owner])
        elif alone:
            owners.add(term, term, written[run.start : run.start + 1])
        else:
            owners.add_scattered(term, written[run.start + start : run.start + end])


def _longest(phrases: Sequence[_Phrase], at: int, start: int) -> int | None:
    """The longest phrase from number `at` on that begins at `start` or before; the first of equals."""
    if at >= len(phrases) or phrases[at].start > start:
        return None
    best = at
    while (at := at + 1) < len(phrases) and phrases[at].start <= start:
        if phrases[at].end - phrases[at].start > phrases[best].end - phrases[best].start:
            best = at
    return best


def _phrases(run: str, starts: Iterable[int], there: str) -> Iterator[_Phrase]:
    """The longest stretches of a run that stand in the other text, those without a whole word in them left out.

    `starts`: of the pairs that both texts share, rising.
    """
    reached = 0
    for start in starts:
        end = max(start + 2, reached + 1)  # else it is inside the stretch before
        if end > len(run):
            return
        if run[start:end] not in there:
            continue
        while end < len(run) and run[start : end + 1] in there:
            end += 1
        reached = end
        place = there.index(run[start:end])
        around = there[max(0, place - _AROUND) : place + end - start + _AROUND]
        words = _whole_words(run, start, end, around, min(place, _AROUND))
        if words:
            yield _Phrase(start, end, words)


@lru_cache(maxsize=1024)
def _word_edges(run: str) -> tuple[frozenset[int], frozenset[int]]:
    """Where words of a run start and end, the short words inside long ones included."""
    found = rjieba.tokenize(run, "search")
    return frozenset(start for _, start, _ in found), frozenset(end for _, _, end in found)


@lru_cache(maxsize=8192)
def _whole_words(run: str, start: int, end: int, around: str, offset: int) -> str:
    """A stretch cut back to whole words, without function words and loose ends; "" when no word is left.

    Its words are those of either text: where the one runs a new word into its neighbour (对|晶圆 as 对晶|圆), the other
    mostly does not. `around` is the other text about the stretch, which begins there at `offset`.
    """
    starts, ends = _word_edges(run)
    starts_there, ends_there = _word_edges(around)
    starts |= {edge - offset + start for edge in starts_there}
    ends |= {edge - offset + start for edge in ends_there}
    first = next((i for i in range(start, end) if i in starts), end)
    last = next((i for i in range(end, first, -1) if i in ends), first)
    shown = run[first:last]
    if first == 0 and last == len(run):
        return shown if len(shown) < 2 else _trimmed(shown)
    shown = _trimmed(shown)
    while len(shown) > 1 and shown[0] in _ENDINGS and not rjieba.has_word(shown):
        shown = shown[1:]
    while len(shown) > 1 and shown[-1] in _BEGINNINGS and not rjieba.has_word(shown):
        shown = shown[:-1]
    shown = _trimmed(shown)
    return shown if len(shown) > 1 else ""


def _trimmed(shown: str) -> str:
    """Without the function words at its ends; 等 is one before 方法, and none in 等离子体."""
    if rjieba.has_word(shown):
        return "" if shown in _FUNCTION else shown
    words = rjieba.cut(shown, False)  # without guessing new words: 与键 is none
    while len(words) > 1 and words[0] in _FUNCTION:
        del words[0]
    while len(words) > 1 and words[-1] in _FUNCTION:
        del words[-1]
    shown = "".join(words)
    return "" if shown in _FUNCTION else shown


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
    owners: _Owners, field: _Field, pairs: frozenset[tuple[str, str]], weights: Mapping[str, float]
) -> None:
    """What each shared word is shown in; neighbours that are neighbours in both texts make one phrase."""
    chain: list[Piece] = []
    for part in field.pieces:
        shared = not part.ideographs and any(token.term in weights for token in part.tokens)
        if not part.ideographs and not part.tokens:
            continue  # a stop word: “internet of things” stays one phrase
        if chain and not (shared and (chain[-1].tokens[-1].term, part.tokens[0].term) in pairs):
            _add_chain(owners, field.written, chain, weights)
            chain = []
        if shared:
            chain.append(part)
    _add_chain(owners, field.written, chain, weights)


def _add_chain(owners: _Owners, written: str, chain: list[Piece], weights: Mapping[str, float]) -> None:
    if chain:
        # A term over a hyphen reaches beyond its first piece: Wi-Fi is shown for WiFi, not Wi.
        ends = [token.end for piece in chain for token in piece.tokens if token.term in weights]
        shown = " ".join(written[chain[0].start : max(ends)].split())
        phrase = simplified(shown)
        for piece in chain:
            for token in piece.tokens:
                if token.term in weights:
                    owners.add(token.term, phrase, shown)


def _all_sentences(document: Document) -> list[str]:
    """Title and sentences of the text; of a document that has neither, its keywords."""
    return [*sentences(document.title), *sentences(document.text)] or [*document.keywords]
