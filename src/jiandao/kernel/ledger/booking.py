"""How every action of the ledger books: the checks that all share, the key, the rows, the journal."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.journal.entries import Journalled, plain
from jiandao.kernel.ledger.models import (
    Control,
    Envelope,
    LedgerAccount,
    LedgerTransaction,
    Nature,
    Posting,
    Reservation,
    Verb,
)
from jiandao.kernel.ledger.policy import KEEP_LEDGER
from jiandao.kernel.ledger.refusals import refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.programme import Programme

LONGEST_TEXT = 200
LONGEST_KEY = 100

_CHART = {
    Control.APPROPRIATED: ("B1", Nature.FUNDING),
    Control.FREE: ("B2", Nature.ASSET),
    Control.RESERVED: ("B3", Nature.ASSET),
    Control.COMMITTED: ("B4", Nature.ASSET),
    Control.PAID: ("B5", Nature.EXPENSE),
}


@dataclass(frozen=True)
class Line:
    """One line of an entry: a debit is positive, a credit negative."""

    account: LedgerAccount
    amount_fen: int


@dataclass(frozen=True)
class Call:
    """A checked call: who acts under which role, in which programme, and what the entry will say."""

    actor: Actor
    role: str
    programme_id: int
    verb: Verb
    text: str
    booked_on: date
    key: str
    content: str


def begin(
    *,
    actor: Actor,
    within: Any,
    verb: Verb,
    text: str,
    booked_on: date | None,
    key: str,
    asked: dict[str, Any],
) -> tuple[Call, LedgerTransaction | None]:
    """Check right, text, date and key. With a key that was used for the same call, also its answer: book nothing then.

    `within` is the programme or a record of it; `asked` is what distinguishes this call from another under one key.
    Raises NotAllowed.
    """
    role = decide(actor, KEEP_LEDGER, within)
    programme_id = within.pk if isinstance(within, Programme) else within.programme_id
    said = text.strip()
    if not said or len(said) > LONGEST_TEXT:
        raise refused("ledger.text", most=LONGEST_TEXT)
    if len(key) > LONGEST_KEY:
        raise refused("ledger.key", most=LONGEST_KEY)
    if isinstance(booked_on, datetime):
        raise TypeError("a date of account is a date, not a moment")
    day = booked_on or clock.today()
    if day > clock.today():
        raise refused("ledger.future", day=day, today=clock.today())
    content = _digest({"verb": verb, "text": said, "booked_on": booked_on, **asked})
    call = Call(actor, role, programme_id, verb, said, day, key, content)
    return call, _answered(call) if key else None


def _digest(asked: dict[str, Any]) -> str:
    text = json.dumps(plain(asked), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _answered(call: Call) -> LedgerTransaction | None:
    """The entry booked under this key before. The lock makes a second call wait until the first is through."""
    transaction_lock(f"ledger key {call.programme_id} {call.key}")
    rows = LedgerTransaction.everywhere().select_related("envelope", "reservation")
    found = rows.filter(programme=call.programme_id, key=call.key).first()
    if found is not None and found.content != call.content:
        raise refused("ledger.key_used", key=call.key, entry=found.public_id)
    return found


def chart(programme_id: int) -> dict[Control, LedgerAccount]:
    """The programme's accounts over which envelopes move, opened when it has none yet."""
    found = _controls(programme_id)
    if not found:
        transaction_lock(f"ledger chart {programme_id}")
        found = _controls(programme_id)
    if not found:
        LedgerAccount.everywhere().bulk_create(
            LedgerAccount(programme_id=programme_id, code=code, name=control.value, nature=nature, control=control)
            for control, (code, nature) in _CHART.items()
        )
        found = _controls(programme_id)
    return found


def _controls(programme_id: int) -> dict[Control, LedgerAccount]:
    rows = LedgerAccount.everywhere().filter(programme=programme_id).exclude(control="")
    return {Control(row.control): row for row in rows}


def locked_envelope(envelope_id: int) -> Envelope:
    """The envelope as it is now. Nobody else moves its money until the transaction ends."""
    return Envelope.everywhere().select_for_update(of=("self",)).get(pk=envelope_id)


def locked_reservation(reservation: Reservation) -> tuple[Envelope, Reservation]:
    """A reservation and its envelope, locked in this order by everybody."""
    envelope = locked_envelope(reservation.envelope_id)
    return envelope, Reservation.everywhere().select_for_update(of=("self",)).get(pk=reservation.pk)


def book(
    call: Call,
    lines: Iterable[tuple[LedgerAccount, int]],
    *,
    envelope: Envelope | None = None,
    reservation: Reservation | None = None,
    reverses: LedgerTransaction | None = None,
) -> LedgerTransaction:
    """Insert the entry and its postings, and bring `envelope` and `reservation` up to date. The caller has checked."""
    lines = list(lines)
    made = LedgerTransaction(
        programme_id=call.programme_id,
        verb=call.verb,
        booked_on=call.booked_on,
        text=call.text,
        amount_fen=sum(fen for _account, fen in lines if fen > 0),
        lines=len(lines),
        envelope=envelope,
        reservation=reservation,
        reverses=reverses,
        key=call.key,
        content=call.content if call.key else "",
        made_by=call.actor.account,
    )
    made.save(force_insert=True)
    # One statement: the totals follow once, when all lines are in.
    Posting.everywhere().bulk_create(
        Posting(programme_id=call.programme_id, transaction=made, account=account, amount_fen=fen)
        for account, fen in lines
    )
    for record in (envelope, reservation):
        if record is not None:
            record.refresh_from_db(fields=list(totals(record)))
    return made


def totals(record: Envelope | Reservation) -> dict[str, int]:
    """The totals of an envelope or a reservation by the names of their fields."""
    names = ["reserved_fen", "committed_fen", "paid_fen"]
    if isinstance(record, Envelope):
        names = ["budget_fen", *names]
    return {name: getattr(record, name) for name in names}


def write_journal(
    call: Call,
    record: Journalled,
    made: LedgerTransaction,
    *,
    before: dict[str, Any] | None = None,
    verb: str = "",
    facts: dict[str, Any] | None = None,
) -> None:
    """The one entry of the journal about what was booked."""
    after = totals(record) if isinstance(record, Envelope | Reservation) else None
    journal.record(
        actor=call.actor,
        role=call.role,
        verb=verb or call.verb.value,
        record=record,
        before=before,
        after=after,
        reason=call.text,
        facts={"entry": made.public_id, "amount_fen": made.amount_fen, "booked_on": made.booked_on} | (facts or {}),
        rule=KEEP_LEDGER.code,
    )
