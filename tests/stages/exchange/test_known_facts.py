"""Facts beside the texts put candidates of like texts in order, add up, and tell nobody what is hidden."""

import math
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

import factories
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import follower, index
from jiandao.kernel.secrecy import Level
from jiandao.kernel.vocabulary.models import Term
from jiandao.stages.exchange import known_facts, matching
from jiandao.stages.exchange import queries as exchange_queries
from jiandao.stages.exchange.models import Need, TargetIndicator

TEXT = "8英寸碳化硅外延片的缺陷密度控制"


@pytest.fixture
def scene(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    programme, unit, other = factories.programme(), factories.organisation(), factories.organisation()
    with in_programme(programme):
        need = factories.need(programme, unit, state="published", title=TEXT)  # with a field and 3 million 元
        yield programme, unit, other, need
    index.forget_opened()


def result(programme, of, **more):
    return factories.result(programme, of, title=TEXT, text=TEXT, **more)


def found(actor, need):
    follower.follow()
    return matching.best(actor, need, "result")


def names(one):
    return {signal.name for signal in one.match.signals if signal.name.startswith("facts.")}


def level(code):
    return Term.objects.filter(vocabulary="trl", code=str(code)).first()


def test_of_like_texts_the_facts_decide_and_all_adds_up(scene):
    programme, _unit, other, need = scene
    plain = result(programme, other)
    same_field = result(programme, other, field=need.field)
    cheap = result(programme, other, field=need.field, price_fen=need.budget_fen)
    dear = result(programme, other, price_fen=need.budget_fen * 3)
    best = found(anonymous(), need)
    assert [one.record for one in best] == [cheap, same_field, plain, dear]
    for one in best:
        assert math.fsum(signal.contribution for signal in one.match.signals) == pytest.approx(one.match.score)
    assert names(best[0]) == {"facts.field", "facts.money"}
    answer = factories.english_client().get(f"/api/v1/p/{programme.slug}/needs/{need.public_id}/matches").json()
    for item in answer["items"]:
        assert math.fsum(one["contribution"] for one in item["signals"]) == pytest.approx(item["score"], abs=2e-4)
    assert "Beside the texts: same technical field; within the budget." in answer["items"][0]["reason"]
    assert "dearer than the budget" in answer["items"][3]["reason"]
    assert "Beside" not in answer["items"][2]["reason"]
    page = factories.english_client().get(
        reverse("exchange:need-matches", kwargs={"programme": programme.slug, "public_id": need.public_id})
    )
    assert "Beside the texts: same technical field; within the budget." in page.content.decode()


def test_a_level_that_is_asked_as_an_indicator_counts(scene):
    programme, _unit, other, need = scene
    TargetIndicator.everywhere().create(
        programme=programme, need=need, name="技术成熟度", comparator="ge", threshold=7, unit="级"
    )
    ripe = result(programme, other, trl=level(7), trl_evidence="x")
    raw = result(programme, other, trl=level(3), trl_evidence="x")
    plain = result(programme, other)
    assert [one.record for one in found(anonymous(), need)] == [ripe, plain, raw]
    answer = factories.english_client().get(f"/api/v1/p/{programme.slug}/needs/{need.public_id}/matches").json()
    reasons = {item["id"]: item["reason"] for item in answer["items"]}
    assert "4 levels of maturity below what is asked" in reasons[raw.public_id]
    assert "as mature as is asked" in reasons[ripe.public_id]
    verdicts = {item["id"]: item["indicators"][-1]["verdict"] for item in answer["items"]}
    assert verdicts == {ripe.public_id: "met", raw.public_id: "missed", plain.public_id: "not-stated"}


@pytest.mark.parametrize(
    ("comparator", "threshold", "asked"), [("ge", "6.5", 7), ("gt", "6", 7), ("gt", "6.5", 7), ("eq", "6", 6)]
)
def test_a_level_between_two_asks_for_the_higher_one(scene, comparator, threshold, asked):
    programme, _unit, other, need = scene
    TargetIndicator.everywhere().create(
        programme=programme, need=need, name="TRL", comparator=comparator, threshold=Decimal(threshold), unit="1"
    )
    answer = result(programme, other, trl=level(6), trl_evidence="x")
    with in_programme(programme):
        assert known_facts.facts_of(anonymous(), need, [answer])[answer].asked.level == asked


def past_of(programme, unit, other, state="finished", **more):
    with in_programme(programme):
        made = factories.introduction(programme, unit, other, state="agreed", **more)
        return factories.cooperation(programme, unit, other, state=state, introduction=made)


def test_what_two_have_finished_together_counts_for_those_who_may_know_it(scene):
    programme, unit, other, need = scene
    mine, of_third = result(programme, other), result(programme, factories.organisation())
    past_of(programme, unit, other)
    past_of(programme, other, unit)  # also the other way round
    past_of(programme, unit, other, "running")  # nothing has come of it yet
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    stranger = factories.actor((Role.RESEARCHER, factories.organisation()))
    found(officer, need)
    for reader, knows in ((officer, True), (stranger, False), (anonymous(), False)):
        seen = {one.record: one for one in found(factories.reloaded(reader) if reader.account else reader, need)}
        assert ("facts.past" in names(seen[mine])) is knows
        assert "facts.past" not in names(seen[of_third])
    best = found(factories.reloaded(officer), need)
    assert best[0].record == mine
    assert best[0].beside.offered.finished == 2
    page = factories.english_client(officer).get(
        reverse("exchange:need-matches", kwargs={"programme": programme.slug, "public_id": need.public_id})
    )
    assert "have finished 2 projects together" in page.content.decode()


def test_a_cooperation_over_what_became_secret_is_known_to_its_list_alone(scene):
    programme, unit, other, need = scene
    mine = result(programme, other)
    made = past_of(programme, unit, other)
    officer = factories.actor((Role.PROGRAMME_OFFICER, programme))
    (before,) = [one for one in found(factories.reloaded(officer), need) if one.record == mine]
    assert "facts.past" in names(before)
    Need.everywhere().filter(pk=made.introduction.need_id).update(secrecy=Level.TRADE_SECRET)
    (after,) = [one for one in found(factories.reloaded(officer), need) if one.record == mine]
    assert "facts.past" not in names(after)


@pytest.mark.parametrize("who", ["officer", "own"])
def test_where_the_asker_is_not_named_neither_place_nor_past_count_for_anybody(scene, who):
    programme, _unit, other, _need = scene
    place = Term.objects.filter(vocabulary="prefecture").first()
    hidden = factories.organisation(prefecture=place)
    other.prefecture = place
    other.save()
    anonymous_need = factories.need(programme, hidden, state="published", title=TEXT, anonymous=True)
    result(programme, other)
    past_of(programme, hidden, other)
    role = (Role.PROGRAMME_OFFICER, programme) if who == "officer" else (Role.NEED_OWNER, hidden)
    for one in found(factories.actor(role), anonymous_need):
        assert not names(one) & {"facts.past", "facts.region"}
    challenge = factories.challenge(programme, hidden, issuer_shown=False, title=TEXT, prefecture=None)
    for one in found(factories.actor(role), challenge):
        assert not names(one) & {"facts.past", "facts.region"}


def test_the_same_place_counts_where_the_asker_is_named(scene):
    programme, _unit, other, _need = scene
    place = Term.objects.filter(vocabulary="prefecture").first()
    near = factories.organisation(prefecture=place)
    other.prefecture = place
    other.save()
    mine = result(programme, other)
    result(programme, factories.organisation())
    need = factories.need(programme, near, state="published", title=TEXT)
    best = found(anonymous(), need)
    assert best[0].record == mine
    assert "facts.region" in names(best[0])


def test_facts_ask_one_question_of_the_database_however_many_there_are(scene):
    programme, unit, other, need = scene
    officer = factories.reloaded(factories.actor((Role.PROGRAMME_OFFICER, programme)))
    past_of(programme, unit, other)
    need = exchange_queries.asking_needs().get(pk=need.pk)

    def queries(count):
        while len(made) < count:
            made.append(result(programme, other if len(made) % 2 else factories.organisation(), field=need.field))
        follower.rebuild()
        records = [one.record for one in matching.best(officer, need, "result", reasons=False)]
        with CaptureQueriesContext(connection) as asked:
            known_facts.facts_of(officer, need, records)
        for q in asked:
            print("Q", q["sql"][:300])
        return len(asked)

    made = []
    assert queries(10) == queries(100) == 1
    with CaptureQueriesContext(connection) as asked:
        known_facts.facts_of(anonymous(), need, made)
    assert not asked
