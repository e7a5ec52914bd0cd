"""The guards of the room: what must be true before a verb counts."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy import Allowed, Refused, reasons
from jiandao.kernel.policy.decisions import Decision
from jiandao.stages.people.models import MergeProposal, Organisation

reasons.add(
    {
        "organisation.merged": _("It was merged; verify the organisation that it is the same as."),
        "organisation.no_code": _(
            "It has no unified social credit code. Enter the code, or say under “what it does” why it has none."
        ),
        "merge.codes_differ": _(
            "They have two different social credit codes (%(first)s, %(second)s), so they are two legal persons. If one of "
            "the codes is wrong, correct it first; if one belongs to the other, enter a family tie."
        ),
    }
)


def may_be_verified(actor: Actor, record: Organisation, at: datetime) -> Decision:
    """A register knows an organisation by its code; one without says why."""
    if record.canonical_id is not None:
        return Refused("organisation.merged")
    if not record.credit_code and not record.introduction.strip():
        return Refused("organisation.no_code")
    return Allowed()


def codes_agree(actor: Actor, record: MergeProposal, at: datetime) -> Decision:
    """Two legal persons are never one, whatever their names."""
    first, second = record.first.credit_code, record.second.credit_code
    if first and second and first != second:
        return Refused("merge.codes_differ", facts={"first": first, "second": second})
    return Allowed()
