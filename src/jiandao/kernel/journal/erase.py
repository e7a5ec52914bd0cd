"""Lawful erasure of an entry's text. The chain stays whole; verification says "erased", not "broken"."""

from django.db import transaction

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.entries import record
from jiandao.kernel.journal.models import JournalEntry, JournalPayload

ERASED_KIND = "kernel.journal-entry"


class _Erasure:
    """The journal itself as a record, so that an erasure is journalled too."""

    kind = ERASED_KIND

    def __init__(self, entry: JournalEntry) -> None:
        self.pk = entry.pk
        self.programme_id = entry.programme_id


@transaction.atomic
def erase(*, actor: Actor, role: str, entry: JournalEntry, basis: str) -> None:
    """Replace the text of `entry` by nothing, on a legal basis (document number) that must be named.

    The database lets a payload change in this one way and in no other: from a text to none, with a basis.
    """
    if not basis.strip():
        raise ValueError("an erasure names its legal basis")
    erased = JournalPayload.objects.filter(entry=entry, body__isnull=False).update(
        body=None, erased_at=clock.now(), erased_basis=basis
    )
    if not erased:
        raise LookupError("there is no text to erase")
    record(actor=actor, role=role, verb="erase", record=_Erasure(entry), reason=basis)
