"""The demonstration is itself tested: every state, one account a role, deterministic, plainly marked, whole journal."""

import pytest
from django.db.models import Count, F
from django.test import Client

import factories
from api.conftest import token_for
from harness.demonstration import plan
from jiandao.engines.files import BadInputError
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.journal.seal import seal_all
from jiandao.kernel.journal.verify import verify
from jiandao.kernel.lifecycle import allowed
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search.follower import rebuild
from jiandao.stages.exchange import matching, queries, states
from jiandao.stages.exchange.introductions import figures
from jiandao.stages.exchange.models import (
    Capability,
    Challenge,
    ChallengeSource,
    Introduction,
    Need,
    ResearchResult,
)
from jiandao.stages.people.models import Expert, Organisation
from jiandao.web.demonstration.build import build
from jiandao.web.demonstration.composing import SMALL, needs, results
from jiandao.web.demonstration.loading.frame import SOURCE
from jiandao.web.demonstration.players import PASSWORD, PLAYERS

PLAN = plan()


@pytest.fixture
def programme(demonstration):
    return demonstration


def test_its_passwords_open_nothing_but_it_and_only_from_its_machine(programme, settings):
    def signs_in(address, **headers):
        client = Client(REMOTE_ADDR=address, **headers)
        return (
            client
            if client.post("/accounts/login/", {"login": "officer", "password": PASSWORD}).status_code == 302
            else None
        )

    assert signs_in("203.0.113.7") is None
    assert signs_in("127.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.7") is None, (
        "a gateway here asks for somebody elsewhere"
    )
    inside = signs_in("127.0.0.1")
    actor = factories.load_actor(Account.objects.get(username="officer"))
    secret = token_for(actor.account)
    asked = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    assert Client().get("/api/v1/organisations", **asked).status_code == 200
    settings.JIANDAO_DEMONSTRATION = False
    assert signs_in("127.0.0.1") is None
    assert "/accounts/login/" in inside.get("/messages/").headers["Location"]
    assert Client().get("/api/v1/organisations", **asked).status_code == 401


def test_answers_come_some_days_after_the_need(programme):
    officer = factories.load_actor(Account.objects.get(username="officer"))
    with in_programme(programme):
        whole, _lines = figures.lines(officer, "field")
    assert whole.days_to_first >= 1


@pytest.mark.parametrize("real", [factories.programme, factories.organisation, factories.account])
def test_it_is_never_built_beside_real_records(db, real):
    real()
    with pytest.raises(BadInputError, match="DATABASE_URL"):
        build(PLAN)
    assert not Account.objects.filter(is_demonstration=True).exists()


def test_the_demonstration_is_whole_and_marked(programme):
    assert build(PLAN) == programme  # a second start leaves it as it is
    assert Organisation.objects.filter(is_demonstration=True).count() == PLAN.organisations
    assert not Organisation.objects.filter(is_demonstration=False).exists()
    assert not Account.objects.filter(is_demonstration=False).exists()
    assert {player.username for player in PLAYERS} <= set(Account.objects.values_list("username", flat=True))
    assert ResearchResult.everywhere().count() == PLAN.results
    assert Expert.objects.count() >= PLAN.experts
    assert Capability.everywhere().count() >= PLAN.capabilities
    with in_programme(programme):
        shown = states.need_reader.annotate(Need.objects.all(), factories.clock.now())
        assert set(shown.values_list("state_now", flat=True)) == states.NEED_ALL
        home = Account.objects.get(username="enterprise").person.memberships.get().organisation
        assert set(shown.filter(organisation=home).values_list("state_now", flat=True)) == states.NEED_ALL
    seal_all()
    assert verify().sound
    client = Client()
    assert client.post("/accounts/login/", {"login": "officer", "password": PASSWORD}).status_code == 302
    assert "演示数据" in client.get(f"/p/{programme.slug}/").content.decode()


def test_what_it_holds_is_possible(programme):
    """Bulk writing goes around the actions: what they promise must hold all the same."""
    now = factories.clock.now()
    with in_programme(programme):
        out = Need.objects.filter(state="published", secrecy="public")
        assert set(out.values_list("organisation__state", flat=True)) == {"verified"}
        assert not out.annotate(n=Count("lineage")).exclude(n=1).exists()
        merged = Need.objects.filter(state="merged")
        assert merged.exists()
        assert ChallengeSource.objects.filter(need__in=merged, how="merged").count() == merged.count()
        assert not ChallengeSource.objects.exclude(challenge__field=F("need__field")).exists()
        met = Introduction.objects.all()
        assert met.exclude(need=None).values("need").distinct().count() > met.count() // 2
        assert not met.exclude(need__lineage__challenge=F("challenge")).exists()
        assert not met.exclude(asker=F("need__organisation")).exists()
        assert not met.exclude(result=None).exclude(result__field=F("need__field")).exists()
        assert not Need.objects.filter(state__in=["returned", "rejected"], drop_cause="").exists()
        assert not Challenge.objects.exclude(secrecy="public").exists()
        stamps = Need.objects.exclude(published_at=None).values_list(
            "created_at", "submitted_at", "form_passed_at", "assessed_at", "published_at", "changed_at"
        )
        assert all(list(one) == sorted(one) and one[-1] <= now for one in stamps)
        secret = Need.objects.exclude(secrecy="public")
        assert secret.exists()
        assert not secret.exclude(search=None).exists()
        whole, _fields = figures.lines(factories.load_actor(Account.objects.get(username="officer")), "field")
        assert 0 < whole.cooperating < whole.in_contact < whole.introduced < whole.published
        assert not Introduction.objects.filter(state="proposed", opened_at__isnull=False).exists()
        public = factories.load_actor(None)
        assert not queries.needs(public).exclude(secrecy="public").exists()


def test_officers_can_go_on_with_what_was_loaded(programme):
    officer = factories.load_actor(Account.objects.get(username="officer"))
    with in_programme(programme):
        waiting = Need.objects.filter(state="submitted", source=SOURCE, deadline__gt=factories.clock.today())
        need = queries.need_records().get(pk=waiting.order_by("pk")[0].pk)
        assert allowed(officer, need)["check"]
    client = factories.english_client(officer)
    page = client.get(f"/p/{programme.slug}/needs/{need.public_id}/")
    assert page.status_code == 200
    assert "submit" in page.content.decode()


def test_a_need_finds_what_was_composed_to_answer_it(programme):
    rebuild()
    answers = {str(text.index): text.answers for text in results(PLAN)}
    wanted = {str(text.index): text.answered_by for text in needs(PLAN)}
    officer = factories.load_actor(Account.objects.get(username="officer"))
    met = hits = 0
    with in_programme(programme):
        for need in queries.need_records().filter(state="published", source=SOURCE, secrecy="public")[:30]:
            found = matching.best(officer, need, "result", 5)
            keys = {answers.get(one.record.source_id) for one in found}
            met += 1
            hits += bool(keys & wanted[need.source_id])
    assert met >= 15
    assert hits >= 0.8 * met  # and something to get wrong


def test_its_content_is_the_same_every_time():
    assert list(needs(SMALL, 0, 30)) == list(needs(SMALL, 0, 30))
    assert [text.title for text in results(SMALL, 0, 50)] == [text.title for text in results(SMALL, 0, 50)]
