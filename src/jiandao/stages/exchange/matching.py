"""Needs and results as texts for the engine, and what it finds, as records that the policy shows."""

from collections.abc import Sequence

from django.db.models import QuerySet

from jiandao.engines.matching import Document
from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.programme import current_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.index import Found, MatchIndexError
from jiandao.kernel.search.query import containing
from jiandao.stages.exchange import policy, queries, states
from jiandao.stages.exchange.models import Challenge, Need, ResearchResult

TOP = 20
SHORTEST_HINT = 8  # characters from which looking for similar needs makes sense


def need_document(need: Need) -> Document:
    """What a need says, for the engine."""
    text = "\n".join(part for part in (need.problem, need.goal) if part)
    return index.labelled(need, title=need.title, text=text, keywords=tuple(need.keywords), language=need.language)


def result_document(result: ResearchResult) -> Document:
    """What a result says, for the engine."""
    return index.labelled(
        result, title=result.title, text=result.text, keywords=tuple(result.keywords), language=result.language
    )


def needs_in_index() -> QuerySet[Need]:
    """Needs that belong in an index: published ones. Expired ones stay, the page leaves them out."""
    return Need.everywhere().filter(state=states.PUBLISHED)


def results_in_index() -> QuerySet[ResearchResult]:
    """Results that belong in an index."""
    return ResearchResult.everywhere().filter(state=states.PUBLISHED)


def register() -> None:
    index.register(index.Source(Need.kind, needs_in_index, need_document))
    index.register(index.Source(ResearchResult.kind, results_in_index, result_document))


def results_for(actor: Actor, need: Need, top: int = TOP) -> list[Found[ResearchResult]]:
    """The best published results for a need, with reasons. MatchIndexError while the index is being built."""
    return index.find(
        actor=actor,
        query=need_document(need),
        kind=ResearchResult.kind,
        programme_id=need.programme_id,
        records=queries.result_records(),
        see=policy.READ_RESULT,
        top=top,
    )


def needs_for(actor: Actor, result: ResearchResult, top: int = TOP) -> list[Found[Need]]:
    """The best open needs for a result, with reasons."""
    return index.find(
        actor=actor,
        query=result_document(result),
        kind=Need.kind,
        programme_id=result.programme_id,
        records=queries.need_records().filter(states.need_reader.q([states.PUBLISHED], clock.now())),
        see=policy.READ_NEED,
        top=top,
    )


def similar_challenges(actor: Actor, need: Need, top: int = 5) -> list[Challenge]:
    """Open challenges and drafts that may ask for the same as a need, found by its strongest words."""
    open_ones = queries.challenges(actor).filter(states.challenge_reader.q([states.DRAFT, states.PUBLISHED], actor.at))
    words = [word for word in need.keywords if len(word) > 1][:5] or [need.title]
    found = open_ones.none()
    for word in words:
        found = found | containing(open_ones, word)
    return list(found.order_by("-published_at", "-id")[:top])


def similar_needs(actor: Actor, text: str, *, own: str = "", top: int = 5) -> Sequence[Found[Need]]:
    """Needs in the index, published once, that are like a text being typed; none for a very short one or without index."""
    if len(text.strip()) < SHORTEST_HINT:
        return []
    try:
        return index.find(
            actor=actor,
            query=Document("typed", text=text[:4000]),
            kind=Need.kind,
            programme_id=current_programme().pk,
            records=queries.need_records(),
            see=policy.READ_NEED,
            top=top,
            exclude=[own] if own else [],
        )
    except MatchIndexError:
        return []
