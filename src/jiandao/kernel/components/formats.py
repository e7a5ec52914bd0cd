"""Numbers, money, dates and texts as a Chinese office writes them, and their English counterparts.

Everything returns plain text except `mark` and `difference`, which return HTML made by escaping every piece of input.
"""

import datetime
import difflib
import html
from collections.abc import Collection, Iterable
from decimal import Decimal

from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext, ngettext, pgettext

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000
NOTHING = "—"
_SELECTED = mark_safe(" selected")


def escape(text: object) -> str:
    """`text` safe inside HTML and inside quoted attributes; Django's costs three times as much, for lazies."""
    return html.escape(str(text))


def in_chinese() -> bool:
    """True when the active language is Chinese."""
    return (get_language() or "").startswith("zh")


def wan(fen: int) -> str:
    """An amount in 万元 without its unit: at least two decimals, and as many more (to six) as the amount needs."""
    if isinstance(fen, bool) or not isinstance(fen, int):
        raise TypeError(f"Money is an integer number of fen, not {fen!r}.")
    whole, rest = divmod(abs(fen), FEN_PER_WAN)
    decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if fen < 0 else ''}{whole:,}.{decimals}"


def money(fen: int | None) -> str:
    """1,250.00 万元 from 1_250_000_000 fen; in English the same amount in yuan, because 万 is no English unit."""
    if fen is None:
        return NOTHING
    if in_chinese():
        return f"{wan(fen)} 万元"
    wan(fen)  # the same check of the type
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    return f"{'-' if fen < 0 else ''}CNY {yuan:,}.{rest:02d}"


def price(fen: int | None) -> str:
    """350.00 元 from 35_000 fen; in English CNY 350.00. For what is paid by the hour or the piece."""
    if fen is None:
        return NOTHING
    yuan, rest = divmod(abs(fen), FEN_PER_YUAN)
    amount = f"{'-' if fen < 0 else ''}{yuan:,}.{rest:02d}"
    return f"{amount} 元" if in_chinese() else f"CNY {amount}"


def number(value: int | float | Decimal | None, decimals: int | None = None) -> str:
    """1,234.5: grouped by thousands; with `decimals` exactly so many, without it as many as the number has."""
    if value is None:
        return NOTHING
    if decimals is not None:
        return f"{value:,.{decimals}f}"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{Decimal(str(value)):,f}"


def percent(share: float | None, decimals: int = 0) -> str:
    """0.352 as 35%."""
    return NOTHING if share is None else f"{share * 100:.{decimals}f}%"


def day(value: datetime.date | None) -> str:
    """2026-11-22; a moment is first brought into the active time zone."""
    if value is None:
        return NOTHING
    if isinstance(value, datetime.datetime):
        value = timezone.localtime(value).date() if timezone.is_aware(value) else value.date()
    return value.isoformat()


def moment(value: datetime.datetime | None) -> str:
    """2026-11-22 09:05 in the active time zone."""
    if value is None:
        return NOTHING
    local = timezone.localtime(value) if timezone.is_aware(value) else value
    return local.strftime("%Y-%m-%d %H:%M")


def size(number_of_bytes: int | None) -> str:
    """1.2 MB; powers of 1,000 as file systems and mail limits count."""
    if number_of_bytes is None:
        return NOTHING
    amount = float(number_of_bytes)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def days_left(days: int) -> str:
    """Days until a date in words: 3 days left, due today, overdue by 3 days."""
    if days == 0:
        return pgettext("deadline", "due today")
    if days > 0:
        return ngettext("%(days)s day left", "%(days)s days left", days) % {"days": days}
    return ngettext("overdue by %(days)s day", "overdue by %(days)s days", -days) % {"days": -days}


def mark(text: str, spans: Iterable[tuple[int, int]]) -> SafeString:
    """`text` with the half-open character ranges `spans` inside <mark>; ranges may touch, overlap or leave the text."""
    merged: list[list[int]] = []
    for start, end in sorted((max(0, s), min(len(text), e)) for s, e in spans):
        if end <= start:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1][1] = max(merged[-1][1], end)
        else:
            merged.append([start, end])
    parts, at = [], 0
    for start, end in merged:
        parts += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    parts.append(escape(text[at:]))
    return mark_safe("".join(parts))  # noqa: S308 - every piece of the text went through escape


def difference(own: str, other: str) -> tuple[SafeString, SafeString]:
    """Both texts, each with what the other one lacks inside <mark>; compared by character, as Chinese has no spaces.

    Texts above 4,000 characters together are compared by line, which keeps the cost bounded.
    """
    by_line = len(own) + len(other) > 4000
    left = own.splitlines(keepends=True) if by_line else list(own)
    right = other.splitlines(keepends=True) if by_line else list(other)
    starts_left, starts_right = _starts(left), _starts(right)
    spans_left, spans_right = [], []
    matcher = difflib.SequenceMatcher(a=left, b=right, autojunk=False)
    for tag, left_from, left_to, right_from, right_to in matcher.get_opcodes():
        if tag != "equal":
            spans_left.append((starts_left[left_from], starts_left[left_to]))
            spans_right.append((starts_right[right_from], starts_right[right_to]))
    return mark(own, spans_left), mark(other, spans_right)


def _starts(pieces: list[str]) -> list[int]:
    starts = [0]
    for piece in pieces:
        starts.append(starts[-1] + len(piece))
    return starts


def options(choices: Iterable[tuple[object, object]], chosen: Collection[str] = ()) -> SafeString:
    """Options of a select without groups. Django renders each by three templates, half of a form's time."""
    rows = (("" if value is None else value, label) for value, label in choices)
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((value, _SELECTED if str(value) in chosen else "", label) for value, label in rows),
    )


def yes_no(value: bool | None) -> str:
    """A truth value in words."""
    if value is None:
        return NOTHING
    return gettext("Yes") if value else gettext("No")
