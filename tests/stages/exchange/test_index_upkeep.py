"""Beside words: a dictionary and a latent space, learnt from public records alone, renewed when due, survive a kill."""

import json
import threading

import pytest
from django.utils import translation

import factories
from jiandao.engines.matching import DamagedIndexError, Document, MatchIndex
from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.jobs import worker
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import follower, index, upkeep
from jiandao.kernel.secrecy import Level
from jiandao.stages.exchange import matching
from jiandao.stages.exchange.models import ResearchResult
from jiandao.stages.exchange.views.matches import match_in_words

THINGS = ("氮化镓器件散热", "光纤激光器增益", "北斗终端定位", "特种钢连铸", "肺部磁共振成像", "增材制造粉末")
SECRET = ("暗星合金", "darkstar alloy")


@pytest.fixture
def scene(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    programme, unit = factories.programme(), factories.organisation()
    with in_programme(programme):
        yield programme, unit
    index.forget_opened()


def results(scene, count, **more):
    programme, unit = scene
    made = [
        ResearchResult(
            programme=programme, organisation=unit, title=f"{THINGS[n % len(THINGS)]}的方法之{n}",
            text=f"{THINGS[n % len(THINGS)]}，试验批次{n}。", state="published", published_at=clock.now(), **more,
        )
        for n in range(count)
    ]  # fmt: skip
    for one in made:
        one.refresh_search()
    return ResearchResult.objects.bulk_create(made)


def indexes():
    return index.opened(Level.PUBLIC), index.opened(Level.INTERNAL)


def test_a_need_finds_a_result_in_the_other_language_and_says_by_which_term(scene):
    programme, unit = scene
    need = factories.need(programme, unit, state="published", title="氮化镓", problem="", goal="")
    result = factories.result(
        programme, unit, title="Cooling of gallium nitride devices", text="Diamond heat spreader."
    )
    follower.rebuild()
    assert matching.results_for(anonymous(), need) == []
    assert upkeep.keep_up()
    (found,) = matching.results_for(anonymous(), need)
    assert found.record == result
    assert [term.term for term in found.match.reasons.terms] == ["氮化镓 = gallium nitride"]
    assert sum(one.contribution for one in found.match.signals) == pytest.approx(found.match.score)
    office = factories.actor((Role.PROGRAMME_OFFICER, programme))
    assert [one.record for one in matching.results_for(office, need)] == [result]


def test_nothing_of_an_internal_record_is_in_what_the_public_index_knows(scene):
    programme, unit = scene
    results(scene, 40)
    hidden = factories.result(
        programme,
        unit,
        title=SECRET[0],
        text=f"{SECRET[0]}（{SECRET[1]}）",
        keywords=list(SECRET),
        secrecy=Level.INTERNAL,
    )
    unnamed = ("隐星合金", "veiledstar alloy")
    factories.need(programme, unit, state="published", title=unnamed[0], keywords=list(unnamed), anonymous=True)
    open_one = factories.result(programme, unit, title="亮星合金", keywords=["亮星合金", "brightstar alloy"])
    follower.rebuild()
    upkeep.keep_up()
    public, internal = indexes()
    assert hidden.public_id in internal
    assert open_one.public_id in public
    for one in (public, internal):
        assert one.dictionary.translations("亮星合金")
        assert one.dictionary.translations(SECRET[0]) == ()
        assert one.dictionary.translations(SECRET[1]) == ()
        assert one.dictionary.translations(unnamed[0]) == ()
        assert {"亮星"} <= set(one.latent.terms)
        assert not {"暗星", "darkstar"} & set(one.latent.terms)
    stored = [file.read_bytes() for file in index.folder(Level.PUBLIC).iterdir()]
    assert not any(word.encode() in part for part in stored for word in (*SECRET, "暗星", "darkstar"))


def test_they_are_renewed_when_due_and_only_then(scene):
    results(scene, 40)
    follower.rebuild()
    assert upkeep.keep_up()
    assert not upkeep.keep_up()
    state = index.folder("") / "dictionary.json"
    old = json.loads(state.read_text())
    state.write_text(json.dumps(old | {"at": old["at"] - upkeep.WEEK - 1}))
    assert upkeep.keep_up()
    state.write_text("{")
    assert upkeep.keep_up()
    results(scene, 9)
    follower.rebuild()  # a new index has neither
    assert upkeep.keep_up()
    assert not upkeep.keep_up()
    assert indexes()[0].latent.fitted == 49


def test_similar_needs_are_found_by_subject_and_the_page_says_so(scene):
    programme, unit = scene
    for n in range(48):
        thing = ("碳化硅外延缺陷", "外延缺陷晶圆翘曲", "光纤激光器增益", "激光器增益泵浦")[n % 4]
        factories.need(programme, unit, state="published", title=f"{thing}甲{n}", problem=thing, goal="")
    far = factories.need(programme, unit, state="published", title="晶圆翘曲", problem="晶圆翘曲", goal="")
    follower.rebuild()
    actor = factories.actor((Role.PROGRAMME_OFFICER, programme))
    text = "碳化硅外延缺陷碳化硅外延"
    assert far not in [one.record for one in matching.similar_needs(actor, text, top=40)]
    upkeep.keep_up()
    found = {one.record: one for one in matching.similar_needs(actor, text, top=40)}
    assert far in found
    for one in found.values():
        assert sum(signal.contribution for signal in one.match.signals) == pytest.approx(one.match.score)
    for language, words in (("en", "the same subject in other words"), ("zh-hans", "用不同的说法谈同一主题")):
        with translation.override(language):
            assert words in match_in_words(1, found[far], 1.0).reason
    result = factories.result(programme, unit, title="碳化硅外延缺陷")
    assert all(
        signal.name != "latent" for one in matching.needs_for(actor, result) for signal in one.match.signals
    )  # a page of matches looks for the one answer


@pytest.mark.parametrize("step", ["use_dictionary", "fit_latent"])
def test_killed_between_the_two_indexes_it_begins_again(scene, monkeypatch, step):
    results(scene, 40)
    follower.rebuild()
    whole, calls = getattr(MatchIndex, step), []

    def killed(self, *args, **kwargs):
        calls.append(self)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return whole(self, *args, **kwargs)

    with monkeypatch.context() as patched:
        patched.setattr(MatchIndex, step, killed)
        with pytest.raises(KeyboardInterrupt):
            upkeep.keep_up()
    index.forget_opened()
    factories.result(*scene, title="后来的成果")
    follower.follow()
    assert upkeep.keep_up()
    public, internal = indexes()
    assert public.dictionary.dump() == internal.dictionary.dump()
    assert public.latent.terms == internal.latent.terms
    assert (public.latent.factors == internal.latent.factors).all()


@pytest.mark.parametrize("name", ["latent-*.vec", "latent-*.terms", "dictionary-*.json"])
def test_an_index_with_damaged_vectors_is_built_anew(scene, name):
    programme, unit = scene
    results(scene, 40)
    need = factories.need(programme, unit, state="published", title=THINGS[0])
    follower.rebuild()
    upkeep.keep_up()
    (file,) = index.folder(Level.PUBLIC).glob(name)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    index.forget_opened()
    with pytest.raises(DamagedIndexError):
        matching.results_for(anonymous(), need)
    follower.follow()
    assert matching.results_for(anonymous(), need)
    assert upkeep.keep_up()
    assert indexes()[0].latent is not None


def test_what_is_added_later_has_its_place_in_the_space(scene):
    programme, unit = scene
    results(scene, 40)
    follower.rebuild()
    upkeep.keep_up()
    late = factories.result(programme, unit, title=THINGS[1], secrecy=Level.INTERNAL)
    follower.follow()
    internal = indexes()[1]
    matches = internal.search(Document("q", text=THINGS[1]), task="topical")
    assert late.public_id in [one.document for one in matches if any(s.name == "latent" for s in one.signals)] or (
        late.public_id not in internal  # its transaction is still open in this test
    )


def test_the_worker_keeps_up_and_waits_while_there_is_no_index(monkeypatch, settings, tmp_path, caplog):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    calls = []
    monkeypatch.setattr(worker, "FOLLOW", 0.01)
    monkeypatch.setattr(worker, "UPKEEP", 0.01)
    whole = worker.keep_up
    monkeypatch.setattr(worker, "keep_up", lambda: calls.append(1) or whole())
    stop = threading.Event()
    thread = threading.Thread(target=worker.keep_up_here, args=[stop])
    thread.start()
    while len(calls) < 3:
        stop.wait(0.01)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()
    assert not caplog.records
