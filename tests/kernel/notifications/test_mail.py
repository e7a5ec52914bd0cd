"""Mails: written in the transaction of the change, held, sent once, tried again, given up, and back again."""

import io
import smtplib
import sys
from datetime import timedelta
from email.message import EmailMessage
from email.parser import Parser
from types import SimpleNamespace

import pytest
from django.core import mail as django_mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import anonymous, load_actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.notifications import MESSAGES, bounces, command, outbox, preferences, sending, tell
from jiandao.kernel.notifications.models import MailState, Notification, OutboxMail
from jiandao.kernel.notifications.rendering import letter, outline
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import Programme

CODE = "test.published"


@pytest.fixture(autouse=True)
def surroundings(settings, monkeypatch):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    settings.JIANDAO_BASE_URL = "https://jiandao.example"
    monkeypatch.setitem(MESSAGES, CODE, "“%(title)s” was published.")
    django_mail.outbox = []


def reader(name="reader", **fields):
    return Account.objects.create_user(name, **{"email": f"{name}@example.org", "language": "en", **fields})


def programme():
    return Programme.objects.get_or_create(slug="p", defaults={"name_zh": "攻关", "name_en": "Breakthrough"})[0]


def told(*accounts, where=None, actor=None, title="Bearings"):
    record = SimpleNamespace(kind="test.thing", pk=1, programme_id=where.pk if where else None)
    tell(accounts=accounts, code=CODE, record=record, actor=actor or anonymous(), facts={"title": title})
    return list(OutboxMail.objects.order_by("id"))


@pytest.mark.django_db
def test_who_is_told_by_mail():
    author = reader("author")
    told(
        author,
        reader(),
        reader("no-address", email=""),
        reader("gone", is_active=False),
        reader("machine", is_service=True),
        actor=load_actor(author),
    )
    assert Notification.objects.count() == 4
    assert [one.address for one in OutboxMail.objects.all()] == ["reader@example.org"]


@pytest.mark.django_db
def test_a_mail_is_written_in_the_language_of_its_reader_with_an_absolute_link():
    told(reader(), reader("zh", language="zh-hans"), where=programme())
    assert sending.send_waiting() == 2
    english, chinese = sorted(django_mail.outbox, key=lambda one: one.to)
    assert english.subject == "Breakthrough: a message for you"
    assert "“Bearings” was published." in english.body
    number = Notification.objects.get(account__username="reader").pk
    assert f"https://jiandao.example/messages/{number}/" in english.body
    assert chinese.subject.startswith("攻关")
    mail = OutboxMail.objects.get(address="reader@example.org")
    assert english.message()["Message-ID"] == mail.message_id
    assert english.message()["Auto-Submitted"] == "auto-generated"
    assert (mail.state, mail.attempts, mail.sent_at is not None) == (MailState.SENT, 1, True)
    assert sending.send_waiting() == 0


@pytest.mark.django_db(transaction=True)
def test_a_mail_exists_exactly_if_the_change_commits():
    account = reader()
    with transaction.atomic():
        told(account)
        transaction.set_rollback(True)
    assert not OutboxMail.objects.exists()
    assert sending.send_waiting() == 0
    assert django_mail.outbox == []


@pytest.mark.django_db
def test_messages_that_are_not_wanted_by_mail_are_shown_in_the_application_only():
    account = reader()
    assert CODE in preferences.wanted_codes(account)
    preferences.choose(account, set(MESSAGES) - {CODE})
    told(account)
    assert Notification.objects.count() == 1
    assert not OutboxMail.objects.exists()
    preferences.choose(account, [CODE, "unknown.code"])
    assert preferences.wanted_codes(account) == {CODE}
    assert len(told(account)) == 1


@pytest.mark.django_db
def test_held_mails_wait_until_an_officer_releases_them():
    where, officer = programme(), load_actor(reader("officer"))
    outbox.set_hold(actor=officer, programme=where, hold=True)
    mails = told(reader(), reader("second"), reader("third"), where=where)
    assert {one.state for one in mails} == {MailState.HELD}
    assert sending.send_waiting() == 0
    outbox.do(actor=officer, mail=mails[0], verb="release")
    assert sending.send_waiting() == 1
    with pytest.raises(NotAllowed):
        outbox.do(actor=officer, mail=mails[1], verb="drop", reason=" ")
    outbox.do(actor=officer, mail=mails[1], verb="drop", reason="sent by mistake")
    assert outbox.release_all(actor=officer, programme=where) == 1
    assert sending.send_waiting() == 1
    states = [one.state for one in OutboxMail.objects.order_by("id")]
    assert states == [MailState.SENT, MailState.DROPPED, MailState.SENT]
    entry = journal.timeline("kernel.mail", mails[1].pk)[0]
    assert (entry.verb, entry.reason, entry.actor_id) == ("drop", "sent by mistake", officer.account_id)
    verbs = [entry.verb for entry in journal.timeline("kernel.outbox", outbox.outbox_of(where).pk)]
    assert verbs == ["release-all", "hold-all"]
    outbox.set_hold(actor=officer, programme=where, hold=False)
    assert told(reader("fourth"), where=where)[-1].state == MailState.QUEUED


