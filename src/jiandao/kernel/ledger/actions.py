"""What can happen in the ledger. Each action is one transaction, one entry of the ledger and one of the journal.

All raise NotAllowed with a reason, and TypeError for an amount that is no integer. `booked_on` is the date of account
(default: today), `key` a name that the caller gives to the call: repeated with the same content it returns the entry
that is there, with another content it is refused.
"""

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.journal.entries import Journalled
from jiandao.kernel.ledger import booking
from jiandao.kernel.ledger.booking import Call, Line, begin, book, chart, totals, write_journal
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
from jiandao.kernel.ledger.refusals import amount, checked_amount, checked_fen, refused
from jiandao.kernel.money import LARGEST_FEN
from jiandao.kernel.policy.access import decide
from jiandao.kernel.programme import Programme

MOST_LINES = 500


@transaction.atomic
def open_account(*, actor: Actor, programme: Programme, code: str, name: str, nature: Nature) -> LedgerAccount:
    """Add an account to the programme's chart."""
    role = decide(actor, KEEP_LEDGER, programme)
    code, name = code.strip(), name.strip()
    if not code or not name or len(code) > 20 or len(name) > 100:
        raise refused("ledger.account_named")
    chart(programme.pk)  # first, so that nobody takes its codes
    transaction_lock(f"ledger chart {programme.pk}")
    there = LedgerAccount.everywhere().filter(programme=programme, code=code).first()
    if there is not None:
        raise refused("ledger.account_exists", code=code, name=there.title)
    made = LedgerAccount(programme=programme, code=code, name=name, nature=Nature(nature), made_by=actor.account)
    made.save(force_insert=True)
    journal.record(
        actor=actor,
        role=role,
        verb="open-account",
        record=made,
        after={"code": code, "name": name, "nature": made.nature},
        rule=KEEP_LEDGER.code,
    )
    return made


@transaction.atomic
def open_envelope(
    *,
    actor: Actor,
    programme: Programme,
    year: int,
    purpose: str,
    budget_fen: int,
    text: str = "",
    booked_on: date | None = None,
    key: str = "",
) -> LedgerTransaction:
    """Open the envelope of a year and purpose with its first budget; it is the entry's `envelope`."""
    checked_amount(budget_fen)
    purpose = purpose.strip()
    call, answer = begin(
        actor=actor,
        within=programme,
        verb=Verb.RAISE,
        text=text or purpose,
        booked_on=booked_on,
        key=key,
        asked={"open": True, "year": year, "purpose": purpose, "amount": budget_fen},
    )
    if answer is not None:
        return answer
    if not 1900 <= year <= 9999:
        raise refused("ledger.year", year=year)
    if not purpose or len(purpose) > booking.LONGEST_TEXT:
        raise refused("ledger.text", most=booking.LONGEST_TEXT)
    accounts = chart(programme.pk)
    transaction_lock(f"ledger envelopes {programme.pk}")
    if Envelope.everywhere().filter(programme=programme, year=year, purpose=purpose).exists():
        raise refused("ledger.envelope_exists", envelope=purpose)
    envelope = Envelope(programme=programme, year=year, purpose=purpose, made_by=actor.account)
    envelope.save(force_insert=True)
    made = book(call, _moved(accounts, Control.APPROPRIATED, Control.FREE, budget_fen), envelope=envelope)
    write_journal(call, envelope, made, verb="open-envelope", facts={"year": year, "purpose": purpose})
    return made


@transaction.atomic
def raise_envelope(
    *, actor: Actor, envelope: Envelope, amount_fen: int, text: str, booked_on: date | None = None, key: str = ""
) -> LedgerTransaction:
    """Add money to an envelope."""
    checked_amount(amount_fen)
    asked = {"envelope": envelope.public_id, "amount": amount_fen}
    call, answer = begin(
        actor=actor, within=envelope, verb=Verb.RAISE, text=text, booked_on=booked_on, key=key, asked=asked
    )
    if answer is not None:
        return answer
    fresh = booking.locked_envelope(envelope.pk)
    _check_not_too_large(fresh, amount_fen)
    return _move(call, Control.APPROPRIATED, Control.FREE, amount_fen, fresh)


@transaction.atomic
def lower_envelope(
    *, actor: Actor, envelope: Envelope, amount_fen: int, text: str, booked_on: date | None = None, key: str = ""
) -> LedgerTransaction:
    """Take money out of an envelope, never more than is free."""
    checked_amount(amount_fen)
    asked = {"envelope": envelope.public_id, "amount": amount_fen}
    call, answer = begin(
        actor=actor, within=envelope, verb=Verb.LOWER, text=text, booked_on=booked_on, key=key, asked=asked
    )
    if answer is not None:
        return answer
    fresh = booking.locked_envelope(envelope.pk)
    if amount_fen > fresh.free_fen:
        raise refused("ledger.lower", envelope=str(fresh), free=amount(fresh.free_fen), asked=amount(amount_fen))
    return _move(call, Control.FREE, Control.APPROPRIATED, amount_fen, fresh)


