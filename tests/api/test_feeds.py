"""Feeds: what stands in them for whom, and that a reader who has it already is told so."""

import base64
from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.test import Client
from django.urls import reverse
from icalendar import Calendar

import factories
from api.conftest import token_for
from harness import assert_same_queries
from jiandao.kernel import clock

ATOM = "{http://www.w3.org/2005/Atom}"


def address(scene, name, query=""):
    return reverse(f"exchange:{name}", kwargs={"programme": scene.programme.slug}) + query


def titles(response):
    root = ElementTree.fromstring(response.content)
    return [entry.findtext(f"{ATOM}title") for entry in root.findall(f"{ATOM}entry")]


def summaries(response):
    return [str(event["SUMMARY"]) for event in Calendar.from_ical(response.content).walk("VEVENT")]


def client_of(scene, name):
    client = Client()
    client.force_login(scene.actors[name].account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


@pytest.fixture
def filled(scene):
    scene.need(title="公开", state="published")
    scene.need(title="内部", state="published", secrecy="internal")
    scene.secret_need()
    scene.need(title="草稿")
    scene.need(title="过期", state="expired")
    scene.result(title="成果", text="<b>不转义则坏</b> & 文字")
    scene.result(title="内部成果", secrecy="internal")
    return scene


def test_atom_holds_what_everybody_may_read_whoever_asks(filled):
    for client in (Client(), client_of(filled, "owner"), client_of(filled, "officer")):
        response = client.get(address(filled, "need-feed"))
        assert response.headers["Content-Type"].startswith("application/atom+xml")
        assert titles(response) == ["公开"]
        assert titles(client.get(address(filled, "result-feed"))) == ["成果"]
    assert titles(Client().get(address(filled, "need-feed", "?q=公开"))) == ["公开"]
    assert titles(Client().get(address(filled, "need-feed", "?q=没有"))) == []


def test_a_reader_who_has_the_feed_already_gets_nothing_again(filled):
    for name in ("need-feed", "result-feed", "need-deadlines"):
        url = address(filled, name)
        first = Client().get(url)
        assert first.headers["Last-Modified"]
        again = Client().get(url, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
    filled.need(title="更新", state="published")
    url = address(filled, "need-feed")
    assert titles(Client().get(url, headers={"If-None-Match": first.headers["ETag"]})) == ["更新", "公开"]


def test_the_calendar_holds_the_deadlines_that_one_may_know_and_no_secret(filled):
    url = address(filled, "need-deadlines")
    shown = summaries(Client().get(url))
    assert [one.endswith(title) for one, title in zip(shown, ("过期", "公开"), strict=True)] == [True, True]
    inside = summaries(client_of(filled, "owner").get(url))
    assert len(inside) == 3
    assert any("内部" in one for one in inside)
    for name in ("owner", "officer"):
        assert "绝密" not in client_of(filled, name).get(url).content.decode()
    event = Calendar.from_ical(Client().get(url).content).walk("VEVENT")[1]
    assert event["DTSTART"].dt == clock.today() + timedelta(days=60)
    assert str(event["URL"]).startswith("http://testserver/p/")


def test_a_calendar_signs_in_with_a_token_and_never_by_its_address(filled):
    secret = token_for(filled.actors["owner"].account, scope="read", name="calendar")
    url = address(filled, "need-deadlines")
    basic = "Basic " + base64.b64encode(f"owner:{secret}".encode()).decode()
    assert len(summaries(Client().get(url, headers={"Authorization": basic}))) == 3
    wrong = Client().get(url, headers={"Authorization": "Basic " + base64.b64encode(b"owner:x").decode()})
    assert wrong.status_code == 401
    assert wrong.headers["WWW-Authenticate"].startswith("Basic")
    assert len(summaries(Client().get(f"{url}?token={secret}"))) == 2


def test_feeds_ask_as_often_for_many_as_for_few(scene):
    few = factories.programme()
    for number in range(100):
        owner = factories.organisation()
        factories.need(scene.programme, owner, state="published")
        factories.result(scene.programme, owner)
        if number < 10:
            factories.need(few, owner, state="published")
            factories.result(few, owner)
    for name in ("need-feed", "need-deadlines", "result-feed"):
        slugs = {10: few.slug, 100: scene.programme.slug}
        assert_same_queries(
            lambda size, name=name, slugs=slugs: Client().get(
                reverse(f"exchange:{name}", kwargs={"programme": slugs[size]})
            ),
            10,
            100,
            at_most=5,
        )
