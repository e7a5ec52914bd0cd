"""Lists and the start page are kept some seconds for visitors, and for nobody else."""

import re

import pytest
from django.core.cache import cache
from django.test import Client

import factories
from harness.queries import at_most
from jiandao.kernel import clock, programme
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.pages import slices
from jiandao.kernel.programme import in_programme
from jiandao.kernel.vocabulary import terms
from jiandao.stages.exchange.models import ResearchResult


@pytest.fixture
def site(db, settings):
    settings.JIANDAO_REMEMBER_SECONDS = 60
    cache.clear()
    yield factories.programme()
    cache.clear()
    programme._by_slug.clear()
    terms._offered.clear()


def read(site, path="results/", **cookies):
    client = Client(headers={"host": "localhost"})
    client.cookies.load(cookies)
    return client.get(f"/p/{site.slug}/{path}")


def text(answer):
    return re.sub(r'value="[A-Za-z0-9]{64}"', "", answer.content.decode())


@pytest.mark.parametrize("path", ["", "challenges/", "results/", "needs/", "capabilities/"])
def test_a_visitor_is_answered_from_memory_with_one_query(site, path):
    first = read(site, path)
    with at_most(1):
        again = read(site, path)
    assert text(again) == text(first)
    assert again.headers["Content-Type"] == first.headers["Content-Type"]
    assert again.headers["Content-Language"] == first.headers["Content-Language"]


def test_each_visitor_gets_a_form_token_of_his_own(site):
    tokens = [re.search(r'csrfmiddlewaretoken" value="(\w{64})"', read(site).content.decode())[1] for _ in range(2)]
    assert tokens[0] != tokens[1]
    client = Client(enforce_csrf_checks=True, headers={"host": "localhost"})
    page = client.get(f"/p/{site.slug}/results/").content.decode()
    form = {"csrfmiddlewaretoken": re.search(r'csrfmiddlewaretoken" value="(\w{64})"', page)[1], "language": "en"}
    assert client.post("/language/", form).status_code == 302


def test_languages_and_addresses_are_kept_apart(site):
    assert "成果" in text(read(site))
    assert text(read(site, jd_language="en")) != text(read(site))
    assert text(read(site, "results/?q=abc")) != text(read(site))


def test_what_is_published_or_withdrawn_shows_at_once(site):
    university = factories.organisation("示例大学")
    owner = factories.actor((Role.RESEARCHER, university))
    factories.result(site, university, title="尚未发布的成果", state="draft")
    published = factories.result(site, university, title="会撤回的成果")
    assert "会撤回的成果" in text(read(site))
    with in_programme(site):
        perform(actor=owner, record=published, verb="withdraw", reason="试验")
    assert "会撤回的成果" not in text(read(site))


def test_whoever_is_signed_in_or_was_told_something_sees_the_page_itself(site, client):
    read(site)
    officer = factories.actor((Role.PROGRAMME_OFFICER, site)).account
    client.force_login(officer, "jiandao.kernel.accounts.backend.AccountBackend")
    signed_in = client.get(f"/p/{site.slug}/results/").content.decode()
    assert signed_in != read(site).content.decode()
    assert text(read(site)) == text(read(site))  # and what was made for the officer is shown to no visitor
    with at_most(20) as queries:
        read(site, messages="x")
    assert any("researchresult" in query["sql"] for query in queries.captured_queries)


def test_a_count_of_thousands_is_kept_and_a_small_one_never(site, monkeypatch):
    university = factories.organisation("示例大学")
    for _ in range(3):
        factories.result(site, university)
    with in_programme(site):
        found = ResearchResult.objects.filter(state="published")
        assert slices.count_to(found, 10) == (3, False)
        factories.result(site, university)
        assert slices.count_to(found, 10) == (4, False), "of few everybody sees whether they are right"
        monkeypatch.setattr(slices, "THOUSANDS", 4)
        assert slices.count_to(found, 10) == (4, False)
        with at_most(0):
            assert slices.count_to(found, 10) == (4, False)
        assert slices.count_to(found.none(), 10) == (0, False)
        assert slices.count_to(found, 3) == (3, True), "another limit is another question"


def test_terms_and_the_programme_are_asked_for_once_and_an_unknown_programme_always(site):
    today = clock.today()
    first = terms.offered("prefecture", today)
    assert first
    assert programme.programme_named(site.slug) == site
    with at_most(0):
        assert terms.offered("prefecture", today) == first
        assert programme.programme_named(site.slug) == site
    assert programme.programme_named("new") is None
    assert programme.programme_named(factories.programme(slug="new").slug) is not None
