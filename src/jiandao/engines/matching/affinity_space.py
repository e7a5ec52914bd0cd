"""Texts as vectors: weighted terms, and the latent dimensions of all of them together.

Both are centred: what every text of a collection has is no sign that two of them belong together, and texts near to the
centre would otherwise be near to everything (Suzuki, Hara, Shimbo, Saerens & Fukumizu, EMNLP 2013).
"""

import hashlib
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import eigh
from scipy.sparse.linalg import LinearOperator, eigsh

from jiandao.engines.matching.records import Document
from jiandao.engines.matching.text import is_ideograph, terms

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The mean of few texts says little of what texts share: so many empty ones are counted in.
EMPTY_TEXTS = 100
_K1 = 1.2
_DENSE = 2_000  # rows or columns up to which the decomposition is exact and complete
_COLUMNS = 50_000  # terms at a time when texts are projected
_SMALLEST = 1e-6  # singular values below this share of the first are noise


class Parts(NamedTuple):
    """The text of an item or of a document of a profile. Equal parts are one text of the collection."""

    title: str
    keywords: str
    text: str

    @classmethod
    def of(cls, document: Document) -> Self:
        return cls(document.title, document.part("keywords"), document.text)


@dataclass(frozen=True)
class Space:
    """A collection of n texts as vectors.

    `rows`: (n × v) terms that stand in two texts or more, each text of length 1 with its other terms (0 without any
    term); `mean`: (v) their mean; `latent`: (n × k) US of the singular value decomposition, centred; `inverse`: (n × r)
    1 / length of the first `ranks[i]` latent coordinates; `ranks`: dimensions whose cosines are averaged.
    """

    names: tuple[str, ...]
    rows: Any
    empty: NDArray[np.bool_]
    mean: Floats
    shared: Floats
    latent: Floats
    inverse: Floats
    ranks: tuple[int, ...]

    @classmethod
    def fit(
        cls,
        texts: Sequence[Parts],
        *,
        field_weights: tuple[int, int, int] = (2, 2, 1),
        ranks: Sequence[int] = (32, 64, 128, 256),
        most: int = 20_000,
        step: Callable[[], None] = lambda: None,
    ) -> Self:
        """Give the texts without repetition and in an order that depends on nothing but them (sorted).

        Ranks above a quarter of the number of texts or of terms are left out. The latent dimensions are those of at most
        `most` texts, chosen by their hash; the others are projected. `step` is called for each text that was read.
        """
        rows, names, empty = _rows(texts, field_weights, step)
        total = len(texts) + EMPTY_TEXTS
        mean = np.asarray(rows.sum(axis=0), dtype=np.float64).ravel() / total
        kept = tuple(rank for rank in ranks if 4 * rank <= min(len(texts), len(names)))
        latent = np.zeros((len(texts), 0))
        if kept:
            latent = _latent(_unit(rows), _sample(texts, most), kept[-1])
            latent -= latent.mean(axis=0) if len(texts) else 0.0
            latent[empty] = 0.0
        lengths = [np.sqrt(np.square(latent[:, :rank]).sum(axis=1)) for rank in kept]
        inverse = np.array([_inverse(length) for length in lengths]).reshape(len(kept), len(texts)).T
        return cls(names, rows, empty, mean, np.asarray(rows @ mean), latent, inverse, kept)

    def lexical(self, some: Ints, others: Ints) -> Floats:
        """(some × others) (x − mean) · (y − mean)."""
        product: Floats = (self.rows[some] @ self.rows[others].T).toarray()
        product -= self.shared[some, None]
        product -= self.shared[others] - self.mean @ self.mean
        return product

    def topics(self, some: Ints) -> Floats:
        """(some × Σ ranks) latent coordinates whose dot products are the mean cosine over `ranks`."""
        scale = 1 / np.sqrt(max(1, len(self.ranks)))
        blocks = [
            self.latent[some, :rank] * (self.inverse[some, place, None] * scale)
            for place, rank in enumerate(self.ranks)
        ]
        return np.hstack(blocks) if blocks else np.zeros((len(some), 0))

    def vector(self, one: int) -> Floats:
        """(v) the terms of a text, for `shared_terms`."""
        found: Floats = self.rows[[one]].toarray()[0]
        return found

    def shared_terms(self, vector: Floats, rows: Ints, weights: Floats) -> dict[str, float]:
        """Σ_i weights_i · x_t · y_it of each term t that x and any of the texts y_i have; together Σ_i weights_i · x · y_i."""
        found: dict[int, float] = {}
        for row, weight in zip(rows.tolist(), weights.tolist(), strict=True):
            part = slice(self.rows.indptr[row], self.rows.indptr[row + 1])
            columns = self.rows.indices[part]
            here = vector[columns]
            shared = np.flatnonzero(here)
            amounts = weight * here[shared] * self.rows.data[part][shared]
            for column, amount in zip(columns[shared].tolist(), amounts.tolist(), strict=True):
                found[column] = found.get(column, 0.0) + amount
        return {self.names[column]: amount for column, amount in found.items()}


