"""Guided tours: every stop of every role opens for that role, its part of the page is there, in both languages."""

import re

from django.test import Client

import factories
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role
from jiandao.web.demonstration.players import PLAYERS
from jiandao.web.tours import TOURS

NEXT = re.compile(r'href="([^"]+)" rel="next"')


def _clients():
    yield "public", factories.english_client()
    for player in PLAYERS:
        yield (
            player.username,
            factories.english_client(factories.load_actor(Account.objects.get(username=player.username))),
        )


def _part_is_there(page: str, anchor: str) -> bool:
    if anchor.startswith("#"):
        return f'id="{anchor[1:]}"' in page
    if anchor.startswith("."):
        return any(anchor[1:] in classes.split() for classes in re.findall(r'class="([^"]*)"', page))
    return f"<{anchor}" in page


def test_every_role_has_a_tour_and_every_stop_opens(demonstration):
    parts = {(tour.code, number): stop.anchor for tour in TOURS for number, stop in enumerate(tour.stops, start=1)}
    for name, client in _clients():
        desk = client.get(f"/p/{demonstration.slug}/").content.decode()
        starts = set(re.findall(r'href="([^"]*tour=([a-z-]+)[^"]*)"', desk))
        assert starts, f"{name} is offered no tour"
        for first, code in starts:
            url, seen = first, 0
            while url:
                url = url.replace("&amp;", "&")
                answer = client.get(url)
                assert answer.status_code in {200, 503}, (name, url)  # 503: no match index in this test
                page = answer.content.decode()
                number = int(re.search(r"stop=(\d+)", url)[1])
                assert _part_is_there(page, parts[code, number]), (name, url)
                assert 'class="jd-tour"' in page
                seen += 1
                found = NEXT.search(page.split('class="jd-tour"')[1])
                url = found[1] if found else ""
            assert seen >= 4, (name, code, seen)


def test_every_role_is_in_a_tour():
    assert {role for tour in TOURS for role in tour.roles} == set(Role) - {
        Role.ACCOUNT
    }  # without a role: the public one
    assert {role for player in PLAYERS for role in player.roles} == set(Role) - {Role.PUBLIC, Role.ACCOUNT}
    assert all(tour.minutes <= 4 for tour in TOURS)


def test_a_tour_that_is_not_there_or_a_stop_past_its_end_shows_nothing(db):
    inside = factories.programme()
    for query in ("tour=nobody&stop=1", "tour=public&stop=99", "tour=public&stop=x", "tour=public&stop=0", "tour=x"):
        page = Client().get(f"/p/{inside.slug}/?{query}")
        assert page.status_code == 200
        assert 'class="jd-tour"' not in page.content.decode()


def test_an_empty_programme_has_a_tour_without_examples(db):
    inside = factories.programme()
    officer = factories.actor((Role.PROGRAMME_OFFICER, inside))
    client = factories.english_client(officer)
    page = client.get(f"/p/{inside.slug}/?tour=officer&stop=1").content.decode()
    following = NEXT.search(page.split('class="jd-tour"')[1])[1]
    assert "/needs/" not in following  # there is no need to show
    assert client.get(following.replace("&amp;", "&")).status_code == 200