@transaction.atomic
def reserve(
    *,
    actor: Actor,
    envelope: Envelope,
    amount_fen: int,
    text: str,
    about: Journalled | None = None,
    booked_on: date | None = None,
    key: str = "",
) -> LedgerTransaction:
    """Set money of an envelope aside, for the record `about` if there is one; it is the entry's `reservation`."""
    checked_amount(amount_fen)
    whom = [about.kind, about.pk] if about is not None else None
    call, answer = begin(
        actor=actor,
        within=envelope,
        verb=Verb.RESERVE,
        text=text,
        booked_on=booked_on,
        key=key,
        asked={"envelope": envelope.public_id, "amount": amount_fen, "about": whom},
    )
    if answer is not None:
        return answer
    if getattr(about, "programme_id", None) not in {None, call.programme_id}:
        raise refused("ledger.elsewhere", what=str(about))
    fresh = booking.locked_envelope(envelope.pk)
    _check_free(fresh, amount_fen)
    reservation = Reservation(
        programme_id=call.programme_id,
        envelope=fresh,
        text=call.text,
        about_kind=about.kind if about is not None else "",
        about_id=about.pk if about is not None else None,
        made_by=actor.account,
    )
    reservation.save(force_insert=True)
    return _move(call, Control.FREE, Control.RESERVED, amount_fen, fresh, reservation)


@transaction.atomic
def commit(
    *,
    actor: Actor,
    reservation: Reservation,
    text: str,
    amount_fen: int | None = None,
    booked_on: date | None = None,
    key: str = "",
) -> LedgerTransaction:
    """Bind reserved money by a contract (a task book): all that is reserved, or a part."""
    return _advance(
        Verb.COMMIT, Control.RESERVED, Control.COMMITTED, actor, reservation, amount_fen, text, booked_on, key
    )


@transaction.atomic
def pay(
    *,
    actor: Actor,
    reservation: Reservation,
    text: str,
    amount_fen: int | None = None,
    booked_on: date | None = None,
    key: str = "",
) -> LedgerTransaction:
    """Pay out committed money: all that is committed, or a part (a tranche)."""
    return _advance(Verb.PAY, Control.COMMITTED, Control.PAID, actor, reservation, amount_fen, text, booked_on, key)


@transaction.atomic
def release(
    *,
    actor: Actor,
    reservation: Reservation,
    text: str,
    amount_fen: int | None = None,
    stage: Control = Control.RESERVED,
    booked_on: date | None = None,
    key: str = "",
) -> LedgerTransaction:
    """Give back to the envelope what is reserved, or committed when `stage` says so: all the rest, or a part."""
    if stage not in {Control.RESERVED, Control.COMMITTED}:
        raise ValueError("only reserved or committed money can be released")
    return _advance(Verb.RELEASE, stage, Control.FREE, actor, reservation, amount_fen, text, booked_on, key)


@transaction.atomic
def post(
    *,
    actor: Actor,
    programme: Programme,
    lines: Sequence[Line],
    text: str,
    booked_on: date | None = None,
    key: str = "",
) -> LedgerTransaction:
    """Book an entry over accounts of the chart that no envelope moves; its lines sum to nought."""
    call, answer = begin(
        actor=actor,
        within=programme,
        verb=Verb.POST,
        text=text,
        booked_on=booked_on,
        key=key,
        asked={"lines": [[line.account.public_id, line.amount_fen] for line in lines]},
    )
    if answer is not None:
        return answer
    _check_lines(programme, lines)
    made = book(call, [(line.account, line.amount_fen) for line in lines])
    facts = {"lines": [[line.account.code, line.amount_fen] for line in lines]}
    write_journal(call, made, made, facts=facts)
    return made


@transaction.atomic
def reverse(
    *, actor: Actor, entry: LedgerTransaction, text: str, booked_on: date | None = None, key: str = ""
) -> LedgerTransaction:
    """Take an entry back by its counter-entry, once. What later entries rest on stays until they are reversed."""
    call, answer = begin(
        actor=actor,
        within=entry,
        verb=Verb.REVERSE,
        text=text,
        booked_on=booked_on,
        key=key,
        asked={"entry": entry.public_id},
    )
    if answer is not None:
        return answer
    envelope, reservation = _locked_parts(entry)
    if entry.reverses_id is not None:
        raise refused("ledger.reverse_of_reverse")
    earlier = LedgerTransaction.everywhere().filter(reverses=entry).first()
    if earlier is not None:
        raise refused("ledger.reversed", day=earlier.booked_on)
    postings = list(Posting.everywhere().filter(transaction=entry).select_related("account"))
    lines = [(posting.account, -posting.amount_fen) for posting in postings]
    if envelope is not None:
        _check_reversal(entry, envelope, reservation, lines)
    record = reservation or envelope
    before = totals(record) if record is not None else None
    made = book(call, lines, envelope=envelope, reservation=reservation, reverses=entry)
    write_journal(call, record or entry, made, before=before, facts={"reverses": entry.public_id})
    return made


