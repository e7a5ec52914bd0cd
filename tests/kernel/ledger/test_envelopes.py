"""Envelopes: budget, reservation, commitment, payment, release; what is refused and in which words."""

from datetime import date, timedelta

import pytest
from django.utils import translation

import factories
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.ledger import actions
from jiandao.kernel.ledger.checking import check_ledger
from jiandao.kernel.ledger.models import Control, Envelope, LedgerTransaction, Posting, Reservation, Verb
from jiandao.kernel.ledger.queries import status_of
from jiandao.kernel.money import LARGEST_FEN
from jiandao.kernel.policy.decisions import NotAllowed

WAN = 1_000_000


def numbers(envelope: Envelope) -> tuple[int, ...]:
    """Budget, reserved, committed, paid, free in 万元."""
    one = status_of(Envelope.everywhere().get(pk=envelope.pk))
    return tuple(fen // WAN for fen in (one.budget, one.reserved, one.committed, one.paid, one.free))


def refusal(call, **values):
    with pytest.raises(NotAllowed) as refused:
        call(**values)
    return refused.value.refusal


def test_money_goes_from_the_budget_to_the_payment_in_parts_and_the_rest_comes_back(office):
    held = office.reserve(100).reservation
    assert numbers(office.envelope) == (200, 100, 0, 0, 100)
    by = {"actor": office.finance, "reservation": held}
    actions.commit(**by, amount_fen=80 * WAN, text="任务书签订")
    assert numbers(office.envelope) == (200, 20, 80, 0, 100)
    actions.pay(**by, amount_fen=30 * WAN, text="首笔拨付")
    actions.pay(**by, amount_fen=40 * WAN, text="中期拨付")
    assert numbers(office.envelope) == (200, 20, 10, 70, 100)
    actions.release(**by, text="预留未用")
    actions.release(**by, stage=Control.COMMITTED, text="结余收回")
    assert numbers(office.envelope) == (200, 0, 0, 70, 130)
    held = Reservation.everywhere().get(pk=held.pk)
    assert held.is_settled
    assert held.paid_fen == 70 * WAN
    assert check_ledger().sound


def test_without_an_amount_all_that_is_there_moves(office):
    held = office.reserve(100).reservation
    by = {"actor": office.finance, "reservation": held}
    assert actions.commit(**by, text="签订").amount_fen == 100 * WAN
    assert actions.pay(**by, text="一次拨付").amount_fen == 100 * WAN
    assert numbers(office.envelope) == (200, 0, 0, 100, 100)


def test_an_entry_returns_its_records_as_they_are_now(office):
    made = office.reserve(100)
    assert made.envelope.free_fen == made.reservation.reserved_fen == 100 * WAN
    assert made.verb == Verb.RESERVE
    assert sum(Posting.everywhere().filter(transaction=made).values_list("amount_fen", flat=True)) == 0


def test_no_more_is_reserved_than_is_free_and_the_refusal_says_both_numbers(office):
    office.reserve(80)
    said = refusal(office.reserve, wan=150)
    assert said.code == "ledger.exceeded"
    with translation.override("zh-hans"):
        assert "120.00 万元" in said.sentence
        assert "150.00 万元" in said.sentence
    with translation.override("en"):
        assert "CNY 1,200,000.00 free" in said.sentence
        assert "CNY 1,500,000.00" in said.sentence
        assert "攻关专项" in said.sentence
    assert numbers(office.envelope) == (200, 80, 0, 0, 120)
    office.reserve(120)
    assert refusal(office.reserve, amount_fen=1).code == "ledger.exceeded"


def test_no_more_is_committed_paid_or_released_than_is_there(office):
    held = office.reserve(100).reservation
    by = {"actor": office.finance, "reservation": held, "text": "x"}
    with translation.override("en"):
        assert refusal(actions.pay, **by).sentence == "Of “碳化硅项目” nothing is committed any more."
        said = refusal(actions.commit, **by, amount_fen=101 * WAN).sentence
        assert said == "Of “碳化硅项目” CNY 1,000,000.00 are reserved; CNY 1,010,000.00 were asked."
    actions.commit(**by, amount_fen=60 * WAN)
    assert refusal(actions.pay, **by, amount_fen=61 * WAN).code == "ledger.stage"
    assert refusal(actions.release, **by, amount_fen=41 * WAN).code == "ledger.stage"
    with pytest.raises(ValueError, match="reserved or committed"):
        actions.release(**by, stage=Control.PAID)
    assert numbers(office.envelope) == (200, 40, 60, 0, 100)


def test_an_envelope_is_raised_and_lowered_but_never_below_what_is_reserved(office):
    by = {"actor": office.finance, "envelope": office.envelope}
    office.reserve(150)
    with translation.override("en"):
        said = refusal(actions.lower_envelope, **by, amount_fen=60 * WAN, text="压减").sentence
    assert "CNY 500,000.00 are free" in said
    actions.lower_envelope(**by, amount_fen=50 * WAN, text="压减")
    assert numbers(office.envelope) == (150, 150, 0, 0, 0)
    actions.raise_envelope(**by, amount_fen=10 * WAN, text="追加")
    assert numbers(office.envelope) == (160, 150, 0, 0, 10)


@pytest.mark.parametrize("fen", [1.0, "100", True, None])
def test_an_amount_is_an_integer_of_fen(office, fen):
    with pytest.raises(TypeError):
        actions.reserve(actor=office.finance, envelope=office.envelope, amount_fen=fen, text="x")


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"amount_fen": 0}, "ledger.amount"),
        ({"amount_fen": -1}, "ledger.amount"),
        ({"amount_fen": LARGEST_FEN + 1}, "ledger.too_large"),
        ({"amount_fen": 2**70}, "ledger.too_large"),
        ({"text": "  "}, "ledger.text"),
        ({"text": "长" * 201}, "ledger.text"),
        ({"key": "k" * 101}, "ledger.key"),
        ({"booked_on": date(2999, 1, 1)}, "ledger.future"),
    ],
)
def test_what_cannot_be_booked_is_said_in_a_sentence(office, values, code):
    for language in ("zh-hans", "en"):
        with translation.override(language):
            said = refusal(office.reserve, **values)
            assert (said.code, "%(" in said.sentence) == (code, False)


