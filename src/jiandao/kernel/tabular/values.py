"""From the raw value of a cell to a value of ours: texts, numbers, money, days, periods, choices."""

import calendar
import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from jiandao.kernel.money import FEN_PER_WAN, FEN_PER_YUAN, LARGEST_FEN
from jiandao.kernel.tabular.faults import CellFaultError, shortened
from jiandao.kernel.texts import is_blank

_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x9f\ud800-\udfff\ufffe\uffff]")
_FORMULA_ERROR = re.compile(r"#(?:N/A|DIV/0!|REF!|VALUE!|NAME\?|NUM!|NULL!|SPILL!|CALC!)")
_EXCEL_EPOCH = date(1899, 12, 30)
_FIRST_SERIAL, _LAST_SERIAL = 20_000, 80_000  # 1954 to 2119: numbers outside are no days of a programme
_MONTHS = {
    name: number
    for number, names in enumerate(zip(calendar.month_name[1:], calendar.month_abbr[1:], strict=True), 1)
    for name in (names[0].lower(), names[1].lower())
} | {"sept": 9}


def text(value: Any, longest: int | None = None) -> str:
    """A cell as text: a number as the spreadsheet shows it, line ends made regular, no control characters."""
    if value is None:
        return ""
    if isinstance(value, bool):
        raise CellFaultError("cell.truth")
    if isinstance(value, int | float):
        found = _digits(value)
    elif isinstance(value, datetime):
        found = value.date().isoformat() if value.time() == time() else value.isoformat(sep=" ", timespec="minutes")
    elif isinstance(value, date | time | timedelta):
        found = str(value)
    else:
        found = str(value).replace("\r\n", "\n").replace("\r", "\n").strip()
        if _FORMULA_ERROR.fullmatch(found):
            raise CellFaultError("cell.error")
        if _CONTROL.search(found):
            raise CellFaultError("cell.control")
        if is_blank(found):  # a zero-width space or the like
            return ""
    if longest is not None and len(found) > longest:
        raise CellFaultError("cell.long", count=len(found), most=longest)
    return found


def line(value: Any, longest: int | None = None) -> str:
    """A text on one line."""
    found = " ".join(text(value).split())
    if longest is not None and len(found) > longest:
        raise CellFaultError("cell.long", count=len(found), most=longest)
    return found


def _digits(value: int | float) -> str:
    """A number with the fifteen digits that a spreadsheet keeps: 18.0 is 18, 0.1 + 0.2 is 0.3."""
    if isinstance(value, int):
        return str(value)
    shown = f"{value:.15g}"
    return f"{Decimal(shown):f}" if "e" in shown else shown


def number(value: Any) -> Decimal:
    """A number; thousands may be grouped."""
    found = unicodedata.normalize("NFKC", text(value)).replace(",", "").replace(" ", "")
    try:
        kept = Decimal(found)
    except InvalidOperation:
        kept = Decimal("nan")
    if not kept.is_finite():
        raise CellFaultError("cell.number", text=shortened(value))
    return kept


_MONEY = re.compile(r"(?:RMB|CNY|¥)?(?P<digits>[+-]?[\d.]+)(?P<unit>万元|亿元|万|亿|元)?(?:人民币)?", re.IGNORECASE)
_UNITS = {"万元": FEN_PER_WAN, "万": FEN_PER_WAN, "亿元": 10_000 * FEN_PER_WAN, "亿": 10_000 * FEN_PER_WAN,
          "元": FEN_PER_YUAN}  # fmt: skip


def money(value: Any, *, yuan: bool = False, positive: bool = True) -> int:
    """Fen from an amount in 万元, or in 元 with `yuan`; a unit in the cell itself counts before both."""
    found = unicodedata.normalize("NFKC", text(value)).replace(",", "").replace(" ", "")
    match = _MONEY.fullmatch(found)
    try:
        amount = Decimal(match["digits"]) if match else Decimal("nan")
    except InvalidOperation:
        amount = Decimal("nan")
    if match is None or not amount.is_finite():
        raise CellFaultError("cell.money", text=shortened(value))
    unit = _UNITS[match["unit"]] if match["unit"] else FEN_PER_YUAN if yuan else FEN_PER_WAN
    if abs(amount) > LARGEST_FEN or abs(amount * unit) > LARGEST_FEN:
        raise CellFaultError("cell.money_large", text=shortened(value))
    fen = amount * unit
    if fen != fen.to_integral_value():
        raise CellFaultError("cell.money_fraction", text=shortened(value))
    if fen < 0 or (positive and fen == 0):
        raise CellFaultError("cell.money_positive")
    return int(fen)


