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


def add_common_arguments(parser: argparse.ArgumentParser, *, seed: int | None = None) -> None:
    """Add --lang and --quiet, and --seed with this default."""
    parser.add_argument("--lang", choices=("zh", "en"), default="zh", help="language of the reasons (default zh)")
    parser.add_argument("--quiet", action="store_true", help="no progress on standard error")
    if seed is not None:
        parser.add_argument("--seed", type=_seed, default=seed, metavar="N", help=f"repeats a run (default {seed})")


def _seed(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is no seed, expected a whole number of at least 0")
    return number


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
