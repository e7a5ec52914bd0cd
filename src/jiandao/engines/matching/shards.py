"""An index in parts on a Dask cluster; its answers are those of one index on one machine.

Documents are dealt to shards by a hash of their ids. A query's statistics are asked of every shard and added up, every shard
searches with the sum, and the answers are merged by falling score, then id. The latent model is made once and given to all.

Every task is a pure function of what the scheduler keeps: a shard is built from its documents on whichever worker needs it
and remembered there, so that a worker that is killed costs time and nothing else.
"""

import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

from jiandao.engines.executor import client
from jiandao.engines.matching.counting import id_hash, weighted_counts
from jiandao.engines.matching.index import MatchIndex
from jiandao.engines.matching.latent import MOST_FITTED, LatentModel, fit
from jiandao.engines.matching.records import FIELDS, KNOWN_ITEM, TOPICAL, Document, Match, Settings
from jiandao.engines.matching.scoring import Statistics
from jiandao.engines.matching.text import terms

_AT_ONCE = 64  # queries of a task
_REMEMBERED = 8  # shards that a worker keeps built


@dataclass(frozen=True)
class _Shard:
    """What a shard is made of. `key` names it among all that a worker has seen."""

    key: str
    settings: Settings
    documents: bytes  # compressed, one dumped document a line


_built: dict[str, MatchIndex] = {}


def _index(shard: _Shard, model: LatentModel | None) -> MatchIndex:
    """The shard as an index, built once in a process."""
    key = f"{shard.key}-{model is not None}"
    if key not in _built:
        while len(_built) >= _REMEMBERED:
            _built.pop(next(iter(_built)))
        stored = zlib.decompress(shard.documents).split(b"\n")
        index = MatchIndex.in_memory((Document.load(one) for one in stored if one), shard.settings)
        if model is not None:
            index.fit_latent(model=model)
        _built[key] = index
    return _built[key]


def _keep(value: Any) -> Any:
    """Its arguments stay with the scheduler: what a dead worker held is made again from them."""
    return value


def _counted(shard: _Shard, model: LatentModel | None, wanted: Sequence[str]) -> Statistics:
    return _index(shard, model).snapshot().statistics(wanted)


def _searched(
    shard: _Shard, model: LatentModel | None, queries: Sequence[Document], known: Statistics, top: int, task: str
) -> list[list[tuple[float, str]]]:
    snapshot = _index(shard, model).snapshot()
    return [
        [
            (match.score, match.document)
            for match in snapshot.search(
                query, top, exclude={query.id}, statistics=known, signals=False, channels=snapshot.settings.tasks[task]
            )
        ]
        for query in queries
    ]


def _explained(
    shard: _Shard,
    model: LatentModel | None,
    asked: Sequence[tuple[Document, Sequence[str]]],
    known: Statistics,
    task: str,
) -> list[dict[str, Match]]:
    snapshot = _index(shard, model).snapshot()
    return [
        snapshot.explain(query, wanted, statistics=known, channels=snapshot.settings.tasks[task])
        for query, wanted in asked
    ]


class Shards:
    """The shards of a collection on a cluster. Made by `Shards.of`."""

    def __init__(self, client_: Any, shards: list[tuple[Any, list[str]]], model: Any) -> None:
        self._client = client_
        self._shards = shards  # (future of the shard, the worker that had better do its tasks)
        self._model = model

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
        seed: int = 7,
    ) -> Iterator[Self]:
        """Shards on the cluster of the scheduler at `address` until the block ends.

        `count`: how many (default: the workers). `latent`: with a latent channel, for the topical task. Raises
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
                if latent:
                    hashes[document.id] = id_hash(document.id)
            model = None
            if latent:
                sample = frozenset(sorted(hashes, key=hashes.__getitem__)[:MOST_FITTED])
                stored = (Document.load(one) for part in parts for one in part)
                made = fit(((one.id, weighted_counts(one, chosen)) for one in stored if one.id in sample), seed=seed)
                model = there.submit(_keep, made, pure=False)
            shards = []
            for place, part in enumerate(parts):
                packed = zlib.compress(b"\n".join(part), 1)
                shard = _Shard(f"{place}-{number}-{zlib.crc32(packed)}-{len(part)}", chosen, packed)
                near = [workers[place % len(workers)]] if workers else []
                future = there.submit(_keep, shard, workers=near, allow_other_workers=True, pure=False)
                shards.append((future, near))
            yield cls(there, shards, model)

    def search(
        self, queries: Sequence[Document], top: int, *, task: str = KNOWN_ITEM, reasons: bool = False
    ) -> Iterator[list[Match]]:
        """For each query its `top` best matches, as `MatchIndex.search` gives them. A query never finds its own id."""
        model = self._model if task == TOPICAL else None
        for start in range(0, len(queries), _AT_ONCE):
            yield from self._some(queries[start : start + _AT_ONCE], top, task, reasons, model)

    def _some(
        self, queries: Sequence[Document], top: int, task: str, reasons: bool, model: Any
    ) -> Iterator[list[Match]]:
        wanted = sorted({term for query in queries for name in FIELDS for term in terms(query.part(name))})
        known = Statistics(0, 0)
        for one in self._on_each(_counted, model, wanted):
            known += one
        there = self._on_each(_searched, model, queries, known, top, task)
        best = [
            sorted((found for answers in there for found in answers[place]), key=lambda one: (-one[0], one[1]))[:top]
            for place in range(len(queries))
        ]
        if not reasons:
            yield from ([Match(name, score) for score, name in found] for found in best)
            return
        yield from self._with_reasons(queries, best, known, task, model)

    def _with_reasons(
        self,
        queries: Sequence[Document],
        best: Sequence[Sequence[tuple[float, str]]],
        known: Statistics,
        task: str,
        model: Any,
    ) -> Iterator[list[Match]]:
        """Only the shard of a document says why it was found."""
        asked = [
            [
                (query, [name for _, name in found if _place(name, len(self._shards)) == place])
                for query, found in zip(queries, best, strict=True)
            ]
            for place in range(len(self._shards))
        ]
        futures = [
            self._submit(_explained, shard, near, model, part, known, task)
            for (shard, near), part in zip(self._shards, asked, strict=True)
        ]
        answers = self._client.gather(futures)
        for number, found in enumerate(best):
            told = {name: match for answer in answers for name, match in answer[number].items()}
            yield [told[name] for _, name in found]

    def _on_each(self, function: Any, model: Any, *arguments: Any) -> list[Any]:
        futures = [self._submit(function, shard, near, model, *arguments) for shard, near in self._shards]
        found: list[Any] = self._client.gather(futures)
        return found

    def _submit(self, function: Any, shard: Any, near: list[str], *arguments: Any) -> Any:
        return self._client.submit(
            function, shard, *arguments, workers=near, allow_other_workers=True, pure=False, retries=2
        )


def _place(document_id: str, count: int) -> int:
    return int.from_bytes(id_hash(document_id)[0], "big") % count
