"""`jiandao serve` and `jiandao check` before anybody else reaches the site."""

import base64
import os
import socketserver
import subprocess
import sys
import threading
from typing import ClassVar
from unittest import mock

import pytest
from django.core import mail

import factories
from jiandao import cli
from jiandao.kernel import clock
from jiandao.web.commands import serve

pytestmark = pytest.mark.django_db
GATEWAY = {
    "JIANDAO_OUTWARD": ["JIANDAO_HOSTS"],
    "ALLOWED_HOSTS": ["jiandao.example.cn"],
    "JIANDAO_BASE_URL": "https://jiandao.example.cn",
    "SESSION_COOKIE_SECURE": True,
    "SECRET_KEY": "k" * 50,
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
    "JIANDAO_MAIL_CHOSEN": True,
    "DEBUG": False,
    "JIANDAO_DEMONSTRATION": False,
}


@pytest.fixture
def deployment(settings, monkeypatch):
    """A good deployment behind a gateway; `deployment(NAME=value)` spoils it."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    started = []
    monkeypatch.setattr(serve, "serve", lambda **options: started.append(options))
    monkeypatch.setattr("django.setup", lambda: None)

    def change(**more):
        for name, value in {**GATEWAY, **more}.items():
            setattr(settings, name, value)
        return started

    change()
    return change


def test_a_good_deployment_behind_a_gateway_starts(deployment):
    started = deployment()
    assert cli.main(["serve"]) == 0
    assert started[0]["host"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("spoilt", "said"),
    [
        ({"DEBUG": True}, "JIANDAO_DEBUG"),
        ({"SECRET_KEY": "insecure-key-for-development-and-tests-only"}, "JIANDAO_SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "shorter than 50"),
        ({"JIANDAO_DEMONSTRATION": True}, "JIANDAO_DEMONSTRATION"),
        ({"SESSION_COOKIE_SECURE": False}, "JIANDAO_HTTPS"),
        ({"ALLOWED_HOSTS": ["127.0.0.1", "localhost"], "JIANDAO_OUTWARD": ["JIANDAO_PROXIES"]}, "JIANDAO_HOSTS"),
        ({"JIANDAO_BASE_URL": "http://127.0.0.1:8000"}, "JIANDAO_BASE_URL"),
        ({"JIANDAO_MAIL_CHOSEN": False}, "JIANDAO_SMTP_HOST"),
        ({"EMAIL_BACKEND": "nowhere.Backend"}, "JIANDAO_EMAIL_BACKEND"),
    ],
)
def test_a_server_behind_a_gateway_does_not_start_with(deployment, capsys, spoilt, said):
    started = deployment(**spoilt)
    assert cli.main(["serve", "--host", "127.0.0.1"]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert "meant for others (JIANDAO_" in told
    assert started == []


def test_nor_with_a_demonstration_account_or_a_wrong_clock(deployment, capsys):
    started = deployment()
    demo = factories.account("demo")
    demo.is_demonstration = True
    demo.save()
    assert cli.main(["serve"]) == 2
    assert "demonstration accounts" in capsys.readouterr().err
    demo.delete()
    assert cli.main(["serve"]) == 0
    with mock.patch("jiandao.web.checks.CLOCK_TOLERANCE", clock.now() - clock.now()):
        assert cli.main(["serve"]) == 2
    assert "clock" in capsys.readouterr().err
    assert len(started) == 1


def test_a_server_for_this_machine_alone_asks_nothing_but_one_that_listens_to_others_does(deployment, capsys):
    started = deployment(JIANDAO_OUTWARD=[], DEBUG=True)
    assert cli.main(["serve"]) == 0
    assert len(started) == 1
    assert cli.main(["serve", "--host", "0.0.0.0"]) == 2
    assert "--host 0.0.0.0" in capsys.readouterr().err
    assert len(started) == 1


def test_check_tells_how_mails_leave(deployment, capsys, settings):
    assert cli.main(["check"]) == 0
    deployment(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend")
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "mail.example.cn", 587, True
    settings.EMAIL_HOST_USER, settings.DEFAULT_FROM_EMAIL = "jiandao", "jiandao@example.cn"
    assert cli.main(["check"]) == 0
    said = capsys.readouterr().out
    assert "through mail.example.cn, port 587 (STARTTLS, as jiandao), from jiandao@example.cn" in said
    deployment(EMAIL_BACKEND="django.core.mail.backends.filebased.EmailBackend", JIANDAO_MAIL_CHOSEN=False)
    assert cli.main(["check"]) == 2
    assert "Mails are written to files" in capsys.readouterr().out


def test_check_sends_a_test_mail(deployment, capsys, settings):
    assert cli.main(["check", "--mail", "zhang@example.cn"]) == 0
    (sent,) = mail.outbox
    assert (sent.to, "https://jiandao.example.cn" in sent.body) == (["zhang@example.cn"], True)
    assert cli.main(["check", "--mail", "zhang"]) == 2
    assert "no mail address" in capsys.readouterr().err
    deployment(EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend")
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 1, False
    assert cli.main(["check", "--mail", "zhang@example.cn"]) == 2
    assert "could not be sent" in capsys.readouterr().err


def test_a_database_that_does_not_answer_is_told(deployment, capsys, monkeypatch):
    from django.db import OperationalError

    from jiandao.web import checks

    def away():
        raise OperationalError("connection refused")

    monkeypatch.setattr(checks, "_demonstration", away)
    started = deployment()
    assert cli.main(["serve"]) == 2
    assert "The database does not answer: connection refused" in capsys.readouterr().err
    assert started == []


class Letterbox(socketserver.StreamRequestHandler):
    """As much of a mail server as it takes to sign in and hand over one mail."""

    heard: ClassVar[list[str]] = []

    def handle(self):
        self.wfile.write(b"220 here\r\n")
        for raw in self.rfile:
            line = raw.decode().rstrip()
            self.heard.append(line)
            verb = line.split(" ")[0].upper()
            if verb == "EHLO":
                self.wfile.write(b"250-here\r\n250 AUTH PLAIN\r\n")
            elif verb == "AUTH":
                self.wfile.write(b"235 welcome\r\n")
            elif verb == "DATA":
                self.wfile.write(b"354 go on\r\n")
                while (text := self.rfile.readline()) not in (b".\r\n", b""):
                    self.heard.append(text.decode().rstrip())
                self.wfile.write(b"250 taken\r\n")
            elif verb == "QUIT":
                self.wfile.write(b"221 bye\r\n")
                return
            else:
                self.wfile.write(b"250 fine\r\n")


def jiandao(*words, **given):
    surroundings = os.environ | {"LC_ALL": "en_GB.UTF-8"} | given
    return subprocess.run(
        [sys.executable, "-m", "jiandao.cli", *words], env=surroundings, capture_output=True, text=True, timeout=90,
        check=False,
    )  # fmt: skip


def test_a_mail_really_leaves_by_the_server_that_the_environment_names(transactional_db, tmp_path):
    (tmp_path / "password").write_text("a secret\n")
    Letterbox.heard.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Letterbox) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        given = {
            "JIANDAO_SMTP_HOST": "127.0.0.1",
            "JIANDAO_SMTP_PORT": str(server.server_address[1]),
            "JIANDAO_SMTP_TLS": "none",
            "JIANDAO_SMTP_USER": "jiandao",
            "JIANDAO_SMTP_PASSWORD_FILE": str(tmp_path / "password"),
            "JIANDAO_SMTP_FROM": "jiandao@example.cn",
        }
        done = jiandao("check", "--mail", "zhang@example.cn", **given)
        # A server that begins no TLS gets neither password nor mail.
        refused = jiandao("check", "--mail", "zhang@example.cn", **{**given, "JIANDAO_SMTP_TLS": "starttls"})
        server.shutdown()
    assert "The test mail to zhang@example.cn was taken." in done.stdout, done.stderr
    assert "port " + given["JIANDAO_SMTP_PORT"] in done.stdout
    assert "could not be sent" in refused.stderr
    signed_in = [base64.b64decode(line.split()[2]) for line in Letterbox.heard if line.startswith("AUTH PLAIN")]
    assert signed_in == [b"\0jiandao\0a secret"]
    assert [line for line in Letterbox.heard if line.lower().startswith("rcpt")] == ["rcpt TO:<zhang@example.cn>"]
    assert "From: jiandao@example.cn" in Letterbox.heard


def test_the_process_behind_a_gateway_ends_with_a_sentence_for_each_fault(transactional_db):
    done = jiandao("serve", "--port", "1", JIANDAO_PROXIES="1", JIANDAO_SMTP_HOST="", JIANDAO_HTTPS="")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert lines[0] == "jiandao serve: This server is meant for others (JIANDAO_PROXIES) and is not started:"
    for name in ("JIANDAO_SECRET_KEY", "JIANDAO_HTTPS", "JIANDAO_HOSTS", "JIANDAO_BASE_URL", "JIANDAO_SMTP_HOST"):
        assert sum(name in line for line in lines[1:]) == 1, name
