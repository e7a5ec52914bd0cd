"""A no stands: who said it once is not asked the same again, neither by a match, an offer, nor a proposal.

A no is said in three places: set aside on a match page (`SetAside`), declined as an introduction, or refused as an offer.
It is about a question and an answer; the question includes the challenges of a need, and the needs of a challenge. A no
to the partner is about everything from that owner over the question. It stands until whoever said it takes it back.

    no_of(question=need, answer=result, owner=result.organisation)              # one pair: the first no, or None
    noes_of(question=…, answer=…, owner=…)                                      # one pair: all of them
    noes_among(questions=[need], answers=results)[need, result]                 # many pairs, in two queries

`owner` is the organisation of the answer. Needs and results are compared as they are, organisations by `same_id`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Q
from django.utils.functional import Promise

from jiandao.kernel.lifecycle.table import CAUSES
from jiandao.stages.exchange.models import Challenge, ChallengeSource, Need, SetAside, Side
from jiandao.stages.people.models import Expert, Organisation

PARTNER = "partner"
ANSWERS = ("result", "capability", "expert")


@dataclass(frozen=True)
class No:
    """A no that stands.

    side : who said it, a `Side`; unit: its organisation by `same_id` (none: the programme office)
    code : why: a value of `SetAside.Why`, or the cause with which an introduction was declined or an offer refused
    of_partner : it is about everything from this partner, not about this answer alone
    """

    side: str
    unit: int | None
    code: str
    of_partner: bool = False

    @property
    def words(self) -> str | Promise:
        """Why, in words that both sides may read."""
        return CAUSES.get(self.code) or SetAside.Why(self.code).label


@dataclass(frozen=True)
class _Pair:
    """A question and an answer with the organisations behind them; one of the two may be missing."""

    question: Need | Challenge | None
    answer: Any
    asker: int | None
    owner: int | None


def no_of(
    *, question: Need | Challenge | None, answer: Any, owner: Organisation | None, asker: Organisation | None = None
) -> No | None:
    """The no that stands against bringing this answer to this question; None when there is none.

    `asker`: for whom it is asked, where that is not the organisation of the question (a challenge that others joined), or
    where there is no question. An answer may be missing: then it is about `owner`.
    """
    return next(iter(noes_of(question=question, answer=answer, owner=owner, asker=asker)), None)


def noes_of(
    *, question: Need | Challenge | None, answer: Any, owner: Organisation | None, asker: Organisation | None = None
) -> list[No]:
    """All noes against the pair."""
    unit = asker if asker is not None else _asker(question)
    pair = _Pair(question, answer, unit.same_id if unit else None, owner.same_id if owner else None)
    return _noes([pair])[pair]


def noes_among(*, questions: Iterable[Need | Challenge], answers: Iterable[Any]) -> dict[tuple[Any, Any], list[No]]:
    """The noes of every pair of these; pairs without one are left out. The number of queries does not grow.

    The records come with their organisations (`select_related`); an answer that is an expert has no owner.
    """
    answers = list(answers)
    pairs = [
        _Pair(
            question,
            answer,
            _asker(question).same_id,
            None if isinstance(answer, Expert) else answer.organisation.same_id,
        )
        for question in questions
        for answer in answers
    ]
    return {(pair.question, pair.answer): found for pair, found in _noes(pairs).items() if found}


def without(record: Any, found: Sequence[Any]) -> list[Any]:
    """The records among `found` that nobody has said no to for `record`; each comes with its organisation."""
    if not found:
        return []
    is_question = isinstance(record, Need | Challenge)
    pairs = (
        noes_among(questions=[record], answers=found) if is_question else noes_among(questions=found, answers=[record])
    )
    refused = {pair[1] if is_question else pair[0] for pair in pairs}
    return [one for one in found if one not in refused]


def _asker(question: Need | Challenge | None) -> Any:
    if question is None:
        return None
    return question.issuer if isinstance(question, Challenge) else question.organisation


_Key = tuple[str, int]


def _key(record: Any) -> _Key:
    return record.kind.rpartition(".")[2], record.pk


def _noes(pairs: Sequence[_Pair]) -> dict[_Pair, list[No]]:
    about = _about([pair.question for pair in pairs if pair.question is not None])
    said = _said(pairs, about)
    return {
        pair: [one.no for one in said if one.counts(pair, about[_key(pair.question)] if pair.question else frozenset())]
        for pair in pairs
    }


def _about(questions: Sequence[Need | Challenge]) -> dict[_Key, frozenset[_Key]]:
    """Each question with its challenges, or its needs."""
    found: dict[_Key, set[_Key]] = defaultdict(set)
    for one in questions:
        found[_key(one)].add(_key(one))
    needs, challenges = _ids(found, "need"), _ids(found, "challenge")
    links = ChallengeSource.everywhere().filter(Q(need__in=needs) | Q(challenge__in=challenges))
    for need, challenge in links.values_list("need", "challenge"):
        both: tuple[_Key, _Key] = ("need", need), ("challenge", challenge)
        for key, other in (both, both[::-1]):
            if key in found:
                found[key].add(other)
    return {key: frozenset(same) for key, same in found.items()}


def _ids(keys: Iterable[_Key], kind: str) -> list[int]:
    return [pk for name, pk in keys if name == kind]


@dataclass(frozen=True)
class _Said:
    """One no as it was said: about which question, answer and organisations."""

    no: No
    questions: frozenset[_Key]  # as an introduction names them: the need and the challenge
    answer: _Key | None
    asker: int | None
    owner: int | None
    of_all: bool = False  # whatever the question

    def counts(self, pair: _Pair, about: frozenset[_Key]) -> bool:
        answer = _key(pair.answer) if pair.answer is not None else None
        same_question = self.of_all or bool(self.questions & about) or not (self.questions or about)
        same_answer = self.answer == answer and (answer is not None or self.owner == pair.owner)
        if self.no.side == Side.ANSWERER:
            # Its owner does not want this question; or nothing from who asks.
            same_asker = self.asker == pair.asker
            return same_answer and (same_question or (self.no.of_partner and same_asker))
        if self.no.side == Side.ASKER and self.asker != pair.asker:
            return False  # of another organisation that asks the same
        return same_question and (same_answer or (self.no.of_partner and self.owner == pair.owner))


# What was set aside; introductions that a side declined; offers that the organisation refused. What a side proposed itself
# afterwards, or took back, is no no any more. In this one place SQL: Django would need five questions for it, and more time to
# put them than the database needs to answer. The last column: it counts whatever the question.
_SAID = """
SELECT 0 AS source, said.id, said.side, unit.same_id, said.why, said.need_id, said.challenge_id, said.result_id,
    said.capability_id, said.expert_id, coalesce(firm.same_id, issuer.same_id), coalesce(owner.same_id, host.same_id), false
