"""What is known of a question and an answer beside their texts, as far as the reader may know it.

Deny by default. Field, direction, money and level are read from records that the reader sees with these very facts on
their pages. Place and past cooperations would tell who asks: they count only where both organisations are named to
everybody who sees the records, and cooperations only as far as the reader may read them.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q

from jiandao.engines.matching import Signal, normalise
from jiandao.engines.matching.facts import Asked, Offered, signals
from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.exchange.introductions import policy, states
from jiandao.stages.exchange.models import Capability, Challenge, CooperationRecord, Need, ResearchResult
from jiandao.stages.people.models import Organisation

# An indicator of one of these names asks for a level of maturity; needs have no field of their own for it.
LEVEL_NAMES = frozenset(
    {
        "trl",
        "技术成熟度",
        "技术成熟度等级",
        "技术就绪度",
        "技术就绪度等级",
        "technology readiness level",
        "readiness level",
    }
)


@dataclass(frozen=True)
class Facts:
    """What is known of a pair."""

    asked: Asked
    offered: Offered

    @property
    def signals(self) -> tuple[Signal, ...]:
        """What it adds to the score and takes away."""
        return signals(self.asked, self.offered)


def facts_of(actor: Actor, record: Any, others: Sequence[Any]) -> Mapping[Any, Facts]:
    """What is known of a record with each of the others; those of which nothing can be known are left out. At most one query.

    The records come with their organisations and, questions, with their indicators.
    """
    pairs = {
        other: (record, other) if isinstance(record, Need | Challenge) else (other, record)
        for other in others
        if _comparable(record, other)
    }
    past = _past(actor, pairs.values())
    asked = {question: _asked(question) for question in {question for question, _answer in pairs.values()}}
    return {
        other: Facts(asked[question], _offered(answer, question, past)) for other, (question, answer) in pairs.items()
    }


def _comparable(one: Any, other: Any) -> bool:
    questions = [isinstance(record, Need | Challenge) for record in (one, other)]
    answers = [isinstance(record, ResearchResult | Capability) for record in (one, other)]
    return any(questions) and any(answers)


def _asked(question: Need | Challenge) -> Asked:
    return Asked(
        fields=_code(question.field_id),
        directions=_code(question.direction_id),
        level=_level_asked(question),
        money_fen=question.budget_fen,
        region=str(_place(question) or ""),
    )


def _offered(answer: Any, question: Any, past: Mapping[tuple[int, int], Counter[str]]) -> Offered:
    together = past.get(_pair(question, answer) or (0, 0), Counter())
    is_result = isinstance(answer, ResearchResult)
    return Offered(
        fields=_code(answer.field_id),
        level=level_of(answer),
        money_fen=answer.price_fen if is_result else None,  # a price for an hour is no price of an answer
        region=str(answer.organisation.prefecture_id or ""),
        finished=together[states.FINISHED],
        failed=together[states.STOPPED],
    )


def _code(term_id: int | None) -> frozenset[str]:
    return frozenset() if term_id is None else frozenset({str(term_id)})


def level_of(answer: Any) -> int | None:
    """The level of maturity that an answer has, or brings work to."""
    if isinstance(answer, ResearchResult):
        return int(answer.trl.code) if answer.trl is not None and answer.trl.code.isdecimal() else None
    return answer.level_to  # type: ignore[no-any-return]


def asks_level(name: str) -> bool:
    """Whether an indicator of that name asks for a level of maturity."""
    return normalise(name) in LEVEL_NAMES


def _level_asked(question: Need | Challenge) -> int | None:
    levels = [
        math.floor(one.threshold) + 1 if one.comparator == "gt" else math.ceil(one.threshold)
        for one in question.indicators.all()
        if asks_level(one.name) and one.comparator in {"ge", "gt", "eq"} and 1 <= one.threshold <= 9
    ]
    return max(levels, default=None)


def _asker(question: Need | Challenge) -> Organisation | None:
    """The organisation that asks, where it is named to all who see the question."""
    if isinstance(question, Challenge):
        return question.issuer if question.issuer_shown else None
    return None if question.anonymous else question.organisation


def _place(question: Need | Challenge) -> int | None:
    asker = _asker(question)
    if asker is None:
        return None
    return question.prefecture_id if isinstance(question, Challenge) else asker.prefecture_id


def _pair(question: Need | Challenge, answer: Any) -> tuple[int, int] | None:
    asker = _asker(question)
    if asker is None or asker.same_id == answer.organisation.same_id:
        return None
    return _in_order(asker.same_id, answer.organisation.same_id)


def _in_order(one: int, other: int) -> tuple[int, int]:
    return (one, other) if one < other else (other, one)


def _past(actor: Actor, pairs: Iterable[tuple[Any, Any]]) -> dict[tuple[int, int], Counter[str]]:
    """Cooperations of two organisations, whichever of them asked, by how they ended; those that the actor may read."""
    wanted = {pair for question, answer in pairs if (pair := _pair(question, answer))}
    if not wanted or actor.account is None:
        return {}
    units = {unit for pair in wanted for unit in pair}
    rows = (
        CooperationRecord.objects.filter(
            policy.READ_COOPERATION.q(actor), Q(state__in=(states.FINISHED, states.STOPPED)),
            asker__same_id__in=units, answerer__same_id__in=units,
        )
        .order_by()
        .values_list("asker__same_id", "answerer__same_id", "state")
        .annotate(times=Count("pk"))
    )  # fmt: skip
    found: dict[tuple[int, int], Counter[str]] = {}
    for asker, answerer, state, times in rows:
        pair = _in_order(asker, answerer)
        if pair in wanted:
            found.setdefault(pair, Counter())[state] += times
    return found
