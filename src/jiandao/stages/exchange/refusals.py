"""A no stands: who said it once is not asked the same again, neither by a match, an offer, nor a proposal.

A no is said in three places: set aside on a match page (`SetAside`), declined as an introduction, or refused as an offer.
It is about a question and an answer; the question includes the challenges of a need, and the needs of a challenge. A no
to the partner is about everything from that owner over the question. It stands until whoever said it takes it back.

    no_of(question=need, answer=result, owner=result.organisation)              # one pair: the first no, or None
    noes_of(question=…, answer=…, owner=…)                                      # one pair: all of them
    noes_among(questions=[need], answers=results)[need, result]                 # many pairs, in five queries

`owner` is the organisation of the answer. Needs and results are compared as they are, organisations by `same_id`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, F, OuterRef, Q
from django.utils.functional import Promise

from jiandao.kernel.lifecycle.table import CAUSES
from jiandao.stages.exchange.models import Challenge, ChallengeSource, Introduction, Need, Offer, SetAside, Side
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


def concern(record: Any) -> bool:
    """Whether any no was said about a question, or about an answer or its owner. One query; mostly there is none."""
    name = _key(record)[0]
    set_aside = Q(**{name: record})
    declined, refused = Q(pk__in=()), Q(pk__in=())
    if isinstance(record, Need | Challenge):
        unit = _asker(record).same_id
        link, other = ("challenge", "need") if isinstance(record, Need) else ("need", "challenge")
        linked = ChallengeSource.everywhere().filter(**{other: record}).values(link)
        set_aside |= Q(**{f"{link}__in": linked})
        declined = Q(**{name: record}) | Q(**{f"{link}__in": linked}) | Q(asker__same_id=unit)
        refused = Q(organisation__same_id=unit)
    elif not isinstance(record, Expert):
        unit = record.organisation.same_id
        set_aside |= Q(why=SetAside.Why.PARTNER) & (
            Q(result__organisation__same_id=unit) | Q(capability__organisation__same_id=unit)
        )
        declined = Q(answerer__same_id=unit)
        refused = Q(result__organisation__same_id=unit)
    said = SetAside.everywhere().filter(set_aside, taken_back_at__isnull=True).order_by().values("pk")
    turned_down = Introduction.everywhere().filter(declined, state="declined").order_by().values("pk")
    return said.union(
        turned_down, Offer.everywhere().filter(refused, state="refused").order_by().values("pk"), all=True
    ).exists()


def without(record: Any, found: Sequence[Any]) -> list[Any]:
    """The records among `found` that nobody has said no to for `record`; each comes with its organisation."""
    if not found or not concern(record):
        return list(found)
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
    said = [*_set_aside(pairs, about), *_declined(pairs, about), *_refused(pairs)]
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


def _set_aside(pairs: Sequence[_Pair], about: dict[_Key, frozenset[_Key]]) -> list[_Said]:
    everything = {key for same in about.values() for key in same}
    answers = {_key(pair.answer) for pair in pairs if pair.answer is not None}
    of_question = Q(need__in=_ids(everything, "need")) | Q(challenge__in=_ids(everything, "challenge"))
    of_answer = Q(pk__in=())
    for name in ANSWERS:
        of_answer |= Q(**{f"{name}__in": _ids(answers, name)})
    rows = SetAside.everywhere().filter(
        of_question & of_answer | (of_question | of_answer) & Q(why=SetAside.Why.PARTNER), taken_back_at__isnull=True
    )
    found = []
    for row in rows.select_related("organisation", "need__organisation", "challenge__issuer", "result__organisation",
                                   "capability__organisation").order_by("pk"):  # fmt: skip
        answer = row.result or row.capability
        found.append(
            _Said(
                No(
                    row.side,
                    row.organisation.same_id if row.organisation else None,
                    row.why,
                    row.why == PARTNER,
                ),
                frozenset({("need", row.need_id) if row.need_id else ("challenge", row.challenge_id or 0)}),
                next((name, getattr(row, f"{name}_id")) for name in ANSWERS if getattr(row, f"{name}_id")),
                _asker(row.need or row.challenge).same_id,
                answer.organisation.same_id if answer is not None else None,
            )
        )
    return found


def _declined(pairs: Sequence[_Pair], about: dict[_Key, frozenset[_Key]]) -> list[_Said]:
    """Introductions that a side declined; what it proposed itself afterwards, or took back, is no no any more."""
    everything = {key for same in about.values() for key in same}
    answers = {_key(pair.answer) for pair in pairs if pair.answer is not None}
    same_result, same_capability = Q(result=OuterRef("result")), Q(capability=OuterRef("capability"))
    same_answer = same_result | same_capability
    same_question = Q(need=OuterRef("need")) | Q(challenge=OuterRef("challenge"))
    taken_back = SetAside.everywhere().filter(
        same_answer, same_question, side=OuterRef("closed_by"), taken_back_at__gte=OuterRef("closed_at")
    )
    proposed_since = Introduction.everywhere().filter(
        same_answer, same_question, proposed_by=OuterRef("closed_by"), created_at__gte=OuterRef("closed_at")
    )
    rows = (
        Introduction.everywhere()
        .filter(
            Q(need__in=_ids(everything, "need"))
            | Q(challenge__in=_ids(everything, "challenge"))
            | Q(result__in=_ids(answers, "result"))
            | Q(capability__in=_ids(answers, "capability")),
            state="declined",
            closed_by__in=[Side.ASKER, Side.ANSWERER],
        )
        .exclude(Exists(taken_back) | Exists(proposed_since))
        .order_by("pk")
    )
    return [
        _Said(
            No(by, asker if by == Side.ASKER else owner, cause, cause.endswith(f".{PARTNER}")),
            frozenset(key for key in (("need", need), ("challenge", challenge)) if key[1] is not None),
            ("result", result) if result else ("capability", capability) if capability else None,
            asker,
            owner,
        )
        for by, cause, need, challenge, result, capability, asker, owner in rows.values_list(
            "closed_by", "close_cause", "need", "challenge", "result", "capability", "asker__same_id",
            "answerer__same_id",
        )
    ]  # fmt: skip


def _refused(pairs: Sequence[_Pair]) -> list[_Said]:
    """Offers that the organisation refused; without a need, or when it wants nothing from the owner, whatever the question."""
    askers = {pair.asker for pair in pairs if pair.asker is not None}
    owners = {pair.owner for pair in pairs if pair.owner is not None}
    taken_back = SetAside.everywhere().filter(
        side=Side.ASKER, need=OuterRef("need"), result=OuterRef("result"), taken_back_at__gte=OuterRef("answered_at")
    )
    rows = (
        Offer.everywhere()
        .filter(state="refused", organisation__same_id__in=askers, result__organisation__same_id__in=owners)
        .exclude(Exists(taken_back))
        .annotate(unit=F("organisation__same_id"), owner=F("result__organisation__same_id"))
        .order_by("pk")
    )
    return [
        _Said(
            No(Side.ASKER, unit, cause, cause.endswith(f".{PARTNER}")),
            frozenset({("need", need)} if need else ()),
            ("result", result),
            unit,
            owner,
            of_all=need is None or cause.endswith(f".{PARTNER}"),
        )
        for cause, need, result, unit, owner in rows.values_list("cause", "need", "result", "unit", "owner")
    ]
