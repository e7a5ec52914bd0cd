"""Shingles of many texts as 64-bit numbers, all at once: what `overlap.shingles` gives, hashed.

A shingle's number is a polynomial of its code points modulo 2^64, taken as a difference of running sums over the
concatenated texts (Karp & Rabin 1987), and mixed by the finaliser of SplitMix64 (Steele, Lea & Flood 2014). It depends
on the characters alone: equal in every process, for ever. Two different shingles among n get the same number with a
chance of about n² / 2^65: 1 in 40,000 for n = 30 million.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from jiandao.engines.matching.letters import Codes, letters_of
from jiandao.engines.matching.overlap import CHARACTERS, WORDS, plain

Hashes = npt.NDArray[np.uint64]
Ints = npt.NDArray[np.int64]

_BASE = 0x9E6C_63D0_876A_9A35  # odd, so that it has an inverse


@dataclass(frozen=True, slots=True)
class Shingled:
    """Sets of hashed shingles. `hashes`: all sets one after the other, each ascending; `sizes`: of each set."""

    hashes: Hashes
    sizes: Ints


def shingled(texts: Iterable[Sequence[str]]) -> Shingled:
    """The set of each record, given as its parts: the union of the parts' shingles."""
    records = [[part for part in record if part] for record in texts]
    owner: list[int] = []
    pieces: list[Codes] = []
    lengths: list[int] = []  # of parts of letters, or of each word
    words: list[int] = []  # of each part: number of words, 0 for a part of letters
    known = iter(letters_of([part for record in records for part in record]))
    for place, part in ((place, part) for place, record in enumerate(records) for part in record):
        codes, found = next(known), None
        if codes is None:
            found = plain(part)
            codes = _codes(found.letters)
        if not len(codes):
            continue
        owner.append(place)
        pieces.append(codes)
        words.append(len(found.words) if found and found.words else 0)
        lengths.extend(map(len, found.words) if found and found.words else [len(codes)])
    if not pieces:
        return Shingled(np.empty(0, np.uint64), np.zeros(len(records), np.int64))
    starts, ends, amount = _spans(np.array(lengths), np.array(words))
    hashes = _hashes(np.concatenate(pieces), starts, ends)
    per_record = np.bincount(np.array(owner), weights=amount, minlength=len(records)).astype(np.int64)
    return _sets(hashes, per_record)


def _codes(text: str) -> Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32)


def _spans(lengths: Ints, words: Ints) -> tuple[Ints, Ints, Ints]:
    """Start and end of every shingle in the concatenated parts, and how many shingles each part has.

    A part of letters counts as so many words of one character without blanks between.
    """
    if not words.any():
        amount = np.maximum(1, lengths - CHARACTERS + 1)
        origin = np.cumsum(lengths) - lengths - np.cumsum(amount) + amount
        starts = np.repeat(origin, amount) + np.arange(int(amount.sum()))
        return starts, starts + np.repeat(np.minimum(lengths, CHARACTERS), amount), amount
    units = np.maximum(words, 1)  # entries of `lengths` of each part
    first = np.cumsum(units) - units
    is_letters = words == 0
    step = np.where(is_letters, lengths[first], words)  # tokens of each part
    size = np.where(is_letters, CHARACTERS, WORDS)
    amount = np.maximum(1, step - size + 1)
    # Where each entry of `lengths` begins: words have one blank between them, parts nothing.
    blanks = np.ones(len(lengths), np.int64)
    blanks[first + units - 1] = 0
    begin = np.cumsum(lengths + blanks) - lengths - blanks
    part = np.repeat(np.arange(len(words)), amount)
    index = np.arange(len(part)) - np.repeat(np.cumsum(amount) - amount, amount)
    last = np.minimum(index + size[part], step[part]) - 1
    letters = is_letters[part]
    origin = begin[first[part]]
    head = first[part] + np.where(letters, 0, index)
    tail = first[part] + np.where(letters, 0, last)
    starts = np.where(letters, origin + index, begin[head])
    ends = np.where(letters, origin + last + 1, begin[tail] + lengths[tail])
    return starts, ends, amount


@lru_cache(maxsize=4)
def _powers(size: int) -> tuple[Hashes, Hashes]:
    """base^i and base^-i modulo 2^64 for i < size."""
    inverse = pow(_BASE, -1, 1 << 64)
    rising, falling = np.full(size, _BASE, np.uint64), np.full(size, inverse, np.uint64)
    rising[0] = falling[0] = 1
    return np.cumprod(rising, dtype=np.uint64), np.cumprod(falling, dtype=np.uint64)


def _hashes(codes: Codes, starts: Ints, ends: Ints) -> Hashes:
    rising, falling = _powers(1 << (len(codes)).bit_length())
    sums = np.zeros(len(codes) + 1, np.uint64)
    np.cumsum(codes * rising[: len(codes)], out=sums[1:])
    return mixed((sums[ends] - sums[starts]) * falling[starts])


def mixed(values: Hashes) -> Hashes:
    """The finaliser of SplitMix64: a one-to-one map in which each bit of the input moves half of the output."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def _sets(hashes: Hashes, amounts: Ints) -> Shingled:
    """Sorts the hashes of each record and drops repetitions."""
    ends = np.cumsum(amounts)
    start = 0
    for end in ends.tolist():  # sorting many short slices in place is much faster than one sort by record and hash
        hashes[start:end].sort()
        start = end
    new = np.ones(len(hashes), np.bool_)
    new[1:] = hashes[1:] != hashes[:-1]
    firsts = (ends - amounts)[amounts > 0]
    new[firsts] = True
    kept = np.concatenate(([0], np.cumsum(new)))
    return Shingled(hashes[new], np.diff(kept[np.concatenate(([0], ends))]))
