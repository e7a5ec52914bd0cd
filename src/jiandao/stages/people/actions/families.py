"""Entering, ending and voiding family ties."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked, save_version
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.stages.people import policy
from jiandao.stages.people.models import FamilyTie, Organisation

COMMON_VERBS.update(
    {"tie": _("enter a family tie"), "end-tie": _("end a family tie"), "void-tie": _("declare a family tie void")}
)
name_fact("tie", _("family tie"))
name_fact("since", _("since"))
name_fact("until", _("until"))
name_fact("known_from", _("known from"))
reasons.add(
    {
        "family.itself": _("An organisation does not belong to itself; the two entries are one."),
        "family.there": _("This tie is there already and has not ended."),
        "family.order": _("The end (%(until)s) lies before the beginning (%(since)s)."),
        "family.over": _("This tie has ended or was declared void already."),
        "family.circle": _("%(head)s belongs to %(member)s already, so it cannot be its head."),
        "family.reason": _("Say why: whoever relied on this tie will read it."),
    }
)


@transaction.atomic
def add_tie(*, actor: Actor, organisation: Organisation, values: dict[str, Any]) -> FamilyTie:
    """Enter a tie of `organisation`, which is its member or its head. NotAllowed says what does not fit."""
    role = decide(actor, policy.ADD_TIE, organisation)
    tie = FamilyTie(created_by=actor.account, **values)
    if organisation.pk not in {tie.member_id, tie.head_id}:
        raise ValueError("the tie is of other organisations")
    _check(tie)
    tie.save()
    _note(tie, actor=actor, role=role, verb="tie", rule=policy.ADD_TIE.code)
    return tie


def _check(tie: FamilyTie) -> None:
    if tie.since and tie.until and tie.until < tie.since:
        raise NotAllowed(Refused("family.order", facts={"since": tie.since, "until": tie.until}))
    if tie.head is None:
        return
    if tie.head.root_id == tie.member.root_id:
        raise NotAllowed(Refused("family.itself"))
    open_ones = FamilyTie.objects.filter(voided_at__isnull=True).filter(
        Q(until__isnull=True) | Q(until__gte=clock.today())
    )
    member, head = tie.member.root_id, tie.head.root_id
    if open_ones.filter(member__same_id=head, head__same_id=member).exists():
        raise NotAllowed(Refused("family.circle", facts={"head": tie.head.name, "member": tie.member.name}))
    same = open_ones.filter(member__same_id=member, head__same_id=head, tie_kind=tie.tie_kind)
    if tie.until is None and same.filter(until__isnull=True).exists():
        raise NotAllowed(Refused("family.there"))


@transaction.atomic
def end_tie(*, actor: Actor, tie: FamilyTie, until: date, reason: str) -> FamilyTie:
    """The tie held until that day, which is its last. What was decided while it held stays as it was."""
    fresh: FamilyTie = locked(tie)
    role = decide(actor, policy.END_TIE, fresh)
    if fresh.voided_at or fresh.until is not None:
        raise NotAllowed(Refused("family.over"))
    if fresh.since and until < fresh.since:
        raise NotAllowed(Refused("family.order", facts={"since": fresh.since, "until": until}))
    fresh.until = until
    save_version(fresh, ["until"])
    _note(fresh, actor=actor, role=role, verb="end-tie", rule=policy.END_TIE.code, reason=reason)
    return fresh


@transaction.atomic
def void_tie(*, actor: Actor, tie: FamilyTie, reason: str) -> FamilyTie:
    """The tie was never true: nothing follows from it any more, on any day."""
    fresh: FamilyTie = locked(tie)
    role = decide(actor, policy.END_TIE, fresh)
    if not reason.strip():
        raise NotAllowed(Refused("family.reason"))
    if fresh.voided_at:
        raise NotAllowed(Refused("family.over"))
    fresh.voided_at = clock.now()
    save_version(fresh, ["voided_at"])
    _note(fresh, actor=actor, role=role, verb="void-tie", rule=policy.END_TIE.code, reason=reason)
    return fresh


def _note(tie: FamilyTie, *, actor: Actor, role: str, verb: str, rule: str, reason: str = "") -> None:
    """One entry on the tie and on each organisation that it is about."""
    facts = {
        "tie": f"{tie} ({tie.get_tie_kind_display()})",
        "since": tie.since.isoformat() if tie.since else "",
        "until": tie.until.isoformat() if tie.until else "",
        "known_from": tie.source,
    }
    about: list[Any] = [tie, tie.member, *([tie.head] if tie.head else [])]
    for one in about:
        journal.record(actor=actor, role=role, verb=verb, record=one, facts=facts, reason=reason, rule=rule)
