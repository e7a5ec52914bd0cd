"""Periods of days: the vectors of real publicity notices, holidays, make-up weekends, and what holds always."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from jiandao.kernel.calendar import (
    FIRST_YEAR,
    LAST_YEAR,
    CalendarFault,
    Unit,
    add_working_days,
    is_working_day,
    publicity,
    working_days_between,
)

# One year of room on either side, so that a period does not run out of what is known.
days = st.dates(date(FIRST_YEAR + 1, 1, 1), date(LAST_YEAR - 1, 12, 31))
lengths = st.integers(1, 90)


@pytest.mark.parametrize(
    ("start", "n", "end"),
    [
        (date(2023, 2, 20), 7, date(2023, 2, 26)),  # Hubei, the first day counted
        (date(2023, 10, 27), 8, date(2023, 11, 3)),  # Jiangmen
        (date(2023, 4, 27), 10, date(2023, 5, 6)),  # Rongcheng, across a holiday
    ],
)
def test_the_publicity_periods_of_real_notices(start, n, end):
    assert publicity(start, n) == end
    assert publicity(start, n, count_first=False) == end + timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        (date(2023, 4, 23), True),  # a Sunday worked for the First of May
        (date(2023, 5, 6), True),  # a Saturday, likewise
        (date(2023, 5, 3), False),  # a Wednesday of that holiday
        (date(2023, 10, 7), True),
        (date(2023, 10, 8), True),
        (date(2023, 9, 29), False),  # mid-autumn, a Friday
        (date(2026, 11, 22), False),
        (date(2026, 11, 23), True),
    ],
)
def test_holidays_and_make_up_weekends(day, works):
    assert is_working_day(day) is works


@pytest.mark.parametrize(
    ("start", "n", "first", "end"),
    [
        (date(2023, 4, 27), 5, True, date(2023, 5, 6)),  # 27, 28 April, 4, 5, and Saturday 6 May
        (date(2023, 4, 27), 5, False, date(2023, 5, 8)),
        (date(2023, 4, 29), 3, True, date(2023, 5, 6)),  # begins in the holiday: 4 May is the first day
        (date(2023, 9, 28), 3, True, date(2023, 10, 8)),  # 28 September, 7 and 8 October, a weekend
        (date(2026, 2, 14), 2, True, date(2026, 2, 24)),  # Saturday 14 February is worked; then the Spring Festival
    ],
)
def test_periods_of_working_days(start, n, first, end):
    assert publicity(start, n, unit=Unit.WORKING, count_first=first) == end


@pytest.mark.parametrize("year", [FIRST_YEAR - 1, LAST_YEAR + 1])
def test_a_year_that_is_not_known_is_an_error_with_a_sentence(year):
    for ask in (
        lambda: is_working_day(date(year, 3, 1)),
        lambda: add_working_days(date(year, 3, 1), 1),
        lambda: publicity(date(year, 3, 1), 5, unit=Unit.WORKING),
    ):
        with pytest.raises(CalendarFault, match=str(year)):
            ask()
    assert publicity(date(year, 3, 1), 5) == date(year, 3, 5)  # calendar days need no holidays


def test_a_period_that_runs_out_of_the_known_years_is_an_error_and_not_a_guess():
    with pytest.raises(CalendarFault, match=str(LAST_YEAR + 1)):
        publicity(date(LAST_YEAR, 12, 30), 20, unit=Unit.WORKING)


@pytest.mark.parametrize("n", [0, -1, 10**9, True, 2.5])
@pytest.mark.parametrize("unit", list(Unit))
def test_a_length_that_is_none_is_refused(n, unit):
    with pytest.raises(CalendarFault):
        publicity(date(2023, 2, 20), n, unit=unit)


def test_a_moment_is_no_day():
    with pytest.raises(TypeError):
        is_working_day(datetime(2023, 2, 20, tzinfo=UTC))
    with pytest.raises(CalendarFault):
        publicity(date.max, 2)


@given(days, lengths)
def test_calendar_days_are_counted_one_by_one(start, n):
    end = publicity(start, n)
    assert (end - start).days + 1 == n
    assert (publicity(start, n, count_first=False) - start).days == n


@given(days, lengths, st.booleans())
def test_working_days_are_counted_one_by_one(start, n, count_first):
    end = publicity(start, n, unit=Unit.WORKING, count_first=count_first)
    counted_from = start if count_first else start + timedelta(days=1)
    assert is_working_day(end)
    assert working_days_between(counted_from, end) == n
    assert end >= publicity(start, n, count_first=count_first) or not count_first


@given(days, st.integers(-60, 60))
def test_going_and_coming_back(start, count):
    assume(is_working_day(start))
    assert add_working_days(add_working_days(start, count), -count) == start


@given(days, lengths)
def test_a_longer_period_never_ends_earlier(start, n):
    for unit in Unit:
        assert publicity(start, n, unit=unit) < publicity(start, n + 1, unit=unit)
