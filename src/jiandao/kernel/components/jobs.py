"""The progress of a long job."""

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from jiandao.kernel.components.formats import number
from jiandao.kernel.components.shapes import Badge, Link


@dataclass(frozen=True, slots=True)
class Progress:
    """A job as its owner sees it.

    total      : None while it is not known how much there is to do
    poll_url   : answers the fragment `components/progress.html`; asked every second while the job runs
    cancel_url : takes POST; empty when the job cannot be cancelled
    counts     : ("Imported", 1200), ("Refused", 3), …
    """

    title: str
    state: Literal["queued", "running", "done", "failed", "cancelling", "cancelled"]
    label: str
    done: int = 0
    total: int | None = None
    message: str = ""
    counts: Sequence[tuple[str, int]] = ()
    poll_url: str = ""
    cancel_url: str = ""
    result: Link | None = None
    started: datetime.datetime | None = None
    ended: datetime.datetime | None = None

    @property
    def running(self) -> bool:
        """True while the page should ask again."""
        return self.state in {"queued", "running", "cancelling"}

    @property
    def percent(self) -> int | None:
        """Whole percent, never 100 before the job is done."""
        if self.state == "done":
            return 100
        if not self.total:
            return None
        return min(99, self.done * 100 // self.total)

    @property
    def badge(self) -> Badge:
        """The state in words with its tone."""
        tones = {"queued": "waiting", "running": "active", "done": "done", "failed": "stop"}
        return Badge(self.label, tones.get(self.state, "neutral"))  # type: ignore[arg-type]

    @property
    def shown_counts(self) -> list[tuple[str, str]]:
        """The counts, grouped by thousands."""
        return [(label, number(count)) for label, count in self.counts]
