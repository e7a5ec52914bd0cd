"""Files of records through the API: sent, listed, downloaded and taken away with a token, by the rules of the pages."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

import factories
from jiandao.kernel import clock
from jiandao.kernel.journal.models import JournalEntry
from jiandao.stages.exchange.models import Introduction, Paper

TEXT = "签署页（示例）".encode()


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path


def send(caller, path, content=TEXT, name="nda.txt", **more):
    client = Client(headers={"Authorization": f"Bearer {caller.secret}", "Accept-Language": "en"})
    return client.post(f"/api/v1{path}/files", {"file": SimpleUploadedFile(name, content), **more})


def test_a_file_is_sent_read_and_taken_away_with_a_token(scene):
    need = scene.need(state="draft")
    path = scene.url("needs", need)
    sent = send(scene.owner, path, caption="  盖章  页 ")
    assert sent.status_code == 201
    (file,) = sent.json()["items"]
    assert (file["name"], file["caption"], file["size"]) == ("nda.txt", "盖章 页", len(TEXT))
    assert scene.owner.get(f"{path}/files").json()["items"] == [file]
    reader = Client(headers={"Authorization": f"Bearer {scene.owner.secret}"})
    assert b"".join(reader.get(file["url"]).streaming_content) == TEXT
    assert Client().get(file["url"]).status_code == 404
    assert Client(headers={"Authorization": "Bearer jdt_wrong"}).get(file["url"]).status_code == 401
    assert scene.stranger.get(f"{path}/files").status_code == 404
    gone = scene.owner.post(f"{path}/files/{file['id']}/remove", {"reason": "版本有误"})
    assert gone.json()["items"] == []
    assert JournalEntry.objects.filter(verb="detach").exists()
    assert scene.owner.post(f"{path}/files/{file['id']}/remove", {}).status_code == 404


@pytest.mark.parametrize(
    ("content", "name", "code"),
    [(b"", "a.txt", "empty"), (b"MZ" + b"\0" * 200, "a.exe", "executable")],
)
def test_a_file_that_is_not_taken_gets_a_sentence(scene, content, name, code):
    need = scene.need(state="draft")
    refused = send(scene.owner, scene.url("needs", need), content, name)
    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert error["where"] == "file"
    assert error["code"] == code
    assert error["sentence"]


def test_what_is_no_file_is_told_at_its_place(scene):
    path = scene.url("needs", scene.need(state="draft"))
    client = Client(headers={"Authorization": f"Bearer {scene.owner.secret}", "Accept-Language": "en"})
    for body in ({}, {"file": "text"}, {"file": SimpleUploadedFile("a.txt", TEXT), "caption": "a\0b"}):
        assert client.post(f"/api/v1{path}/files", body).status_code in {400, 422}, body


def test_an_agreement_is_signed_without_a_browser(scene):
    one = factories.introduction(
        scene.programme, scene.enterprise, scene.university, asker_wants_nda=True, answerer_consented_at=clock.now()
    )
    path = scene.url("introductions", one)
    assert scene.owner.post(f"{path}/sign", {"version": 1}).status_code == 409, "nothing is attached"
    (file,) = send(scene.owner, path).json()["items"]
    unknown = scene.owner.post(f"{path}/sign", {"version": 1, "file": "0000000000"})
    assert (unknown.status_code, unknown.json()["errors"][0]["where"]) == (422, "file")
    late = scene.owner.post(f"{path}/sign", {"version": 7, "file": file["id"]})
    assert late.status_code == 409
    assert not Paper.objects.with_scopes_disabled().get().is_agreement, (
        "what was refused shows nothing to the other side"
    )
    signed = scene.owner.post(f"{path}/sign", {"version": 1, "file": file["id"]})
    assert signed.status_code == 200, signed.content
    assert Introduction.objects.with_scopes_disabled().get().asker_signed_at is not None
    assert scene.owner.post(f"{path}/files/{file['id']}/remove", {}).status_code == 409, "what was signed stays"


def test_a_published_need_takes_no_file_more(scene):
    refused = send(scene.owner, scene.url("needs", scene.need(state="published")))
    assert refused.status_code == 409
