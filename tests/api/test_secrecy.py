"""A need that is a work secret is nowhere in the API for somebody who is not on its list."""

import pytest

from jiandao.kernel.search import index as indexes
from jiandao.kernel.search.follower import rebuild

SECRET = "绝密轴承钢"


@pytest.fixture
def index(tmp_path, settings):
    """An index of the test's own; it is empty until followed."""
    settings.JIANDAO_DATA = tmp_path
    indexes.forget_opened()
    yield
    indexes.forget_opened()


def test_a_work_secret_is_in_no_list_count_search_match_timeline_or_fault(scene, index):
    secret = scene.secret_need()
    scene.need(state="published", title="公开轴承钢")
    result = scene.result(title="轴承钢夹杂物控制技术")
    rebuild()
    own = scene.url("needs", secret)
    for caller in (scene.anybody, scene.officer, scene.stranger, scene.researcher):
        answers = [
            caller.get(scene.url("needs")),
            caller.get(scene.url("needs") + "?q=绝密"),
            caller.get(scene.url("needs") + "?secrecy=work-secret"),
            caller.get(scene.url("results", result, "/matches?kind=need")),
            caller.get(own),
            caller.get(own + "/timeline"),
            caller.get(own + "/matches"),
            caller.post(own + "/do/withdraw", {"version": 1, "reason": "x"}),
            caller.patch(own, {"version": 1, "title": "x"}),
            caller.patch(own, {"version": 99}),
        ]
        for answer in answers:
            assert SECRET not in answer.content.decode(), answer.request["PATH_INFO"]
            assert secret.public_id not in answer.content.decode()
            assert answer.status_code < 500
        assert answers[0].json()["total"] == 1
        assert answers[1].json()["total"] == answers[2].json()["total"] == 0
        assert [one["title"] for one in answers[3].json()["items"]] == ["公开轴承钢"]
    known = scene.owner.get(own)
    assert SECRET in known.content.decode()
    assert known.json()["knowers"] == ["owner"]
    assert scene.owner.get(scene.url("needs")).json()["total"] == 2


def test_a_name_that_may_not_be_put_on_a_list_is_refused_like_one_that_does_not_exist(scene):
    need = scene.secret_need()
    own = scene.url("needs", need, "/knowers")
    answers = [scene.owner.post(own, {"admit": [name]}) for name in ("researcher", "nobody", "\ud800")]
    assert {one.status_code for one in answers} == {422}
    assert answers[0].json()["errors"] == answers[1].json()["errors"]
    assert answers[0].json()["errors"][0]["where"] == "admit.0"


def test_a_list_is_changed_by_sign_in_names_all_or_nothing(scene):
    need = scene.secret_need()
    own = scene.url("needs", need, "/knowers")
    assert scene.owner.post(own, {"admit": ["officer", "officer"]}).json()["knowers"] == ["officer", "owner"]
    assert scene.officer.get(scene.url("needs", need)).status_code == 200
    refused = scene.owner.post(own, {"admit": ["nobody"], "dismiss": ["officer"]})
    assert refused.status_code == 422
    assert scene.owner.post(own, {"dismiss": ["owner"]}).status_code == 409
    assert scene.officer.post(own, {"dismiss": ["owner"]}).status_code == 403
    assert scene.owner.post(own, {"dismiss": ["officer", "nobody"]}).json()["knowers"] == ["owner"]
    assert scene.officer.get(scene.url("needs", need)).status_code == 404
