"""“Not this, because …”: kept for the pair of a question and an answer, by the side that says so."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.policy import Rule
from jiandao.kernel.policy.access import decide
from jiandao.kernel.programme import beside
from jiandao.stages.exchange import matching
from jiandao.stages.exchange.models import SetAside, Side
from jiandao.stages.exchange.offers import policy
from jiandao.stages.people.models import Expert, Organisation
from jiandao.stages.people.queries import units_of

COMMON_VERBS["set-aside"] = _("set a match aside")
COMMON_VERBS["take-back"] = _("take a match up again")
name_fact("match", _("match"))
name_fact("why", _("why not"), lambda code: str(dict(SetAside.Why.choices).get(code, code)))
name_fact("because", _("in words"))

RULES: dict[str, Rule] = {
    "need": policy.SET_ASIDE_NEED,
    "challenge": policy.SET_ASIDE_CHALLENGE,
    "result": policy.SET_ASIDE_RESULT,
    "capability": policy.SET_ASIDE_CAPABILITY,
    "expert": policy.SET_ASIDE_EXPERT,
}


def unit_of(record: Any) -> Organisation | None:
    """The organisation that a record is of: of a challenge its issuer, of an expert where the expert works today."""
    if isinstance(record, Expert):
        return next(iter(units_of(record.person)), None)
    return record.issuer if hasattr(record, "issuer") else record.organisation  # type: ignore[no-any-return]


def title_of(record: Any) -> str:
    """The title of a record; of an expert, the name."""
    return str(record) if isinstance(record, Expert) else str(record.title)


def _question(record: Any, other: Any) -> Any:
    """The one of the two that lies in a programme for certain: experts are shared by all."""
    return record if matching.kind_of(record).code in matching.QUESTIONS else other


def pair_of(record: Any, other: Any) -> dict[str, Any]:
    """Both records by the names of the fields that hold them."""
    return {matching.kind_of(one).code: one for one in (record, other)}


def _side(actor: Actor, record: Any, role: str) -> tuple[str, Organisation | None]:
    """For whom the actor speaks: the organisation of the record, or the office."""
    unit = unit_of(record)
    if isinstance(record, Expert):
        return (Side.OFFICE, None) if role == Role.PROGRAMME_OFFICER else (Side.ANSWERER, unit)
    assert unit is not None  # every other kind is of an organisation
    if role != Role.PROGRAMME_OFFICER and unit.same_id in actor.scopes(Role(role), Scope.ORGANISATION):
        question = matching.kind_of(record).code in matching.QUESTIONS
        return (Side.ASKER if question else Side.ANSWERER), unit
    return Side.OFFICE, None


@transaction.atomic
def set_aside(*, actor: Actor, record: Any, other: Any, why: str, note: str = "") -> SetAside:
    """The side of `record` does not want `other`. Said twice, it is kept once."""
    with beside(_question(record, other)):
        role = decide(actor, RULES[matching.kind_of(record).code], record)
        side, unit = _side(actor, record, role)
        assert actor.account is not None  # the rule lets nobody else through
        pair = pair_of(record, other)
        try:
            with transaction.atomic():
                made: SetAside = SetAside.objects.create(
                    programme_id=_question(record, other).programme_id,
                    side=side,
                    organisation=unit,
                    why=SetAside.Why(why),
                    note=note.strip()[:500],
                    by=actor.account,
                    **pair,
                )
        except IntegrityError:
            kept: SetAside = SetAside.objects.get(
                **_whole(pair), side=side, organisation=unit, taken_back_at__isnull=True
            )
            return kept
        facts = {"match": other.public_id, "why": why, "because": made.note}
        journal.record(actor=actor, role=role, verb="set-aside", record=record, facts=facts)
        return made


@transaction.atomic
def take_back(*, actor: Actor, record: Any, other: Any) -> int:
    """What the actor's side had set aside counts as a match again; how many were taken back."""
    with beside(_question(record, other)):
        role = decide(actor, RULES[matching.kind_of(record).code], record)
        side, unit = _side(actor, record, role)
        pair = _whole(pair_of(record, other))
        open_ones = SetAside.objects.filter(side=side, taken_back_at__isnull=True, **pair)
        if not isinstance(record, Expert):  # what an expert said is the expert's, at whatever unit it was
            open_ones = open_ones.filter(organisation=unit)
        count = open_ones.update(taken_back_at=clock.now())
        if count:
            facts = {"match": other.public_id}
            journal.record(actor=actor, role=role, verb="take-back", record=record, facts=facts)
        return count


def _whole(pair: dict[str, Any]) -> dict[str, Any]:
    return {code: pair.get(code) for code in RULES}


def set_aside_for(actor: Actor, record: Any, wanted: str) -> list[SetAside]:
    """What either side has set aside for a record, newest first, with the records of the kind `wanted`: those that the
    actor may see. Two queries."""
    code, kind = matching.kind_of(record).code, matching.BY_CODE[wanted]
    found = SetAside.objects.filter(**{code: record, f"{wanted}__isnull": False}, taken_back_at__isnull=True)
    newest = list(found.select_related("organisation")[:200])
    if not newest:  # as almost always
        return []
    keys = {getattr(one, f"{wanted}_id") for one in newest}
    seen = {one.pk: one for one in kind.records().filter(kind.see.q(actor), pk__in=keys)}
    shown = [one for one in newest if getattr(one, f"{wanted}_id") in seen]
    for one in shown:
        setattr(one, wanted, seen[getattr(one, f"{wanted}_id")])
    return shown
