"""Calendar days and working days of the People's Republic, make-up working weekends (调休) included.

The official arrangement of holidays is published each November for the year after; `chinesecalendar` holds it. A year
that it does not hold is an error, not a guess: an end of a publicity period that was guessed would be wrong in law.
"""

from collections.abc import Iterator
from datetime import MAXYEAR, date, datetime, timedelta
from enum import StrEnum

import chinese_calendar
from chinese_calendar.constants import holidays as _holidays
from django.utils.translation import gettext_lazy as _

FIRST_YEAR = min(_holidays).year
LAST_YEAR = max(_holidays).year

LONGEST_PERIOD = 3660  # days; more is a slip of the keyboard


class Unit(StrEnum):
    CALENDAR = "calendar"
    WORKING = "working"


class CalendarFault(ValueError):
    """A date or a length that cannot be reckoned with; the message is for the reader."""


def is_working_day(day: date) -> bool:
    """Whether offices work: weekdays that are no holiday, and weekends that are worked to make up for one.

    Raises CalendarFault for a year whose holidays are not known.
    """
    day = _a_day(day)
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise CalendarFault(
            _(
                "The working days of %(year)s are not known here (known: %(first)s to %(last)s). The State Council "
                "publishes them each November for the year after: update the package chinesecalendar."
            )
            % {"year": day.year, "first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return bool(chinese_calendar.is_workday(day))


def add_working_days(start: date, count: int) -> date:
    """The working day that is `count` working days after `start` (before, when negative); `start` is not counted.

    Nought gives `start` itself when it is a working day, else the next one.
    """
    start = _a_day(start)
    if abs(count) > LONGEST_PERIOD:
        raise _too_long(count)
    step = -1 if count < 0 else 1
    if count == 0:
        return next(_working_days(start, step))
    days = _working_days(_shifted(start, step), step)
    return [next(days) for _unused in range(abs(count))][-1]


def working_days_between(first: date, last: date) -> int:
    """How many working days lie from `first` to `last`, both counted; nought when `last` is before `first`."""
    first, last = _a_day(first), _a_day(last)
    if (last - first).days > LONGEST_PERIOD:
        raise _too_long((last - first).days)
    return sum(is_working_day(first + timedelta(days=offset)) for offset in range((last - first).days + 1))


def publicity(start: date, n: int, *, unit: Unit = Unit.CALENDAR, count_first: bool = True) -> date:
    """The last day of a publicity period (公示) of `n` days that begins on `start`.

    count_first
        Whether `start` is day one, as Hubei does it; otherwise the day after is (the next working day, for working
        days). A first day that is no working day is never counted as one.

    Raises CalendarFault when `n` is below one, and for working days of a year that is not known.
    """
    start, unit = _a_day(start), Unit(unit)
    if isinstance(n, bool) or not isinstance(n, int) or n < 1:
        raise CalendarFault(_("A period has at least one day; this has %(count)s.") % {"count": n})
    if n > LONGEST_PERIOD:
        raise _too_long(n)
    if unit == Unit.CALENDAR:
        return _shifted(start, n - 1 if count_first else n)
    if count_first and is_working_day(start):
        return add_working_days(start, n - 1)
    return add_working_days(start, n)


def _working_days(day: date, step: int) -> Iterator[date]:
    """Working days from `day` on, itself included, forwards or backwards."""
    while True:
        if is_working_day(day):
            yield day
        day = _shifted(day, step)


def _shifted(day: date, days: int) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError as fault:
        raise CalendarFault(_("There is no date after the year %(year)s.") % {"year": MAXYEAR}) from fault


def _a_day(day: date) -> date:
    """A moment is no day: which day it is depends on the place, see `kernel.clock.local`."""
    if isinstance(day, datetime):
        raise TypeError("the calendar reckons with days; give clock.local(moment).date()")
    return day


def _too_long(count: int) -> CalendarFault:
    return CalendarFault(
        _("A period of %(count)s days is longer than any here; the most is %(most)s.")
        % {"count": count, "most": LONGEST_PERIOD}
    )
