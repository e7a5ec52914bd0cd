"""Learnt weights put to use: by officers alone, after a replay that was better, with a reason; and the set ones back."""

import pytest
from django.db import DatabaseError, transaction

import factories
from harness.embedding_model import Model
from jiandao.engines.matching.learning import BETTER
from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import dense, follower, index
from jiandao.kernel.search.models import ChannelWeights
from jiandao.stages.exchange import learnt, matching, weighing
from jiandao.stages.exchange.models import Introduction
from stages.exchange.test_dense_channel import chosen, meaning, passes
from stages.exchange.test_introductions import Scene

WORDS = "齿轮泵阀片轴承刀具导轨丝杠电机夹具弹簧密封涂层焊缝铸件粉末薄膜衬底靶材晶圆"
SET = {"lexical": 1.0, "dense": 0.5}


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    model = Model(meaning)
    chosen(settings, model)
    yield Scene()
    model.close()
    index.forget_opened()
    dense.forget()


def decided(scene, count=52):
    """Needs of which the answer in the same words was accepted, and that of the same meaning in other words refused."""
    programme = scene.programme
    sides = (programme, scene.firm, scene.university)
    for number in range(count):
        words = "".join(WORDS[(7 * number + 3 * place) % len(WORDS)] for place in range(8))
        asked, meant = (("散热", "heat"), ("光纤", "laser"))[number % 2]
        texts = {"title": f"{words}的{asked}", "problem": f"{words}的{asked}", "goal": "", "keywords": []}
        need = factories.need(programme, scene.firm, state="published", **texts)
        near = factories.result(programme, scene.university, title=f"{meant} {number}", text=meant, keywords=[])
        alike = factories.result(programme, scene.university, title=f"{words}连铸", text=words, keywords=[])
        factories.introduction(*sides, state="open", need=need, result=alike)
        declined = factories.introduction(*sides, state="declined", need=need, result=near, closed_by="asker")
        Introduction.everywhere().filter(pk=declined.pk).update(close_cause="decline.object")
    follower.rebuild()
    passes()
    return need, near, alike


def proposed(scene, officer=None):
    with in_programme(scene.programme):
        return learnt.learnt(factories.reloaded(officer or scene.officer)).proposal


def used(scene):
    with in_programme(scene.programme):
        return weighing.told(index.channels(scene.officer, scene.programme.pk))


def put_to_use(scene, officer=None, seen=0, shown=None, reason="按回放结果启用"):
    officer = factories.reloaded(officer or scene.officer)
    shown = weighing.fingerprint(proposed(scene, officer)) if shown is None else shown
    with in_programme(scene.programme):
        return weighing.put_to_use(actor=officer, programme=scene.programme, reason=reason, seen=seen, shown=shown)


def put_back(scene, seen=1, reason="恢复"):
    with in_programme(scene.programme):
        officer = factories.reloaded(scene.officer)
        return weighing.put_back(actor=officer, programme=scene.programme, reason=reason, seen=seen)


def first_for(scene, need):
    with in_programme(scene.programme):
        return matching.results_for(factories.reloaded(scene.officer), need, 30)


def refusal(caught):
    return caught.value.refusal.code


def test_they_count_from_then_on_and_until_they_are_put_back(scene):
    need, near, alike = decided(scene)
    before = [one.record for one in first_for(scene, need)]
    proposal = proposed(scene)
    assert proposal.verdict == BETTER
    assert before.index(near) < before.index(alike)
    made = put_to_use(scene)
    assert used(scene) == made.weights == weighing.told(proposal.new) != SET
    after = first_for(scene, need)
    order = [one.record for one in after]
    assert order.index(alike) < before.index(alike)
    assert all(
        sum(signal.contribution for signal in one.match.signals) == pytest.approx(one.match.score) for one in after
    )
    (entry,) = journal.timeline(ChannelWeights.kind, made.pk)
    assert (entry.verb, entry.reason) == ("use-weights", "按回放结果启用")
    assert entry.facts["replay"]["held"] == proposal.replay.queries
    assert (made.replay["old"], made.replay["new"]) == (proposal.replay.old, proposal.replay.new)
    other = factories.programme()
    with in_programme(other):
        assert weighing.told(index.channels(scene.officer, other.pk)) == SET  # of this programme alone
    back = put_back(scene)
    assert (back.weights, back.before) == (None, made.weights)
    assert used(scene) == SET
    assert [one.record for one in first_for(scene, need)] == before
    (entry,) = journal.timeline(ChannelWeights.kind, back.pk)
    assert (entry.verb, entry.reason) == ("set-weights", "恢复")
    with pytest.raises(NotAllowed) as caught:
        put_back(scene, seen=2)
    assert refusal(caught) == "weights.set"


def test_what_is_not_better_cannot_be_put_to_use(scene):
    decided(scene, 4)
    with pytest.raises(NotAllowed) as caught:
        put_to_use(scene)
    assert refusal(caught) == "weights.not_better"
    assert used(scene) == SET
    page = factories.english_client(scene.officer).get(scene.url("weights-use"), follow=True).content.decode()
    assert "at least 100 in 30 queries are needed" in page


