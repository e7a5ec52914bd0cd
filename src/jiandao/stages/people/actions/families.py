"""Entering, ending and voiding family ties."""

from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, locked, save_version
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.stages.people import gate, policy, states
from jiandao.stages.people.actions.members import create_person
from jiandao.stages.people.models import FamilyTie, Organisation
from jiandao.stages.people.queries import ids_same_as_any

COMMON_VERBS.update(
    {"tie": _("enter a family tie"), "end-tie": _("end a family tie"), "void-tie": _("declare a family tie void")}
)
MESSAGES.update(
    {
        "family-tie.ask": _("A family tie of your organisation was entered; confirm or contest it: %(title)s"),
        "family-tie.enter": _("A family tie of your organisation was entered: %(title)s"),
    }
)
name_fact("tie", _("family tie"))
name_fact("since", _("since"))
name_fact("until", _("until"))
name_fact("known_from", _("known from"))
reasons.add(
    {
        "family.itself": _("An organisation does not belong to itself; the two entries are one."),
        "family.there": _("This tie is there already on some of these days; end that one first, or declare it void."),
        "family.order": _("The end (%(until)s) lies before the beginning (%(since)s)."),
        "family.over": _("This tie has ended or was declared void already."),
        "family.earlier": _("It ends on %(until)s already; it can be ended earlier, not later."),
        "family.reason": _("Say why: whoever relied on this tie will read it."),
    }
)


@transaction.atomic
def add_tie(
    *, actor: Actor, organisation: Organisation, values: dict[str, Any], controller_name: str = ""
) -> FamilyTie:
    """Enter a tie of `organisation`, which is its member or its head. NotAllowed says what does not fit.

    It counts at once when the actor may confirm it (an officer who acts for neither side); otherwise the other side is
    asked. `controller_name`: a person who is not in the directory yet, and is entered with the tie.
    """
    role = decide(actor, policy.ADD_TIE, organisation)
    transaction_lock("people.family")  # two ties at once could close a circle, or be one
    if controller_name:
        values = values | {"controller": create_person(actor=actor, values={"name": controller_name})}
    tie = FamilyTie(created_by=actor.account, state=states.ENTERED, entered_for=organisation, **values)
    if organisation.pk not in {tie.member_id, tie.head_id}:
        raise ValueError("the tie is of other organisations")
    _check(tie, actor)
    if policy.CONFIRM_TIE.decide(actor, tie):
        tie.state, tie.entered_for = states.CONFIRMED, None
    tie.save()
    _note(tie, actor=actor, role=role, verb="tie", rule=policy.ADD_TIE.code)
    _tell(tie, actor, organisation)
    return tie


def _check(tie: FamilyTie, actor: Actor) -> None:
    if tie.since and tie.until and tie.until < tie.since:
        raise NotAllowed(Refused("family.order", facts={"since": tie.since, "until": tie.until}))
    if tie.head is not None and tie.head.root_id == tie.member.root_id:
        raise NotAllowed(Refused("family.itself"))
    circle = gate.no_circle(actor, tie, actor.at)
    if isinstance(circle, Refused):
        raise NotAllowed(circle)
    same = FamilyTie.objects.filter(
        member__same_id=tie.member.root_id, tie_kind=tie.tie_kind, voided_at__isnull=True
    ).filter(_upper(tie))
    if tie.until is not None:
        same = same.filter(Q(since__isnull=True) | Q(since__lte=tie.until))
    if tie.since is not None:
        same = same.filter(Q(until__isnull=True) | Q(until__gte=tie.since))
    if same.exists():
        raise NotAllowed(Refused("family.there"))


def _upper(tie: FamilyTie) -> Q:
    if tie.head is not None:
        return Q(head__same_id=tie.head.root_id)
    assert tie.controller is not None  # by constraint
    return Q(controller__same_id=tie.controller.root_id)


def _tell(tie: FamilyTie, actor: Actor, organisation: Organisation) -> None:
    """The other side is asked; of what an officer entered both sides read."""
    waits = tie.state == states.ENTERED
    sides = {one.pk: one for one in (tie.member, tie.head) if one is not None}
    told = [one.pk for one in sides.values() if not (waits and one.root_id == organisation.root_id)]
    accounts = holders({Role.UNIT_ADMINISTRATOR}, Scope.ORGANISATION, ids_same_as_any(told))
    code = "family-tie.ask" if waits else "family-tie.enter"
    tell(accounts=list(accounts), code=code, record=tie, actor=actor, facts={"title": str(tie)})


@transaction.atomic
def end_tie(*, actor: Actor, tie: FamilyTie, until: date, reason: str) -> FamilyTie:
    """The tie held until that day, which is its last. What was decided while it held stays as it was."""
    fresh: FamilyTie = locked(tie)
    role = decide(actor, policy.END_TIE, fresh)
    if fresh.voided_at or (fresh.until is not None and fresh.until < clock.today()):
        raise NotAllowed(Refused("family.over"))
    if fresh.until is not None and until >= fresh.until:
        raise NotAllowed(Refused("family.earlier", facts={"until": fresh.until}))
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
