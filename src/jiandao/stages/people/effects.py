"""What follows from a transition, in the same transaction."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal, sameness
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.lifecycle.perform import COMMON_VERBS, Event
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.kernel.policy.decisions import NotAllowed, Refused
from jiandao.kernel.search.changes import note_change
from jiandao.stages.people import gate, policy
from jiandao.stages.people.models import MergeProposal, Organisation
from jiandao.stages.people.queries import ids_same_as, ids_same_as_any

COMMON_VERBS.update(
    {
        "merge": _("merge"),
        "unmerge": _("undo the merge"),
        "confirm-tie": _("confirm a family tie"),
        "contest-tie": _("contest a family tie"),
    }
)
MESSAGES.update(
    {
        "organisation.verify": _("The entry of your organisation was verified: %(title)s"),
        "organisation.doubt": _("The entry of your organisation was doubted: %(title)s. Reason: %(reason)s"),
        "family-tie.confirm": _("A family tie was confirmed and counts now: %(title)s"),
        "family-tie.contest": _("A family tie was contested: %(title)s. Reason: %(reason)s"),
        "certificate.check": _("A certificate was accepted: %(title)s"),
        "certificate.refuse": _("A certificate was not accepted: %(title)s. Reason: %(reason)s"),
    }
)


def refresh_index(event: Event) -> None:
    """Ask the followers of the match index to look at the record again."""
    note_change(event.record)


def tell_unit(event: Event) -> None:
    """The unit administrators of the organisation that the record is, or belongs to."""
    record = event.record
    organisation_id = record.pk if isinstance(record, Organisation) else record.organisation_id
    told = holders({Role.UNIT_ADMINISTRATOR}, Scope.ORGANISATION, ids_same_as(organisation_id))
    code = f"{record.kind.partition('.')[2]}.{event.verb}"
    facts = {"title": str(record), "reason": event.reason}
    tell(accounts=list(told), code=code, record=record, actor=event.actor, facts=facts)


def merge_into_first(event: Event) -> None:
    _merge(event, winner=event.record.first, loser=event.record.second)


def merge_into_second(event: Event) -> None:
    _merge(event, winner=event.record.second, loser=event.record.first)


def _merge(event: Event, *, winner: Organisation, loser: Organisation) -> None:
    merge = sameness.merge(actor=event.actor, loser=loser, winner=winner, reason=event.reason)
    # The guard looked before the lock: a code may have been entered or merged in between.
    answer = gate.codes_agree(event.actor, MergeProposal.objects.get(pk=event.record.pk), event.at)
    if isinstance(answer, Refused):
        raise NotAllowed(answer)
    MergeProposal.objects.filter(pk=event.record.pk).update(merge=merge)
    _note(event, "merge", loser, winner)


def undo_merge(event: Event) -> None:
    """Take the merge of this proposal back; what was merged since otherwise stays."""
    record = event.record
    sameness.undo(merge=record.merge)
    loser = record.first if record.merge.loser_id == record.first_id else record.second
    _note(event, "unmerge", loser, record.second if loser is record.first else record.first)


def answer_tie(event: Event) -> None:
    """Who entered a tie reads what the other side, or an officer, says of it; both organisations remember it."""
    tie = event.record
    units = [one.pk for one in (tie.member, tie.head) if one is not None]
    for one in (tie.member, tie.head):
        if one is not None:
            facts = {"tie": f"{tie} ({tie.get_tie_kind_display()})"}
            journal.record(
                actor=event.actor,
                verb=f"{event.verb}-tie",
                record=one,
                reason=event.reason,
                facts=facts,
                rule=policy.CONFIRM_TIE.code,
            )
    told = holders({Role.UNIT_ADMINISTRATOR}, Scope.ORGANISATION, ids_same_as_any(units))
    facts = {"title": str(tie), "reason": event.reason}
    tell(accounts=list(told), code=f"family-tie.{event.verb}", record=tie, actor=event.actor, facts=facts)


def _note(event: Event, verb: str, loser: Organisation, winner: Organisation) -> None:
    for one, other in ((loser, winner), (winner, loser)):
        facts: dict[str, Any] = {"other": f"{other.name} ({other.public_id})"}
        journal.record(
            actor=event.actor, verb=verb, record=one, reason=event.reason, facts=facts, rule=policy.DECIDE_MERGE.code
        )
