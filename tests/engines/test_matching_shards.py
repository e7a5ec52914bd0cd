"""Shards on a real cluster of processes give the answers of one index."""

import os
import random
import signal
from collections.abc import Iterator
from typing import Any

import pytest

from engines.test_matching_spaces import Letters, corpus
from jiandao.engines.files import BadInputError
from jiandao.engines.matching import KNOWN_ITEM, TOPICAL, Document, MatchIndex, Settings
from jiandao.engines.matching.dictionary import Dictionary
from jiandao.engines.matching.shards import Shards

QUERIES = [
    Document(f"q{i}", text=text) for i, text in enumerate(["锂离子电池隔膜", "光纤与波导", "未见过的词", "刀具振动"])
]
QUERIES.append(Document("q-en", text="battery separator, chatter"))
QUERIES.append(corpus(300)[5])  # one that is a document


DICTIONARY = Dictionary.of_pairs([("锂离子电池", "battery"), ("振动", "chatter")])


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Two processes. However long a busy machine takes to start them, it is waited for; any free port will do."""
    import dask
    from distributed import LocalCluster

    patient = {f"distributed.comm.timeouts.{name}": "300s" for name in ("connect", "tcp")}
    with (
        dask.config.set(patient),
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
        ) as made,
    ):
        made.wait_for_workers(2)
        yield made


def alone(task: str, top: int, encoder: Letters | None = None, dictionary: Dictionary | None = None) -> list[Any]:
    index = MatchIndex.in_memory(corpus(300), encoder=encoder)
    index.fit_latent()
    if encoder is not None:
        index.encode()
    if dictionary is not None:
        index.use_dictionary(dictionary)
    return [index.search(query, top, task=task, reasons=True) for query in QUERIES]


@pytest.mark.parametrize("task", [KNOWN_ITEM, TOPICAL])
@pytest.mark.parametrize("count", [1, 5])
def test_shards_answer_as_one_index(cluster: Any, task: str, count: int) -> None:
    documents = corpus(300)
    random.Random(count).shuffle(documents)
    with Shards.of(documents, cluster.scheduler_address, count=count, latent=task == TOPICAL) as shards:
        assert list(shards.search(QUERIES, 15, task=task, reasons=True)) == alone(task, 15)


@pytest.mark.parametrize("task", [KNOWN_ITEM, TOPICAL])
@pytest.mark.parametrize(
    ("encoder", "dictionary"),
    [(Letters(), None), (None, DICTIONARY), (Letters(), DICTIONARY)],
    ids=["dense", "terms", "both"],
)
def test_vectors_and_a_dictionary_count_on_shards_as_in_one_index(
    cluster: Any, task: str, encoder: Letters | None, dictionary: Dictionary | None
) -> None:
    documents = corpus(300)
    random.Random(3).shuffle(documents)
    expected = alone(task, 15, encoder, dictionary)
    assert expected != alone(task, 15)
    with Shards.of(
        documents,
        cluster.scheduler_address,
        count=3,
        latent=task == TOPICAL,
        encoder=encoder,
        dictionary=dictionary,
    ) as shards:
        assert list(shards.search(QUERIES, 15, task=task, reasons=True)) == expected


def test_the_means_of_a_sample_are_the_same_on_shards(cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("dense", "shards"):
        monkeypatch.setattr(f"jiandao.engines.matching.{module}.MOST_CENTRED", 100)
    sampled = alone(KNOWN_ITEM, 15, Letters())
    with Shards.of(corpus(300), cluster.scheduler_address, count=3, encoder=Letters()) as shards:
        assert list(shards.search(QUERIES, 15, task=KNOWN_ITEM, reasons=True)) == sampled
    monkeypatch.undo()
    assert sampled != alone(KNOWN_ITEM, 15, Letters())


@pytest.mark.parametrize("task", [KNOWN_ITEM, TOPICAL])
def test_large_collections_compare_the_same_on_shards(cluster: Any, task: str) -> None:
    small = Settings(scan_limit=50, rescored=20)
    index = MatchIndex.in_memory(corpus(300), small, Letters())
    index.fit_latent()
    index.encode()
    expected = [index.search(query, 15, task=task, reasons=True) for query in QUERIES]
    assert expected != alone(task, 15, Letters())
    with Shards.of(
        corpus(300), cluster.scheduler_address, count=3, settings=small, latent=True, encoder=Letters()
    ) as shards:
        assert list(shards.search(QUERIES, 15, task=task, reasons=True)) == expected


def test_more_shards_than_documents_are_no_error(cluster: Any) -> None:
    few = [Document("a", text="碳化硅"), Document("b", text="电池")]
    with Shards.of(few, cluster.scheduler_address, count=5, latent=True, encoder=Letters()) as shards:
        (found,) = shards.search([Document("q", text="碳化硅")], 5, task=KNOWN_ITEM)
    assert found[0].document == "a"


def test_a_worker_that_is_killed_loses_nothing(cluster: Any) -> None:
    before = {worker: info["pid"] for worker, info in _processes(cluster).items()}
    many = QUERIES * 40
    with Shards.of(corpus(300), cluster.scheduler_address, count=4, latent=True, encoder=Letters()) as shards:
        answers = shards.search(many, 15, task=TOPICAL)
        found = [next(answers)]
        os.kill(next(iter(before.values())), signal.SIGKILL)
        found += list(answers)
    expected = [[(m.document, m.score) for m in matches] for matches in alone(TOPICAL, 15, Letters())]
    assert [[(m.document, m.score) for m in matches] for matches in found] == expected * 40


def _processes(cluster: Any) -> dict[Any, dict[str, int]]:
    return {name: {"pid": nanny.pid} for name, nanny in cluster.workers.items()}


def test_nobody_at_the_address_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiandao.engines.executor._ANSWERS", 1)
    with pytest.raises(BadInputError, match="no scheduler answers"), Shards.of([], "tcp://127.0.0.1:9"):
        pass
