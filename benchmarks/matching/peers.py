"""Other ways to rank texts, for comparison in the same run, and what all comparisons share."""

import json
import os
import re
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from jiandao.engines.matching import terms

_LETTER = re.compile(r"\w")


class Peer(ABC):
    """A method: `fit` on texts, then `best` for each query. ImportError when its library is not installed."""

    name = ""

    @abstractmethod
    def fit(self, documents: Sequence[str]) -> None: ...

    @abstractmethod
    def best(self, query: str, keywords: Sequence[str], top: int) -> list[int]: ...


def words(text: str) -> list[str]:
    """rjieba's words in search mode, without signs."""
    import rjieba

    return [word for word in rjieba.cut_for_search(text) if _LETTER.search(word)]


class Bm25sWords(Peer):
    name = "bm25s, rjieba"
    split = staticmethod(words)

    def fit(self, documents: Sequence[str]) -> None:
        import bm25s

        self._model = bm25s.BM25()
        self._model.index([self.split(text) for text in documents], show_progress=False)
        self._count = len(documents)

    def best(self, query: str, keywords: Sequence[str], top: int) -> list[int]:
        found, _ = self._model.retrieve([self.split(query)], k=min(top, self._count), show_progress=False)
        return [int(number) for number in found[0]]


class Bm25sPairs(Bm25sWords):
    name = "bm25s, characters and pairs"
    split = staticmethod(terms)


class RankBm25(Peer):
    name = "rank_bm25, rjieba"

    def fit(self, documents: Sequence[str]) -> None:
        from rank_bm25 import BM25Okapi

        self._model = BM25Okapi([words(text) for text in documents])

    def best(self, query: str, keywords: Sequence[str], top: int) -> list[int]:
        return ranked(self._model.get_scores(words(query)), top)


class TfIdf(Peer):
    name = "scikit-learn TF-IDF, characters and pairs"

    def fit(self, documents: Sequence[str]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self._vectorizer = TfidfVectorizer(analyzer=terms, sublinear_tf=True)
        self._matrix = self._vectorizer.fit_transform(documents)

    def best(self, query: str, keywords: Sequence[str], top: int) -> list[int]:
        return ranked((self._matrix @ self._vectorizer.transform([query]).T).toarray().ravel(), top)


class TfIdfLsa(TfIdf):
    """What engines of this kind do first: TF-IDF and 200 dimensions of a singular value decomposition, both cosines."""

    name = "scikit-learn TF-IDF + LSA200, characters and pairs"
    both = True

    def fit(self, documents: Sequence[str]) -> None:
        super().fit(documents)
        from sklearn.decomposition import TruncatedSVD

        self._svd = TruncatedSVD(min(200, len(documents) - 1), random_state=7)
        self._latent = unit(self._svd.fit_transform(self._matrix))

    def best(self, query: str, keywords: Sequence[str], top: int) -> list[int]:
        asked = self._vectorizer.transform([query])
        near = self._latent @ unit(self._svd.transform(asked))[0]
        plain = (self._matrix @ asked.T).toarray().ravel()
        return ranked(near / (near.std() or 1) + self.both * plain / (plain.std() or 1), top)


class Lsa(TfIdfLsa):
    name = "scikit-learn LSA200, characters and pairs"
    both = False


PEERS = (Bm25sWords, Bm25sPairs, RankBm25, TfIdf)
TOPICAL_PEERS = (Bm25sWords, Bm25sPairs, RankBm25, TfIdf, Lsa, TfIdfLsa)


def unit(rows: npt.NDArray[Any]) -> npt.NDArray[Any]:
    length = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.where(length > 0, length, 1)


def ranked(scores: npt.NDArray[Any], top: int) -> list[int]:
    return [int(number) for number in np.argsort(-scores, kind="stable")[:top]]


def measured(
    made: type[Peer], documents: Sequence[str], queries: Sequence[tuple[str, Sequence[str]]], top: int
) -> tuple[dict[str, Any], list[list[int]] | None]:
    """A row with the CPU time, and the answers; no answers when the method's library is not installed."""
    peer = made()
    start = time.process_time()
    try:
        peer.fit(documents)
    except ImportError as error:
        return {"method": made.name, "left out": f"{error.name} is not installed"}, None
    indexed = time.process_time()
    found = [peer.best(query, keywords, top) for query, keywords in queries]
    spent = time.process_time() - indexed
    return {
        "method": made.name,
        "index_cpu_seconds": round(indexed - start, 2),
        "query_cpu_ms": round(spent / max(1, len(queries)) * 1000, 2),
    }, found


def paired(
    gains: Mapping[str, npt.NDArray[Any]], ours: str, *, draws: int = 2000, seed: int = 7
) -> dict[str, Any] | None:
    """How far our mean is above that of the best other method: mean and 95 % interval of a bootstrap over queries."""
    others = {name: values for name, values in gains.items() if name != ours}
    if not others:
        return None
    best = max(others, key=lambda name: others[name].mean())
    difference = gains[ours] - others[best]
    chosen = np.random.default_rng(seed).integers(0, len(difference), (draws, len(difference)))
    low, high = np.percentile(difference[chosen].mean(axis=1), [2.5, 97.5])
    return {
        "peer": best,
        "difference": round(float(difference.mean()), 4),
        "interval": [round(float(low), 4), round(float(high), 4)],
    }


def shared_folder(name: str) -> Path:
    """A folder of the shared data; the command ends with a word when it is not there."""
    shared = os.environ.get("JIANDAO_SHARED_DATA")
    if not shared or not (Path(shared) / name).is_dir():
        print(f"Set JIANDAO_SHARED_DATA to the folder that holds {name}.", file=sys.stderr)
        sys.exit(2)
    return Path(shared) / name


def printed(result: dict[str, Any], out: Path | None) -> int:
    text = json.dumps(result, ensure_ascii=False, indent=1)
    print(text)
    if out:
        out.write_text(text + "\n", encoding="utf-8")
    return 0
