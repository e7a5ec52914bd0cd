"""My desk (待办): what waits for me, until when, one click to do it."""

from collections.abc import Sequence
from dataclasses import dataclass

from jiandao.kernel.components.shapes import Badge, Due, Link


@dataclass(frozen=True, slots=True)
class DeskItem:
    """One thing that waits. `task` says what is to be done ("Check the form"), `action` is the one click."""

    title: str
    url: str
    task: str
    action: Link
    due: Due | None = None
    kind: str = ""
    from_whom: str = ""
    state: Badge | None = None


@dataclass(frozen=True, slots=True)
class DeskGroup:
    """Items of one kind; `total` may be larger than what is shown, then `all_url` leads to the rest."""

    title: str
    items: Sequence[DeskItem]
    total: int
    all_url: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """The page after sign-in."""

    groups: Sequence[DeskGroup]
    shortcuts: Sequence[Link] = ()
    recent: Sequence[Link] = ()

    @property
    def total(self) -> int:
        """How many things wait."""
        return sum(group.total for group in self.groups)

    @property
    def overdue(self) -> int:
        """How many of the shown items are overdue."""
        return sum(1 for group in self.groups for item in group.items if item.due and item.due.overdue)
