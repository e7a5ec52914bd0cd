"""Certificates: entered once, checked by an officer, used wherever asked for, spoken of before they end."""

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

import factories
from harness import assert_same_queries
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.notifications.models import Notification
from jiandao.stages.people import queries, reminders
from jiandao.stages.people.models import Certificate
from stages.people.test_directory import client_of


@pytest.fixture
def unit(db):
    return factories.organisation("汉江示范轴承有限公司")


@pytest.fixture
def head(unit):
    return factories.actor((Role.UNIT_ADMINISTRATOR, unit))


def in_days(days):
    return clock.today() + timedelta(days=days)


def test_entered_with_its_scan_checked_and_then_left_as_it_is(unit, head):
    client = client_of(head)
    values = {
        "organisation": unit.pk, "certificate_kind": "high-tech", "title": "高新技术企业证书", "number": "GR202442000001",
        "issuer": "省科技厅", "issued_on": "2024-11-01", "valid_until": "2099-10-31",
    }  # fmt: skip
    wrong = client.post(reverse("people:certificate-new"), values | {"valid_until": "2020-01-01"})
    assert wrong.status_code == 422
    assert "before it was issued" in wrong.content.decode()
    page = client.post(reverse("people:certificate-new"), values)["Location"]
    found = Certificate.objects.get()
    scan = SimpleUploadedFile("证书.txt", "编号 GR202442000001".encode())
    client.post(f"{page}files/", {"file": scan, "caption": "扫描件"})
    stored = StoredFile.objects.filter(about_kind=found.kind, about_id=found.pk)
    assert stored.count() == 1
    officer = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    url = reverse("file", kwargs={"public_id": stored.get().public_id})
    assert b"".join(client_of(officer).get(url)) == "编号 GR202442000001".encode()
    assert client_of(factories.actor((Role.NEED_OWNER, factories.organisation()))).get(url).status_code == 404
    do = reverse("people:certificate-do", kwargs={"public_id": found.public_id, "verb": "check"})
    assert client_of(head).post(do, {"version": found.version}).status_code == 403
    assert client_of(officer).post(do, {"version": found.version}).status_code == 302
    edit = reverse("people:certificate-edit", kwargs={"public_id": found.public_id})
    assert client.post(edit, values | {"version": 2, "title": "改名"}).status_code == 403
    assert Certificate.objects.get().title == "高新技术企业证书"
    remove = reverse("people:certificate-detach", kwargs={"public_id": found.public_id, "file": stored.get().public_id})
    assert client.post(remove).status_code == 403, "nor is its scan exchanged after an officer has seen it"


def test_whoever_asks_for_certificates_gets_those_that_hold_on_the_day(unit):
    kept = factories.certificate(unit, valid_until=in_days(10))
    factories.certificate(unit, valid_until=in_days(-1))
    factories.certificate(unit, state="refused")
    factories.certificate(factories.organisation())
    endless = factories.certificate(unit, state="checked", certificate_kind="licence")
    assert set(queries.certificates_in_force(unit, clock.today())) == {kept, endless}
    assert list(queries.certificates_in_force(unit, clock.today(), ["licence"])) == [endless]
    assert list(queries.certificates_in_force(unit, in_days(11))) == [endless]


def test_reminded_once_at_each_step_and_not_of_what_was_renewed(unit, head):
    def told():
        return Notification.objects.filter(account=head.account_id, code="certificate.ends").count()

    one = factories.certificate(unit, valid_until=in_days(120))
    renewed = factories.certificate(unit, valid_until=in_days(20))
    factories.certificate(unit, valid_until=in_days(700), title=renewed.title)
    factories.certificate(unit, state="refused", valid_until=in_days(5))
    assert (reminders.remind(), told()) == (1, 0)  # the renewed one is looked at and not spoken of
    Certificate.objects.filter(pk=one.pk).update(valid_until=in_days(60))
    reminders.remind()
    reminders.remind()
    assert told() == 1
    Certificate.objects.filter(pk=one.pk).update(valid_until=in_days(7))
    reminders.remind()
    assert told() == 2, "30 was missed, 7 was not: one message makes up for both"
    reminders.remind()
    assert told() == 2


def test_a_prolonged_certificate_is_spoken_of_again(unit, head):
    one = factories.certificate(unit, valid_until=in_days(5))
    reminders.remind()
    sent = {"organisation": unit.pk, "certificate_kind": "high-tech", "title": one.title, "version": one.version}
    edit = reverse("people:certificate-edit", kwargs={"public_id": one.public_id})
    assert client_of(head).post(edit, sent | {"valid_until": in_days(6).isoformat()}).status_code == 302
    reminders.remind()
    assert Notification.objects.filter(account=head.account_id, code="certificate.ends").count() == 2
    one.refresh_from_db()
    again = sent | {"valid_until": in_days(6).isoformat(), "number": "1", "version": one.version}
    assert client_of(head).post(edit, again).status_code == 302
    reminders.remind()  # the end stays, and so does what was said
    assert Notification.objects.filter(account=head.account_id, code="certificate.ends").count() == 2


def test_the_list_asks_as_much_at_100_as_at_10(unit, head):
    other = factories.organisation()
    for _ in range(10):
        factories.certificate(unit)
    for _ in range(100):
        factories.certificate(other)
    small, large = client_of(head), client_of(factories.actor((Role.RESEARCH_OFFICE, other)))
    url = reverse("people:certificates")
    assert_same_queries(lambda client: client.get(url), small, large, at_most=15)