@pytest.mark.django_db
@pytest.mark.parametrize("state", MailState.values)
def test_each_verb_is_possible_only_in_its_states(state):
    officer = load_actor(reader("officer"))
    for verb, (states, target) in outbox.VERBS.items():
        OutboxMail.objects.all().delete()
        [mail] = told(reader(f"reader-{verb}"))
        OutboxMail.objects.update(state=state)
        if state in states:
            assert outbox.do(actor=officer, mail=mail, verb=verb, reason="because").state == target
        else:
            with pytest.raises(NotAllowed) as refused:
                outbox.do(actor=officer, mail=mail, verb=verb, reason="because")
            assert str(MailState(state).label) in refused.value.refusal.sentence


class Failing(EmailBackend):
    error: Exception = ConnectionRefusedError("no server")

    def send_messages(self, messages):
        raise self.error


@pytest.fixture
def failing(settings):
    settings.EMAIL_BACKEND = f"{__name__}.Failing"

    def with_error(error):
        Failing.error = error

    return with_error


@pytest.mark.django_db
def test_a_mail_that_fails_is_tried_again_later_and_later_and_then_given_up(failing):
    failing(ConnectionRefusedError("no server"))
    [mail] = told(reader())
    now, waits = clock.now(), []
    for attempt in range(1, sending.MOST_ATTEMPTS + 1):
        with clock.frozen(now):
            assert sending.send_waiting() == 0
            mail.refresh_from_db()
            assert (mail.attempts, mail.last_error) == (attempt, "no server")
            assert sending.send_waiting() == 0
            mail.refresh_from_db()
            assert mail.attempts == attempt  # not before its time
        waits.append((mail.next_try - now).total_seconds())
        now = max(mail.next_try, now)
    assert mail.state == MailState.DEAD
    assert waits[:4] == [60, 240, 960, 3840]
    assert max(waits) <= sending.LONGEST_WAIT
    officer = load_actor(reader("officer"))
    again = outbox.do(actor=officer, mail=mail, verb="retry")
    assert (again.state, again.attempts) == (MailState.QUEUED, 0)


@pytest.mark.django_db
@pytest.mark.parametrize(("status", "state"), [(550, MailState.BOUNCED), (451, MailState.FAILED)])
def test_a_refused_address_comes_back_and_a_busy_server_is_tried_again(failing, status, state):
    failing(smtplib.SMTPRecipientsRefused({"reader@example.org": (status, b"no such user")}))
    [mail] = told(reader())
    sending.send_waiting()
    mail.refresh_from_db()
    assert (mail.state, mail.last_error) == (state, f"{status} no such user")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["x@example.org\nBcc: all@example.org", "x@example.org, y@example.org", "nonsense", '"\r\n"@example.org']
)
def test_an_address_cannot_inject_a_header(address):
    [mail] = told(reader())
    OutboxMail.objects.update(address=address)
    assert sending.send_waiting() == 0
    assert django_mail.outbox == []
    mail.refresh_from_db()
    assert mail.state == MailState.DEAD


@pytest.mark.django_db
def test_facts_and_names_cannot_inject_a_header():
    where = Programme.objects.create(slug="q", name_zh="x", name_en="Line\r\nBcc: all@example.org")
    told(reader(), where=where, title="a\r\nBcc: all@example.org\r\n\r\n<script>")
    assert sending.send_waiting() == 1
    [mail] = django_mail.outbox
    parsed = Parser().parsestr(mail.message().as_string())
    assert parsed["Bcc"] is None
    assert mail.recipients() == ["reader@example.org"]
    assert parsed.get_content_type() == "text/plain"


@pytest.mark.django_db
def test_a_message_whose_facts_are_missing_is_given_up_and_stops_no_other(monkeypatch):
    told(reader("a"), reader("b"))
    OutboxMail.objects.filter(address__startswith="a@").update(facts={})
    assert sending.send_waiting() == 1
    assert OutboxMail.objects.get(address__startswith="a@").state == MailState.DEAD


