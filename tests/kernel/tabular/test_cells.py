"""Values of cells: dates, periods, money, numbers, as people and spreadsheets write them."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from jiandao.kernel.tabular import values
from jiandao.kernel.tabular.addresses import column_letters, column_number
from jiandao.kernel.tabular.faults import CellFaultError, Fault, shortened


@pytest.mark.parametrize(
    ("raw", "first", "last"),
    [
        ("2026.11", (2026, 11, 1), (2026, 11, 30)),
        (2026.11, (2026, 11, 1), (2026, 11, 30)),
        ("2018.01-2020.12", (2018, 1, 1), (2020, 12, 31)),
        ("2018年1月至2020年12月", (2018, 1, 1), (2020, 12, 31)),
        ("Aug 2016", (2016, 8, 1), (2016, 8, 31)),
        ("12 Aug 2016", (2016, 8, 12), (2016, 8, 12)),
        ("August 12, 2016", (2016, 8, 12), (2016, 8, 12)),
        (46348.0, (2026, 11, 22), (2026, 11, 22)),
        ("46348", (2026, 11, 22), (2026, 11, 22)),
        ("20261122", (2026, 11, 22), (2026, 11, 22)),
        ("2026-11-22 09:30", (2026, 11, 22), (2026, 11, 22)),
        (datetime(2026, 11, 22, 9, 30), (2026, 11, 22), (2026, 11, 22)),  # noqa: DTZ001 - as a spreadsheet has it
    ],
)
def test_days(raw, first, last):
    assert values.day(raw) == date(*first)
    assert values.day(raw, end=True) == date(*last)


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("2026-02-30", "cell.day"),
        ("2026-13", "cell.day"),
        ("soon", "cell.day"),
        (7.5, "cell.day"),
        ("03/04/2026", "cell.day_order"),
        (2026.1, "cell.month_number"),
        ("#N/A", "cell.error"),
        ("2026\x07", "cell.control"),
    ],
)
def test_what_is_no_day(raw, code):
    with pytest.raises(CellFaultError) as fault:
        values.day(raw)
    assert fault.value.code == code


@pytest.mark.parametrize(
    ("raw", "fen"),
    [
        ("300", 300_000_000),
        (1250.5, 1_250_500_000),
        (0.1 + 0.2, 300_000),
        ("１，２５０．５", 1_250_500_000),
        ("100万元", 100_000_000),
        ("500元", 50_000),
        ("3.1亿元", 31_000_000_000),
    ],
)
def test_money(raw, fen):
    assert values.money(raw) == fen


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("0.0000001", "cell.money_fraction"),
        ("面议", "cell.money"),
        ("1.2.3", "cell.money"),
        ("-1", "cell.money_positive"),
        ("0", "cell.money_positive"),
        ("9" * 18, "cell.money_large"),
    ],
)
def test_what_is_no_money(raw, code):
    with pytest.raises(CellFaultError) as fault:
        values.money(raw)
    assert fault.value.code == code
    assert values.money("0", positive=False) == 0
    assert values.money("5", yuan=True) == 500


def test_numbers_and_texts_as_a_spreadsheet_shows_them():
    assert values.text("\u200b\ufeff ") == ""
    assert [values.text(one) for one in (18.0, 0.1 + 0.2, 1e20, 12, " a\r\nb ")] == [
        "18", "0.3", "100000000000000000000", "12", "a\nb",
    ]  # fmt: skip
    assert values.number("1,234.5") == Decimal("1234.5")
    for raw in (True, "\x00", "\ud800"):
        with pytest.raises(CellFaultError):
            values.text(raw)


@given(st.one_of(st.text(max_size=60), st.floats(), st.integers(), st.none(), st.dates()))
def test_no_value_ends_in_anything_but_a_value_or_a_fault(raw):
    for read in (values.text, values.line, values.number, values.money, values.day, values.period):
        try:
            read(raw)
        except CellFaultError as fault:
            assert str(fault)  # noqa: PT017 - most values are no fault


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_back_in_each_way_of_writing(day):
    for form in (
        "{0:%Y}-{0.month}-{0.day}",
        "{0:%Y}/{0:%m}/{0:%d}",
        "{0:%Y}年{0.month}月{0.day}日",
        "{0:%Y}.{0:%m}.{0:%d}",
    ):
        assert values.day(form.format(day)) == day


@given(st.integers(min_value=1, max_value=20_000))
def test_letters_of_columns(number):
    assert column_number(column_letters(number)) == number


def test_a_fault_speaks_both_languages_after_it_was_kept():
    error = CellFaultError("cell.long", count=300, most=200)
    fault = Fault.from_json(Fault(7, "题目", "C7", shortened("x" * 300), error.code, error.facts).as_json())
    assert len(fault.value) == 60
    with translation.override("en"):
        assert fault.sentence == "These are 300 characters; at most 200 are kept. Shorten it."
