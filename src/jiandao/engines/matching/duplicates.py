"""All pairs of documents of which a share of the shorter one stands in the other: exact, for hundreds of thousands.

The method, its guarantee and its limits are told in docs/developer/matching-duplicates.md. In short: shingles that stand
in exactly the same documents are one list with a weight; of each document the rarest lists are searched, as many as no
true pair can do without (prefix filter); what is left of the intersection is counted for the pairs that may still pass.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from jiandao.engines.executor import Executor, Here
from jiandao.engines.matching.overlap import parts
from jiandao.engines.matching.records import Document
from jiandao.engines.matching.shingling import Hashes, Ints, Shingled, mixed, shingled

Bools = npt.NDArray[np.bool_]

MOST_PAIRS = 10_000_000
_CHUNK = 1000  # documents of one piece of work
_LIGHT = 100_000_000  # pairs of documents that lists common to all prefixes may name
_BLOCK = 30_000_000  # pairs of documents that are counted at once
_NAMED = 10_000  # documents at once
_PARTITIONS = 6  # bits, an even number
_OTHER = np.uint64(0x5DEECE66D)  # so that the sum over a set does not use the hashes that the join uses
_NOTHING = (np.empty(0, np.int64),) * 3


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of positions in the given documents; `first` < `second` by id, ordered by both ids.

    `similarity`: Jaccard of the sets of shingles; `containment`: share of the smaller set; both 0–1.
    """

    first: Ints
    second: Ints
    similarity: npt.NDArray[np.float64]
    containment: npt.NDArray[np.float64]


class TooManyPairsError(Exception):
    """More pairs than asked for. `least`: so many at least; `member`: position of a document of the largest group that
    was seen, `group`: how many documents it pairs with, `copies`: whether they are equal to it."""

    def __init__(self, least: int, member: int, group: int, *, copies: bool) -> None:
        super().__init__(f"more than {least:,} pairs")
        self.least, self.member, self.group, self.copies = least, member, group, copies


def shingled_documents(
    documents: Iterable[Document], *, without: Hashes | None = None, pool: Executor | None = None
) -> Shingled:
    """The sets of all documents. `without`: hashed shingles that do not count (`template`), ascending."""
    pieces = _pieces(documents)
    found = list((pool or Here()).map(_shingle, pieces))
    if not found:
        return Shingled(np.empty(0, np.uint64), np.empty(0, np.int64))
    hashes, sizes = (np.concatenate([getattr(one, name) for one in found]) for name in ("hashes", "sizes"))
    return _cut(Shingled(hashes, sizes), without) if without is not None and len(without) else Shingled(hashes, sizes)


def template(texts: Iterable[str]) -> Hashes:
    """The shingles of a form, to be left out of the measures: of each text as a whole."""
    return np.unique(shingled([tuple(texts)]).hashes)


def _pieces(documents: Iterable[Document]) -> Iterator[list[tuple[str, ...]]]:
    running = iter(documents)
    while piece := [tuple(parts(document)) for document in islice(running, _CHUNK)]:
        yield piece


def _shingle(piece: Sequence[Sequence[str]]) -> Shingled:
    return shingled(piece)


def _cut(given: Shingled, without: Hashes) -> Shingled:
    place = np.minimum(np.searchsorted(without, given.hashes), len(without) - 1)
    kept = without[place] != given.hashes
    running = np.concatenate(([0], np.cumsum(kept)))
    ends = np.concatenate(([0], np.cumsum(given.sizes)))
    return Shingled(given.hashes[kept], np.diff(running[ends]))


def copies(ids: Sequence[str], given: Shingled) -> Ints:
    """For each document the position of the one with an equal set of shingles whose id comes first; itself included.

    Texts without letters are copies of nothing.
    """
    found = np.arange(len(ids))
    filled = np.flatnonzero(given.sizes)
    filled = filled[np.argsort(_ranks(ids)[filled])]
    if len(filled):
        _, first, inverse = np.unique(_names(given)[filled], return_index=True, return_inverse=True)
        found[filled] = filled[first[inverse]]
    return found


