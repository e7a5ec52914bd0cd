"""A saved view tells its owner once a day of what is new in it, and of nothing that the owner may not see."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import translation

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.notifications.models import Notification, OutboxMail
from jiandao.kernel.notifications.preferences import choose
from jiandao.kernel.notifications.rendering import sentence
from jiandao.kernel.saved_views import SavedView
from jiandao.web import alerts
from jiandao.web.alerts import alert


@pytest.fixture
def scene(db):
    programme, unit = factories.programme(), factories.organisation("示例大学")
    reader = factories.actor((Role.NEED_OWNER, factories.organisation()))
    reader.account.email = "reader@example.org"
    reader.account.save(update_fields=["email"])
    return programme, unit, reader


def kept(programme, reader, list_name="results", query="q=碳化硅", **more):
    return SavedView.objects.create(
        account=reader.account, programme=programme, list_name=list_name, name=more.pop("name", "碳化硅成果"),
        query=query, **more,
    )  # fmt: skip


def test_switched_on_told_once_a_day_and_switched_off(scene):
    programme, unit, reader = scene
    view = kept(programme, reader)
    client = factories.english_client(reader)
    factories.result(programme, unit)  # there before it was asked for
    do = reverse("view-do", kwargs={"public_id": view.public_id})
    assert "Tell me once a day" in client.get(reverse("views")).content.decode()
    client.post(do, {"do": "alert"})
    with clock.frozen(clock.now() + timedelta(hours=1)):
        assert alert() == 0
    with clock.frozen(clock.now() + timedelta(hours=2)):
        factories.result(programme, unit)
        factories.result(programme, unit, title="轴承钢夹杂物控制", text="与别的事情有关的成果,描述也足够长。")
        factories.result(programme, unit, secrecy="trade-secret")
        assert (alert(), alert()) == (1, 0)
    told = Notification.objects.get(code="views.new")
    assert (told.account, told.facts["views"]) == (reader.account, ["碳化硅成果 (1)"])
    assert OutboxMail.objects.filter(account=reader.account).count() == 1
    for language, said in (
        ("en", "New in your views: 碳化硅成果 (1)"),
        ("zh-hans", "您的视图有新内容：碳化硅成果 (1)"),
    ):
        with translation.override(language):
            assert sentence("views.new", told.facts) == said
    opened = client.get(reverse("view", kwargs={"public_id": view.public_id}))
    assert opened["Location"].startswith(reverse("exchange:results", kwargs={"programme": programme.slug}))
    client.post(do, {"do": "no-alert"})
    factories.result(programme, unit)
    with clock.frozen(clock.now() + timedelta(days=1)):
        assert alert() == 0


def test_several_views_make_one_message_and_mail_can_be_switched_off(scene):
    programme, unit, reader = scene
    before = clock.now() - timedelta(days=1)
    for name, list_name in (("成果", "results"), ("能力", "capabilities"), ("榜题", "challenges")):
        kept(programme, reader, list_name, "", name=name, alerts=True, alerted_at=before)
    factories.result(programme, unit)
    factories.challenge(programme, unit)
    choose(reader.account, [])
    assert alert() == 1
    assert Notification.objects.get(code="views.new").facts["views"] == ["成果 (1)", "榜题 (1)"]
    assert not OutboxMail.objects.exists()


def test_nobody_opens_the_view_of_another(scene):
    programme, _unit, reader = scene
    view = kept(programme, reader)
    other = factories.actor((Role.NEED_OWNER, factories.organisation()))
    answer = factories.english_client(other).get(reverse("view", kwargs={"public_id": view.public_id}))
    assert answer.status_code in {403, 404}


def test_a_view_whose_filter_is_gone_says_so_once_instead_of_counting_everything(scene):
    programme, unit, reader = scene
    before = clock.now() - timedelta(days=1)
    kept(programme, reader, query="field=99999999", name="只看光电子", alerts=True, alerted_at=before)
    factories.result(programme, unit)
    assert (alert(), alert()) == (1, 0)
    assert Notification.objects.get().code == "views.broken"
    page = factories.english_client(reader).get("/messages/").content.decode()
    assert "not there any more" in page
    assert "只看光电子" in page


def test_the_fault_of_one_view_keeps_nobody_else_from_being_told(scene, monkeypatch):
    programme, unit, reader = scene
    other = factories.actor((Role.NEED_OWNER, factories.organisation()))
    before = clock.now() - timedelta(days=1)
    for who in (other, reader):
        kept(programme, who, alerts=True, alerted_at=before)
    factories.result(programme, unit)
    new = alerts._new
    monkeypatch.setattr(
        alerts, "_new", lambda view, *more: 1 / 0 if view.account == other.account else new(view, *more)
    )
    assert alert() == 1
    assert Notification.objects.get().account == reader.account
    assert SavedView.objects.get(account=other.account).alerted_at == before, "told when it works again"


def test_lists_that_tell_nothing_cannot_be_switched_on(scene):
    programme, _unit, reader = scene
    view = kept(programme, reader, "jobs", "")
    do = reverse("view-do", kwargs={"public_id": view.public_id})
    assert factories.english_client(reader).post(do, {"do": "alert"}).status_code == 404
