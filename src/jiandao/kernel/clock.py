"""The time of the house: always aware, shown in Asia/Shanghai, and injectable.

Nothing else in the code asks the machine for the time, so that a test, a replay or a demonstration can set it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.utils import timezone

SHANGHAI = ZoneInfo("Asia/Shanghai")

_frozen: ContextVar[datetime | None] = ContextVar("jiandao_clock", default=None)


def now() -> datetime:
    """This moment, aware."""
    return _frozen.get() or timezone.now()


def today() -> date:
    """The date on the wall in Hubei at this moment."""
    return now().astimezone(SHANGHAI).date()


def local(at: datetime) -> datetime:
    """`at` as a clock in Hubei shows it."""
    return at.astimezone(SHANGHAI)


def start_of(day: date) -> datetime:
    """The first moment of `day` in Hubei."""
    return datetime.combine(day, time.min, tzinfo=SHANGHAI)


@contextmanager
def frozen(at: datetime) -> Iterator[datetime]:
    """Within the block it is `at`, in this thread or task only."""
    if at.tzinfo is None:
        raise ValueError("a frozen clock needs an aware datetime")
    token = _frozen.set(at)
    try:
        yield at
    finally:
        _frozen.reset(token)
