"""A mail can be stopped from the mail itself: by a person with one press, by a mail program with one request."""

import re
from types import SimpleNamespace

import pytest
from django.core import mail as django_mail
from django.test import Client

import factories
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.notifications import MESSAGES, preferences, sending, tell
from jiandao.kernel.notifications.models import MailState, OutboxMail

CODE = "test.stopped"


@pytest.fixture
def sent(db, settings, monkeypatch):
    """A mail that was sent to somebody, and who that is."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.JIANDAO_BASE_URL = "https://jiandao.example"
    monkeypatch.setitem(MESSAGES, CODE, "“%(title)s” was published.")
    django_mail.outbox = []
    reader = factories.account("reader")
    reader.email, reader.language = "reader@example.org", "en"
    reader.save()
    _tell(reader)
    sending.send_waiting()
    return django_mail.outbox[0], reader


def _tell(reader):
    record = SimpleNamespace(kind="test.thing", pk=1, programme_id=None)
    tell(accounts=[reader], code=CODE, record=record, actor=anonymous(), facts={"title": "A"})


def _address(message):
    return re.fullmatch(r"<https://jiandao\.example(/messages/stop/[^>]+)>", message.extra_headers["List-Unsubscribe"])[
        1
    ]


def test_a_person_stops_the_mails_of_a_kind_without_signing_in(sent):
    message, reader = sent
    address = _address(message)
    assert f"https://jiandao.example{address}" in message.body
    client = factories.english_client()
    page = client.get(address)
    assert page.status_code == 200
    assert "was published" in page.content.decode()
    assert CODE in preferences.wanted_codes(reader), "looking at the page stops nothing"
    assert "No more mails" in client.post(address).content.decode()
    assert CODE not in preferences.wanted_codes(reader)


def test_a_mail_program_stops_them_with_one_request_without_cookies(sent):
    message, reader = sent
    assert message.extra_headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(_address(message), {"List-Unsubscribe": "One-Click"}).status_code == 200
    assert CODE not in preferences.wanted_codes(reader)


@pytest.mark.parametrize("change", [lambda s: s[:-1], lambda s: "x" + s, lambda s: "nothing"])
def test_a_link_that_is_not_ours_stops_nothing(sent, change):
    message, reader = sent
    secret = _address(message).split("/")[-2]
    answer = factories.english_client().post(f"/messages/stop/{change(secret)}/")
    assert answer.status_code == 404
    assert "not one of ours" in answer.content.decode()
    assert CODE in preferences.wanted_codes(reader)


def test_what_waits_does_not_leave_after_it_was_stopped_or_the_account_closed(sent):
    _message, reader = sent
    _tell(reader)
    preferences.choose(reader, [])
    assert sending.send_waiting() == 0
    preferences.choose(reader, [CODE])
    _tell(reader)
    reader.is_active = False
    reader.save(update_fields=["is_active"])
    assert sending.send_waiting() == 0
    assert len(django_mail.outbox) == 1
    dropped = OutboxMail.objects.filter(state=MailState.DROPPED).order_by("pk").values_list("last_error", flat=True)
    assert list(dropped) == ["not wanted any more", "the account was closed"]
