"""Roles: where they may be held, for how long, three administrators apart, and none lost when another ends."""

from datetime import timedelta
from itertools import product

import pytest
from django.utils import translation

import factories
from jiandao.kernel import clock, sameness
from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import anonymous, load_actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.models import RoleGrant
from jiandao.kernel.accounts.roles import ADMINISTRATORS, SCOPE_OF, Role, Scope
from jiandao.kernel.policy.decisions import NotAllowed


def give(account, role, scope=Scope.SITE, scope_id=None, **more):
    return granting.grant(account=account, role=role, scope=scope, scope_id=scope_id, by=None, **more)


def code_of(*args, **more):
    with pytest.raises(NotAllowed) as refused:
        give(*args, **more)
    for language in ("zh-hans", "en"):
        with translation.override(language):
            assert "%(" not in refused.value.refusal.sentence
    return refused.value.refusal.code


def test_every_role_is_given_only_in_the_scopes_of_the_table(db):
    for role, scope in product(Role, Scope):
        account = factories.account()
        values = {"scope_id": None if scope == Scope.SITE else 1}
        if scope == Scope.RECORD:
            values["scope_kind"] = "exchange.need"
        working = role in SCOPE_OF and role not in ADMINISTRATORS
        if scope in SCOPE_OF.get(role, ()) or (scope == Scope.RECORD and working):
            give(account, role, scope, **values)
            assert role in load_actor(account).roles
        else:
            assert code_of(account, role, scope, **values) == "grant.scope"


def test_nobody_is_made_public_or_signed_in_by_a_grant_and_no_administrator_for_one_record(db):
    assert {role for role in Role if not granting.scopes_of(role)} == {Role.PUBLIC, Role.ACCOUNT}
    assert all(granting.scopes_of(role) == {Scope.SITE} for role in ADMINISTRATORS)


def test_a_refusal_names_role_and_scope(db):
    with pytest.raises(NotAllowed) as refused, translation.override("zh-hans"):
        give(factories.account(), Role.EXPERT)
    with translation.override("zh-hans"):
        assert "专家" in refused.value.refusal.sentence


@pytest.mark.parametrize("first", sorted(ADMINISTRATORS))
def test_no_administrator_holds_a_second_office(db, first):
    account = factories.account()
    give(account, first)
    for second in ADMINISTRATORS - {first}:
        assert code_of(account, second) == "grant.administrators"
    assert give(account, first).pk == RoleGrant.objects.get(account=account).pk
    give(account, Role.EXPERT, Scope.PROGRAMME, factories.programme().pk)


def test_an_office_that_is_over_makes_room_for_another(db):
    account = factories.account()
    give(account, Role.SYSTEM_ADMINISTRATOR, until=clock.now() + timedelta(days=1))
    assert code_of(account, Role.AUDIT_ADMINISTRATOR) == "grant.administrators"
    with clock.frozen(clock.now() + timedelta(days=2)):
        give(account, Role.AUDIT_ADMINISTRATOR)
        assert load_actor(account).roles & ADMINISTRATORS == {Role.AUDIT_ADMINISTRATOR}


def test_the_three_administrators_are_three_people(race):
    account = factories.account()
    outcomes = race(*[lambda role=role: give(account, role) for role in sorted(ADMINISTRATORS)])
    assert sum(isinstance(one.error, NotAllowed) for one in outcomes) == 2
    assert RoleGrant.objects.filter(account=account).count() == 1


def test_one_grant_given_by_many_at_once_is_one(race):
    account, programme = factories.account(), factories.programme()
    outcomes = race(*[lambda: give(account, Role.EXPERT, Scope.PROGRAMME, programme.pk)] * 4)
    assert [one.error for one in outcomes] == [None] * 4
    assert len({one.value.pk for one in outcomes}) == 1


def test_a_service_account_holds_no_role_of_people(db):
    account = factories.account()
    account.is_service = True
    account.save()
    assert code_of(account, Role.EXPERT, Scope.PROGRAMME, scope_id=1) == "grant.service"


