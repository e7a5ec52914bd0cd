"""A question that is kept says what a new one would: for other rights, on another list, another day, in another scope."""

from dataclasses import replace
from datetime import timedelta

import pytest

import factories
from harness.queries import at_most
from jiandao.kernel import secrecy
from jiandao.kernel.accounts.actor import Actor, Grant, anonymous, load_actor
from jiandao.kernel.accounts.roles import SCOPE_OF, Role, Scope
from jiandao.kernel.lifecycle import lifecycle_of
from jiandao.kernel.policy import registered_rules, sight
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import queries

pytestmark = pytest.mark.django_db

BY_RIGHTS = [rule for rule in registered_rules().values() if rule.by_rights]


@pytest.mark.parametrize("rule", BY_RIGHTS, ids=[rule.code for rule in BY_RIGHTS])
def test_rules_by_rights_ask_nobody_and_say_the_same_all_day(rule):
    model = lifecycle_of(rule.code.rpartition(".")[0]).model
    whole = getattr(model, "everywhere", model.objects.all)()
    account = factories.account()
    holders = [
        Actor(account, (Grant(role, scope, None if scope == Scope.SITE else 7, "people.organisation"),), known={})
        for role in Role
        for scope in SCOPE_OF.get(role, ())
    ]
    for one in [anonymous(), *holders]:
        morning = replace(one, at=one.at.replace(hour=1))  # nine o'clock in Shanghai
        evening = replace(one, at=morning.at + timedelta(hours=12))
        with at_most(0):
            assert _said(whole.filter(rule.q(morning))) == _said(whole.filter(rule.q(evening)))


def _said(found):
    try:
        return found.query.sql_with_params()
    except Exception as nothing:
        return type(nothing)


def test_each_sees_as_many_as_without_memory():
    inside, elsewhere = factories.programme(), factories.programme()
    unit, other = factories.organisation(), factories.organisation()
    for programme in (inside, elsewhere):
        for owner in (unit, other):
            for state in ("draft", "published"):
                factories.need(programme, owner, state=state)
    secret = factories.need(inside, other, state="published", secrecy="trade-secret")
    owner = factories.actor((Role.NEED_OWNER, unit)).account
    officer = factories.actor((Role.PROGRAMME_OFFICER, inside)).account

    def counts(account):
        found = []
        for programme in (inside, elsewhere):
            with in_programme(programme):
                found.append(queries.needs(load_actor(account)).count())
        return found

    for _ in range(2):  # the second time from memory
        assert counts(None) == [2, 2]
        assert counts(owner) == [3, 3]
        assert counts(officer) == [2, 2]
    secrecy.admit(kind="exchange.need", record_id=secret.pk, accounts=[officer], by=None)
    assert counts(officer) == [3, 2]
    factories.grant(officer, Role.NEED_OWNER, unit)
    assert counts(officer) == [4, 3]


def test_an_expired_need_is_another_question_tomorrow():
    inside, owner = factories.programme(), factories.organisation()
    today = load_actor(None)
    factories.need(inside, owner, state="published", deadline=today.today)
    tomorrow = replace(today, at=today.at + timedelta(days=1))
    with in_programme(inside):
        assert [one.state_now for actor in (today, tomorrow) for one in queries.needs(actor)] == [
            "published",
            "expired",
        ]


def test_no_more_is_kept_than_a_process_can_hold(monkeypatch):
    monkeypatch.setattr(sight, "MOST", 3)
    inside = factories.programme()
    with in_programme(inside):
        for number in range(6):
            queries.needs(replace(anonymous(), at=anonymous().at + timedelta(days=number)))
    assert len(sight._kept) == 3
