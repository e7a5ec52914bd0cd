"""Money is an integer number of fen. Nothing here is ever a float."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext_lazy as _

FEN_PER_YUAN = 100
FEN_PER_WAN = 1_000_000  # 万元, ten thousand yuan
LARGEST_FEN = 10**17  # a quadrillion yuan: more is a slip of the keyboard


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
    text = str(amount).strip().replace(",", "").replace("，", "")
    try:
        value = Decimal(text)
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

    Weights are not negative and not all zero. A negative total is split as its opposite.
    """
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
