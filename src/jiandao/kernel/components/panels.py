"""A small table on a record's page: what belongs to the record, a line each, with links and buttons."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jiandao.kernel.components.shapes import Badge, Day, Link


@dataclass(frozen=True, slots=True)
class PanelButton:
    """A form with one button. `about` is read to those who do not see the row."""

    label: str
    url: str
    about: str = ""
    stops: bool = False
    fields: tuple[tuple[str, str], ...] = ()  # hidden ones

    @property
    def css(self) -> str:
        return "btn btn-sm btn-ghost-danger" if self.stops else "btn btn-sm"


@dataclass(frozen=True, slots=True)
class PanelRow:
    """A line: its cells (texts, or what renders itself), links and buttons at its end."""

    cells: Sequence[Any]
    links: Sequence[Link] = ()
    buttons: Sequence[PanelButton] = ()
    muted: bool = False


@dataclass(frozen=True, slots=True)
class Panel:
    """A card with a table. `slug` makes the id of its heading; `empty` is said where there is no line."""

    title: str
    slug: str
    columns: Sequence[str]
    rows: Sequence[PanelRow] = ()
    links: Sequence[Link] = ()
    empty: str = ""
    note: str = ""
    badge: Badge | None = None

    @property
    def has_actions(self) -> bool:
        return any(row.links or row.buttons for row in self.rows)

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers alone: those are aligned at their end."""
        return [
            bool(self.rows) and all(type(row.cells[place]) is int for row in self.rows)
            for place in range(len(self.columns))
        ]

    @property
    def heads(self) -> list[tuple[str, bool]]:
        """The columns, and whether each holds numbers."""
        return list(zip(self.columns, self.numeric, strict=True))

    @property
    def lines(self) -> list[tuple[list[tuple[str, Any, bool]], PanelRow]]:
        """Each row with its cells between the names of their columns and whether these hold numbers."""
        numeric = self.numeric
        return [(list(zip(self.columns, map(_shown, row.cells), numeric, strict=True)), row) for row in self.rows]


def _shown(cell: Any) -> Any:
    """A day is written as everywhere else, whoever forgot to say so."""
    return Day(cell) if isinstance(cell, date) and not isinstance(cell, datetime) else cell
