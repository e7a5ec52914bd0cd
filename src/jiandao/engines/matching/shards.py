"""An index in parts on a Dask cluster; its answers are those of one index on one machine.

Documents are dealt to shards by a hash of their ids. A query's statistics are asked of every shard and added up, every shard
searches with the sum, and the answers are merged by falling score, then id. The latent model is made once and given to all.
An encoder runs where the shards are; the sums of its vectors by language are added up as statistics are, so that all are
centred alike.

Every task is a pure function of what the scheduler keeps: a shard is built from its documents on whichever worker needs it
and remembered there, so that a worker that is killed costs time and nothing else.
"""

import secrets
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Self

import numpy as np

from jiandao.engines.executor import client
from jiandao.engines.matching.centring import Centring, Totals, usual_means
from jiandao.engines.matching.counting import id_hash, translated_terms, weighted_counts
from jiandao.engines.matching.dense import AT_ONCE, MOST_CENTRED, in_parts
from jiandao.engines.matching.dictionary import Dictionary, Translation
from jiandao.engines.matching.encoders import Encoder, Vectors
from jiandao.engines.matching.filling import dense_text
from jiandao.engines.matching.index import MatchIndex
from jiandao.engines.matching.latent import MOST_FITTED, LatentModel, fit
from jiandao.engines.matching.records import FIELDS, KNOWN_ITEM, TOPICAL, Channel, Document, Match, Settings
from jiandao.engines.matching.scoring import Statistics
from jiandao.engines.matching.snapshot import Snapshot
from jiandao.engines.matching.spaces import DENSE
from jiandao.engines.matching.text import terms
from jiandao.engines.matching.vectors import Rows, quantise

_AT_ONCE = 64  # queries of a task
_REMEMBERED = 8  # shards that a worker keeps built


@dataclass(frozen=True)
class _Shard:
    """What a shard is made of. `key` names it among all that a worker has seen."""

    key: str
    settings: Settings
    documents: bytes  # compressed, one dumped document a line

    def read(self) -> Iterator[Document]:
        return (Document.load(one) for one in zlib.decompress(self.documents).split(b"\n") if one)


@dataclass(frozen=True)
class _Asked:
    """A query, and what was found out about it once for all shards."""

    query: Document
    vectors: Mapping[str, Rows] = field(default_factory=dict)
    translations: Sequence[Translation] = ()

    def vectors_in(self, snapshot: Snapshot, channels: Mapping[str, Channel]) -> dict[str, Rows]:
        return {**snapshot.latent_vector(self.query, channels), **self.vectors}


@dataclass(frozen=True)
class _Dense:
    """Whose vectors the documents have, and what is taken off them."""

    encoder: str
    centring: Centring


_built: dict[str, MatchIndex] = {}


def _snapshot(shard: _Shard, encoded: Vectors | None, dense: _Dense | None, model: LatentModel | None) -> Snapshot:
    """The shard as an index, built once in a process."""
    key = f"{shard.key}-{model is not None}"
    if key not in _built:
        while len(_built) >= _REMEMBERED:
            _built.pop(next(iter(_built)))
        documents = list(shard.read())
        index = MatchIndex.in_memory(documents, shard.settings)
        if model is not None:
            index.fit_latent(model=model)
        if encoded is not None and dense is not None:
            texts = [dense_text(document) for document in documents]
            index.use_vectors(quantise(dense.centring.apply(encoded, texts)), dense.encoder, dense.centring)
        _built[key] = index
    return _built[key].snapshot()


def _keep(value: Any) -> Any:
    """Its arguments stay with the scheduler: what a dead worker held is made again from them."""
    return value


def _encoded(shard: _Shard, encoder: Encoder) -> Vectors:
    texts = [dense_text(document) for document in shard.read()]
    parts = [encoder.encode(part, kind="document") for part in in_parts(iter(texts), AT_ONCE)]
    return np.concatenate([np.zeros((0, encoder.dimensions), np.float32), *parts])


def _totals(shard: _Shard, encoded: Vectors, last: tuple[bytes, str] | None) -> Totals:
    """Of the documents up to the `last` by the hashes of their ids, all without it."""
    documents = list(shard.read())
    places = [place for place, one in enumerate(documents) if last is None or id_hash(one.id) <= last]
    return Totals.count(encoded[places], [dense_text(documents[place]) for place in places])


def _counted(
    shard: _Shard, encoded: Vectors | None, dense: _Dense | None, model: LatentModel | None, wanted: Sequence[str]
) -> Statistics:
    return _snapshot(shard, encoded, dense, model).statistics(wanted)


