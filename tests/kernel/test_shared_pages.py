"""What the shared pages do for every room, seen through needs and through a record of no room."""

from django.template.loader import render_to_string
from django.urls import reverse

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import Badge, Evidence
from jiandao.kernel.components import Record as RecordPage
from jiandao.stages.exchange import actions


def test_the_heading_of_a_stale_save_names_the_record_once(db):
    programme, organisation = factories.programme(), factories.organisation()
    owner = factories.actor((Role.NEED_OWNER, organisation))
    need = factories.need(programme, organisation, title="Bearing steel")
    actions.edit_need(actor=owner, need=need, expected_version=1, values={"problem": "theirs"})
    client = factories.english_client()
    client.force_login(owner.account)
    url = reverse("exchange:need-edit", kwargs={"programme": programme.slug, "public_id": need.public_id})
    rows = {f"indicators-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    values = {"organisation": organisation.pk, "title": "Bearing steel", "language": "zh", "secrecy": "public"}
    answer = client.post(url, {**values, **rows, "problem": "mine", "version": 1})
    assert answer.status_code == 409
    assert "<h1>Two versions of “Bearing steel”</h1>" in answer.content.decode()


def test_a_list_is_exported_in_the_two_formats_and_in_no_other(db):
    kwargs = {"programme": factories.programme().slug}
    for form, status in (("xlsx", 200), ("csv", 200), ("pdf", 404), ("", 404)):
        url = reverse("exchange:need-export", kwargs={**kwargs, "form": "csv"}).removesuffix("csv") + form
        assert factories.english_client().get(url).status_code == status, form


def _page(**more):
    record = RecordPage(title="t", kind="k", public_id="ID", state=Badge("draft"), **more)
    return render_to_string("record.html", {"record": record})


def test_a_record_without_evidence_to_read_or_attach_has_no_such_part(db):
    assert 'id="evidence-title"' not in _page()
    assert 'id="evidence-title"' in _page(attach_url="/attach/")
    assert "Report" in _page(evidence=[Evidence(title="Report")])


def test_the_page_names_those_who_may_know_of_a_record(db):
    record = RecordPage(title="t", kind="k", public_id="ID", state=Badge("draft"))
    shown = render_to_string("record.html", {"record": record, "knowers": ["王芳"]})
    assert "王芳" in shown
    assert "knowers-title" not in render_to_string("record.html", {"record": record, "knowers": []})
