"""What is asked in numbers and what a text states: met, missed, not settled, or not stated.

Deny by default: a number counts as the value of an indicator only where it follows the indicator's name, or nothing but
words like “is”, “below”, “降至” stands between them, in a sentence that speaks of neither others nor hopes (“conventional”,
“国外”, “预期”). What such a reading leaves open is said to be open. Nothing is guessed from units that are not known.
Told in docs/developer/matching.md.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal

from jiandao.engines.matching.text import has_ideographs, sentences
from jiandao.engines.matching.units import Unit, unit_at, unit_of
from jiandao.engines.matching.writing import normalise, surface

Verdict = Literal["met", "missed", "unsettled", "not-stated"]
MET: Final = "met"
MISSED: Final = "missed"
UNSETTLED: Final = "unsettled"
NOT_STATED: Final = "not-stated"
COMPARATORS = ("ge", "le", "gt", "lt", "eq", "within")
LEAST_HEAD = 4  # characters of the end of a Chinese name that stand for the whole where the rest is near
LEAST_SHARE = 0.8  # of the pairs of the name, in the sentence, for that
ABOUT = Fraction(1, 10)  # what “about” leaves open, each way
LONGEST_QUOTE = 160


@dataclass(frozen=True, slots=True)
class Indicator:
    """What is asked: a name, a comparator (`COMPARATORS`), a threshold, the tolerance of `within`, a unit ('' or 1: none)."""

    name: str
    comparator: str
    threshold: Decimal
    unit: str = ""
    tolerance: Decimal | None = None

    def __post_init__(self) -> None:
        if self.comparator not in COMPARATORS:
            raise ValueError(f"the comparator is {self.comparator!r}, expected one of {', '.join(COMPARATORS)}")
        if (self.comparator == "within") != (self.tolerance is not None):
            raise ValueError("within needs a tolerance, the other comparators have none")


@dataclass(frozen=True, slots=True)
class Checked:
    """What a text says of an indicator. `stated`: the values as written (none where it names the indicator without one that
    can be compared), `quote`: the sentence of the first, or the first that names it."""

    indicator: Indicator
    verdict: Verdict
    stated: tuple[str, ...] = ()
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """Numbers from `low` to `high` (none: without end); `open` ends do not belong to it."""

    low: Fraction | None
    high: Fraction | None
    low_open: bool = False
    high_open: bool = False

    def within(self, other: "Interval") -> bool:
        """Whether all of it lies in the other one."""
        below = other.low is None or (
            self.low is not None
            and (self.low > other.low or (self.low == other.low and (self.low_open or not other.low_open)))
        )
        above = other.high is None or (
            self.high is not None
            and (self.high < other.high or (self.high == other.high and (self.high_open or not other.high_open)))
        )
        return below and above

    def apart(self, other: "Interval") -> bool:
        """Whether the two have no number in common."""
        return _before(self, other) or _before(other, self)


def _before(a: Interval, b: Interval) -> bool:
    if a.high is None or b.low is None:
        return False
    return a.high < b.low or (a.high == b.low and (a.high_open or b.low_open))


def check(indicators: Iterable[Indicator], texts: Iterable[str]) -> tuple[Checked, ...]:
    """What the texts of one answer state of each indicator. Values that contradict each other settle nothing."""
    read = [(sentence, surface(sentence)) for text in texts for sentence in sentences(text)]
    return tuple(_checked(indicator, read) for indicator in indicators)


def _checked(indicator: Indicator, read: Sequence[tuple[str, str]]) -> Checked:
    wanted = unit_of(indicator.unit)
    names = _names(indicator.name)
    verdicts: set[Verdict] = set()
    stated: list[str] = []
    quotes: list[str] = []
    named = ""
    for sentence, seen in read:
        found = [place for name in names for place in _places(name, seen)]
        if not found:
            continue
        named = named or sentence
        for place in sorted(set(found)):
            value = _value_at(seen, place, indicator, wanted)
            if value is not None and value[1] not in stated:
                verdicts.add(_verdict(value[0], indicator, wanted))
                stated.append(value[1])
                quotes.append(sentence)
    if not named:
        return Checked(indicator, NOT_STATED)
    verdict: Verdict = verdicts.pop() if len(verdicts) == 1 else UNSETTLED
    return Checked(indicator, verdict, tuple(stated), (quotes or [named])[0][:LONGEST_QUOTE])


def _verdict(value: Interval, indicator: Indicator, unit: Unit | None) -> Verdict:
    asked = asked_interval(indicator, unit or Unit())
    if value.within(asked):
        return MET
    return MISSED if value.apart(asked) else UNSETTLED


def asked_interval(indicator: Indicator, unit: Unit) -> Interval:
    """All values that satisfy an indicator, in base units."""
    at = Fraction(indicator.threshold) * unit.factor
    match indicator.comparator:
        case "ge" | "gt":
            return Interval(at, None, low_open=indicator.comparator == "gt")
        case "le" | "lt":
            return Interval(None, at, high_open=indicator.comparator == "lt")
    by = Fraction(indicator.tolerance or 0) * unit.factor
    return Interval(at - by, at + by)


# Where an indicator is named

_BRACKETS = re.compile(r"[(（\[]([^()（）\[\]]+)[)）\]]")
_SHORT_FORM = re.compile(r"[A-Z]{3,8}")  # 电源使用效率(PUE)
_CONDITIONS = frozenset({"RMS", "MAX", "MIN", "AVG", "TYP"})
_OTHERS_MEANING = "非无不未反比"  # 非线性度 is no 线性度, 比导通电阻 no 导通电阻


@dataclass(frozen=True, slots=True)
class _Name:
    """`pattern`: how it is found; `pairs`: pairs of characters of which most must stand in the sentence (none: nothing)."""

    pattern: re.Pattern[str]
    pairs: frozenset[str] = frozenset()


def _names(name: str) -> list[_Name]:
    """The name, what stands in its brackets as an abbreviation, and the end of a long Chinese one."""
    whole = surface(name).strip()
    if not whole:
        return []
    outside = _BRACKETS.sub(" ", whole).strip()
    inside = [one.strip() for one in _BRACKETS.findall(whole)]
    if not all(_SHORT_FORM.fullmatch(one) and one not in _CONDITIONS for one in inside):
        return [_Name(_pattern(whole))]  # 损耗(1 MHz), 效率(年均): a condition belongs to the name
    found = [_Name(_pattern(one)) for one in dict.fromkeys([outside, *inside]) if one]
    plain = normalise(outside)
    if has_ideographs(plain) and plain.isalpha() and len(plain) > LEAST_HEAD:
        pairs = frozenset(map(str.__add__, plain, plain[1:]))
        cut = max(LEAST_HEAD, (len(plain) + 1) // 2)
        found.append(_Name(_pattern(plain[-cut:]), pairs))
    return found


def _pattern(name: str) -> re.Pattern[str]:
    words = [re.escape(word) for word in re.split(r"[\s-]+", name) if word]
    before = rf"(?<![A-Za-z{_OTHERS_MEANING}])" if words else ""
    after = r"(?:s|es)?(?![A-Za-z])" if name[-1:].isascii() else ""
    return re.compile(before + r"[\s-]?".join(words) + after, re.IGNORECASE)


def _places(name: _Name, seen: str) -> Iterator[int]:
    """Where a sentence goes on after the name."""
    if name.pairs:
        plain = normalise(seen)
        if sum(pair in plain for pair in name.pairs) < LEAST_SHARE * len(name.pairs):
            return
    for found in name.pattern.finditer(seen):
        yield found.end()


# What is stated after the name

# Speaks of others, of earlier times, of hopes, of conditions, or says that it is not so.
_HOPES = (
    "预期|预计|期望|拟|计划|理论|仿真|尚|未|没有|不能|无法|难以|如果|若|能否|有待|待验证|需验证"
    r"|\b(?:expect(?:s|ed)?|plan(?:s|ned)?|aim(?:s|ed)?|goal|should|would|could|may|might|will|if|whether|not|never|cannot"
    r"|theoretical(?:ly)?|simulated|remains to)\b"
)
_OTHERS = (
    "传统|现有|国外|国际|同类|以往|此前|以前|过去|原有|原来|改进前|改造前|常规|一般|竞品|进口|目前|要求|需求|目标"
    r"|\b(?:conventional|existing|traditional|typical(?:ly)?|prior|previous(?:ly)?|before|formerly|commercial|competing|other"
    r"|target(?:s|ed)?|compared|require(?:s|d)?)\b"
)
_HOPE, _DOUBT = re.compile(_HOPES, re.IGNORECASE), re.compile(f"{_HOPES}|{_OTHERS}", re.IGNORECASE)
_CLAUSE = re.compile(r"[,;:()]")
# 与传统工艺相比, … says that what comes then is not of the others.
_CONTRAST = re.compile(r"[与和同][^,;]{1,30}?相比,|\bcompared (?:with|to) [^,;]{1,60},", re.IGNORECASE)


def _doubtful(seen: str, end: int) -> bool:
    """Whether a value that ends there may be no value of this answer: others are no matter in what follows after it."""
    clause = _CLAUSE.search(seen, end)
    stop = clause.start() if clause else len(seen)
    return bool(_DOUBT.search(_CONTRAST.sub("", seen[:stop])) or _HOPE.search(seen, stop))


_NUMBER = (
    r"[-+]?\d+(?:,\d{3}(?!\d))*(?:\.\d+)?(?:\s?[×xX*]\s?10\^?[-+]?\d{1,2}|[eE][-+]?\d{1,2}(?!\d))?|10\^[-+]?\d{1,2}"
)
_BOUNDS = {
    "le": "不超过|不大于|不高于|不多于|小于等于|至多|≤|<=|⩽|≦|at most|no more than|not more than|no greater than",
    "ge": "不低于|不小于|不少于|不短于|大于等于|至少|≥|>=|⩾|≧|at least|no less than|not less than",
    "lt": "低于|小于|少于|短于|不到|不足|<|below|under|less than|lower than|smaller than|fewer than",
    "gt": "高于|大于|多于|超过|>|above|over|more than|greater than|higher than|exceeds|exceeding|exceeded",
    "better": "优于|好于|better than",
}
_CHANGED = "降|降低|减小|减少|下降|缩短|提高|提升|增|增加|改善|优化|升高"
_CHANGED_EN = "reduced|decreased|lowered|increased|raised|improved|cut"
_LINKS = (
    "为|是|仅|只|仅为|达|达到|可达|可达到|高达|低至|等于|在|控制|稳定|保持|维持|均|已|能|可|可以|能够|实测|实现|做到|现|了|值"
    rf"|(?:{_CHANGED})(?:至|到|为)|is|are|was|were|of|as low as|as high as|reaches|reached|reaching|equals|measured|:|=|,?\s?at"
    rf"|(?:{_CHANGED_EN})\s+to"
)
_FROM = (
    rf"(?:[由从][^,;。]{{1,24}}?(?=(?:{_CHANGED})(?:至|到|为))|(?:{_CHANGED_EN})?\s*from\s[^,;]{{1,24}}?\s(?=to\s)to)?"
)
_BOUND = "|".join(f"(?P<{name}>{words})" for name, words in _BOUNDS.items())
_STATED = re.compile(
    r"\s*(?:\((?P<given>(?:[^()]|\([^()]{1,10}\)){1,20})\))?\s*"
    rf"(?:was|were|is|has been)?\s*{_FROM}\s*(?:(?:{_LINKS})\s*){{0,5}}(?:{_BOUND})?\s*"
    r"(?P<about>大约|约为|约|近|≈|~|about|approximately|around|nearly|ca\.)?\s*"
    rf"(?P<value>{_NUMBER})",
    re.IGNORECASE,
)
_THOUSANDS = {"万": 10**4, "亿": 10**8}
_UP_TO = re.compile(rf"\s?(?:-|~|至|到|to)\s?(?P<value>{_NUMBER})")
_GIVE_OR_TAKE = re.compile(rf"\s?(?:±|\+/-)\s?(?P<value>{_NUMBER})")
_AFTER = re.compile(
    r"\s?(?:(?P<ge>及?以上|or more|or above)|(?P<le>及?以[下内]|之内|or less|or below)|(?P<about>左右|上下))"
)
# After a pure number nothing may follow that could be a unit of it.
_PURE = re.compile(r"\s*(?:[,;。、:()]|$|\.(?!\d)|的|(?:and|with|at|in|for|or)\b|以[上下内]|及以|左右|且|并|和|时|后)")


def _number(text: str) -> Fraction:
    plain = re.sub(r"\s", "", text).replace(",", "")
    if plain.startswith("10^"):
        return Fraction(10) ** int(plain[3:])
    mantissa, _, power = re.sub(r"[×xX*]10\^?", "e", plain).partition("e" if "E" not in plain else "E")
    return Fraction(mantissa) * Fraction(10) ** int(power or 0)


@dataclass(slots=True)
class _Reading:
    """A number with what follows it: `end` where the sentence goes on, `unit` none where no known one follows."""

    value: Fraction
    end: int
    unit: Unit | None


def _value_at(seen: str, start: int, indicator: Indicator, wanted: Unit | None) -> tuple[Interval, str] | None:
    """The values that are stated at a place of a sentence, in base units, and how they are written; none unless they are of
    the kind that is asked for."""
    found = _STATED.match(seen, start)
    if found is None:
        return None
    first = _read(seen, found.start("value"), found["value"], indicator, wanted)
    other = _UP_TO.match(seen, first.end) or _GIVE_OR_TAKE.match(seen, first.end)
    last = _read(seen, other.start("value"), other["value"], indicator, wanted) if other else first
    given = unit_of(found["given"]) if found["given"] and last.unit is None else None
    unit = last.unit or given
    if unit is None or (wanted is not None and unit.dimensions != wanted.dimensions):
        return None
    low = first.value * (first.unit or unit).factor if other else first.value * unit.factor
    after = _AFTER.match(seen, last.end)
    bound = _bound(found, after)
    if bound is None or (other is not None and bound):
        return None
    if _doubtful(seen, last.end):
        return None
    written = seen[_shown_from(found) : (after or _At(last.end)).end()].strip()
    if other is not None:
        by = last.value * unit.factor
        low = first.value * unit.factor if first.unit is None else low
        low, high = (low, by) if other.re is _UP_TO else (low - by, low + by)
        return (Interval(low, high), written) if low <= high else None
    about = found["about"] or (after and after["about"])
    return _interval(low, bound, indicator, about=bool(about)), written


@dataclass(frozen=True, slots=True)
class _At:
    at: int

    def end(self) -> int:
        return self.at


def _shown_from(found: re.Match[str]) -> int:
    starts = [found.start(name) for name in (*_BOUNDS, "about", "value") if found.start(name) >= 0]
    return min(starts)


def _bound(found: re.Match[str], after: re.Match[str] | None) -> str | None:
    """The bound before or after a number, '' without one; none where there are two that differ."""
    before = next((name for name in _BOUNDS if found[name]), "")
    behind = next((name for name in ("ge", "le") if after is not None and after[name]), "")
    if before and behind and before != behind:
        return None
    return before or behind


def _interval(value: Fraction, bound: str, indicator: Indicator, *, about: bool) -> Interval:
    by = abs(value) * ABOUT if about else Fraction(0)
    if bound == "better":
        bound = {"ge": "gt", "gt": "gt", "le": "lt", "lt": "lt"}.get(indicator.comparator, "")
        if not bound:  # better than a value that is to be kept: who knows on which side
            return Interval(None, None)
    if bound in {"le", "lt"}:
        return Interval(None, value + by, high_open=bound == "lt")
    if bound in {"ge", "gt"}:
        return Interval(value - by, None, low_open=bound == "gt")
    return Interval(value - by, value + by)


def _read(seen: str, start: int, written: str, indicator: Indicator, wanted: Unit | None) -> _Reading:
    value, end = _number(written), start + len(written)
    times = _THOUSANDS.get(seen[end : end + 1])
    if times is not None:
        value, end = value * times, end + 1
    at = end + (seen[end : end + 1] == " ")
    if wanted is None:  # a unit of which we know the letters alone
        own = surface(indicator.unit).strip()
        behind = seen[at + len(own) : at + len(own) + 1]
        if seen.startswith(own, at) and not (own[-1:].isascii() and behind.isascii() and behind.isalnum()):
            return _Reading(value, at + len(own), Unit())
        return _Reading(value, end, None)
    unit = unit_at(seen, at)
    if unit is not None:
        return _Reading(value, unit[1], unit[0])
    pure = not wanted.dimensions and _PURE.match(seen, end) is not None
    return _Reading(value, end, Unit() if pure else None)
