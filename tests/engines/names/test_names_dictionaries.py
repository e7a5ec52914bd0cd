"""The dictionaries: well formed, each line with its source, no name that leads nowhere or to itself."""

from importlib.resources import files

import pytest

from jiandao.engines.names import dictionaries, normalise
from jiandao.engines.names.files import rows

FILES = [one.name for one in (files("jiandao.engines.names") / "data").iterdir() if one.name.endswith(".tsv")]


@pytest.mark.parametrize("name", FILES)
def test_lines_are_whole_and_told_once(name):
    found = rows(name)
    assert found
    assert all(row["source"] for row in found)
    assert len({tuple(row.values()) for row in found}) == len(found)
    optional = {"year", "province"}
    assert all(
        value == value.strip() and (value or column in optional) for row in found for column, value in row.items()
    )


def test_years_and_relations():
    for row in rows("former_names.tsv"):
        assert row["relation"] in {"renamed", "merged"}
        assert not row["year"] or 1949 < int(row["year"]) < 2030, row


def test_a_former_name_leads_to_one_organisation():
    formers = [row["former"] for row in rows("former_names.tsv")]
    assert len(set(formers)) == len(formers)
    for former in formers:
        name = normalise(former)
        meanings = name.whole or name.meanings
        assert len({meant.key for meant in meanings}) == 1, former


@pytest.mark.parametrize(
    ("name", "today", "year"),
    [
        ("武汉工学院", "武汉理工大学", "2000"),
        ("华中工学院", "华中科技大学", "2000"),
        ("武汉纺织工学院", "武汉纺织大学", "1999"),
        ("武汉粮食工业学院", "武汉轻工大学", "1993"),
        ("湖北轻工业学院", "湖北工业大学", "1984"),
        ("云南工学院", "昆明理工大学", "1999"),  # merged in 1994 into what was merged in 1999
    ],
)
def test_a_chain_of_names_is_followed_to_its_end(name, today, year):
    meant = normalise(name).meanings[0]
    assert (meant.today, meant.year) == (today, year)


def test_a_short_name_of_several_has_several_meanings():
    assert {meant.today for meant in normalise("华师").meanings} == {"华中师范大学", "华东师范大学", "华南师范大学"}


def test_campuses_are_of_three_sorts():
    assert {row["relation"] for row in rows("campuses.tsv")} == {"own", "seat", "branch"}
    assert dictionaries().known.campuses["中国地质大学"] == {"武汉": "own", "北京": "own"}


def test_no_character_is_both_traditional_and_simplified():
    plain = {row["simplified"] for row in rows("traditional.tsv")}
    old = [one for row in rows("traditional.tsv") for one in row["traditional"]]
    assert len(old) == len(set(old))
    assert not plain & set(old)
