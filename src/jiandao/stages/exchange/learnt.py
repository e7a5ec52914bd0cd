"""What the outcomes of matches teach the engine: weights of its channels, old and new, replayed; `weighing.py` puts them to use.

Outcomes are those that the reader may read: introductions that both sides accepted, offers that were taken up; and what was
refused because the texts speak of another thing or do not reach the indicators. A no for the price or the partner
says nothing of the texts and is left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q

from jiandao.engines.matching import Channel, Match
from jiandao.engines.matching.learning import Outcome, Proposal, learn, raw_signals
from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.programme import current_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.index import Found
from jiandao.stages.exchange import matching, policy
from jiandao.stages.exchange.introductions import figures, states
from jiandao.stages.exchange.introductions import policy as meeting
from jiandao.stages.exchange.models import Introduction, Need, Offer, ResearchResult, SetAside
from jiandao.stages.exchange.offers import states as offers
from jiandao.stages.exchange.offers.policy import READ_OFFER

OF_THE_TEXTS = frozenset({SetAside.Why.OBJECT.value, SetAside.Why.INDICATORS.value})
MOST_QUERIES = 200  # the newest ones; each is explained anew


@dataclass(frozen=True)
class Learnt:
    """`accepted`, `refused`: outcomes that could be used, of needs with both kinds; `channels`: those of the index with the
    weights that are on; `defaults`: with those that are set."""

    proposal: Proposal
    accepted: int
    refused: int
    channels: Mapping[str, Channel]
    defaults: Mapping[str, Channel]


@dataclass(frozen=True)
class _Told:
    """What became of a result for a need; the last word counts."""

    accepted: bool
    at: datetime


def learnt(actor: Actor) -> Learnt:
    """What the engine proposes in the current programme. Nine queries at most; MatchIndexError while there is no index."""
    channels, defaults = index.channels(actor, current_programme().pk), index.channels(actor)
    outcomes = list(_outcomes(actor, channels))
    accepted = sum(outcome.accepted for outcome in outcomes)
    proposal = learn(outcomes, channels, defaults=defaults)
    return Learnt(proposal, accepted, len(outcomes) - accepted, channels, defaults)


def _outcomes(actor: Actor, channels: Mapping[str, Channel]) -> Iterator[Outcome]:
    """With the values of the channels as the index gives them today; records that it does not hold any more are left out."""
    told = _both(_told(actor))
    needs = Need.objects.filter(policy.READ_NEED.q(actor), pk__in=told)
    wanted = {result for results in told.values() for result in results}
    results = ResearchResult.objects.filter(policy.READ_RESULT.q(actor), pk__in=wanted).in_bulk()
    for need in needs.select_related("programme"):
        found = [
            Found(results[pk], Match(results[pk].public_id, 0.0), channels=channels)
            for pk in sorted(told[need.pk])
            if pk in results
        ]
        query = matching.need_document(need)
        for one in index.explained(actor=actor, query=query, found=found):
            if one.match.signals:
                said = told[need.pk][one.record.pk]
                values = raw_signals(one.match.signals, channels)
                yield Outcome(need.public_id, one.record.public_id, said.accepted, clock.local(said.at).date(), values)


def _told(actor: Actor) -> dict[int, dict[int, _Told]]:
    found: dict[int, dict[int, _Told]] = defaultdict(dict)
    rows = sorted(
        [*_introduced(actor), *_offered(actor), *_set_aside(actor)], key=lambda row: (row[2], row[:2], row[3])
    )
    for need, result, at, accepted in rows:
        found[need][result] = _Told(accepted, at)
    return found


def _both(told: Mapping[int, dict[int, _Told]]) -> dict[int, dict[int, _Told]]:
    """The newest needs that have an accepted and a refused answer: from others no order can be learnt."""
    both = {need: results for need, results in told.items() if len({one.accepted for one in results.values()}) == 2}
    newest = sorted(both, key=lambda need: (max(one.at for one in both[need].values()), need), reverse=True)
    return {need: both[need] for need in newest[:MOST_QUERIES]}


_Row = tuple[int, int, datetime, bool]


def _introduced(actor: Actor) -> Iterable[_Row]:
    rows = Introduction.objects.filter(
        meeting.READ_INTRODUCTION.q(actor),
        Q(opened_at__isnull=False) | Q(state=states.DECLINED, closed_at__isnull=False),
        need__isnull=False,
        result__isnull=False,
    ).values_list("need", "result", "opened_at", "closed_at", "close_cause")
    for need, result, opened, closed, cause in rows.order_by():
        if opened is not None:
            yield need, result, opened, True
        elif figures.cause_of(cause) in OF_THE_TEXTS:
            yield need, result, closed, False


def _offered(actor: Actor) -> Iterable[_Row]:
    rows = Offer.objects.filter(
        READ_OFFER.q(actor), state__in=(offers.TAKEN_UP, offers.REFUSED), need__isnull=False, answered_at__isnull=False
    ).values_list("need", "result", "answered_at", "state", "cause")
    for need, result, at, state, cause in rows.order_by():
        if state == offers.TAKEN_UP or figures.cause_of(cause) in OF_THE_TEXTS:
            yield need, result, at, state == offers.TAKEN_UP


def _set_aside(actor: Actor) -> Iterable[_Row]:
    rows = SetAside.objects.filter(
        need__in=Need.objects.filter(policy.READ_NEED.q(actor)),
        result__isnull=False,
        taken_back_at__isnull=True,
        why__in=OF_THE_TEXTS,
    ).values_list("need", "result", "at")
    return ((need, result, at, False) for need, result, at in rows.order_by())
