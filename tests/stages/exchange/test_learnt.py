"""What outcomes would teach the engine: which of them count, for whom, and how it is said; asking changes nothing."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

import factories
from jiandao.engines.matching import Channel, Signal
from jiandao.kernel import clock
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import follower, index
from jiandao.kernel.search.models import ChannelWeights
from jiandao.stages.exchange import learnt
from jiandao.stages.exchange.models import Introduction, Need
from jiandao.stages.exchange.offers import setting_aside
from stages.exchange.test_introductions import Scene


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    yield Scene()
    index.forget_opened()


def decided(scene, count=1):
    """Needs with one accepted and one refused answer each."""
    made = []
    for _number in range(count):
        need = factories.need(scene.programme, scene.firm, state="published")
        sides = (scene.programme, scene.firm, scene.university)
        factories.introduction(*sides, state="open", need=need)
        no = factories.introduction(*sides, state="declined", need=need, closed_by="asker")
        Introduction.everywhere().filter(pk=no.pk).update(close_cause="decline.object")
        made.append(need)
    follower.rebuild()
    return made


def told(scene):
    with in_programme(scene.programme):
        return learnt.learnt(factories.reloaded(scene.officer))


def test_what_was_accepted_and_what_was_refused_for_its_text_counts(scene):
    (need,) = decided(scene)
    owner = factories.reloaded(scene.owner)
    with in_programme(scene.programme):
        for why in ("object", "indicators", "price", "partner"):
            other = factories.result(scene.programme, scene.university)
            setting_aside.set_aside(actor=owner, record=need, other=other, why=why)
    taken_up = factories.result(scene.programme, scene.university)
    factories.offer(taken_up, scene.firm, state="taken-up", need=need, answered_at=clock.now())
    follower.rebuild()
    found = told(scene)
    assert (found.accepted, found.refused) == (2, 3)  # a no for the price or the partner says nothing of the texts
    assert set(found.channels) == {"lexical"}


def test_a_need_with_one_kind_of_outcome_teaches_no_order(scene):
    need = factories.need(scene.programme, scene.firm, state="published")
    factories.introduction(scene.programme, scene.firm, scene.university, state="open", need=need)
    follower.rebuild()
    assert (told(scene).accepted, told(scene).refused) == (0, 0)


def test_outcomes_of_a_need_that_became_secret_are_for_its_list_alone(scene):
    (need,) = decided(scene)
    assert told(scene).accepted == 1
    Need.everywhere().filter(pk=need.pk).update(secrecy="trade-secret")
    assert told(scene).accepted == 0


def test_the_page_works_it_out_when_asked_and_changes_nothing(scene):
    decided(scene, 2)
    client = factories.english_client(scene.officer)
    plain = client.get(scene.url("figures")).content.decode()
    assert "learn=1" in plain
    page = client.get(scene.url("figures"), {"learn": "1"}).content.decode()
    assert "2 accepted and 2 refused answers" in page
    assert "scores by words alone" in page
    assert not ChannelWeights.objects.exists()


def test_new_weights_are_shown_with_their_replay(scene, monkeypatch):
    decided(scene, 60)
    with in_programme(scene.programme):
        accepted = set(
            Introduction.everywhere().filter(opened_at__isnull=False).values_list("result__public_id", flat=True)
        )

    def explained(*, query, found, **_):
        """Meaning tells right from wrong here, words tell the opposite."""
        for one in found:
            good = one.record.public_id in accepted
            signals = (Signal("lexical.text", 0.3 if good else 0.35), Signal("dense", 0.12 if good else 0.1))
            yield replace(one, match=replace(one.match, signals=signals))

    monkeypatch.setattr(index, "channels", lambda *_: {"lexical": Channel(), "dense": Channel(0.5)})
    monkeypatch.setattr(index, "explained", explained)
    page = factories.english_client(scene.officer).get(scene.url("figures"), {"learn": "1"}).content.decode()
    assert "meaning (language model)" in page
    assert "On the newest 18 queries the new weights order" in page
    found = told(scene)
    assert found.proposal.new["dense"].weight > 0.5 > found.proposal.new["lexical"].weight - 0.5


def test_it_asks_as_much_at_100_outcomes_as_at_10(scene):
    officer = factories.reloaded(scene.officer)

    def queries():
        with in_programme(scene.programme), CaptureQueriesContext(connection) as asked:
            learnt.learnt(officer)
        return len(asked)

    decided(scene, 5)
    few = queries()
    decided(scene, 45)
    assert queries() == few <= 8


def test_without_an_index_the_page_says_so(scene):
    page = factories.english_client(scene.officer).get(scene.url("figures"), {"learn": "1"})
    assert page.status_code == 200
    assert "is being built" in page.content.decode()
