"""What lists, the global search and the match index find for somebody is what the policy opens to them; need-to-know
records are in no index (decision 0005)."""

import pytest

import factories
from jiandao.kernel.programme import in_programme
from jiandao.kernel.search import follower, index
from jiandao.kernel.search.query import containing
from jiandao.kernel.secrecy import NEED_TO_KNOW
from jiandao.stages.exchange import matching, policy, queries
from jiandao.stages.exchange.capabilities import policy as capability_policy
from jiandao.stages.exchange.capabilities import queries as capability_queries
from jiandao.stages.exchange.models import ResearchResult
from policy import worlds


@pytest.fixture
def world(db, tmp_path, settings):
    settings.JIANDAO_DATA = tmp_path
    index.forget_opened()
    yield worlds.build()
    index.forget_opened()


def test_words_find_what_the_policy_opens_and_nothing_else(world):
    with in_programme(world.inside):
        for visitor in world.visitors:
            for kind, rule, records in (
                ("exchange.need", policy.READ_NEED, queries.needs(visitor.actor)),
                ("exchange.challenge", policy.READ_CHALLENGE, queries.challenges(visitor.actor)),
                ("exchange.result", policy.READ_RESULT, queries.results(visitor.actor)),
                (
                    "exchange.capability",
                    capability_policy.READ_CAPABILITY,
                    capability_queries.capabilities(visitor.actor),
                ),
            ):
                here = [one.pk for one in world.records[kind].values()]
                found = set(containing(records.filter(pk__in=here), "碳化硅").values_list("pk", flat=True))
                opened = {
                    one.pk
                    for one in world.records[kind].values()
                    if one.secrecy not in NEED_TO_KNOW and rule.decide(visitor.actor, one)
                }
                assert found == opened, (kind, visitor)


def test_the_match_index_proposes_what_the_policy_opens_and_nothing_else(world):
    follower.rebuild()
    with in_programme(world.inside):
        need = factories.need(world.inside, world.other, state="draft", title="碳化硅外延缺陷控制", problem="缺陷")
        out = list(ResearchResult.everywhere().filter(state="published"))
        for visitor in world.visitors:
            found = {one.record.pk for one in matching.results_for(visitor.actor, need, top=100)}
            opened = {
                one.pk
                for one in out
                if one.secrecy not in NEED_TO_KNOW and policy.READ_RESULT.decide(visitor.actor, one)
            }
            assert found == opened, visitor
