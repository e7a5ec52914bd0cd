"""Making the vectors of the dense channel, in the worker: into the store by batches, then into the index.

One pass looks at the documents that have no vector yet. The model is asked outside every lock, so that it may take hours;
each batch is kept as it comes, so that a stop or a kill loses one. Only when all were asked for are vectors put into an index
that has none of this encoder: half of the records with vectors and half without could not be compared. A model that fails
is told once, and asked again after a pause that grows; nothing else waits for it.
"""

import json
import logging
import os
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from django.conf import settings

from jiandao.engines.files import UnfinishedError
from jiandao.engines.matching import Document, MatchIndexError
from jiandao.engines.matching.cache import BATCH, VectorCache, encode_all, key
from jiandao.engines.matching.dense import in_parts
from jiandao.engines.matching.encoders import Encoder
from jiandao.engines.matching.filling import dense_text
from jiandao.engines.runs import Clock
from jiandao.kernel import clock
from jiandao.kernel.search import dense, upkeep
from jiandao.kernel.search import index as indexes
from jiandao.kernel.search.endpoint import EndpointEncoder, EndpointError, RefusedTextsError
from jiandao.kernel.search.releasing import RecordEncoder
from jiandao.kernel.secrecy import Level

logger = logging.getLogger("jiandao.vectors")
AGAIN = 600.0  # seconds after which documents without a vector are looked at again although no index changed
REFUSED = 3_600.0  # seconds after which a text that the model would not take is asked for again
FIRST_PAUSE, LONGEST_PAUSE = 60.0, 900.0  # seconds after a model failed
TOLD = 60.0  # seconds between two words of progress
INNERMOST = (Level.INTERNAL, Level.PUBLIC)  # the public index last: while it has no vectors, none are compared


@dataclass(frozen=True)
class State:
    """What a pass leaves for whoever asks how it stands. `failure`: why the last one broke off, empty when it did not;
    `at`: seconds of the epoch; `refused`: texts that the model would not take."""

    encoder: str = ""
    failure: str = ""
    at: float = 0.0
    refused: int = 0


@dataclass
class Maker:
    """What the worker remembers between two passes."""

    seen: dict[str, tuple[object, float]] = field(default_factory=dict)  # by audience: the commit looked at, and when
    refused: dict[bytes, float] = field(default_factory=dict)  # keys of texts that the model would not take, and when
    failures: int = 0
    not_before: float = 0.0
    told: float = field(default_factory=time.monotonic)

    def keep_up(self, stop: Callable[[], bool]) -> bool:
        """One pass, when there is something to look at; whether there was. MatchIndexError while there is no index."""
        if settings.JIANDAO_ENCODER == "none" or time.monotonic() < self.not_before:
            return False
        wanting = [audience for audience in INNERMOST if dense.encodes(audience) and self._is_due(audience)]
        if not wanting:
            return False
        try:
            encoder = dense.model()
            assert encoder is not None  # asked above
            with VectorCache(dense.folder()) as cache:
                pass_ = _Pass(self, encoder, cache, stop)
                looked_at = {audience: pass_.look_at(audience) for audience in wanting}
        except (UnfinishedError, MatchIndexError):  # stopped; or the follower is about to build an index
            raise
        except Exception as error:
            self._failed(error)
            return False
        self._worked(encoder)
        for audience, snapshot in looked_at.items():
            index = indexes.opened(audience)
            if index.encode_due():
                with upkeep.BUILDING:
                    index.encode(wait=upkeep.WAIT)
            else:
                self.seen[audience] = (snapshot, time.monotonic())
        return True

    def _is_due(self, audience: str) -> bool:
        snapshot, at = self.seen.get(audience, (None, 0.0))
        return indexes.opened(audience).snapshot() is not snapshot or time.monotonic() - at > AGAIN

    def _failed(self, error: Exception) -> None:
        """Only what we word ourselves is repeated: another message might hold a text."""
        said = str(error) if isinstance(error, EndpointError) or _is_ours(error) else type(error).__name__
        pause = min(FIRST_PAUSE * 2**self.failures, LONGEST_PAUSE)
        self.failures += 1
        self.not_before = time.monotonic() + pause
        state = read_state()
        if state.failure != said or self.failures == 1:
            logger.warning(
                "vectors cannot be made (%s); the model is asked again every few minutes, matching goes on with what is there",
                said,
            )
        _remember(replace(state, failure=said, at=clock.now().timestamp(), refused=len(self.refused)))

    def _worked(self, encoder: Encoder) -> None:
        if self.failures:
            logger.info("vectors can be made again")
        self.failures, self.not_before = 0, 0.0
        _remember(State(encoder.name, "", clock.now().timestamp(), len(self.refused)))


