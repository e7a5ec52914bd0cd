"""What was offered, introduced or published becomes need-to-know afterwards: then it is hidden wherever it was told."""

from datetime import timedelta

import pytest

import factories
from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import load_actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.knowers import admit
from jiandao.kernel.lifecycle import perform
from jiandao.kernel.lifecycle.classifying import became_need_to_know
from jiandao.kernel.notifications.models import Notification
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import actions
from jiandao.stages.exchange.introductions import effects, figures, policy, queries
from jiandao.stages.exchange.knowers import RESULT_KNOWERS
from jiandao.stages.exchange.models import Challenge, Need, Offer, ResearchResult
from jiandao.stages.exchange.offers import setting_aside
from stages.exchange.test_challenges import Scene as Triage
from stages.exchange.test_introductions import Scene

NEW_TITLE, NEW_TEXT = "绝密新名", "只给名单上的人看的配方"


@pytest.fixture
def scene(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Scene()


@pytest.fixture
def triage(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    return Triage()


def classify(scene, researcher):
    """The owner's researcher writes a trade secret into the published result."""
    with in_programme(scene.programme):
        return actions.edit_result(
            actor=researcher,
            result=scene.result,
            expected_version=scene.result.version,
            values={
                "secrecy": "trade-secret",
                "secret_until": clock.today() + timedelta(days=900),
                "title": NEW_TITLE,
                "text": NEW_TEXT * 5,
            },
        )


def read(response):
    body = response.streaming_content if response.streaming else [response.content]
    return b"".join(body).decode("utf-8", "replace")


def test_nobody_off_the_list_reads_it_through_an_offer_or_an_introduction(scene):
    introduction, offer = scene.propose(), factories.offer(scene.result, scene.firm)
    researcher = scene.member("研究员", Role.RESEARCHER, scene.university)
    with in_programme(scene.programme):
        effects.tell_sides(scene.office, introduction, ["asker"], "introduction.remind", days=3)
    classify(scene, researcher)
    offer.refresh_from_db()
    assert offer.state == "recalled"
    auditor = factories.actor((Role.AUDITOR, scene.programme))
    api = f"/api/v1/p/{scene.programme.slug}"
    for who in (scene.owner, scene.officer, auditor):
        client = factories.english_client(who)
        for name, record in (("introduction", introduction), ("offer", offer)):
            assert client.get(scene.url(name, record)).status_code == 404
            assert client.get(f"{api}/{name}s/{record.public_id}").status_code == 404
            for address in (
                scene.url(f"{name}s"), f"{scene.url(f'{name}s')}?q={NEW_TITLE}", scene.url(f"{name}-export", form="csv"),
                f"{api}/{name}s",
            ):  # fmt: skip
                text = read(client.get(address))
                assert record.public_id not in text, address
                assert "?q=" in address or NEW_TITLE not in text, address
    facts = Notification.objects.filter(kind=introduction.kind).values_list("facts", flat=True)
    assert facts
    assert all(set(one.values()) <= {"", introduction.public_id} for one in facts)


def test_nor_in_the_technology_check_or_the_timeline_of_a_need(scene):
    need = factories.need(scene.programme, scene.firm, state="assessing", form_passed_at=clock.now())
    department = factories.actor((Role.DEPARTMENT, scene.programme))
    title, open_one = scene.result.title, factories.result(scene.programme, scene.university, title="公开的成果")
    values = {"verdict": "partly", "where": "武汉", "trl": None, "note": "有"}
    with in_programme(scene.programme):
        both = [scene.result, open_one]
        actions.assess(actor=department, need=need, expected_version=None, values=values, results=both)
        setting_aside.set_aside(actor=scene.owner, record=scene.need, other=scene.result, why="known")
    classify(scene, scene.member("研究员", Role.RESEARCHER, scene.university))
    for who in (scene.officer, scene.owner):
        for one in (need, scene.need):
            page = factories.english_client(who).get(scene.url("need", one)).content.decode()
            assert NEW_TITLE not in page
            assert title not in page
    assert open_one.title in factories.english_client(scene.officer).get(scene.url("need", need)).content.decode()


def test_the_figures_count_nothing_that_hangs_on_a_hidden_result(scene):
    done = factories.introduction(
        scene.programme, scene.firm, scene.university, state="agreed", need=scene.need, result=scene.result
    )
    factories.cooperation(scene.programme, scene.firm, scene.university, introduction=done, amount_fen=500)
    with in_programme(scene.programme):
        whole, _lines = figures.lines(scene.officer, "field")
        assert (whole.introduced, whole.in_contact, whole.cooperating, len(whole.days)) == (1, 1, 1, 1)
        assert figures.money(scene.officer).amount_fen == 500
    classify(scene, scene.member("研究员", Role.RESEARCHER, scene.university))
    with in_programme(scene.programme):
        whole, _lines = figures.lines(scene.officer, "field")
        assert (whole.published, whole.introduced, whole.in_contact, whole.cooperating, whole.days) == (1, 0, 0, 0, [])
        assert figures.money(scene.officer).amount_fen == 0


def test_whoever_keeps_the_list_admits_the_other_side_of_an_open_introduction(scene):
    introduction = factories.introduction(
        scene.programme, scene.firm, scene.university, state="open", result=scene.result
    )
    researcher = scene.member("研究员", Role.RESEARCHER, scene.university)
    classify(scene, researcher)
    owner = load_actor(scene.owner.account)
    with in_programme(scene.programme):
        assert not queries.introductions(owner).exists()
        assert not policy.TAKE_PART.decide(owner, queries.introduction_records().get(pk=introduction.pk))
        result = ResearchResult.objects.get(pk=scene.result.pk)
        admit(actor=load_actor(researcher.account), record=result, rules=RESULT_KNOWERS, accounts=[owner.account])
        owner = load_actor(scene.owner.account)
        assert queries.introductions(owner).get() == introduction
        assert policy.TAKE_PART.decide(owner, queries.introduction_records().get(pk=introduction.pk))


def test_with_a_need_goes_the_challenge_that_says_the_same_to_everybody(triage):
    perform(actor=triage.officer, record=triage.assessed(), verb="publish")
    need = Need.everywhere().get()
    Need.everywhere().filter(pk=need.pk).update(secrecy="work-secret")
    need.refresh_from_db()
    with in_programme(triage.programme):
        became_need_to_know(actor=triage.owner, record=need)
    assert Challenge.everywhere().get().state == "withdrawn"
    assert not Offer.everywhere().exists()
