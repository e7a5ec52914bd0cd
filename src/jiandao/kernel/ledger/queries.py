"""What can be asked of the ledger. Every question takes the actor and answers what that one may read."""

from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet, Sum

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.ledger.models import Envelope, LedgerAccount, LedgerTransaction, Nature, Posting, Reservation
from jiandao.kernel.ledger.policy import READ_LEDGER
from jiandao.kernel.ledger.refusals import refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.programme import Programme


@dataclass(frozen=True)
class EnvelopeStatus:
    """An envelope in numbers, all in fen: budget = reserved + committed + paid + free."""

    envelope: Envelope
    budget: int
    reserved: int
    committed: int
    paid: int
    free: int


@dataclass(frozen=True)
class StatementLine:
    """One posting on an account: `amount` in fen, a debit positive; `balance` after it in the account's own sense."""

    booked_on: date
    entry: LedgerTransaction
    amount: int
    balance: int


@dataclass(frozen=True)
class Statement:
    """An account over a period, both days counted. Balances are positive on the side where the account normally stands."""

    account: LedgerAccount
    since: date
    until: date
    opening: int
    lines: list[StatementLine]
    debits: int
    credits: int
    closing: int


def envelopes(actor: Actor, programme: Programme) -> QuerySet[Envelope]:
    """The envelopes of a programme that the actor reads."""
    return Envelope.everywhere().filter(READ_LEDGER.q(actor), programme=programme)


def reservations(actor: Actor, programme: Programme) -> QuerySet[Reservation]:
    """The reservations of a programme that the actor reads, with their envelopes."""
    return Reservation.everywhere().filter(READ_LEDGER.q(actor), programme=programme).select_related("envelope")


def entries(actor: Actor, programme: Programme) -> QuerySet[LedgerTransaction]:
    """The entries of a programme's ledger that the actor reads, with all that a row of a list shows."""
    rows = LedgerTransaction.everywhere().filter(READ_LEDGER.q(actor), programme=programme)
    return rows.select_related("envelope", "reservation", "made_by", "reverses", "reversed_by")


def accounts(actor: Actor, programme: Programme) -> QuerySet[LedgerAccount]:
    """The chart of a programme, for those who read its ledger."""
    return LedgerAccount.everywhere().filter(READ_LEDGER.q(actor), programme=programme)


def envelope_status(*, actor: Actor, programme: Programme, year: int | None = None) -> list[EnvelopeStatus]:
    """All envelopes of a programme, or of one year of it, in numbers. One query; empty for who may not read."""
    found = envelopes(actor, programme)
    if year is not None:
        found = found.filter(year=year)
    return [status_of(one) for one in found]


def status_of(envelope: Envelope) -> EnvelopeStatus:
    """The numbers of one envelope, as its row was read."""
    return EnvelopeStatus(
        envelope=envelope,
        budget=envelope.budget_fen,
        reserved=envelope.reserved_fen,
        committed=envelope.committed_fen,
        paid=envelope.paid_fen,
        free=envelope.free_fen,
    )


def statement(*, actor: Actor, account: LedgerAccount, since: date, until: date) -> Statement:
    """The postings of an account from `since` to `until` by date of account, with the balance after each. Two queries.

    Raises NotAllowed for who may not read the ledger, and for a period that ends before it begins.
    """
    decide(actor, READ_LEDGER, account)
    if until < since:
        raise refused("ledger.period", since=since, until=until)
    sign = 1 if account.nature in {Nature.ASSET, Nature.EXPENSE} else -1
    own = Posting.everywhere().filter(account=account)
    before = own.filter(transaction__booked_on__lt=since).aggregate(sum=Sum("amount_fen"))["sum"] or 0
    opening = balance = sign * int(before)
    rows = own.filter(transaction__booked_on__gte=since, transaction__booked_on__lte=until)
    lines = []
    for row in rows.select_related("transaction__envelope", "transaction__reservation").order_by(
        "transaction__booked_on", "transaction_id", "id"
    ):
        balance += sign * row.amount_fen
        lines.append(StatementLine(row.transaction.booked_on, row.transaction, row.amount_fen, balance))
    return Statement(
        account=account,
        since=since,
        until=until,
        opening=opening,
        lines=lines,
        debits=sum(line.amount for line in lines if line.amount > 0),
        credits=-sum(line.amount for line in lines if line.amount < 0),
        closing=balance,
    )
