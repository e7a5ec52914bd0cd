"""The environment of a deployment: every value that cannot be meant is told in a sentence, and every variable in the manual."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as django_settings

from jiandao.web.environment import Environment, is_loopback, turned_outward
from jiandao.web.mail import FILES, SMTP, read_mail

ROOT = Path(__file__).parents[2]
NAME = re.compile(r"JIANDAO_[A-Z]+(?:_[A-Z]+)*")
# Settings of Django that carry our prefix and come from other variables; nobody sets them in the environment.
INSIDE = {
    "JIANDAO_EMBEDDING",
    "JIANDAO_FAULTS",
    "JIANDAO_FOOTER",
    "JIANDAO_INSECURE_KEY",
    "JIANDAO_JOURNAL_ALGORITHM",
    "JIANDAO_MAIL_CHOSEN",
} | {"JIANDAO_OUTWARD"}
GOOD = {
    "JIANDAO_SMTP_HOST": "mail.example.cn",
    "JIANDAO_SMTP_USER": "jiandao",
    "JIANDAO_SMTP_PASSWORD": "secret",
    "JIANDAO_SMTP_FROM": "尖刀 <jiandao@example.cn>",
}


def read_by_the_code():
    files = [ROOT / "hatch_build.py", ROOT / ".ci/run", *(ROOT / "scripts").iterdir()]
    for folder in ("src", "tests", "benchmarks"):
        files += (ROOT / folder).rglob("*.py")
    text = "\n".join(file.read_text(encoding="utf-8") for file in files if file != Path(__file__))
    # A name that ends in an underscore is put together in the code, and nobody finds it again.
    assert not re.findall(r"JIANDAO_[A-Z_]*_\b", text)
    return set(NAME.findall(text)) - INSIDE


def in_the_manual():
    lines = (ROOT / "docs/operator/settings.md").read_text(encoding="utf-8").splitlines()
    return [name for line in lines if line.startswith("|") for name in NAME.findall(line.split("|")[1])]


def test_every_variable_stands_once_in_the_manual_and_nothing_else_does():
    named, read = in_the_manual(), read_by_the_code()
    assert sorted(named) == sorted(set(named))
    assert read - set(named) == set(), "read by the code and not in docs/operator/settings.md"
    assert set(named) - read == set(), "in docs/operator/settings.md and read by nobody"


def test_what_is_inside_is_no_variable():
    source = "\n".join(file.read_text(encoding="utf-8") for file in (ROOT / "src").rglob("*.py"))
    for name in INSIDE:
        assert hasattr(django_settings, name)
        assert f'"{name}"' not in source


def faults(**given):
    environment = Environment(given)
    mail = read_mail(environment)
    return mail, [str(sentence) % facts for sentence, facts in environment.faults]


def test_without_a_word_mails_are_written_to_files():
    mail, found = faults()
    assert (mail.backend, mail.chosen, found) == (FILES, False, [])


@pytest.mark.parametrize(
    ("more", "tls", "port"),
    [
        ({}, "starttls", 587),
        ({"JIANDAO_SMTP_PORT": "465"}, "tls", 465),
        ({"JIANDAO_SMTP_TLS": "TLS"}, "tls", 465),
        ({"JIANDAO_SMTP_TLS": "starttls", "JIANDAO_SMTP_PORT": "25"}, "starttls", 25),
    ],
)
def test_a_mail_server_that_is_named_is_used(more, tls, port):
    mail, found = faults(**GOOD, **more)
    assert found == []
    assert (mail.backend, mail.host, mail.chosen) == (SMTP, "mail.example.cn", True)
    assert (mail.user, mail.password, mail.sender) == ("jiandao", "secret", GOOD["JIANDAO_SMTP_FROM"])
    assert (mail.tls, mail.port) == (tls, port)


def test_the_password_may_lie_in_a_file(tmp_path):
    file = tmp_path / "password"
    file.write_text("from the file\n")
    given = {name: value for name, value in GOOD.items() if name != "JIANDAO_SMTP_PASSWORD"}
    mail, found = faults(**given, JIANDAO_SMTP_PASSWORD_FILE=str(file))
    assert (mail.password, found) == ("from the file", [])
    file.write_text("\n")
    assert "JIANDAO_SMTP_PASSWORD_FILE" in faults(**given, JIANDAO_SMTP_PASSWORD_FILE=str(file))[1][0]
    assert str(tmp_path / "no") in faults(**given, JIANDAO_SMTP_PASSWORD_FILE=str(tmp_path / "no"))[1][0]


def test_a_relay_on_this_machine_needs_no_encryption():
    mail, found = faults(JIANDAO_SMTP_HOST="localhost", JIANDAO_SMTP_TLS="none", JIANDAO_SMTP_FROM="jiandao@example.cn")
    assert (mail.tls, mail.port, found) == ("none", 25, [])


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ({"JIANDAO_SMTP_HOST": "smtp://mail.example.cn"}, "JIANDAO_SMTP_HOST"),
        ({"JIANDAO_SMTP_HOST": "mail.example.cn:25"}, "JIANDAO_SMTP_HOST"),
        ({"JIANDAO_SMTP_HOST": ""}, "JIANDAO_SMTP_USER"),
        ({"JIANDAO_SMTP_PORT": "smtp"}, "JIANDAO_SMTP_PORT"),
        ({"JIANDAO_SMTP_PORT": "70000"}, "JIANDAO_SMTP_PORT"),
        ({"JIANDAO_SMTP_TLS": "ssl"}, "JIANDAO_SMTP_TLS"),
        ({"JIANDAO_SMTP_TLS": "none"}, "JIANDAO_SMTP_TLS"),
        ({"JIANDAO_SMTP_PASSWORD": ""}, "JIANDAO_SMTP_USER"),
        ({"JIANDAO_SMTP_PASSWORD_FILE": "/nowhere"}, "JIANDAO_SMTP_PASSWORD_FILE"),
        ({"JIANDAO_SMTP_FROM": ""}, "JIANDAO_SMTP_FROM"),
        ({"JIANDAO_SMTP_FROM": "the office"}, "JIANDAO_SMTP_FROM"),
        ({"JIANDAO_EMAIL_BACKEND": "smtp"}, "JIANDAO_EMAIL_BACKEND"),
    ],
)
def test_what_cannot_be_meant_about_mail_is_told(more, named):
    found = faults(**{**GOOD, **more})[1]
    assert found
    assert named in " ".join(found)
    assert "%(" not in " ".join(found)


def test_a_command_says_all_faults_in_a_sentence_each_and_does_nothing(tmp_path):
    given = {
        "JIANDAO_DATA": str(tmp_path),
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
        "LC_ALL": "en_GB.UTF-8",
        "JIANDAO_PROXIES": "one",
        "JIANDAO_HTTPS": "perhaps",
        "JIANDAO_BASE_URL": "jiandao.example.cn",
        "JIANDAO_JOURNAL_DIGEST": "md5",
        "JIANDAO_WORKER_JOBS": "0",
        "JIANDAO_SCAN_COMMAND": "clamdscan '",
        "JIANDAO_SMTP_HOST": "mail.example.cn",
    }
    for command in ("serve", "worker", "check"):
        done = subprocess.run(
            [sys.executable, "-m", "jiandao.cli", command],
            env=os.environ | given, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 2
        lines = done.stderr.splitlines()
        assert len(lines) == 7, done.stderr
        assert "JIANDAO_PROXIES is “one”; set it to a whole number from 0 to 20." in lines
        for name in given.keys() - {"JIANDAO_DATA", "DATABASE_URL", "LC_ALL", "JIANDAO_SMTP_HOST"}:
            assert sum(name in line for line in lines) == 1, name
        assert any("JIANDAO_SMTP_FROM" in line for line in lines)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.8.0.1", True),
        ("[::1]", True),
        ("::1", True),
        ("a.localhost", True),
        ("*", False),
        (".example.cn", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
        ("localhost.example.cn", False),
        ("127.0.0.1.example.cn", False),
    ],
)
def test_what_means_this_machine_alone(host, loopback):
    assert is_loopback(host) is loopback


HERE = {
    "hosts": ["127.0.0.1", "localhost", "[::1]"],
    "origins": [],
    "base_url": "http://127.0.0.1:8000",
    "proxies": 0,
    "https": False,
}


@pytest.mark.parametrize(
    ("more", "sign"),
    [
        ({"hosts": ["jiandao.example.cn", "127.0.0.1"]}, "JIANDAO_HOSTS"),
        ({"hosts": ["*"]}, "JIANDAO_HOSTS"),
        ({"origins": ["https://jiandao.example.cn"]}, "JIANDAO_ORIGINS"),
        ({"base_url": "https://jiandao.example.cn"}, "JIANDAO_BASE_URL"),
        ({"proxies": 1}, "JIANDAO_PROXIES"),
        ({"https": True}, "JIANDAO_HTTPS"),
    ],
)
def test_each_sign_of_a_gateway_makes_a_server_public(more, sign):
    assert turned_outward(**HERE) == []
    assert turned_outward(**{**HERE, "origins": ["http://localhost:8000"]}) == []
    assert turned_outward(**{**HERE, **more}) == [sign]
