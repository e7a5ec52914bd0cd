"""Personal tokens: made and shown once, never more than their owner, dead when revoked, expired or orphaned."""

import json
import logging
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

import factories
from api.conftest import Caller, token_for
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.granting import end
from jiandao.kernel.accounts.models import RoleGrant
from jiandao.kernel.api.models import ApiToken
from jiandao.kernel.api.tokens import MOST_OPEN, PREFIX
from jiandao.kernel.journal.models import JournalPayload
from jiandao.kernel.quotas.spending import LIMITS


def browser_of(account, **more):
    client = Client(headers={"Accept-Language": "en"}, **more)
    client.cookies["jd_language"] = "en"
    client.force_login(account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def make(client, **more):
    return client.post(reverse("tokens"), {"name": "nightly report", "scope": "read", "days": "30"} | more)


def secret_in(response):
    return response.context["secret"]


@pytest.fixture
def account(db):
    return factories.account("li")


def test_a_token_is_made_in_the_browser_shown_once_used_and_revoked(account, caplog):
    caplog.set_level(logging.DEBUG)
    client = browser_of(account)
    made = make(client)
    secret = secret_in(made)
    assert made.status_code == 201
    assert secret.startswith(PREFIX)
    assert secret in made.content.decode()
    assert made.headers["Cache-Control"] == "no-store"
    again = client.get(reverse("tokens")).content.decode()
    assert "nightly report" in again
    assert secret not in again

    caller = Caller(secret)
    assert caller.get("/me").json()["username"] == "li"
    token = ApiToken.objects.get()
    assert token.last_used_at is not None
    client.post(reverse("token-revoke", kwargs={"public_id": token.public_id}))
    assert caller.get("/me").status_code == 401
    assert [entry.verb for entry in journal.timeline("kernel.token", token.pk)] == ["revoke", "create"]
    kept = "".join(str(body) for body in JournalPayload.objects.values_list("body", flat=True))
    assert "nightly report" in kept
    for place in (kept, caplog.text, token.digest):
        assert secret not in place


def test_a_new_password_ends_all_tokens(db):
    account = factories.account("li", password=factories.PASSWORD)
    client, caller, other = browser_of(account), Caller(token_for(account)), Caller(token_for(factories.account("wu")))
    new = {
        "oldpassword": factories.PASSWORD,
        "password1": "another horse battery",
        "password2": "another horse battery",
    }
    page = client.get(reverse("account_change_password")).content.decode()
    assert "ends all API tokens" in page
    wrong = client.post(reverse("account_change_password"), new | {"oldpassword": "wrong"})
    assert wrong.status_code == 200
    assert caller.get("/me").status_code == 200
    assert client.post(reverse("account_change_password"), new).status_code == 302
    assert caller.get("/me").status_code == 401
    assert other.get("/me").status_code == 200
    assert [entry.verb for entry in journal.timeline("kernel.account", account.pk)] == ["set-password"]


def test_a_token_that_only_reads_does_not_write(scene):
    reader = Caller(token_for(scene.actors["owner"].account, scope="read", name="r"))
    url = scene.url("needs")
    assert reader.get(url).status_code == 200
    refused = reader.post(url, {"title": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "token.read_only")


def test_a_token_never_gives_more_than_its_owner_has_now(scene):
    need = scene.need()
    assert scene.owner.get(scene.url("needs", need)).status_code == 200
    end(grant=RoleGrant.objects.get(account=scene.actors["owner"].account))
    assert scene.owner.get(scene.url("needs", need)).status_code == 404


@pytest.mark.parametrize("how", ["expired", "revoked", "ended account", "service account", "wrong secret"])
def test_dead_tokens_are_refused_even_where_anybody_may_read(scene, how):
    account = scene.actors["owner"].account
    caller = scene.owner
    if how == "expired":
        past = clock.now() - timedelta(days=40)
        caller = Caller(token_for(account, created_at=past, expires_at=past + timedelta(days=1), name="e"))
    elif how == "revoked":
        caller = Caller(token_for(account, revoked_at=clock.now(), name="e"))
    elif how == "wrong secret":
        caller = Caller(PREFIX + "guess")
    else:
        field = "is_active" if how == "ended account" else "is_service"
        setattr(account, field, how == "service account")
        account.save()
    answer = caller.get(scene.url("needs"))
    assert (answer.status_code, answer.json()["code"]) == (401, "token.unknown")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_guessing_is_slowed_down_and_does_not_lock_out_the_owner(scene, monkeypatch):
    monkeypatch.setitem(LIMITS, "token-faults", (3, 10**9))
    codes = [Caller(f"{PREFIX}{number}").get("/me").status_code for number in range(5)]
    assert codes == [401, 401, 401, 429, 429]
    assert scene.owner.get("/me").status_code == 200


def test_callers_are_throttled_and_told_when_to_come_back(scene, monkeypatch):
    monkeypatch.setitem(LIMITS, "api", (2, 10**9))
    answers = [scene.owner.get("/me") for _ in range(3)]
    assert [one.status_code for one in answers] == [200, 200, 429]
    assert int(answers[2].headers["Retry-After"]) > 0
    assert scene.officer.get("/me").status_code == 200


def test_a_session_writes_only_with_its_csrf_token(scene):
    client = browser_of(scene.actors["owner"].account, enforce_csrf_checks=True)
    address = f"/api/v1{scene.url('needs')}"
    assert client.get(address).status_code == 200
    body = json.dumps({"title": "x", "organisation": scene.enterprise.public_id})
    refused = client.post(address, body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf")
    client.get(reverse("tokens"))  # a page with a form sets the cookie
    token = client.cookies["csrftoken"].value
    assert (
        client.post(address, body, content_type="application/json", headers={"X-CSRFToken": token}).status_code == 201
    )


def test_nobody_sees_or_revokes_the_tokens_of_others(account):
    make(browser_of(account))
    token = ApiToken.objects.get()
    other = browser_of(factories.account("other"))
    assert "nightly report" not in other.get(reverse("tokens")).content.decode()
    assert other.post(reverse("token-revoke", kwargs={"public_id": token.public_id})).status_code == 404
    token.refresh_from_db()
    assert token.revoked_at is None
    assert Client().get(reverse("tokens")).status_code == 302


def test_the_number_of_open_tokens_is_limited_and_said(account):
    for number in range(MOST_OPEN):
        token_for(account, name=str(number), digest=f"{number:064}")
    answer = make(browser_of(account))
    assert answer.status_code == 422
    assert f"You have {MOST_OPEN} tokens already" in answer.content.decode()


def test_the_page_of_routes_and_the_document_need_no_script_and_no_account(db):
    page = Client().get(reverse("api"))
    text = page.content.decode()
    assert "/api/v1/p/{programme}/needs" in text
    assert "unsafe-inline" not in page.headers["Content-Security-Policy"]
    assert "https://" not in text.replace("https://www.w3.org", "").replace("https://beian", "")
    document = Client().get(reverse("openapi")).json()
    assert document["openapi"].startswith("3.1")
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            assert {"401", "403", "404", "409", "422", "429"} <= one["responses"].keys(), (method, path)
    needs = document["paths"]["/api/v1/p/{programme}/needs"]
    assert {} in needs["get"]["security"]
    assert {} not in needs["post"]["security"]