def test_one_person_keeps_every_role_when_another_ends(db):
    programme, other, organisation = factories.programme(), factories.programme(), factories.organisation()
    account = factories.account()
    given = [
        give(account, Role.EXPERT, Scope.PROGRAMME, programme.pk),
        give(account, Role.EXPERT, Scope.PROGRAMME, other.pk),
        give(account, Role.NEED_OWNER, Scope.ORGANISATION, organisation.pk),
        give(account, Role.AUDITOR),
    ]
    actor = load_actor(account)
    assert actor.roles == {Role.PUBLIC, Role.ACCOUNT, Role.EXPERT, Role.NEED_OWNER, Role.AUDITOR}
    assert actor.scopes(Role.EXPERT, Scope.PROGRAMME) == {programme.pk, other.pk}
    granting.end(grant=given[0])
    actor = load_actor(account)
    assert actor.scopes(Role.EXPERT, Scope.PROGRAMME) == {other.pk}
    assert actor.organisations == {organisation.pk}
    granting.end(grant=given[1])
    assert load_actor(account).roles == {Role.PUBLIC, Role.ACCOUNT, Role.NEED_OWNER, Role.AUDITOR}


def test_a_role_ends_by_the_clock_and_at_its_last_moment(db):
    account, programme = factories.account(), factories.programme()
    until = clock.now() + timedelta(days=30)
    give(account, Role.EXPERT, Scope.PROGRAMME, programme.pk, until=until)
    for at, there in ((until - timedelta(seconds=1), True), (until, False), (until + timedelta(days=1), False)):
        with clock.frozen(at):
            assert (Role.EXPERT in load_actor(account).roles) == there
            assert holders({Role.EXPERT}, Scope.PROGRAMME, [programme.pk]).exists() == there
    with clock.frozen(clock.now() - timedelta(days=1)):
        assert Role.EXPERT not in load_actor(account).roles  # not before it was given either


def test_a_role_with_a_term_can_be_ended_before_it(db):
    account, programme = factories.account(), factories.programme()
    late = clock.now() + timedelta(days=30)
    given = give(account, Role.EXPERT, Scope.PROGRAMME, programme.pk, until=late)
    granting.end(grant=given)
    assert Role.EXPERT not in load_actor(account).roles
    ended = RoleGrant.objects.get(pk=given.pk).until
    granting.end(grant=given)
    assert RoleGrant.objects.get(pk=given.pk).until == ended  # what is over stays over since then


def test_an_actor_costs_two_queries_at_most_however_many_grants(db, django_assert_num_queries):
    account = factories.account()
    with django_assert_num_queries(1):
        load_actor(account)
    for _ in range(5):
        give(account, Role.EXPERT, Scope.PROGRAMME, factories.programme().pk)
    with django_assert_num_queries(1):
        load_actor(account)
    for _ in range(20):
        give(account, Role.NEED_OWNER, Scope.ORGANISATION, factories.organisation().pk)
    with django_assert_num_queries(2):
        actor = load_actor(account)
        assert len(actor.organisations) == 20
        assert actor.holds({Role.NEED_OWNER}, Scope.ORGANISATION, max(actor.organisations))
    with django_assert_num_queries(0):
        assert load_actor(None).roles == anonymous().roles == {Role.PUBLIC}
        account.is_active = False
        assert load_actor(account).roles == {Role.PUBLIC}


def test_two_roles_in_merged_organisations_are_one_place(db):
    account, first, second = factories.account(), factories.organisation(), factories.organisation()
    for one in (first, second):
        give(account, Role.RESEARCHER, Scope.ORGANISATION, one.pk)
    sameness.merge(actor=factories.actor(), loser=first, winner=second, reason="合并")
    assert load_actor(account).organisations == {second.pk}


def test_a_role_for_the_whole_site_counts_everywhere_and_others_only_where_they_are(db):
    programme, other = factories.programme(), factories.programme()
    leader = factories.actor((Role.LEADER, None))
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    assert leader.holds({Role.LEADER}, Scope.PROGRAMME, other.pk)
    assert officer.holds({Role.PROGRAMME_OFFICER}, Scope.PROGRAMME, programme.pk)
    assert not officer.holds({Role.PROGRAMME_OFFICER}, Scope.PROGRAMME, other.pk)
    assert not officer.holds({Role.LEADER}, Scope.PROGRAMME, programme.pk)
