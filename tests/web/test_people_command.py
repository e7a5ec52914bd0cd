"""`jiandao people`: how an operator begins a programme on an empty machine."""

import io

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

import factories
from jiandao import cli
from jiandao.kernel import journal
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.programme import Programme
from jiandao.stages.people.models import Membership, Organisation

CODE = "91420100MA4KXG8W0B"


@pytest.fixture
def people(db, capsys, monkeypatch):
    """`people(*words, typed=…)`: exit status, what was said, what was wrong. In this process, on the test's database."""
    monkeypatch.setattr("jiandao.web.commands.directory.prepare", lambda: None)

    def call(*words, typed=""):
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        status = cli.main(["people", *words])
        said = capsys.readouterr()
        return status, said.out, said.err

    return call


def test_a_programme_its_officer_and_a_unit_begin(people):
    assert people("add-programme", "hubei-2027", "--zh", "尖刀工程", "--en", "Jiandao") == (0, "/p/hubei-2027/\n", "")
    secret = "correct horse battery"
    assert people("add-account", "zhang", "--name", "张处长", typed=f"{secret}\n") == (0, "zhang\n", "")
    assert people("grant", "zhang", "programme-officer", "--programme", "hubei-2027")[0] == 0
    status, unit, _err = people("add-organisation", "江汉轴承有限公司", "--kind", "enterprise")
    assert status == 0
    people("add-account", "chen", "--name", "陈主任", typed=f"{secret}\n")
    assert people("grant", "chen", "unit-administrator", "--organisation", unit.strip())[0] == 0
    assert people("grant", "chen", "unit-administrator", "--organisation", "江汉轴承有限公司")[0] == 0  # twice is once
    assert RoleGrant.objects.filter(account__username="chen").count() == 1
    assert Membership.objects.get().person.name == "陈主任"

    client = Client()
    signed = client.post(reverse("account_login"), {"login": "zhang", "password": secret})
    assert signed.status_code == 302
    assert client.get("/p/hubei-2027/outbox/").status_code == 200
    listed = people("list")[1]
    assert "zhang  张处长\n    programme-officer · hubei-2027\n" in listed
    programme, account = Programme.objects.get(), Account.objects.get(username="zhang")
    assert [one.verb for one in journal.timeline(programme.kind, programme.pk)] == ["create"]
    assert [one.verb for one in journal.timeline(account.kind, account.pk)] == ["grant", "create"]


def test_a_role_is_ended_and_an_account_is_closed_and_opened(people):
    programme, account = factories.programme(slug="p"), factories.account("zhang", password=factories.PASSWORD)
    people("grant", "zhang", "auditor")
    people("grant", "zhang", "auditor", "--programme", "p")
    assert people("end", "zhang", "auditor", "--programme", "p")[0] == 0
    assert [str(one.scope) for one in RoleGrant.objects.filter(until=None)] == ["site"]
    status, _out, err = people("end", "zhang", "auditor", "--programme", "p")
    assert (status, "does not hold" in err) == (2, True)
    client = Client()
    client.force_login(account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    address = reverse("account_change_password")
    assert client.get(address).status_code == 200
    assert people("close", "zhang")[0] == 0
    assert client.get(address).status_code == 302
    assert (
        Client().post(reverse("account_login"), {"login": "zhang", "password": factories.PASSWORD}).status_code == 200
    )
    assert "(closed)" in people("list")[1]
    people("open", "zhang")
    assert (
        Client().post(reverse("account_login"), {"login": "zhang", "password": factories.PASSWORD}).status_code == 302
    )
    assert programme.pk


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (("add-programme", "Hu bei", "--zh", "x", "--en", "x"), "", "SLUG: "),
        (("add-programme", "there", "--zh", "x", "--en", "x"), "", "SLUG: "),
        (("add-programme", "new", "--zh", "", "--en", "x"), "", "--zh: "),
        (("add-account", "li", "--name", "李"), "12345\n", "password: "),
        (("add-account", "li", "--name", "李"), "", "password: "),
        (("add-account", "OFFICER", "--name", "李"), "correct horse battery\n", "sign-in name is taken"),
        (("add-account", "l i", "--name", "李"), "correct horse battery\n", "USERNAME: "),
        (("add-account", "li", "--name", ""), "correct horse battery\n", "NAME: "),
        (("add-account", "li", "--name", "李", "--email", "at"), "correct horse battery\n", "--email: "),
        (("grant", "nobody", "auditor"), "", "nobody: there is no such account"),
        (("grant", "officer", "king"), "", "king: no such role"),
        (("grant", "officer", "need-owner"), "", "need owner"),
        (("grant", "officer", "programme-officer", "--programme", "none"), "", "--programme none"),
        (("grant", "officer", "need-owner", "--organisation", "无"), "", "of this name there is none"),
        (("grant", "officer", "need-owner", "--organisation", "双胞胎公司"), "", "several; name its id"),
        (("add-organisation", "独一公司", "--kind", "enterprise"), "", "there is one of this name"),
        (("add-organisation", "新公司", "--kind", "shop"), "", "--kind shop: one of: enterprise"),
        (("add-organisation", "新公司", "--kind", "enterprise", "--code", "123"), "", "--code: "),
    ],
)
def test_what_is_wrong_is_one_sentence_and_nothing_is_left(people, words, typed, said):
    factories.programme(slug="there")
    factories.account("officer")
    for name in ("双胞胎公司", "双胞胎公司", "独一公司"):
        factories.organisation(name)
    before = (
        Programme.objects.count(),
        Account.objects.count(),
        RoleGrant.objects.count(),
        Organisation.objects.count(),
    )
    status, out, err = people(*words, "--lang", "en", typed=typed)
    assert (status, out) == (2, "")
    assert said in err
    after = (
        Programme.objects.count(),
        Account.objects.count(),
        RoleGrant.objects.count(),
        Organisation.objects.count(),
    )
    assert after == before


def test_a_database_without_tables_says_what_to_do(people, monkeypatch):
    def fail():
        with connection.cursor() as cursor:
            cursor.execute("SELECT * FROM a_table_of_next_year")

    monkeypatch.setattr("jiandao.web.commands.directory.prepare", fail)
    status, out, err = people("list")
    assert (status, out) == (2, "")
    assert "run jiandao migrate" in err
    assert len(err.splitlines()) == 1


def test_the_three_administrators_are_three_people(people):
    factories.account("zhang")
    assert people("grant", "zhang", "system-administrator")[0] == 0
    status, _out, err = people("grant", "zhang", "security-administrator")
    assert (status, "三" in err) == (2, True)
