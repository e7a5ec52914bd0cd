"""A programme with a finance officer and one envelope."""

from dataclasses import dataclass

import pytest

import factories
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.ledger import actions
from jiandao.kernel.ledger.models import Envelope
from jiandao.kernel.programme import Programme

WAN = 1_000_000  # fen


@dataclass
class Office:
    programme: Programme
    finance: Actor
    envelope: Envelope

    def fresh(self) -> Envelope:
        return Envelope.everywhere().get(pk=self.envelope.pk)

    def reserve(self, wan: int = 100, **more):
        values = {"actor": self.finance, "envelope": self.envelope, "amount_fen": wan * WAN, "text": "碳化硅项目"}
        return actions.reserve(**values | more)


def make_office(budget_wan: int = 200) -> Office:
    programme = factories.programme()
    finance = factories.actor((Role.FINANCE_OFFICER, programme))
    opened = actions.open_envelope(
        actor=finance, programme=programme, year=2026, purpose="攻关专项", budget_fen=budget_wan * WAN
    )
    return Office(programme, finance, opened.envelope)


@pytest.fixture
def office(db):
    return make_office()


@pytest.fixture
def lasting_office(transactional_db):
    """The same, committed: for races and for tampering."""
    return make_office()
