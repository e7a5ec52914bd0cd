"""Two names: the answer, and the reasons that a reader gets."""

from string import Formatter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.names import SENTENCES, Entry, Index, compare
from jiandao.engines.names.edits import alike, edits


def _code(body: str) -> str:
    from jiandao.engines.names.codes import _ALPHABET, valid

    return next(body[:17] + one for one in _ALPHABET if valid(body[:17] + one))


ONE, TWO = _code("91420100MA4KX8YH2"), _code("12420000441626842")


def codes_of(verdict):
    return [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("武汉大学", "武汉大学", "equal"),
        ("中国地质大学（武汉）", "中国地质大学【武汉】", "same-after-brackets"),
        ("ＴＣＬ科技集团", "TCL科技集团", "same-after-width"),
        ("武 汉 大学", "武汉大学", "same-after-spaces"),
        ("華中農業大學", "华中农业大学", "same-after-characters"),
        ("中国船舶集团第七〇一研究所", "中国船舶集团第701研究所", "same-after-digits"),
        ("武汉市农业科学院", "武汉农业科学院", "same-after-place-marker"),
        ("长江存储科技有限责任公司", "长江存储科技有限公司", "same-after-legal-form"),
        ("湖北省科技厅", "湖北省科学技术厅", "same-after-abbreviation"),
        ("中国地质大学武汉", "中国地质大学（武汉）", "same-after-campus-brackets"),
        ("军械工程学院", "中国人民解放军军械工程学院", "prefix-left-out"),
        ("湖北工学院", "湖北工业大学", "former-name-year"),
        ("同济医科大学", "华中科技大学", "merged-into-year"),
        ("武大", "武汉大学", "short-name"),
        ("Wuhan University", "武汉大学", "english-name"),
        ("University of Wuhan", "Wuhan Univ.", "same-english-words"),
        ("武汉大学经济与管理学院", "武汉大学经济管理学院", "joining-word-differs"),
        ("华中农业大大学", "华中农业大学", "character-doubled"),
        ("湖北工大业学", "湖北工业大学", "characters-swapped"),
        ("武汉力工大学", "武汉理工大学", "one-character-misprinted-sound"),
        ("武汉埋工大学", "武汉理工大学", "one-character-misprinted-shape"),
        ("某某铁道学院", "某某铁道大学", "college-became-university"),
        ("华北电力大学", "华北电力大学（北京）", "campus-is-seat"),
        ("武汉邮电科学研究院", "武汉邮电科学研究院有限公司", "same-after-legal-form"),
        ("某某通信大学（原甲乙学院）", "甲乙学院", "other-name-inside"),
        ("华中科技大学附属同济医院", "华中科技大学同济医学院附属同济医院", "unit-in-between-left-out"),
    ],
)
def test_the_same_for_a_reason(a, b, reason):
    verdict = compare(a, b)
    assert (verdict.outcome, reason in codes_of(verdict)) == ("same", True), verdict
    assert verdict.score >= 0.8


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("中国地质大学（武汉）", "中国地质大学（北京）", "known-apart"),
        ("某大学（武汉）", "某大学（北京）", "campus-differs"),
        ("湖北大学", "河北大学", "known-apart"),
        ("陕西某某学院", "山西某某学院", "place-differs"),
        ("武汉市林业科学研究院", "湖北省林业科学研究院", "place-level-differs"),
        ("武汉市第一医院", "武汉市第三医院", "number-differs"),
        ("武汉大学人民医院", "武汉大学中南医院", "unit-differs"),
        ("武汉东湖学院", "武汉西湖学院", "direction-differs"),
        ("武汉轻工大学", "武汉轻工有限公司", "kind-differs"),
        ("华工有限公司", "华南理工大学", "kind-differs"),
        ("武汉科技学院", "武汉科技大学", "known-apart"),
        ("烽火通信科技股份有限公司", "湖北汽车工业学院", "known-apart"),
        ("湖北某甲学会", "江苏丙丁商会", "place-differs"),
        ("甲乙丙丁戊己", "子丑寅卯辰巳", "little-in-common"),
        ("", "武汉大学", "name-empty"),
    ],
)
def test_different_for_a_reason(a, b, reason):
    verdict = compare(a, b)
    assert verdict.outcome == "different", verdict
    assert verdict.score <= 0.3
    assert reason in codes_of(verdict) or reason == "known-apart", verdict


@pytest.mark.parametrize(
    ("a", "b", "reason"),
    [
        ("华师", "华中师范大学", "short-name-ambiguous"),
        ("湖北科技学院", "湖北科技大学", "college-or-university"),
        ("东风汽车集团有限公司", "东风汽车有限公司", "group-word-differs"),
        ("华为技术有限公司", "武汉华为技术有限公司", "place-left-out"),
        ("武汉华星光电技术有限公司", "武汉华兴光电技术有限公司", "one-character-misprinted-sound"),
        ("联影（武汉）医疗科技有限公司", "武汉联影医疗科技有限公司", "place-written-elsewhere"),
        ("中国水利水电科学研究所", "中国水利水电科学研究院", "institute-or-academy"),
        ("武汉大学（甲乙）", "武汉大学", "note-differs"),
        ("石油大学", "石油大学（北京）", "campus-missing"),
    ],
)
def test_unsure_for_a_reason(a, b, reason):
    verdict = compare(a, b)
    assert (verdict.outcome, reason in codes_of(verdict)) == ("unsure", True), verdict


