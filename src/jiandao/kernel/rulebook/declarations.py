"""What the code reads: one declaration a rule, in the `rules.py` of the room that decides by it."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from jiandao.kernel.programme import Programme
    from jiandao.kernel.rulebook.reading import RuleValue

FIRST_DAY = date(2000, 1, 1)  # the default of a declaration holds from here: before any record


class Kind(StrEnum):
    """How a value is kept in JSON. A decimal is a string there, because JSON's numbers are floats."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    TEXT = "text"
    BOOL = "bool"
    LIST = "list"  # of texts


class RuleFault(ValueError):
    """A value that the rule cannot have; the message is for the officer."""


@dataclass(frozen=True)
class Declared:
    """A rule that the code reads.

    code          : fixed for ever, `<room>.<record>.<what>`
    sentence      : what the rule says, around the value
    default       : the value of edition 1, as Python has it (int, Decimal, str, bool, list of str)
    unit          : of the value, for the reader; empty where there is none
    basis         : which date counts, in words
    source        : where the default was read; verified: whether somebody read it in the text of the law itself
    least, most   : bounds of a number, both allowed
    by_programme  : whether the officers of a programme may set their own value; a rule about the directory, which
                    all programmes share, has one value for all
    """

    code: str
    kind: Kind
    sentence: str | Promise
    default: Any
    basis: str | Promise
    source: str
    verified: bool = False
    unit: str | Promise = ""
    least: int | Decimal | None = None
    most: int | Decimal | None = None
    by_programme: bool = True

    def at(self, at: date | datetime | None = None, programme: "Programme | int | None" = None) -> "RuleValue":
        """The edition that counts on that day (default: today) in that programme."""
        from jiandao.kernel.rulebook.reading import rule

        return rule(self.code, at, programme)

    def checked(self, value: Any) -> Any:
        """`value` if the rule can have it; RuleFault says why not."""
        fits = {
            Kind.INTEGER: isinstance(value, int) and not isinstance(value, bool),
            Kind.DECIMAL: isinstance(value, Decimal) and value.is_finite(),
            Kind.TEXT: isinstance(value, str) and bool(value.strip()),
            Kind.BOOL: isinstance(value, bool),
            Kind.LIST: isinstance(value, list) and all(isinstance(one, str) and one.strip() for one in value),
        }[self.kind]
        if not fits:
            raise RuleFault(_WANTED[self.kind])
        if self.least is not None and value < self.least:
            raise RuleFault(_("The value must be at least %(least)s.") % {"least": self.least})
        if self.most is not None and value > self.most:
            raise RuleFault(_("The value must be at most %(most)s.") % {"most": self.most})
        return value

    def parsed(self, text: str) -> Any:
        """A value as an officer types it: digits, true or false, a list with one entry a line."""
        text = text.strip()
        try:
            if self.kind == Kind.INTEGER:
                return self.checked(int(text))
            if self.kind == Kind.DECIMAL:
                return self.checked(Decimal(text))
        except (ValueError, InvalidOperation) as fault:
            if isinstance(fault, RuleFault):
                raise
            raise RuleFault(_WANTED[self.kind]) from fault
        if self.kind == Kind.BOOL:
            return self.checked({"true": True, "false": False}.get(text.lower()))
        if self.kind == Kind.LIST:
            return self.checked([line.strip() for line in text.splitlines() if line.strip()])
        return self.checked(text)

    def typed(self, kept: Any) -> Any:
        """A value from JSON as Python has it."""
        return Decimal(kept) if self.kind == Kind.DECIMAL else kept

    def kept(self, value: Any) -> Any:
        """A value as JSON keeps it."""
        return str(value) if self.kind == Kind.DECIMAL else value


_WANTED: dict[Kind, Any] = {
    Kind.INTEGER: _("Write a whole number in digits, as 14."),
    Kind.DECIMAL: _("Write a number in digits, as 0.75."),
    Kind.TEXT: _("Write a text; it cannot be empty."),
    Kind.BOOL: _("Write true or false."),
    Kind.LIST: _("Write one entry a line."),
}
_DECLARED: dict[str, Declared] = {}


def reads(
    code: str,
    kind: Kind,
    sentence: str | Promise,
    *,
    default: Any,
    basis: str | Promise,
    source: str,
    verified: bool = False,
    unit: str | Promise = "",
    least: int | Decimal | None = None,
    most: int | Decimal | None = None,
    by_programme: bool = True,
) -> Declared:
    """Declare a rule that this room reads. A code twice, or a default that the rule cannot have, is a ValueError."""
    if code in _DECLARED:
        raise ValueError(f"two declarations of the rule {code}")
    one = Declared(
        code, kind, sentence, default, basis, source, verified, unit, least, most, by_programme
    )  # fmt: skip
    one.checked(default)
    _DECLARED[code] = one
    return one


def declared() -> dict[str, Declared]:
    """All rules that the code reads, by code. Complete once every room is loaded."""
    return dict(sorted(_DECLARED.items()))
