"""The match index when something is wrong with it, words that are none, and answers behind many that are hidden."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

import factories
from jiandao.engines.matching import ForbiddenIndexError, FullIndexError
from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import follower, index
from jiandao.stages.exchange import desk, matching
from jiandao.stages.exchange.models import Need, ResearchResult

TEXT = "8英寸碳化硅外延片的缺陷密度控制"


@pytest.fixture
def scene(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    programme, unit = factories.programme(), factories.organisation()
    with in_programme(programme):
        yield programme, unit
    index.forget_opened()


def client_of(actor):
    client = factories.english_client()
    client.force_login(actor.account, backend="jiandao.kernel.accounts.backend.AccountBackend")
    return client


def damage(how):
    """Do something to the files of the index, as a full disk or another version leaves them."""
    folder = index.folder("public")
    if how == "gone":
        for file in folder.iterdir():
            file.unlink()
    elif how == "another version":
        about = folder / "jiandao-match.json"
        about.write_text(json.dumps(json.loads(about.read_text()) | {"analyser": -1}))
    else:
        for file in folder.iterdir():
            if file.suffix in {".store", ".term", ".idx", ".pos", ".fast", ".fieldnorm"} or file.name == "meta.json":
                file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    index.forget_opened()


@pytest.mark.parametrize("how", ["gone", "another version", "cut off"])
def test_an_index_that_cannot_be_read_is_one_sentence_and_is_built_anew(scene, how):
    programme, unit = scene
    need = factories.need(programme, unit, state="published", title=TEXT)
    result = factories.result(programme, unit, title=TEXT)
    owner = client_of(factories.actor((Role.NEED_OWNER, unit)))
    follower.follow()
    assert matching.results_for(anonymous(), need)
    damage(how)
    here = {"programme": programme.slug}
    page = owner.get(reverse("exchange:need-matches", kwargs={**here, "public_id": need.public_id}))
    assert page.status_code == 503
    assert "is being built" in page.content.decode()
    hints = owner.post(reverse("exchange:need-hints", kwargs=here), {"title": TEXT, "problem": TEXT})
    assert hints.status_code == 200
    answer = Client().get(f"/api/v1/p/{programme.slug}/needs/{need.public_id}/matches")
    assert (answer.status_code, answer.json()["code"]) == (503, "match.index_missing")
    follower.follow()
    assert [one.record for one in matching.results_for(anonymous(), need)] == [result]


@pytest.mark.parametrize("told", [FullIndexError, ForbiddenIndexError])
def test_where_nothing_can_be_written_nothing_is_built_anew(scene, monkeypatch, told):
    programme, unit = scene
    need = factories.need(programme, unit, state="published", title=TEXT)
    result = factories.result(programme, unit, title=TEXT)
    follower.follow()
    monkeypatch.setattr(follower, "rebuild", lambda: pytest.fail("built anew"))

    def unable(audience):
        raise told("no")

    with monkeypatch.context() as patch:
        patch.setattr(index, "opened", unable)
        with pytest.raises(told):
            follower.follow()
    follower.follow()
    assert [one.record for one in matching.results_for(anonymous(), need)] == [result]


@pytest.mark.parametrize(
    "other",
    [
        {"database": "7000000000000000000/5"},
        {"transaction": 2**62},
        {"database": None},
    ],
)
def test_the_position_of_another_database_is_not_believed(scene, other):
    programme, unit = scene
    follower.follow()
    need = factories.need(programme, unit, state="published", title=TEXT)
    kept = json.loads(index.position_file().read_text())
    index.position_file().write_text(json.dumps(kept | other))
    result = factories.result(programme, unit, title=TEXT)
    follower.follow()
    assert [one.record for one in matching.results_for(anonymous(), need)] == [result]


def test_a_position_of_before_it_named_its_database_is_not_believed(scene):
    programme, unit = scene
    factories.result(programme, unit, title=TEXT)
    index.position_file().parent.mkdir(parents=True)
    index.position_file().write_text('{"transaction": 1, "change": 1}')
    assert follower.follow() == 1


def test_an_open_need_is_found_behind_many_that_are_over(scene):
    programme, unit = scene
    over = clock.today() - timedelta(days=1)
    needs = [
        Need(
            programme=programme, organisation=unit, title=TEXT, problem=TEXT * 3, state="published", deadline=over,
            published_at=clock.now(),
        )
        for _number in range(260)
    ]  # fmt: skip
    for need in needs:
        need.refresh_search()
    Need.objects.bulk_create(needs)
    open_one = factories.need(programme, unit, state="published", title="碳化硅的一般问题", problem="外延", goal="")
    result = factories.result(programme, unit, title=TEXT, text=TEXT)
    follower.rebuild()
    assert [one.record for one in matching.needs_for(anonymous(), result)] == [open_one]


@pytest.mark.parametrize("text", ["!!!", " 、 ", "…", "😀", "%_\\", "(", "—" * 300])
def test_what_holds_no_word_finds_nothing(scene, text):
    programme, unit = scene
    actor = factories.actor((Role.NEED_OWNER, unit))
    factories.need(programme, unit, state="published")
    factories.result(programme, unit)
    assert desk.found_needs(actor, programme, text).total == 0
    assert desk.found_results(actor, programme, text).total == 0
    here = {"programme": programme.slug}
    shown = factories.english_client().get(reverse("exchange:needs", kwargs=here), {"q": text})
    assert shown.status_code == 200
    assert f"/needs/{Need.objects.get().public_id}/" not in shown.content.decode()
    searched = factories.english_client().get(reverse("search", kwargs=here), {"q": text}).content.decode()
    assert f"/results/{ResearchResult.objects.get().public_id}/" not in searched


def test_spaces_alone_are_no_search(scene):
    programme, unit = scene
    need = factories.need(programme, unit, state="published")
    shown = Client().get(reverse("exchange:needs", kwargs={"programme": programme.slug}), {"q": "   "})
    assert need.public_id in shown.content.decode()
