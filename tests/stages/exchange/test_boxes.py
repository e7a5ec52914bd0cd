"""Boxes that were unticked stay so in what is shown again; a conflict says yes or no; a wrong filter exports nothing."""

import re

import pytest
from django.urls import reverse

import factories
from jiandao.kernel.accounts.roles import Role
from jiandao.stages.exchange.models import Need
from stages.people.test_directory import client_of


@pytest.fixture
def need(db):
    return factories.need(factories.programme(), factories.organisation(), state="draft", anonymous=True)


@pytest.fixture
def client(need):
    return client_of(factories.actor((Role.NEED_OWNER, need.organisation)))


def url(name, need, **more):
    kwargs = {"programme": need.programme.slug} | ({"public_id": need.public_id} if name != "needs" else {}) | more
    return reverse(f"exchange:{name}", kwargs=kwargs)


def is_ticked(page):
    return "checked" in re.search(r'<input[^>]*name="anonymous"[^>]*>', page)[0]


def test_a_box_that_was_unticked_stays_so_when_more_rows_are_asked_for_and_in_a_draft(need, client):
    assert is_ticked(client.get(url("need-edit", need)).content.decode())
    typed = {"version": need.version, "title": need.title, "indicators-TOTAL_FORMS": "0"}
    more = client.post(url("need-edit", need), typed | {"then": "more-rows"})
    assert not is_ticked(more.content.decode())
    assert client.post(url("need-autosave", need), typed | {"serial": 0}).status_code == 200
    assert not is_ticked(client.get(url("need-edit", need)).content.decode())


def test_a_conflict_says_yes_or_no_and_keeps_what_is_chosen(need, client):
    typed = {
        "version": need.version, "title": "其一", "language": "zh", "secrecy": "public", "anonymous": "on",
        "organisation": need.organisation_id, "indicators-TOTAL_FORMS": "0", "indicators-INITIAL_FORMS": "0", "then": "save",
    }  # fmt: skip
    assert client.post(url("need-edit", need), typed).status_code == 302
    page = client.post(url("need-edit", need), typed | {"title": "其二"})
    assert page.status_code == 409
    assert 'name="choice_anonymous"' not in page.content.decode(), "the box is the same in both"
    other = {**typed, "title": "其二"}
    del other["anonymous"]
    assert 'name="choice_anonymous"' in client.post(url("need-edit", need), other).content.decode()
    assert Need.everywhere().get().anonymous


@pytest.mark.parametrize("query", ["field=x", "state=x", "deadline_from=99999-01-01"])
def test_a_wrong_filter_gives_nothing_and_says_so(need, client, query):
    factories.need(need.programme, need.organisation, state="published")
    listed = client.get(f"{url('needs', need)}?{query}")
    assert listed.status_code == 200
    assert re.search("Select a valid choice|Enter a valid date", listed.content.decode())
    assert url("need", need) not in listed.content.decode()
    for name in ("need-export", "need-feed", "need-deadlines"):
        more = {"form": "csv"} if name == "need-export" else {}
        address = reverse(f"exchange:{name}", kwargs={"programme": need.programme.slug, **more})
        answer = client.get(f"{address}?{query}")
        assert (answer.status_code, answer["Content-Type"]) == (400, "text/plain; charset=utf-8"), name
