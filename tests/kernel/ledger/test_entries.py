"""Accounts, free entries, counter-entries, statements."""

from datetime import date, datetime

import pytest
from django.utils import translation

import factories
from harness import assert_same_queries
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.ledger import actions, queries
from jiandao.kernel.ledger.actions import Line
from jiandao.kernel.ledger.booking import chart
from jiandao.kernel.ledger.checking import check_ledger
from jiandao.kernel.ledger.models import Control, LedgerAccount, LedgerTransaction, Nature
from jiandao.kernel.money import LARGEST_FEN
from jiandao.kernel.policy.decisions import NotAllowed

WAN = 1_000_000


@pytest.fixture
def books(office):
    """The office with a bank account and an account of partners' money."""
    new = {"actor": office.finance, "programme": office.programme}
    bank = actions.open_account(**new, code="1001", name="银行存款", nature=Nature.ASSET)
    partners = actions.open_account(**new, code="4001", name="企业配套资金", nature=Nature.FUNDING)
    return office, bank, partners


def post(office, *lines, **more):
    values = {"text": "企业配套到账", "lines": [Line(account, fen) for account, fen in lines]} | more
    return actions.post(actor=office.finance, programme=office.programme, **values)


def code_of(call, *args, **values):
    with pytest.raises(NotAllowed) as refused:
        call(*args, **values)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert "%(" not in refused.value.refusal.sentence
    return refused.value.refusal.code


def test_an_entry_sums_to_nought_and_stands_in_both_statements(books):
    office, bank, partners = books
    made = post(office, (bank, 50 * WAN), (partners, -50 * WAN))
    assert (made.amount_fen, made.lines) == (50 * WAN, 2)
    day = clock.today()
    for account in (bank, partners):
        shown = queries.statement(actor=office.finance, account=account, since=day, until=day)
        assert (shown.opening, shown.closing) == (0, 50 * WAN)
    assert journal.timeline(LedgerTransaction.kind, made.pk)[0].facts["lines"] == [
        ["1001", 50 * WAN],
        ["4001", -50 * WAN],
    ]


def test_what_is_no_entry_is_refused(books):
    office, bank, partners = books
    control = chart(office.programme.pk)[Control.FREE]
    other = factories.programme()
    finance = factories.actor((Role.FINANCE_OFFICER, other))
    strange = actions.open_account(actor=finance, programme=other, code="1", name="别处", nature=Nature.ASSET)
    cases = [
        ("ledger.lines", [(bank, 1)]),
        ("ledger.lines", []),
        ("ledger.lines", [(bank, 1)] * 501),
        ("ledger.zero_line", [(bank, 1), (partners, -1), (bank, 0)]),
        ("ledger.unbalanced", [(bank, 2), (partners, -1)]),
        ("ledger.control", [(bank, 1), (control, -1)]),
        ("ledger.elsewhere", [(bank, 1), (strange, -1)]),
        ("ledger.too_large", [(bank, LARGEST_FEN + 1), (partners, -LARGEST_FEN - 1)]),
        ("ledger.too_large", [(bank, LARGEST_FEN), (bank, 1), (partners, -LARGEST_FEN), (partners, -1)]),
    ]
    for code, lines in cases:
        assert code_of(post, office, *lines) == code
    for wrong in (1.5, True, "1"):
        with pytest.raises(TypeError):
            post(office, (bank, wrong), (partners, -1))
    with pytest.raises(TypeError):
        post(office, (bank, 1), (partners, -1), booked_on=datetime(2026, 1, 1))  # noqa: DTZ001
    assert LedgerTransaction.everywhere().filter(verb="post-entry").count() == 0


def test_an_account_is_opened_once_and_named(books):
    office, _bank, _partners = books
    new = {"actor": office.finance, "programme": office.programme, "nature": Nature.ASSET}
    assert code_of(actions.open_account, **new, code=" 1001 ", name="再开") == "ledger.account_exists"
    assert code_of(actions.open_account, **new, code="B1", name="占用") == "ledger.account_exists"
    assert code_of(actions.open_account, **new, code="", name="无号") == "ledger.account_named"
    assert code_of(actions.open_account, **new, code="9", name="长" * 101) == "ledger.account_named"


