"""The check of the ledger: recompute everything from the postings, and name every row that does not fit.

The database keeps these promises itself; the check finds what was done around it (a superuser, a damaged disc).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection, transaction
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.ledger.models import Control, Envelope, LedgerTransaction, Posting, Reservation

_SENTENCES: dict[str, str | Promise] = {
    "unbalanced": _("its postings sum to %(sum)s fen instead of nought"),
    "lines": _("it was booked with %(lines)s lines, %(there)s are there"),
    "amount": _("it was booked over %(amount)s fen, its debits are %(there)s"),
    "mirror": _("it does not mirror entry %(other)s, which it reverses"),
    "orphan": _("it belongs to no entry or to no account"),
    "strange": _("entry, account, envelope and reservation are not of one programme or do not belong together"),
    "total": _("%(name)s is %(kept)s fen, the postings make it %(made)s"),
    "negative": _("%(name)s is %(kept)s fen, less than nothing"),
    "exceeded": _("%(used)s fen are reserved, committed or paid of %(budget)s"),
}

_TRANSACTIONS = """
SELECT t.id, t.public_id, t.lines, t.amount_fen, count(p.id), coalesce(sum(p.amount_fen), 0),
       coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0)
FROM jd_kernel_ledgertransaction t LEFT JOIN jd_kernel_posting p ON p.transaction_id = t.id
GROUP BY t.id
HAVING count(p.id) <> t.lines OR coalesce(sum(p.amount_fen), 0) <> 0
    OR coalesce(sum(p.amount_fen) FILTER (WHERE p.amount_fen > 0), 0) <> t.amount_fen
ORDER BY t.id
"""
_MIRRORS = """
SELECT t.id, t.public_id, o.public_id FROM jd_kernel_ledgertransaction t
LEFT JOIN jd_kernel_ledgertransaction o ON o.id = t.reverses_id
WHERE t.reverses_id IS NOT NULL AND (
    o.id IS NULL OR o.reverses_id IS NOT NULL OR o.envelope_id IS DISTINCT FROM t.envelope_id
    OR o.reservation_id IS DISTINCT FROM t.reservation_id
    OR EXISTS (SELECT FROM jd_kernel_posting p WHERE p.transaction_id IN (t.id, o.id)
               GROUP BY p.account_id HAVING sum(p.amount_fen) <> 0))
ORDER BY t.id
"""
_ORPHANS = """
SELECT p.id FROM jd_kernel_posting p
LEFT JOIN jd_kernel_ledgertransaction t ON t.id = p.transaction_id
LEFT JOIN jd_kernel_ledgeraccount a ON a.id = p.account_id
WHERE t.id IS NULL OR a.id IS NULL ORDER BY p.id
"""
_STRANGE = """
SELECT p.id FROM jd_kernel_posting p
JOIN jd_kernel_ledgertransaction t ON t.id = p.transaction_id
JOIN jd_kernel_ledgeraccount a ON a.id = p.account_id
LEFT JOIN jd_kernel_envelope e ON e.id = t.envelope_id
LEFT JOIN jd_kernel_reservation r ON r.id = t.reservation_id
WHERE p.programme_id <> t.programme_id OR a.programme_id <> t.programme_id
   OR (t.envelope_id IS NOT NULL AND e.programme_id IS DISTINCT FROM t.programme_id)
   OR (t.reservation_id IS NOT NULL AND (r.programme_id IS DISTINCT FROM t.programme_id
                                         OR r.envelope_id IS DISTINCT FROM t.envelope_id))
   OR (a.control <> '') <> (t.envelope_id IS NOT NULL)
   OR (a.control IN ('reserved', 'committed', 'paid') AND t.reservation_id IS NULL)
ORDER BY p.id
"""
# {0}: table, {1}: column of the transaction, {2}: the expression of the budget
_TOTALS = """
SELECT r.id, r.public_id, {2}, r.reserved_fen, r.committed_fen, r.paid_fen,
       -coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'appropriated'), 0),
       coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'reserved'), 0),
       coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'committed'), 0),
       coalesce(sum(p.amount_fen) FILTER (WHERE a.control = 'paid'), 0)
