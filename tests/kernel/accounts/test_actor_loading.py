"""What an account may and knows, as its one query loads it, is what the two tables say for that moment."""

from dataclasses import replace
from datetime import timedelta

import factories
from jiandao.kernel import clock, secrecy
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.models import RoleGrant
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.secrecy import Knower

KIND = "exchange.need"


def test_only_what_is_in_force_counts(db):
    inside = factories.programme()
    account = factories.actor(
        (Role.PROGRAMME_OFFICER, inside), (Role.FINANCE_OFFICER, inside), (Role.LEADER, inside)
    ).account
    now = clock.now()
    RoleGrant.objects.filter(account=account, role=Role.FINANCE_OFFICER).update(until=now)
    RoleGrant.objects.filter(account=account, role=Role.LEADER).update(since=now + timedelta(days=1))
    for number, until in ((1, None), (2, now + timedelta(days=1)), (3, now)):
        Knower.objects.create(kind=KIND, record_id=number, account=account, until=until)
    Knower.objects.create(kind="exchange.result", record_id=4, account=account)
    Knower.objects.create(kind=KIND, record_id=5, account=factories.account())
    actor = load_actor(account)
    assert {grant.role for grant in actor.grants} == {Role.PROGRAMME_OFFICER}
    assert {(g.role, g.scope_id) for g in actor.grants} == set(
        RoleGrant.objects.filter(account=account).at(actor.at).values_list("role", "scope_id")
    )
    assert secrecy.known_ids(actor, KIND) == {1, 2}
    assert secrecy.known_ids(actor, "exchange.result") == {4}
    lazily = secrecy.known_ids(replace(actor, known=None), KIND)
    assert lazily == {1, 2}, "the two ways to ask agree"
    assert hash(actor), "an actor may stand in a set"
