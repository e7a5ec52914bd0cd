"""Introductions and cooperations through the API: proposed from either end, disputed, listed at constant cost."""

import pytest

import factories
from api.conftest import Caller, Scene, token_for
from api.test_directory_api import fits
from api.test_exchange_api import problem_of
from harness import assert_same_queries
from jiandao.kernel import clock
from jiandao.kernel.accounts.roles import Role
from jiandao.stages.exchange.introductions.api_shapes import CooperationOut, FiguresOut, IntroductionOut
from jiandao.stages.exchange.models import Introduction
from jiandao.stages.people.models import Membership, Person


def member(scene, role, unit, name):
    """Somebody with the role who works there, as a caller."""
    actor = factories.actor((role, unit))
    Membership.objects.create(person=Person.objects.create(name=name, account=actor.account), organisation=unit)
    return Caller(token_for(actor.account))


@pytest.fixture
def owner(scene):
    return member(scene, Role.NEED_OWNER, scene.enterprise, "李强")


@pytest.fixture
def office(scene):
    return member(scene, Role.RESEARCH_OFFICE, scene.university, "赵敏")


def test_a_firm_asks_for_a_result_without_a_question(scene, owner, office):
    result = scene.result()
    made = fits(
        IntroductionOut,
        owner.post(f"{scene.base}/introductions", {"result": result.public_id, "message": "想了解中试情况"}),
        201,
    )
    assert (made["need"], made["challenge"], made["result"]) == (None, None, result.public_id)
    assert made["asker"]["id"] == scene.enterprise.public_id
    twice = owner.post(f"{scene.base}/introductions", {"result": result.public_id, "message": "再问一次"})
    problem_of(twice, 409, "introduction.exists")
    url = f"{scene.base}/introductions/{made['id']}/do/decline"
    sent = {"version": 1, "reason": "暂不转让", "cause": "decline.time"}
    assert fits(IntroductionOut, office.post(url, sent))["state"]["code"] == "declined"
    again = owner.post(f"{scene.base}/introductions", {"result": result.public_id, "message": "再问一次"})
    problem_of(again, 409, "introduction.set_aside")


def test_neither_question_nor_answer_is_a_fault(scene, owner):
    problem_of(owner.post(f"{scene.base}/introductions", {"message": "想谈谈"}), 422, "invalid")


def test_an_agreement_is_disputed_taken_back_and_entered_anew(scene, owner, office):
    introduction = factories.introduction(scene.programme, scene.enterprise, scene.university, state="open")
    url = f"{scene.base}/introductions/{introduction.public_id}"
    sent = {"version": 1, "title": "合同", "cooperation_kind": "joint", "signed_on": f"{clock.today()}"}
    first = fits(CooperationOut, owner.post(f"{url}/agreement", sent), 201)
    done = f"{scene.base}/cooperations/{first['id']}/do"
    problem_of(owner.post(f"{done}/dispute", {"version": 1, "reason": "x"}), 403, "policy.relation")
    gone = fits(CooperationOut, office.post(f"{done}/dispute", {"version": 1, "reason": "日期不对"}))
    assert gone["state"]["code"] == "void"
    now = fits(IntroductionOut, owner.get(url))
    assert (now["state"]["code"], now["cooperation"]) == ("open", None)
    second = fits(CooperationOut, owner.post(f"{url}/agreement", {**sent, "version": now["version"]}), 201)
    done = f"{scene.base}/cooperations/{second['id']}/do"
    fits(CooperationOut, owner.post(f"{done}/take-back", {"version": 1, "reason": "又写错了"}))
    third = fits(
        CooperationOut,
        office.post(f"{url}/agreement", {**sent, "version": Introduction.everywhere().get(pk=introduction.pk).version}),
        201,
    )
    fits(CooperationOut, owner.post(f"{scene.base}/cooperations/{third['id']}/do/confirm", {"version": 1}))
    assert fits(IntroductionOut, owner.get(url))["cooperation"] == third["id"]
    assert fits(FiguresOut, scene.officer.get(f"{scene.base}/figures"))["cooperations"] == 1


def test_one_person_does_not_consent_for_both(scene):
    actor = factories.actor((Role.UNIT_ADMINISTRATOR, scene.enterprise), (Role.UNIT_ADMINISTRATOR, scene.university))
    person = Person.objects.create(name="双边", account=actor.account)
    for unit in (scene.enterprise, scene.university):
        Membership.objects.create(person=person, organisation=unit)
    both = Caller(token_for(actor.account))
    sent = {"result": scene.result().public_id, "need": scene.need(state="published").public_id, "message": "x"}
    made = fits(IntroductionOut, both.post(f"{scene.base}/introductions", sent), 201)
    answer = both.post(f"{scene.base}/introductions/{made['id']}/consent", {"version": 1})
    assert "somebody else" in problem_of(answer, 409, "introduction.one_person")["detail"]


def test_lists_ask_as_often_for_many_as_for_few(scene: Scene, owner):
    for number in range(100):
        other = factories.organisation() if number % 3 else scene.university
        state = ("proposed", "open", "agreed")[number % 3]
        made = factories.introduction(
            scene.programme, scene.enterprise, other, state=state,
            **({"challenge": factories.challenge(scene.programme, scene.enterprise, issuer_shown=False)} if number % 2 else {}),
        )  # fmt: skip
        factories.cooperation(
            scene.programme, scene.enterprise, other, state=("entered", "running")[number % 2],
            **({"introduction": made} if state == "agreed" else {}),
        )  # fmt: skip
    for what in ("introductions", "cooperations"):
        for caller in (scene.officer, owner):
            assert_same_queries(
                lambda size, caller=caller, what=what: caller.get(f"{scene.base}/{what}?per_page={size}"),
                10,
                100,
                at_most=10,
            )
