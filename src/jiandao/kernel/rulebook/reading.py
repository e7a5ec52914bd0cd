"""Asking for the value of a rule on a day."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import F, Q

from jiandao.kernel import clock
from jiandao.kernel.programme import Programme
from jiandao.kernel.rulebook.declarations import Declared, declared
from jiandao.kernel.rulebook.models import RuleEdition


@dataclass(frozen=True)
class RuleValue:
    """The value that counts, and where it comes from. A decision stores code, edition and value."""

    value: Any
    code: str
    edition: int
    programme_id: int | None  # whose edition it is; none: the general one
    source: str
    verified: bool
    valid_from: date

    @property
    def named_edition(self) -> str:
        """The edition as the journal names it: general editions and a programme's own have separate numbers."""
        return f"{self.edition}" if self.programme_id is None else f"{self.programme_id}/{self.edition}"


class RuleMissing(LookupError):
    """Code read a rule that nobody declared, or of which the database holds no edition for that day."""


_Key = tuple[str, date, int | None]
_kept: ContextVar[dict[_Key, RuleValue] | None] = ContextVar("jiandao_rules", default=None)


@contextmanager
def one_reading() -> Iterator[None]:
    """Within the block a rule is read from the database once, so that everything decided in it rests on one edition.

    A request, a job or an import is one reading. An edition entered inside the block is seen at once, one that
    somebody else enters meanwhile by the next reading. Blocks inside a block are part of it.
    """
    if _kept.get() is not None:
        yield
        return
    token = _kept.set({})
    try:
        yield
    finally:
        _kept.reset(token)


def forget() -> None:
    """The next question in this reading asks the database again."""
    kept = _kept.get()
    if kept is not None:
        kept.clear()


def rule(code: str, at: date | datetime | None = None, programme: Programme | int | None = None) -> RuleValue:
    """The edition of a rule that counts on a day (default: today): a programme's own before the general one.

    Raises RuleMissing for a code that no room declares, and where no edition covers the day.
    """
    one = declared().get(code)
    if one is None:
        raise RuleMissing(f"no room declares the rule {code}; declare it in the room's rules.py")
    day = _day(at)
    programme_id = programme.pk if isinstance(programme, Programme) else programme
    if not one.by_programme:
        programme_id = None
    kept = _kept.get()
    key = (code, day, programme_id)
    if kept is not None and key in kept:
        return kept[key]
    row = in_force(code, day, programme_id)
    if row is None:
        raise RuleMissing(f"the rulebook holds no edition of {code} for {day}; run: jiandao migrate")
    found = _read(one, row)
    if kept is not None:
        kept[key] = found
    return found


def rules_at(at: date | datetime | None = None, programme: Programme | int | None = None) -> dict[str, RuleValue]:
    """By code, what `rule` answers for every rule that a room declares; one query. Rules without an edition are left out."""
    day = _day(at)
    programme_id = programme.pk if isinstance(programme, Programme) else programme
    known = declared()
    own = Q(programme=programme_id, code__in=[code for code, one in known.items() if one.by_programme])
    whose = Q(programme__isnull=True) if programme_id is None else Q(programme__isnull=True) | own
    rows = (
        RuleEdition.objects.filter(whose, code__in=list(known), valid_from__lte=day)
        .order_by("code", F("programme").asc(nulls_last=True), "-valid_from", "-edition")
        .distinct("code")
    )
    return {row.code: _read(known[row.code], row) for row in rows}


def _read(one: Declared, row: RuleEdition) -> RuleValue:
    return RuleValue(
        value=one.typed(row.value),
        code=one.code,
        edition=row.edition,
        programme_id=row.programme_id,
        source=row.source,
        verified=row.verified,
        valid_from=row.valid_from,
    )


def in_force(code: str, day: date, programme_id: int | None) -> RuleEdition | None:
    """The row that counts; one query."""
    whose = Q(programme__isnull=True) if programme_id is None else Q(programme__isnull=True) | Q(programme=programme_id)
    return (
        RuleEdition.objects.filter(whose, code=code, valid_from__lte=day)
        .order_by(F("programme").asc(nulls_last=True), "-valid_from", "-edition")
        .first()
    )


def _day(at: date | datetime | None) -> date:
    if at is None:
        return clock.today()
    return clock.local(at).date() if isinstance(at, datetime) else at