def _searched(
    shard: _Shard,
    encoded: Vectors | None,
    dense: _Dense | None,
    model: LatentModel | None,
    queries: Sequence[_Asked],
    known: Statistics,
    top: int,
    task: str,
    among: Sequence[Collection[str]] | None = None,
    *,
    by_words: bool = False,
) -> list[list[tuple[float, str]]]:
    """(score, id) of the best for each query. `among`: the documents that are compared, if not all. `by_words`: by nothing
    else, and a query's own document takes a place too."""
    snapshot = _snapshot(shard, encoded, dense, model)
    channels = snapshot.settings.tasks[task]
    found = []
    for place, asked in enumerate(queries):
        matches = snapshot.search(
            asked.query,
            top,
            allowed=among[place] if among is not None else None,
            exclude=() if by_words else {asked.query.id},
            statistics=known,
            signals=False,
            channels=channels,
            vectors={} if by_words else asked.vectors_in(snapshot, channels),
            translations=asked.translations,
        )
        found.append([(match.score, match.document) for match in matches])
    return found


def _explained(
    shard: _Shard,
    encoded: Vectors | None,
    dense: _Dense | None,
    model: LatentModel | None,
    queries: Sequence[tuple[_Asked, Sequence[str]]],
    known: Statistics,
    task: str,
) -> list[dict[str, Match]]:
    snapshot = _snapshot(shard, encoded, dense, model)
    channels = snapshot.settings.tasks[task]
    return [
        snapshot.explain(
            asked.query,
            wanted,
            statistics=known,
            channels=channels,
            vectors=asked.vectors_in(snapshot, channels),
            translations=asked.translations,
        )
        for asked, wanted in queries
    ]


@dataclass
class _Placed:
    """A shard on the cluster: futures of it and of its vectors, and the worker that had better do its tasks."""

    shard: Any
    near: list[str]
    encoded: Any = None


@dataclass
class _Beside:
    """What the shards know beside words. `model`, `dense`: futures."""

    settings: Settings
    model: Any = None
    dense: Any = None
    centring: Centring = field(default_factory=Centring)
    encoder: Encoder | None = None
    dictionary: Dictionary | None = None

    def asked(self, query: Document, task: str) -> _Asked:
        """As `MatchIndex` does for one query: a dictionary only where there are no vectors."""
        channel = self.settings.tasks[task].get(DENSE)
        if self.encoder is not None and channel is not None and channel.weight > 0:
            text = dense_text(query)
            encoded = self.encoder.encode([text], kind="query")
            if encoded.any():
                return _Asked(query, {DENSE: quantise(self.centring.apply(encoded, [text]))})
        return _Asked(query, {}, self.dictionary.expand(query) if self.dictionary is not None else ())


