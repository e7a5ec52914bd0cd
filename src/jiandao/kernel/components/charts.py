"""Charts: a picture for those who would rather look, and always the same numbers as a table.

The page carries the numbers as JSON and as a table; `chart.js` draws with ECharts. Texts and numbers are put into words
here, so that picture and table say the same in both languages.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.translation import gettext as _

from jiandao.kernel.components.formats import FEN_PER_WAN, NOTHING, in_chinese, money, number, percent
from jiandao.kernel.components.shapes import Link, safe_url

Number = int | float
Kind = Literal["bar", "stacked", "line", "funnel", "scatter"]
Figures = Literal["number", "money", "percent"]


@dataclass(frozen=True, slots=True)
class Series:
    """One row of numbers, as many as there are categories; None is a gap.

    hrefs : where each point leads, or none at all
    xs    : of a scatter, the place of each point on the axis across (`values` is the place up)
    sizes : of a scatter, what the area of each bubble stands for; empty: all alike
    """

    name: str
    values: Sequence[Number | None]
    hrefs: Sequence[str] = ()
    xs: Sequence[Number | None] = ()
    sizes: Sequence[Number | None] = ()


@dataclass(frozen=True, slots=True)
class Drop:
    """Why some fell away at a step of a funnel, how many, and the list of them."""

    reason: str
    count: int
    href: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number of the table, in words, and where it leads."""

    words: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class FunnelStep:
    """A step of a funnel in words. `waiting`: those neither fallen away nor gone on."""

    name: str
    figure: Cell
    share: str
    dropped: str
    drops: Sequence[Link]
    waiting: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Numbers to look at.

    kind       : bar, stacked (bars on one another), line, funnel (one series), scatter (categories name the points)
    figures    : how all values are written: number; money (int fen, shown in 万元); percent (share of 1)
    categories : names of the points, in their order
    unit       : of the values; money and percent have their own
    drops      : of a funnel, for each step why some went no further; empty where nobody did
    x_label, size_label : of a scatter, what `xs` and `sizes` are; `value_label` what the values are
    source     : where the numbers come from
    empty      : a sentence instead of the picture when there is no number at all

    Raises ValueError when a series is longer or shorter than the categories, and when a funnel has not one series.
    """

    id: str
    title: str
    kind: Kind
    categories: Sequence[str]
    series: Sequence[Series]
    unit: str = ""
    source: str = ""
    category_label: str = ""
    figures: Figures = "number"
    drops: Sequence[Sequence[Drop]] = ()
    x_label: str = ""
    value_label: str = ""
    size_label: str = ""
    empty: str = ""

    def __post_init__(self) -> None:
        many = len(self.categories)
        for series in self.series:
            given = [("values", series.values), ("hrefs", series.hrefs), ("xs", series.xs), ("sizes", series.sizes)]
            for name, values in given:
                if len(values) != many and (name == "values" or values or (name == "xs" and self.kind == "scatter")):
                    raise ValueError(
                        f"Chart {self.id}: series {series.name!r} has {len(values)} {name} for {many} categories."
                    )
        if self.kind == "funnel" and len(self.series) != 1:
            raise ValueError(f"Chart {self.id}: a funnel has one series, not {len(self.series)}.")
        if self.drops and len(self.drops) != many:
            raise ValueError(f"Chart {self.id}: drops of {len(self.drops)} steps for {many} steps.")

    @property
    def data(self) -> dict[str, Any]:
        """What the script draws from: numbers for the picture, words for people."""
        return {
            "kind": self.kind,
            "unit": self.shown_unit,
            "xLabel": str(self.x_label),
            "valueLabel": str(self.value_label),
            "categories": [str(c) for c in self.categories],
            "series": [
                {
                    "name": str(s.name),
                    "values": [self._drawn(value) for value in s.values],
                    "words": [self.words(value) for value in s.values],
                    "hrefs": [safe_url(href) if href else "" for href in s.hrefs],
                    **({"xs": list(s.xs), "sizes": list(s.sizes)} if self.kind == "scatter" else {}),
                }
                for s in self.series
            ],
            **({"shares": [step.share for step in self.steps]} if self.kind == "funnel" else {}),
        }

    @property
    def data_id(self) -> str:
        """Id of the script element that carries the data."""
        return f"{self.id}-data"

    @property
    def is_empty(self) -> bool:
        """True when no series has a number other than nought."""
        return not any(value for series in self.series for value in series.values)

    @property
    def shown_unit(self) -> str:
        """The unit in words."""
        if self.figures == "money":
            return "万元" if in_chinese() else _("CNY 10,000")
        return "%" if self.figures == "percent" else str(self.unit)

    @property
    def columns(self) -> list[str]:
        """Headings of the table beside the first."""
        if self.kind != "scatter":
            return [str(series.name) for series in self.series]
        names = [_("Group")] if len(self.series) > 1 else []
        names += [str(self.x_label), str(self.value_label)]
        return names + ([str(self.size_label)] if any(series.sizes for series in self.series) else [])

    @property
    def table(self) -> list[tuple[str, list[Cell]]]:
        """Rows of the table: a category and its numbers in words."""
        if self.kind == "scatter":
            return list(self._points())
        return [
            (str(c), [Cell(self.words(s.values[i]), _href(s, i)) for s in self.series])
            for i, c in enumerate(self.categories)
        ]

    @property
    def steps(self) -> list[FunnelStep]:
        """The steps of a funnel: how many, which share of the step before, who fell away and why, who still waits."""
        values = [value or 0 for value in self.series[0].values]
        found = []
        for i, name in enumerate(self.categories):
            drops = self.drops[i] if self.drops else ()
            dropped = sum(drop.count for drop in drops)
            last = i == len(values) - 1
            waiting = values[i] - dropped - (0 if last else values[i + 1])
            share = percent(values[i] / values[i - 1]) if i and values[i - 1] else NOTHING
            found.append(
                FunnelStep(
                    str(name),
                    Cell(self.words(values[i]), _href(self.series[0], i)),
                    share,
                    number(dropped) if dropped else NOTHING,
                    [Link(f"{drop.reason} {number(drop.count)}", drop.href) for drop in drops if drop.count],
                    # More than one may come of one (a need becomes two introductions): then nobody can be said to wait.
                    number(waiting) if waiting > 0 and not last else NOTHING,
                )
            )
        return found

    def words(self, value: Number | None) -> str:
        """A value as it stands in the table."""
        if value is None:
            return NOTHING
        if self.figures == "money":
            return money(int(value))
        return percent(value, 1) if self.figures == "percent" else number(value)

    def _drawn(self, value: Number | None) -> Number | None:
        if value is None:
            return None
        return value / FEN_PER_WAN if self.figures == "money" else value * 100 if self.figures == "percent" else value

    def _points(self) -> "Sequence[tuple[str, list[Cell]]]":
        rows = []
        for i, name in enumerate(self.categories):
            for series in self.series:
                if series.values[i] is None or series.xs[i] is None:
                    continue
                cells = [Cell(str(series.name))] if len(self.series) > 1 else []
                cells += [Cell(number(series.xs[i])), Cell(self.words(series.values[i]), _href(series, i))]
                if any(one.sizes for one in self.series):
                    cells.append(Cell(number(series.sizes[i]) if series.sizes else NOTHING))
                rows.append((str(name), cells))
        return rows


def _href(series: Series, at: int) -> str:
    return safe_url(series.hrefs[at]) if series.hrefs and series.hrefs[at] else ""
