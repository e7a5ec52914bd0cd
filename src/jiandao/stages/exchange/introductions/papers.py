"""The papers of an introduction: of which side each is, who reads it when, and the agreement that a side signs."""

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.policy import Refused, reasons
from jiandao.kernel.policy.decisions import Aspect
from jiandao.stages.exchange.introductions import gate
from jiandao.stages.exchange.models import Introduction, Paper

reasons.add(
    {
        "introduction.paper_signed": _("This agreement was signed; it stays as it is."),
        "introduction.paper_of_other": _("This paper is of the other side; only that side takes it away."),
    }
)


def enter(actor: Actor, introduction: Introduction, stored: StoredFile) -> None:
    """Remember of which side a paper is."""
    side = gate.sides_of(actor, introduction)[0]  # the rule lets nobody attach who speaks for none
    Paper.objects.create(programme_id=introduction.programme_id, introduction=introduction, file=stored, side=side)


def shown(actor: Actor, introduction: Introduction, files: QuerySet[StoredFile]) -> QuerySet[StoredFile]:
    """Until the contact is open the own papers, and the other side's agreement once both have consented.

    Before, a paper could say who asks, or hand over what the agreement is to protect.
    """
    if introduction.opened_at is not None:
        return files
    papers = Paper.everywhere().filter(introduction=introduction)
    visible = Q(side__in=gate.sides_of(actor, introduction))
    if not gate.missing_consents(introduction):
        visible |= Q(is_agreement=True)
    # A paper from before sides were remembered is read by whoever attached it.
    unknown = Q(created_by=actor.account_id) & ~Q(pk__in=papers.values("file"))
    return files.filter(Q(pk__in=papers.filter(visible).values("file")) | unknown)


def kept(actor: Actor, introduction: Introduction, stored: StoredFile) -> Refused | None:
    """What was signed stays; and nobody takes away a paper of the other side."""
    paper = next((one for one in introduction.papers.all() if one.file_id == stored.pk), None)
    if paper is None:
        own = stored.created_by_id == actor.account_id
        return None if own else Refused("introduction.paper_of_other", Aspect.STATE)
    if paper.signed_at is not None:
        return Refused("introduction.paper_signed", Aspect.STATE)
    if paper.side not in gate.sides_of(actor, introduction):
        return Refused("introduction.paper_of_other", Aspect.STATE)
    return None