def test_two_workers_send_each_mail_once(race):
    told(*(reader(f"r{number}") for number in range(30)))
    outcomes = race(*[sending.send_waiting] * 4)
    assert [outcome.error for outcome in outcomes] == [None] * 4
    while sending.send_waiting():
        pass
    assert sorted(one.to[0] for one in django_mail.outbox) == sorted(f"r{number}@example.org" for number in range(30))


@pytest.mark.django_db
def test_the_mail_of_a_worker_that_died_is_sent_by_another():
    [mail] = told(reader())
    assert [one.pk for one in sending._take()] == [mail.pk]
    assert sending.send_waiting() == 0
    with clock.frozen(clock.now() + sending.LOST_AFTER + timedelta(seconds=1)):
        assert sending.send_waiting() == 1


@pytest.mark.django_db
def test_no_transaction_is_open_while_a_mail_is_sent(monkeypatch):
    from django.db import connection

    told(reader())
    depth = len(connection.savepoint_ids)
    seen = []
    monkeypatch.setattr(
        EmailBackend, "send_messages", lambda self, messages: seen.append(len(connection.savepoint_ids)) or 1
    )
    sending.send_waiting()
    assert seen == [depth]


def test_an_outline_leaves_the_places_open(monkeypatch):
    monkeypatch.setitem(MESSAGES, CODE, "%(who)s took 100%% of “%(title)s”.")
    assert outline(CODE) == "… took 100% of “…”."


# --- bounces -------------------------------------------------------------------------------------------------------


REPORT = """\
From: MAILER-DAEMON@mx.example.org
To: jiandao@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="cut"

--cut
Content-Type: text/plain

I am sorry.
--cut
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; reader@example.org
Action: {action}
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1
 <reader@example.org>: unknown
--cut
Content-Type: {original}

Message-ID: {message_id}
Subject: x

the mail
--cut--
"""


def report(message_id, *, action="failed", headers_only=False):
    original = "text/rfc822-headers" if headers_only else "message/rfc822"
    return REPORT.format(action=action, original=original, message_id=message_id).encode()


@pytest.mark.django_db
@pytest.mark.parametrize("headers_only", [False, True])
def test_a_bounce_is_found_by_its_message_id_and_counts_once(headers_only):
    [mail] = told(reader())
    sending.send_waiting()
    raw = report(mail.message_id, headers_only=headers_only)
    assert bounces.take([raw]) == (1, 0)
    mail.refresh_from_db()
    assert (mail.state, "550 5.1.1" in mail.last_error) == (MailState.BOUNCED, True)
    assert [entry.verb for entry in journal.timeline("kernel.mail", mail.pk)] == ["bounce"]
    assert bounces.take([raw, report("<unknown@x>")]) == (0, 2)


@pytest.mark.django_db
def test_what_is_no_bounce_changes_nothing():
    [mail] = told(reader())
    sending.send_waiting()
    ordinary = EmailMessage()
    ordinary["In-Reply-To"] = mail.message_id
    ordinary.set_content("I am on holiday.")
    delayed = report(mail.message_id, action="delayed")
    huge = report(mail.message_id) + b"x" * bounces.LONGEST
    assert bounces.take([ordinary.as_bytes(), delayed, huge, b"", b"\xff\xfe\0nonsense", report("")]) == (0, 0)
    mail.refresh_from_db()
    assert mail.state == MailState.SENT


@pytest.mark.django_db
def test_the_command_reads_a_mailbox_or_the_standard_input(tmp_path, monkeypatch, capsys):
    import argparse

    one, two = told(reader("a"), reader("b"))
    sending.send_waiting()
    box = tmp_path / "bounces.mbox"
    box.write_bytes(b"From mailer Mon Nov 23 00:00:00 2026\n" + report(one.message_id) + b"\n")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    assert command.run(parser.parse_args([str(box)])) == 0
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(report(two.message_id))))
    assert command.run(parser.parse_args([])) == 0
    assert set(OutboxMail.objects.values_list("state", flat=True)) == {MailState.BOUNCED}
    assert capsys.readouterr().out.count("1 mails came back") == 2
    with pytest.raises(Exception, match="no such mailbox"):
        command.run(parser.parse_args([str(tmp_path / "none")]))


@pytest.mark.django_db
def test_a_letter_can_be_read_before_it_is_sent():
    [mail] = told(reader(), where=programme())
    assert "Bearings" in letter(mail).body
    assert "Bearings" not in letter(mail).subject
