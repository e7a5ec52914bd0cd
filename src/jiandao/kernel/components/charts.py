"""Charts: a picture for those who would rather look, and always the same numbers as a table."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from jiandao.kernel.components.formats import NOTHING, number


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, as many as there are categories; None is a gap."""

    name: str
    values: Sequence[float | int | None]


@dataclass(frozen=True, slots=True)
class Chart:
    """kind: "bar", "line" or "funnel" (which takes one series). `source` says where the numbers come from."""

    id: str
    title: str
    kind: Literal["bar", "line", "funnel"]
    categories: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    source: str = ""
    category_label: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError when a series is longer or shorter than the categories."""
        for series in self.series:
            if len(series.values) != len(self.categories):
                raise ValueError(
                    f"Chart {self.id}: series {series.name!r} has {len(series.values)} values "
                    f"for {len(self.categories)} categories."
                )

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws from."""
        return {
            "kind": self.kind,
            "unit": self.unit,
            "categories": [str(c) for c in self.categories],
            "series": [{"name": str(s.name), "values": list(s.values)} for s in self.series],
        }

    @property
    def data_id(self) -> str:
        """Id of the script element that carries the data."""
        return f"{self.id}-data"

    @property
    def table(self) -> list[tuple[str, list[str]]]:
        """Rows of the table: a category and its numbers in words."""
        return [
            (str(c), [NOTHING if s.values[i] is None else number(s.values[i]) for s in self.series])
            for i, c in enumerate(self.categories)
        ]
