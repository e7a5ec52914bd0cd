"""What somebody tries who wants another's account: names in other letters, codes by the thousand, mails to other addresses."""

import re

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret, hotp_value, yield_hotp_counters_from_time
from django.core import mail
from django.test import Client

import factories
from jiandao.kernel import journal
from jiandao.kernel.quotas.spending import LIMITS

RESET = "/accounts/password/reset/"


@pytest.fixture
def account(db):
    made = factories.account("liqiang", password=factories.PASSWORD)
    made.email, made.language = "li@example.cn", "en"
    made.save()
    return made


def sign_in(name="liqiang", password=factories.PASSWORD, client=None):
    return (client or Client()).post("/accounts/login/", {"login": name, "password": password})


def signed_in(account):
    client = Client()
    client.force_login(account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


@pytest.mark.parametrize("name", ["LIQIANG", "LiQiang ", "ｌｉｑｉａｎｇ"])
def test_another_spelling_of_a_locked_name_is_locked_too(account, name):
    for _once in range(5):
        sign_in(password="wrong")
    assert sign_in(name=name).status_code == 429
    assert sign_in().status_code == 429


def test_guesses_from_many_addresses_end_too(account, monkeypatch):
    monkeypatch.setitem(LIMITS, "sign-in", (6, 10**9))
    answers = [
        Client(REMOTE_ADDR=f"10.0.0.{one}")
        .post("/accounts/login/", {"login": "liqiang", "password": "wrong"})
        .status_code
        for one in range(8)
    ]
    assert answers == [200] * 6 + [429] * 2


def test_codes_of_the_second_factor_are_not_guessed(account):
    secret = generate_totp_secret()
    TOTP.activate(account, secret)
    client = Client()
    sign_in(client=client)
    code = f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06d}"
    wrong = "000000" if code != "000000" else "111111"
    answers = [client.post("/accounts/2fa/authenticate/", {"code": wrong}).status_code for _once in range(12)]
    assert answers == [200] * 10 + [429] * 2
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 429


def test_the_old_password_is_not_guessed_from_an_open_session(account):
    client = signed_in(account)
    tried = {"oldpassword": "wrong", "password1": "another horse battery", "password2": "another horse battery"}
    answers = [client.post("/accounts/password/change/", tried).status_code for _once in range(12)]
    assert answers == [200] * 10 + [429] * 2


def test_a_thief_with_a_session_cannot_send_a_new_password_elsewhere(account):
    client = signed_in(account)
    for address in ("/accounts/email/", "/accounts/confirm-email/", "/accounts/password/set/", "/accounts/signup/"):
        assert client.get(address).status_code == 404
        assert client.post(address, {"action_add": "", "email": "thief@example.com"}).status_code == 404
    EmailAddress.objects.create(user=account, email="thief@example.com", verified=True)
    assert Client().post(RESET, {"email": "thief@example.com"}).status_code == 302
    assert mail.outbox == []


def test_a_new_password_by_mail_in_the_language_of_the_account_and_once(account):
    assert Client().post(RESET, {"email": "LI@example.cn"}).status_code == 302
    (sent,) = mail.outbox
    assert sent.to == ["li@example.cn"]
    assert sent.subject == "A new password for your account"
    link = re.search(r"http://testserver(\S+)", sent.body).group(1)
    client = Client()
    form = client.get(link, follow=True)
    address = form.redirect_chain[-1][0]
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    assert client.post(address, new).status_code == 302
    assert sign_in(password="another horse battery").status_code == 302
    assert [entry.verb for entry in journal.timeline("kernel.account", account.pk)] == ["set-password"]
    again = Client().get(link, follow=True)
    assert "password1" not in again.content.decode()


def test_nobody_is_flooded_with_mails(account):
    answers = [Client().post(RESET, {"email": "li@example.cn"}).status_code for _once in range(7)]
    assert answers == [302] * 5 + [429] * 2
    assert len(mail.outbox) == 5
    other = Client(REMOTE_ADDR="10.0.0.9")
    assert other.post(RESET, {"email": "li@example.cn"}).status_code == 429  # nor from elsewhere
    assert other.post(RESET, {"email": "nobody@example.cn"}).status_code == 302
    assert len(mail.outbox) == 5


def test_a_transport_that_fails_says_nothing_about_who_exists(account, settings, caplog):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    known = Client().post(RESET, {"email": "li@example.cn"})
    unknown = Client().post(RESET, {"email": "nobody@example.cn"})
    assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
    assert "could not be sent" in caplog.text


def test_the_journal_of_the_account_keeps_its_second_factor(account, django_capture_on_commit_callbacks):
    client = Client()
    sign_in(client=client)
    assert client.get("/accounts/2fa/totp/activate/")["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/", {"password": factories.PASSWORD})
    assert client.get("/accounts/2fa/totp/activate/").status_code == 200
    secret = client.session["mfa.totp.secret"]
    code = f"{hotp_value(secret, next(yield_hotp_counters_from_time())):06d}"
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/accounts/2fa/totp/activate/", {"code": code}).status_code == 302
    assert client.post("/accounts/2fa/totp/deactivate/").status_code == 302
    verbs = [entry.verb for entry in journal.timeline("kernel.account", account.pk)]
    assert verbs[-1] == "add-factor"
    assert verbs[0] == "remove-factor"


def test_what_is_shown_to_somebody_signed_in_stays_in_no_cache(account):
    programme = factories.programme()
    for address in (f"/p/{programme.slug}/needs/", "/messages/", "/accounts/password/change/"):
        assert signed_in(account).get(address)["Cache-Control"] in {
            "private, no-store",
            "max-age=0, no-cache, no-store, must-revalidate, private",
        }
    assert "private" not in Client().get(f"/p/{programme.slug}/needs/").get("Cache-Control", "")


@pytest.mark.parametrize("text", ["a\0b", "\0"])
def test_characters_that_no_text_holds_are_answered_400(account, text):
    programme = factories.programme()
    client = signed_in(account)
    needs = f"/p/{programme.slug}/needs/"
    assert client.get(needs, {"q": text}).status_code == 400
    for address in ("/views/save/", f"{needs}new/", f"{needs}new/autosave/", "/language/"):
        answer = client.post(address, {"name": text, "programme": programme.slug, "list": "needs"})
        assert answer.status_code == 400, address
        assert "JD-" in answer.content.decode() or answer.content
