"""Any sequence of actions, sensible or not, keeps every promise: no fen is lost and nothing is exceeded."""

from collections import Counter

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.ledger import actions
from jiandao.kernel.ledger.actions import Line
from jiandao.kernel.ledger.checking import check_invariants
from jiandao.kernel.ledger.models import Control, Envelope, LedgerTransaction, Nature, Posting, Reservation
from jiandao.kernel.policy.decisions import NotAllowed

amounts = st.one_of(st.integers(1, 60), st.integers(10**16, 10**17), st.none())
steps = st.tuples(
    st.sampled_from(["raise", "lower", "reserve", "commit", "pay", "release", "release-committed", "reverse", "post"]),
    st.integers(0, 5),
    amounts,
    st.sampled_from(["", "", "a", "b"]),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(steps, min_size=5, max_size=30), st.lists(st.integers(1, 100), min_size=2, max_size=2))
def test_random_sequences_over_two_envelopes(db, sequence, budgets):
    with transaction.atomic():
        _play(sequence, budgets)
        transaction.set_rollback(True)


def _play(sequence, budgets):
    programme = factories.programme()
    finance = factories.actor((Role.FINANCE_OFFICER, programme))
    new = {"actor": finance, "programme": programme}
    pots = [
        actions.open_envelope(**new, year=2026, purpose=name, budget_fen=fen).envelope
        for name, fen in zip("甲乙", budgets, strict=True)
    ]
    one, other = (
        actions.open_account(**new, code=code, name=code, nature=nature)
        for code, nature in (("1", Nature.ASSET), ("2", Nature.INCOME))
    )
    expected = {pot.pk: Counter(budget=fen) for pot, fen in zip(pots, budgets, strict=True)}
    for verb, which, fen, key in sequence:
        held = list(Reservation.everywhere().filter(programme=programme))
        entries = [*LedgerTransaction.everywhere().filter(programme=programme)]
        before = LedgerTransaction.everywhere().count()
        try:
            with transaction.atomic():
                entry = _step(verb, which, fen, key, finance, programme, pots, held, entries, (one, other))
        except (NotAllowed, LookupError):
            entry = None
        if entry is not None and LedgerTransaction.everywhere().count() > before:
            _expect(expected, entry)
        faults = check_invariants()
        assert faults == [], [fault.sentence for fault in faults]
    for pot in Envelope.everywhere().filter(programme=programme):
        there = expected[pot.pk]
        assert (pot.budget_fen, pot.reserved_fen, pot.committed_fen, pot.paid_fen) == (
            there["budget"], there["reserved"], there["committed"], there["paid"],
        )  # fmt: skip
        assert pot.free_fen >= 0


def _step(verb, which, fen, key, finance, programme, pots, held, entries, accounts):
    by = {"actor": finance, "text": "x", "key": key}
    pot = pots[which % 2]
    if verb == "post":
        lines = [Line(accounts[0], fen or 1), Line(accounts[1], -(fen or 1))]
        return actions.post(**by, programme=programme, lines=lines)
    if verb == "reverse":
        return actions.reverse(**by, entry=entries[which * 7 % len(entries)])
    if verb in {"raise", "lower", "reserve"}:
        call = {"raise": actions.raise_envelope, "lower": actions.lower_envelope, "reserve": actions.reserve}[verb]
        return call(**by, envelope=pot, amount_fen=fen or 1)
    on = {"reservation": held[which % len(held)] if held else _nothing(), "amount_fen": fen}
    if verb == "release-committed":
        return actions.release(**by, **on, stage=Control.COMMITTED)
    return {"commit": actions.commit, "pay": actions.pay, "release": actions.release}[verb](**by, **on)


def _nothing():
    raise LookupError


def _expect(expected, entry):
    """The totals as somebody with pencil and paper keeps them, from what each entry says it did."""
    if entry.envelope_id is None:
        return
    sign, original = (1, entry) if entry.reverses_id is None else (-1, entry.reverses)
    fen, there = sign * entry.amount_fen, expected[entry.envelope_id]
    # Which stage a release came from is told by its own postings.
    source = (
        Posting.everywhere().filter(transaction=original, amount_fen__lt=0).values_list("account__control", flat=True)
    )
    change = {
        "raise-envelope": {"budget": fen},
        "lower-envelope": {"budget": -fen},
        "reserve-money": {"reserved": fen},
        "commit-money": {"reserved": -fen, "committed": fen},
        "pay-money": {"committed": -fen, "paid": fen},
        "release-money": {source[0]: -fen},
    }[original.verb]
    for name, by in change.items():
        there[name] += by
