"""How long may pass before there is any decision: a plan has to be read and built, and its linear programme solved.

Without these there is nothing to give back, so that they may take ten times the time limit, and two minutes in any case, from
the start of the clock. After that the answer is UnfinishedError.
"""

from jiandao.engines.files import UnfinishedError
from jiandao.engines.runs import Clock

_LEAST = 120.0  # seconds
_TIMES = 10.0


class Patience:
    """What a clock allows for that; without a limit, everything."""

    def __init__(self, clock: Clock | None = None) -> None:
        self._clock = clock or Clock()
        limit = self._clock.limit
        self._most = float("inf") if limit is None else max(_LEAST, _TIMES * limit)

    def left(self) -> float:
        """Seconds left, infinity without a limit."""
        return max(0.0, self._most - self._clock.spent())

    def check(self, doing: str) -> None:
        """Raise UnfinishedError when the time is over; `doing`: what was not ended."""
        if self.left() <= 0:
            raise self.over(doing)

    def over(self, doing: str) -> UnfinishedError:
        """What to raise."""
        return UnfinishedError(
            f"{doing} was not ended in {self._most:.0f} s; nothing was written, give more with --time-limit"
        )
