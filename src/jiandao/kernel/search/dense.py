"""The dense channel of this deployment: which encoder is on, and the vectors that are kept of texts.

Pages, jobs and the follower read what is kept and ask no model, near or far: a text without a kept vector is matched by its
words. `encoding.py`, in the worker, makes the vectors.
"""

import logging
import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from django.conf import settings

from jiandao.engines.files import BadInputError
from jiandao.engines.matching.cache import DamagedCacheError, VectorCache, key
from jiandao.engines.matching.encoders import Encoder, Kind, Vectors, encoder, unit
from jiandao.kernel.search.endpoint import EndpointEncoder, EndpointError
from jiandao.kernel.search.endpoint_address import Endpoint
from jiandao.kernel.secrecy import Level

logger = logging.getLogger("jiandao.vectors")
ENDPOINT = "endpoint"


class KeptVectors:
    """An encoder that knows the vectors that are kept, and zeros for other texts. Never fails: a damaged store is told
    once, and then no vector is known."""

    symmetric = True

    def __init__(self, name: str, dimensions: int, folder: Path) -> None:
        self.name, self.dimensions, self._folder = name, dimensions, folder
        self._cache: VectorCache | None = None
        self._lock = threading.Lock()
        self._told = False

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        keys = [key(self, kind, text) for text in texts]
        try:
            kept = self._opened()
            found = kept.get(keys, self.dimensions) if kept is not None else {}
        except DamagedCacheError as error:
            if not self._told:
                logger.warning("matching goes on without the dense channel: %s", error)
            self._told = True
            return rows
        for place, one in enumerate(keys):
            if one in found:
                rows[place] = found[one]
        return unit(rows)

    def _opened(self) -> VectorCache | None:
        with self._lock:
            if self._cache is None and (self._folder / "vectors.sqlite3").exists():
                self._cache = VectorCache(self._folder)
            return self._cache


def folder() -> Path:
    """Where vectors are kept, by hashes of their texts; it outlives the index."""
    return Path(settings.JIANDAO_DATA) / "vectors"


def model() -> Encoder | None:
    """The encoder that is on, to be asked by the worker alone. EndpointError, BadInputError when it cannot be used."""
    return _model(settings.JIANDAO_ENCODER, settings.JIANDAO_EMBEDDING)


@cache
def _model(name: str, endpoint: Endpoint | None) -> Encoder | None:
    if name != ENDPOINT:
        return encoder(name)
    if endpoint is None:
        raise EndpointError("there is no endpoint: JIANDAO_EMBEDDING_URL is not set")
    return EndpointEncoder(endpoint)


def encodes(audience: str) -> bool:
    """Whether the records of an audience get vectors: another machine gets public texts alone."""
    return settings.JIANDAO_ENCODER != ENDPOINT or audience == Level.PUBLIC


def kept(audience: str) -> KeptVectors | None:
    """What the index of an audience is read with; None while there is no encoder for it. The same object each time."""
    if settings.JIANDAO_ENCODER == "none" or not encodes(audience):
        return None
    return _kept(settings.JIANDAO_ENCODER, settings.JIANDAO_EMBEDDING, folder())


@cache
def _kept(name: str, endpoint: Endpoint | None, where: Path) -> KeptVectors | None:
    try:
        made = _model(name, endpoint)
    except (EndpointError, BadInputError) as error:  # every command says so and stops; this is for who goes on
        logger.warning("matching goes on without the dense channel: %s", error)
        return None
    return KeptVectors(made.name, made.dimensions, where) if made is not None else None


def forget() -> None:
    """Between tests."""
    _kept.cache_clear()
    _model.cache_clear()
