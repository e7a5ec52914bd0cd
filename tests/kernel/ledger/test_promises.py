"""What the database itself refuses, what happens when two press at once, and what the check finds."""

import os
import subprocess
import sys

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import translation

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.ledger import actions
from jiandao.kernel.ledger.booking import chart
from jiandao.kernel.ledger.checking import check_invariants, check_ledger
from jiandao.kernel.ledger.models import Control, Envelope, LedgerTransaction, Posting, Reservation, Verb
from jiandao.kernel.policy.decisions import NotAllowed

WAN = 1_000_000


def insert(office, lines, *, reservation=None, envelope=None, number=None, total=None, **more):
    """Rows as a careless program would write them, past the actions."""
    accounts = chart(office.programme.pk)
    with transaction.atomic():
        made = LedgerTransaction.everywhere().create(
            **{
                "programme": office.programme,
                "verb": Verb.RESERVE,
                "booked_on": clock.today(),
                "text": "x",
                "amount_fen": total if total is not None else sum(fen for _one, fen in lines if fen > 0),
                "lines": number or len(lines),
                "envelope": envelope if envelope is not None else office.envelope,
                "reservation": reservation,
            }
            | more
        )
        Posting.everywhere().bulk_create(
            Posting(programme=office.programme, transaction=made, account=accounts.get(one, one), amount_fen=fen)
            for one, fen in lines
        )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    return made


def test_an_envelope_cannot_be_exceeded_past_the_actions(lasting_office):
    office = lasting_office
    held = office.reserve(100).reservation
    for fen in (101 * WAN, 10**17):
        with pytest.raises(DatabaseError, match="envelope_not_exceeded"):
            insert(office, [(Control.RESERVED, fen), (Control.FREE, -fen)], reservation=held)
    with pytest.raises(DatabaseError, match="not_negative"):
        insert(office, [(Control.PAID, 1), (Control.COMMITTED, -1)], reservation=held)
    with pytest.raises(DatabaseError, match="envelope_not_exceeded"):
        insert(office, [(Control.APPROPRIATED, 101 * WAN), (Control.FREE, -101 * WAN)])
    insert(office, [(Control.RESERVED, 100 * WAN), (Control.FREE, -100 * WAN)], reservation=held)
    assert office.fresh().free_fen == 0
    assert check_ledger().sound


@pytest.mark.parametrize(
    ("lines", "more"),
    [
        ([(Control.FREE, 5), (Control.APPROPRIATED, -4)], {}),
        ([(Control.FREE, 5), (Control.APPROPRIATED, -5)], {"number": 3}),
        ([(Control.FREE, 5), (Control.APPROPRIATED, -5)], {"total": 6}),
        ([], {"number": 2, "total": 1}),
    ],
)
def test_an_entry_out_of_balance_does_not_end_its_transaction(lasting_office, lines, more):
    with pytest.raises(DatabaseError, match="not in balance"):
        insert(lasting_office, lines, **more)
    assert check_ledger().sound


def test_a_line_is_never_added_to_an_entry_that_is_booked(lasting_office):
    made = lasting_office.reserve(1)
    accounts = chart(lasting_office.programme.pk)
    with pytest.raises(DatabaseError, match="not in balance"), transaction.atomic():
        Posting.everywhere().bulk_create(
            Posting(programme=lasting_office.programme, transaction=made, account=accounts[control], amount_fen=fen)
            for control, fen in ((Control.RESERVED, 7), (Control.FREE, -7))
        )


def test_a_counter_entry_mirrors_its_entry_and_is_the_only_one(lasting_office):
    office = lasting_office
    made = office.reserve(2)
    back = {"verb": Verb.REVERSE, "reverses": made, "reservation": made.reservation}
    with pytest.raises(DatabaseError, match="does not mirror"):
        insert(office, [(Control.FREE, 1), (Control.RESERVED, -1)], **back)
    insert(office, [(Control.FREE, 2 * WAN), (Control.RESERVED, -2 * WAN)], **back)
    with pytest.raises(DatabaseError, match="reverses"):
        insert(office, [(Control.FREE, 2 * WAN), (Control.RESERVED, -2 * WAN)], **back)


def test_control_accounts_move_with_an_envelope_and_a_reservation_only(lasting_office):
    office = lasting_office
    with pytest.raises(DatabaseError, match="control account"):
        insert(office, [(Control.RESERVED, 1), (Control.FREE, -1)])
    bank = actions.open_account(
        actor=office.finance, programme=office.programme, code="1001", name="银行", nature="asset"
    )
    with pytest.raises(DatabaseError, match="control account"):
        insert(office, [(bank, 1), (bank, -1)])


