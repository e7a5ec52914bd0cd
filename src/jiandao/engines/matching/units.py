"""Units of measures as people write them, in Chinese and English, made comparable: exact factors and dimensions.

A unit that is not in the table is none of ours: nothing is said about it. Temperatures are compared as °C alone.
"""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from jiandao.engines.matching.writing import surface

_PREFIXES = {
    "": 0, "f": -15, "p": -12, "n": -9, "μ": -6, "u": -6, "m": -3, "c": -2, "d": -1, "k": 3, "M": 6, "G": 9, "T": 12,
}  # fmt: skip
_PREFIXED = (
    "m", "g", "s", "A", "V", "Ω", "Hz", "J", "eV", "F", "H", "N", "T", "C", "S", "mol", "B", "b", "bps",
)  # fmt: skip
_LITRE = Fraction(1, 1000)
COUNT = "#"  # pieces: 个/cm² is the same as /cm², 个 alone is no pure number


def _table() -> dict[str, tuple[Fraction, dict[str, int]]]:
    found = {
        prefix + base: (Fraction(10) ** power, {base: 1}) for base in _PREFIXED for prefix, power in _PREFIXES.items()
    }
    for prefix, power in _PREFIXES.items():
        factor = Fraction(10) ** power
        found |= {prefix + name: (factor * _LITRE, {"m": 3}) for name in ("l", "L")}
        found[f"{prefix}W"] = (factor, {"J": 1, "s": -1})
        found[f"{prefix}Wh"] = (factor * 3600, {"J": 1})
        found[f"{prefix}Pa"] = (factor, {"N": 1, "m": -2})
    ten = Fraction(10)
    found |= {
        "%": (ten**-2, {}), "‰": (ten**-3, {}), "ppm": (ten**-6, {}), "ppb": (ten**-9, {}),
        "percent": (ten**-2, {}), "dB": (ten**0, {"dB": 1}), "dBm": (ten**0, {"dBm": 1}), "°C": (ten**0, {"°C": 1}),
        "K": (ten**0, {"K": 1}), "°": (ten**0, {"°": 1}), "rpm": (ten**0, {"rpm": 1}), "t": (ten**6, {"g": 1}),
        "min": (ten**0 * 60, {"s": 1}), "h": (ten**0 * 3600, {"s": 1}), "bar": (ten**5, {"N": 1, "m": -2}),
        "Å": (ten**-10, {"m": 1}), "inch": (Fraction(254, 10000), {"m": 1}), "pcs": (ten**0, {COUNT: 1}),
        "year": (ten**0, {"year": 1}), "cycle": (ten**0, {"cycle": 1}), "元": (ten**0, {"元": 1}),
        "个": (ten**0, {COUNT: 1}), "月": (ten**0, {"月": 1}),
    }  # fmt: skip
    named = {
        "纳米": "nm", "微米": "μm", "毫米": "mm", "厘米": "cm", "米": "m", "千米": "km", "公里": "km", "英寸": "inch",
        "克": "g", "千克": "kg", "公斤": "kg", "毫克": "mg", "吨": "t", "秒": "s", "毫秒": "ms", "分钟": "min",
        "小时": "h", "伏": "V", "千伏": "kV", "瓦": "W", "千瓦": "kW", "兆瓦": "MW", "千瓦时": "kWh", "赫兹": "Hz",
        "兆赫": "MHz", "兆赫兹": "MHz", "吉赫": "GHz", "帕": "Pa", "兆帕": "MPa", "摄氏度": "°C", "升": "L",
        "毫升": "mL", "次": "cycle", "年": "year", "颗": "个", "hour": "h", "hours": "h", "second": "s",
        "seconds": "s", "minutes": "min", "cycles": "cycle", "years": "year", "inches": "inch", "pieces": "pcs",
    }  # fmt: skip
    found |= {name: found[other] for name, other in named.items()}
    found |= {day: (ten**0 * 86400, {"s": 1}) for day in ("d", "天", "day", "days")}
    for power, word in ((2, "平方"), (3, "立方")):
        for name in ("毫米", "厘米", "米"):
            factor, _ = found[name]
            found[word + name] = (factor**power, {"m": power})
    return found


_UNITS = _table()
_NAMES = "|".join(re.escape(name) for name in sorted(_UNITS, key=len, reverse=True))
# An exponent; not what begins a range of measures (5 nm-8 nm), nor a number.
_ATOM = re.compile(rf"({_NAMES})(?![A-Za-zμΩ])(?:\^?([1-9]|[-][1-4])(?![\d.])(?!\s*\1))?")
_BETWEEN = re.compile(r"\s?([/·*⋅])\s?(\()?|(\))")
_GOES_ON = re.compile(r"\s?[A-Za-zμΩ]+\^?-\d|[\^/·]|\s?/")


@dataclass(frozen=True, slots=True)
class Unit:
    """`factor`: how many of the base units; `dimensions`: exponents of these, in alphabetical order. 1 has none."""

    factor: Fraction = Fraction(1)
    dimensions: tuple[tuple[str, int], ...] = ()


def unit_at(seen: str, start: int) -> tuple[Unit, int] | None:
    """The longest unit that a `surface` text has at `start`, and where it ends; none where there is no known one."""
    at, sign, factor = start, 1, Fraction(1)
    exponents: Counter[str] = Counter()
    if seen.startswith("/", at):
        at, sign = at + 1, -1
    end = start
    while atom := _ATOM.match(seen, at):
        amount, dimensions = _UNITS[atom[1]]
        power = sign * int(atom[2] or 1)
        factor *= amount**power
        for name, one in dimensions.items():
            exponents[name] += one * power
        end = atom.end()
        between = _BETWEEN.match(seen, end)
        if between is not None and between[3]:  # the bracket of W/(m·K) ends here
            end = between.end() if "(" in seen[start:end] else end
            break
        if between is None:
            break
        sign = -1 if between[1] == "/" else sign
        at = between.end()
    if end == start or _GOES_ON.match(seen, end):
        return None
    return Unit(factor, tuple(_told(exponents))), end


def _told(exponents: Counter[str]) -> Iterator[tuple[str, int]]:
    left = {name: power for name, power in exponents.items() if power}
    if len(left) > 1:
        left.pop(COUNT, None)
    yield from sorted(left.items())


def unit_of(text: str) -> Unit | None:
    """The unit that a whole text is: nothing and 1 are that of a pure number; none for what is not known."""
    seen = surface(text).strip()
    if seen in {"", "1"}:
        return Unit()
    found = unit_at(seen, 0)
    return found[0] if found is not None and found[1] == len(seen) else None