@pytest.mark.parametrize(
    ("part", "whole"),
    [
        ("武汉大学经济与管理学院", "武汉大学"),
        ("武大人民医院", "武汉大学"),
        ("华中科技大学同济医学院附属同济医院", "华中科技大学同济医学院"),
        ("华中理工大学管理学院", "华中科技大学"),
        ("中国工商银行股份有限公司湖北省分行", "中国工商银行"),
        ("华北电力大学（保定）", "华北电力大学"),
        ("中科院计算技术研究所", "中国科学院"),
    ],
)
def test_a_unit_is_a_part_and_never_the_same(part, whole):
    assert (compare(part, whole).outcome, compare(part, whole).part) == ("part-of", "a")
    assert (compare(whole, part).outcome, compare(whole, part).part) == ("part-of", "b")


def test_a_school_of_the_successor_is_no_part_of_what_was_merged():
    assert compare("浙江大学管理学院", "杭州大学").outcome == "different"


def test_entered_aliases_count():
    verdict = compare("凌光科技有限公司", "湖北某光电股份有限公司", aliases=((), ("凌光科技有限责任公司",)))
    assert verdict.outcome == "same"
    assert codes_of(verdict) == ["alias", "same-after-legal-form"]


def test_equal_codes_make_one_except_of_a_part():
    assert compare("甲乙有限公司", "丙丁科技有限公司", codes=(ONE, ONE.lower())).outcome == "same"
    assert compare("武汉大学人民医院", "武汉大学", codes=(ONE, ONE)).outcome == "part-of"
    slip = compare("湖北大学", "河北大学", codes=(ONE, ONE))
    assert slip.outcome == "unsure"
    assert codes_of(slip)[0] == "social-code-equal"


def test_codes_that_differ_forbid_the_same():
    verdict = compare("武汉大学", "武汉大学", codes=(ONE, TWO))
    assert (verdict.outcome, codes_of(verdict)) == ("unsure", ["equal", "social-code-differs"])
    assert compare("华为技术有限公司", "武汉华为技术有限公司", codes=(ONE, TWO)).outcome == "different"


@pytest.mark.parametrize("bad", ["无", "0" * 18, "91420100MA4KX8YH20", "914201000000000"])
def test_a_code_that_is_none_is_told_and_not_looked_at(bad):
    verdict = compare("甲乙有限公司", "丙丁科技有限公司", codes=(bad, bad))
    assert verdict.outcome == "different"
    assert "social-code-invalid" in codes_of(verdict)


def test_the_registered_place_confirms_or_separates():
    short, long = "锐某光纤激光技术有限公司", "武汉锐某光纤激光技术有限公司"
    assert compare(short, long).outcome == "unsure"
    assert compare(short, long, places=("武汉市", None)).outcome == "same"
    assert compare(short, long, places=("上海", "武汉")).outcome == "different"
    assert compare("锐某光纤有限公司", "锐某光纤有限责任公司", places=("上海", "武汉")).outcome == "unsure"


def test_every_sentence_has_its_facts():
    for code, sentence in SENTENCES.items():
        assert sentence.endswith("."), code
        assert "%" not in sentence.replace("%(", ""), code
        assert not any(field for _, field, _, _ in Formatter().parse(sentence)), code


NAMES = st.sampled_from((
    "武汉大学", "武大", "武漢大學", "武汉理工大学", "武汉工业大学", "武汉水利电力大学", "中国地质大学",
    "中国地质大学（武汉）", "中国地质大学（北京）", "华师", "华中师范大学", "华东师范大学", "湖北工学院",
    "湖北工业大学", "武汉大学人民医院", "湖北省人民医院", "华为技术有限公司", "武汉华为技术有限公司",
    "东风汽车集团有限公司", "东风汽车有限公司", "武汉里工大学", "湖北科技大学", "湖北科技学院",
    "华北电力大学（保定）", "华北电力大学",
))  # fmt: skip
TEXTS = (
    NAMES | st.text(alphabet="武汉湖北市省大学院科技理工（）()有限公司研究所第一二", max_size=14) | st.text(max_size=20)
)


@given(TEXTS, TEXTS)
def test_the_answer_does_not_depend_on_the_order(a, b):
    one, two = compare(a, b), compare(b, a)
    assert (one.outcome, one.score) == (two.outcome, two.score)
    assert {"a": "b", "b": "a", "": ""}[one.part] == two.part
    assert 0 <= one.score <= 1
    assert one.reasons
    assert all(reason.sentence for reason in one.reasons)


