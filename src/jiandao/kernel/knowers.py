"""Who may know of a confidential record: putting people on its need-to-know list, and taking them off it.

Both say whom, never what the list shall be: two people who change it at once do not undo each other's change.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal, secrecy
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.names import names_of
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.policy import Refused, Rule
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, Decision, NotAllowed, reasons
from jiandao.kernel.programme import beside

COMMON_VERBS.update({"admit": _("admit to the list"), "dismiss": _("take off the list")})
MESSAGES["secrecy.admitted"] = _("You may read a confidential record from now on: %(title)s")
name_fact("added", _("may read it from now on"))
name_fact("removed", _("may not read it any more"))
reasons.add(
    {
        "secrecy.not_offered": _("Only those whom the page offers can be put on this list."),
        "secrecy.yourself": _("You cannot take yourself off the list; somebody else on it can."),
    }
)


@dataclass(frozen=True)
class Circle:
    """People whom a list may name, under the words that they share."""

    label: str | Promise
    accounts: QuerySet[Account]


@dataclass(frozen=True)
class KnowerList:
    """The need-to-know lists of one kind of record: who may change them, and whom they may name.

    `may_go` is asked, after the change and in its transaction, whether the record still has those whom it needs.
    """

    admit: Rule
    dismiss: Rule
    circles: Callable[[Any], Sequence[Circle]]
    may_go: Callable[[Actor, Any, datetime], Decision] | None = None


@transaction.atomic
def admit(*, actor: Actor, record: Any, rules: KnowerList, accounts: Collection[Account]) -> None:
    """Put accounts on the list and tell them; those on it already stay. NotAllowed when one of them is not offered."""
    with beside(record):
        fresh = locked(record)
        role = decide(actor, rules.admit, fresh)
        offered = {key for circle in rules.circles(fresh) for key in circle.accounts.values_list("pk", flat=True)}
        here = set(secrecy.knowers(fresh.kind, fresh.pk).values_list("pk", flat=True))
        added = list({one.pk: one for one in accounts if one.pk not in here}.values())
        if not {one.pk for one in added} <= offered:
            raise NotAllowed(Refused("secrecy.not_offered"))
        if not added:
            return
        secrecy.admit(kind=fresh.kind, record_id=fresh.pk, accounts=added, by=actor.account)
        _note(actor, role, "admit", fresh, {"added": _named(added)}, rules.admit)
        tell(accounts=added, code="secrecy.admitted", record=fresh, actor=actor, facts={"title": fresh.public_id})


@transaction.atomic
def dismiss(*, actor: Actor, record: Any, rules: KnowerList, accounts: Collection[Account]) -> None:
    """Take accounts off the list; those not on it are passed over. NotAllowed for oneself, and as `may_go` says."""
    with beside(record):
        fresh = locked(record)
        role = decide(actor, rules.dismiss, fresh)
        here = set(secrecy.knowers(fresh.kind, fresh.pk).values_list("pk", flat=True))
        removed = [one for one in accounts if one.pk in here]
        if actor.account_id in {one.pk for one in removed}:
            raise NotAllowed(Refused("secrecy.yourself", Aspect.GUARD))
        if not removed:
            return
        secrecy.dismiss(kind=fresh.kind, record_id=fresh.pk, accounts=removed)
        answer = rules.may_go(actor, fresh, actor.at) if rules.may_go is not None else None
        if isinstance(answer, Refused):
            raise NotAllowed(answer)
        _note(actor, role, "dismiss", fresh, {"removed": _named(removed)}, rules.dismiss)


def _note(actor: Actor, role: str, verb: str, record: Any, facts: dict[str, Any], rule: Rule) -> None:
    journal.record(actor=actor, role=role, verb=verb, record=record, facts=facts, rule=rule.code)


def _named(accounts: Sequence[Account]) -> list[str]:
    """People as the journal keeps them: a name and the sign-in name, which is never given to somebody else."""
    names = names_of({account.pk for account in accounts})
    return [f"{names[account.pk]} ({account.username})" for account in accounts]