def test_a_counter_entry_takes_an_entry_back_once(books):
    office, bank, partners = books
    made = post(office, (bank, 5), (partners, -5))
    by = {"actor": office.finance, "text": "记账有误"}
    back = actions.reverse(**by, entry=made)
    assert back.reverses_id == made.pk
    day = clock.today()
    shown = queries.statement(actor=office.finance, account=bank, since=day, until=day)
    assert (shown.debits, shown.credits, shown.closing, len(shown.lines)) == (5, 5, 0, 2)
    assert code_of(actions.reverse, **by, entry=made) == "ledger.reversed"
    assert code_of(actions.reverse, **by, entry=back) == "ledger.reverse_of_reverse"
    assert [one.verb for one in journal.timeline(LedgerTransaction.kind, made.pk)] == ["reverse-entry", "post-entry"]
    assert check_ledger().sound


def test_every_step_of_an_envelope_can_be_taken_back_while_nothing_rests_on_it(office):
    by = {"actor": office.finance, "text": "更正"}
    reserved = office.reserve(100)
    held = {"actor": office.finance, "reservation": reserved.reservation}
    committed = actions.commit(**held, text="签订")
    paid = actions.pay(**held, amount_fen=40 * WAN, text="拨付")
    assert code_of(actions.reverse, **by, entry=reserved) == "ledger.reverse_used"
    assert code_of(actions.reverse, **by, entry=committed) == "ledger.reverse_used"
    opening = LedgerTransaction.everywhere().get(programme=office.programme, verb="raise-envelope")
    assert code_of(actions.reverse, **by, entry=opening) == "ledger.lower"
    for entry in (paid, committed, reserved, opening):
        actions.reverse(**by, entry=entry)
    assert [office.fresh().budget_fen, office.fresh().free_fen, office.fresh().paid_fen] == [0, 0, 0]
    assert check_ledger().sound


def test_taking_a_release_back_needs_the_money_to_be_free_still(office):
    held = office.reserve(150).reservation
    released = actions.release(actor=office.finance, reservation=held, text="退回")
    second = office.reserve(100)
    by = {"actor": office.finance, "text": "更正"}
    assert code_of(actions.reverse, **by, entry=released) == "ledger.exceeded"
    actions.reverse(**by, entry=second)
    actions.reverse(**by, entry=released)
    assert office.fresh().reserved_fen == 150 * WAN


def test_a_statement_goes_by_the_date_of_account_and_opens_with_what_was_before(books):
    office, bank, partners = books
    for day, fen in ((3, 300), (1, 100), (2, 200), (5, 500)):
        post(office, (bank, fen), (partners, -fen), booked_on=date(2026, 3, day))
    ask = {"actor": office.finance, "since": date(2026, 3, 2), "until": date(2026, 3, 3)}
    shown = queries.statement(account=bank, **ask)
    assert (shown.opening, shown.closing) == (100, 600)
    assert [(one.booked_on.day, one.amount, one.balance) for one in shown.lines] == [(2, 200, 300), (3, 300, 600)]
    assert (shown.debits, shown.credits) == (500, 0)
    # Funding stands on the credit side: its balance is shown as what there is.
    assert queries.statement(account=partners, **ask).closing == 600
    assert code_of(queries.statement, account=bank, **ask | {"until": date(2026, 3, 1)}) == "ledger.period"


def test_the_accounts_of_envelopes_are_named_in_the_readers_language(office):
    account = chart(office.programme.pk)[Control.COMMITTED]
    with translation.override("en"):
        assert account.title == "committed"
    assert LedgerAccount(name="银行存款").title == "银行存款"


def test_reading_takes_the_same_queries_however_much_there_is(books):
    office, bank, partners = books

    def fill(size):
        for number in range(size):
            post(office, (bank, 1 + number), (partners, -1 - number))
            office.reserve(amount_fen=1 + number)
        return size

    day = clock.today()
    ask = {"actor": office.finance, "since": day, "until": day}

    def read(_size):
        free = chart(office.programme.pk)[Control.FREE]
        for account in (bank, free):
            for line in queries.statement(account=account, **ask).lines:
                assert line.entry.text
                assert line.entry.envelope is None or line.entry.envelope.purpose
        for status in queries.envelope_status(actor=office.finance, programme=office.programme):
            assert status.budget == status.reserved + status.committed + status.paid + status.free
        for one in queries.reservations(office.finance, office.programme):
            assert one.envelope.purpose
        for entry in queries.entries(office.finance, office.programme):
            assert (entry.reservation is None) or entry.reservation.text
            assert getattr(entry, "reversed_by", None) is None

    fill(10)
    few = assert_same_queries(read, 0, 0)
    fill(90)
    assert assert_same_queries(read, 0, 0, at_most=10) == few
