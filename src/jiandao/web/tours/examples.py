"""Which records the stops of a tour show: the reader's own where there are any, always by the reader's rights."""

from typing import Any

from django.db.models import QuerySet

from jiandao.kernel.pages.gate import Request
from jiandao.stages.exchange import queries, states
from jiandao.stages.exchange.capabilities import queries as capability_queries
from jiandao.stages.exchange.introductions import queries as meeting_queries
from jiandao.stages.exchange.models import Need, ResearchResult
from jiandao.stages.people import queries as people_queries


def needs(*wanted: str, own: bool = False) -> Any:
    """Needs in one of these states that the reader may see; `own`: of the reader's organisations."""

    def records(request: Request) -> QuerySet[Need]:
        found = queries.needs(request.actor).filter(states.need_reader.q(list(wanted), request.actor.at))
        return found.filter(organisation__same_id__in=request.actor.organisations) if own else found

    return records


def challenges(request: Request) -> QuerySet[Any]:
    return queries.challenges(request.actor).filter(states.challenge_reader.q([states.PUBLISHED], request.actor.at))


def results(request: Request) -> QuerySet[ResearchResult]:
    found = queries.results(request.actor).filter(state=states.PUBLISHED)
    own = found.filter(organisation__same_id__in=request.actor.organisations)
    return own if request.actor.organisations else found


def introductions(request: Request) -> QuerySet[Any]:
    return meeting_queries.introductions(request.actor)


def capabilities(request: Request) -> QuerySet[Any]:
    return capability_queries.capabilities(request.actor).filter(state="published")


def own_organisation(request: Request) -> QuerySet[Any]:
    return people_queries.organisations(request.actor).filter(same_id__in=request.actor.organisations)


def own_entry(request: Request) -> QuerySet[Any]:
    return people_queries.experts(request.actor).filter(person__account=request.actor.account_id)
