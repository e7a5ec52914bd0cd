"""Whoever was entered as an expert is invited, takes the own entry over with an account, and alone consents."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

import factories
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.people import actions, queries
from jiandao.stages.people.models import Expert, Invitation, Membership, Person

NEW = {"username": "zhouyan", "password": "correct horse battery"}
VALUES = {"name": "周岩", "email": "zhou@example.org", "post": "教授", "keywords": ["外延"], "text": "宽禁带半导体"}
REST = {"available": True, "away_until": None, "days_a_year": None}


@pytest.fixture
def unit(db):
    return factories.organisation("示例大学")


@pytest.fixture
def office(unit):
    return factories.actor((Role.RESEARCH_OFFICE, unit))


@pytest.fixture
def expert(unit):
    return factories.expert(unit, state="entered")


def url(name, record, **more):
    return reverse(f"people:{name}", kwargs={"public_id": record.public_id, **more})


def link(secret):
    return reverse("people:accept-invitation", kwargs={"secret": secret})


def test_entered_invited_accepted_consented_found_and_withdrawn_by_the_person(unit):
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    stranger = factories.actor((Role.NEED_OWNER, factories.organisation()))
    made = actions.create_expert(actor=officer, organisation=unit, values=VALUES | REST)
    invitation, secret = actions.invite_expert(actor=officer, expert=made, email="zhou@example.org")
    account = factories.account("zhouyan")
    assert actions.accept_entry(invitation=invitation, account=account) == made
    own = load_actor(account)
    assert not queries.experts(stranger).exists()
    assert perform(actor=own, record=made, verb="consent").state == "active"
    assert queries.experts(stranger).get() == made
    assert Person.objects.get().account == account  # the very person, not a second one
    assert Membership.objects.get().organisation == unit
    made.refresh_from_db()
    changed = actions.edit_expert(actor=own, expert=made, expected_version=made.version, values={"text": "只评外延"})
    assert changed.text == "只评外延"
    assert perform(actor=own, record=changed, verb="withdraw", reason="不再参加").state == "withdrawn"
    assert not queries.experts(stranger).exists()
    verbs = [entry.verb for entry in journal.timeline(made.kind, made.pk)]
    assert sorted(verbs) == ["accept-entry", "consent", "create", "edit", "invite-expert", "withdraw"]
    assert secret not in str(journal.timeline(made.kind, made.pk))


def test_the_pages_from_the_button_to_the_consent(expert, office):
    client = factories.english_client(office)
    shown = client.get(url("expert", expert)).content.decode()
    assert "Invite this expert" in shown
    assert "nobody can consent until the expert is invited" in shown
    form = client.get(url("expert-invite", expert)).content.decode()
    assert 'value="e@example.org"' in form
    assert client.post(url("expert-invite", expert), {"email": "zhou"}).status_code == 422
    made = client.post(url("expert-invite", expert), {"email": "zhou@example.org"}).content.decode()
    assert "mailto:zhou%40example.org" in made
    secret = re.search(r"/invitation/([\w-]+)/", made).group(1)
    assert "zhou@example.org" in client.get(url("expert", expert)).content.decode()  # the open invitation
    visitor = Client(headers={"Accept-Language": "en"})
    assert expert.person.name in visitor.get(link(secret)).content.decode()
    assert visitor.post(link(secret), NEW | {"password": "12345"}).status_code == 422
    answer = visitor.post(link(secret), NEW)
    assert answer["Location"] == url("expert", expert)
    page = visitor.get(url("expert", expert), follow=True).content.decode()
    assert "您同意后，他人才能在专家库中检索到您" in page  # a new account reads Chinese at first
    assert visitor.post(url("expert-do", expert, verb="consent"), {"version": 1}).status_code == 302
    after = client.get(url("expert", expert)).content.decode()
    assert "has one, and keeps the entry" in after
    assert "Invite this expert" not in after
    again = factories.english_client().get(link(secret)).content.decode()
    assert "This invitation was used" in again


def test_somebody_signed_in_without_an_entry_takes_it_over_with_that_account(expert, office):
    _invitation, secret = actions.invite_expert(actor=office, expert=expert, email="zhou@example.org")
    account = factories.account()
    client = factories.english_client(load_actor(account))
    assert client.post(link(secret)).status_code == 302
    expert.person.refresh_from_db()
    assert expert.person.account == account


def test_an_account_of_another_person_is_told_what_to_do_and_nothing_changes(expert, office):
    _invitation, secret = actions.invite_expert(actor=office, expert=expert, email="zhou@example.org")
    account = factories.account()
    factories.person("周燕", of=account)
    client = factories.english_client(load_actor(account))
    shown = client.get(link(secret)).content.decode()
    assert "周燕" in shown
    assert "tell the programme office" in shown
    assert "csrfmiddlewaretoken" not in shown.split("jd-error")[1]  # no button to press
    assert client.post(link(secret)).status_code == 403
    expert.person.refresh_from_db()
    assert expert.person.account is None
    assert Invitation.objects.get().is_open


def test_an_officer_makes_an_entry_and_an_account_one_with_a_reason(expert, unit):
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    second = factories.organisation("乙大学")
    account = factories.account("zhouyan")
    own = factories.person("周岩", of=account)
    Membership.objects.create(person=own, organisation=second)
    Person.objects.filter(pk=expert.person_id).update(orcid="0000-0002-1825-0097")
    factories.measure(person=expert.person, measure="no-review")
    invitation, _secret = actions.invite_expert(actor=officer, expert=expert, email="a@example.org")
    client = factories.english_client(officer)
    form = url("expert-unite", expert)
    assert form in client.get(url("expert", expert)).content.decode()
    nobody = client.post(form, {"username": "nobody", "reason": "电话核对"})
    assert nobody.status_code == 422
    assert "has the sign-in name “nobody”" in nobody.content.decode()
    assert client.post(form, {"username": "zhouyan", "reason": "电话核对"}).status_code == 302
    expert.refresh_from_db()
    own.refresh_from_db()
    assert (expert.person, own.name, own.orcid) == (own, "周岩", "0000-0002-1825-0097")
    assert {one.name for one in queries.units_of(own)} == {"示例大学", "乙大学"}
    assert journal.timeline(expert.kind, expert.pk)[0].reason == "电话核对"
    with pytest.raises(NotAllowed) as barred:  # the measure was against the same person
        perform(actor=load_actor(account), record=expert, verb="consent")
    assert barred.value.refusal.code == "expert.barred"
    with pytest.raises(NotAllowed):  # the open link gives nothing any more
        actions.accept_entry(invitation=invitation, account=factories.account())
    office = factories.actor((Role.RESEARCH_OFFICE, unit))
    assert factories.english_client(office).get(form).status_code == 403


def test_an_account_with_an_entry_of_its_own_or_of_the_officer_is_not_united(expert, unit):
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    factories.person("主管", of=officer.account)
    taken = factories.account("taken")
    other = factories.expert(unit, account=taken)
    for username, code in (("taken", "expert.twice"), (officer.account.username, "claim.officer")):
        with pytest.raises(NotAllowed) as refused:
            actions.unite_expert(actor=officer, expert=expert, username=username, reason="同一人")
        assert refused.value.refusal.code == code
    with pytest.raises(NotAllowed) as refused:
        actions.unite_expert(actor=officer, expert=other, username=officer.account.username, reason="同一人")
    expert.person.refresh_from_db()
    assert expert.person.canonical is None


def test_what_stands_against_an_invitation_is_said(expert, office, unit):
    own, secret = actions.invite_expert(actor=office, expert=expert, email="a@example.org")
    with pytest.raises(NotAllowed) as refused:
        actions.accept_entry(invitation=own, account=office.account)
    assert refused.value.refusal.code == "claim.own"
    newer, _secret = actions.invite_expert(actor=office, expert=expert, email="b@example.org")
    with pytest.raises(NotAllowed) as refused:  # the older link works no more
        actions.accept_entry(invitation=own, account=factories.account())
    assert refused.value.refusal.code == "invitation.over"
    with clock.frozen(newer.expires_at + timedelta(seconds=1)), pytest.raises(NotAllowed) as refused:
        actions.accept_entry(invitation=newer, account=factories.account())
    assert refused.value.refusal.code == "invitation.over"
    Membership.objects.update(since=clock.today() - timedelta(days=9), until=clock.today() - timedelta(days=1))
    with pytest.raises(NotAllowed) as refused:  # whoever invited answers for the entry no more
        actions.accept_entry(invitation=newer, account=factories.account())
    assert refused.value.refusal.code == "claim.inviter"
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    last, _secret = actions.invite_expert(actor=officer, expert=expert, email="c@example.org")
    assert last.organisation == unit
    actions.accept_entry(invitation=last, account=factories.account())
    with pytest.raises(NotAllowed) as refused:
        actions.invite_expert(actor=load_actor(officer.account), expert=expert, email="d@example.org")
    assert refused.value.refusal.code == "claim.has_account"
    assert factories.english_client().get(link(secret)).status_code == 200


def test_an_invitation_is_taken_back_on_the_page(expert, office):
    client = factories.english_client(office)
    invitation, _secret = actions.invite_expert(actor=office, expert=expert, email="a@example.org")
    assert client.post(url("expert-uninvite", expert)).status_code == 302
    with pytest.raises(NotAllowed):
        actions.accept_entry(invitation=invitation, account=factories.account())
    again = client.post(url("expert-uninvite", expert), follow=True).content.decode()
    assert "No invitation of this expert is open" in again


def test_two_who_hold_the_link_at_once_get_one_entry_between_them(race):
    expert = factories.expert(factories.organisation(), state="entered")
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    invitation, _secret = actions.invite_expert(actor=officer, expert=expert, email="a@example.org")
    accounts = [factories.account(), factories.account()]
    outcomes = race(*(lambda one=one: actions.accept_entry(invitation=invitation, account=one) for one in accounts))
    assert [one.error is None for one in outcomes].count(True) == 1
    assert [type(one.error) for one in outcomes if one.error] == [NotAllowed]
    winner = accounts[[one.error is None for one in outcomes].index(True)]
    assert Person.objects.get().account == winner


def test_one_account_takes_one_entry_over_however_fast_it_is(race):
    unit = factories.organisation()
    experts = [factories.expert(unit, state="entered"), factories.expert(unit, state="entered")]
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    invitations = [actions.invite_expert(actor=officer, expert=one, email="a@example.org")[0] for one in experts]
    account = Account.objects.get(pk=factories.account().pk)
    outcomes = race(*(lambda one=one: actions.accept_entry(invitation=one, account=account) for one in invitations))
    assert sorted(str(type(one.error).__name__) for one in outcomes) == ["NoneType", "NotAllowed"]
    assert Expert.objects.filter(person__account=account).count() == 1
