"""Files that support a need or a result: who attaches and removes them, and who reads them.

Whoever may read the record may read its files; a file has no rights of its own.
"""

from dataclasses import dataclass
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import files, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.policy import Refused, Rule
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.stages.exchange import policy, queries, rules
from jiandao.stages.exchange.models import Need, ResearchResult

reasons.add({"exchange.files_most": _("%(most)s files are attached already; remove one first.")})
name_fact("file", _("file"))


@dataclass(frozen=True)
class _Holder:
    """How files hang on one kind of record."""

    attach: Rule
    read: Rule
    records: Any


_HOLDERS = {
    Need.kind: _Holder(policy.ATTACH_TO_NEED, policy.READ_NEED, queries.need_records),
    ResearchResult.kind: _Holder(policy.ATTACH_TO_RESULT, policy.READ_RESULT, queries.result_records),
}


def attach(*, actor: Actor, record: Need | ResearchResult, upload: "File[bytes]", caption: str = "") -> StoredFile:
    """Attach a file. FileRefused for what is wrong with it, NotAllowed when the record does not take it (any more)."""
    rule = _HOLDERS[record.kind].attach
    decide(actor, rule, record)  # before the work of checking; and again below, under the lock
    received = files.receive(actor=actor, upload=upload)
    with transaction.atomic():
        fresh = locked(record)
        role = decide(actor, rule, fresh)
        most = rules.FILES_MOST.at(actor.at, fresh.programme_id).value
        if files.files_of(fresh).count() >= most:
            raise NotAllowed(Refused("exchange.files_most", Aspect.STATE, {"most": most}))
        stored = files.enter(
            actor=actor,
            received=received,
            record=fresh,
            caption=" ".join(caption.split())[:200],
            role=role,
            rule=rule.code,
        )
        facts = {"file": stored.name, "SHA-256": stored.digest}
        journal.record(actor=actor, role=role, verb="attach", record=fresh, facts=facts, rule=rule.code)
    return stored


@transaction.atomic
def detach(*, actor: Actor, record: Need | ResearchResult, stored: StoredFile, reason: str = "") -> None:
    """Take a file away from its record; the timeline keeps a line with its digest. Twice is once."""
    rule = _HOLDERS[record.kind].attach
    fresh = locked(record)
    role = decide(actor, rule, fresh)
    if (stored.about_kind, stored.about_id) != (fresh.kind, fresh.pk):
        raise ValueError("the file belongs to another record")
    if not files.files_of(fresh).filter(pk=stored.pk).exists():
        return
    files.remove(actor=actor, stored=stored, reason=reason, role=role, rule=rule.code)
    facts = {"file": stored.name, "SHA-256": stored.digest}
    journal.record(actor=actor, role=role, verb="detach", record=fresh, facts=facts, reason=reason, rule=rule.code)


def attached(record: Need | ResearchResult) -> QuerySet[StoredFile]:
    """The files of a record that are there, oldest first."""
    found: QuerySet[StoredFile] = files.files_of(record)
    return found


def may_attach(actor: Actor, record: Need | ResearchResult) -> bool:
    """Whether the page offers it."""
    return bool(_HOLDERS[record.kind].attach.decide(actor, record))


def may_read_file(actor: Actor, stored: StoredFile) -> bool | None:
    """The exchange's answer to `kernel.files.MAY_READ`; None: not a file of needs or results."""
    holder = _HOLDERS.get(stored.about_kind)
    if holder is None:
        return None
    return bool(holder.records().filter(holder.read.q(actor), pk=stored.about_id).exists())
