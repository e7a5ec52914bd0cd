"""Lawful erasure of an entry's text. The chain stays whole; verification says "erased", not "broken"."""

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.journal.entries import record
from jiandao.kernel.journal.models import JournalEntry, JournalPayload
from jiandao.kernel.policy import Clause, Refused, Rule, reasons
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import NotAllowed
from jiandao.kernel.policy.relations import ANYBODY

ERASED_KIND = "kernel.journal-entry"
LONGEST_BASIS = 300
ERASE = Rule(
    "journal.erase",
    _("Security administrators erase the text of an entry of the journal, on a legal basis that they name."),
    (Clause(frozenset({Role.SECURITY_ADMINISTRATOR}), ANYBODY),),
)
reasons.add(
    {
        "journal.no_basis": _("Name the legal basis, as the number of the decision, in at most %(most)s characters."),
        "journal.nothing_to_erase": _("Entry %(number)s has no text, or it was erased before."),
    }
)


class _Erasure:
    """The journal itself as a record, so that an erasure is journalled too."""

    kind = ERASED_KIND

    def __init__(self, entry: JournalEntry) -> None:
        self.pk = entry.pk
        self.programme_id = entry.programme_id


@transaction.atomic
def erase(*, actor: Actor, entry: JournalEntry, basis: str) -> None:
    """Replace the text of `entry` by nothing, on a legal basis (document number) that must be named.

    The database lets a payload change in this one way and in no other: from a text to none, with a basis. NotAllowed
    with the reason: for whoever is no security administrator, without a basis, when there is no text.
    """
    role = decide(actor, ERASE, None)
    basis = basis.strip()
    if not basis or len(basis) > LONGEST_BASIS:
        raise NotAllowed(Refused("journal.no_basis", facts={"most": LONGEST_BASIS}))
    erased = JournalPayload.objects.filter(entry=entry, body__isnull=False).update(
        body=None, erased_at=clock.now(), erased_basis=basis
    )
    if not erased:
        raise NotAllowed(Refused("journal.nothing_to_erase", facts={"number": entry.pk}))
    record(actor=actor, role=role, verb="erase", record=_Erasure(entry), reason=basis, rule=ERASE.code)
