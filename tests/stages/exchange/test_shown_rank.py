"""The place at which a match page showed what was proposed: kept with the introduction, made up by nobody, counted."""

import re
from html import unescape

import pytest

import factories
from jiandao.kernel import clock
from jiandao.kernel.search import follower, index
from jiandao.stages.exchange.introductions.shown import rank_of, sealed
from jiandao.stages.exchange.models import Introduction
from stages.exchange.test_introductions import Scene


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    yield Scene()
    index.forget_opened()


def propose(scene, address):
    form = {"message": "指标接近,希望面谈。", "contact": scene.person(scene.owner).pk, "private": ""}
    answer = factories.english_client(scene.owner).post(address, form)
    assert answer.status_code == 302, answer.content.decode()
    return Introduction.everywhere().latest("pk")


def test_it_is_kept_when_a_match_page_led_to_the_proposal_and_the_figures_count_it(scene):
    best = factories.result(scene.programme, scene.university, title=scene.need.title, text=scene.need.problem)
    follower.rebuild()
    page = factories.english_client(scene.owner).get(scene.url("need-matches", scene.need)).content.decode()
    links = [unescape(one) for one in re.findall(r'href="([^"]*introductions/new/[^"]*)"', page)]
    assert best.public_id in links[0]
    second = propose(scene, next(one for one in links if scene.result.public_id in one))
    assert second.shown_rank == 2
    plain = propose(scene, f"{scene.url('introduction-new')}?need={scene.need.public_id}&result={best.public_id}")
    assert plain.shown_rank is None
    officer = factories.english_client(scene.officer)
    assert "half of them at place" not in officer.get(scene.url("figures")).content.decode()  # nobody has accepted yet
    at = clock.now()
    Introduction.everywhere().filter(pk__in=[second.pk, plain.pk]).update(
        state="open", opened_at=at, answerer_consented_at=at
    )
    shown = officer.get(scene.url("figures")).content.decode()
    assert "among the first three: 100.0% (1 of 1); half of them at place 2 or before" in shown
    assert "proposed from it: 1 of 2" in shown
    places = officer.get(f"/api/v1/p/{scene.programme.slug}/figures").json()["places"]
    assert places == {"accepted": 2, "shown": 1, "first": 0, "first_three": 1, "median": 2.0}


def test_a_place_that_was_made_up_or_is_of_another_pair_is_none(scene):
    good = sealed(3, scene.need, scene.result)
    other = factories.result(scene.programme, scene.university)
    assert rank_of(good, scene.need, scene.result) == rank_of(good, scene.result, scene.need) == 3
    assert rank_of(good, scene.need, other) is None
    assert rank_of(good, None, scene.result) is None
    assert all(
        rank_of(one, scene.need, scene.result) is None for one in ("", "1", good.replace("3", "1", 1), "x" * 999)
    )
