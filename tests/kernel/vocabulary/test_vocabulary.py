"""The vocabularies that the code brings, and looking terms up."""

import csv
import re
from collections import defaultdict
from datetime import date, timedelta
from importlib.resources import files

import pytest

from jiandao.kernel import clock
from jiandao.kernel.vocabulary.loading import load_vocabularies
from jiandao.kernel.vocabulary.models import Term
from jiandao.kernel.vocabulary.terms import NoTerm, find_term, term

DATA = files("jiandao.kernel.vocabulary").joinpath("data")
FILES = sorted(one.name for one in DATA.iterdir() if one.name.endswith(".tsv"))


def _rows(name):
    return list(csv.DictReader(DATA.joinpath(name).read_text(encoding="utf-8").splitlines(), delimiter="\t"))


@pytest.mark.parametrize("name", FILES)
def test_every_line_is_whole_and_its_parent_stands_above_it(name):
    seen = set()
    for row in _rows(name):
        assert None not in row, row
        assert None not in row.values(), row
        assert all(row[column] for column in ("edition", "code", "label_zh", "label_en", "source")), row
        assert row["verified"] in {"yes", "no"}
        date.fromisoformat(row["valid_from"])
        assert not row["parent"] or (row["edition"], row["parent"]) in seen, row
        assert (row["edition"], row["code"]) not in seen, row
        assert not re.search(r"[一-鿿]", row["label_en"]), row
        seen.add((row["edition"], row["code"]))


def test_codes_of_industries_are_chains_of_prefixes():
    sections = [row["code"] for row in _rows("industry.tsv") if not row["parent"]]
    assert sections == [chr(letter) for letter in range(ord("A"), ord("T") + 1)]
    divisions = defaultdict(list)
    for row in _rows("industry.tsv"):
        if row["parent"]:
            assert re.fullmatch(r"[A-T]\d{2,4}", row["code"])
            assert row["code"].startswith(row["parent"])
            divisions[row["parent"]].append(int(row["code"][1:]))
    assert divisions == {"C": list(range(13, 44)), "M": [73, 74, 75]}


def test_disciplines_stand_in_the_group_of_their_first_digit():
    groups = {"1": "A", "2": "B", "3": "C", "4": "D", "5": "D", "6": "D", "7": "E", "8": "E", "9": "E"}
    for row in _rows("discipline.tsv"):
        if row["parent"]:
            assert groups[row["code"][0]] == row["parent"], row


def test_the_clusters_are_51020(db):
    groups = {"pillars": 5, "advantage": 10, "characteristic": 20}
    for code, count in groups.items():
        assert Term.objects.filter(vocabulary="cluster", edition="2021", parent__code=code).count() == count


def test_levels_three_and_four_are_named_by_their_scheme(db):
    names = {}
    for row in Term.objects.filter(vocabulary="trl"):
        number, name = re.match(r"(\d+) (\w+?)：", row.label_zh).groups()
        names[row.edition, int(number)] = name
    standard, qingdao = "GB/T 22900-2022", "青科资字〔2025〕2号"
    assert (names[standard, 3], names[standard, 4]) == ("功能级", "仿真级")
    assert (names[qingdao, 3], names[qingdao, 4]) == ("仿真级", "功能级")
    assert sorted(number for edition, number in names if edition == qingdao) == list(range(1, 14))


@pytest.mark.parametrize("name", ["future-industry", "service-cluster", "talent-tier"])
def test_what_was_not_read_in_its_text_says_so(db, name):
    rows = Term.objects.filter(vocabulary=name)
    assert rows
    assert not any(row.verified for row in rows)
    assert all(row.note for row in rows)


def test_loading_keeps_a_term_that_the_files_no_longer_hold(db):
    kept = Term.objects.create(
        vocabulary="direction", edition="1999", code="old", label_zh="旧", label_en="old",
        valid_from=date(1999, 1, 1), valid_to=date(2000, 1, 1), source="test",
    )  # fmt: skip
    assert load_vocabularies() == 0
    assert Term.objects.filter(pk=kept.pk).exists()
    assert find_term("direction", "old") is None
    assert find_term("direction", "old", on=date(1999, 6, 1)) == kept
    assert term("direction", "old", edition="1999") == kept
    with pytest.raises(NoTerm):
        term("direction", "old", edition="1999", on=clock.today())


def test_a_code_means_the_newest_edition_that_is_valid(db):
    today = clock.today()
    old = term("direction", "national")
    values = {"vocabulary": "direction", "code": "national", "label_zh": "国家所需", "label_en": "x", "source": "test"}
    new = Term.objects.create(edition="new", valid_from=today, **values)
    Term.objects.create(edition="later", valid_from=today + timedelta(days=1), **values)
    assert term("direction", "national") == new
    assert term("direction", "national", on=today - timedelta(days=1)) == old
    assert term("direction", "national", edition=old.edition) == old
    with pytest.raises(NoTerm, match="nowhere"):
        term("direction", "nowhere")


@pytest.mark.parametrize(
    ("vocabulary", "text", "code"),
    [
        ("prefecture", "4201", "4201"),
        ("prefecture", " 武汉市 ", "4201"),
        ("prefecture", "wuhan", "4201"),
        ("industry", "c13", "C13"),
        ("industry", "Ｃ13", "C13"),
        ("cluster", "新一代信息技术（光芯屏端网）", "P1"),
        ("discipline", "510", "510"),
    ],
)
def test_a_term_is_found_by_code_or_label(db, django_assert_num_queries, vocabulary, text, code):
    with django_assert_num_queries(1):
        assert find_term(vocabulary, text).code == code


@pytest.mark.parametrize("text", ["", "  ", "，。", "没有这样的词", "武"])
def test_what_means_nothing_finds_nothing(db, text):
    assert find_term("prefecture", text) is None


def test_what_means_several_finds_nothing(db):
    Term.objects.create(
        vocabulary="prefecture", edition="other", code="w", label_zh="武汉市", label_en="Wuhan",
        valid_from=date(2000, 1, 1), source="test",
    )  # fmt: skip
    assert find_term("prefecture", "武汉市") is None
    assert find_term("prefecture", "4201").code == "4201"