def test_an_envelope_cannot_grow_beyond_what_is_kept(office):
    by = {"actor": office.finance, "envelope": office.envelope, "text": "追加"}
    assert refusal(actions.raise_envelope, **by, amount_fen=LARGEST_FEN).code == "ledger.too_large"
    actions.raise_envelope(**by, amount_fen=LARGEST_FEN - 200 * WAN)
    lowered = actions.lower_envelope(**by, amount_fen=5)
    actions.raise_envelope(**by, amount_fen=5)
    assert refusal(actions.reverse, actor=office.finance, entry=lowered, text="冲").code == "ledger.too_large"


def test_an_envelope_is_opened_once_a_year_and_purpose(office):
    values = {"actor": office.finance, "programme": office.programme, "purpose": "攻关专项", "budget_fen": 1}
    assert refusal(actions.open_envelope, **values, year=2026).code == "ledger.envelope_exists"
    assert refusal(actions.open_envelope, **values, year=26).code == "ledger.year"
    assert refusal(actions.open_envelope, **values | {"purpose": " ", "text": "x"}, year=2027).code == "ledger.text"
    assert actions.open_envelope(**values, year=2027).envelope.year == 2027


def test_the_same_key_and_content_is_one_entry_and_another_content_is_refused(office):
    first = office.reserve(10, key="decision-7")
    again = office.reserve(10, key="decision-7")
    assert (again.pk, again.reservation.pk) == (first.pk, first.reservation.pk)
    assert numbers(office.envelope)[1] == 10
    assert len(journal.timeline(Reservation.kind, first.reservation.pk)) == 1
    assert first.public_id in refusal(office.reserve, wan=11, key="decision-7").sentence
    with clock.frozen(clock.now() + timedelta(days=3)):
        assert office.reserve(10, key="decision-7").pk == first.pk
    need = factories.need(office.programme, factories.organisation())
    for changed in ({"text": "别的"}, {"booked_on": date(2026, 1, 2)}, {"about": need}):
        assert refusal(office.reserve, wan=10, key="decision-7", **changed).code == "ledger.key_used"
    elsewhere = factories.programme()
    finance = factories.actor((Role.FINANCE_OFFICER, elsewhere))
    values = {"programme": elsewhere, "year": 2026, "purpose": "别处", "budget_fen": 5}
    assert actions.open_envelope(actor=finance, **values, key="decision-7").pk != first.pk


def test_a_key_answers_even_when_the_money_is_gone_meanwhile(office):
    first = office.reserve(200, key="k")
    assert office.reserve(200, key="k").pk == first.pk


def test_a_reservation_names_its_record_and_never_one_of_another_programme(office):
    need = factories.need(office.programme, factories.organisation())
    held = office.reserve(1, about=need).reservation
    assert (held.about_kind, held.about_id) == ("exchange.need", need.pk)
    stranger = factories.need(factories.programme(), factories.organisation())
    assert refusal(office.reserve, wan=1, about=stranger).code == "ledger.elsewhere"


def test_each_action_is_one_entry_of_the_journal_with_before_and_after(office):
    made = office.reserve(100)
    by = {"actor": office.finance, "reservation": made.reservation}
    actions.commit(**by, amount_fen=30 * WAN, text="签订")
    (second, first) = journal.timeline(Reservation.kind, made.reservation.pk)
    assert (first.verb, second.verb, second.role) == ("reserve-money", "commit-money", Role.FINANCE_OFFICER)
    assert second.before == {"reserved_fen": 100 * WAN, "committed_fen": 0, "paid_fen": 0}
    assert second.after == {"reserved_fen": 70 * WAN, "committed_fen": 30 * WAN, "paid_fen": 0}
    assert (second.reason, second.rule) == ("签订", "ledger.keep")
    assert second.facts["amount_fen"] == 30 * WAN
    (opened,) = journal.timeline(Envelope.kind, office.envelope.pk)
    assert (opened.verb, opened.facts["year"]) == ("open-envelope", 2026)


def test_an_action_takes_the_same_queries_whatever_is_there(office, django_assert_num_queries):
    from harness import assert_same_queries

    def reserve_and_pay(_size):
        held = office.reserve(1).reservation
        actions.commit(actor=office.finance, reservation=held, text="签订")
        actions.pay(actor=office.finance, reservation=held, text="拨付")

    def with_many(size):
        for _ in range(size - LedgerTransaction.everywhere().count()):
            office.reserve(amount_fen=1)
        return size

    with_many(10)
    few = assert_same_queries(reserve_and_pay, 0, 0)
    with_many(100)
    assert assert_same_queries(reserve_and_pay, 0, 0, at_most=40) == few
