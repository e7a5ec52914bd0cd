"""Processes that die: a worker's death is told, a parent's ends its workers."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from jiandao.engines.executor import executor
from jiandao.engines.files import UnfinishedError


def _killed(piece: int) -> int:
    if piece == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return piece


def test_a_worker_that_is_killed_is_told_in_one_sentence() -> None:
    with pytest.raises(UnfinishedError, match=r"a process was killed.*fewer --workers"), executor(workers=2) as pool:
        list(pool.map(_killed, range(8)))


def _alive(number: int) -> bool:
    stat = Path(f"/proc/{number}/stat")
    try:
        return stat.read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


_SLEEPS = """
import os, sys, time
from jiandao.engines.executor import executor

def sleep(place, shared):
    with open(place, "w") as file:
        file.write(str(os.getpid()))
    os.replace(place, place + ".there")
    time.sleep(1000)

if __name__ == "__main__":
    with executor(workers=2) as pool:
        list(pool.map(sleep, sys.argv[1:], bytes(1000)))
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes as Linux shows them")
def test_workers_end_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    (tmp_path / "sleeps.py").write_text(_SLEEPS)
    places = [str(tmp_path / name) for name in ("one", "two")]
    folder = tmp_path / "t"
    folder.mkdir()
    words = [sys.executable, str(tmp_path / "sleeps.py"), *places]
    with subprocess.Popen(words, env=os.environ | {"TMPDIR": str(folder)}) as parent:
        waiting = [Path(place + ".there") for place in places]
        _until(lambda: all(path.exists() for path in waiting))
        workers = [int(path.read_text()) for path in waiting]
        assert all(map(_alive, workers))
        assert list(folder.glob("jiandao-*"))
        parent.kill()
    _until(lambda: not any(map(_alive, workers)))
    assert not list(folder.glob("jiandao-*"))  # what they shared may have gigabytes


def _asleep(piece: int) -> int:
    if piece:
        time.sleep(1000)
    return piece


def _given_up() -> None:
    with executor(workers=2) as pool:
        for _ in pool.map(_asleep, range(3)):
            raise UnfinishedError


def test_workers_end_at_once_when_their_caller_gives_up() -> None:
    began = time.monotonic()
    with pytest.raises(UnfinishedError):
        _given_up()
    assert time.monotonic() < began + 500


def _sums(piece: int, numbers: np.ndarray, words: tuple[str, ...]) -> tuple[float, str, bool]:
    return float(numbers[piece:].sum()), words[piece], numbers.flags.writeable


def test_what_pieces_share_comes_as_it_is() -> None:
    numbers, words = np.arange(100_000.0), tuple("abcdefgh")
    with executor(workers=2) as pool:
        found = list(pool.map(_sums, range(8), numbers, words))
        again = list(pool.map(_sums, range(2), 2 * numbers, words))
    assert found == [_sums(piece, numbers, words) for piece in range(8)]
    assert again == [_sums(piece, 2 * numbers, words) for piece in range(2)]


def _until(true: Callable[[], bool], seconds: float = 120.0) -> None:
    """Waits; a busy machine proves nothing wrong."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)
