"""Signing in: argon2, lockout, second factor, sessions, invitations."""

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.test import Client

import factories


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
    assert answer.status_code == 404
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
