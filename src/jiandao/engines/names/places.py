"""Place names at the head of a name: 湖北省武汉市X, 湖北武汉X, 武汉市X and 武汉X begin with one place."""

from collections.abc import Iterable
from dataclasses import dataclass

from jiandao.engines.names.files import rows

# Longest first. A place needs none of them: 武汉大学.
_MARKERS = (
    "维吾尔自治区", "壮族自治区", "回族自治区", "特别行政区", "自治区", "自治州", "地区", "省", "市", "州", "县", "区",
)  # fmt: skip
_CITY, _PROVINCE = frozenset({"市", "地区", "州", "自治州"}), frozenset({"省"})
# 武汉市场… is 武汉 and 市场; 中国区域… has no 区.
_NOT_AFTER = {"市": "场政民长容井", "省": "略", "区": "域块", "州": "际", "县": "域", "地区": ""}


@dataclass(frozen=True, slots=True)
class Place:
    """A place as found: its plain `name` (武汉), its `province` ("" when it is one), and how much text it took."""

    name: str
    province: str
    length: int

    def within(self, other: "Place") -> bool:
        """Whether this one lies in the other, or is the other."""
        return other.name in {self.name, self.province}


class Places:
    """Known places. `more`: (name, province) pairs, e.g. counties of the caller's vocabulary; 省 and 市 may be there."""

    def __init__(self, more: Iterable[tuple[str, str]] = ()) -> None:
        self._provinces: dict[str, set[str]] = {}
        for name, province in [*((row["place"], row["province"]) for row in rows("places.tsv")), *more]:
            bare, within = self._bare(name), self._bare(province)
            if len(bare) >= 2:
                self._provinces.setdefault(bare, set()).add(within)
        self._longest = max(map(len, self._provinces))

    @staticmethod
    def _bare(name: str) -> str:
        for marker in _MARKERS:
            if name.endswith(marker) and len(name) - len(marker) >= 2:
                return name.removesuffix(marker)
        return name

    def __contains__(self, name: str) -> bool:
        return self._bare(name) in self._provinces

    def named(self, name: str) -> Place | None:
        """The place of exactly this name, with or without 省 or 市."""
        found = self.leading(name)
        return found if found and found.length == len(name) else None

    def leading(self, text: str) -> Place | None:
        """The place with which a text begins; of 湖北省武汉市 the city. None when it begins with none."""
        first = self._one(text)
        if first is None or first.province:
            return first
        second = self._one(text[first.length :])
        if second and second.province == first.name and first.length + second.length < len(text):
            return Place(second.name, second.province, first.length + second.length)
        return first

    def _one(self, text: str) -> Place | None:
        for length in range(min(self._longest, len(text)), 1, -1):
            bare = text[:length]
            if bare in self._provinces:
                rest = text[length:]
                marker = next((one for one in _MARKERS if rest.startswith(one)), "")
                if marker and rest[len(marker) :][:1] and rest[len(marker)] in _NOT_AFTER.get(marker, ""):
                    marker = ""
                return Place(*self._level(bare, marker), length + len(marker))
        return None

    def _level(self, bare: str, marker: str) -> tuple[str, str]:
        """吉林 is a province and a city in it: without 市 the province is meant."""
        provinces = self._provinces[bare]
        if len(provinces) == 1:
            return bare, next(iter(provinces))
        if "" in provinces and marker not in _CITY:
            return bare, ""
        return bare + "市" if "" in provinces else bare, min(provinces - {""})