@given(TEXTS)
def test_a_name_is_the_same_as_itself(name):
    if name.strip("（）() \t\n\r"):
        assert compare(name, name).outcome in {"same", "different"}


@given(st.text(alphabet="甲乙丙丁", max_size=7), st.text(alphabet="甲乙丙丁", max_size=7))
def test_edits_lead_from_one_text_to_the_other(a, b):
    found = edits(a, b, most=99)
    text, moved = a, 0
    for edit in found:
        at = edit.at + moved
        assert text[at : at + len(edit.a)] == edit.a
        text = text[:at] + edit.b + text[at + len(edit.a) :]
        moved += len(edit.b) - len(edit.a)
    assert text == b
    assert len(found) <= max(len(a), len(b))
    assert len(found) == len(edits(b, a, most=99))
    assert edits(a, b, most=len(found) - 1) is None or not found


def test_why_a_character_stands_for_another():
    assert alike("理", "埋") == "shape"
    assert alike("峡", "侠") == "sound"
    assert alike("工", "大") == ""
    assert alike("a", "b") == ""


ORDINARY = [
    # The place in brackets is the seat: the place that the name begins with, or that of the school by heart.
    ("清华大学（北京）", "清华大学", "same", "campus-is-seat"),
    ("武汉理工大学（武汉）", "武汉理工大学", "same", "campus-is-seat"),
    ("湖北省肿瘤医院（武汉）", "湖北省肿瘤医院", "same", "campus-is-seat"),
    ("江苏省人民医院（南京）", "江苏省人民医院", "same", "campus-is-seat"),
    ("解放军总医院（北京）", "解放军总医院", "unsure", "place-left-out"),
    ("武汉理工大学（随州）", "武汉理工大学（武汉）", "part-of", "campus-of"),
    ("中国石油大学（北京）", "中国石油大学", "unsure", "campus-missing"),
    # A campus is one however it is written.
    ("山东大学威海分校", "山东大学（威海）", "same", "same-after-campus-brackets"),
    ("哈尔滨工业大学深圳校区", "哈尔滨工业大学（深圳）", "same", "same-after-campus-brackets"),
    ("中国地质大学武汉校区", "中国地质大学（武汉）", "same", "same-after-campus-brackets"),
    ("山东大学威海分校", "山东大学", "part-of", "campus-of"),
    ("北京师范大学珠海分校", "北京师范大学（珠海）", "different", "unit-differs"),
    # A hospital with its school, and without.
    ("首都医科大学附属北京天坛医院", "北京天坛医院", "same", "head-left-out"),
    ("襄阳市中心医院（湖北文理学院附属医院）", "湖北文理学院附属襄阳市中心医院", "same", "head-left-out"),
    ("武汉大学中南医院", "中南医院", "unsure", "head-left-out"),
    ("四川大学华西医院", "华西医院", "unsure", "head-left-out"),
    ("武汉大学人民医院", "人民医院", "different", "head-left-out"),
    ("北京大学第三医院", "北京市第三医院", "different", "unit-differs"),
    ("首都医科大学附属北京天坛医院", "首都医科大学附属北京友谊医院", "different", "unit-differs"),
    # A part in brackets, and the institute of one number.
    ("武汉大学（医学部）", "武汉大学医学部", "same", "same-without-brackets"),
    ("武汉大学（医学部）", "武汉大学", "part-of", "part-of"),
    ("武汉大学（医学部）", "武汉大学（信息学部）", "different", "unit-differs"),
    ("中国船舶集团第七一九研究所", "中国船舶重工集团公司第七一九研究所", "unsure", "number-equal"),
    ("中国船舶集团第七一九研究所", "中国船舶重工集团公司第七一〇研究所", "different", "words-more"),
    # Words that are usually shortened, and colleges that became universities.
    ("江南某某交大", "江南某某交通大学", "same", "same-after-abbreviation"),
    ("随州化工学院", "随州化工大学", "same", "college-became-university"),
    ("随州科技学院", "随州科技大学", "unsure", "college-or-university"),
    ("某某轻化学院（现某某化工大学）", "某某化工大学", "same", "other-name-inside"),
]


@pytest.mark.parametrize(("a", "b", "outcome", "reason"), ORDINARY)
def test_ordinary_names_are_told_with_the_right_reason_both_ways(a, b, outcome, reason):
    for verdict in (compare(a, b), compare(b, a)):
        assert (verdict.outcome, reason in codes_of(verdict)) == (outcome, True), verdict
        assert "kind-differs" not in codes_of(verdict)


@pytest.mark.parametrize(("a", "b", "outcome", "reason"), ORDINARY)
def test_a_large_directory_finds_what_the_comparison_would_say(a, b, outcome, reason):
    if outcome in {"same", "unsure"}:
        assert Index([Entry("1", a), Entry("2", b)]).candidates() == [("1", "2")]
