"""Money is an integer number of fen. Nothing here is ever a float."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy as _

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000  # 万元, ten thousand yuan
LARGEST_FEN = 10**17  # a quadrillion yuan: more is a slip of the keyboard

# Commas only between groups of three: "1,25" may mean 1.25 or 125, and nobody guesses with money.
_AMOUNT = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d{1,3})?")
_WIDE = {0xFF00 + place: 0x20 + place for place in range(1, 0x5F)} | {0x3000: 0x20, 0x2212: 0x2D}


class MoneyFault(ValueError):
    """An amount that cannot be kept; the message is for the reader."""


def fen_from_wan(amount: str | int | Decimal) -> int:
    """An amount in 万元 as fen. A fraction of a fen is refused, not rounded."""
    return _fen(amount, FEN_PER_WAN)


def fen_from_yuan(amount: str | int | Decimal) -> int:
    """An amount in 元 as fen. A fraction of a fen is refused, not rounded."""
    return _fen(amount, FEN_PER_YUAN)


def _fen(amount: str | int | Decimal, unit: int) -> int:
    if isinstance(amount, float):
        raise TypeError("money is never a float")
    # Full-width forms as an input method leaves them; no NFKC, which reads 10² as 102.
    text = str(amount).translate(_WIDE).strip()
    try:
        value = Decimal(text.replace(",", "") if _AMOUNT.fullmatch(text) else "nan")
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite():
        raise MoneyFault(_("“%(text)s” is not an amount of money; write digits, as 1250.50.") % {"text": amount})
    if abs(value) > LARGEST_FEN:
        raise MoneyFault(_("%(text)s is larger than any amount here can be.") % {"text": amount})
    fen = value * unit
    if fen != fen.to_integral_value():
        raise MoneyFault(_("%(text)s is not a whole number of fen; shorten it.") % {"text": amount})
    if abs(fen) > LARGEST_FEN:
        raise MoneyFault(_("%(text)s is larger than any amount here can be.") % {"text": amount})
    return int(fen)


def in_wan(fen: int) -> Decimal:
    """Fen as 万元, exactly."""
    return Decimal(fen) / FEN_PER_WAN


def format_wan(fen: int) -> str:
    """Fen as 万元 with separators: two digits, more only where the amount needs them. 1,250.00."""
    exponent = in_wan(fen).normalize().as_tuple().exponent
    return f"{in_wan(fen):,.{max(2, -int(exponent))}f}"


def split(total: int, weights: Sequence[int]) -> list[int]:
    """`total` fen in shares by weight, summing to it exactly: largest remainder, ties to the first.

    Weights are integers, not negative and not all zero (ValueError). A negative total is split as its opposite.
    TypeError for a total or a weight that is no integer.
    """
    if any(isinstance(one, bool) or not isinstance(one, int) for one in (total, *weights)):
        raise TypeError("shares are made of whole fen by whole weights")
    whole = sum(weights)
    if whole <= 0 or min(weights) < 0:
        raise ValueError("weights are not negative and not all zero")
    if total < 0:
        return [-share for share in split(-total, weights)]
    shares = [total * weight // whole for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: (-(total * weights[i] % whole), i))
    for i in order[: total - sum(shares)]:
        shares[i] += 1
    return shares