def _names(given: Shingled) -> Hashes:
    """A number for each set: the sum of its mixed hashes. The chance that two sets share one is that of two hashes."""
    names = np.zeros(len(given.sizes), np.uint64)
    ends = np.concatenate((np.zeros(1, np.int64), np.cumsum(given.sizes)))
    for start in range(0, len(names), _NAMED):
        some = ends[start : start + _NAMED + 1]
        filled = np.flatnonzero(np.diff(some))
        if len(filled):
            values = mixed(given.hashes[some[0] : some[-1]] ^ _OTHER)
            names[start + filled] = np.add.reduceat(values, (some - some[0])[filled])
    return names


def duplicates(
    ids: Sequence[str],
    given: Shingled,
    threshold: float,
    *,
    most_pairs: int = MOST_PAIRS,
    once: bool = False,
    step: Callable[[], None] = lambda: None,
) -> Pairs:
    """All pairs with a containment of at least `threshold` (0–1) that share a shingle at all; exact.

    `given`: the sets of the documents (`shingled_documents`); `once`: of documents with equal sets only the one whose id
    comes first; `step`: called now and then. Memory: about 30 bytes a shingle and 60 a pair. Raises TooManyPairsError,
    as soon as it is sure, instead of going beyond `most_pairs`. The order of the documents changes nothing.
    """
    first_of = copies(ids, given)
    kept = np.flatnonzero((first_of == np.arange(len(ids))) & (given.sizes > 0))
    kept = kept[np.lexsort((_ranks(ids)[kept], given.sizes[kept]))]  # by size, then id: the shorter stands first
    groups = np.ones(len(ids), np.int64) if once else np.bincount(first_of, minlength=len(ids))
    limit = _Limit(most_pairs, kept, groups[kept])
    limit.within()
    sizes = given.sizes[kept]
    join = _Join(_lists(given, kept), sizes, threshold)
    found = [_NOTHING]
    for block in join.blocks():
        found.append(limit.checked(join.pairs(*block)))
        step()
    left, right, shared = (np.concatenate(columns) for columns in zip(*found, strict=True))
    pairs = Pairs(
        kept[left], kept[right], shared / np.maximum(1, sizes[left] + sizes[right] - shared), shared / sizes[left]
    )
    return _ordered(ids, pairs if once else _with_copies(pairs, first_of))


def _ranks(ids: Sequence[str]) -> Ints:
    ranks = np.empty(len(ids), np.int64)
    ranks[sorted(range(len(ids)), key=ids.__getitem__)] = np.arange(len(ids))
    return ranks