class _Counts:
    """Terms of texts as numbers: occurrences of single terms, and of pairs of neighbouring words (`gas sensor`).

    A pair is one number of the numbers of its words: most pairs stand in one text only, and millions of them as strings
    would be the largest thing in memory.
    """

    def __init__(self) -> None:
        self.places: dict[str, int] = {}
        self._is_word: list[bool] = []
        self._singles, self._pairs = array("i"), array("q")
        self._weights, self._pair_weights = array("b"), array("b")
        self._ends, self._pair_ends = array("q", [0]), array("q", [0])

    def add(self, text: Parts, weights: tuple[int, int, int]) -> None:
        """Count a text; a term in a field counts as often as the field's weight says."""
        for part, weight in zip(text, weights, strict=True):
            numbers = [self._number(term) for term in terms(part)] if part else []
            words = [number for number in numbers if self._is_word[number]]
            pairs = [first << 32 | second for first, second in pairwise(words)]
            self._singles.extend(numbers)
            self._pairs.extend(pairs)
            self._weights.extend([weight] * len(numbers))
            self._pair_weights.extend([weight] * len(pairs))
        self._ends.append(len(self._singles))
        self._pair_ends.append(len(self._pairs))

    def _number(self, term: str) -> int:
        number = self.places.setdefault(term, len(self.places))
        if number == len(self._is_word):
            self._is_word.append(not is_ideograph(term))
        return number

    def matrix(self) -> tuple[Any, Ints]:
        """(texts × terms) weighted frequencies, single terms first; and the numbers of the pairs that follow."""
        pairs, place = np.unique(np.array(self._pairs, dtype=np.int64), return_inverse=True)
        blocks = [
            sparse.csr_array((np.array(weights, dtype=np.int32), columns, np.array(ends)), shape=(len(ends) - 1, width))
            for weights, columns, ends, width in (
                (self._weights, np.array(self._singles), self._ends, len(self.places)),
                (self._pair_weights, place.astype(np.int32), self._pair_ends, len(pairs)),
            )
        ]
        for block in blocks:
            block.sum_duplicates()
        return sparse.hstack(blocks, format="csr"), pairs


