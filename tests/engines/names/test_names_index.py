"""Many names: pairs worth comparing, proposals, suggestions."""

import csv
import os
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.names import Entry, Index, candidates, compare, normalise

ROOT = Path(__file__).resolve().parents[3]
DATA = Path(os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data")
HOSTS = DATA / "programmes" / "nsfc_management_projects_zh.csv"
SMALL = (
    Entry("a", "武汉大学"),
    Entry("b", "武漢大學"),
    Entry("c", "武汉大学人民医院"),
    Entry("d", "湖北工学院"),
    Entry("e", "湖北工业大学"),
    Entry("f", "武汉里工大学"),
    Entry("g", "武汉理工大学"),
    Entry("h", "中国地质大学（武汉）"),
    Entry("i", "中国地质大学（北京）"),
    Entry("j", "华为技术有限公司"),
    Entry("k", "武汉华为技术有限公司"),
    Entry("l", "某某光电股份有限公司", aliases=("凌光科技",)),
    Entry("m", "凌光科技有限公司"),
    Entry("n", "Wuhan University"),
    Entry("o", "武汉水利电力大学"),
    Entry("p", "三侠大学"),
    Entry("q", "三峡大学"),
)


def test_what_is_proposed_and_what_is_not():
    found = {(one.a, one.b) for one in Index(SMALL).proposals()}
    assert {("a", "b"), ("d", "e"), ("f", "g"), ("a", "n"), ("a", "o"), ("p", "q"), ("l", "m")} <= found
    assert not found & {("a", "c"), ("h", "i"), ("j", "k"), ("a", "g")}
    assert {(one.a, one.b) for one in Index(SMALL).proposals(("part-of",))} >= {("a", "c")}


@given(st.permutations(SMALL))
@settings(max_examples=30, deadline=None)
def test_the_order_of_entries_makes_no_difference(entries):
    index = Index(entries)
    assert index.candidates() == candidates(SMALL)
    assert index.proposals() == Index(SMALL).proposals()
    assert index.suggest("武汉理") == Index(SMALL).suggest("武汉理")


@given(st.lists(st.sampled_from(SMALL), unique=True), st.data())
@settings(max_examples=40)
def test_entries_come_and_go(entries, data):
    index = Index(SMALL)
    for entry in SMALL:
        index.remove(entry.id)
    assert len(index) == 0
    assert index.suggest("武汉大学") == []
    for entry in entries:
        index.add(Entry(entry.id, data.draw(st.sampled_from(SMALL)).name))
        index.add(entry)
    assert len(index) == len(entries)
    assert index.candidates() == candidates(entries)


def test_no_pair_that_is_the_same_is_overlooked():
    """Blocking loses nothing that comparing all pairs would find, on the labelled names."""
    with (Path(__file__).parent / "data" / "labelled_pairs.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    names = sorted({row[side] for row in rows for side in "ab"})
    found = set(candidates(Entry(name, name) for name in names))
    answers = {(one, two): compare(one, two).outcome for at, one in enumerate(names) for two in names[at + 1 :]}
    assert not [pair for pair, outcome in answers.items() if outcome == "same" and pair not in found]
    parts = {pair for pair, outcome in answers.items() if outcome == "part-of"}
    met = {name for pair in parts & found for name in pair}
    assert {name for pair in parts for name in pair if normalise(name).units} <= met


def test_a_slip_in_any_place_is_found():
    index = Index([Entry("1", "中南财经政法大学"), *(Entry(f"x{n}", f"湖北第{n}中学") for n in range(50))])
    for at in range(8):
        typed = "中南财经政法大学"[:at] + "中南财经政法大学"[at + 1 :]
        assert index.suggest(typed)[0].entry.id == "1", typed


def test_suggestions_while_somebody_types():
    index = Index(SMALL)
    assert index.suggest("武汉大学")[0].entry.id == "a"
    assert {one.entry.id for one in index.suggest("武汉理")} >= {"g"}
    assert {one.entry.id for one in index.suggest("华中科技")} == set()
    best = index.suggest("武汉大学口腔医院")[0]
    assert (best.entry.id, best.verdict.outcome, best.verdict.part) == ("a", "part-of", "a")
    assert index.suggest("") == []
    assert len(index.suggest("武汉", limit=2)) == 2


def test_a_code_finds_whatever_the_name_is():
    from jiandao.engines.names.codes import _ALPHABET, valid

    body = "91420100MA4KX8YH2"
    code = next(body + one for one in _ALPHABET if valid(body + one))
    index = Index([*SMALL, Entry("z", "子丑寅卯有限公司", code=code)])
    found = index.suggest("甲乙丙丁有限公司", code=f" {code.lower()}")[0]
    assert (found.entry.id, found.verdict.outcome) == ("z", "same")


def test_many_copies_of_one_name_make_no_square():
    pairs = candidates(Entry(f"{n:04}", "武汉大学") for n in range(500))
    assert len(pairs) == 499


def test_names_of_a_province_take_seconds():
    """A generous bound; benchmarks/organisation_names.py measures."""
    choice = random.Random(3)
    letters = "华鼎锐天恒信光东汉楚江金海泰瑞安中凯创科宏盛远博晨明新亚长龙"
    entries = [Entry(f"{n:05}", f"武汉{''.join(choice.choices(letters, k=3))}科技有限公司") for n in range(5_000)]
    began = time.process_time()
    index = Index(entries)
    index.candidates()
    assert time.process_time() - began < 5
    began = time.process_time()
    for entry in entries[:50]:
        assert index.suggest(entry.name[:-5])
    assert (time.process_time() - began) / 50 < 0.05


@pytest.mark.data
@pytest.mark.skipif(not HOSTS.is_file(), reason="the shared real data is absent; set JIANDAO_SHARED_DATA")
def test_hosts_of_real_awards():
    """892 spellings: brackets, former names, mergers; and no wrong proposal among those that are known to tempt."""
    with HOSTS.open(encoding="utf-8-sig", newline="") as file:
        names = sorted({row["依托单位"] for row in csv.DictReader(file)})
    found = {(one.a, one.b) for one in Index(Entry(name, name) for name in names).proposals()}
    assert 150 <= len(found) <= 200
    assert ("华北电力大学(北京)", "华北电力大学（北京）") in found
    assert ("武汉科技学院", "武汉纺织大学") in found
    for a, b in (
        ("武汉科技大学", "武汉科技学院"),
        ("上海大学", "上海科技大学"),
        ("广西师范大学", "广西师范学院"),
        ("中国石油大学（北京）", "中国石油大学（华东）"),
    ):
        assert (a, b) not in found
