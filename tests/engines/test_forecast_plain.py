"""Plain tables of the forecasts are read at once: the same history, to the byte, as with care, and the same sentences."""

import dataclasses
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.files import BadInputError, Faults
from jiandao.engines.forecast import Report, judge, learn, plain
from jiandao.engines.forecast.reading import read_history, read_new, read_reports
from jiandao.engines.forecast.warning import Reports, judge_all, outcomes

CLASS = st.sampled_from(["a", "a/b", "/a/", "屋 顶", "a//b"])
DAYS = st.sampled_from(["10", "2.5", "1e3", " 7 "])
DATES = st.sampled_from(["2024-05-31", "20240601", "2023-12-31", "2025-01-01"])
HISTORY = st.one_of(
    st.tuples(CLASS, DAYS, DAYS, st.one_of(DATES, DAYS, st.just(""))), st.tuples(CLASS, DAYS, st.just(""), DAYS)
)
NEW = st.tuples(st.sampled_from(["n1", "n2", "件", "n4", "n5"]), st.one_of(CLASS, st.just("")), DAYS)
MONEY = st.sampled_from(["", "0", "12.5"])
REPORT = st.tuples(st.sampled_from(["p", "q", "项"]), DATES, st.one_of(DATES, st.just("")), DATES, MONEY, MONEY)
KINDS: dict[str, tuple[Callable, str, st.SearchStrategy, Callable, list[str]]] = {
    "history": (
        read_history,
        "class,planned_days,actual_days,ended",
        HISTORY,
        lambda row: object(),
        [
            "a,0,5,",
            "a,nan,5,",
            "a,5,-1,",
            "a,5,x,",
            "a,5,,",
            "a,5,,-3",
            "a,5,5,2024-13-01",
            "a,5,,2024-05-31",
            "/,5,5,",
            ",5,5,",
            "a,5",
            '"a",5,5,',
            "a,1_0,5,",
            "a,2e7,5,",
            "",
        ],
    ),
    "new": (
        read_new,
        "id,class,planned_days",
        NEW,
        lambda row: row[0],
        ["n1,a,5", "x y,a,5", ",a,5", "z,a,0", "z,a,", "z,a", '"z",a,5', "z" * 201 + ",a,5", "z\u3000z,a,5"],
    ),
    "reports": (
        read_reports,
        "project,reported_on,planned_end,forecast_end,budget,spent",
        REPORT,
        lambda row: (row[0], row[1]),
        [
            "p,2024-05-31,,2025-01-01,,",
            "r,,,2025-01-01,,",
            "r,2024-02-30,,2025-01-01,,",
            "r,2024-05-31,x,2025-01-01,,",
            "r,2024-05-31,,,,",
            "r,2024-05-31,,2025-01-01,-1,",
            "r,2024-05-31,,2025-01-01,nan,",
            ",2024-05-31,,2025-01-01,,",
            "r,45000,,2025-01-01,,",
            '"r",2024-05-31,,2025-01-01,,',
        ],
    ),
}


def told(kind: str, path: Path) -> object:
    faults = Faults()
    try:
        found = KINDS[kind][0](path, faults)
        faults.stop_if_any()
    except BadInputError as error:
        return error.faults
    values = [getattr(found, field.name) for field in dataclasses.fields(found)]
    return [(one.dtype.str, one.tobytes()) if isinstance(one, np.ndarray) else list(one) for one in values]


def with_care(kind: str, path: Path) -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plain, kind, lambda *_: None)
        return told(kind, path)


@settings(max_examples=150, deadline=None)
@given(data=st.data(), kind=st.sampled_from(list(KINDS)), fault=st.booleans())
def test_both_ways_of_reading_agree(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, kind: str, fault: bool
) -> None:
    _, head, row, unique, odd = KINDS[kind]
    lines = [",".join(one) for one in data.draw(st.lists(row, unique_by=unique, max_size=8))]
    lines += [data.draw(st.sampled_from(odd))] if fault else []
    path = tmp_path_factory.mktemp("f") / "t.csv"
    path.write_text("\n".join([head, *lines]) + "\n", encoding="utf-8")
    assert told(kind, path) == with_care(kind, path)


def test_plain_tables_need_no_care(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jiandao.engines.forecast.reading.rows", None)
    path = tmp_path / "t.csv"
    path.write_text("class,planned_days,actual_days,ended\na/b,10,12,2024-05-31\n屋 顶,10,,5\n", encoding="utf-8")
    assert read_history(path, Faults()).finished.tolist() == [True, False]
    path.write_text("id,class,planned_days\nn2,a,5\nn1,屋 顶,7\n", encoding="utf-8")
    assert read_new(path, Faults()).classes == ["屋 顶", "a"]
    path.write_text(
        f"{KINDS['reports'][1]}\nq,2024-06-01,,2025-01-01,,\np,20240602,,20250101,1,0\np,2024-06-01,2024-07-01,2025-01-01,,\n"
    )
    assert read_reports(path, Faults()).first.tolist() == [0, 2, 3]


HISTORIES = st.dictionaries(
    st.sampled_from(["a", "b", "c", "d"]),
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 120)), min_size=1, max_size=12, unique_by=lambda row: row[0]),
    min_size=1,
)


@settings(max_examples=200, deadline=None)
@given(rows=HISTORIES, horizon=st.integers(1, 40), slip=st.integers(1, 20))
def test_arrays_count_what_plain_loops_count(rows: dict, horizon: int, slip: int) -> None:
    history = {name: [Report(on, 0, end) for on, end in sorted(row)] for name, row in rows.items()}
    past = Reports.of(history)
    now = int(past.reported_on.max())
    came, moves = [], []
    for name in sorted(history):
        reports = history[name]
        pairs = [(one, two) for one, two in pairwise(reports) if one.forecast_end > two.reported_on]
        moves.append((sum(two.forecast_end - one.forecast_end > slip for one, two in pairs), len(pairs)))
        for number, one in enumerate(reports):
            sequel = [two.forecast_end for two in reports[number + 1 :] if two.reported_on <= one.reported_on + horizon]
            if number and sequel and one.reported_on + horizon <= now < one.forecast_end:
                came.append(max(sequel) - one.forecast_end > slip)
    assert outcomes(past, now, slip=slip, horizon=horizon).tolist() == came
    assert list(zip(*(one.tolist() for one in past.moves(slip)), strict=True)) == moves
    rates = learn(past, slip=slip, horizon=horizon)
    assert rates == learn(history, slip=slip, horizon=horizon)
    alone = [judge(rates, name, history[name], slip=slip) for name in sorted(history)]
    assert [repr(one) for one in judge_all(rates, past, slip=slip)] == [repr(one) for one in alone]