def _rows(
    texts: Sequence[Parts], weights: tuple[int, int, int], step: Callable[[], None]
) -> tuple[Any, tuple[str, ...], NDArray[np.bool_]]:
    """Terms of the texts as a matrix of unit rows, the terms of its columns, and which texts have no term.

    Terms of one text only count for its length and are then left out: they match nothing, and are most of all terms.
    """
    counts = _Counts()
    for text in texts:
        counts.add(text, weights)
        step()
    tf, pairs = counts.matrix()
    where, lengths = tf.indices, np.diff(tf.indptr)
    owner = np.repeat(np.arange(len(texts), dtype=np.int32), lengths)
    frequency = np.bincount(where, minlength=tf.shape[1])
    data = tf.data * (_K1 + 1) / (tf.data + _K1)
    data *= (np.log((1 + len(texts)) / (1 + frequency)) + 1)[where]
    data *= _inverse(np.sqrt(np.bincount(owner, weights=data * data, minlength=len(texts))))[owner]
    kept = frequency > 1
    stays = kept[where]
    starts = np.concatenate([[0], np.cumsum(np.bincount(owner[stays], minlength=len(texts)))])
    places = np.cumsum(kept, dtype=np.int32) - 1
    rows = sparse.csr_array((data[stays], places[where[stays]], starts), shape=(len(texts), int(kept.sum())))
    single = list(counts.places)
    names = [term for term, stays_in in zip(single, kept[: len(single)].tolist(), strict=True) if stays_in]
    for number in pairs[kept[len(single) :]].tolist():
        names.append(f"{single[number >> 32]} {single[number & 0xFFFFFFFF]}")
    return rows, tuple(names), lengths == 0


def _unit(rows: Any) -> Any:
    """Rows scaled to length 1 again."""
    lengths = np.sqrt(np.asarray(rows.multiply(rows).sum(axis=1)).ravel())
    scaled = rows.copy()
    scaled.data *= np.repeat(_inverse(lengths), np.diff(rows.indptr))
    return scaled


def _inverse(lengths: Floats) -> Floats:
    found: Floats = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 1e-12)
    return found


def _sample(texts: Sequence[Parts], most: int) -> Ints:
    """Places of the texts to fit on, chosen by their hash."""
    if len(texts) <= most:
        return np.arange(len(texts))
    keys = [hashlib.blake2b("\0".join(text).encode(), digest_size=8).digest() for text in texts]
    return np.array(sorted(sorted(range(len(texts)), key=keys.__getitem__)[:most]), dtype=np.int64)


def _latent(rows: Any, chosen: Ints, rank: int) -> Floats:
    """(n × rank) US of the decomposition of the chosen rows, the others projected: rows · V.

    Signs are free, and so is the basis where singular values are equal: no dot product depends on either. Singular
    values that are noise give coordinates of 0.
    """
    fitted = rows[chosen]
    left, sizes = _decomposed(fitted, rank)
    sizes = np.where(sizes > _SMALLEST * sizes.max(initial=1e-300), sizes, 0.0)
    if len(chosen) == rows.shape[0]:
        return left * sizes
    left = left * _inverse(sizes)
    found = np.zeros((rows.shape[0], rank))
    by_column, fitted = rows.tocsc(), fitted.tocsc()
    for start in range(0, rows.shape[1], _COLUMNS):  # all of V at once would be the largest thing in memory
        part = slice(start, start + _COLUMNS)
        found += by_column[:, part] @ (fitted[:, part].T @ left)
    return found


def _decomposed(rows: Any, rank: int) -> tuple[Floats, Floats]:
    """Left singular vectors and singular values, the greatest first."""
    wide = rows.shape[0] <= rows.shape[1]
    size = min(rows.shape)
    flat = rows.T.tocsr()
    if size > _DENSE:
        first, second = (flat, rows) if wide else (rows, flat)
        gram = LinearOperator((size, size), matvec=lambda vector: second @ (first @ vector), dtype=np.float64)
        squares, vectors = eigsh(gram, k=rank, v0=np.ones(size))
    else:
        product = (rows @ flat if wide else flat @ rows).toarray()
        squares, vectors = eigh(product, subset_by_index=(size - rank, size - 1))
    order = np.argsort(-squares, kind="stable")
    sizes, vectors = np.sqrt(np.maximum(squares[order], 0.0)), vectors[:, order]
    return (vectors if wide else np.asarray(rows @ vectors) * _inverse(sizes)), sizes
