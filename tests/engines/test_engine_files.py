"""What the commands of all engines share: tables with faults by line, clocks, executors."""

import gc
import os
import socket
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from jiandao.engines.executor import executor
from jiandao.engines.files import BadInputError, Faults, json_lines
from jiandao.engines.runs import Clock, pieces
from jiandao.engines.tables import identifier, number, rows, whole


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiandao.engines.executor._ANSWERS", 1)


def read(tmp_path: Path, text: str, **more: object) -> tuple[list[tuple[int, list[str]]], list[str]]:
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode())
    faults = Faults()
    found = list(rows(path, faults, ["a", "b"], **more))  # type: ignore[arg-type]
    try:
        faults.stop_if_any()
    except BadInputError as error:
        return found, [fault.removeprefix(f"{path}:") for fault in error.faults]
    return found, []


def test_columns_are_found_by_name_and_cells_come_without_blanks(tmp_path: Path) -> None:
    assert read(tmp_path, "b,extra, A \n1,x, 2\n\n3,y,4\n", optional=["c"]) == (
        [(2, ["2", "1", ""]), (4, ["4", "3", ""])],
        [],
    )


def test_a_name_that_stands_twice_in_an_object_is_told(tmp_path: Path) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text('{"id": "a", "id": "b"}\n{"id": "c", "documents": [{"title": "x", "title": "x"}]}\n{"id": "d"}\n')
    faults = Faults()
    assert list(json_lines(path, faults)) == [(3, {"id": "d"})]
    with pytest.raises(BadInputError) as told:
        faults.stop_if_any()
    assert [fault.removeprefix(f"{path}:") for fault in told.value.faults] == [
        "1: the name 'id' stands twice in an object, expected once",
        "2: the name 'title' stands twice in an object, expected once",
    ]


def test_rows_without_a_header_stand_as_named(tmp_path: Path) -> None:
    assert read(tmp_path, "1,2\n3\n", header=False) == ([(1, ["1", "2"])], ["2: 1 cells, expected a,b"])


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a,c\n1,2\n", "1: no column b; expected the header a,b"),
        ("a,b,a\n1,2,3\n", "1: column a stands twice; leave one"),
        ("a,b\n1,2,3\n", "2: 3 cells, expected 2 as in the header"),
        ('a,b\n1,"2\n3,4\n', "3: not CSV (unexpected end of data), expected cells with commas between"),
        ("", "1: the file is empty, expected at least one line"),
    ],
)
def test_faults_name_their_line(tmp_path: Path, text: str, fault: str) -> None:
    assert read(tmp_path, text)[1] == [fault]


def test_a_fault_is_one_line_and_moves_no_terminal(tmp_path: Path) -> None:
    faults = Faults()
    faults.add(tmp_path, 3, "the day '\x1b[2J\n\ud800' 　是 none")
    with pytest.raises(BadInputError) as told:
        faults.stop_if_any()
    assert told.value.faults == (f"{tmp_path}:3: the day '\\x1b[2J\\n\\ud800' 　是 none",)


def test_numbers_are_finite_and_ids_have_no_white_space() -> None:
    assert [number(text) for text in ("1.5", "-2e3", "nan", "inf", "1_0", "x", "")] == [1.5, -2000.0, *[None] * 5]
    assert [whole(text) for text in ("3", "3.0", "3.5", "1e16")] == [3, 3, None, None]
    assert [identifier(text) for text in ("p1", "项目", "a b", "", "x" * 201)] == ["p1", "项目", None, None, None]


def test_a_clock_remembers_that_its_limit_was_reached() -> None:
    assert not Clock().over()
    assert Clock().left() == float("inf")
    late = Clock(limit=0.0)
    assert late.over()
    assert late.run(seed=7)["limit_reached"]
    assert Clock(stop=lambda: True).over()
    assert '"seed": 7' in "".join(pieces(late.run(seed=7)))


def test_pieces_come_back_in_order_wherever_they_run() -> None:
    for workers in (1, 2):
        with executor(workers=workers) as pool:
            assert list(pool.map(abs, range(-20, 0))) == list(range(20, 0, -1))


def test_few_small_pieces_start_no_process_and_many_long_ones_do() -> None:
    with executor(workers=2, patience=60) as pool:
        assert list(pool.map(_where, range(3), 5)) == [(n, 5, os.getpid()) for n in range(3)]
    with executor(workers=2, patience=1e-9) as pool:
        found = list(pool.map(_where, range(20), 5))
        assert [one[:2] for one in found] == [(n, 5) for n in range(20)]
        assert found[0][2] == os.getpid()
        assert os.getpid() not in {one[2] for one in found[1:]}
        assert [one[0] for one in pool.map(_where, range(3), 5)] == [0, 1, 2]


@pytest.mark.filterwarnings("error::pytest.PytestUnraisableExceptionWarning")
def test_another_service_at_the_address_of_a_cluster_is_no_error_of_ours(impatient: None) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)

        def chatter() -> None:
            with suppress(OSError), server.accept()[0] as there:
                there.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                there.recv(1000)

        other = threading.Thread(target=chatter)
        other.start()
        with (
            pytest.raises(BadInputError, match="no scheduler answers there"),
            executor(cluster=f"tcp://127.0.0.1:{server.getsockname()[1]}"),
        ):
            pass
    other.join()
    gc.collect()


def _where(piece: int, common: int) -> tuple[int, int, int]:
    return piece, common, os.getpid()


@pytest.mark.filterwarnings("default")
def test_a_cluster_that_does_not_answer_is_said(impatient: None) -> None:
    with (
        pytest.raises(BadInputError, match="no scheduler answers there"),
        executor(cluster="tcp://127.0.0.1:1"),
    ):
        pass
