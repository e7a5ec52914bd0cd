"""Downloads, the outbox and the choice of messages by mail, as a browser meets them."""

import re
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from factories import english_client
from harness import assert_same_queries
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.files import MAY_READ, remove, store
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.notifications import MESSAGES, preferences, tell
from jiandao.kernel.notifications.models import MailState, Notification, OutboxMail
from jiandao.kernel.notifications.outbox import outbox_of
from jiandao.kernel.notifications.rendering import message_url
from jiandao.kernel.programme import Programme, current_programme

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.filterwarnings("ignore:No directory at"),  # tests serve no static files
]
PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 50 + b"%%EOF\n"
CODE = "test.published"


@pytest.fixture(autouse=True)
def surroundings(settings, tmp_path, monkeypatch):
    settings.JIANDAO_DATA = tmp_path
    settings.JIANDAO_SCAN_COMMAND = []
    settings.JIANDAO_BASE_URL = "https://jiandao.example"
    monkeypatch.setitem(MESSAGES, CODE, "“%(title)s” was published.")
    monkeypatch.setattr(MAY_READ, "_answerers", [])


@pytest.fixture
def here():
    return Programme.objects.create(slug="p", name_zh="攻关", name_en="Breakthrough")


def client_of(account):
    client = english_client()
    client.force_login(account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def officer_of(*programmes, name="officer"):
    account = Account.objects.create_user(name, language="en")
    for programme in programmes:
        RoleGrant.objects.create(
            account=account, role=Role.PROGRAMME_OFFICER, scope=Scope.PROGRAMME, scope_id=programme.pk
        )
    return client_of(account)


def bare(response):
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", response.content.decode())


# --- files ---------------------------------------------------------------------------------------------------------


def kept(here, name="报告 2026.pdf"):
    record = SimpleNamespace(kind="test.thing", pk=7, programme_id=here.pk)
    return store(actor=anonymous(), upload=SimpleUploadedFile(name, PDF), record=record)


def test_a_file_is_a_download_that_runs_nothing(here):
    stored = kept(here)
    seen = []

    @MAY_READ.answer
    def room(actor, asked):
        seen.append((actor.account_id, asked.pk, current_programme()))
        return asked.about_kind == "test.thing"

    answer = Client().get(reverse("file", kwargs={"public_id": stored.public_id}))
    assert b"".join(answer.streaming_content) == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(len(PDF))
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    disposition = answer.headers["Content-Disposition"]
    assert disposition.startswith("attachment; ")
    assert disposition.endswith("filename*=UTF-8''%E6%8A%A5%E5%91%8A%202026.pdf")
    assert "no-store" in answer.headers["Cache-Control"]
    assert seen == [(None, stored.pk, here)]


def test_a_file_that_one_may_not_read_answers_like_a_missing_one(here, tmp_path):
    stored = kept(here)
    url = reverse("file", kwargs={"public_id": stored.public_id})
    missing = bare(Client().get(reverse("file", kwargs={"public_id": "0000000000"})))

    def hidden():
        answer = Client().get(url)
        assert answer.status_code == 404
        return bare(answer).replace(stored.public_id, "0000000000")

    assert hidden() == missing  # nobody answers
    MAY_READ.answer(lambda actor, asked: False)
    assert hidden() == missing
    MAY_READ._answerers[:] = [lambda actor, asked: True]
    shown = Client().get(url)
    assert b"".join(shown.streaming_content) == PDF
    remove(actor=anonymous(), stored=stored)
    assert hidden() == missing
    StoredFile.objects.update(removed_at=None)
    (tmp_path / "files" / stored.digest[:2] / stored.digest[2:]).unlink()
    assert hidden() == missing  # its content is not on this host


# --- the outbox ----------------------------------------------------------------------------------------------------


def mails(here, *names):
    accounts = [Account.objects.create_user(name, email=f"{name}@example.org", language="en") for name in names]
    record = SimpleNamespace(kind="test.thing", pk=1, programme_id=here.pk)
    tell(accounts=accounts, code=CODE, record=record, actor=anonymous(), facts={"title": "Bearings <b>"})
    return list(OutboxMail.objects.order_by("id"))


def test_the_officer_holds_checks_releases_and_drops(here):
    officer = officer_of(here)
    url = reverse("outbox", kwargs={"programme": "p"})
    assert "New mails are sent at once" in officer.get(url).content.decode()
    officer.post(reverse("outbox-hold", kwargs={"programme": "p"}), {"hold": "yes"})
    assert outbox_of(here).hold
    one, two, three = mails(here, "a", "b", "c")
    page = officer.get(url, {"state": "held"}).content.decode()
    assert "a@example.org" in page
    assert "Release all 3 held mails" in page
    detail = reverse("outbox-mail", kwargs={"programme": "p", "public_id": one.public_id})
    shown = officer.get(detail).content.decode()
    assert "Bearings &lt;b&gt;" in shown
    assert "https://jiandao.example/messages/" in shown
    do = reverse("outbox-do", kwargs={"programme": "p", "public_id": one.public_id})
    officer.post(do, {"verb": "release"})
    again = officer.post(do, {"verb": "release"})
    assert again.status_code == 403
    assert "Now it is: waiting to be sent" in again.content.decode()
    assert officer.post(do, {"verb": "explode"}).status_code == 404
    drop = reverse("outbox-do", kwargs={"programme": "p", "public_id": two.public_id})
    assert "Say why" in officer.post(drop, {"verb": "drop"}).content.decode()
    officer.post(drop, {"verb": "drop", "reason": "a mistake"})
    officer.post(reverse("outbox-release", kwargs={"programme": "p"}))
    states = [OutboxMail.objects.get(pk=mail.pk).state for mail in (one, two, three)]
    assert states == [MailState.QUEUED, MailState.DROPPED, MailState.QUEUED]
    dropped = officer.get(reverse("outbox-mail", kwargs={"programme": "p", "public_id": two.public_id}))
    assert "a mistake" in dropped.content.decode()  # the timeline says why


def test_nobody_else_sees_the_outbox(here):
    elsewhere = Programme.objects.create(slug="q", name_zh="别处", name_en="Elsewhere")
    [mail] = mails(here, "a")
    other = officer_of(elsewhere)
    reader = client_of(Account.objects.get(username="a"))
    addresses = [
        reverse("outbox", kwargs={"programme": "p"}),
        reverse("outbox-mail", kwargs={"programme": "p", "public_id": mail.public_id}),
    ]
    for client in (other, reader):
        assert client.get(addresses[0]).status_code == 403
        assert client.get(addresses[1]).status_code == 404
        assert client.post(reverse("outbox-release", kwargs={"programme": "p"})).status_code == 403
        assert client.post(f"{addresses[1]}do/", {"verb": "drop", "reason": "x"}).status_code == 404
    # Not through another programme's address either.
    both = officer_of(here, elsewhere, name="both")
    assert both.get(reverse("outbox-mail", kwargs={"programme": "q", "public_id": mail.public_id})).status_code == 404
    assert both.get(addresses[1]).status_code == 200


def test_the_list_asks_the_same_number_of_queries_for_many(here):
    few = Programme.objects.create(slug="few", name_zh="少", name_en="Few")
    officer = officer_of(here, few)
    mails(few, *(f"few{number}" for number in range(10)))
    mails(here, *(f"many{number}" for number in range(100)))
    assert_same_queries(lambda slug: officer.get(reverse("outbox", kwargs={"programme": slug})), "few", "p", at_most=17)


def test_telling_many_asks_the_same_number_of_queries_as_telling_few(here):
    accounts = [Account.objects.create_user(f"r{number}", email=f"r{number}@example.org") for number in range(100)]
    record = SimpleNamespace(kind="test.thing", pk=1, programme_id=here.pk)

    def told(count):
        tell(accounts=accounts[:count], code=CODE, record=record, actor=anonymous(), facts={"title": "x"})

    assert_same_queries(told, 10, 100, at_most=4)


# --- messages by mail ----------------------------------------------------------------------------------------------


def test_everybody_chooses_which_messages_come_by_mail(here):
    account = Account.objects.create_user("a", email="a@example.org", language="en")
    client = client_of(account)
    url = reverse("message-settings")
    page = client.get(url).content.decode()
    assert "“…” was published." in page
    assert "a@example.org" in page
    assert re.search(rf'value="{CODE}"[^>]*checked', page)
    client.post(url, {"wanted": ["unknown"]})
    assert preferences.wanted_codes(account) == set()
    assert not re.search(rf'value="{CODE}"[^>]*checked', client.get(url).content.decode())
    answer = english_client().get(url)
    assert answer.status_code == 302
    assert reverse("account_login") in answer.url


def test_the_link_in_a_mail_is_the_address_of_its_message(here):
    mails(here, "a")
    number = Notification.objects.get().pk
    assert message_url(number) == "https://jiandao.example" + reverse("message", kwargs={"number": number})
    assert message_url(None) == "https://jiandao.example" + reverse("notifications")
    assert reverse("message-settings") == "/messages/settings/"
