"""Sign-in from its owner's side: sessions, the second factor, the lock and its words."""

import json
from datetime import timedelta

import pytest
from allauth.mfa.totp.internal.auth import hotp_value, yield_hotp_counters_from_time
from allauth.usersessions.models import UserSession
from axes.models import AccessAttempt
from django.test import Client

import factories
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.sessions import end_sessions

LOGIN = "/accounts/login/"


@pytest.fixture
def account(db):
    return factories.account("liqiang", password=factories.PASSWORD)


def signed_in(name="liqiang", browser="Firefox on the desk"):
    client = factories.english_client()
    client.defaults["HTTP_USER_AGENT"] = browser
    assert sign_in(client, name).status_code == 302
    return client


def sign_in(client, name="liqiang", password=factories.PASSWORD):
    return client.post(LOGIN, {"login": name, "password": password})


def session_of(client):
    return UserSession.objects.get(session_key=client.session.session_key)


def is_in(client):
    return client.get("/messages/").status_code == 200


def test_one_session_of_three_is_ended_and_the_journal_says_so(account):
    here, phone, cafe = signed_in(), signed_in(browser="Phone"), signed_in(browser="Café")
    number, key = session_of(cafe).pk, cafe.session.session_key
    page = here.get("/accounts/sessions/").content.decode()
    address = f"/accounts/sessions/{number}/end/"
    assert f'formaction="{address}"' in page
    assert f'formaction="/accounts/sessions/{session_of(here).pk}/end/"' not in page
    answer = here.post(address, follow=True)
    assert "That session is ended." in answer.content.decode()
    assert (is_in(here), is_in(phone), is_in(cafe)) == (True, True, False)
    (entry,) = journal.timeline(Account.kind, account.pk)
    assert (entry.verb, entry.actor_id) == ("end-sessions", account.pk)
    (told,) = entry.facts["sessions"]
    assert (told["browser"], told["address"]) == ("Café", "127.0.0.1")
    assert key not in json.dumps(entry.facts)
    assert here.post(address).status_code == 404  # it is over


def test_ending_all_others_is_one_entry_of_the_journal(account):
    here, phone, cafe = signed_in(), signed_in(), signed_in()
    here.post("/accounts/sessions/")
    assert (is_in(here), is_in(phone), is_in(cafe)) == (True, False, False)
    (entry,) = journal.timeline(Account.kind, account.pk)
    assert len(entry.facts["sessions"]) == 2


def test_ending_the_session_one_is_in_signs_out(account):
    here, phone = signed_in(), signed_in()
    answer = here.post(f"/accounts/sessions/{session_of(here).pk}/end/")
    assert answer["Location"] == LOGIN
    assert (is_in(here), is_in(phone)) == (False, True)


def test_nobody_ends_the_session_of_another_or_by_a_link(account):
    factories.account("other", password=factories.PASSWORD)
    here, other = signed_in(), signed_in("other")
    address = f"/accounts/sessions/{session_of(here).pk}/end/"
    answers = [other.post(address), other.post("/accounts/sessions/99999999/end/")]
    assert [one.status_code for one in answers] == [404, 404]
    assert here.get(address).status_code == 405
    assert Client().post(address)["Location"].startswith(LOGIN)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = here.cookies
    assert strict.post(address).status_code == 403
    assert is_in(here)
    assert journal.timeline(Account.kind, account.pk) == []
    assert end_sessions(actor=load_actor(None), numbers=[session_of(here).pk]) == 0


def test_a_session_ended_twice_at_once_is_ended_and_journalled_once(race):
    account = factories.account("liqiang", password=factories.PASSWORD)
    number = session_of(signed_in()).pk
    actor = load_actor(account)
    outcomes = race(*[lambda: end_sessions(actor=actor, numbers=[number])] * 2)
    assert [one.error for one in outcomes] == [None, None]
    assert sorted(one.value for one in outcomes) == [0, 1]
    assert len(journal.timeline(Account.kind, account.pk)) == 1


# --- the second factor -----------------------------------------------------------------------------------------------


def code(secret):
    return f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06d}"


def test_a_person_switches_the_second_factor_on_and_it_is_asked_for_from_then_on(account):
    here = signed_in()
    asked = here.get("/accounts/2fa/totp/activate/")
    assert asked["Location"].startswith("/accounts/reauthenticate/")  # whoever finds a screen unlocked changes nothing
    assert here.post(asked["Location"], {"password": "wrong"}).status_code == 200
    here.post(asked["Location"], {"password": factories.PASSWORD})
    page = here.get("/accounts/2fa/totp/activate/")
    secret = page.context["form"].secret
    assert secret in page.content.decode()
    wrong = here.post("/accounts/2fa/totp/activate/", {"code": "000000"})
    assert wrong.status_code == 200
    assert here.post("/accounts/2fa/totp/activate/", {"code": code(secret)}).status_code == 302
    assert is_in(here)
    elsewhere = factories.english_client()
    assert sign_in(elsewhere)["Location"].startswith("/accounts/2fa/authenticate/")
    assert not is_in(elsewhere)
    assert elsewhere.post("/accounts/2fa/authenticate/", {"code": "000000"}).status_code == 200
    assert not is_in(elsewhere)


# --- the password and the lock ---------------------------------------------------------------------------------------


def test_a_password_is_kept_as_argon2_only(account):
    assert account.password.startswith("argon2$argon2id$")
    assert factories.PASSWORD not in account.password


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_service": True}])
def test_an_account_that_is_switched_off_and_a_service_account_do_not_sign_in(account, change):
    here = signed_in()
    Account.objects.filter(pk=account.pk).update(**change)
    assert not is_in(here)
    client = Client()
    sign_in(client)
    assert not is_in(client)


def test_the_lock_says_how_long_it_lasts_in_both_languages_and_ends(account):
    factories.account("colleague", password=factories.PASSWORD)
    client = Client()
    for _ in range(5):
        sign_in(client, password="wrong")
    locked = {"zh-hans": sign_in(client), "en": sign_in(factories.english_client())}
    for language, answer in locked.items():
        text = answer.content.decode()
        assert answer.status_code == 429
        assert "15" in text or "900" in text, language
        assert "liqiang" not in text
    assert sign_in(Client(), "colleague").status_code == 302  # the same address, another name
    AccessAttempt.objects.update(attempt_time=clock.now() - timedelta(minutes=16))
    assert sign_in(client).status_code == 302
