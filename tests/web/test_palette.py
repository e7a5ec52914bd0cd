"""The command palette and the search page: pages and actions that one may open now, and no word about the rest."""

import html
import re
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

import factories
from harness import assert_same_queries
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import Link
from jiandao.kernel.pages import commands
from jiandao.kernel.secrecy import NEED_TO_KNOW
from jiandao.stages.exchange import policy
from policy import worlds

LABELS = [Link("新建需求", "/1/"), Link("需求", "/2/"), Link("成果", "/3/"), Link("New need", "/4/")]


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", ["新建需求", "需求", "成果", "New need"]),
        ("需求", ["需求", "新建需求"]),
        ("xq", ["需求", "新建需求"]),
        ("XJXQ", ["新建需求"]),
        ("xin jian", ["新建需求"]),
        ("chengguo", ["成果"]),
        ("nn", ["New need"]),
        ("new n", ["New need"]),
        ("zzz", []),
    ],
)
def test_entries_are_found_by_words_pinyin_and_initials(typed, found):
    assert [link.label for link in commands.matching(LABELS, typed)] == found


@pytest.fixture
def world(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    return worlds.build()


def _client(visitor):
    client = Client()
    if visitor.account is not None:
        client.force_login(visitor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def _ask(client, programme, text, route="palette"):
    return html.unescape(client.get(reverse(route, kwargs={"programme": programme.slug}), {"q": text}).content.decode())


@pytest.mark.parametrize("route", ["palette", "search"])
def test_nobody_learns_of_a_record_that_one_may_not_know(world, route):
    """Neither its title nor, by the number of what was found, that it is there."""
    for visitor in world.visitors:
        text = _ask(_client(visitor), world.inside, "碳化硅", route)
        for kind, rule in (("exchange.need", policy.READ_NEED), ("exchange.result", policy.READ_RESULT)):
            for record in world.records[kind].values():
                if not rule.decide(visitor.actor, record):
                    assert record.title not in text, (visitor, record.state, record.secrecy)


@pytest.mark.parametrize("route", ["palette", "search"])
def test_organisations_experts_and_capabilities_are_found_by_those_who_may_see_them(db, route):
    programme, unit = factories.programme(), factories.organisation("汉水超精密研究院")
    expert = factories.expert(unit)
    shy = factories.expert(unit, state="entered")
    factories.capability(programme, unit, title="汉水超精密车床")
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    stranger = factories.actor((Role.RESEARCHER, factories.organisation()))
    told = {who: _ask(factories.english_client(who), programme, "汉水", route) for who in (officer, stranger, None)}
    for name in (unit.name, expert.person.name, "汉水超精密车床"):
        assert name in told[officer]
        assert name in told[stranger]
    assert shy.person.name in told[officer]
    assert shy.person.name not in told[stranger]
    assert "汉水超精密车床" in told[None]
    assert expert.person.name not in told[None]


def test_a_hidden_record_and_none_at_all_answer_alike(world):
    records = world.records["exchange.need"].values()
    hidden = next(one for one in records if one.secrecy in NEED_TO_KNOW and one.state == "published")
    hidden.title = "量子缪子探针"
    hidden.refresh_search()
    hidden.save()
    refused = [one for one in world.visitors if not policy.READ_NEED.decide(one.actor, hidden)]
    assert len(refused) > 20
    for visitor in refused:
        client = _client(visitor)
        answers = [
            _ask(client, world.inside, words, route).replace(words, "").replace(quote(words), "")
            for route in ("palette", "search")
            for words in ("缪子探针", "氦三靶材")
        ]
        assert _plain(answers[0]) == _plain(answers[1]), visitor
        assert _plain(answers[2]) == _plain(answers[3]), visitor


def _plain(text):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", text)


def test_every_command_opens_for_those_to_whom_it_is_shown(world):
    for visitor in world.visitors:
        client = _client(visitor)
        for link in commands.allowed(visitor.actor, world.inside):
            assert client.get(link.url).status_code == 200, (visitor, link.label)


def test_a_role_finds_what_it_may_begin_and_not_what_others_may(world):
    def of(role, where):
        visitor = next(one for one in world.visitors if (one.role, one.where, one.listed) == (role, where, False))
        return _ask(_client(visitor), world.inside, "新")

    owner, officer = of(Role.NEED_OWNER, "in organisation"), of(Role.PROGRAMME_OFFICER, "in programme")
    assert "新建需求" in owner
    assert "新单位" not in owner
    assert "新单位" in officer
    assert "新建需求" not in officer


def test_a_visitor_finds_public_pages_only(world):
    text = _ask(Client(), world.inside, "")
    assert "需求" in text
    for word in ("发件箱", "任务", "会话", "新建"):
        assert word not in text, word


def test_what_was_typed_is_shown_as_text(world):
    answer = Client().get(reverse("palette", kwargs={"programme": world.inside.slug}), {"q": "<img src=x>"})
    assert "<img src=x>" not in answer.content.decode()
    assert "&lt;img src=x&gt;" in answer.content.decode()


def test_options_cost_the_same_however_many_are_found(db):
    clients, places = {}, {}
    for size in (10, 100):
        programme, unit = factories.programme(), factories.organisation()
        for _ in range(size):
            factories.need(programme, factories.organisation(), state="published", title="碳化硅衬底")
            factories.result(programme, unit, title="碳化硅检测")
        account = factories.account()
        factories.grant(account, Role.PROGRAMME_OFFICER, programme)
        clients[size], places[size] = Client(), programme
        clients[size].force_login(account)
    assert_same_queries(lambda size: _ask(clients[size], places[size], "碳化硅"), 10, 100, at_most=20)