FROM jd_exchange_setaside said
    LEFT JOIN jd_people_organisation unit ON unit.id = said.organisation_id
    LEFT JOIN jd_exchange_need need ON need.id = said.need_id
    LEFT JOIN jd_people_organisation firm ON firm.id = need.organisation_id
    LEFT JOIN jd_exchange_challenge challenge ON challenge.id = said.challenge_id
    LEFT JOIN jd_people_organisation issuer ON issuer.id = challenge.issuer_id
    LEFT JOIN jd_exchange_researchresult result ON result.id = said.result_id
    LEFT JOIN jd_people_organisation owner ON owner.id = result.organisation_id
    LEFT JOIN jd_exchange_capability capability ON capability.id = said.capability_id
    LEFT JOIN jd_people_organisation host ON host.id = capability.organisation_id
WHERE said.taken_back_at IS NULL AND (
    said.need_id = ANY(%(need)s) OR said.challenge_id = ANY(%(challenge)s) OR said.why = 'partner' AND (
        said.result_id = ANY(%(result)s) OR said.capability_id = ANY(%(capability)s) OR said.expert_id = ANY(%(expert)s)))

UNION ALL
SELECT 1, said.id, said.closed_by, CASE said.closed_by WHEN 'asker' THEN asker.same_id ELSE answerer.same_id END,
    said.close_cause, said.need_id, said.challenge_id, said.result_id, said.capability_id, NULL,
    asker.same_id, answerer.same_id, false
FROM jd_exchange_introduction said
    LEFT JOIN jd_people_organisation asker ON asker.id = said.asker_id
    LEFT JOIN jd_people_organisation answerer ON answerer.id = said.answerer_id
WHERE said.state = 'declined' AND said.closed_by IN ('asker', 'answerer') AND (
        said.need_id = ANY(%(need)s) OR said.challenge_id = ANY(%(challenge)s)
        OR said.result_id = ANY(%(result)s) OR said.capability_id = ANY(%(capability)s))
    AND NOT EXISTS (
        SELECT FROM jd_exchange_setaside since
        WHERE (since.result_id = said.result_id OR since.capability_id = said.capability_id)
            AND (since.need_id = said.need_id OR since.challenge_id = said.challenge_id)
            AND since.side = said.closed_by AND since.taken_back_at >= said.closed_at)
    AND NOT EXISTS (
        SELECT FROM jd_exchange_introduction since
        WHERE (since.result_id = said.result_id OR since.capability_id = said.capability_id)
            AND (since.need_id = said.need_id OR since.challenge_id = said.challenge_id)
            AND since.proposed_by = said.closed_by AND since.created_at >= said.closed_at)

UNION ALL
SELECT 2, said.id, 'asker', firm.same_id, said.cause, said.need_id, NULL, said.result_id, NULL, NULL,
    firm.same_id, owner.same_id, said.need_id IS NULL OR said.cause LIKE '%%.partner'
FROM jd_exchange_offer said
    JOIN jd_people_organisation firm ON firm.id = said.organisation_id
    JOIN jd_exchange_researchresult result ON result.id = said.result_id
    JOIN jd_people_organisation owner ON owner.id = result.organisation_id
WHERE said.state = 'refused' AND firm.same_id = ANY(%(asker)s) AND owner.same_id = ANY(%(owner)s)
    AND NOT EXISTS (
        SELECT FROM jd_exchange_setaside since
        WHERE since.side = 'asker' AND since.need_id = said.need_id AND since.result_id = said.result_id
            AND since.taken_back_at >= said.answered_at)
ORDER BY 1, 2
"""


def _said(pairs: Sequence[_Pair], about: dict[_Key, frozenset[_Key]]) -> list[_Said]:
    """Every no that may count for one of the pairs."""
    keys = {key for same in about.values() for key in same}
    keys |= {_key(pair.answer) for pair in pairs if pair.answer is not None}
    asked = {kind: _ids(keys, kind) for kind in ("need", "challenge", *ANSWERS)}
    asked["asker"] = list({pair.asker for pair in pairs if pair.asker is not None})
    asked["owner"] = list({pair.owner for pair in pairs if pair.owner is not None})
    with connection.cursor() as cursor:
        cursor.execute(_SAID, asked)
        rows = cursor.fetchall()
    return [
        _Said(
            No(side, unit, why, why.rpartition(".")[2] == PARTNER),
            frozenset(key for key in (("need", need), ("challenge", challenge)) if key[1] is not None),
            next((key for key in zip(ANSWERS, answer, strict=True) if key[1] is not None), None),
            asker,
            owner,
            whatever,
        )
        for _source, _id, side, unit, why, need, challenge, *answer, asker, owner, whatever in rows
    ]