class Shards:
    """The shards of a collection on a cluster. Made by `Shards.of`."""

    def __init__(self, client_: Any, shards: list[_Placed], beside: _Beside) -> None:
        self._client = client_
        self._shards = shards
        self._beside = beside

    @classmethod
    @contextmanager
    def of(
        cls,
        documents: Iterable[Document],
        address: str,
        *,
        count: int | None = None,
        settings: Settings | None = None,
        latent: bool = False,
        encoder: Encoder | None = None,
        dictionary: Dictionary | None = None,
        seed: int = 7,
    ) -> Iterator[Self]:
        """Shards on the cluster of the scheduler at `address` until the block ends.

        `count`: how many (default: the workers). `latent`: with a latent channel, for the topical task. `encoder`: for the
        dense channel; its package must be where the workers are. `dictionary`: as for `MatchIndex.use_dictionary`. Raises
        BadInputError when nobody answers there.
        """
        chosen = settings or Settings()
        with client(address) as there:
            workers = sorted(there.scheduler_info(n_workers=-1)["workers"])
            number = count or max(1, len(workers))
            parts: list[list[bytes]] = [[] for _ in range(number)]
            hashes = {}
            for document in documents:
                parts[_place(document.id, number)].append(document.dump())
                if latent or encoder is not None:
                    hashes[document.id] = id_hash(document.id)
            model = None
            if latent:
                sample = frozenset(sorted(hashes, key=hashes.__getitem__)[:MOST_FITTED])
                stored = (Document.load(one) for part in parts for one in part)
                made = fit(((one.id, weighted_counts(one, chosen)) for one in stored if one.id in sample), seed=seed)
                model = there.submit(_keep, made, pure=False)
            made_once = secrets.token_hex(8)  # a worker may have seen shards of other runs
            shards = []
            for place, part in enumerate(parts):
                shard = _Shard(f"{made_once}-{place}", chosen, zlib.compress(b"\n".join(part), 1))
                near = [workers[place % len(workers)]] if workers else []
                future = there.submit(_keep, shard, workers=near, allow_other_workers=True, pure=False)
                shards.append(_Placed(future, near))
            beside = _Beside(chosen, model, encoder=encoder, dictionary=dictionary)
            made_here = cls(there, shards, beside)
            if encoder is not None:
                by_hash = sorted(hashes.values())
                made_here._encode(encoder, by_hash[MOST_CENTRED - 1] if len(by_hash) > MOST_CENTRED else None)
            yield made_here

    def _encode(self, encoder: Encoder, last: tuple[bytes, str] | None) -> None:
        """Vectors of all documents, which stay where they are made, and the means that are taken off all of them."""
        totals = Totals()
        counted = []
        for one in self._shards:
            one.encoded = self._submit(_encoded, one, one.shard, encoder)
            counted.append(self._submit(_totals, one, one.shard, one.encoded, last))
        for found in self._client.gather(counted):
            totals += found
        self._beside.centring = Centring.of(totals, usual_means(encoder.name))
        self._beside.dense = self._client.submit(_keep, _Dense(encoder.name, self._beside.centring), pure=False)

    def search(
        self, queries: Sequence[Document], top: int, *, task: str = KNOWN_ITEM, reasons: bool = False
    ) -> Iterator[list[Match]]:
        """For each query its `top` best matches, as `MatchIndex.search` gives them. A query never finds its own id."""
        for start in range(0, len(queries), _AT_ONCE):
            some = [self._beside.asked(query, task) for query in queries[start : start + _AT_ONCE]]
            yield from self._some(some, top, task, reasons)

    def _some(self, queries: Sequence[_Asked], top: int, task: str, reasons: bool) -> Iterator[list[Match]]:
        wanted = {term for asked in queries for name in FIELDS for term in terms(asked.query.part(name))}
        wanted.update(term for asked in queries for term in translated_terms(asked.translations))
        known = Statistics(0, 0)
        for one in self._on_each(_counted, task, [(sorted(wanted),)] * len(self._shards)):
            known += one
        among: list[Any] = [None] * len(self._shards)
        if known.documents > self._beside.settings.scan_limit:
            among = self._compared(queries, known, max(self._beside.settings.rescored, top + 1), task)
        there = self._on_each(_searched, task, [(queries, known, top, task, one) for one in among])
        best = _merged(there, top)
        if not reasons:
            yield from ([Match(name, score) for score, name in found] for found in best)
            return
        yield from self._with_reasons(queries, best, known, task)

    def _compared(
        self, queries: Sequence[_Asked], known: Statistics, size: int, task: str
    ) -> list[list[frozenset[str]]]:
        """In a large collection: of each shard, for each query, which of its documents are the `size` best by words of all."""
        by_words = partial(_searched, by_words=True)
        words = _merged(self._on_each(by_words, task, [(queries, known, size, task)] * len(self._shards)), size)
        return [
            [frozenset(name for _, name in found if _place(name, len(self._shards)) == place) for found in words]
            for place in range(len(self._shards))
        ]

    def _with_reasons(
        self, queries: Sequence[_Asked], best: Sequence[Sequence[tuple[float, str]]], known: Statistics, task: str
    ) -> Iterator[list[Match]]:
        """Only the shard of a document says why it was found."""
        parts = [
            [
                (asked, [name for _, name in found if _place(name, len(self._shards)) == place])
                for asked, found in zip(queries, best, strict=True)
            ]
            for place in range(len(self._shards))
        ]
        answers = self._on_each(_explained, task, [(part, known, task) for part in parts])
        for number, found in enumerate(best):
            told = {name: match for answer in answers for name, match in answer[number].items()}
            yield [told[name] for _, name in found]

    def _on_each(self, function: Any, task: str, arguments: Sequence[tuple[Any, ...]]) -> list[Any]:
        """What a function finds on each shard with its arguments."""
        model = self._beside.model if task == TOPICAL else None
        futures = [
            self._submit(function, one, one.shard, one.encoded, self._beside.dense, model, *more)
            for one, more in zip(self._shards, arguments, strict=True)
        ]
        found: list[Any] = self._client.gather(futures)
        return found

    def _submit(self, function: Any, one: _Placed, *arguments: Any) -> Any:
        return self._client.submit(
            function, *arguments, workers=one.near, allow_other_workers=True, pure=False, retries=2
        )


def _merged(answers: Sequence[Sequence[Sequence[tuple[float, str]]]], top: int) -> list[list[tuple[float, str]]]:
    """The `top` best for each query of what each shard found for each."""
    return [
        sorted((one for found in of_query for one in found), key=lambda one: (-one[0], one[1]))[:top]
        for of_query in zip(*answers, strict=True)
    ]


def _place(document_id: str, count: int) -> int:
    return int.from_bytes(id_hash(document_id)[0], "big") % count
