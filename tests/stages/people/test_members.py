"""Who belongs to an organisation: invited, taken up, given roles, and the last unit administrator stays."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

import factories
from harness.races import race
from jiandao.kernel import clock, journal, sameness
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.stages.people import actions, queries
from jiandao.stages.people.models import Invitation, Membership, Person

NEW = {"username": "wangfang", "password": "correct horse battery"}


class Scene:
    def __init__(self):
        self.unit = factories.organisation("江汉轴承有限公司")
        self.administrator = factories.actor((Role.UNIT_ADMINISTRATOR, self.unit), name="head")
        factories.programme()

    def client(self, account=None):
        client = Client()
        if account is not None:
            client.force_login(account, backend="jiandao.kernel.accounts.backend.AccountBackend")
        return client

    def url(self, name, **more):
        return reverse(f"people:{name}", kwargs={"public_id": self.unit.public_id} | more)

    def invitation(self, *roles):
        return actions.invite(
            actor=load_actor(self.administrator.account),
            organisation=self.unit,
            name="王芳",
            email="wang@example.cn",
            roles=roles or (Role.NEED_OWNER,),
        )

    def link(self, secret):
        return reverse("people:accept-invitation", kwargs={"secret": secret})


@pytest.fixture
def scene(db):
    return Scene()


def test_an_invitation_is_made_shown_once_and_taken_up_with_a_new_account(scene):
    head = scene.client(scene.administrator.account)
    form = {"name": "王芳", "email": "wang@example.cn", "roles": ["need-owner", "researcher"]}
    made = head.post(scene.url("invite"), form).content.decode()
    link = re.search(r"/invitation/[\w-]+/", made).group()
    assert "王芳" in head.get(scene.url("organisation")).content.decode()
    visitor = scene.client()
    assert "江汉轴承有限公司" in visitor.get(link).content.decode()
    weak = visitor.post(link, NEW | {"password": "12345"})
    assert weak.status_code == 422
    assert 'value="wangfang"' in weak.content.decode()
    assert visitor.post(link, NEW).status_code == 302
    account = Account.objects.get(username="wangfang")
    assert Person.objects.get(account=account).name == "王芳"
    assert {one.role for one in RoleGrant.objects.filter(account=account)} == {"need-owner", "researcher"}
    assert Membership.objects.get(person__account=account).organisation == scene.unit
    assert visitor.get(reverse("home"), follow=True).status_code == 200
    over = scene.client().post(link, {"username": "second", "password": NEW["password"]})
    assert not Account.objects.filter(username="second").exists()
    assert "已" in over.content.decode()


def test_one_person_takes_up_two_invitations_and_loses_no_role(scene):
    account = factories.account("li")
    elsewhere = factories.organisation()
    factories.grant(account, Role.RESEARCHER, elsewhere)
    _invitation, secret = scene.invitation(Role.NEED_OWNER)
    assert scene.client(account).post(scene.link(secret)).status_code == 302
    _invitation, secret = scene.invitation(Role.NEED_OWNER, Role.RESEARCH_OFFICE)
    assert scene.client(account).post(scene.link(secret)).status_code == 302
    actor = load_actor(account)
    assert {Role.RESEARCHER, Role.NEED_OWNER, Role.RESEARCH_OFFICE} <= actor.roles
    assert actor.organisations == {elsewhere.same_id, scene.unit.same_id}
    assert Person.objects.filter(account=account).count() == 1
    assert Membership.objects.filter(person__account=account, organisation=scene.unit).count() == 1


def test_a_link_that_is_old_withdrawn_or_from_nobody_gives_nothing(scene):
    old, secret_of_old = scene.invitation()
    with clock.frozen(old.expires_at + timedelta(seconds=1)), pytest.raises(NotAllowed) as over:
        actions.accept(invitation=old, account=factories.account())
    assert over.value.refusal.code == "invitation.over"
    dropped, _secret = scene.invitation()
    url = reverse("people:withdraw-invitation", kwargs={"public_id": dropped.public_id})
    assert scene.client(scene.administrator.account).post(url).status_code == 302
    with pytest.raises(NotAllowed):
        actions.accept(invitation=dropped, account=factories.account())
    second = factories.actor((Role.UNIT_ADMINISTRATOR, scene.unit))
    grant = RoleGrant.objects.get(account=scene.administrator.account)
    actions.end_role(actor=second, organisation=scene.unit, grant=grant)
    with pytest.raises(NotAllowed) as gone:
        actions.accept(invitation=old, account=factories.account())
    assert gone.value.refusal.code == "invitation.inviter"
    refused = scene.client(factories.account()).post(scene.link(secret_of_old))
    assert refused.status_code in {403, 409}
    assert scene.client().get(scene.link("x" * 43)).status_code == 404
    assert RoleGrant.objects.filter(role=Role.NEED_OWNER).count() == 0


@pytest.mark.parametrize("username", ["ab", "a b c", "wang\u200bfang", "王<芳>", "HEAD"])
def test_a_sign_in_name_that_is_taken_or_misleads_is_refused(scene, username):
    _invitation, secret = scene.invitation()
    answer = scene.client().post(scene.link(secret), NEW | {"username": username})
    assert answer.status_code == 422
    assert Invitation.objects.get().is_open
    assert Account.objects.count() == 1


def test_a_unit_administrator_gives_only_the_roles_of_a_unit(scene):
    head = scene.client(scene.administrator.account)
    answer = head.post(scene.url("invite"), {"name": "王", "email": "w@example.cn", "roles": ["programme-officer"]})
    assert answer.status_code == 422
    with pytest.raises(NotAllowed):
        scene.invitation(Role.PROGRAMME_OFFICER)
    stranger = factories.account()
    foreign = head.post(scene.url("grant"), {"account": stranger.pk, "role": "need-owner"})
    assert foreign.status_code == 422  # not a colleague
    assert Invitation.objects.count() == 0
    assert RoleGrant.objects.count() == 1


def test_the_last_unit_administrator_stays(scene):
    own = RoleGrant.objects.get(account=scene.administrator.account)
    with pytest.raises(NotAllowed) as refused:
        actions.end_role(actor=load_actor(scene.administrator.account), organisation=scene.unit, grant=own)
    assert refused.value.refusal.code == "membership.last_administrator"
    closed = factories.actor((Role.UNIT_ADMINISTRATOR, scene.unit)).account
    closed.is_active = False
    closed.save()
    with pytest.raises(NotAllowed):  # who cannot sign in administers nothing
        actions.end_role(actor=load_actor(scene.administrator.account), organisation=scene.unit, grant=own)
    former = factories.organisation("江汉轴承厂")
    second = factories.actor((Role.UNIT_ADMINISTRATOR, former))
    merge = sameness.merge(actor=scene.administrator, loser=former, winner=scene.unit, reason="更名")
    with pytest.raises(NotAllowed) as refused:  # the merge may be undone, and each entry needs its own
        actions.end_role(actor=load_actor(second.account), organisation=scene.unit, grant=own)
    assert refused.value.refusal.code == "membership.last_of_entry"
    assert "江汉轴承有限公司" in refused.value.refusal.sentence
    scene.unit.refresh_from_db()
    actions.grant_role(
        actor=load_actor(second.account), organisation=scene.unit, account=second.account, role=Role.UNIT_ADMINISTRATOR
    )
    actions.end_role(actor=load_actor(scene.administrator.account), organisation=scene.unit, grant=own)
    again = load_actor(scene.administrator.account)
    assert Role.UNIT_ADMINISTRATOR not in again.roles
    verbs = [entry.verb for entry in journal.timeline(scene.unit.kind, scene.unit.pk)]
    assert verbs.count("end-role") == 1
    sameness.undo(merge=merge)
    for entry in (scene.unit, former):
        assert holders({Role.UNIT_ADMINISTRATOR}, Scope.ORGANISATION, [entry.pk]).exists()


def test_the_page_of_an_organisation_shows_members_to_members_only(scene):
    factories.person("陈主任", scene.administrator.account)
    actions.join(actor=scene.administrator, person=Person.objects.get(), organisation=scene.unit)
    own = scene.client(scene.administrator.account).get(scene.url("organisation")).content.decode()
    other = factories.actor((Role.NEED_OWNER, factories.organisation()))
    foreign = scene.client(other.account).get(scene.url("organisation")).content.decode()
    assert "陈主任" in own
    assert "加入" in own  # the timeline, in words
    assert "陈主任" not in foreign
    assert len(queries.members_with_roles(scene.unit)) == 1


def test_two_take_up_one_link_at_once_and_one_of_them_comes_in(transactional_db):
    scene = Scene()
    invitation, _secret = scene.invitation()
    accounts = [factories.account("first"), factories.account("second")]
    outcomes = race(*(lambda one=one: actions.accept(invitation=invitation, account=one) for one in accounts))
    assert sorted(type(one.error).__name__ for one in outcomes) == ["NoneType", "NotAllowed"]
    assert RoleGrant.objects.filter(role=Role.NEED_OWNER).count() == 1


def test_two_administrators_who_end_each_other_at_once_leave_one(transactional_db):
    scene = Scene()
    other = factories.actor((Role.UNIT_ADMINISTRATOR, scene.unit))
    pairs = [(scene.administrator, other), (other, scene.administrator)]

    def end(by, of):
        grant = RoleGrant.objects.get(account=of.account)
        actions.end_role(actor=load_actor(by.account), organisation=scene.unit, grant=grant)

    race(*(lambda by=by, of=of: end(by, of) for by, of in pairs))
    left = RoleGrant.objects.filter(role=Role.UNIT_ADMINISTRATOR).at(clock.now())
    assert left.count() == 1


def test_two_new_accounts_of_one_name_at_once(transactional_db):
    scene = Scene()
    links = [scene.link(scene.invitation()[1]) for _one in range(2)]
    outcomes = race(*(lambda link=link: scene.client().post(link, NEW).status_code for link in links))
    assert sorted(one.value for one in outcomes) == [302, 422]
    assert Account.objects.filter(username="wangfang").count() == 1
