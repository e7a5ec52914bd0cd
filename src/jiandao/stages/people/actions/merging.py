"""Proposing that two entries of the directory are one; deciding is in the lifecycle of the proposal."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.policy import Refused
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed, reasons
from jiandao.stages.people import policy
from jiandao.stages.people.models import MergeProposal, Organisation

COMMON_VERBS["propose-merge"] = _("propose to merge")
name_fact("other", _("other organisation"))
reasons.add(
    {
        "merge.itself": _("These are the same entry; choose another one."),
        "merge.already": _("%(first)s and %(second)s count as one already."),
    }
)


@transaction.atomic
def propose_merge(*, actor: Actor, organisation: Organisation, other: Organisation, note: str = "") -> MergeProposal:
    """Propose that two entries are one. A pair that was proposed before is returned as it is."""
    role = decide(actor, policy.PROPOSE_MERGE, organisation)
    if organisation.pk == other.pk:
        raise NotAllowed(Refused("merge.itself"))
    first, second = sorted((organisation, other), key=lambda one: one.pk)
    found = MergeProposal.objects.filter(first=first, second=second).first()
    if found is not None:
        return found
    if first.root_id == second.root_id:
        raise NotAllowed(Refused("merge.already", facts={"first": first.name, "second": second.name}))
    proposal = MergeProposal.objects.create(first=first, second=second, note=note, created_by=actor.account)
    journal.record(
        actor=actor,
        role=role,
        verb="create",
        record=proposal,
        after={"first": first, "second": second, "note": note},
        rule=policy.PROPOSE_MERGE.code,
    )
    return proposal
