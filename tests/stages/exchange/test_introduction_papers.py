"""Papers of an introduction: each side reads its own until the contact is open; a signature is bound to a paper of its side."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

import factories
from harness.queries import assert_same_queries
from jiandao.kernel import journal
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.files import holding
from jiandao.kernel.lifecycle import allowed
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange.introductions import actions
from jiandao.stages.exchange.models import Paper
from stages.exchange.test_introductions import PDF, Scene


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Scene()


def attach(scene, actor, introduction, name="工艺参数.pdf"):
    with in_programme(scene.programme):
        upload = SimpleUploadedFile(name, PDF, "application/pdf")
        return holding.attach(actor=actor, record=introduction, upload=upload)


def mark(scene, actor, introduction, name="保密协议.pdf"):
    stored = attach(scene, actor, introduction, name)
    with in_programme(scene.programme):
        actions.mark_agreement(actor=actor, introduction=introduction, stored=stored)
    return stored


def consent(scene, actor, introduction):
    with in_programme(scene.programme):
        return actions.consent(
            actor=actor, introduction=introduction, expected_version=None, contact=scene.person(actor)
        )


def sign(scene, actor, introduction):
    with in_programme(scene.programme):
        return actions.sign(actor=actor, introduction=introduction, expected_version=None)


def reads(scene, actor, introduction, stored):
    """Whether the file opens, and whether the page names it: both or neither."""
    client = factories.english_client(actor)
    answer = client.get(reverse("file", kwargs={"public_id": stored.public_id}))
    opened = answer.status_code == 200
    assert not opened or b"".join(answer) == PDF
    page = client.get(scene.url("introduction", introduction)).content.decode()
    assert (stored.name in page) is opened
    return opened


@pytest.mark.parametrize("proposer", ["owner", "office"])
def test_until_the_contact_is_open_a_side_reads_its_own_papers_and_the_agreement(scene, proposer):
    one, other = (scene.owner, scene.office) if proposer == "owner" else (scene.office, scene.owner)
    introduction = scene.propose(actor=one, contact=scene.person(one), wants_nda=True)
    secret = attach(scene, one, introduction)
    agreement = mark(scene, one, introduction)
    assert [reads(scene, one, introduction, paper) for paper in (secret, agreement)] == [True, True]
    assert [reads(scene, other, introduction, paper) for paper in (secret, agreement)] == [False, False]
    introduction = consent(scene, other, introduction)
    assert [reads(scene, other, introduction, paper) for paper in (secret, agreement)] == [False, True]
    own = attach(scene, other, introduction, "对方样品.pdf")
    assert reads(scene, other, introduction, own)
    assert not reads(scene, one, introduction, own)
    mark(scene, other, introduction, "保密协议(回签).pdf")
    for actor in (one, other):
        introduction = sign(scene, actor, introduction)
    assert introduction.state == "open"
    assert reads(scene, other, introduction, secret)
    assert reads(scene, one, introduction, own)
    url = reverse("file", kwargs={"public_id": secret.public_id})
    assert factories.english_client(scene.officer).get(url).status_code == 404


def test_nobody_signs_with_the_paper_of_the_other_side(scene):
    introduction = scene.propose(wants_nda=True)
    introduction = consent(scene, scene.office, introduction)
    stored = mark(scene, scene.owner, introduction)
    attach(scene, scene.office, introduction, "宣传册.pdf")  # no agreement either
    with in_programme(scene.programme):
        assert allowed(scene.office, introduction)["sign"].code == "introduction.no_paper"
        with pytest.raises(NotAllowed, match="paper_of_other"):
            actions.mark_agreement(actor=scene.office, introduction=introduction, stored=stored)
    with pytest.raises(NotAllowed, match="no_paper"):
        sign(scene, scene.office, introduction)
    introduction = sign(scene, scene.owner, introduction)
    assert (introduction.state, introduction.answerer_signed_at) == ("proposed", None)


def test_a_signature_names_its_paper_and_the_paper_stays(scene):
    introduction = scene.propose(wants_nda=True)
    introduction = consent(scene, scene.office, introduction)
    stored, other = mark(scene, scene.owner, introduction), attach(scene, scene.owner, introduction)
    introduction = sign(scene, scene.owner, introduction)
    entry = journal.timeline(introduction.kind, introduction.pk, 10)[0]
    assert (entry.verb, entry.facts["SHA-256"], entry.facts["side"]) == ("sign", stored.digest, "asker")
    assert Paper.everywhere().get(file=stored).signed_at is not None
    with in_programme(scene.programme):
        for actor in (scene.owner, scene.office):
            with pytest.raises(NotAllowed, match="paper_"):
                holding.detach(actor=actor, record=introduction, stored=stored)
        with pytest.raises(NotAllowed, match="paper_of_other"):
            holding.detach(actor=scene.office, record=introduction, stored=other)
        holding.detach(actor=scene.owner, record=introduction, stored=other)
        assert list(holding.attached(introduction)) == [stored]
    page = scene.page(scene.owner, introduction)
    assert f"/files/{stored.public_id}/" not in page.replace(
        reverse("file", kwargs={"public_id": stored.public_id}), ""
    )


def test_the_page_attaches_the_text_first_and_the_signed_copy_later(scene):
    introduction = scene.propose(wants_nda=True)
    introduction = consent(scene, scene.office, introduction)
    client, url = factories.english_client(scene.owner), scene.url("introduction-sign", introduction)
    sent = {"version": introduction.version, "file": SimpleUploadedFile("文本.pdf", PDF, "application/pdf")}
    assert client.post(url, sent).status_code == 302
    introduction.refresh_from_db()
    assert introduction.asker_signed_at is None
    assert "文本.pdf" in scene.page(scene.office, introduction)
    assert client.post(url, {"version": introduction.version}).status_code == 422  # neither a paper nor a word
    assert client.post(url, {"version": introduction.version, "confirmed": "on"}).status_code == 302
    introduction.refresh_from_db()
    assert introduction.asker_signed_at is not None


def test_a_paper_that_came_with_a_refused_signature_is_not_kept(scene):
    introduction = scene.propose(wants_nda=True)
    introduction = consent(scene, scene.office, introduction)
    client, url = factories.english_client(scene.owner), scene.url("introduction-sign", introduction)
    sent = {"version": introduction.version + 5, "confirmed": "on"}
    answer = client.post(url, sent | {"file": SimpleUploadedFile("文本.pdf", PDF, "application/pdf")})
    assert answer.status_code == 422
    assert "文本.pdf" not in scene.page(scene.owner, introduction).split('id="timeline')[0]
    assert not holding.attached(introduction).exists()


def test_a_stranger_finds_no_paper_and_no_door(scene):
    introduction = scene.propose()
    stored = attach(scene, scene.owner, introduction)
    stranger = factories.actor((Role.RESEARCHER, factories.organisation()))
    client = factories.english_client(stranger)
    assert client.get(reverse("file", kwargs={"public_id": stored.public_id})).status_code == 404
    detach = scene.url("introduction-detach", introduction, file=stored.public_id)
    assert client.post(detach).status_code == 404
    assert factories.english_client(scene.office).post(detach).status_code == 404  # not even that it is there


def test_a_page_with_many_papers_asks_as_much_as_one_with_few(scene):
    introductions = {}
    for count in (2, 12):
        made = factories.introduction(scene.programme, scene.firm, scene.university, state="open")
        for number in range(count):
            attach(scene, (scene.owner, scene.office)[number % 2], made, f"{number}.pdf")
        introductions[count] = made
    client = factories.english_client(scene.owner)
    assert_same_queries(lambda count: client.get(scene.url("introduction", introductions[count])), 2, 12, at_most=25)
