"""Shards on a real cluster of processes give the answers of one index."""

import os
import random
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from engines.test_matching_spaces import corpus
from jiandao.engines.files import BadInputError
from jiandao.engines.matching import KNOWN_ITEM, TOPICAL, Document, MatchIndex
from jiandao.engines.matching.shards import Shards

QUERIES = [
    Document(f"q{i}", text=text) for i, text in enumerate(["锂离子电池隔膜", "光纤与波导", "未见过的词", "刀具振动"])
]
QUERIES.append(corpus(300)[5])  # one that is a document


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
    ) as made:
        yield made


def alone(task: str, top: int) -> list[list[tuple[str, float]]]:
    index = MatchIndex.in_memory(corpus(300))
    index.fit_latent()
    return [[(m.document, m.score) for m in index.search(query, top, task=task)] for query in QUERIES]


@pytest.mark.parametrize("task", [KNOWN_ITEM, TOPICAL])
@pytest.mark.parametrize("count", [1, 5])
def test_shards_answer_as_one_index(cluster: Any, task: str, count: int) -> None:
    documents = corpus(300)
    random.Random(count).shuffle(documents)
    with Shards.of(documents, cluster.scheduler_address, count=count, latent=task == TOPICAL) as shards:
        found = list(shards.search(QUERIES, 15, task=task, reasons=True))
    assert [[(m.document, m.score) for m in matches] for matches in found] == alone(task, 15)
    assert all(match.reasons is not None and match.signals for matches in found for match in matches)


def test_a_worker_that_is_killed_loses_nothing(cluster: Any) -> None:
    before = {worker: info["pid"] for worker, info in _processes(cluster).items()}
    many = QUERIES * 40
    with Shards.of(corpus(300), cluster.scheduler_address, count=4, latent=True) as shards:
        answers = shards.search(many, 15, task=TOPICAL)
        found = [next(answers)]
        os.kill(next(iter(before.values())), signal.SIGKILL)
        found += list(answers)
    assert [[(m.document, m.score) for m in matches] for matches in found] == alone(TOPICAL, 15) * 40


def _processes(cluster: Any) -> dict[Any, dict[str, int]]:
    return {name: {"pid": nanny.pid} for name, nanny in cluster.workers.items()}


def test_nobody_at_the_address_is_told() -> None:
    with pytest.raises(BadInputError, match="no scheduler answers"), Shards.of([], "tcp://127.0.0.1:9"):
        pass