_FULL = re.compile(r"(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*日?(?:[ T]\d{1,2}:\d{2}.*)?")
_MONTH = re.compile(r"(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*月?")
_NAMED = re.compile(r"(?:(\d{1,2})\s+)?([A-Za-z]{3,9})\.?(?:\s+(\d{1,2}),?)?\s+(\d{4})")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_OTHER_ORDER = re.compile(r"\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}")


def day(value: Any, *, end: bool = False) -> date:
    """A day. A month alone is its first day, with `end` its last; of a period it is the first or the last day."""
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _numeric_day(value, end)
    found = unicodedata.normalize("NFKC", text(value))
    parsed = _written_day(found, end)
    if parsed is not None:
        return parsed
    if _PERIOD.fullmatch(found):
        return period(value)[1 if end else 0]
    if _OTHER_ORDER.fullmatch(found):
        raise CellFaultError("cell.day_order", text=shortened(value))
    raise CellFaultError("cell.day", text=shortened(value))


def _numeric_day(value: int | float, end: bool) -> date:
    """The serial number of a day, or a month that the spreadsheet took for a number: 2026.11."""
    if _FIRST_SERIAL <= value <= _LAST_SERIAL:
        return _EXCEL_EPOCH + timedelta(days=int(value))
    shown = _digits(value)
    if re.fullmatch(r"\d{4}\.1", shown):  # 2026.10 lost its nought
        raise CellFaultError("cell.month_number", text=shown)
    parsed = _written_day(shown, end)
    if parsed is None:
        raise CellFaultError("cell.day", text=shown)
    return parsed


def _written_day(found: str, end: bool) -> date | None:
    if match := _FULL.fullmatch(found) or _COMPACT.fullmatch(found):
        return _day_of(found, int(match[1]), int(match[2]), int(match[3]), end)
    if match := _MONTH.fullmatch(found):
        return _day_of(found, int(match[1]), int(match[2]), None, end)
    if (match := _NAMED.fullmatch(found)) and match[2].lower() in _MONTHS and not (match[1] and match[3]):
        which = match[1] or match[3]
        return _day_of(found, int(match[4]), _MONTHS[match[2].lower()], int(which) if which else None, end)
    if re.fullmatch(r"\d{5}", found) and _FIRST_SERIAL <= int(found) <= _LAST_SERIAL:
        return _EXCEL_EPOCH + timedelta(days=int(found))
    return None


def _day_of(found: str, year: int, month: int, which: int | None, end: bool) -> date:
    try:
        last = calendar.monthrange(year, month)[1]
        return date(year, month, which if which is not None else last if end else 1)
    except (ValueError, calendar.IllegalMonthError) as error:
        raise CellFaultError("cell.day", text=shortened(found)) from error


_PERIOD = re.compile(
    r"(?P<start>\d{4}\D.*?)\s*(?:--|—|–|~|至|到|\bto\b|(?<=[\d月日])\s*-)\s*(?P<end>\d{4}\D.*|\d{4}年?)"
)


def period(value: Any) -> tuple[date, date]:
    """First and last day of a period such as 2018.01-2020.12."""
    found = unicodedata.normalize("NFKC", text(value))
    match = _PERIOD.fullmatch(found)
    first = _written_day(match["start"].strip(), end=False) if match else None
    last = _written_day(match["end"].strip(), end=True) if match else None
    if first is None or last is None:
        raise CellFaultError("cell.period", text=shortened(value))
    if last < first:
        raise CellFaultError("cell.period_order", text=shortened(value))
    return first, last


def folded(found: str) -> str:
    """A text as it is compared: full-width and half-width alike, no case, no spaces."""
    return "".join(unicodedata.normalize("NFKC", found).casefold().split())


def choice(value: Any, choices: Mapping[str, str], labels: Any) -> str:
    """The code of a choice. `choices` maps folded codes, labels and customary words to codes; `labels` are shown."""
    found = text(value)
    code = choices.get(folded(found))
    if code is None:
        raise CellFaultError("cell.choice", text=shortened(found), choices=labels)
    return code
