"""The passages that two texts have in common, as ranges of the texts as they were written.

Greedy string tiling (Wise 1993): the longest run of equal letters (English: words) that is not covered yet is taken, then
the next longest, so that passages which stand in another order are found too and none overlaps another.
"""

import heapq
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from jiandao.engines.matching.overlap import CHARACTERS, WORDS, plain
from jiandao.engines.matching.text import IDEOGRAPHS
from jiandao.engines.matching.writing import normalise, surface

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

LEAST = 4  # shingles: 8 letters, 6 English words
_GAP = 2  # shingles: 10 letters, 6 English words
_MOST_PLACES = 64  # of one shingle in one text

_WORD = re.compile(rf"[^\W_{IDEOGRAPHS}]+")
_LETTER = re.compile(r"[^\W_]")
_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Passage:
    """What stands in both texts. `first`, `second`: (start, end) in the texts as written.

    `length`: letters and digits (English: words) that are the same; `share`: their part of the shorter text, 0–1;
    `exact`: false where a few that differ stand between.
    """

    first: tuple[int, int]
    second: tuple[int, int]
    length: int
    share: float
    exact: bool


def passages(first: str, second: str, *, least: int = LEAST) -> list[Passage]:
    """The common passages of two texts, in the order of the first one; none overlaps another in either text.

    A passage has at least `least` shingles (5 letters; English: 3 words) in a row; two with a small gap between, in both
    texts, are one. Punctuation, white space, width and case do not count. Two texts with the same letters are one passage,
    however short. `passages(b, a)` gives the same passages the other way round. A shingle that a text repeats is looked
    at in its first 64 places only. Nothing is common to an English and a Chinese text, as in `containment`.
    """
    one, other = _located(first), _located(second)
    if one.is_words != other.is_words or not one.tokens or not other.tokens:
        return []
    # Equal lengths are taken in the order of the smaller text, so that both ways round give the same.
    turned = (len(other.tokens), other.tokens) < (len(one.tokens), one.tokens)
    if turned:
        one, other = other, one
    size = WORDS if one.is_words else CHARACTERS
    whole = [_Tile(0, 0, len(one.tokens))] if one.tokens == other.tokens else None
    tiles = whole or _tiles(one, other, size, size + max(1, least) - 1)
    found = [_passage(run, one, other) for run in _merged(tiles, len(other.tokens), _GAP * size)]
    if turned:
        found = [Passage(p.second, p.first, p.length, p.share, p.exact) for p in found]
    return sorted(found, key=lambda passage: passage.first)


# Letters and their places


@dataclass(frozen=True, slots=True)
class _Located:
    """The letters or words of a text that shingles are made of. `begins`, `ends`: their ranges in the text; `opens`,
    `closes`: whether a passage may begin and end with the token: not inside a character such as ㎏, not inside a number
    or a Latin word."""

    tokens: Sequence[str]
    is_words: bool
    begins: Ints
    ends: Ints
    opens: Bools
    closes: Bools


def _located(text: str) -> _Located:
    wanted = plain(text)
    expected: Sequence[str] = wanted.letters if wanted.words is None else wanted.words
    found = _placed(text, list(_clusters(text)), wanted.words is not None)
    if "\0".join(found.tokens) != "\0".join(expected):
        # Characters that combine in ways that the clusters do not know: right, but the whole text is one place.
        found = _placed(text, [(0, len(text))], wanted.words is not None)
    return found


def _placed(text: str, clusters: Sequence[tuple[int, int]], is_words: bool) -> _Located:
    forms = [_form(text[start:end]) for start, end in clusters]
    lengths = np.array([len(form) for form in forms], np.int64)
    owner = np.repeat(np.arange(len(forms)), lengths)  # the cluster of each character of the stream
    pattern = _WORD if is_words else _LETTER
    matches = list(pattern.finditer("".join(forms)))
    starts = np.array([match.start() for match in matches], np.int64)
    lasts = np.array([match.end() - 1 for match in matches], np.int64)
    inner = np.arange(len(owner)) - (np.cumsum(lengths) - lengths)[owner]
    ranges = np.array(clusters, np.int64).reshape(-1, 2)
    tokens = [match.group() for match in matches]
    begins, ends = ranges[owner[starts], 0], ranges[owner[lasts], 1]
    opens, closes = inner[starts] == 0, inner[lasts] == lengths[owner[lasts]] - 1
    if not is_words and tokens:
        joined = _joined(text, tokens, begins, ends)
        opens[1:] &= ~joined
        closes[:-1] &= ~joined
    return _Located(tokens, is_words, begins, ends, opens, closes)


def _joined(text: str, tokens: Sequence[str], begins: Ints, ends: Ints) -> Bools:
    """Whether each letter and the next one stand in one Latin word or number (1.35)."""
    latin = np.array([token.isascii() for token in tokens])
    digit = np.array([token.isdigit() for token in tokens])
    gap = begins[1:] - ends[:-1]
    point = np.array([text[end : end + 1] in {".", "．"} for end in ends[:-1].tolist()], np.bool_)
    word = latin[1:] & latin[:-1] & (gap <= 0)
    number = digit[1:] & digit[:-1] & point & (gap == 1)
    return np.asarray(word | number, np.bool_)


def _clusters(text: str) -> Iterator[tuple[int, int]]:
    """Ranges of characters that are normalised together: one, with the marks that belong to it."""
    start = 0
    for place in range(1, len(text)):
        if not _attached(text[place]):
            yield start, place
            start = place
    if text:
        yield start, len(text)