def test_it_needs_a_reason_and_what_was_looked_at(scene):
    decided(scene)
    shown = weighing.fingerprint(proposed(scene))
    for wrong, code in (
        ({"reason": "  "}, "weights.reason"),
        ({"shown": "0" * 32}, "weights.other"),
        ({"seen": 1}, "weights.stale"),
    ):
        with pytest.raises(NotAllowed) as caught:
            put_to_use(scene, **{"shown": shown, **wrong})
        assert refusal(caught) == code
    put_to_use(scene, shown=shown)
    with pytest.raises(NotAllowed) as caught:  # a second officer, who looked before
        put_to_use(scene, factories.actor((Role.PROGRAMME_OFFICER, scene.programme)), shown=shown)
    assert refusal(caught) == "weights.stale"
    assert ChannelWeights.objects.count() == 1


def test_only_officers_of_the_programme_may(scene):
    decided(scene, 1)
    other = factories.actor((Role.PROGRAMME_OFFICER, factories.programme()))
    leader = factories.actor((Role.LEADER, scene.programme))
    for who in (scene.owner, scene.office, leader, other):
        with pytest.raises(NotAllowed):
            put_to_use(scene, who, shown="0" * 32)
        client = factories.english_client(who)
        for name in ("weights-use", "weights-back"):
            for answer in (client.get(scene.url(name)), client.post(scene.url(name), {"reason": "x", "seen": 0})):
                assert answer.status_code in {403, 404}
    page = factories.english_client(leader).get(scene.url("figures")).content.decode()
    assert "What matches have taught" in page
    assert "Put " not in page


def test_the_pages_show_before_after_and_replay_and_do_it(scene):
    need, _, _ = decided(scene)
    client = factories.english_client(scene.officer)
    figures = client.get(scene.url("figures"), {"learn": "1"}).content.decode()
    assert scene.url("weights-use") in figures
    page = client.get(scene.url("weights-use"))
    shown = page.content.decode()
    replay = proposed(scene).replay
    assert f"{replay.queries} needs: {100 * replay.old:.1f} % of the pairs in the right order before" in shown
    assert "(90 % interval)" in shown
    values = {name: page.context["page"].form.initial[name] for name in ("seen", "shown")}
    empty = client.post(scene.url("weights-use"), {**values, "reason": ""})
    assert empty.status_code == 422
    assert used(scene) == SET
    other = client.post(scene.url("weights-use"), {**values, "shown": "0" * 32, "reason": "已看过回放"})
    assert other.status_code == 422
    assert all(
        said in other.content.decode() for said in ("has changed", "已看过回放", values["shown"], "Before and after")
    )
    done = client.post(scene.url("weights-use"), {**values, "reason": "回放更好"}, follow=True).content.decode()
    assert "by the learnt weights from now on" in done
    assert "learnt weights in use" in done
    assert "回放更好" in done
    again = client.post(scene.url("weights-use"), {**values, "reason": "回放更好"}, follow=True).content.decode()
    assert "Somebody else changed the weights" in again
    match = client.get(scene.url("need-matches", need)).content.decode()
    assert "weights learnt from what was accepted and refused" in match
    numbers = client.get(f"/api/v1/p/{scene.programme.slug}/figures").json()["weights"]
    assert {one["channel"]: one["set"] for one in numbers} == SET
    assert {one["channel"]: one["in_use"] for one in numbers} == used(scene) != SET
    back = client.get(scene.url("weights-back")).content.decode()
    assert "Put the set weights back" in back
    client.post(scene.url("weights-back"), {"seen": 1, "reason": "再看看"})
    assert used(scene) == SET
    match = client.get(scene.url("need-matches", need)).content.decode()
    assert "Channels count with the set weights" in match
    client.cookies["jd_language"] = "zh-hans"
    assert "权重变更记录" in client.get(scene.url("figures")).content.decode()


def test_weights_of_another_model_do_not_count_and_the_page_says_so(scene, settings):
    decided(scene)
    put_to_use(scene)
    settings.JIANDAO_ENCODER = "none"
    index.forget_opened()
    assert used(scene) == {"lexical": 1.0}
    page = factories.english_client(scene.officer).get(scene.url("figures")).content.decode()
    assert "for other channels than the index has now" in page
    assert put_back(scene).weights is None


def test_a_row_is_never_changed(scene):
    decided(scene)
    row = put_to_use(scene)
    for change in (lambda: ChannelWeights.objects.filter(pk=row.pk).update(reason="anders"), row.delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert clock.now() >= row.entered_at


def test_of_two_officers_at_once_one_does_it_and_the_other_reads_why(race):
    programme = factories.programme()
    officers = [factories.actor((Role.PROGRAMME_OFFICER, programme)) for _ in range(2)]
    ChannelWeights.objects.create(
        programme=programme, number=1, weights={"lexical": 0.9}, before=SET, replay={}, reason="x"
    )
    outcomes = race(
        *[lambda one=one: weighing.put_back(actor=one, programme=programme, reason="恢复", seen=1) for one in officers]
    )
    refused = [one.error for one in outcomes if one.error is not None]
    assert [error.refusal.code for error in refused] == ["weights.stale"]
    assert ChannelWeights.objects.filter(programme=programme).count() == 2
