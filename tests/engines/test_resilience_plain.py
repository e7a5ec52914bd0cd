"""Plain files of a network are read at once: the same network, to the byte, as with care, and the same sentences."""

import dataclasses
from operator import itemgetter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.files import BadInputError, Faults, UnfinishedError
from jiandao.engines.resilience import plain
from jiandao.engines.resilience.reading import read
from jiandao.engines.runs import Watch

IDS = st.sampled_from(["a", "b", "件", "d4"])
NUMBERS = st.sampled_from(["0.1", "0.25", "0", "1e-1", " 0.3 ", ""])
WEIGHTS = st.sampled_from(["1", "2.5", "7e3"])
YEARS = st.sampled_from(["2024", "2025.0"])
PLAIN = {
    "nodes": st.lists(st.tuples(st.sampled_from(["", "名 x", "n"]), NUMBERS), min_size=4, max_size=4),
    "links": st.lists(
        st.tuples(IDS, IDS, st.sampled_from(["all-of", "any-of", "weighted"]), WEIGHTS),
        unique_by=itemgetter(0, 1, 2),
        max_size=12,
    ),
    "shares": st.lists(
        st.tuples(IDS, st.sampled_from(["甲", "f2", ""]), st.sampled_from(["CHN", "USA", "EU", ""]), NUMBERS, YEARS),
        unique_by=itemgetter(0, 1, 2, 4),
        max_size=9,
    ),
}
# What is wrong, or needs care: one of these lines at the end of one of the files.
ODD = {
    "nodes": ["a,,", "x y,,", ",,", "n5,,2", "n5,,nan", '"n5",,', "n5", "", "n5,,0_1", "n\x0b,,"],
    "links": [
        "a,nowhere,all-of,1",
        "a,b,some,1",
        "b,a,weighted,-1",
        "a,b,weighted,x",
        "a,b",
        '"a",b,any-of,1',
        "",
        "a,b,all-of,x",
    ],
    "shares": [
        "a,甲,CHN,2,2024",
        "a,甲,A+B,0.1,2024",
        "x,甲,CHN,0.1,2024",
        "a,甲,CHN,0.1,1800",
        "a,z,CHN,0.1,",
        "a,z,CHN,0.9,2024",
        '"a",z,CHN,0.1,2024',
        "a",
    ],
}
HEADS = {"nodes": "id,name,need", "links": "from,to,kind,weight", "shares": "node,provider,country,share,year"}


def told(folder: Path) -> object:
    """The network and what is counted, as words; or the faults."""
    try:
        network, loaded = read(folder, Faults())
    except BadInputError as error:
        return error.faults
    values = [
        *(getattr(network, field.name) for field in dataclasses.fields(network)),
        *(
            getattr(one, field.name)
            for one in (network.links, network.countries, network.firms)
            for field in dataclasses.fields(one)
        ),
    ]
    arrays = [(one.dtype.str, one.tobytes()) for one in values if isinstance(one, np.ndarray)]
    return network.ids, network.names, network.countries.holders, network.firms.holders, network.series, arrays, loaded


def with_care(folder: Path) -> object:
    with pytest.MonkeyPatch.context() as patch:
        for name in HEADS:
            patch.setattr(plain, name, lambda *_: None)
        return told(folder)


def put(folder: Path, rows: dict[str, list[tuple[str, ...]]], odd: tuple[str, str] | None = None) -> None:
    rows = {**rows, "nodes": [(name, *row) for name, row in zip(["件", "b", "d4", "a"], rows["nodes"], strict=True)]}
    for name, head in HEADS.items():
        lines = [head, *(",".join(row) for row in rows[name]), *([odd[1]] if odd and odd[0] == name else [])]
        Path(folder, f"{name}.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


@settings(max_examples=80, deadline=None)
@given(rows=st.fixed_dictionaries(PLAIN))
def test_plain_files_give_the_network_that_care_gives(tmp_path_factory: pytest.TempPathFactory, rows: dict) -> None:
    folder = tmp_path_factory.mktemp("n")
    put(folder, rows)
    assert told(folder) == with_care(folder)


@settings(max_examples=120, deadline=None)
@given(
    rows=st.fixed_dictionaries(PLAIN),
    odd=st.sampled_from([(name, line) for name, lines in ODD.items() for line in lines]),
)
def test_others_give_the_same_sentences(
    tmp_path_factory: pytest.TempPathFactory, rows: dict, odd: tuple[str, str]
) -> None:
    folder = tmp_path_factory.mktemp("n")
    put(folder, rows, odd)
    assert told(folder) == with_care(folder)


def test_plain_files_need_no_care(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(
        tmp_path,
        {
            "nodes": [("", "")] * 4,
            "links": [("a", "b", "weighted", "2"), ("b", "件", "all-of", "")],
            "shares": [("a", "甲", "CHN", "0.5", "2024"), ("a", "乙", "EU", "", "2023")],
        },
    )
    monkeypatch.setattr("jiandao.engines.resilience.reading.rows", None)
    network, loaded = read(tmp_path, Faults())
    assert (network.countries.holders, network.firms.holders) == (("CHN",), ("甲",))
    assert loaded.without_share == ["a:乙"]


def test_reading_ends_when_time_is_over(tmp_path: Path) -> None:
    put(tmp_path, {"nodes": [("", "")] * 4, "links": [("a", "b", "all-of", "")], "shares": []})
    Path(tmp_path, "nodes.csv").write_text("id\na\nb\n" + "".join(f"n{row}\n" for row in range(500)))
    watch = Watch("resilience", 1e-9, quiet=True)
    with pytest.raises(UnfinishedError, match="out of time"):
        read(tmp_path, Faults(), watch.step)