def _is_ours(error: Exception) -> bool:
    return type(error).__module__.startswith("jiandao.")


class _Pass:
    """One look at the documents without a vector."""

    def __init__(self, maker: Maker, encoder: Encoder, cache: VectorCache, stop: Callable[[], bool]) -> None:
        self._maker, self._encoder, self._cache = maker, encoder, cache
        self._clock = Clock(stop=stop)

    def look_at(self, audience: str) -> object:
        """Ask for what is missing in an index; the commit of it that was looked at."""
        snapshot, encoded = indexes.opened(audience).snapshot(), 0
        self._maker.told = time.monotonic()
        for part in in_parts(indexes.opened(audience).without_dense(), BATCH):
            known = self._cache.get(list(map(self._key, part)), self._encoder.dimensions)
            asked = [one for one in part if self._key(one) not in known and not self._is_refused(one)]
            if asked:
                self._ask(asked)
                encoded += len(self._cache.get(list(map(self._key, asked)), self._encoder.dimensions))
            self._tell(audience, encoded)
        if encoded:
            logger.info("the model was asked for new texts of the %s index: %s", audience, f"{encoded:,}")
        return snapshot

    def _key(self, document: Document) -> bytes:
        return key(self._encoder, "document", dense_text(document))

    def _is_refused(self, document: Document) -> bool:
        at = self._maker.refused.get(self._key(document))
        return at is not None and time.monotonic() - at < REFUSED

    def _ask(self, documents: Sequence[Document]) -> None:
        """All at once; each alone where the model refuses them together, so that one text does not hold up the rest."""
        try:
            self._encode(documents)
        except RefusedTextsError:
            refused = []
            for one in documents:
                try:
                    self._encode([one])
                except RefusedTextsError as error:
                    refused.append(one)
                    if len(refused) == len(documents) > 1:  # not the texts: the model takes nothing
                        raise EndpointError(str(error)) from None
                self._maker.refused |= dict.fromkeys(map(self._key, refused), time.monotonic())

    def _encode(self, documents: Sequence[Document]) -> None:
        if not isinstance(self._encoder, EndpointEncoder):
            texts = [dense_text(one) for one in documents]
            encode_all(self._encoder, texts, self._cache, kind="document", clock=self._clock)
            return
        ids: defaultdict[str, list[str]] = defaultdict(list)
        for one in documents:
            for kind in one.labels.get("kind", ()):
                ids[kind].append(one.id)
        maker = RecordEncoder(self._encoder, self._cache)
        for kind, found in sorted(ids.items()):
            source = indexes.sources().get(kind)
            if source is not None:
                maker.vectors(source.records().filter(public_id__in=found), self._clock)

    def _tell(self, audience: str, encoded: int) -> None:
        if time.monotonic() - self._maker.told > TOLD:
            self._maker.told = time.monotonic()
            logger.info(
                "the model was asked for new texts of the %s index: %s, more are left", audience, f"{encoded:,}"
            )


# How it stands


def _file() -> Path:
    return dense.folder() / "state.json"


def read_state() -> State:
    """How the last pass on this host ended."""
    try:
        return State(**json.loads(_file().read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return State()


def _remember(state: State) -> None:
    _file().parent.mkdir(parents=True, exist_ok=True)
    temporary = _file().with_suffix(".new")
    temporary.write_text(json.dumps(asdict(state), ensure_ascii=False), encoding="utf-8")
    os.replace(temporary, _file())


def counts(audience: str) -> tuple[int, int]:
    """How many documents of an index have a vector of the encoder that is on, and how many there are."""
    index = indexes.opened(audience)
    return (len(index) - sum(1 for _ in index.without_dense()) if index.has_dense() else 0), len(index)
