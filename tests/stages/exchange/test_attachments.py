"""Files on needs and results: attached while they are being written, read with the record, gone with a line that stays."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

import factories
from jiandao.kernel import secrecy
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.files import holding
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.quotas.spending import LIMITS
from jiandao.kernel.secrecy import Level

PDF = b"%PDF-1.7\n" + b"0" * 400 + b"\n%%EOF\n"


def upload(name="检测报告.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


@pytest.fixture
def here(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path

    class Here:
        programme = factories.programme()
        enterprise = factories.organisation("武汉示例存储科技有限公司")
        owner = factories.actor((Role.NEED_OWNER, enterprise), name="owner")
        officer = factories.actor((Role.PROGRAMME_OFFICER, programme), name="officer")
        stranger = factories.actor((Role.RESEARCHER, factories.organisation()), name="stranger")

        def need(self, **more):
            return factories.need(self.programme, self.enterprise, **more)

        def url(self, name, record, **more):
            return reverse(
                f"exchange:{name}", kwargs={"programme": self.programme.slug, "public_id": record.public_id, **more}
            )

    made = Here()
    factories.person("李强", made.owner.account)
    return made


def client_of(actor):
    client = Client()
    client.force_login(actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def status_of(client, url):
    response = client.get(url)
    if response.streaming:
        b"".join(response.streaming_content)  # closes the file
    return response.status_code


def test_attach_read_and_remove_by_the_page(here):
    need = here.need(state="draft")
    client = client_of(here.owner)
    page = client.get(here.url("need", need)).content.decode()
    assert 'enctype="multipart/form-data"' in page
    data = {"file": upload(), "caption": "外延片缺陷密度检测报告"}
    page = client.post(here.url("need-attach", need), data, follow=True).content.decode()
    assert "“检测报告.pdf”已附上" in page
    assert "外延片缺陷密度检测报告" in page
    stored = StoredFile.objects.get()
    download = client.get(reverse("file", kwargs={"public_id": stored.public_id}))
    assert b"".join(download.streaming_content) == PDF
    assert "attachment" in download["Content-Disposition"]
    gone = here.url("need-detach", need, file=stored.public_id)
    page = client.post(gone, {"reason": "换新版报告"}, follow=True).content.decode()
    assert "外延片缺陷密度检测报告" not in page
    assert "换新版报告" in page  # in the timeline
    assert stored.digest in page  # so that what was there can be proved
    assert client.get(reverse("file", kwargs={"public_id": stored.public_id})).status_code == 404
    assert client.post(gone, {}).status_code == 404


def test_a_hostile_file_is_refused_with_a_sentence_and_nothing_stays(here):
    need = here.need(state="draft")
    client = client_of(here.owner)
    data = {"file": upload("报告.pdf", b"MZ" + b"\0" * 400)}
    page = client.post(here.url("need-attach", need), data, follow=True).content.decode()
    assert "报告.pdf" in page
    assert "该文件是程序" in page or "程序" in page
    assert not StoredFile.objects.exists()
    page = client.post(here.url("need-attach", need), {}, follow=True).content.decode()
    assert "请先选择文件" in page


@pytest.mark.parametrize(
    ("who", "state", "may"),
    [
        ("owner", "draft", True),
        ("owner", "returned", True),
        ("owner", "submitted", False),
        ("owner", "published", False),
        ("officer", "submitted", True),
        ("officer", "checking", True),
        ("officer", "published", False),
        ("stranger", "published", False),
    ],
)
def test_who_attaches_when(here, who, state, may):
    need = here.need(state=state)
    actor = getattr(here, who)
    page = client_of(actor).get(here.url("need", need))
    if page.status_code == 200:
        assert ("multipart/form-data" in page.content.decode()) is may
    if may:
        holding.attach(actor=actor, record=need, upload=upload())
    else:
        with pytest.raises(NotAllowed):
            holding.attach(actor=actor, record=need, upload=upload())
        assert not StoredFile.objects.exists()


def test_a_file_is_read_by_those_who_read_its_record(here):
    need = here.need(state="draft")
    stored = holding.attach(actor=here.owner, record=need, upload=upload())
    url = reverse("file", kwargs={"public_id": stored.public_id})
    assert status_of(client_of(here.stranger), url) == 404
    assert status_of(Client(), url) == 404
    type(need).everywhere().filter(pk=need.pk).update(state="published", published_at=need.changed_at)
    assert status_of(Client(), url) == 200
    # The need becomes a work secret: its files follow at once, whatever was written beside them.
    type(need).everywhere().filter(pk=need.pk).update(secrecy=Level.WORK_SECRET, secret_until="2099-01-01", search=None)
    secrecy.admit(kind=need.kind, record_id=need.pk, accounts=[here.owner.account], by=None)
    assert status_of(Client(), url) == 404
    assert status_of(client_of(here.officer), url) == 404
    assert status_of(client_of(here.owner), url) == 200


def test_a_file_of_one_record_is_not_removed_through_another(here):
    mine, other = here.need(state="draft"), here.need(state="draft")
    stored = holding.attach(actor=here.owner, record=mine, upload=upload())
    gone = here.url("need-detach", other, file=stored.public_id)
    assert client_of(here.owner).post(gone, {}).status_code == 404
    with pytest.raises(ValueError, match="another record"):
        holding.detach(actor=here.owner, record=other, stored=stored)


def test_a_record_carries_so_many_files(here, monkeypatch):
    from jiandao.stages.exchange import rules

    need = here.need(state="draft")
    most = rules.FILES_MOST.at().value
    for _ in range(most):
        holding.attach(actor=here.owner, record=need, upload=upload())
    with pytest.raises(NotAllowed) as refused:
        holding.attach(actor=here.owner, record=need, upload=upload())
    assert str(most) in refused.value.refusal.sentence


def test_a_page_costs_the_same_for_one_file_and_for_ten(here, max_queries):
    need = here.need(state="draft")
    for _ in range(10):
        holding.attach(actor=here.owner, record=need, upload=upload())
    client = client_of(here.owner)
    client.get(here.url("need", need))
    with max_queries(15):
        client.get(here.url("need", need))


def test_results_carry_files_too(here):
    owner = factories.actor((Role.RESEARCHER, here.enterprise), name="researcher")
    result = factories.result(here.programme, here.enterprise)
    client = client_of(owner)
    client.post(here.url("result-attach", result), {"file": upload("样机照片.pdf")}, follow=True)
    stored = StoredFile.objects.get()
    assert "样机照片.pdf" in client.get(here.url("result", result)).content.decode()
    client.post(here.url("result-detach", result, file=stored.public_id), {}, follow=True)
    assert "样机照片.pdf" not in client.get(here.url("result", result)).content.decode().split("timeline-title")[0]


def test_files_are_not_attached_without_end(here, monkeypatch):
    monkeypatch.setitem(LIMITS, "upload", (2, 10**9))
    need, client = here.need(state="draft"), client_of(here.owner)
    answers = [
        client.post(here.url("need-attach", need), {"file": upload(content=PDF + bytes([65 + number]))}).status_code
        for number in range(3)
    ]
    assert answers == [302, 302, 429]
    assert StoredFile.objects.count() == 2
    other = client_of(factories.actor((Role.NEED_OWNER, here.enterprise), name="colleague"))
    assert other.post(here.url("need-attach", need), {"file": upload()}).status_code == 302