def test_nothing_points_into_another_programme(lasting_office):
    office = lasting_office
    other = factories.programme()
    finance = factories.actor((Role.FINANCE_OFFICER, other))
    far = actions.open_envelope(actor=finance, programme=other, year=2026, purpose="别处", budget_fen=9 * WAN)
    held = office.reserve(1).reservation
    lines = [(Control.RESERVED, 1), (Control.FREE, -1)]
    for wrong in (
        {"envelope": far.envelope, "reservation": held},
        {"programme": other, "reservation": held},
    ):
        with pytest.raises(DatabaseError, match="violates foreign key"):
            insert(office, lines, **wrong)
    second = actions.open_envelope(
        actor=office.finance, programme=office.programme, year=2027, purpose="另一", budget_fen=9 * WAN
    ).envelope
    with pytest.raises(DatabaseError, match="violates foreign key"):
        insert(office, lines, envelope=second, reservation=held)
    with pytest.raises(DatabaseError, match="violates foreign key"), transaction.atomic():
        Reservation.everywhere().create(programme=other, envelope=office.envelope, text="x")


@pytest.mark.parametrize("table", ["envelope", "reservation", "ledgeraccount", "ledgertransaction", "posting"])
def test_the_application_and_the_owner_cannot_edit_or_remove_a_row(lasting_office, owner_connection, table):
    lasting_office.reserve(1)
    column = {
        "envelope": "budget_fen",
        "reservation": "reserved_fen",
        "ledgeraccount": "name",
        "ledgertransaction": "text",
    }
    name = column.get(table, "amount_fen")
    statements = (
        f"UPDATE jd_kernel_{table} SET {name} = {name}",
        f"DELETE FROM jd_kernel_{table}",
        f"TRUNCATE jd_kernel_{table} CASCADE",
    )
    for statement in statements:
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
        with pytest.raises(Exception, match="refused"):
            owner_connection.execute(statement)


def test_an_envelope_is_not_born_with_money_in_it(lasting_office):
    for more in ({"budget_fen": 5}, {"budget_fen": 5, "reserved_fen": 5}):
        with pytest.raises(DatabaseError, match="only with postings"), transaction.atomic():
            Envelope.everywhere().create(programme=lasting_office.programme, year=2030, purpose="空头", **more)


# --- two at once -----------------------------------------------------------------------------------------------------


def refusals(outcomes):
    """Codes of what was refused; any other error is a failure."""
    errors = [one.error for one in outcomes if one.error is not None]
    assert all(isinstance(error, NotAllowed) for error in errors), errors
    return [error.refusal.code for error in errors]


def test_two_officers_reserve_the_last_money_at_once_and_one_reads_why_not(race, lasting_office):
    office = lasting_office
    second = factories.actor((Role.FINANCE_OFFICER, office.programme))
    outcomes = race(lambda: office.reserve(150), lambda: office.reserve(150, actor=second))
    assert refusals(outcomes) == ["ledger.exceeded"]
    (error,) = [one.error for one in outcomes if one.error is not None]
    with translation.override("en"):
        assert "CNY 500,000.00 free; CNY 1,500,000.00" in error.refusal.sentence
    assert office.fresh().reserved_fen == 150 * WAN
    assert check_ledger().sound


def test_one_call_sent_twice_at_once_books_once(race, lasting_office):
    outcomes = race(*[lambda: lasting_office.reserve(10, key="once")] * 3)
    assert refusals(outcomes) == []
    assert len({one.value.pk for one in outcomes}) == 1
    assert lasting_office.fresh().reserved_fen == 10 * WAN


def test_a_commitment_is_paid_once_however_many_press(race, lasting_office):
    office = lasting_office
    held = office.reserve(10).reservation
    by = {"actor": office.finance, "reservation": held, "text": "x"}
    actions.commit(**by)
    outcomes = race(*[lambda: actions.pay(**by)] * 3, lambda: actions.release(**by, stage=Control.COMMITTED))
    assert refusals(outcomes) == ["ledger.nothing_left"] * 3
    assert check_ledger().sound


def test_an_entry_is_reversed_once_however_many_press(race, lasting_office):
    office = lasting_office
    entry = office.reserve(10)
    outcomes = race(*[lambda: actions.reverse(actor=office.finance, entry=entry, text="更正")] * 3)
    assert refusals(outcomes) == ["ledger.reversed"] * 2
    assert office.fresh().free_fen == 200 * WAN


