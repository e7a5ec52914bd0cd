"""Common passages point at the texts as written, are equal there, and are the same both ways round."""

import re
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from jiandao.engines.matching import containment, normalise, passages
from jiandao.engines.matching.overlap import plain
from jiandao.engines.matching.passages import LEAST, Passage

odd = st.text(alphabet="碳化硅功ab cＡ，。\u0301é㎏℃ﾊﾞ가\u1100\u1161Ⅷ①\u200bßİ１\n-", max_size=12)
passage = st.sampled_from(
    [
        "碳化硅功率模块的失效机理",
        "红外气体传感器的灵敏度",
        "the infrared gas sensor for coal mines",
        "ﾊﾞｲｵ㎏ 5℃",
        "ＡＢ，ｃ d e",
    ]
)
texts = st.lists(odd | passage, max_size=7).map("".join)


def letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", normalise(text))


def slices(first: str, second: str, found: list[Passage]) -> list[tuple[str, str]]:
    return [(first[slice(*one.first)], second[slice(*one.second)]) for one in found]


@settings(max_examples=300, deadline=None)
@given(texts, texts, st.integers(1, 5))
def test_exact_passages_are_equal_in_order_and_do_not_overlap(first: str, second: str, least: int) -> None:
    found = passages(first, second, least=least)
    english = plain(first).words is not None
    for one, (here, there) in zip(found, slices(first, second, found), strict=True):
        if one.exact and english:
            assert re.findall(r"[a-z0-9]+", letters_apart(here)) == re.findall(r"[a-z0-9]+", letters_apart(there))
        elif one.exact:
            assert letters(here) == letters(there) != ""
            assert len(letters(here)) == one.length
    for side in ("first", "second"):
        ranges = sorted(getattr(one, side) for one in found)
        assert all(before[1] <= after[0] for before, after in pairwise(ranges))
    assert [one.first for one in found] == sorted(one.first for one in found)
    assert 0 <= sum(one.share for one in found) <= 1 + 1e-9


def letters_apart(text: str) -> str:
    return normalise(text).encode("ascii", "replace").decode()


@settings(deadline=None)
@given(texts, texts)
def test_both_ways_round_are_the_same(first: str, second: str) -> None:
    turned = [Passage(one.second, one.first, one.length, one.share, one.exact) for one in passages(second, first)]
    assert passages(first, second) == sorted(turned, key=lambda one: one.first)


@given(texts)
def test_a_text_is_one_passage_with_itself_however_it_is_written(text: str) -> None:
    found = passages(text, text.replace("，", " ").upper() if text.isascii() else text)
    assert [one.share for one in found] == ([1.0] if plain(text).letters else [])


@settings(deadline=None)
@given(texts, texts)
def test_a_passage_means_that_shingles_are_shared(first: str, second: str) -> None:
    found = passages(first, second, least=1)
    if found:
        assert containment(first, second) > 0


def test_width_case_punctuation_and_white_space_do_not_count() -> None:
    first = "一、目标：研制ＳｉＣ功率模块，失效率≤１％。"
    second = "本项目 研制 SiC 功率模块 失效率 1% 以内"
    found = passages(first, second)
    assert slices(first, second, found) == [("研制ＳｉＣ功率模块，失效率≤１", "研制 SiC 功率模块 失效率 1")]
    assert (found[0].length, found[0].exact) == (13, True)


def test_passages_in_another_order_are_found_and_short_ones_are_not() -> None:
    first = "红外气体传感器的灵敏度。碳化硅功率模块的失效机理。"
    second = "其一，碳化硅功率模块的失效机理；其二，红外气体传感器的灵敏度；止"
    assert [here for here, _ in slices(first, second, passages(first, second))] == [
        "红外气体传感器的灵敏度",
        "碳化硅功率模块的失效机理",
    ]
    assert passages("红外气体传感器", "红外气体传感网") == []
    assert len(passages("红外气体传感器", "红外气体传感网", least=1)) == 1


def test_a_few_changed_letters_do_not_cut_a_passage() -> None:
    first = "工作温度范围为零下四十度到八十五度，寿命不少于十年。"
    second = "工作温度范围为零下二十度到八十五度，寿命不少于十年。"
    (found,) = passages(first, second)
    assert (first[slice(*found.first)], found.exact, found.length) == (first[:-1], False, 23)


def test_no_number_and_no_latin_word_is_cut() -> None:
    first = "采用SiC功率模块后分子量分布系数不超过1.35，客户认可。"
    second = "采用MosSiC功率模块后分子量分布系数不超过1.20，未验证。"
    (found,) = passages(first, second)
    assert first[slice(*found.first)] == second[slice(*found.second)] == "功率模块后分子量分布系数不超过"


def test_english_counts_words() -> None:
    first = "We study the failure mechanisms of silicon carbide modules in detail."
    second = "Failure Mechanisms of Silicon-Carbide modules: a survey."
    (found,) = passages(first, second)
    assert first[slice(*found.first)] == "failure mechanisms of silicon carbide modules"
    assert (found.length, found.share) == (6, 0.75)
    assert passages(first, "碳化硅") == []


def test_repeated_letters_and_long_texts_end_soon() -> None:
    assert passages("啊" * 20_000, "啊" * 20_001 + "哦")
    long = "".join(chr(0x4E00 + i * 7919 % 20_000) for i in range(60_000))
    (found,) = passages(long, long[1000:50_000], least=LEAST)
    assert found.first == (1000, 50_000)
