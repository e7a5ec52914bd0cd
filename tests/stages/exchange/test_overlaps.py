"""查重: what overlaps a need or a result, for whom, and what a form says of it while one types."""

import pytest
from django.test import Client
from django.urls import reverse

import factories
from harness import assert_same_queries
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import follower, index
from jiandao.stages.exchange import overlaps

SHARED = "研制八英寸碳化硅外延片的缺陷密度控制技术，缺陷密度不高于每平方厘米零点五个。"
OWN = "现有产线的良率只有百分之六十，急需工艺改进。"
OTHER = "本成果面向轨道交通的牵引变流器，已完成样机试制与现场考核。"


@pytest.fixture
def scene(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    programme, unit = factories.programme(), factories.organisation("甲公司")
    with in_programme(programme):
        yield programme, unit
    index.forget_opened()


def client_of(actor):
    client = factories.english_client()
    client.force_login(actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def officer(programme):
    return client_of(factories.actor((Role.PROGRAMME_OFFICER, programme)))


def url(programme, name, record=None):
    kwargs = {"programme": programme.slug} | ({"public_id": record.public_id} if record else {})
    return reverse(f"exchange:{name}", kwargs=kwargs)


def test_the_office_sees_what_overlaps_a_need_side_by_side(scene):
    programme, unit = scene
    need = factories.need(programme, unit, state="submitted", title="外延片缺陷", problem=SHARED + OWN, goal="")
    other = factories.organisation("乙大学")
    result = factories.result(programme, other, title="外延生长", text=OTHER + SHARED.replace("，", ","))
    twin = factories.need(programme, other, state="published", title="<b>外延</b>", problem=OWN + SHARED, goal="")
    factories.need(programme, other, state="published", title="另一件事", problem=OTHER, goal="")
    follower.follow()
    client = officer(programme)
    assert url(programme, "need-overlap", need) in client.get(url(programme, "need", need)).content.decode()
    shown = client.get(url(programme, "need-overlap", need)).content.decode()
    assert shown.index("&lt;b&gt;外延&lt;/b&gt;") < shown.index("外延生长")
    assert "另一件事" not in shown
    assert f"<mark>{SHARED[:-1]}</mark>" in shown  # the largest is shown at once
    beside = client.get(url(programme, "need-overlap", need), {"with": result.public_id}).content.decode()
    assert f"<mark>{SHARED.replace('，', ',')[:-1]}</mark>" in beside
    assert client.get(url(programme, "need-overlap", need), {"with": "nonsense"}).status_code == 200
    assert twin.title not in beside  # escaped
    back = client.get(url(programme, "result-overlap", result)).content.decode()
    assert "&lt;b&gt;外延&lt;/b&gt;" in back
    assert need.public_id not in back  # not published yet: not in the index


def test_nothing_that_the_reader_may_not_read_is_told(scene):
    programme, unit = scene
    need = factories.need(programme, unit, state="published", title="外延片缺陷", problem=SHARED, goal="")
    internal = factories.result(programme, unit, title="内部的外延", text=SHARED, secrecy="internal")
    factories.result(programme, unit, title="限知的外延", text=SHARED, secrecy="trade-secret")
    hidden = factories.need(
        programme, unit, state="published", title="匿名需求", problem=SHARED, goal="", anonymous=True
    )
    follower.follow()
    owner = client_of(factories.actor((Role.NEED_OWNER, unit)))
    shown = owner.get(url(programme, "need-overlap", need)).content.decode()
    assert internal.title in shown
    assert hidden.title in shown  # its own organisation
    assert "限知的外延" not in shown
    stranger = client_of(factories.actor((Role.NEED_OWNER, factories.organisation("丙公司"))))
    assert stranger.get(url(programme, "need-overlap", need)).status_code == 403
    typed = stranger.post(url(programme, "need-hints"), {"title": "x", "problem": SHARED, "goal": ""}).content.decode()
    assert "外延片缺陷" in typed
    assert "匿名需求" not in typed
    assert Client().get(url(programme, "need-overlap", need)).status_code in {302, 403}
    assert url(programme, "need-overlap", need) not in Client().get(url(programme, "need", need)).content.decode()


def test_a_form_says_what_stands_elsewhere_already_and_leaves_itself_out(scene):
    programme, unit = scene
    need = factories.need(programme, unit, state="published", title="外延片缺陷", problem=SHARED, goal=OWN)
    result = factories.result(programme, unit, title="外延生长", text=SHARED + OTHER)
    follower.follow()
    owner = client_of(factories.actor((Role.NEED_OWNER, unit)))
    data = {"title": "缺陷控制", "problem": "我们希望" + SHARED, "goal": "尽快。"}
    shown = owner.post(url(programme, "need-hints"), data).content.decode()
    assert "of the shorter text" in shown
    assert SHARED[:-1] in shown
    assert shown.count(need.title) == shown.count("外延片缺陷") >= 1
    assert "Published needs like this one" not in shown  # told once
    itself = owner.post(url(programme, "need-hints"), data | {"own": need.public_id}).content.decode()
    assert "of the shorter text" not in itself
    assert (
        "of the shorter text" not in owner.post(url(programme, "need-hints"), {"title": "外延片缺陷"}).content.decode()
    )
    author = client_of(factories.actor((Role.RESEARCHER, unit)))
    form = author.get(url(programme, "result-new")).content.decode()
    assert url(programme, "result-hints") in form
    hint = author.post(url(programme, "result-hints"), {"title": "", "text": OTHER}).content.decode()
    assert result.title in hint
    assert "No published result" in author.post(url(programme, "result-hints"), {"text": "量子"}).content.decode()


def test_without_an_index_the_page_says_so_and_the_form_says_nothing(scene):
    programme, unit = scene
    need = factories.need(programme, unit, state="published", problem=SHARED)
    shown = officer(programme).get(url(programme, "need-overlap", need))
    assert shown.status_code == 503
    assert "being built" in shown.content.decode()
    owner = client_of(factories.actor((Role.NEED_OWNER, unit)))
    assert owner.post(url(programme, "need-hints"), {"problem": SHARED}).status_code == 200
    follower.follow()
    assert "Nothing overlaps" in officer(programme).get(url(programme, "need-overlap", need)).content.decode()


def test_the_api_gives_shares_and_passages(scene):
    programme, unit = scene
    need = factories.need(programme, unit, state="published", title="外延片缺陷", problem=SHARED, goal="")
    result = factories.result(programme, unit, title="外延生长", text=SHARED + OTHER)
    address = f"/api/v1/p/{programme.slug}/needs/{need.public_id}/overlaps"
    client = officer(programme)
    assert client.get(address).json()["code"] == "match.index_missing"
    follower.follow()
    (one,) = client.get(address).json()["items"]
    assert (one["kind"], one["id"], one["title"]) == ("exchange.result", result.public_id, "外延生长")
    assert 0.6 < one["containment"] <= 1
    assert 0 < one["similarity"] < one["containment"]
    assert one["passages"] == [{"own": SHARED[:-1], "found": SHARED[:-1]}]


def test_more_that_overlaps_asks_the_database_no_more_often(scene):
    pages = []
    for count in (2, 14):
        programme, unit = factories.programme(), factories.organisation()
        need = factories.need(programme, unit, state="published", title="外延片缺陷", problem=SHARED, goal="")
        for number in range(count):
            factories.result(programme, factories.organisation(), title=f"外延{number}", text=SHARED + OTHER)
        pages.append((officer(programme), url(programme, "need-overlap", need), count))
    follower.follow()

    def ask(visit):
        client, address, count = visit
        assert client.get(address).content.decode().count("<tr>") == count + 1

    assert_same_queries(ask, *pages)


def test_a_short_title_inside_a_long_text_is_no_overlap(scene):
    programme, unit = scene
    factories.result(programme, unit, title="外延片的缺陷密度", text="")
    need = factories.need(programme, unit, state="published", title="需求", problem=SHARED, goal="")
    follower.follow()
    actor = factories.actor((Role.PROGRAMME_OFFICER, programme))
    assert overlaps.of_record(actor, need) == []
