"""Files that support a record: who attaches and removes them, and who reads them.

Whoever may read the record may read its files, unless the room narrows that (`shown`). A room says once for each kind of record
by which rules (`hold`); actions, pages and downloads follow from that.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.files import keeping
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import locked
from jiandao.kernel.policy import Refused, Rule
from jiandao.kernel.policy.access import decide
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.kernel.rulebook import Declared

# The code names the room in which the sentence was first said; the catalogue of refusals keeps it.
reasons.add({"exchange.files_most": _("%(most)s files are attached already; remove one first.")})
name_fact("file", _("file"))


@dataclass(frozen=True)
class Holder:
    """How files hang on one kind of record.

    attach  : the rule to attach and remove
    read    : the rule to read the record, and with it its files
    history : the rule under which a reader learns who attached a file
    records : all records of the kind, inside the current programme where they have one
    most    : the rule of the rulebook that limits their number
    route   : the name of the record's page; `<route>-attach` and `<route>-detach` are the forms' addresses
    shown   : narrows files of a record that may be read to those that this reader may read; left out: all of them
    kept    : why this actor may not take this file away; none when nothing stands against it
    entered : what else the room remembers of a file, in the transaction that attaches it
    """

    kind: str
    attach: Rule
    read: Rule
    history: Rule
    records: Callable[[], QuerySet[Any]]
    most: Declared
    route: str
    shown: Callable[[Actor, Any, QuerySet[StoredFile]], QuerySet[StoredFile]] | None = None
    kept: Callable[[Actor, Any, StoredFile], Refused | None] | None = None
    entered: Callable[[Actor, Any, StoredFile], None] | None = None


_HOLDERS: dict[str, Holder] = {}


def hold(holder: Holder) -> Holder:
    """Let records of this kind carry files."""
    if _HOLDERS.get(holder.kind, holder) is not holder:
        raise ValueError(f"two holders of files for {holder.kind}")
    _HOLDERS[holder.kind] = holder
    return holder


def holder_of(kind: str) -> Holder:
    """KeyError when records of that kind carry no files."""
    return _HOLDERS[kind]


def attach(*, actor: Actor, record: Any, upload: "File[bytes]", caption: str = "") -> StoredFile:
    """Attach a file. FileRefused for what is wrong with it, NotAllowed when the record does not take it (any more)."""
    holder = _HOLDERS[record.kind]
    decide(actor, holder.attach, record)  # before the work of checking; and again below, under the lock
    received = keeping.receive(actor=actor, upload=upload)
    with transaction.atomic():
        fresh = locked(record)
        role = decide(actor, holder.attach, fresh)
        most = holder.most.at(actor.at, getattr(fresh, "programme_id", None)).value
        if keeping.files_of(fresh).count() >= most:
            raise NotAllowed(Refused("exchange.files_most", Aspect.STATE, {"most": most}))
        rule = holder.attach.code
        caption = " ".join(caption.split())[:200]
        stored = keeping.enter(actor=actor, received=received, record=fresh, caption=caption, role=role, rule=rule)
        if holder.entered is not None:
            holder.entered(actor, fresh, stored)
        facts = {"file": stored.name, "SHA-256": stored.digest}
        journal.record(actor=actor, role=role, verb="attach", record=fresh, facts=facts, rule=rule)
    return stored


@transaction.atomic
def detach(*, actor: Actor, record: Any, stored: StoredFile, reason: str = "") -> None:
    """Take a file away from its record; the timeline keeps a line with its digest. Twice is once."""
    holder = _HOLDERS[record.kind]
    rule = holder.attach
    fresh = locked(record)
    role = decide(actor, rule, fresh)
    if (stored.about_kind, stored.about_id) != (fresh.kind, fresh.pk):
        raise ValueError("the file belongs to another record")
    if not keeping.files_of(fresh).filter(pk=stored.pk).exists():
        return
    refusal = holder.kept(actor, fresh, stored) if holder.kept is not None else None
    if refusal is not None:
        raise NotAllowed(refusal)
    keeping.remove(actor=actor, stored=stored, reason=reason, role=role, rule=rule.code)
    facts = {"file": stored.name, "SHA-256": stored.digest}
    journal.record(actor=actor, role=role, verb="detach", record=fresh, facts=facts, reason=reason, rule=rule.code)


def attached(record: Any) -> QuerySet[StoredFile]:
    """The files of a record that are there, oldest first."""
    found: QuerySet[StoredFile] = keeping.files_of(record)
    return found


def readable(actor: Actor, record: Any) -> QuerySet[StoredFile]:
    """Those of its files that somebody who may read the files of the record may read."""
    shown = _HOLDERS[record.kind].shown
    return attached(record) if shown is None else shown(actor, record, attached(record))


def may_detach(actor: Actor, record: Any, stored: StoredFile) -> bool:
    """Whether the page offers it, for a record that this actor may attach to."""
    kept = _HOLDERS[record.kind].kept
    return kept is None or kept(actor, record, stored) is None


def may_attach(actor: Actor, record: Any) -> bool:
    """Whether the page offers it."""
    return bool(_HOLDERS[record.kind].attach.decide(actor, record))


def may_read_file(actor: Actor, stored: StoredFile) -> bool | None:
    """The answer to `keeping.MAY_READ` for all kinds that hold files; None: not a file of one of them."""
    holder = _HOLDERS.get(stored.about_kind)
    if holder is None:
        return None
    records = holder.records().filter(holder.read.q(actor), pk=stored.about_id)
    if holder.shown is None:
        return bool(records.exists())
    record = records.first()
    return record is not None and readable(actor, record).filter(pk=stored.pk).exists()