FROM {0} r
LEFT JOIN jd_kernel_ledgertransaction t ON t.{1} = r.id
LEFT JOIN jd_kernel_posting p ON p.transaction_id = t.id
LEFT JOIN jd_kernel_ledgeraccount a ON a.id = p.account_id
GROUP BY r.id ORDER BY r.id
"""
_NAMES: dict[str, Any] = {
    "budget": _("budget"),
    "reserved": Control.RESERVED.label,
    "committed": Control.COMMITTED.label,
    "paid": Control.PAID.label,
}


@dataclass(frozen=True)
class Fault:
    """One thing that does not fit: which row (kind, key, public id), and what about it."""

    code: str
    kind: str
    key: int
    public_id: str = ""
    facts: dict[str, Any] = field(default_factory=dict, hash=False)

    @property
    def where(self) -> str:
        """The row, as an operator finds it."""
        return f"{self.kind} {self.key} {self.public_id}".strip()

    @property
    def sentence(self) -> str:
        """The fault in the reader's language, with its row."""
        words = {name: str(_NAMES.get(value, value)) for name, value in self.facts.items()}
        return f"{self.where}: {str(_SENTENCES[self.code]) % words}"


@dataclass(frozen=True)
class Verdict:
    """What was looked at, and every fault."""

    transactions: int
    postings: int
    envelopes: int
    reservations: int
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        return not self.faults


def check_ledger() -> Verdict:
    """Check all ledgers of all programmes in one consistent snapshot. Nine queries, memory by the number of faults."""
    outermost = not connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if outermost:  # inside another transaction the caller answers for the snapshot
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        faults = tuple(check_invariants())
        return Verdict(
            transactions=LedgerTransaction.everywhere().count(),
            postings=Posting.everywhere().count(),
            envelopes=Envelope.everywhere().count(),
            reservations=Reservation.everywhere().count(),
            faults=faults,
        )


def check_invariants() -> list[Fault]:
    """Every fault of every ledger; empty when all is as it should be."""
    return [*_entries(), *_postings(), *_totals(Envelope, "envelope_id"), *_totals(Reservation, "reservation_id")]


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        found: list[tuple[Any, ...]] = cursor.fetchall()
    return found


def _entries() -> Iterator[Fault]:
    kind = LedgerTransaction.kind
    for key, public_id, lines, amount, there, balance, debits in _rows(_TRANSACTIONS):
        if there != lines:
            yield Fault("lines", kind, key, public_id, {"lines": lines, "there": there})
        if balance != 0:
            yield Fault("unbalanced", kind, key, public_id, {"sum": balance})
        elif there == lines and debits != amount:
            yield Fault("amount", kind, key, public_id, {"amount": amount, "there": debits})
    for key, public_id, other in _rows(_MIRRORS):
        yield Fault("mirror", kind, key, public_id, {"other": other or "?"})


def _postings() -> Iterator[Fault]:
    kind = "kernel.posting"
    yield from (Fault("orphan", kind, key) for (key,) in _rows(_ORPHANS))
    yield from (Fault("strange", kind, key) for (key,) in _rows(_STRANGE))


def _totals(model: type[Envelope] | type[Reservation], column: str) -> Iterator[Fault]:
    is_envelope = model is Envelope
    table = model._meta.db_table
    for key, public_id, *numbers in _rows(_TOTALS.format(table, column, "r.budget_fen" if is_envelope else "0")):
        kept, made = numbers[:4], [int(one) for one in numbers[4:]]
        if not is_envelope:
            made[0] = 0
        for name, there, right in zip(_NAMES, kept, made, strict=True):
            if there != right:
                yield Fault("total", model.kind, key, public_id, {"name": name, "kept": there, "made": right})
            if there < 0:
                yield Fault("negative", model.kind, key, public_id, {"name": name, "kept": there})
        if is_envelope and sum(kept[1:]) > kept[0]:
            yield Fault("exceeded", model.kind, key, public_id, {"used": sum(kept[1:]), "budget": kept[0]})
