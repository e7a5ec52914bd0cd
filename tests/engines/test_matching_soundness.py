"""The files of an index: damage is told whatever byte it strikes, a full disk and missing rights in one sentence, and a
writer that is stopped leaves nothing behind."""

import errno
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from jiandao.engines.files import UnfinishedError, outputs
from jiandao.engines.matching import (
    TOPICAL,
    BusyIndexError,
    DamagedIndexError,
    Document,
    ForbiddenIndexError,
    FullIndexError,
    MatchIndex,
    spaces,
    storage,
    vectors,
)
from jiandao.engines.matching.dictionary import Dictionary
from jiandao.engines.matching.encoders import Kind, Vectors, unit
from jiandao.engines.matching.spaces import LATENT


class Letters:
    """Counts letters by their number modulo 8."""

    name = "letters-1"
    dimensions = 8
    symmetric = True

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        return unit(np.array([[sum(ord(one) % 8 == place for one in text) for place in range(8)] for text in texts]))


def documents(count: int = 40) -> Iterator[Document]:
    for i in range(count):
        yield Document(f"d{i}", title=f"碳化硅功率器件{i % 7}", text=f"frequency {i} 失效机理{chr(0x4E00 + i)}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with MatchIndex.rebuild(tmp_path / "index") as writer:
        for document in documents():
            writer.add(document)
    index = MatchIndex.open(tmp_path / "index", Letters())
    index.fit_latent()
    index.encode()
    index.use_dictionary(Dictionary.of_pairs([("频率", "frequency")]))
    index.update(add=[Document("new", title="碳化硅")], remove=["d3"])
    return tmp_path / "index"


def answers(folder: Path) -> list[tuple[str, float]]:
    found = MatchIndex.open(folder, Letters()).search("碳化硅功率器件3 频率", 20, task=TOPICAL)
    return [(match.document, match.score) for match in found]


def _flip(path: Path, place: int) -> None:
    stored = bytearray(path.read_bytes())
    stored[place] ^= 4
    fresh = path.with_name("fresh")  # as a copy of a disk would: another file of the same name
    fresh.write_bytes(bytes(stored))
    fresh.replace(path)


def test_a_byte_that_was_flipped_in_any_file_is_told(folder: Path) -> None:
    told = 0
    for path in sorted(folder.iterdir()):
        if path.name == "meta.json" or path.name.startswith("."):  # the library's own: its values are looked at
            continue
        stored = path.read_bytes()
        for place in {0, len(stored) // 2, len(stored) - 1}:
            _flip(path, place)
            with pytest.raises(DamagedIndexError, match="again from the documents"):
                MatchIndex.open(folder, Letters())
            told += 1
        path.write_bytes(stored)
    assert told > 40
    assert answers(folder)


def test_a_file_that_was_lost_is_told(folder: Path) -> None:
    aside = folder.parent / "aside"
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        path.rename(aside)
        with pytest.raises(storage.MatchIndexError):
            MatchIndex.open(folder, Letters())
        aside.rename(path)
    assert answers(folder)


def test_other_fields_than_ours_are_told(folder: Path) -> None:
    stored = (folder / "meta.json").read_text()
    (folder / "meta.json").write_text(stored.replace('"until"', '"since"'))
    with pytest.raises(DamagedIndexError):
        MatchIndex.open(folder)


def test_rows_that_were_flipped_after_opening_are_told_to_the_next(folder: Path) -> None:
    index = MatchIndex.open(folder)
    _flip(next(folder.glob("latent-*.vec")), 100)
    assert index.search("碳化硅", 3, task=TOPICAL)  # what is open is mapped
    with pytest.raises(DamagedIndexError, match="vectors"):
        MatchIndex.open(folder)


def test_who_follows_is_told_of_lost_rows_each_time_that_it_looks(folder: Path) -> None:
    index = MatchIndex.open(folder)
    MatchIndex.open(folder).update(add=[Document("more", title="碳化硅")])
    sums = next(folder.glob("latent-*.sums"))
    sums.write_bytes(sums.read_bytes()[:-12])
    for _ in range(2):
        with pytest.raises(DamagedIndexError, match="vectors"):
            index.search("碳化硅", 3)


def test_rows_that_a_killed_writer_left_do_not_count(folder: Path) -> None:
    before = answers(folder)
    for path in [*folder.glob("*.vec"), *folder.glob("*.sums")]:
        with path.open("ab") as file:
            file.write(b"\x01\x02\x03" * 3)
    assert answers(folder) == before
    MatchIndex.open(folder, Letters()).update(add=[Document("more", title="碳化硅功率器件3")])
    assert [name for name, _ in answers(folder)].count("more") == 1


def test_a_fit_that_replaces_what_a_reader_is_about_to_open_is_followed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = spaces._read
    calls = []

    def late(*arguments: object) -> object:
        calls.append(1)
        if len(calls) == 1:
            monkeypatch.setattr(spaces, "_read", whole)
            MatchIndex.open(folder).fit_latent(seed=8)
            monkeypatch.setattr(spaces, "_read", late)
        return whole(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(spaces, "_read", late)
    assert MatchIndex.open(folder).latent is not None
    assert len(calls) > 1


# Room


def _no_room(*_: object) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_fit_without_room_changes_nothing_and_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, files = answers(folder), sorted(os.listdir(folder))
    index = MatchIndex.open(folder, Letters())
    another = type("Another", (Letters,), {"name": "another"})
    monkeypatch.setattr(vectors, "write", _no_room)
    for act in (index.fit_latent, MatchIndex.open(folder, another()).encode):
        with pytest.raises(FullIndexError, match="make room"):
            act()
    monkeypatch.setattr(spaces, "_put", _no_room)
    with pytest.raises(FullIndexError):
        index.use_dictionary(Dictionary.of_pairs([("电阻", "resistor")]))
    assert sorted(os.listdir(folder)) == files
    assert answers(folder) == before


def test_rows_without_room_are_told_and_an_encoder_that_cannot_be_reached_is_another_matter(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = answers(folder)
    with monkeypatch.context() as patch:
        patch.setattr(vectors, "append", _no_room)
        with pytest.raises(FullIndexError):
            MatchIndex.open(folder, Letters()).update(add=[Document("e", text="碳化硅")])

    class Gone(Letters):
        def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
            raise ConnectionError("nobody answers")

    with pytest.raises(ConnectionError):
        MatchIndex.open(folder, Gone()).update(add=[Document("e", text="碳化硅")])
    assert answers(folder) == before


def test_a_fit_that_is_stopped_leaves_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = sorted(os.listdir(folder))

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(vectors, "write", stopped)
    with pytest.raises(KeyboardInterrupt):
        MatchIndex.open(folder).fit_latent()
    assert sorted(os.listdir(folder)) == files


def test_an_answer_without_room_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UnfinishedError, match=r"run\.trec: there is no room left"), outputs(tmp_path / "run.trec"):
        _no_room()
    assert os.listdir(tmp_path) == []


_SMALL = """
import resource, sys
from jiandao import cli
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]),) * 2)
sys.exit(cli.main(sys.argv[2:]))
"""


@pytest.mark.parametrize("limit", [300, 30_000])
def test_a_command_without_room_says_so_in_one_line_and_changes_nothing(tmp_path: Path, limit: int) -> None:
    with MatchIndex.rebuild(tmp_path / "index") as writer:
        for document in documents():
            writer.add(document)
    before, files = answers(tmp_path / "index"), sorted(os.listdir(tmp_path / "index"))
    rows = (f'{{"id": "x{i}", "text": "{chr(0x4E00 + i % 6000) * 9}"}}\n' for i in range(3000))
    (tmp_path / "more.jsonl").write_text("".join(rows), encoding="utf-8")
    for rebuild in ([], ["--rebuild"]):
        words = ["match", "search", "--index", "index", "--documents", "more.jsonl", *rebuild]
        made = subprocess.run(
            [sys.executable, "-c", _SMALL, str(limit), *words],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert made.returncode == 4
        assert made.stderr.count("\n") == 1
        assert "the index in index could not be written" in made.stderr or f"{tmp_path}/index could" in made.stderr
    assert answers(tmp_path / "index") == before
    assert sorted(os.listdir(tmp_path / "index")) == files
    assert sorted(os.listdir(tmp_path)) == ["index", "more.jsonl"]


# Rights


def _as_nobody(act: Callable[[], None]) -> int:
    """The exit status of a process without the rights of root: 0 when the function ends well."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        if os.geteuid() == 0:
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
        act()
        os._exit(0)
    except BaseException as error:
        sys.stderr.write(repr(error))
        os._exit(1)


def test_an_index_is_read_without_the_right_to_write_and_writing_is_refused(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name) / "index"
        shutil.copytree(folder, place)
        (place / ".tantivy-meta.lock").unlink()
        (place / ".tantivy-writer.lock").unlink()
        expected = answers(folder)
        Path(name).chmod(0o755)
        for path in place.iterdir():
            path.chmod(0o444)
        place.chmod(0o555)

        def read() -> None:
            assert answers(place) == expected
            index = MatchIndex.open(place)
            for change in (lambda: index.update(remove=["d1"]), index.fit_latent):
                with pytest.raises(ForbiddenIndexError, match="right to read its folder"):
                    change()
            index.refresh(force=True)
            assert len(index) == 40

        status = _as_nobody(read)
        place.chmod(0o755)
        assert status == 0


# Writers


def test_an_index_is_not_replaced_under_a_writer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_PATIENCE", 0.1)
    with MatchIndex.open(folder).writing() as writer:
        writer.add(Document("late", title="碳化硅"))
        with pytest.raises(BusyIndexError), MatchIndex.rebuild(folder) as fresh:
            fresh.add(Document("e", text="碳化硅"))
    assert "late" in MatchIndex.open(folder)
    assert sorted(os.listdir(folder.parent)) == ["index"]


def test_who_opened_an_index_before_it_was_replaced_writes_to_the_new_one(folder: Path) -> None:
    index = MatchIndex.open(folder)
    with MatchIndex.rebuild(folder) as writer:
        writer.add(Document("e", text="碳化硅"))
    for number in range(12):  # enough for segments to be merged
        index.update(add=[Document(f"f{number}", text="碳化硅")])
    assert len(MatchIndex.open(folder)) == 13


def test_of_two_who_make_the_first_index_neither_loses_what_the_other_made(tmp_path: Path) -> None:
    def make() -> None:
        with MatchIndex.rebuild(tmp_path / "index", first=True) as one:
            one.add(Document("a", text="碳化硅"))
            with MatchIndex.rebuild(tmp_path / "index", first=True) as other:
                other.add(Document("b", text="碳化硅"))

    with pytest.raises(BusyIndexError, match="try again to add"):
        make()
    assert "b" in MatchIndex.open(tmp_path / "index")
    assert os.listdir(tmp_path) == ["index"]


def test_what_a_killed_rebuild_left_goes_with_the_next(folder: Path) -> None:
    left = folder.with_name(f".{folder.name}-0123456789abcdef")
    other = folder.with_name(f".{folder.name}2-0123456789abcdef")
    for path in (left, other):
        (path / "new").mkdir(parents=True)
        os.utime(path, (time.time() - 60,) * 2)
    with MatchIndex.rebuild(folder) as writer:
        writer.add(Document("e", text="碳化硅"))
        with MatchIndex.rebuild(folder) as second:  # one that lives is left alone
            second.add(Document("f", text="碳化硅"))
    assert not left.exists()
    assert other.exists()
    assert "e" in MatchIndex.open(folder)


_FOR_EVER = """
import sys
from jiandao.engines.matching import Document, MatchIndex
index = MatchIndex.open(sys.argv[1])
print("ready", flush=True)
for seed in range(10**9):
    index.fit_latent(seed=seed)
    index.update(add=[Document(f"x{seed}a", title="碳化硅"), Document(f"x{seed}b", title="碳化硅")])
"""


def test_killing_what_fits_and_adds_at_any_moment_leaves_a_whole_index(folder: Path) -> None:
    for wait in (0.0, 0.013, 0.05, 0.17):
        with subprocess.Popen([sys.executable, "-c", _FOR_EVER, str(folder)], stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == b"ready\n"
            time.sleep(wait)
            writer.send_signal(signal.SIGKILL)
        index = MatchIndex.open(folder)
        assert index.latent is not None
        assert len(index) % 2 == 0
        assert len(index.search("碳化硅功率器件3", 5, task=TOPICAL)) == 5
    MatchIndex.open(folder).fit_latent()
    assert len(list(folder.glob(f"{LATENT}-*.vec"))) == 1
