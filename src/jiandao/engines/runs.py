"""What the reports of all engines share: the options of every command, the time limit, and the block `run`."""

import argparse
import json
import platform
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from json.encoder import encode_basestring
from math import isfinite
from types import FrameType
from typing import Any, NoReturn

from jiandao import __version__
from jiandao.engines.files import Progress, UnfinishedError
from jiandao.engines.tables import number


def add_common_arguments(parser: argparse.ArgumentParser, *, seed: int | None = None) -> None:
    """Add --lang and --quiet, and --seed with this default."""
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of the reasons (default zh)")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    if seed is not None:
        parser.add_argument(
            "--seed", type=whole(0, 10**18), default=seed, metavar="N", help=f"repeats a run (default {seed})"
        )


def whole(least: int, most: int) -> Callable[[str], int]:
    """The type of an argument that is a whole number in this range."""

    def read(text: str) -> int:
        if text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most:
            return int(text)
        raise argparse.ArgumentTypeError(f"{text} is out of range, expected a whole number from {least} to {most}")

    return read


def decimal(least: float, most: float, *, above: bool = False) -> Callable[[str], float]:
    """The type of an argument that is a number in this range; `above`: and not `least` itself."""

    def read(text: str) -> float:
        value = number(text)
        if value is not None and least <= value <= most and not (above and value == least):
            return value
        low = f"above {least:g}" if above else f"from {least:g}"
        raise argparse.ArgumentTypeError(f"{text} is out of range, expected a number {low} to {most:g}")

    return read


share = decimal(0, 1)
seconds = decimal(0, 1e7, above=True)
_on_one_line = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


