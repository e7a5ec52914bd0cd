"""The state at a moment, in Python and in SQL: the same records for every set of states, also where two dates overlap."""

from datetime import UTC, datetime
from itertools import combinations

import pytest
from django.db.models import Q

import factories
from jiandao.kernel.lifecycle.table import Derived, State, StateReader
from jiandao.stages.exchange.models import Need

AT = datetime(2026, 3, 1, tzinfo=UTC)
DEAR = Derived(
    State("dear", "dear"),
    frozenset({"published"}),
    lambda record, at: bool(record.budget_fen and record.budget_fen > 100),
    lambda at: Q(budget_fen__gt=100),
)
NAMELESS = Derived(
    State("nameless", "nameless"),
    frozenset({"published", "submitted"}),
    lambda record, at: record.anonymous,
    lambda at: Q(anonymous=True),
)
CODES = ("draft", "submitted", "published", "dear", "nameless")


@pytest.mark.parametrize("derived", [(), (DEAR,), (NAMELESS,), (DEAR, NAMELESS), (NAMELESS, DEAR)])
def test_every_set_of_states_finds_what_python_finds(db, derived):
    inside, owner = factories.programme(), factories.organisation()
    for state in ("draft", "submitted", "published"):
        for budget in (None, 50, 500):
            for anonymous in (False, True):
                factories.need(inside, owner, state=state, budget_fen=budget, anonymous=anonymous)
    reader = StateReader(derived)
    records = list(Need.everywhere())
    assert len(records) == 18
    for size in range(len(CODES) + 1):
        for wanted in combinations(CODES, size):
            found = set(Need.everywhere().filter(reader.q(wanted, AT)))
            assert found == {record for record in records if reader.of(record, AT) in wanted}, wanted


def test_a_state_wanted_with_all_that_it_turns_into_asks_for_no_date():
    assert StateReader((DEAR,)).q(["published", "dear"], AT) == Q(state__in=["published"])
