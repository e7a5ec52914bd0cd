"""Keeping, opening and removing files. The content is written before the transaction, the row in it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Protocol

from django.core.files import File
from django.db import connection, transaction

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.files import storage
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.files.names import clean
from jiandao.kernel.files.scanning import scan
from jiandao.kernel.files.types import kind_of
from jiandao.kernel.ports import Question
from jiandao.kernel.quotas import spend

# May this actor read this file? The room of the record it is attached to answers yes or no; None: not its record.
MAY_READ: Question[[Actor, StoredFile], bool | None] = Question("who may read a file")


class Attachable(Protocol):
    """The record that a file belongs to."""

    kind: str
    pk: Any


@dataclass(frozen=True)
class Received:
    """An upload that was checked and scanned, and whose content lies on the disk already; its row is still missing."""

    name: str
    digest: str
    size: int
    media_type: str


def receive(*, actor: Actor, upload: "File[bytes]", name: str = "") -> Received:
    """Check an upload, scan it and write its content.

    Called outside any transaction: it writes files and waits for the scanner. Raises FileRefused with a sentence for
    whoever sent it, and QuotaExceeded. What is never entered goes with the daily sweep.
    """
    # A test's own surrounding transaction does not count, as with atomic(durable=True).
    if any(not getattr(block, "_from_testcase", False) for block in connection.atomic_blocks):
        raise RuntimeError("a file is kept outside any transaction: the disk and the scanner may be slow")
    if actor.account_id is not None:
        spend("upload", f"account-{actor.account_id}")
    with storage.incoming(_chunks(upload)) as content:
        kind = kind_of(content.path)
        scan(content.path)
        storage.keep(content)
        name = clean(name or upload.name or "", kind)
        return Received(name, content.digest, content.size, kind.media_type)


@transaction.atomic
def enter(
    *, actor: Actor, received: Received, record: Attachable, caption: str = "", role: str = "", rule: str = ""
) -> StoredFile:
    """Write the row of a received file and its journal entry. The caller has decided that the actor may attach it."""
    stored = StoredFile.objects.create(
        digest=received.digest,
        name=received.name,
        caption=caption,
        size=received.size,
        media_type=received.media_type,
        programme_id=getattr(record, "programme_id", None),
        about_kind=record.kind,
        about_id=record.pk,
        created_by=actor.account,
    )
    journal.record(
        actor=actor,
        verb="create",
        record=stored,
        role=role,
        rule=rule,
        after=asdict(received),
        facts={"about": f"{record.kind} {getattr(record, 'public_id', record.pk)}"},
    )
    return stored


def store(*, actor: Actor, upload: "File[bytes]", record: Attachable, name: str = "", role: str = "") -> StoredFile:
    """Receive an upload and enter it with its record; see there for what is raised."""
    received = receive(actor=actor, upload=upload, name=name)
    return enter(actor=actor, received=received, record=record, role=role)


def _chunks(upload: "File[bytes]") -> Iterator[bytes]:
    upload.seek(0)
    yield from upload.chunks(1 << 20)


def files_of(record: Attachable) -> "Any":
    """The files of a record that are there, oldest first."""
    return StoredFile.objects.filter(about_kind=record.kind, about_id=record.pk, removed_at__isnull=True)


def may_read(actor: Actor, stored: StoredFile) -> bool:
    """Whether the room of its record lets the actor read the file. Nobody answering, or any no, means no."""
    if stored.removed_at is not None:
        return False
    answers = [answer for answer in MAY_READ.ask(actor, stored) if answer is not None]
    return bool(answers) and all(answers)


def open_file(stored: StoredFile) -> BinaryIO:
    """The content, to be read and closed. FileNotFoundError when it is not on this host's disk."""
    return storage.place(stored.digest).open("rb")


@transaction.atomic
def remove(*, actor: Actor, stored: StoredFile, reason: str = "", role: str = "", rule: str = "") -> StoredFile:
    """Mark a file as removed. Its content goes with the next sweep when no other file has the same."""
    fresh = StoredFile.objects.select_for_update(of=("self",)).get(pk=stored.pk)
    if fresh.removed_at is not None:
        return fresh
    fresh.removed_at, fresh.removed_by, fresh.changed_at = clock.now(), actor.account, clock.now()
    fresh.version += 1
    fresh.save(update_fields=["removed_at", "removed_by", "changed_at", "version"])
    before = {"name": fresh.name, "digest": fresh.digest}
    journal.record(actor=actor, verb="remove", record=fresh, role=role, rule=rule, before=before, reason=reason)
    return fresh


def sweep() -> int:
    """Remove contents that no file refers to any more; how many. Periodic; touches the disk outside transactions."""
    storage.forget_unfinished()
    count, batch = 0, []
    for digest in storage.contents():
        batch.append(digest)
        if len(batch) == 1_000:
            count += _sweep(batch)
            batch = []
    return count + _sweep(batch)


def _sweep(digests: list[str]) -> int:
    here = StoredFile.objects.filter(digest__in=digests, removed_at__isnull=True)
    wanted = set(here.values_list("digest", flat=True))
    return sum(storage.discard(digest) for digest in digests if digest not in wanted)
