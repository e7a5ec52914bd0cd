"""Signing in: argon2, lockout, second factor, sessions, invitations."""

import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.test import Client

import factories
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.stages.people import actions
from jiandao.stages.people.models import Organisation


@pytest.fixture
def account(db):
    return factories.account("liqiang", password=factories.PASSWORD)


def sign_in(client, name="liqiang", password=factories.PASSWORD):
    return client.post("/accounts/login/", {"login": name, "password": password})


def test_the_password_is_kept_as_argon2_and_the_name_in_any_case_works(account):
    assert account.password.startswith("argon2")
    assert sign_in(Client(), name="LiQiang").status_code == 302


def test_five_wrong_passwords_lock_the_name_for_a_while_even_for_the_right_one(account):
    client = Client()
    answers = [sign_in(client, password="wrong").status_code for _ in range(5)]
    assert answers[:4] == [200] * 4
    locked = sign_in(client)
    assert locked.status_code == 429
    assert locked.headers["Retry-After"] == "900"
    # A name that does not exist is locked alike, so nothing is learnt.
    assert [sign_in(Client(), name="nobody", password="wrong").status_code for _ in range(6)][-1] == 429


def test_accounts_come_by_invitation_only(db):
    answer = Client().post("/accounts/signup/", {"username": "x", "password1": "a" * 20, "password2": "a" * 20})
    assert answer.status_code == 200
    assert not factories.Account.objects.exists()


def test_a_second_factor_is_asked_for(account):
    secret = generate_totp_secret()
    TOTP.activate(account, secret)
    client = Client()
    assert sign_in(client).headers["Location"].startswith("/accounts/2fa/authenticate/")
    assert client.get("/messages/").status_code == 302
    code = hotp_value(secret, next(yield_hotp_counters_from_time()))
    assert client.post("/accounts/2fa/authenticate/", {"code": f"{code:06d}"}).status_code == 302
    assert client.get("/messages/").status_code == 200


def test_the_owner_lists_and_ends_the_sessions(account):
    here, elsewhere = Client(), Client()
    sign_in(here)
    sign_in(elsewhere)
    assert elsewhere.get("/messages/").status_code == 200
    assert here.get("/accounts/sessions/").status_code == 200
    here.post("/accounts/sessions/")
    assert elsewhere.get("/messages/").status_code == 302
    assert here.get("/messages/").status_code == 200


def test_the_chosen_language_is_kept_for_mails_and_other_browsers(account):
    client = Client()
    sign_in(client)
    answer = client.post("/language/", {"language": "en", "next": "/messages/"})
    assert answer["Location"] == "/messages/"
    account.refresh_from_db()
    assert account.language == "en"
    elsewhere = Client()
    sign_in(elsewhere)
    assert 'lang="en"' in elsewhere.get("/messages/").content.decode()
    # On a shared computer the choice of whoever sits at it comes first.
    shared = Client()
    shared.cookies["jd_language"] = "zh-hans"
    sign_in(shared)
    assert 'lang="zh-hans"' in shared.get("/messages/").content.decode()


@pytest.mark.parametrize("sent", ["xx", "", "../en"])
def test_a_language_that_is_not_there_changes_nothing(account, sent):
    client = Client()
    sign_in(client)
    client.post("/language/", {"language": sent, "next": "//elsewhere.example/"})
    account.refresh_from_db()
    assert account.language == ""
    assert 'lang="zh-hans"' in client.get("/messages/").content.decode()


def test_an_invitation_works_once_and_gives_the_roles(db):
    organisation = Organisation.objects.get(pk=factories.organisation().pk)
    administrator = factories.account("admin", password=factories.PASSWORD)
    factories.grant(administrator, Role.UNIT_ADMINISTRATOR, organisation)
    client = Client()
    sign_in(client, name="admin")
    answer = client.post(
        f"/organisations/{organisation.public_id}/invite/",
        {"name": "王磊", "email": "wang@example.org", "roles": ["researcher"]},
    )
    link = re.search(r'value="http://testserver(/invitation/[^"]+)"', answer.content.decode()).group(1)
    guest = Client()
    weak = guest.post(link, {"username": "wanglei", "password": "123"})
    assert weak.status_code == 422
    assert guest.post(link, {"username": "wanglei", "password": "a long enough phrase"}).status_code == 302
    actor = load_actor(factories.Account.objects.get(username="wanglei"))
    assert actor.scopes(Role.RESEARCHER, factories.Scope.ORGANISATION) == {organisation.pk}
    again = Client().post(link, {"username": "second", "password": "a long enough phrase"})
    assert "失效" in again.content.decode() or "已使用" in again.content.decode()
    assert not factories.Account.objects.filter(username="second").exists()


def test_the_last_unit_administrator_stays(db):
    organisation = factories.organisation()
    administrator = factories.actor((Role.UNIT_ADMINISTRATOR, organisation))
    grant = factories.granting.RoleGrant.objects.get(account=administrator.account)
    with pytest.raises(actions.NotAllowed) as refused:
        actions.end_role(actor=administrator, organisation=organisation, grant=grant)
    assert organisation.name in refused.value.refusal.sentence