def _ranges(starts: Ints, sizes: Ints) -> Ints:
    """start, start + 1, … for each start and size, one after the other."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))


class _Limit:
    """Counts pairs with all copies, and stops the search when there are too many."""

    def __init__(self, most: int, kept: Ints, groups: Ints) -> None:
        self._most, self._kept, self._groups = most, kept, groups
        self._count = 0

    def within(self) -> None:
        """Pairs among copies."""
        self._count = int((self._groups * (self._groups - 1) // 2).sum())
        if self._count > self._most:
            largest = int(np.argmax(self._groups))
            raise TooManyPairsError(self._count, int(self._kept[largest]), int(self._groups[largest]) - 1, copies=True)

    def checked(self, found: tuple[Ints, Ints, Ints]) -> tuple[Ints, Ints, Ints]:
        left, right, _ = found
        self._count += int((self._groups[left] * self._groups[right]).sum())
        if self._count > self._most:
            met = np.bincount(left, weights=self._groups[right].astype(np.float64))
            largest = int(np.argmax(met))
            raise TooManyPairsError(self._count, int(self._kept[largest]), int(met[largest]), copies=False)
        return found


@dataclass(frozen=True, slots=True)
class _Lists:
    """Documents by list, rarest list first. `starts`: of each list in `documents`, with the end; `weights`: shingles."""

    starts: Ints
    documents: npt.NDArray[np.int32]
    weights: Ints

    @property
    def counts(self) -> Ints:
        return np.diff(self.starts)


def _lists(given: Shingled, kept: Ints) -> _Lists:
    """Shingles of at least two of the kept documents, which are named by their place in `kept`.

    Those that stand in exactly the same documents are one list.
    """
    bits = np.uint64(max(1, (len(kept) - 1).bit_length()))
    place = np.full(len(given.sizes), -1)
    place[kept] = np.arange(len(kept))
    owner = np.repeat(place.astype(np.int32), given.sizes)
    marks = mixed(np.arange(1, len(kept) + 1, dtype=np.uint64))
    keys, counts, documents = [np.empty(0, np.uint64)], [np.empty(0, np.int64)], [np.empty(0, np.int32)]
    for hashes, owners in _partitions(given.hashes, owner):
        # One number to sort: the bits of the hash that the partition does not fix, and the document instead of the last.
        packed = ((hashes << np.uint64(_PARTITIONS)) >> bits) << bits
        packed |= owners.astype(np.uint64)
        packed.sort()
        shingle = packed >> bits
        starts = np.flatnonzero(np.concatenate(([True], shingle[1:] != shingle[:-1])))
        sizes = np.diff(np.concatenate((starts, [len(packed)])))
        common = sizes > 1
        if not common.any():
            continue
        starts, sizes = starts[common], sizes[common]
        members = (packed[_ranges(starts, sizes)] & ((np.uint64(1) << bits) - np.uint64(1))).astype(np.int32)
        keys.append(np.add.reduceat(marks[members], np.cumsum(sizes) - sizes))
        counts.append(sizes)
        documents.append(members)
    return _grouped(np.concatenate(keys), np.concatenate(counts), np.concatenate(documents))


def _partitions(hashes: Hashes, owner: npt.NDArray[np.int32]) -> Iterator[tuple[Hashes, npt.NDArray[np.int32]]]:
    """The hashes of documents that were kept (owner ≥ 0), by their highest bits; in two steps, which reads less."""
    half = _PARTITIONS // 2
    high = (hashes >> np.uint64(64 - half)).astype(np.uint8)
    for outer in range(1 << half):
        chosen = (high == outer) & (owner >= 0)
        some, owners = hashes[chosen], owner[chosen]
        low = ((some >> np.uint64(64 - _PARTITIONS)) & np.uint64((1 << half) - 1)).astype(np.uint8)
        for inner in range(1 << half):
            within = low == inner
            if within.any():
                yield some[within], owners[within]


def _grouped(keys: Hashes, counts: Ints, documents: npt.NDArray[np.int32]) -> _Lists:
    _, first, weights = np.unique(keys, return_index=True, return_counts=True)
    order = np.lexsort((first, counts[first]))
    first, weights = first[order], weights[order]
    starts = (np.cumsum(counts) - counts)[first]
    sizes = counts[first]
    return _Lists(np.concatenate(([0], np.cumsum(sizes))), documents[_ranges(starts, sizes)], weights)


class _Join:
    """Counts shared shingles of pairs of documents; document i is not larger than document i + 1."""

    def __init__(self, lists: _Lists, sizes: Ints, threshold: float) -> None:
        self._sizes = sizes
        self._threshold = threshold
        self._least = np.maximum(1, np.ceil(threshold * sizes - 1e-9)).astype(np.int64)
        shape = (len(lists.weights), len(sizes))
        ones = np.ones(len(lists.documents), np.int32)
        self._members: Any = sparse.csr_array((ones, lists.documents, lists.starts), shape=shape)
        self._trimmed = 0
        weighted = np.repeat(lists.weights, lists.counts).astype(np.int32)
        whole: Any = sparse.csr_array((weighted, lists.documents, lists.starts), shape=shape).T.tocsr()
        chosen = self._prefix(whole, lists)
        self._cost = _row_sums(whole, chosen * lists.counts[whole.indices])
        self._searched: Any = _masked(whole, chosen)
        self._rest: Any = _masked(whole, ~chosen)  # heavy lists of the shorter document that are not searched
        self._rest_of = _row_sums(self._rest, self._rest.data)
        heavy = np.zeros(len(lists.weights), np.bool_)
        heavy[self._rest.indices] = True
        self._heavy: Any = _masked(whole, heavy[whole.indices])
        self._heavy.data = np.ones_like(self._heavy.data)
        self._heavy_of = _row_sums(self._heavy, lists.weights[self._heavy.indices])

    def _prefix(self, whole: Any, lists: _Lists) -> Bools:
        """Which entries are searched: rare lists always, then as many that less than the least overlap remains."""
        pairs = np.cumsum(lists.counts.astype(np.float64) ** 2 / 2)
        light = int(np.searchsorted(pairs, _LIGHT))
        # Rows are in the order of the lists, rarest first: the weight from an entry to the end of its row.
        total = np.concatenate(([0], np.cumsum(whole.data, dtype=np.int64)))
        ends = np.repeat(total[whole.indptr[1:]], np.diff(whole.indptr))
        remaining = ends - total[:-1]
        least = np.repeat(self._least, np.diff(whole.indptr))
        chosen: Bools = (whole.indices < light) | (remaining >= least)
        return chosen

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Ranges of documents, each with about as much to count."""
        start, spent = 0, 0
        for row, cost in enumerate(self._cost.tolist()):
            if spent and spent + cost > _BLOCK:
                yield start, row
                start, spent = row, 0
            spent += cost
        if spent:
            yield start, len(self._cost)

    def _trim(self, start: int) -> None:
        """Drops the documents before `start` from the lists, now and then."""
        if start - self._trimmed > len(self._sizes) // 16:
            self._members = _masked(self._members, self._members.indices >= start)
            self._trimmed = start

    def pairs(self, start: int, end: int) -> tuple[Ints, Ints, Ints]:
        """(shorter, longer, shared shingles) of the pairs whose shorter document is in the range."""
        self._trim(start)
        counted = (self._searched[start:end] @ self._members).tocoo()
        left, right, shared = counted.row.astype(np.int64) + start, counted.col.astype(np.int64), counted.data
        shared = shared.astype(np.int64)
        possible = shared + np.minimum(self._rest_of[left], self._heavy_of[right])
        kept = (right > left) & (possible >= self._least[left])
        left, right, shared = left[kept], right[kept], shared[kept]
        unsure = np.flatnonzero(self._rest_of[left] > 0)
        for some in np.array_split(unsure, len(unsure) // 100_000 + 1):
            both = self._rest[left[some]].multiply(self._heavy[right[some]])
            shared[some] += np.asarray(both.sum(axis=1)).ravel().astype(np.int64)
        kept = shared / self._sizes[left] >= self._threshold
        return left[kept], right[kept], shared[kept]


def _masked(matrix: Any, chosen: Bools) -> Any:
    """The matrix with the chosen entries alone."""
    running = np.concatenate(([0], np.cumsum(chosen)))
    return sparse.csr_array((matrix.data[chosen], matrix.indices[chosen], running[matrix.indptr]), shape=matrix.shape)


def _row_sums(matrix: Any, values: Ints) -> Ints:
    running = np.concatenate(([0], np.cumsum(values, dtype=np.int64)))
    sums: Ints = running[matrix.indptr[1:]] - running[matrix.indptr[:-1]]
    return sums


def _with_copies(pairs: Pairs, first_of: Ints) -> Pairs:
    """Puts copies back: pairs of representatives become pairs of all members, and members of a group pairs of equals."""
    members = np.argsort(first_of, kind="stable")
    counts = np.bincount(first_of, minlength=len(first_of))
    starts = np.cumsum(counts) - counts
    amount = counts[pairs.first] * counts[pairs.second]
    index = _ranges(np.zeros(len(amount), np.int64), amount)
    wide = np.repeat(counts[pairs.second], amount)
    first = [members[np.repeat(starts[pairs.first], amount) + index // wide]]
    second = [members[np.repeat(starts[pairs.second], amount) + index % wide]]
    for group in np.flatnonzero(counts > 1).tolist():
        base = members[starts[group] : starts[group] + counts[group]]
        one, other = np.triu_indices(len(base), 1)
        first.append(base[one])
        second.append(base[other])
    equals = np.ones(sum(map(len, first)) - len(index))
    return Pairs(
        np.concatenate(first),
        np.concatenate(second),
        np.concatenate([np.repeat(pairs.similarity, amount), equals]),
        np.concatenate([np.repeat(pairs.containment, amount), equals]),
    )


def _ordered(ids: Sequence[str], pairs: Pairs) -> Pairs:
    ranks = _ranks(ids)
    swapped = ranks[pairs.first] > ranks[pairs.second]
    first, second = np.where(swapped, pairs.second, pairs.first), np.where(swapped, pairs.first, pairs.second)
    order = np.lexsort((ranks[second], ranks[first]))
    return Pairs(first[order], second[order], pairs.similarity[order], pairs.containment[order])
