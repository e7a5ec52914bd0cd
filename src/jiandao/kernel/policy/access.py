"""Fetching a record and checking the right to it in one call, so that neither is forgotten."""

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import Model, QuerySet

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy.decisions import NotAllowed, Refused
from jiandao.kernel.policy.rules import Rule
from jiandao.kernel.policy.sight import seen

M = TypeVar("M", bound=Model)


class Missing(LookupError):
    """There is no such record, or none that this actor may know of: the same answer for both."""


def access(actor: Actor, records: Callable[[], QuerySet[M]], public_id: str, *, see: Rule, do: Rule | None = None) -> M:
    """The record of that public id among those of `records` that `see` shows to the actor.

    Raises Missing when it does not show one, NotAllowed (with the reason) when `do` refuses.
    """
    if "\0" in public_id:  # the database refuses such a text
        raise Missing(public_id)
    # One by its public id: sorting, as `first` would, only costs Django the comparison of all columns.
    shown = seen(see, actor, records, lambda: records().filter(see.q(actor)).order_by())
    record = next(iter(shown.filter(public_id=public_id)[:1]), None)
    if record is None:
        raise Missing(public_id)
    if do is not None and do is not see:
        decide(actor, do, record)
    return record


def decide(actor: Actor, rule: Rule, record: Any) -> str:
    """The role under which the rule allows; NotAllowed with the reason otherwise."""
    answer = rule.decide(actor, record)
    if isinstance(answer, Refused):
        raise NotAllowed(answer)
    return answer.role
