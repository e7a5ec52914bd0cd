"""What a change through the API does not name stays as it is: boxes, choices of several, terms of old."""

import pytest

import factories
from api.conftest import Caller, token_for
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange.models import Capability, Need, OfferWish, ResearchResult


def fresh(record):
    return type(record).everywhere().get(pk=record.pk)


def test_an_organisation_that_is_not_to_be_named_stays_so(scene):
    made = scene.owner.post(scene.url("needs"), {"title": "外延缺陷控制", "anonymous": True}).json()
    changed = scene.owner.patch(scene.url("needs", more=f"/{made['id']}"), {"version": 1, "title": "外延缺陷在线控制"})
    assert (changed.status_code, changed.json()["anonymous"]) == (200, True)
    assert Need.everywhere().get().anonymous
    opened = scene.owner.patch(scene.url("needs", more=f"/{made['id']}"), {"version": 2, "anonymous": False})
    assert not opened.json()["anonymous"]


def test_a_result_may_be_offered_unless_somebody_says_no(scene):
    made = scene.researcher.post(scene.url("results"), {"title": "碳化硅外延片检测"}).json()
    assert made["may_be_offered"]
    changed = scene.researcher.patch(scene.url("results", more=f"/{made['id']}"), {"version": 1, "keywords": ["外延"]})
    assert changed.json()["may_be_offered"]
    no = scene.researcher.patch(scene.url("results", more=f"/{made['id']}"), {"version": 2, "may_be_offered": False})
    assert not no.json()["may_be_offered"]
    assert not ResearchResult.everywhere().get().may_be_offered


def test_a_capability_stays_bookable(scene):
    lent = factories.capability(scene.programme, scene.university, bookable=True)
    sent = {"version": lent.version, "title": "中试线（二期）"}
    assert scene.researcher.patch(scene.url("capabilities", lent), sent).status_code == 200
    assert fresh(lent).bookable
    assert Capability.everywhere().get().title == "中试线（二期）"


def test_a_wish_stays_a_wish(scene):
    head = Caller(token_for(factories.actor((Role.NEED_OWNER, scene.enterprise)).account))
    began = head.get(scene.url("wish")).json()
    wanted = head.patch(scene.url("wish"), {"version": began["version"], "wanted": True})
    assert wanted.status_code == 200, wanted.content
    fewer = head.patch(scene.url("wish"), {"version": wanted.json()["version"], "most_a_week": 2})
    assert fewer.json()["wanted"] is True
    with in_programme(scene.programme):
        assert OfferWish.objects.get().wanted


def test_terms_that_are_not_offered_any_more_stay(scene):
    below = Term.objects.filter(vocabulary="discipline", parent__isnull=False).first()
    if below is None:
        pytest.skip("the vocabulary has one step only")
    expert = factories.expert(scene.university)
    expert.disciplines.set([below])
    office = factories.actor((Role.RESEARCH_OFFICE, scene.university))
    sent = {"version": expert.version, "post": "研究员"}
    answer = Caller(token_for(office.account)).patch(f"/experts/{expert.public_id}", sent)
    assert answer.status_code == 200, answer.content
    assert list(expert.disciplines.all()) == [below]


def test_terms_are_written_under_the_name_that_they_are_read_under(scene):
    expert = factories.expert(scene.university)
    caller = Caller(token_for(factories.actor((Role.RESEARCH_OFFICE, scene.university)).account))
    url = f"/experts/{expert.public_id}"
    sent = {"version": expert.version, "fields": [factories.term("field").code]}
    answer = caller.patch(url, sent)
    assert answer.status_code == 200, answer.content
    assert [one["code"] for one in caller.get(url).json()["fields"]] == sent["fields"]


def test_a_title_stays_on_one_line_and_a_text_keeps_its_lines(scene):
    need = scene.need(state="draft")
    sent = {"version": need.version, "title": "碳化硅\r\n衬底", "problem": "第一行\n第二行"}
    assert scene.owner.patch(scene.url("needs", need), sent).status_code == 200
    assert (fresh(need).title, fresh(need).problem) == ("碳化硅 衬底", "第一行\n第二行")


@pytest.mark.parametrize(("field", "size"), [("title", 201), ("problem", 50_000)])
def test_a_text_that_is_too_long_is_counted_in_characters(scene, field, size):
    need = scene.need(state="draft")
    refused = scene.owner.patch(scene.url("needs", need), {"version": need.version, field: "长" * size})
    assert refused.status_code == 422
    assert "characters" in refused.json()["errors"][0]["sentence"]
