"""Which stretch of the query each shared ideograph and pair of ideographs is shown in, and what is to be seen of it.

The longest stretches of the query that stand in the other text, cut back to whole words. What belongs to none of them is
scattered. All runs of ideographs of a query lie in one string, so that what is the same for each document is done once
and the rest is sums over arrays: this is most of the time that reasons take.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import rjieba
from numpy.typing import NDArray

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
_BETWEEN = "\0"  # between two runs


@dataclass(frozen=True, slots=True)
class Shares:
    """What the terms of ideographs contribute, by what they are shown in.

    `phrases`: what is shown, as the query writes it, and its amount; `letters`: the scattered characters with `scattered`.
    """

    phrases: Sequence[tuple[str, float]] = ()
    letters: str = ""
    scattered: float = 0.0


class Stretches:
    """The runs of ideographs of one query. `runs`: each as it is compared and as it is written, equally long."""

    def __init__(self, runs: Iterable[tuple[str, str]]) -> None:
        pairs = list(runs)
        self._text = _BETWEEN.join(compared for compared, _ in pairs) + _BETWEEN
        self._written = _BETWEEN.join(written for _, written in pairs) + _BETWEEN
        self._numbers: dict[str, int] = {}  # term → its number; that of no term is the greatest
        characters = [self._number(one) for one in self._text]
        couples = [self._number(one + other) for one, other in zip(self._text, self._text[1:], strict=False)]
        none = len(self._numbers)
        self._characters = np.array([none if one < 0 else one for one in characters])
        self._pairs = np.array([none if one < 0 else one for one in [*couples, -1]])
        self._run_starts: list[int] = []  # of each place
        self._run_ends: list[int] = []
        for compared, _ in pairs:
            start = len(self._run_starts)
            self._run_starts += [start] * (len(compared) + 1)
            self._run_ends += [start + len(compared)] * (len(compared) + 1)
        self._alone = frozenset(
            place for place, start in enumerate(self._run_starts) if place == start == self._run_ends[place] - 1
        )

    def _number(self, term: str) -> int:
        return -1 if _BETWEEN in term else self._numbers.setdefault(term, len(self._numbers))

    @property
    def terms(self) -> Iterable[str]:
        """All characters and pairs."""
        return self._numbers.keys()

    def shares(self, weights: Mapping[str, float], there: str) -> Shares:
        """What each shared term contributed (`weights`), by what shows it of the other text, `there`."""
        shared = [term for term in self._numbers if term in weights]
        if not shared:
            return Shares()
        numbers = [self._numbers[term] for term in shared]
        amounts = np.zeros(len(self._numbers) + 1)
        amounts[numbers] = [weights[term] for term in shared]
        present = np.zeros(len(self._numbers) + 1, dtype=bool)
        present[numbers] = True
        characters, pairs = np.flatnonzero(present[self._characters]), np.flatnonzero(present[self._pairs])
        phrases = [*self._phrases(pairs, there), *self._lone_words(characters)]
        owners = np.concatenate(self._owners(phrases, characters, pairs))
        terms = np.concatenate((self._characters[characters], self._pairs[pairs]))
        told = owners >= 0
        # A character that already stands in a shown phrase is not told a second time as a scattered one.
        is_told = np.zeros(len(self._numbers) + 1, dtype=bool)
        is_told[terms[told]] = True
        lone = ~is_told[terms]
        times = np.bincount(terms[told | lone], minlength=len(amounts))
        each = amounts[terms] / times[terms]
        found = np.bincount(owners[told], weights=each[told], minlength=len(phrases)).tolist()
        by_words: dict[str, list[float]] = {}
        shown: dict[str, str] = {}
        for (start, _, words), amount in zip(phrases, found, strict=True):
            by_words.setdefault(words, []).append(amount)
            if words not in shown:
                first = self._text.index(words, start)
                shown[words] = self._written[first : first + len(words)]
        size = len(characters)
        return Shares(
            [(shown[words], sum(parts)) for words, parts in by_words.items()],
            self._letters(characters[lone[:size]], pairs[lone[size:]]),
            float(each[lone].sum()),
        )

    def _owners(
        self, phrases: Sequence[tuple[int, int, str]], characters: NDArray[np.intp], pairs: NDArray[np.intp]
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """For characters and for pairs at these places: the longest phrase that holds it, the first of equals; −1: none."""
        of_characters = np.full(len(self._text), -1)
        of_pairs = np.full(len(self._text), -1)
        for number in sorted(range(len(phrases)), key=lambda one: (phrases[one][1] - phrases[one][0], -one)):
            start, end, _ = phrases[number]
            of_characters[start:end] = number
            of_pairs[start : end - 1] = number
        return of_characters[characters], of_pairs[pairs]

    def _lone_words(self, characters: NDArray[np.intp]) -> Iterator[tuple[int, int, str]]:
        """Shared characters that are a whole run."""
        if self._alone:
            for place in characters.tolist():
                if place in self._alone:
                    yield place, place + 1, self._text[place]

    def _letters(self, characters: NDArray[np.intp], pairs: NDArray[np.intp]) -> str:
        """The characters of scattered terms, each once, in the order of the query, as it first writes them."""
        there = np.zeros(len(self._text) + 1, dtype=bool)
        there[characters] = True
        there[pairs] = True
        there[pairs + 1] = True
        found: dict[str, str] = {}
        for place in np.flatnonzero(there).tolist():
            found.setdefault(self._text[place], self._written[place])
        return "".join(found.values())

    def _phrases(self, pairs: NDArray[np.intp], there: str) -> Iterator[tuple[int, int, str]]:
        """(start, end, words): the longest stretches that stand in the other text and hold a whole word, rising.

        `pairs`: places of the pairs that both texts share, rising.
        """
        text = self._text
        reached = 0
        for first, last in _sequences(pairs.tolist()):
            for start in range(first, last + 1):
                end = max(start + 2, reached + 1)  # else it is inside the stretch before
                run_end = self._run_ends[start]
                if end > run_end:
                    break
                # Mostly pairs that follow each other in the query do so in the other text, too.
                if end < last + 2 and text[start : last + 2] in there:
                    end = last + 2
                elif text[start:end] not in there:
                    continue
                while end < run_end and text[start : end + 1] in there:
                    end += 1
                reached = end
                if words := self._words(start, end, there):
                    yield start, end, words

    def _words(self, start: int, end: int, there: str) -> str:
        """A stretch cut back to whole words, without function words and loose ends; "" when no word is left.

        Its words are those of either text: where the one runs a new word into its neighbour (对|晶圆 as 对晶|圆), the
        other mostly does not.
        """
        text = self._text
        run_start, run_end = self._run_starts[start], self._run_ends[start]
        starts, ends = _word_edges(text[run_start:run_end])
        first, last = start, end
        if start - run_start not in starts or end - run_start not in ends:
            place = there.index(text[start:end])
            begin = max(0, place - _AROUND)
            starts_there, ends_there = _word_edges(there[begin : place + end - start + _AROUND])
            here, away = run_start, start - (place - begin)  # where the two begin
            first = next((i for i in range(start, end) if i - here in starts or i - away in starts_there), end)
            last = next((i for i in range(end, first, -1) if i - here in ends or i - away in ends_there), first)
        return _shown(text[first:last], whole=first == run_start and last == run_end)


def _sequences(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and last of the numbers that follow each other without a gap."""
    first = before = -2
    for place in places:
        if place != before + 1:
            if before >= 0:
                yield first, before
            first = place
        before = place
    if before >= 0:
        yield first, before


@lru_cache(maxsize=1024)
def _word_edges(run: str) -> tuple[frozenset[int], frozenset[int]]:
    """Where words of a run start and end, the short words inside long ones included."""
    found = rjieba.tokenize(run, "search")
    return frozenset(start for _, start, _ in found), frozenset(end for _, _, end in found)


@lru_cache(maxsize=8192)
def _shown(words: str, *, whole: bool) -> str:
    """Words of a run, all of them or not, without function words and loose ends."""
    if whole:
        return words if len(words) < 2 else _trimmed(words)
    words = _trimmed(words)
    while len(words) > 1 and words[0] in _ENDINGS and not rjieba.has_word(words):
        words = words[1:]
    while len(words) > 1 and words[-1] in _BEGINNINGS and not rjieba.has_word(words):
        words = words[:-1]
    words = _trimmed(words)
    return words if len(words) > 1 else ""


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
