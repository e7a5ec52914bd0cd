"""What all loaders share: the programme, the plan, vocabularies, who acts, and the days on which things happen."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, TypeVar

from django.db import connection

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor, load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.programme import Programme
from jiandao.kernel.vocabulary.models import Term
from jiandao.web.demonstration.composing import Plan

T = TypeVar("T")

LOT = 2_000
SOURCE = "演示数据"
# Told what is being written, how much of it is there, and how much there will be.
Report = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Unit:
    """An organisation of the plan as it was written."""

    pk: int
    prefecture_id: int | None
    verified: bool


@dataclass(frozen=True)
class Step:
    """One entry of a record's history. `day` counts office days from the first of the frame, `rank` orders a day."""

    day: int
    rank: int
    verb: str
    by: str  # sign-in name, empty for the site itself
    before: dict[str, Any]
    after: dict[str, Any]
    facts: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


class Frame:
    """The setting of one load. Office days lie `stride` calendar days apart: few of them, few writes to the journal."""

    def __init__(self, programme: Programme, plan: Plan, report: Report) -> None:
        self.programme, self.plan, self._report = programme, plan, report
        self.accounts: dict[str, Account] = {}
        self._actors: dict[str, Actor] = {}
        self.now = clock.now()
        large = plan.needs > 5_000
        self.stride = 2 if large else 13
        self.days = (330 if large else 470) // self.stride
        midnight = clock.local(self.now).replace(hour=8, minute=30, second=0, microsecond=0)
        self.first = midnight - timedelta(days=self.days * self.stride + 1)
        self.units: list[Unit] = []
        self._terms = {(term.vocabulary, term.code): term for term in Term.objects.all()}

    def act_as(self, accounts: dict[str, Account]) -> None:
        """In whose names the steps are written, by sign-in name."""
        self.accounts = accounts
        self._actors = {name: load_actor(account) for name, account in accounts.items()}

    def wrote(self, what: str, done: int, total: int) -> None:
        """Tell how far it has come. What was written is checked now: the database would remember all of it until the end."""
        connection.check_constraints()
        self._report(what, done, total)

    def term(self, vocabulary: str, code: str) -> Term | None:
        return self._terms.get((vocabulary, code))

    def term_id(self, vocabulary: str, code: str) -> int | None:
        found = self._terms.get((vocabulary, code))
        return found.pk if found is not None else None

    def moment(self, day: int, rank: int = 0) -> datetime:
        """The moment of an office day; 0 is the first, `days` the last, which lies before today."""
        return self.first + timedelta(days=min(day, self.days) * self.stride, minutes=65 * rank)

    def journal_steps(self, histories: Iterable[tuple[Any, list[Step]]]) -> None:
        """Write the steps of records of one kind, day by day, those of one actor and verb together."""
        together: dict[tuple[int, int, str, str, str, str], list[tuple[Any, Step]]] = {}
        for record, steps in histories:
            for step in steps:
                key = (step.day, step.rank, step.verb, step.by, repr(step.facts), step.reason)
                together.setdefault(key, []).append((record, step))
        for (day, rank, verb, by, _facts, reason), group in sorted(together.items(), key=lambda item: item[0]):
            with clock.frozen(self.moment(day, rank)):
                for lot in lots(group):
                    journal.record_many(
                        actor=self._actors[by] if by else Actor(),
                        verb=verb,
                        changes=[(record, step.before, step.after) for record, step in lot],
                        facts=lot[0][1].facts,
                        reason=reason,
                    )


def lots(items: Iterable[T], size: int = LOT) -> Iterator[list[T]]:
    """The items in lists of at most `size`."""
    left = iter(items)
    while lot := list(islice(left, size)):
        yield lot
