"""Questions and answers of the exchange as texts for the engine, and what it finds, as records that the policy shows.

Questions are needs and challenges, answers are results and capabilities. The best answers are looked for from a
question's page, the best questions from an answer's.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiandao.engines.matching import Document, Signal
from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy import Rule
from jiandao.kernel.policy.sight import seen
from jiandao.kernel.programme import Programme, current_programme
from jiandao.kernel.search import index
from jiandao.kernel.search.index import Found, MatchIndexError
from jiandao.kernel.search.query import containing
from jiandao.stages.exchange import known_facts, policy, queries, states
from jiandao.stages.exchange.capabilities import policy as capability_policy
from jiandao.stages.exchange.capabilities import queries as capability_queries
from jiandao.stages.exchange.capabilities import states as capability_states
from jiandao.stages.exchange.models import Capability, Challenge, Need, ResearchResult
from jiandao.stages.people import policy as people_policy
from jiandao.stages.people import queries as people_queries
from jiandao.stages.people import states as people_states
from jiandao.stages.people.models import Expert

TOP = 20
LOOKED_AT = 30  # so many are found before facts put them in order and facets narrow them
SHORTEST_HINT = 8  # characters from which looking for similar needs makes sense
STALE_WEIGHT = 0.5  # what its unit has not confirmed for a year counts half, and the page says so


def need_document(need: Need) -> Document:
    """What a need says, for the engine."""
    text = "\n".join(part for part in (need.problem, need.goal) if part)
    return index.labelled(
        need, title=need.title, text=text, keywords=tuple(need.keywords), language=need.language, until=need.deadline
    )


def text_document(record: Any) -> Document:
    """What a result, a capability or a challenge says, for the engine."""
    return index.labelled(
        record,
        title=record.title,
        text=record.text,
        keywords=tuple(record.keywords),
        language=record.language,
        until=record.deadline if isinstance(record, Challenge) else None,
    )


@dataclass(frozen=True)
class Kind:
    """One kind of record that is matched: `belongs` are those in an index, `offered` those that a page may show (where
    `see` goes by rights alone, the same all day)."""

    code: str
    label: str | Promise
    model: type[Any]
    document: Callable[[Any], Document]
    belongs: Q
    records: Callable[[], QuerySet[Any]]
    offered: Callable[[datetime], Q]
    see: Rule
    weight: Callable[[Any, datetime], float] = lambda record, at: 1.0
    shared: bool = False  # of the directory that all programmes share
    ends: bool = False  # its documents have a last day


def expert_document(expert: Expert) -> Document:
    """What an expert has done and knows, for the engine."""
    text = "\n".join([expert.text, *(work.title for work in expert.works.all())])
    return index.labelled(expert, title=expert.post, text=text, keywords=tuple(expert.keywords), language="zh")


def _experts_asked(at: datetime) -> Q:
    """Experts who have consented, take requests, are not away, and whom no measure keeps from it."""
    return people_states.expert_reader.q([people_states.ACTIVE], at)


def _capability_weight(capability: Any, at: datetime) -> float:
    stale = capability_states.capability_reader.of(capability, at) == capability_states.STALE
    return STALE_WEIGHT if stale else 1.0


KINDS = (
    Kind(
        "challenge", _("Challenges"), Challenge, text_document, Q(state=states.PUBLISHED), queries.challenge_records,
        lambda at: states.challenge_reader.q([states.PUBLISHED], at), policy.READ_CHALLENGE, ends=True,
    ),
    Kind(
        "need", _("Needs"), Need, need_document, Q(state=states.PUBLISHED), queries.need_records,
        lambda at: states.need_reader.q([states.PUBLISHED], at), policy.READ_NEED, ends=True,
    ),
    Kind(
        "result", _("Results"), ResearchResult, text_document, Q(state=states.PUBLISHED), queries.result_records,
        lambda at: Q(state=states.PUBLISHED), policy.READ_RESULT,
    ),
    Kind(
        "capability", _("Capabilities"), Capability, text_document, Q(state=capability_states.PUBLISHED),
        capability_queries.capability_records, lambda at: Q(state=capability_states.PUBLISHED),
        capability_policy.READ_CAPABILITY, _capability_weight,
    ),
    Kind(
        "expert", _("Experts"), Expert, expert_document, Q(state=people_states.ACTIVE), people_queries.expert_records,
        _experts_asked, people_policy.READ_EXPERT, shared=True,
    ),
)  # fmt: skip
BY_CODE = {kind.code: kind for kind in KINDS}
QUESTIONS, ANSWERS = ("challenge", "need"), ("result", "capability", "expert")


def kind_of(record: Any) -> Kind:
    """The kind of a record; KeyError when it is not matched."""
    return BY_CODE[record.kind.rpartition(".")[2]]


def others(kind: Kind) -> tuple[str, ...]:
    """The kinds that are looked for from a record of this one."""
    return ANSWERS if kind.code in QUESTIONS else QUESTIONS


def register() -> None:
    for kind in KINDS:
        index.register(index.Source(kind.model.kind, _in_index(kind), kind.document))


def _in_index(kind: Kind) -> Callable[[], QuerySet[Any]]:
    # Expired ones stay in the index, where similar needs are found; a search that names a day leaves them out.
    if kind.shared:
        return lambda: kind.records().filter(kind.belongs)
    return lambda: kind.model.everywhere().filter(kind.belongs)


def best(
    actor: Actor, record: Any, wanted: str, top: int = TOP, *, programme: Programme | None = None, reasons: bool = True
) -> list[Found[Any]]:
    """The best records of the kind `wanted` for a record, with reasons. MatchIndexError while the index is being built.

    For a record of the shared directory, `programme` says where its questions are looked for. Reasons cost more than
    the rest: a page that shows a part of what was found asks for those alone (`explained`).
    """
    kind, at = BY_CODE[wanted], clock.now()
    found = index.find(
        actor=actor,
        query=kind_of(record).document(record),
        kind=kind.model.kind,
        programme_id=None if kind.shared else programme.pk if programme is not None else record.programme_id,
        visible=seen(
            kind.see, actor, kind, lambda: kind.records().filter(kind.offered(at), kind.see.q(actor)).order_by()
        ),
        top=max(top, LOOKED_AT),  # facts may put one of the rest among the best
        reasons=False,
        on=clock.local(at).date() if kind.ends else None,
    )
    known = known_facts.facts_of(actor, record, [one.record for one in found])
    found = _ranked([replace(one, beside=known.get(one.record)) for one in found], kind, at)[:top]
    return explained(actor, record, wanted, found) if reasons and found else found


def explained(actor: Actor, record: Any, wanted: str, found: Sequence[Found[Any]]) -> list[Found[Any]]:
    """What `best` found without reasons, with them."""
    query, kind, at = kind_of(record).document(record), BY_CODE[wanted], clock.now()
    told = index.explained(actor=actor, query=query, found=found)
    # What has left the index in between comes back as it was, weighed already.
    weighed = [old if new.match is old.match else _weighed(new, kind, at) for old, new in zip(found, told, strict=True)]
    return sorted(weighed, key=_order)


def _ranked(found: Sequence[Found[Any]], kind: Kind, at: datetime) -> list[Found[Any]]:
    return sorted((_weighed(one, kind, at) for one in found), key=_order)


def _order(found: Found[Any]) -> tuple[float, str]:
    return -found.match.score, found.match.document


def _weighed(found: Found[Any], kind: Kind, at: datetime) -> Found[Any]:
    """With what the weight of its text takes away, and what facts add, as contributions of their own: all still add up."""
    match, weight = found.match, kind.weight(found.record, at)
    more = [] if weight == 1.0 else [Signal("weight.stale", match.score * weight - match.score)]
    more += found.beside.signals if found.beside is not None else ()
    if not more:
        return found
    score = match.score + math.fsum(signal.contribution for signal in more)
    return replace(found, match=replace(match, score=score, signals=(*match.signals, *more)))


def results_for(actor: Actor, need: Need, top: int = TOP) -> list[Found[ResearchResult]]:
    """The best published results for a need, with reasons. MatchIndexError while the index is being built."""
    return best(actor, need, "result", top)


def needs_for(actor: Actor, result: ResearchResult, top: int = TOP) -> list[Found[Need]]:
    """The best open needs for a result, with reasons."""
    return best(actor, result, "need", top)


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
            visible=seen(
                policy.READ_NEED, actor, "like", lambda: queries.need_records().filter(policy.READ_NEED.q(actor))
            ),
            top=top,
            exclude=[own] if own else [],
            task=index.TOPICAL,
        )
    except MatchIndexError:
        return []
