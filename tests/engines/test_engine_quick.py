"""Plain files are read at once, and as those that need care are read."""

import csv
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines import quick
from jiandao.engines.files import BadInputError, Faults
from jiandao.engines.tables import identifier, number, rows


def careful(path: Path, *, header: bool) -> list[list[str]] | None:
    faults = Faults()
    try:
        found = [cells for _, cells in rows(path, faults, ["a", "b"], optional=["c"] if header else [], header=header)]
    except BadInputError:
        return None
    return None if faults else found


def at_once(path: Path, *, header: bool) -> list[list[str]] | None:
    try:
        blocks = list(quick.columns(path, ["a", "b"], optional=["c"] if header else [], header=header))
    except quick.NotPlainError:
        return None
    return [list(cells) for block in blocks for cells in zip(*block, strict=True)]


LINES = st.lists(st.text('ab12 ,"\té　\ufeff\r', max_size=6), max_size=6)


@given(lines=LINES, header=st.booleans(), end=st.sampled_from(["", "\n", "\r\n", "\n\n"]))
def test_what_is_read_at_once_is_what_is_read_with_care(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], header: bool, end: str
) -> None:
    path = tmp_path_factory.mktemp("q") / "t.csv"
    path.write_bytes(("\n".join(["b,a", *lines] if header else lines) + end).encode())
    found = at_once(path, header=header)
    blank = found is not None and any(not any(cells) for cells in found)
    if found and not blank and "\ufeff" not in found[0][0]:  # these two have no id and are then read with care
        assert found == careful(path, header=header)


def test_a_large_plain_file_is_read_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quick, "_BLOCK", 64)
    path = tmp_path / "t.csv"
    path.write_text(
        "\ufeffC, b ,a\r\n" + "".join(f"x{i},名 {i},{i}\r\n" for i in range(100)) + "x,y,z", encoding="utf-8"
    )
    found = at_once(path, header=True)
    assert found == [*([str(i), f"名 {i}", f"x{i}"] for i in range(100)), ["z", "y", "x"]]
    assert found == careful(path, header=True)


def test_a_control_character_in_the_header_is_left_to_care(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for header in ("a\r,b", "a,b\r\r", "\ta,b", "a,b,c\0"):
        path.write_bytes(f"{header}\n1,2\n".encode())
        assert at_once(path, header=True) is None


def test_a_cell_that_is_too_long_is_left_to_care(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    for size, taken in ((csv.field_size_limit() - 1, True), (csv.field_size_limit() + 1, False)):
        for text in (f"a,b,c,d\n1,2,3,{'x' * size}\n", f"a,b,c,{'x' * size}\n1,2,3,4\n"):
            path.write_text(text)
            assert (careful(path, header=True) is not None) == taken
            assert taken or at_once(path, header=True) is None


@pytest.mark.parametrize("text", ["1", "-2.5e3", "1_000", "nan", "inf", "", "x", "１２", "1e999"])
def test_numbers_are_what_they_are_with_care(text: str) -> None:
    expected = number(text)
    try:
        found = quick.numbers([text, "0"])
    except quick.NotPlainError:
        assert expected is None
    else:
        assert found.tolist() == [expected, 0.0]


def test_an_empty_cell_may_be_a_number() -> None:
    assert np.isnan(quick.numbers(["1", ""], empty=np.nan)).tolist() == [False, True]
    with pytest.raises(quick.NotPlainError):
        quick.numbers(["nan"], empty=0.0)


def test_words_are_numbered_in_their_order() -> None:
    known: dict[str, int] = {}
    names, places = quick.ranked(known, quick.codes(known, ["c", "a", "c", "b"]))
    assert names == ("a", "b", "c")
    assert places.tolist() == [2, 0, 2, 1]


def test_words_find_their_numbers_or_need_care() -> None:
    assert quick.places({"a": 0, "b": 1}, ["b", "a", "b"]).tolist() == [1, 0, 1]
    with pytest.raises(quick.NotPlainError):
        quick.places({"a": 0}, ["a", "x"])


def test_a_word_that_comes_again_is_read_once() -> None:
    asked: list[str] = []

    def read(text: str) -> float | None:
        asked.append(text)
        return number(text)

    known: dict[str, float] = {}
    assert quick.values(known, ["2", "1", "2"], read).tolist() == [2.0, 1.0, 2.0]
    assert quick.values(known, ["1", "3"], read).tolist() == [1.0, 3.0]
    assert sorted(asked) == ["1", "2", "3"]
    with pytest.raises(quick.NotPlainError):
        quick.values(known, ["x"], read)


@given(cells=st.lists(st.one_of(st.text(max_size=3), st.sampled_from(["a" * 200, "b" * 201])), max_size=3))
def test_ids_are_what_they_are_with_care(cells: list[str]) -> None:
    expected = all(identifier(cell) is not None for cell in cells)
    try:
        quick.identifiers(cells)
    except quick.NotPlainError:
        assert not expected
    else:
        assert expected


def test_the_only_white_space_that_is_printable_is_the_blank() -> None:
    letters = map(chr, range(sys.maxunicode + 1))
    assert [letter for letter in letters if letter.isspace() and letter.isprintable()] == [" "]


def test_what_is_no_file_is_left_to_care(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")  # to open it would wait for a writer
    for name in ("absent.csv", "pipe", "n" * 300):
        assert at_once(tmp_path / name, header=True) is None
