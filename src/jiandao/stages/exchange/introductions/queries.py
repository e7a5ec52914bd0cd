"""What can be asked about introductions, cooperations and their outcomes."""

from datetime import date, timedelta

from django.db.models import QuerySet

from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.exchange import rules
from jiandao.stages.exchange.introductions import policy, states
from jiandao.stages.exchange.models import CooperationRecord, Introduction

LONGEST = 600  # months; what an officer writes beyond is a slip
_RELATED = (
    "programme", "need", "challenge", "result", "capability", "asker", "answerer", "need__organisation",
    "challenge__issuer",
)  # fmt: skip


def introductions(actor: Actor) -> QuerySet[Introduction]:
    """Introductions of the current programme that the actor may see, with `state_now`."""
    found = Introduction.objects.filter(policy.READ_INTRODUCTION.q(actor)).select_related(*_RELATED)
    return states.introduction_reader.annotate(found, actor.at)


def introduction_records() -> QuerySet[Introduction]:
    """Introductions of the current programme for `access`, with all that a page of one shows."""
    return Introduction.objects.select_related(
        *_RELATED, "asker_contact", "answerer_contact", "asker_contact__account", "answerer_contact__account",
        "result__organisation", "capability__organisation",
    ).prefetch_related("cooperations", "papers")  # fmt: skip


_PARTNERS = ("programme", "asker", "answerer", "introduction")


def cooperations(actor: Actor) -> QuerySet[CooperationRecord]:
    """Cooperations of the current programme that the actor may see, with `state_now`."""
    found = CooperationRecord.objects.filter(policy.READ_COOPERATION.q(actor)).select_related(*_PARTNERS)
    return states.cooperation_reader.annotate(found, actor.at)


def cooperation_records() -> QuerySet[CooperationRecord]:
    """Cooperations of the current programme for `access`, with all that a page of one shows."""
    return CooperationRecord.objects.select_related(
        *_PARTNERS, "introduction__need", "introduction__challenge", "introduction__result", "introduction__capability",
        "introduction__programme", "introduction__asker", "introduction__answerer",
    )  # fmt: skip


def outcome_months(on: date, programme: int) -> list[int]:
    """After how many months outcomes are asked for, as the rule says on that day."""
    said = rules.OUTCOME_MONTHS.at(on, programme).value
    return sorted({int(one) for one in said if one.isdecimal() and 0 < int(one) <= LONGEST})


def due_months(cooperation: CooperationRecord, on: date, reported: set[int]) -> list[int]:
    """After how many months an outcome is due by that day and not reported; a confirmed cooperation only."""
    if cooperation.state not in states.CONFIRMED:
        return []
    asked = outcome_months(on, cooperation.programme_id)
    return [months for months in asked if months not in reported and after(cooperation.signed_on, months) <= on]


def after(day: date, months: int) -> date:
    """The same day so many months later; the last of the month where that month is shorter."""
    year, month = divmod(day.month - 1 + months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(day.year + year, month + 1, min(day.day, last))
        except ValueError:
            continue
    raise ValueError(day)  # every month has 28 days


def signed_until(on: date, months: int) -> date:
    """The last day of signing from which so many months are over on that day."""
    day = on - timedelta(days=months * 28)  # no month is shorter
    while after(day, months) > on:
        day -= timedelta(days=1)
    return day


__all__ = [
    "after",
    "cooperation_records",
    "cooperations",
    "due_months",
    "introduction_records",
    "introductions",
    "outcome_months",
    "signed_until",
]
