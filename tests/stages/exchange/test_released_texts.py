"""Which records' texts leave for a model on another machine: public, published ones; a server that keeps all proves it."""

from types import SimpleNamespace

import pytest

import factories
from harness.embedding_model import Model
from jiandao.engines.matching.cache import VectorCache
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search.endpoint import EndpointEncoder, PublicText
from jiandao.kernel.search.endpoint_address import Endpoint
from jiandao.kernel.search.releasing import RecordEncoder, is_public, released
from jiandao.kernel.secrecy import Level
from jiandao.stages.exchange.models import Need


@pytest.fixture
def scene(db, tmp_path):
    model = Model()
    endpoint = Endpoint(model.url, "m", 3, ("127.0.0.1",), "key")
    programme, unit = factories.programme(), factories.organisation()
    with VectorCache(tmp_path) as cache, in_programme(programme):
        yield programme, unit, model, RecordEncoder(EndpointEncoder(endpoint), cache)
    model.close()


def arrived(model):
    return "\n".join(model.texts())


def test_only_public_published_records_reach_the_model(scene):
    programme, unit, model, records = scene
    levels = {
        level: factories.need(programme, unit, state="published", title=f"标题{level}", secrecy=level)
        for level in Level
    }
    drafts = [
        factories.need(programme, unit, title="草稿的标题"),
        factories.result(programme, unit, state="draft", title="草稿成果"),
    ]
    result = factories.result(programme, unit, title="公开的成果")
    found = records.vectors([*levels.values(), *drafts, result])
    assert set(found) == {levels[Level.PUBLIC].public_id, result.public_id}
    assert "标题public" in arrived(model)
    assert "公开的成果" in arrived(model)
    for hidden in ("标题internal", "标题work-secret", "标题trade-secret", "草稿"):
        assert hidden not in arrived(model)
    assert len(model.texts()) == 2


def test_a_record_that_was_classified_meanwhile_is_not_sent_whatever_the_caller_holds(scene):
    programme, unit, model, records = scene
    held = factories.need(programme, unit, state="published", title="后来定密的标题")
    Need.objects.filter(pk=held.pk).update(secrecy=Level.TRADE_SECRET)
    assert held.secrecy == Level.PUBLIC
    assert records.vectors([held]) == {}
    other = factories.need(programme, unit, state="published", title="刚刚定密的标题")
    other.secrecy = Level.WORK_SECRET  # not saved yet
    assert records.vectors([other]) == {}
    withdrawn = factories.need(programme, unit, state="withdrawn", title="撤回的标题")
    assert records.vectors([withdrawn]) == {}
    assert model.arrived == []


def test_what_is_asked_without_a_name_is_not_sent_though_its_level_is_public(scene):
    programme, unit, model, records = scene
    held = factories.need(programme, unit, state="published", title="不署名的标题", anonymous=True)
    assert held.secrecy == Level.PUBLIC
    assert records.vectors([held]) == {}
    later = factories.need(programme, unit, state="published", title="后来不署名的标题")
    Need.objects.filter(pk=later.pk).update(anonymous=True)
    assert records.vectors([later]) == {}
    assert model.arrived == []


def test_what_the_caller_changed_and_did_not_save_is_not_sent(scene):
    programme, unit, model, records = scene
    need = factories.need(programme, unit, state="published", title="已公布的标题")
    need.title = need.problem = "正在修改的秘密"
    records.vectors([need])
    assert "已公布的标题" in arrived(model)
    assert "秘密" not in arrived(model)


def test_a_record_that_points_to_a_secret_one_is_not_public():
    class About:
        secrecy, secret_until = Level.PUBLIC, None
        _meta = SimpleNamespace(concrete_fields=[SimpleNamespace(is_relation=True, related_model=Need, name="need")])

        def __init__(self, need):
            self.need = need

    assert is_public(About(Need(secrecy=Level.PUBLIC)))
    assert is_public(About(None))
    assert not any(is_public(About(Need(secrecy=level))) for level in Level if level != Level.PUBLIC)


def test_a_decision_of_the_caller_can_only_forbid_more(scene):
    programme, unit, _, _ = scene
    public = factories.need(programme, unit, state="published", title="公开")
    secret = factories.need(programme, unit, state="published", title="秘密", secrecy=Level.WORK_SECRET)
    assert [public_id for public_id, _ in released([public, secret], lambda record: True)] == [public.public_id]
    assert list(released([public, secret], lambda record: False)) == []


def test_things_without_a_level_or_of_an_unknown_kind_are_never_released(scene):
    programme, unit, _, _ = scene
    assert not is_public(unit) or list(released([unit])) == []
    assert list(released([programme])) == []
    assert all(
        isinstance(text, PublicText) for _, text in released([factories.need(programme, unit, state="published")])
    )
