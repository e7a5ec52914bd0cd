"""Normalisation, tokens, sentences and overlap."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jiandao.engines.matching import containment, jaccard, normalise, sentences, shingles, terms
from jiandao.engines.matching.text import TermCounter, pieces
from jiandao.engines.matching.writing import surface

texts = st.text(
    alphabet=st.one_of(st.sampled_from("碳化硅的研究高高aB1.,5nm km％。！ \n"), st.characters()), max_size=60
)


def test_chinese_gives_characters_and_pairs() -> None:
    assert sorted(terms("碳化硅")) == sorted(["碳", "化", "硅", "碳化", "化硅"])


def test_one_and_two_characters_have_terms() -> None:
    assert terms("硅") == ["硅"]
    assert sorted(terms("专利")) == sorted(["专", "利", "专利"])


def test_english_is_folded_stemmed_and_without_stop_words() -> None:
    assert terms("The Sensors of gas sensing") == ["sensor", "gas", "sens"]


def test_mixed_text_gives_both_and_no_pair_spans_a_word() -> None:
    assert sorted(terms("硅SiC器件")) == sorted(["硅", "sic", "器", "件", "器件"])


@pytest.mark.parametrize(
    ("written", "also"),
    [
        ("5 nm", "5nm"),
        ("５ｎｍ", "5nm"),
        ("25℃", "25 °C"),
        ("1,250 kV", "1250kV"),
        ("99.9％", "99.9 %"),
        ("５Ｇ", "5G"),
    ],
)
def test_measures_are_the_same_however_they_are_written(written: str, also: str) -> None:
    assert terms(written) == terms(also)
    assert len(terms(also)) == 2  # the number, and the number with its unit


def test_formulae_and_decimals_stay_whole() -> None:
    assert terms("Al2O3 PM2.5 3.14") == ["al2o3", "pm2.5", "3.14"]


def test_full_width_equals_half_width() -> None:
    half = "SiC MOSFET 1200V, 99.9%"
    full = "".join(chr(ord(c) + 0xFEE0) if "!" <= c <= "~" else "\u3000" if c == " " else c for c in half)
    assert normalise(full) == normalise(half)
    assert terms(full) == terms(half)


def test_invisible_characters_cut_no_word() -> None:
    assert terms("碳\u200b化\ufeff硅") == terms("碳化硅")


@given(texts)
def test_normalise_is_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)


@given(texts)
def test_pieces_have_the_terms_of_the_index_and_point_at_them(text: str) -> None:
    seen = surface(text)
    located = [token for piece in pieces(seen) for token in piece.tokens]
    assert Counter(token.term for token in located) == Counter(terms(text))
    for token in located:
        if token.kind != "word":
            assert seen[token.start : token.end] == token.term


@given(texts, st.lists(texts, max_size=3))
def test_counter_counts_what_terms_gives(text: str, others: list[str]) -> None:
    wanted = {term for other in (*others, text[::2]) for term in terms(other)}
    expected = {term: times for term, times in Counter(terms(text)).items() if term in wanted}
    assert TermCounter(wanted).count(text) == expected


def test_counter_sees_overlapping_pairs() -> None:
    assert TermCounter(["高高"]).count("高高高高") == {"高高": 3}


def test_sentences_of_chinese_with_either_stop() -> None:
    text = "提出了一种方法.仿真结果表明(SOS)有效。其误差为3.5%！1.研究内容；\n2.目标"
    assert sentences(text) == ["提出了一种方法.", "仿真结果表明(SOS)有效。", "其误差为3.5%！", "1.研究内容；", "2.目标"]


def test_sentences_of_english_keep_abbreviations_and_decimals() -> None:
    text = "See Fig. 3 of J. Smith et al. for details, e.g. the 2.5 V case. It works! Does it?"
    assert sentences(text) == [
        "See Fig. 3 of J. Smith et al. for details, e.g. the 2.5 V case.",
        "It works!",
        "Does it?",
    ]


@given(texts)
def test_sentences_lose_no_letter(text: str) -> None:
    assert Counter(c for c in "".join(sentences(text)) if c.isalnum()) == Counter(c for c in text if c.isalnum())


def test_long_sentences_are_cut_at_a_comma() -> None:
    found = sentences("很长的句子没有句号，" * 40)
    assert max(map(len, found)) <= 160
    assert all(part.endswith("，") for part in found)


def test_overlap_of_chinese() -> None:
    a, b = "碳化硅功率器件的失效机理研究", "碳化硅功率器件的失效机理研究与应用示范"
    assert containment(a, b) == 1.0
    assert jaccard(a, b) == pytest.approx(len(shingles(a)) / len(shingles(b)))
    assert shingles("碳化硅功率器件") == {"碳化硅功率", "化硅功率器", "硅功率器件"}


def test_overlap_of_english_is_by_three_words() -> None:
    assert shingles("Gas sensors, for industry.") == {"gas sensors for", "sensors for industry"}
    assert containment("gas sensors for", "new GAS sensors for industry") == 1.0


def test_overlap_of_short_and_of_empty_texts() -> None:
    assert jaccard("硅", "硅") == 1.0
    assert jaccard("", "") == 0.0
    assert containment("。，", "碳化硅器件") == 0.0


@given(texts, texts)
def test_overlap_is_symmetric_and_bounded(a: str, b: str) -> None:
    assert jaccard(a, b) == jaccard(b, a)
    assert containment(a, b) == containment(b, a)
    assert 0 <= jaccard(a, b) <= containment(a, b) <= 1
    assert jaccard(a, a) == (1.0 if shingles(a) else 0.0)