@dataclass
class Clock:
    """The time of a run. `limit`: seconds of wall time, None for no limit; `stop`: asked by long loops, True cancels;
    `step`: called when they ask.

    A solver asks `left()` for its own limit and `over()` between steps, and sets `reached` by asking; a run whose limit
    was reached need not repeat to the byte, and says so.
    """

    limit: float | None = None
    stop: Callable[[], bool] | None = None
    reached: bool = False
    step: Callable[[], None] = lambda: None
    _wall: float = field(default_factory=time.monotonic)
    _processor: float = field(default_factory=time.process_time)

    def left(self) -> float:
        """Seconds left; infinity without a limit, never below 0."""
        return max(0.0, self.limit - self.spent()) if self.limit is not None else float("inf")

    def spent(self) -> float:
        """Seconds of wall time since the clock was made."""
        return time.monotonic() - self._wall

    def over(self) -> bool:
        """Whether to stop now; remembers that the limit was reached or the caller cancelled."""
        self.step()
        if self.left() <= 0 or (self.stop is not None and self.stop()):
            self.reached = True
        return self.reached

    def until(self, part: float = 1.0) -> float | None:
        """When this part of the time that is left is over, as a time of day (other processes share no other clock); None
        without a limit. A piece of the work that runs elsewhere makes its own clock of it."""
        return None if self.limit is None else time.time() + self.left() * part

    @classmethod
    def ending(
        cls, until: float | None, stop: Callable[[], bool] | None = None, step: Callable[[], None] = lambda: None
    ) -> "Clock":
        """The clock of such a piece. `stop`, `step`: those of the run's own, for pieces in the same process."""
        return cls(limit=None if until is None else max(0.0, until - time.time()), stop=stop, step=step)

    def run(self, *, seed: int | None = None, **more: Any) -> dict[str, Any]:
        """The block `run` of a report; only `seconds` and `machine` differ between two runs of one input and seed."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "version": __version__,
            **({"seed": seed} if seed is not None else {}),
            **more,
            "limit_reached": self.reached,
            "seconds": {
                "wall": round(self.spent(), 3),
                "processor": round(time.process_time() - self._processor, 3),
            },
            "machine": {
                "python": platform.python_version(),
                "system": platform.platform(),
                "memory_mib": round(used.ru_maxrss / 1024),
            },
        }


class Watch:
    """Counts rows and pieces on a terminal, and ends a command that is out of time: half of its answer is none.

    `hint`: what else than more time would do.
    """

    def __init__(
        self, command: str, limit: float | None, *, quiet: bool, what: str = "rows and pieces", hint: str = ""
    ) -> None:
        self.clock = Clock(limit=limit)
        self._command, self._hint = command, hint
        self._progress = Progress(what, quiet=quiet)
        self._steps = 0

    def step(self, by: int = 1) -> None:
        """So many rows more. Raises UnfinishedError when time is over; looks at the clock once in 256 rows."""
        self._progress.step(by)
        before, self._steps = self._steps // 256, self._steps + by
        if self._steps // 256 > before:
            self.look()

    def look(self) -> None:
        """Raise UnfinishedError when time is over; after what takes longer than a row."""
        if self.clock.over():
            self.stop()

    def stop(self, _number: int = 0, _frame: FrameType | None = None) -> NoReturn:
        """Raise UnfinishedError."""
        raise UnfinishedError(
            f"{self._command}: out of time after {self.clock.spent():.1f} s; nothing was written, give a longer"
            f" --time-limit{self._hint}"
        )

    @contextmanager
    def limited(self, grace: float = 0.0) -> Iterator[None]:
        """Raises UnfinishedError so many seconds after time is over, also in what never calls `step`; in the main thread only."""
        if self.clock.limit is None or threading.current_thread() is not threading.main_thread():
            yield
            return
        before = signal.signal(signal.SIGALRM, self.stop)
        signal.setitimer(signal.ITIMER_REAL, max(self.clock.left() + grace, 1e-6))
        try:
            yield
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)

    def over(self) -> bool:
        """Whether time is over, for those who end by themselves."""
        self._progress.step()
        return self.clock.over()

    def end(self) -> None:
        self._progress.end()


class Entries:
    """A JSON object whose entries are made, by `make`, only when they are written. `lines`: each stands on one line."""

    def __init__(self, make: Callable[[], Iterable[tuple[str, Any]]], *, lines: bool = False) -> None:
        self.make, self.lines = make, lines

    @staticmethod
    def of(**entries: Any) -> "Entries":
        """With values that may be Entries again."""
        return Entries(entries.items)


def pieces(report: dict[str, Any]) -> Iterator[str]:
    """The report as JSON text, piece by piece: keys in the order given, Chinese as it is, NaN refused (ValueError).

    Values may be `Entries`, of which only one entry at a time is held; all keys are words.
    """
    yield from _pieces(Entries(report.items), "\n")
    yield "\n"


def _pieces(value: Any, indent: str) -> Iterator[str]:
    if not isinstance(value, Entries):
        yield _text(value, indent)
        return
    before = "{"
    for name, entry in value.make():
        yield f"{before}{indent} {encode_basestring(name)}: "
        if value.lines:
            yield _on_one_line(entry)
        else:
            yield from _pieces(entry, indent + " ")
        before = ","
    yield f"{indent}}}" if before == "," else "{}"


def _text(value: Any, indent: str) -> str:
    """As json.dumps with an indent of 1, which makes a piece of text of every comma and takes twice as long."""
    if isinstance(value, str):
        return encode_basestring(value)
    if value is None or value is True or value is False:
        return "null" if value is None else "true" if value else "false"
    if isinstance(value, float) and isfinite(value):
        return float.__repr__(value)
    inner = indent + " "
    if isinstance(value, dict):
        entries = [f"{inner}{encode_basestring(name)}: {_text(entry, inner)}" for name, entry in value.items()]
        return f"{{{','.join(entries)}{indent}}}" if entries else "{}"
    if isinstance(value, list | tuple):
        return f"[{','.join([inner + _text(entry, inner) for entry in value])}{indent}]" if value else "[]"
    return json.dumps(value, allow_nan=False)
