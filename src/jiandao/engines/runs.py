"""What the reports of all engines share: the options of every command, the time limit, and the block `run`."""

import argparse
import json
import platform
import resource
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jiandao import __version__
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


@dataclass
class Clock:
    """The time of a run. `limit`: seconds of wall time, None for no limit; `stop`: asked by long loops, True cancels.

    A solver asks `left()` for its own limit and `over()` between steps, and sets `reached` by asking; a run whose limit
    was reached need not repeat to the byte, and says so.
    """

    limit: float | None = None
    stop: Callable[[], bool] | None = None
    reached: bool = False
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
        if self.left() <= 0 or (self.stop is not None and self.stop()):
            self.reached = True
        return self.reached

    def until(self) -> float | None:
        """When the limit is reached, as a time of day: a piece of the work that runs elsewhere makes its own clock of it."""
        return None if self.limit is None else time.time() + self.left()

    @classmethod
    def ending(cls, until: float | None) -> "Clock":
        """The clock of such a piece."""
        return cls(limit=None if until is None else max(0.0, until - time.time()))

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


def written(report: dict[str, Any]) -> str:
    """The report as JSON text: keys in the order given, Chinese as it is, NaN refused."""
    return json.dumps(report, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
