"""The latent channel: texts as points in a space where words that occur in the same company lie together.

Latent semantic analysis (Deerwester et al. 1990) of √tf × idf², rows of unit length, by a randomised singular value
decomposition (Halko, Martinsson & Tropp 2011). Instead of a cut at some number of dimensions, each dimension is damped by
1 − (s_K / s)², Wiener's factor for a signal of strength s² − s_K² in noise of strength s_K²: a direction that is hardly
stronger than the last one kept counts hardly at all, so that the number of dimensions need not be tuned to the collection.
"""

import itertools
import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from jiandao.engines.matching.encoders import unit
from jiandao.engines.matching.scoring import idf

DIMENSIONS = 256
MOST_FITTED = 100_000  # documents that a model is made from; more of the same change little
MOST_TERMS = 1 << 17  # the most frequent ones; all count in the length of a row
LEAST_FITTED = 32  # fewer documents have no company worth the name
_POWER = 2.0  # of idf: a term weighs in the query and in the document, as in the cosine of TF-IDF
_ITERATIONS = 4
_OVERSAMPLING = 16
_TINY = 1e-12

Counts = Mapping[str, int]


@dataclass(frozen=True)
class LatentModel:
    """A fitted space. `factors`: (terms, dimensions), damped; `weights`: idf² of each term; `fitted`: of how many documents."""

    terms: Mapping[str, int]
    weights: npt.NDArray[np.float32]
    factors: npt.NDArray[np.float32]
    fitted: int

    @property
    def dimensions(self) -> int:
        return int(self.factors.shape[1])

    def project(self, texts: Sequence[Counts]) -> npt.NDArray[np.float32]:
        """(n, dimensions), rows of unit length; zeros for a text of which no term is known."""
        indices: list[int] = []
        values: list[float] = []
        starts = [0]
        for counts in texts:
            known = sorted(
                (number, times) for term, times in counts.items() if (number := self.terms.get(term)) is not None
            )
            indices += [number for number, _ in known]
            values += [times for _, times in known]
            starts.append(len(indices))
        where = np.array(indices, dtype=np.int64)
        amounts = np.sqrt(np.array(values, dtype=np.float32)) * self.weights[where]
        # One row after the other: the sum of a text must not depend on its neighbours.
        found = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, (start, end) in enumerate(itertools.pairwise(starts)):
            if end > start:
                found[row] = amounts[start:end] @ self.factors[where[start:end]]
        return unit(found)

    def save(self, stem: Path) -> None:
        """Write STEM.terms, STEM.weights.npy and STEM.factors.npy."""
        ordered = sorted(self.terms, key=self.terms.__getitem__)
        stem.with_suffix(".terms").write_text(json.dumps([self.fitted, ordered], ensure_ascii=False), encoding="utf-8")
        np.save(stem.with_suffix(".weights.npy"), self.weights)
        np.save(stem.with_suffix(".factors.npy"), self.factors)

    @classmethod
    def load(cls, stem: Path) -> Self:
        """What `save` wrote, factors mapped and not read. Raises OSError or ValueError when it is damaged."""
        fitted, ordered = json.loads(stem.with_suffix(".terms").read_text(encoding="utf-8"))
        weights = np.load(stem.with_suffix(".weights.npy"), allow_pickle=False)
        factors: Any = np.load(stem.with_suffix(".factors.npy"), mmap_mode="r", allow_pickle=False)
        if weights.shape != (len(ordered),) or factors.shape[:1] != weights.shape:
            raise ValueError("the parts of the latent model do not fit together")
        return cls({term: number for number, term in enumerate(ordered)}, weights, factors, int(fitted))


def fit(texts: Iterable[tuple[str, Counts]], *, dimensions: int = DIMENSIONS, seed: int = 7) -> LatentModel | None:
    """A model of (id, weighted term counts); None when there are too few of either. Their order makes no difference."""
    from scipy import sparse  # half as slow to import as all of the rest: only here

    read = _Read()
    for document_id, counts in texts:
        read.add(document_id, counts)
    total = len(read.ids)
    if total < LEAST_FITTED or not read.terms:
        return None
    columns = np.frombuffer(read.columns, dtype=np.uint32).astype(np.int64)
    starts = np.array(read.starts)
    frequencies = np.bincount(columns, minlength=len(read.terms))
    weights = np.array([idf(total, int(frequency)) for frequency in range(int(frequencies.max()) + 1)])[frequencies]
    weights **= _POWER
    amounts = np.sqrt(np.frombuffer(read.times, dtype=np.float32).astype(np.float64)) * weights[columns]
    lengths = np.sqrt(np.add.reduceat(np.append(amounts**2, 0.0), starts[:-1]) * (np.diff(starts) > 0))
    amounts /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(starts))
    names = list(read.terms)
    kept = sorted(range(len(names)), key=lambda column: (-frequencies[column], names[column]))[:MOST_TERMS]
    rank = min(dimensions, total - 1, len(kept) - 1)
    if rank < 2:
        return None
    whole = sparse.csr_matrix((amounts, columns, starts), shape=(total, len(names)))
    by_id = sorted(range(total), key=read.ids.__getitem__)
    matrix = whole[by_id][:, kept].tocsr()
    matrix.sort_indices()
    strengths, directions = _decompose(matrix, rank, seed)
    damped = directions * np.clip(1 - (strengths[-1] / strengths) ** 2, 0, None)
    return LatentModel(
        {names[column]: number for number, column in enumerate(kept)},
        weights[kept].astype(np.float32),
        damped.astype(np.float32),
        total,
    )


class _Read:
    """Texts as they come, in arrays: a hundred thousand of them as dictionaries would fill the memory."""

    def __init__(self) -> None:
        self.ids: list[str] = []
        self.terms: dict[str, int] = {}
        self.columns = array("I")
        self.times = array("f")
        self.starts = [0]

    def add(self, document_id: str, counts: Counts) -> None:
        self.ids.append(document_id)
        for term, times in counts.items():
            self.columns.append(self.terms.setdefault(term, len(self.terms)))
            self.times.append(times)
        self.starts.append(len(self.columns))


def _decompose(matrix: Any, rank: int, seed: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The `rank` strongest singular values, falling, and right singular vectors (terms, rank), signs fixed."""
    width = min(rank + _OVERSAMPLING, *matrix.shape)
    across = matrix.T.tocsr()
    basis = _orthonormal(matrix @ np.random.default_rng(seed).standard_normal((matrix.shape[1], width)))
    for _ in range(_ITERATIONS):
        basis = _orthonormal(matrix @ (across @ basis))
    right = across @ basis
    # The rest on the small side: right = directions · strengths · rotation', so right' right gives both.
    squares, rotation = np.linalg.eigh(right.T @ right)
    strongest = np.argsort(-squares, kind="stable")[:rank]
    strengths = np.sqrt(np.maximum(squares[strongest], _TINY))
    directions = (right @ rotation[:, strongest]) / strengths
    signs = np.sign(directions[np.abs(directions).argmax(axis=0), np.arange(rank)])
    return strengths, directions * np.where(signs == 0, 1, signs)


def _orthonormal(vectors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Orthonormal columns that span the same space, by the eigenvalues of the small side's products: many times as fast as
    a QR decomposition of a tall matrix, and exact enough between steps of a power iteration."""
    squares, rotation = np.linalg.eigh(vectors.T @ vectors)
    found: npt.NDArray[np.float64] = (vectors @ rotation) / np.sqrt(np.maximum(squares, _TINY * squares.max() + _TINY))
    return found
