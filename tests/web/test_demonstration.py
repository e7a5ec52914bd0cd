"""The demonstration is itself tested: every state, one account a role, deterministic, plainly marked, whole journal."""

from django.test import Client

import factories
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.journal.seal import seal_all
from jiandao.kernel.journal.verify import verify
from jiandao.kernel.programme import in_programme
from jiandao.stages.exchange import queries, states
from jiandao.stages.exchange.models import Need, ResearchResult
from jiandao.stages.people.models import Organisation
from jiandao.web.demonstration import content
from jiandao.web.demonstration.build import NEEDS, PASSWORD, PLAYERS, RESULTS, build


def test_the_demonstration_is_whole_and_marked(db, settings, tmp_path):
    settings.JIANDAO_DATA = tmp_path
    programme = build()
    assert build() == programme  # a second start leaves it as it is
    assert (Need.everywhere().count(), ResearchResult.everywhere().count()) == (NEEDS, RESULTS)
    assert Organisation.objects.filter(is_demonstration=True).count() == 20
    with in_programme(programme):
        shown = states.need_reader.annotate(Need.objects.all(), factories.clock.now())
        assert set(shown.values_list("state_now", flat=True)) == states.NEED_ALL
        home = Organisation.objects.get(name=content.ENTERPRISES[0])
        assert set(shown.filter(organisation=home).values_list("state_now", flat=True)) == states.NEED_ALL
    assert not Account.objects.filter(is_demonstration=False).exists()
    assert {player.username for player in PLAYERS} <= set(Account.objects.values_list("username", flat=True))
    seal_all()
    assert verify().sound
    client = Client()
    assert client.post("/accounts/login/", {"login": "officer", "password": PASSWORD}).status_code == 302
    assert "演示数据" in client.get(f"/p/{programme.slug}/").content.decode()
    # A second officer knows one of the two confidential needs, the public neither.
    with in_programme(programme):
        assert not queries.needs(factories.load_actor(None)).exclude(secrecy="public").exists()


def test_its_content_is_the_same_every_time():
    assert list(content.needs(30)) == list(content.needs(30))
    assert [values["title"] for _, values in content.results(50)] == [v["title"] for _, v in content.results(50)]
