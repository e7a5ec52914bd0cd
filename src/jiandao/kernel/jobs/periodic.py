"""Work that comes again: every so many seconds, or daily at a time. One host does it for all.

Each piece belongs to a lane. A lane is a thread of the worker that holds the advisory lock of that name; the workers of
other hosts wait for the lock and take over when its holder dies. Slow work stands in a lane of its own, so that it
delays nothing that comes every second.
"""

import logging
import threading
import time as monotonic_time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta

from django.db import DatabaseError, InterfaceError, connection, connections

from jiandao.kernel import clock
from jiandao.kernel.database.locks import session_lock
from jiandao.kernel.jobs.models import PeriodicRun
from jiandao.kernel.jobs.running import new_incident

logger = logging.getLogger("jiandao.periodic")

Work = Callable[[], object]
REMEMBERED = 60.0  # work that comes more often keeps no row
TICK = 0.25  # the shortest pause between two rounds of a lane
LONGEST = 60.0  # the longest: clocks are set, and machines sleep
STAND_BY = 5.0  # how often another host looks whether a lane's holder has died


@dataclass
class Periodic:
    """A piece of work with its rhythm: `seconds` between two beginnings, or a time of the day in Hubei."""

    name: str
    work: Work
    lane: str
    seconds: float = 0.0
    at: time | None = None
    next: float = field(default=0.0)  # when to look again, on the monotonic clock of this process

    @property
    def remembered(self) -> bool:
        """Whether the database remembers when it last ran."""
        return self.at is not None or self.seconds >= REMEMBERED

    def is_due(self) -> bool:
        """Whether it should begin now."""
        if self.remembered:
            last = PeriodicRun.objects.filter(name=self.name).values_list("started_at", flat=True).first()
            rest = (self.after(last) - clock.now()).total_seconds() if last is not None else 0.0
            self.next = monotonic_time.monotonic() + rest
        return monotonic_time.monotonic() >= self.next

    def after(self, last: datetime) -> datetime:
        """When it is due again, having begun at `last`."""
        if self.at is None:
            return last + timedelta(seconds=self.seconds)
        day = clock.local(last)
        due = day.replace(hour=self.at.hour, minute=self.at.minute, second=0, microsecond=0)
        return due if due > day else due + timedelta(days=1)


_WORK: dict[str, Periodic] = {}


def every(seconds: float, name: str, *, lane: str = "house") -> Callable[[Work], Work]:
    """Register work to begin every so many seconds."""
    return lambda work: _register(Periodic(name, work, lane, seconds=seconds), work)


def daily_at(at: str, name: str, *, lane: str = "daily") -> Callable[[Work], Work]:
    """Register work for once a day, at "HH:MM" in Hubei or as soon afterwards as a worker runs."""
    moment = time.fromisoformat(at)
    return lambda work: _register(Periodic(name, work, lane, at=moment), work)


def _register(periodic: Periodic, work: Work) -> Work:
    known = _WORK.get(periodic.name)
    if known is not None and known.work is not work:
        raise ValueError(f"two pieces of periodic work named {periodic.name}")
    _WORK[periodic.name] = periodic
    return work


def lanes() -> dict[str, list[Periodic]]:
    """All registered work by lane."""
    found: dict[str, list[Periodic]] = {}
    for one in _WORK.values():
        found.setdefault(one.lane, []).append(one)
    return found


def run_due(work: Iterable[Periodic]) -> list[str]:
    """Run what is due, one after the other; the names of what ran. A fault of one is logged and stops no other."""
    ran = []
    for one in work:
        if one.is_due():
            ran.append(one.name)
            _run(one)
    return ran


def pause(work: Iterable[Periodic]) -> float:
    """Seconds until the first of `work` may be due, as far as known after `run_due`: nobody asks the database before."""
    rest = min((one.next for one in work), default=0.0) - monotonic_time.monotonic()
    return min(max(rest, TICK), LONGEST)


def _run(one: Periodic) -> None:
    rhythm = one.seconds if one.at is None else (one.after(clock.now()) - clock.now()).total_seconds()
    one.next = monotonic_time.monotonic() + rhythm
    if one.remembered:
        PeriodicRun.objects.update_or_create(
            name=one.name, defaults={"started_at": clock.now(), "ended_at": None, "incident": ""}
        )
    incident = ""
    try:
        one.work()
    except Exception as error:
        incident = new_incident()
        logger.exception("incident %s in periodic work %s", incident, one.name)
        if isinstance(error, DatabaseError | InterfaceError) and not connection.is_usable():
            raise
    if one.remembered:
        PeriodicRun.objects.filter(name=one.name).update(ended_at=clock.now(), incident=incident)


def run_lane(lane: str, stop: threading.Event) -> None:
    """Hold the lane's lock and run its work until `stop`; without the lock, wait for it. Survives the database."""
    while not stop.is_set():
        try:
            with session_lock(f"periodic:{lane}", wait=False) as taken:
                while taken and not stop.is_set():
                    work = lanes().get(lane, [])
                    run_due(work)
                    stop.wait(pause(work))
            stop.wait(STAND_BY)
        except Exception as error:
            logger.warning("periodic work (%s) waits for the database: %s", lane, error)
            connections.close_all()
            stop.wait(2)
    connections.close_all()
