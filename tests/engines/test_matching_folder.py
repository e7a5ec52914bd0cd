"""The folder of an index: whole commits, readers that follow, damage that is noticed, writers that die."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from engines.test_matching_index import SMALL, answers
from jiandao.engines.matching import (
    BusyIndexError,
    DamagedIndexError,
    Document,
    ForeignIndexError,
    MatchIndex,
    MissingIndexError,
    OutdatedIndexError,
    Settings,
)
from jiandao.engines.matching.records import TASKS, Channel
from jiandao.engines.matching.storage import METADATA


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with MatchIndex.rebuild(tmp_path / "index") as writer:
        for document in SMALL:
            writer.add(document)
    return tmp_path / "index"


def test_a_document_comes_back_as_it_was(folder: Path) -> None:
    index = MatchIndex.open(folder)
    labelled = Document("l", title="甲", text="ａ\n乙", keywords=("丙", "丁"), language="zh", labels={"field": ("光",)})
    index.update(add=[labelled])
    assert MatchIndex.open(folder).get("l") == labelled
    assert index.get("none") is None
    assert "l" in index
    assert "none" not in index


def test_settings_are_kept_with_the_index(tmp_path: Path) -> None:
    chosen = Settings(
        field_weights={"title": 5, "keywords": 3, "text": 1},
        tasks={task: {"lexical": Channel(2.0, 7.0)} for task in TASKS},
    )
    with MatchIndex.rebuild(tmp_path / "i", chosen) as writer:
        writer.add(SMALL[0])
    assert MatchIndex.open(tmp_path / "i").settings == chosen


def test_readers_see_a_commit_as_a_whole_and_a_snapshot_never_changes(folder: Path) -> None:
    reader, other = MatchIndex.open(folder), MatchIndex.open(folder)
    frozen = reader.snapshot()
    with other.writing() as writer:
        writer.add(Document("e", text="碳化硅"))
        writer.remove("a")
        assert [m.document for m in reader.search("碳化硅", 1)] == ["a"]
    assert [m.document for m in reader.search("碳化硅", 1)] == ["e"]
    assert [m.document for m in frozen.search(Document("q", text="碳化硅"), 1)] == ["a"]


def test_a_failed_update_changes_nothing(folder: Path) -> None:
    def broken() -> Iterator[Document]:
        yield Document("e", text="碳化硅")
        raise RuntimeError("stop")

    index = MatchIndex.open(folder)
    before = answers(index, "碳化硅")
    with pytest.raises(RuntimeError, match="stop"):
        index.update(add=broken(), remove=["a"])
    assert answers(index, "碳化硅") == before
    index.update(add=[Document("e", text="碳化硅")])  # and the lock is free again
    assert len(index) == 5


def test_a_second_writer_is_told_to_wait(folder: Path) -> None:
    with MatchIndex.open(folder).writing() as writer:
        writer.add(Document("e", text="碳化硅"))
        with pytest.raises(BusyIndexError, match="another process"):
            MatchIndex.open(folder).update(remove=["a"], wait=0.1)


def test_a_rebuild_that_fails_leaves_the_old_index(folder: Path) -> None:
    def fail() -> None:
        with MatchIndex.rebuild(folder) as writer:
            writer.add(Document("e", text="碳化硅"))
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        fail()
    assert len(MatchIndex.open(folder)) == 4
    assert sorted(os.listdir(folder.parent)) == ["index"]


def test_a_reader_follows_a_rebuild(folder: Path) -> None:
    reader = MatchIndex.open(folder)
    with MatchIndex.rebuild(folder, Settings(field_weights={"title": 1, "keywords": 1, "text": 1})) as writer:
        writer.add(Document("e", text="碳化硅"))
        assert len(reader) == 4
    assert [m.document for m in reader.search("碳化硅")] == ["e"]
    assert reader.settings.field_weights["title"] == 1


def test_missing_and_foreign_folders(tmp_path: Path) -> None:
    with pytest.raises(MissingIndexError, match="give documents"):
        MatchIndex.open(tmp_path / "none")
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingIndexError):
        MatchIndex.open(tmp_path / "empty")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/thesis.txt").write_text("x")
    with pytest.raises(ForeignIndexError, match="new folder"):
        MatchIndex.open(tmp_path / "mine")
    with pytest.raises(ForeignIndexError), MatchIndex.rebuild(tmp_path / "mine"):
        pass
    with pytest.raises(ForeignIndexError), MatchIndex.rebuild(tmp_path / "mine/thesis.txt"):
        pass
    assert (tmp_path / "mine/thesis.txt").read_text() == "x"


@pytest.mark.parametrize("key", ["format", "analyser"])
def test_an_index_of_another_version_is_refused_and_can_be_rebuilt(folder: Path, key: str) -> None:
    values = json.loads((folder / METADATA).read_text())
    (folder / METADATA).write_text(json.dumps({**values, key: 99}))
    with pytest.raises(OutdatedIndexError, match="99"):
        MatchIndex.open(folder)
    with MatchIndex.rebuild(folder) as writer:
        writer.add(SMALL[0])
    assert len(MatchIndex.open(folder)) == 1


def _spoil_metadata(folder: Path) -> None:
    (folder / METADATA).write_text("{")


def _spoil_settings(folder: Path) -> None:
    values = json.loads((folder / METADATA).read_text())
    (folder / METADATA).write_text(json.dumps({**values, "settings": {"channels": 3}}))


def _lose_commit(folder: Path) -> None:
    (folder / "meta.json").unlink()


def _spoil_commit(folder: Path) -> None:
    (folder / "meta.json").write_text("not json")


def _cut_segments(folder: Path) -> None:
    for path in folder.iterdir():
        if path.suffix in {".store", ".idx", ".term", ".fast"}:
            path.write_bytes(path.read_bytes()[:3])


def _lose_segments(folder: Path) -> None:
    for path in folder.glob("*.term"):
        path.unlink()


@pytest.mark.parametrize(
    "spoil", [_spoil_metadata, _spoil_settings, _lose_commit, _spoil_commit, _cut_segments, _lose_segments]
)
def test_a_damaged_index_says_so_and_can_be_rebuilt(folder: Path, spoil: object) -> None:
    spoil(folder)  # type: ignore[operator]
    with pytest.raises(DamagedIndexError, match="again from the documents"):
        MatchIndex.open(folder).search("碳化硅")
    with MatchIndex.rebuild(folder) as writer:
        writer.add(SMALL[0])
    assert len(MatchIndex.open(folder)) == 1


def test_threads_search_while_one_writes(folder: Path) -> None:
    index = MatchIndex.open(folder)
    stop = threading.Event()
    failures: list[BaseException] = []

    def look() -> None:
        try:
            while not stop.is_set():
                # Pairs are added together: a reader must never count one of them only.
                assert len(index.search("碳化硅双胞胎", 100, labels={"twin": ["yes"]})) % 2 == 0
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=look) for _ in range(2)]
    for thread in threads:
        thread.start()
    other = MatchIndex.open(folder)
    for i in range(8):
        other.update(add=[Document(f"t{i}{half}", text="双胞胎", labels={"twin": ("yes",)}) for half in "ab"])
    stop.set()
    for thread in threads:
        thread.join()
    assert not failures
    assert len(index) == 20


_WRITE_FOR_EVER = """
import sys
from jiandao.engines.matching import Document, MatchIndex
with MatchIndex.open(sys.argv[1]).writing() as writer:
    for i in range(10**9):
        writer.add(Document(f"x{i}", text="碳化硅功率器件" * 50))
        if i == 20_000:
            print("writing", flush=True)
"""


def test_a_killed_writer_leaves_the_old_index_readable_and_writable(folder: Path) -> None:
    before = answers(MatchIndex.open(folder), "碳化硅")
    with subprocess.Popen([sys.executable, "-c", _WRITE_FOR_EVER, str(folder)], stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        assert writer.stdout.readline() == b"writing\n"
        assert answers(MatchIndex.open(folder), "碳化硅") == before
        with pytest.raises(BusyIndexError):
            MatchIndex.open(folder).update(remove=["a"])
        writer.send_signal(signal.SIGKILL)
        writer.wait()
    index = MatchIndex.open(folder)
    assert answers(index, "碳化硅") == before
    index.update(add=[Document("e", text="碳化硅")])
    assert len(index) == 5
