"""Lawful erasure of an entry's text. The chain stays whole; verification says "erased", not "broken"."""

from django.db import connection, transaction

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.journal.entries import record
from jiandao.kernel.journal.models import JournalEntry


class _Erasure:
    """The journal itself as a record, so that an erasure is journalled too."""

    kind = "kernel.journal-entry"

    def __init__(self, entry: JournalEntry) -> None:
        self.pk = entry.pk
        self.programme_id = entry.programme_id


@transaction.atomic
def erase(*, actor: Actor, role: str, entry: JournalEntry, basis: str) -> None:
    """Replace the text of `entry` by nothing, on a legal basis (document number) that must be named.

    The application's role cannot update payloads; a function of the database, owned by the owner's role, does exactly
    this and nothing else.
    """
    if not basis.strip():
        raise ValueError("an erasure names its legal basis")
    with connection.cursor() as cursor:
        cursor.execute("SELECT jd_journal_erase(%s, %s, %s)", [entry.pk, clock.now(), basis])
        if not cursor.fetchone()[0]:
            raise LookupError("there is no text to erase")
    record(actor=actor, role=role, verb="erase", record=_Erasure(entry), reason=basis)