@lru_cache(maxsize=1 << 16)
def _attached(character: str) -> bool:
    """Whether it belongs to what stands before: a mark, a following jamo, a half-width voicing mark, what nobody sees."""
    if character.isascii():
        return False
    return (
        unicodedata.category(character).startswith("M")
        or "\u1160" <= character <= "\u11ff"
        or "\ud7b0" <= character <= "\ud7ff"
        or "\uff9e" <= character <= "\uffdc"
        or not surface(character)
    )


@lru_cache(maxsize=1 << 16)
def _form(cluster: str) -> str:
    """The letters of a cluster after normalisation, blanks for what stands between; nothing for what nobody sees."""
    folded = normalise(cluster)
    if not folded:
        return " " if surface(cluster) else ""
    return _NOT_LETTERS.sub(" ", folded)


# Tiles


@dataclass(frozen=True, slots=True)
class _Tile:
    """Equal tokens: `length` of them from `first` and `second`."""

    first: int
    second: int
    length: int


def _tiles(one: _Located, other: _Located, size: int, least: int) -> list[_Tile]:
    """Tiles of at least `least` tokens, longest first."""
    waiting = [(-tile.length, tile.first, tile.second) for tile in _runs(one.tokens, other.tokens, size, least)]
    heapq.heapify(waiting)
    covered, covered_too = np.zeros(len(one.tokens), np.bool_), np.zeros(len(other.tokens), np.bool_)
    found = []
    while waiting:
        length, first, second = heapq.heappop(waiting)
        length = -length
        here, there = slice(first, first + length), slice(second, second + length)
        free = ~(covered[here] | covered_too[there])
        if not free.all():
            edges = np.flatnonzero(np.diff(np.concatenate(([False], free, [False]))))
            for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
                if end - start >= least:
                    heapq.heappush(waiting, (start - end, first + start, second + start))
            continue
        opens = np.flatnonzero(one.opens[here] & other.opens[there])
        closes = np.flatnonzero(one.closes[here] & other.closes[there])
        if not len(opens) or not len(closes) or closes[-1] - opens[0] + 1 < least:
            continue
        start, length = int(opens[0]), int(closes[-1] - opens[0]) + 1
        tile = _Tile(first + start, second + start, length)
        covered[tile.first : tile.first + length] = True
        covered_too[tile.second : tile.second + length] = True
        found.append(tile)
    return found


def _runs(one: Sequence[str], other: Sequence[str], size: int, least: int) -> Iterator[_Tile]:
    """All longest runs of equal tokens, from the shingles in common: those on one diagonal that follow each other."""
    here, there = _numbered(one, other, size)
    order = np.argsort(there, kind="stable")
    ordered = there[order]
    low, high = np.searchsorted(ordered, here, "left"), np.searchsorted(ordered, here, "right")
    amount = np.minimum(high - low, _MOST_PLACES)
    amount[_occurrence(here) >= _MOST_PLACES] = 0
    first = np.repeat(np.arange(len(here)), amount)
    step = np.arange(len(first)) - np.repeat(np.cumsum(amount) - amount, amount)
    second = order[np.repeat(low, amount) + step]
    diagonal = first - second
    by = np.lexsort((first, diagonal))
    first, second, diagonal = first[by], second[by], diagonal[by]
    breaks = (np.diff(diagonal) != 0) | (np.diff(first) != 1)
    starts = np.flatnonzero(np.concatenate(([True], breaks))) if len(first) else np.empty(0, np.int64)
    lengths = np.diff(np.concatenate((starts, [len(first)]))) + size - 1
    for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
        if length >= least:
            yield _Tile(int(first[start]), int(second[start]), length)


def _numbered(one: Sequence[str], other: Sequence[str], size: int) -> tuple[Ints, Ints]:
    """The shingles of both as numbers, equal ones alike. None of a text that is shorter than one."""
    known: dict[tuple[str, ...], int] = {}
    numbers = []
    for tokens in (one, other):
        windows = zip(*(tokens[i:] for i in range(size)), strict=False)
        numbers.append(np.array([known.setdefault(window, len(known)) for window in windows], np.int64))
    return numbers[0], numbers[1]


def _occurrence(numbers: Ints) -> Ints:
    """How often each number stood before, in a list of numbers."""
    order = np.argsort(numbers, kind="stable")
    ordered = numbers[order]
    found = np.empty(len(numbers), np.int64)
    found[order] = np.arange(len(numbers)) - np.searchsorted(ordered, ordered, "left")
    return found


def _merged(tiles: Sequence[_Tile], tokens: int, gap: int) -> list[list[_Tile]]:
    """Tiles that follow each other in both texts, with little between that is in no tile."""
    covered = np.zeros(tokens + 1, np.int64)
    for tile in tiles:
        covered[tile.second + 1 : tile.second + tile.length + 1] = 1
    covered = np.cumsum(covered)
    runs: list[list[_Tile]] = []
    for tile in sorted(tiles, key=lambda tile: tile.first):
        last = runs[-1][-1] if runs else None
        if last is not None:
            end = last.second + last.length
            near = tile.first - last.first - last.length <= gap and 0 <= tile.second - end <= gap
            if near and covered[tile.second] == covered[end]:
                runs[-1].append(tile)
                continue
        runs.append([tile])
    return runs


def _passage(run: Sequence[_Tile], one: _Located, other: _Located) -> Passage:
    head, tail = run[0], run[-1]
    length = sum(tile.length for tile in run)
    return Passage(
        (int(one.begins[head.first]), int(one.ends[tail.first + tail.length - 1])),
        (int(other.begins[head.second]), int(other.ends[tail.second + tail.length - 1])),
        length,
        length / min(len(one.tokens), len(other.tokens)),
        exact=tail.first + tail.length - head.first == tail.second + tail.length - head.second == length,
    )