def _advance(
    verb: Verb,
    source: Control,
    target: Control,
    actor: Actor,
    reservation: Reservation,
    amount_fen: int | None,
    text: str,
    booked_on: date | None,
    key: str,
) -> LedgerTransaction:
    """Move money of a reservation from one stage to another; all that is there when no amount is named."""
    if amount_fen is not None:
        checked_amount(amount_fen)
    asked = {"reservation": reservation.public_id, "amount": amount_fen, "stage": source}
    call, answer = begin(
        actor=actor, within=reservation, verb=verb, text=text, booked_on=booked_on, key=key, asked=asked
    )
    if answer is not None:
        return answer
    envelope, fresh = booking.locked_reservation(reservation)
    there = totals(fresh)[f"{source}_fen"]
    if not there:
        raise refused("ledger.nothing_left", reservation=fresh.text, stage=source.label)
    if amount_fen is not None and amount_fen > there:
        raise refused(
            "ledger.stage",
            reservation=fresh.text,
            there=amount(there),
            stage=source.label,
            asked=amount(amount_fen),
        )
    return _move(call, source, target, there if amount_fen is None else amount_fen, envelope, fresh)


def _move(
    call: Call,
    source: Control,
    target: Control,
    fen: int,
    envelope: Envelope,
    reservation: Reservation | None = None,
) -> LedgerTransaction:
    record = reservation or envelope
    before = totals(record)
    lines = _moved(chart(call.programme_id), source, target, fen)
    made = book(call, lines, envelope=envelope, reservation=reservation)
    write_journal(call, record, made, before=before)
    return made


def _moved(
    accounts: dict[Control, LedgerAccount], source: Control, target: Control, fen: int
) -> list[tuple[LedgerAccount, int]]:
    return [(accounts[target], fen), (accounts[source], -fen)]


def _check_free(envelope: Envelope, fen: int) -> None:
    if fen > envelope.free_fen:
        raise refused("ledger.exceeded", envelope=str(envelope), free=amount(envelope.free_fen), asked=amount(fen))


def _check_not_too_large(envelope: Envelope, more: int) -> None:
    if envelope.budget_fen + more > LARGEST_FEN:
        raise refused("ledger.too_large", asked=amount(envelope.budget_fen + more), largest=amount(LARGEST_FEN))


def _check_lines(programme: Programme, lines: Sequence[Line]) -> None:
    if not 2 <= len(lines) <= MOST_LINES:
        raise refused("ledger.lines", most=MOST_LINES, count=len(lines))
    for number, line in enumerate(lines, start=1):
        if checked_fen(line.amount_fen) == 0:
            raise refused("ledger.zero_line", line=number)
        checked_amount(abs(line.amount_fen))
        if line.account.programme_id != programme.pk:
            raise refused("ledger.elsewhere", what=line.account.title)
        if line.account.control:
            raise refused("ledger.control", account=line.account.title)
    debits = sum(line.amount_fen for line in lines if line.amount_fen > 0)
    owed = -sum(line.amount_fen for line in lines if line.amount_fen < 0)
    if debits != owed:
        raise refused("ledger.unbalanced", debits=amount(debits), credits=amount(owed))
    if debits > LARGEST_FEN:
        raise refused("ledger.too_large", asked=amount(debits), largest=amount(LARGEST_FEN))


def _locked_parts(entry: LedgerTransaction) -> tuple[Envelope | None, Reservation | None]:
    """What an entry moved, locked; for one that moved no envelope a lock on its name."""
    if entry.envelope_id is None:
        transaction_lock(f"ledger entry {entry.pk}")
        return None, None
    envelope = booking.locked_envelope(entry.envelope_id)
    if entry.reservation_id is None:
        return envelope, None
    reservation = Reservation.everywhere().select_for_update(of=("self",)).get(pk=entry.reservation_id)
    return envelope, reservation


def _check_reversal(
    entry: LedgerTransaction,
    envelope: Envelope,
    reservation: Reservation | None,
    lines: Sequence[tuple[LedgerAccount, int]],
) -> None:
    """Whether what the entry moved is still where it put it."""
    change = {Control(account.control): fen for account, fen in lines}
    if entry.verb == Verb.LOWER:
        _check_not_too_large(envelope, entry.amount_fen)
    if envelope.free_fen + change.get(Control.FREE, 0) < 0:
        if entry.verb == Verb.RELEASE:
            _check_free(envelope, entry.amount_fen)
        raise refused(
            "ledger.lower",
            envelope=str(envelope),
            free=amount(envelope.free_fen),
            asked=amount(entry.amount_fen),
        )
    if reservation is None:
        return
    there = totals(reservation)
    for stage in (Control.RESERVED, Control.COMMITTED, Control.PAID):
        if there[f"{stage}_fen"] + change.get(stage, 0) < 0:
            raise refused("ledger.reverse_used", asked=amount(entry.amount_fen))
