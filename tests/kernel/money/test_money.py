"""Money: whole fen only, as people type it and read it, and shares that sum to the fen."""

from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from jiandao.kernel.components import formats
from jiandao.kernel.money import LARGEST_FEN, MoneyFault, fen_from_wan, fen_from_yuan, format_wan, in_wan, split

amounts = st.integers(-LARGEST_FEN, LARGEST_FEN)


@pytest.mark.parametrize(
    ("text", "fen"),
    [
        ("1250.5", 1_250_500_000),
        ("1,250.50", 1_250_500_000),
        ("1，250．50", 1_250_500_000),
        ("１２", 12_000_000),
        ("　１２．５　", 12_500_000),
        ("0.000001", 1),
        (".5", 500_000),
        ("3.", 3_000_000),
        ("-1,000", -1_000_000_000),
        ("−2", -2_000_000),
        ("1.25E+3", 1_250_000_000),
        ("0", 0),
        (300, 300_000_000),
        (Decimal("0.01"), 10_000),
        (str(LARGEST_FEN // 10**6), LARGEST_FEN),
    ],
)
def test_an_amount_in_wan_as_people_type_it(text, fen):
    assert fen_from_wan(text) == fen


@pytest.mark.parametrize(
    "text",
    [
        "0.0000001", "三百万", "", " ", "nan", "inf", "-Infinity", "1e400", "1e-9", "12万", "1,25", "1,2,3", "12,34.5",
        "1 000", "1_000", "10²", "½", "①", "0x10", "--1", "1.2.3", ",", ".", "100000000001", None, True,
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused_in_a_sentence(text):
    for language in ("zh-hans", "en"):
        with translation.override(language), pytest.raises(MoneyFault) as fault:
            fen_from_wan(text)
        assert len(str(fault.value)) > 8


def test_a_fraction_of_a_fen_is_refused_and_never_rounded():
    assert fen_from_yuan("0.01") == 1
    with translation.override("en"):
        for text in ("0.001", "0.009999", "12.345"):
            with pytest.raises(MoneyFault, match="whole number of fen"):
                fen_from_yuan(text)
        with pytest.raises(MoneyFault, match="larger"):
            fen_from_wan("9" * 12)


def test_a_float_is_never_money():
    for call in (fen_from_yuan, fen_from_wan):
        with pytest.raises(TypeError):
            call(0.1)
    assert fen_from_yuan(Decimal("0.1")) == 10


@given(amounts)
def test_what_is_shown_reads_back_as_the_same_amount(fen):
    shown = format_wan(fen)
    assert fen_from_wan(shown) == fen
    assert len(shown.split(".")[1]) >= 2
    assert in_wan(fen) * 1_000_000 == fen
    assert formats.wan(fen) == shown
    with translation.override("en"):
        assert fen_from_yuan(formats.money(fen).replace("CNY ", "")) == fen


@given(st.decimals(allow_nan=True, allow_infinity=True))
def test_any_decimal_is_exact_or_refused(value):
    try:
        fen = fen_from_yuan(value)
    except MoneyFault:
        return
    assert Decimal(fen) == value * 100


@given(st.text(max_size=12))
def test_any_text_is_an_amount_or_a_sentence(text):
    try:
        fen = fen_from_wan(text)
    except MoneyFault:
        return
    assert abs(fen) <= LARGEST_FEN
    assert fen_from_wan(format_wan(fen)) == fen


# --- shares ----------------------------------------------------------------------------------------------------------

weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)


@given(amounts, weights)
def test_shares_add_up_to_the_fen_and_follow_the_weights(total, weights):
    shares = split(total, weights)
    assert sum(shares) == total
    for share, weight in zip(shares, weights, strict=True):
        assert abs(share - Decimal(total) * weight / sum(weights)) < 1
        assert weight or not share


@given(amounts, weights)
def test_shares_of_a_negative_total_are_the_opposite(total, weights):
    assert split(-total, weights) == [-share for share in split(total, weights)]


@given(amounts, st.integers(1, 10**6), st.integers(1, 20))
def test_equal_weights_differ_by_a_fen_at_most(total, weight, count):
    shares = split(total, [weight] * count)
    assert max(shares) - min(shares) <= 1


def test_the_fen_that_is_left_goes_to_the_largest_remainder_and_among_equals_to_the_first():
    assert split(100, [1, 1, 1]) == [34, 33, 33]
    assert split(101, [1, 1, 1]) == [34, 34, 33]
    assert split(10, [30, 40, 30]) == [3, 4, 3]
    assert split(1, [1, 2]) == [0, 1]


def test_weights_that_make_no_shares_are_refused():
    for wrong in ([], [0, 0], [2, -1]):
        with pytest.raises(ValueError, match="weights"):
            split(5, wrong)
    for total, wrong in ((1.0, [1]), (5, [0.5, 0.5]), (True, [1])):
        with pytest.raises(TypeError):
            split(total, wrong)
