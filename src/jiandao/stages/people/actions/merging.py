"""Proposing that two entries of the directory are one; deciding is in the lifecycle of the proposal."""

from collections.abc import Collection, Iterable
from typing import Any

from django.db import transaction
from django.db.models import F, QuerySet
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
    }
)


@transaction.atomic
def propose_merge(*, actor: Actor, organisation: Organisation, other: Organisation, note: str = "") -> MergeProposal:
    """Propose that two entries are one. A pair that was proposed before is returned as it is; so is one of two other
    entries that are these two organisations."""
    role = decide(actor, policy.PROPOSE_MERGE, organisation)
    if organisation.pk == other.pk:
        raise NotAllowed(Refused("merge.itself"))
    first, second = sorted((organisation, other), key=lambda one: one.pk)
    found = MergeProposal.objects.filter(first=first, second=second).first()
    if found is not None:
        return found
    known = _between({first.root_id, second.root_id}).order_by("pk").last()
    if known is not None:
        return known
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


def _between(organisations: Collection[int]) -> QuerySet[MergeProposal]:
    """Proposals whose two sides are different ones of these organisations (canonical ids) today: whoever found two
    entries to be two has said it of the organisations, not of their spellings."""
    found = MergeProposal.objects.filter(first__same_id__in=organisations, second__same_id__in=organisations)
    return found.exclude(first__same_id=F("second__same_id"))


@transaction.atomic
def record_proposals(*, actor: Actor, found: Iterable[tuple[int, int, float, list[Any]]]) -> int:
    """Keep what a comparison of names found: (id, id, score, reasons). Pairs proposed before stay as they are, by
    whichever of their entries they were proposed; how many are new."""
    wanted = {(min(a, b), max(a, b)): (score, why) for a, b, score, why in found}
    canonical = dict(
        Organisation.objects.filter(pk__in={one for pair in wanted for one in pair}).values_list("pk", "same_id")
    )
    known = {
        frozenset(pair) for pair in _between(set(canonical.values())).values_list("first__same_id", "second__same_id")
    }
    made = MergeProposal.objects.bulk_create(
        MergeProposal(first_id=a, second_id=b, score=score, reasons=why, created_by=actor.account)
        for (a, b), (score, why) in sorted(wanted.items())
        if frozenset((canonical[a], canonical[b])) not in known and canonical[a] != canonical[b]
    )
    journal.record_many(
        actor=actor,
        verb="create",
        changes=[(one, {}, {"first": one.first, "second": one.second, "score": one.score}) for one in made],
        rule=policy.SEEK_DUPLICATES.code,
    )
    return len(made)
