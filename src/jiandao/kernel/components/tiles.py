"""The schematic map of the prefectures of Hubei (市州): one equal tile each, near its neighbours, without boundaries.

A map with boundaries needs an approval number in China and is not shipped; tiles are no map, and small places are seen
as well as large ones. Everything is made on the server: no script, no inline style.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jiandao.kernel.components.formats import FEN_PER_WAN, NOTHING, in_chinese, money, number, percent
from jiandao.kernel.components.shapes import safe_url

Number = int | float
STEPS = 5
# code -> the name that fits a tile; a soft hyphen says where it may break. Where each stands is in face.css.
SHORT = {
    "4201": ("武汉", "Wuhan"),
    "4202": ("黄石", "Huang\u00adshi"),
    "4203": ("十堰", "Shiyan"),
    "4205": ("宜昌", "Yichang"),
    "4206": ("襄阳", "Xiang\u00adyang"),
    "4207": ("鄂州", "Ezhou"),
    "4208": ("荆门", "Jing\u00admen"),
    "4209": ("孝感", "Xiaogan"),
    "4210": ("荆州", "Jing\u00adzhou"),
    "4211": ("黄冈", "Huang\u00adgang"),
    "4212": ("咸宁", "Xian\u00adning"),
    "4213": ("随州", "Suizhou"),
    "4228": ("恩施", "Enshi"),
    "429004": ("仙桃", "Xiantao"),
    "429005": ("潜江", "Qian\u00adjiang"),
    "429006": ("天门", "Tian\u00admen"),
    "429021": ("神农架", "Shen\u00adnong\u00adjia"),
}


@cache
def places() -> dict[str, tuple[str, str]]:
    """Code -> (Chinese, English) name of every prefecture-level unit, in the order of the vocabulary `prefecture`."""
    text = files("jiandao.kernel.vocabulary").joinpath("data/prefecture.tsv").read_text(encoding="utf-8")
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    return {row["code"]: (row["label_zh"], row["label_en"]) for row in rows}


@dataclass(frozen=True, slots=True)
class Tile:
    """The value of one place (None: not known) and where its tile leads."""

    code: str
    value: Number | None
    href: str = ""


@dataclass(frozen=True, slots=True)
class ShownTile:
    """A tile as the template shows it."""

    code: str
    short: str
    name: str
    figure: str
    whole: str
    step: int
    href: str


@dataclass(frozen=True, slots=True)
class LegendStep:
    """One shade and the values that it stands for."""

    step: int
    words: str


@dataclass(frozen=True, slots=True)
class TileMap:
    """A value for each place. Places that `tiles` leaves out are shown as not known.

    kind    : number; money (int fen, shown in 万元, whole in the tile and exact in the table); percent (share of 1)
    unknown : the value of everything whose place is not known or not in this province; shown apart, never dropped
    source  : where the numbers come from

    Raises ValueError for a code that is no prefecture, or twice the same.
    """

    id: str
    title: str
    tiles: Sequence[Tile]
    unit: str = ""
    kind: Literal["number", "money", "percent"] = "number"
    unknown: Number = 0
    unknown_href: str = ""
    source: str = ""

    def __post_init__(self) -> None:
        codes = [tile.code for tile in self.tiles]
        wrong = sorted(set(codes) - places().keys())
        if wrong:
            raise ValueError(f"Tile map {self.id}: {', '.join(wrong)} is no prefecture of the vocabulary.")
        if len(set(codes)) != len(codes):
            raise ValueError(f"Tile map {self.id}: a place stands twice.")

    @classmethod
    def of(
        cls,
        slug: str,
        title: str,
        values: Mapping[str | None, Number],
        *,
        href: Callable[[str], str] = lambda code: "",
        unit: str = "",
        kind: Literal["number", "money", "percent"] = "number",
        unknown_href: str = "",
        source: str = "",
    ) -> "TileMap":
        """From counts or amounts by code, as a GROUP BY answers. A place without a row has nought; the rest of the rows
        (no place, a place elsewhere) is counted as unknown. Shares cannot be added up: `kind="percent"` is refused.
        """
        if kind == "percent":
            raise ValueError(f"Tile map {slug}: shares cannot be added up; build the tiles one by one.")
        tiles = [Tile(code, values.get(code, 0), href(code)) for code in places()]
        rest = sum(value for code, value in values.items() if code not in places())
        return cls(slug, title, tiles, unit, kind, rest, unknown_href, source)

    @property
    def shown_unit(self) -> str:
        """The unit in words; money has its own."""
        if self.kind == "money" and not self.unit:
            return "万元" if in_chinese() else _("CNY 10,000")
        return self.unit

    @property
    def empty(self) -> bool:
        """True when there is nothing to see on the map."""
        return not any(tile.value for tile in self.tiles)

    @property
    def shown(self) -> list[ShownTile]:
        """All places in the order of the vocabulary, each with its shade."""
        given = {tile.code: tile for tile in self.tiles}
        bounds = self._bounds
        language = 0 if in_chinese() else 1
        found = []
        for code, names in places().items():
            tile = given.get(code, Tile(code, None))
            found.append(
                ShownTile(
                    code,
                    SHORT[code][language],
                    names[language],
                    self._figure(tile.value),
                    self._whole(tile.value),
                    _step(tile.value, bounds),
                    safe_url(tile.href) if tile.href else "",
                )
            )
        return found

    @property
    def legend(self) -> list[LegendStep]:
        """The shades in use, with the smallest and the largest value of each."""
        bounds = self._bounds
        groups: dict[int, list[Number]] = {}
        for tile in self.tiles:
            if tile.value is not None:
                groups.setdefault(_step(tile.value, bounds), []).append(tile.value)
        return [
            LegendStep(step, self._range(self._figure(min(values)), self._figure(max(values))))
            for step, values in sorted(groups.items())
        ]

    @staticmethod
    def _range(least: str, most: str) -> str:
        return least if least == most else f"{least}–{most}"

    @property
    def unknown_words(self) -> str:
        """A sentence about what stands on no tile, or nothing."""
        if not self.unknown:
            return ""
        if self.kind == "money":
            return _("%(amount)s without a known place in the province.") % {"amount": money(int(self.unknown))}
        count = int(self.unknown)
        return ngettext(
            "%(count)s more without a known place in the province.",
            "%(count)s more without a known place in the province.",
            count,
        ) % {"count": number(self.unknown)}

    @property
    def unknown_whole(self) -> str:
        """The unknown value with its unit, for the table."""
        return self._whole(self.unknown)

    @property
    def _bounds(self) -> list[Number]:
        """The largest value of each shade but the last. Places, not values, are spread evenly over the shades:
        otherwise the capital takes the darkest and everybody else the lightest."""
        values = sorted({tile.value for tile in self.tiles if tile.value is not None and tile.value > 0})
        steps = min(STEPS, len(values))
        return [values[len(values) * at // steps - 1] for at in range(1, steps)]

    def _figure(self, value: Number | None) -> str:
        if value is None:
            return NOTHING
        if self.kind == "money":
            return number(round(value / FEN_PER_WAN))
        return percent(value) if self.kind == "percent" else number(value)

    def _whole(self, value: Number | None) -> str:
        if self.kind == "money":
            return money(None if value is None else int(value))
        figure = self._figure(value)
        return figure if value is None or not self.unit or self.kind == "percent" else f"{figure} {self.unit}"


def _step(value: Number | None, bounds: Sequence[Number]) -> int:
    """0 for nothing, else 1 to 5: the last shades are used when there are fewer."""
    if value is None or value <= 0:
        return 0
    above = sum(1 for bound in bounds if value > bound)
    return STEPS - len(bounds) + above
