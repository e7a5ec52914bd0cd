"""The cells of the ledger's rules, checked in, and their agreement with the SQL twins for every role and place.

JIANDAO_WRITE_MATRIX=1 scripts/test tests/policy/test_ledger_matrix.py
"""

import os
from pathlib import Path

import pytest

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.ledger import actions, queries
from jiandao.kernel.ledger.actions import Line
from jiandao.kernel.ledger.models import Envelope, LedgerAccount, LedgerTransaction, Nature, Reservation
from jiandao.kernel.ledger.policy import KEEP_LEDGER, READ_LEDGER
from jiandao.kernel.policy import registered_rules
from jiandao.kernel.policy.decisions import NotAllowed
from policy import worlds

MATRIX = Path(__file__).parent / "ledger.tsv"
RULES = (READ_LEDGER, KEEP_LEDGER)


@pytest.fixture
def world(db):
    return worlds.build()


@pytest.fixture
def books(world):
    """One row of each kind in the inside programme, and as many in the outside one."""
    rows = []
    for programme in (world.inside, world.outside):
        finance = factories.actor((Role.FINANCE_OFFICER, programme))
        new = {"actor": finance, "programme": programme}
        pot = actions.open_envelope(**new, year=2026, purpose="专项", budget_fen=100).envelope
        made = actions.reserve(actor=finance, envelope=pot, amount_fen=10, text="x")
        rows.append([programme, pot, made.reservation, made, LedgerAccount.everywhere().filter(programme=programme)[0]])
    return rows


def test_the_matrix_is_the_checked_in_one(world, books):
    cells = {
        f"{rule.code}\t{visitor.role}\t{visitor.where}"
        for rule in RULES
        for visitor in world.visitors
        if rule.decide(visitor.actor, books[0][1])
    }
    shown = "rule\trole\twhere\n" + "".join(f"{row}\n" for row in sorted(cells))
    if os.environ.get("JIANDAO_WRITE_MATRIX"):
        MATRIX.write_text(shown, encoding="utf-8")
    assert shown.splitlines() == MATRIX.read_text(encoding="utf-8").splitlines()


def test_every_rule_of_the_ledger_is_in_the_matrix():
    assert {code for code in registered_rules() if code.startswith("ledger.")} == {rule.code for rule in RULES}


def test_rule_and_twin_agree_on_every_kind_of_row(world, books):
    for visitor in world.visitors:
        for rule in RULES:
            for number, model in enumerate((Envelope, Reservation, LedgerTransaction, LedgerAccount), start=1):
                decided = {rows[number].pk for rows in books if rule.decide(visitor.actor, rows[number])}
                found = model.everywhere().filter(rule.q(visitor.actor), pk__in=[rows[number].pk for rows in books])
                assert set(found.values_list("pk", flat=True)) == decided, (rule.code, visitor)


def test_every_action_and_question_asks_the_rules(world, books):
    """Whoever the rule refuses is refused by the action, and reads nothing."""
    programme, pot, held, entry, account = books[0]
    own = actions.open_account(
        actor=factories.actor((Role.FINANCE_OFFICER, programme)),
        programme=programme,
        code="1",
        name="银行",
        nature=Nature.ASSET,
    )
    money = {"text": "x", "amount_fen": 1}
    calls = [
        (actions.open_account, {"programme": programme, "code": "2", "name": "x", "nature": Nature.ASSET}),
        (actions.open_envelope, {"programme": programme, "year": 2030, "purpose": "x", "budget_fen": 1}),
        (actions.raise_envelope, {"envelope": pot, **money}),
        (actions.lower_envelope, {"envelope": pot, **money}),
        (actions.reserve, {"envelope": pot, **money}),
        (actions.commit, {"reservation": held, **money}),
        (actions.pay, {"reservation": held, **money}),
        (actions.release, {"reservation": held, **money}),
        (actions.post, {"programme": programme, "lines": [Line(own, 1), Line(own, -1)], "text": "x"}),
        (actions.reverse, {"entry": entry, "text": "x"}),
    ]
    public = {name for name in vars(actions) if getattr(vars(actions)[name], "__module__", "") == actions.__name__}
    assert {name for name in public if not name.startswith("_")} == {call.__name__ for call, _values in calls}
    day = entry.booked_on
    for visitor in world.visitors:
        actor = visitor.actor
        if not KEEP_LEDGER.decide(actor, pot):
            for call, values in calls:
                with pytest.raises(NotAllowed) as refused:
                    call(actor=actor, **values)
                assert refused.value.refusal.code.startswith("policy."), (call, visitor)
        reads = bool(READ_LEDGER.decide(actor, pot))
        assert bool(queries.envelope_status(actor=actor, programme=programme)) == reads
        assert queries.reservations(actor, programme).exists() == reads
        assert queries.entries(actor, programme).exists() == reads
        assert queries.accounts(actor, programme).exists() == reads
        if not reads:
            with pytest.raises(NotAllowed):
                queries.statement(actor=actor, account=account, since=day, until=day)
