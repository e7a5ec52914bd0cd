"""The guards of the room: what must be true before a verb counts."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.policy import Allowed, Refused, reasons
from jiandao.kernel.policy.decisions import Decision
from jiandao.stages.people import families, queries
from jiandao.stages.people.models import Expert, FamilyTie, IntegrityRecord, MergeProposal, Organisation

reasons.add(
    {
        "organisation.merged": _("It was merged; verify the organisation that it is the same as."),
        "organisation.no_code": _(
            "It has no unified social credit code. Enter the code, or say under “what it does” why it has none."
        ),
        "expert.barred": _(
            "A measure is in force: %(measure)s, from %(since)s, last day %(until)s, by %(source)s. You can consent once it "
            "has ended. If it is wrong, write to whoever decided it."
        ),
        "organisation.two_codes": _(
            "“%(other)s” (%(id)s) counts as this organisation and has the code %(code)s; two codes are two legal persons. "
            "Correct that code or undo the merge first."
        ),
        "family.circle": _(
            "%(head)s belongs to %(member)s already on some of these days, directly or over others, so it cannot be its head."
        ),
        "merge.already": _("%(first)s and %(second)s count as one already."),
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
    if not record.codes and not record.introduction.strip():
        return Refused("organisation.no_code")
    return Allowed()


def not_barred(actor: Actor, record: Expert, at: datetime) -> Decision:
    """Nobody under a measure that excludes from work as an expert comes into the library while it is in force."""
    found = queries.measures_in_force(clock.local(at).date(), person=record.person)
    barring = found.filter(measure__in=IntegrityRecord.BARS_EXPERTS).first()
    if barring is None:
        return Allowed()
    facts = {
        "measure": barring.get_measure_display(),
        "since": barring.since,
        "until": barring.until or _("without end"),
        "source": barring.source,
    }
    return Refused("expert.barred", facts=facts)


def codes_agree(actor: Actor, record: MergeProposal, at: datetime) -> Decision:
    """Two legal persons are never one, whatever their names, and whatever they were merged with before."""
    first, second = record.first.codes, record.second.codes
    if first and second and len({*first, *second}) > 1:
        return Refused("merge.codes_differ", facts={"first": first, "second": second})
    return Allowed()


def no_circle(actor: Actor, record: FamilyTie, at: datetime) -> Decision:
    """Nobody belongs to what belongs to them, on any day, over whatever chain."""
    if record.head is not None and families.closes_circle(record):
        return Refused("family.circle", facts={"head": record.head.name, "member": record.member.name})
    return Allowed()


def still_two(actor: Actor, record: MergeProposal, at: datetime) -> Decision:
    """Other merges may have made them one meanwhile."""
    if record.first.root_id == record.second.root_id:
        return Refused("merge.already", facts={"first": record.first.name, "second": record.second.name})
    return Allowed()


def code_fits(organisation: Organisation, code: str | None) -> Decision:
    """An entry takes no other code than the entries that count as the same organisation have."""
    for other in organisation.entries:
        if code and other.pk != organisation.pk and other.credit_code and other.credit_code != code:
            facts = {"other": other.name, "id": other.public_id, "code": other.credit_code}
            return Refused("organisation.two_codes", facts=facts)
    return Allowed()