def test_the_first_envelope_of_a_programme_is_opened_once(race):
    programme = factories.programme()
    finance = factories.actor((Role.FINANCE_OFFICER, programme))
    values = {"actor": finance, "programme": programme, "year": 2026, "purpose": "专项", "budget_fen": 1}
    outcomes = race(*[lambda: actions.open_envelope(**values)] * 3)
    assert refusals(outcomes) == ["ledger.envelope_exists"] * 2
    assert len(chart(programme.pk)) == 5
    assert check_ledger().sound


def test_one_lowers_while_another_reserves(race, lasting_office):
    office = lasting_office
    outcomes = race(
        lambda: office.reserve(150),
        lambda: actions.lower_envelope(
            actor=office.finance, envelope=office.envelope, amount_fen=150 * WAN, text="压减"
        ),
    )
    assert len(refusals(outcomes)) == 1
    assert office.fresh().free_fen == 50 * WAN
    assert check_ledger().sound


# --- damage ----------------------------------------------------------------------------------------------------------

DAMAGE = {
    "amount of a posting": (
        "UPDATE jd_kernel_posting SET amount_fen = amount_fen + 1 WHERE id = {posting}",
        "unbalanced",
    ),
    "line gone": ("DELETE FROM jd_kernel_posting WHERE id = {posting}", "lines"),
    "amount of an entry": ("UPDATE jd_kernel_ledgertransaction SET amount_fen = 7 WHERE id = {entry}", "amount"),
    "entry gone": ("DELETE FROM jd_kernel_ledgertransaction WHERE id = {entry}", "orphan"),
    "other programme": ("UPDATE jd_kernel_posting SET programme_id = {other} WHERE id = {posting}", "strange"),
    "no counter-entry": ("UPDATE jd_kernel_ledgertransaction SET reverses_id = {entry} WHERE id = {second}", "mirror"),
    "total of an envelope": ("UPDATE jd_kernel_envelope SET paid_fen = 1 WHERE id = {envelope}", "total"),
    "more than there is": ("UPDATE jd_kernel_envelope SET reserved_fen = 10 ^ 12 WHERE id = {envelope}", "exceeded"),
    "less than nothing": ("UPDATE jd_kernel_reservation SET reserved_fen = -1 WHERE id = {reservation}", "negative"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_by_the_superuser_is_found_and_its_row_is_named(lasting_office, superuser_connection, damage):
    office = lasting_office
    entry, second = office.reserve(1), office.reserve(2)
    assert check_invariants() == []
    ids = {
        "entry": entry.pk,
        "second": second.pk,
        "envelope": office.envelope.pk,
        "reservation": entry.reservation_id,
        "other": factories.programme().pk,
        "posting": Posting.everywhere().filter(transaction=entry).order_by("pk")[0].pk,
    }
    statement, code = DAMAGE[damage]
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for constraint in ("envelope_not_exceeded", "envelope_not_negative"):
            cursor.execute(f"ALTER TABLE jd_kernel_envelope DROP CONSTRAINT {constraint}")
        cursor.execute("ALTER TABLE jd_kernel_reservation DROP CONSTRAINT reservation_not_negative")
        cursor.execute("ALTER TABLE jd_kernel_ledgertransaction DROP CONSTRAINT ledger_reverse_of_one")
        cursor.execute(statement.format(**ids))
    superuser_connection.commit()
    faults = check_invariants()
    (fault,) = [one for one in faults if one.code == code][:1]
    key = {"orphan": "posting", "strange": "posting", "mirror": "second", "total": "envelope", "exceeded": "envelope"}
    named = ids[key.get(code, "reservation" if code == "negative" else "entry")]
    assert fault.key == named
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert fault.where in fault.sentence
            assert "%(" not in fault.sentence


def test_the_command_says_whole_or_names_the_rows(lasting_office, superuser_connection):
    def run(*words):
        command = [sys.executable, "-W", "ignore", "-m", "jiandao.cli", "ledger", "check", *words]
        return subprocess.run(
            command,
            capture_output=True,
            encoding="utf-8",
            env={**os.environ, "LC_ALL": "en_US.UTF-8"},
            timeout=60,
            check=False,
        )

    entry = lasting_office.reserve(1)
    whole = run()
    assert (whole.returncode, whole.stderr) == (0, "")
    assert "2 entries with 4 postings, 1 envelopes, 1 reservations" in whole.stdout
    with superuser_connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute("UPDATE jd_kernel_posting SET amount_fen = 5 WHERE transaction_id = %s", [entry.pk])
    superuser_connection.commit()
    broken = run()
    assert (broken.returncode, broken.stdout) == (3, "")
    assert f"kernel.ledger-transaction {entry.pk} {entry.public_id}: its postings sum to 10 fen" in broken.stderr
    assert '"code": "unbalanced"' in run("--json").stdout
