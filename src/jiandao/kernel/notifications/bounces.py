"""Mails that came back: delivery status notifications (RFC 3464) are read, and the row of the mail says so."""

import email
import mailbox
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from django.db import transaction

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.notifications.models import MailState, OutboxMail

LONGEST = 2_000_000  # a notification is small; more is no notification


@dataclass(frozen=True)
class Bounce:
    """A mail of that Message-ID could not be delivered."""

    message_id: str
    reason: str


@transaction.atomic
def bounced(message_id: str, reason: str) -> bool:
    """Write down that a mail came back; whether there was one. Coming back twice counts once."""
    mail = OutboxMail.objects.select_for_update(of=("self",)).filter(message_id=message_id.strip()).first()
    if mail is None or mail.state not in {MailState.SENT, MailState.SENDING}:
        return False
    before = mail.state
    mail.state, mail.last_error = MailState.BOUNCED, " ".join(reason.split())[:300]
    mail.version += 1
    mail.changed_at = clock.now()
    mail.save(update_fields=["state", "last_error", "version", "changed_at"])
    journal.record(
        actor=anonymous(),
        verb="bounce",
        record=mail,
        before={"state": before},
        after={"state": mail.state},
        facts={"reason": mail.last_error},
    )
    return True


def read(raw: bytes) -> list[Bounce]:
    """The bounces that a mail reports; none when it is no delivery status notification or only says "delayed"."""
    if len(raw) > LONGEST:
        return []
    report = email.message_from_bytes(raw)
    if report.get_content_type() != "multipart/report":
        return []
    message_ids, reasons = [], []
    for part in report.walk():
        kind = part.get_content_type()
        if kind == "message/delivery-status":
            reasons += list(_failures(part))
        elif kind in {"message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers"}:
            message_ids += list(_original_ids(part))
    if not reasons:
        return []
    return [Bounce(one, "; ".join(reasons)) for one in dict.fromkeys(message_ids)]


def _failures(part: Message) -> Iterator[str]:
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
            said = block.get("Diagnostic-Code") or block.get("Status") or "failed"
            yield " ".join(str(said).split())[:300]


def _original_ids(part: Message) -> Iterator[str]:
    payload = part.get_payload()
    if isinstance(payload, list):
        originals = [one for one in payload if isinstance(one, Message)]
    else:
        content = part.get_payload(decode=True)
        originals = [email.message_from_bytes(content)] if isinstance(content, bytes) else []
    for original in originals:
        message_id = " ".join(str(original.get("Message-ID", "")).split())
        if message_id:
            yield message_id


def take(raws: Iterable[bytes]) -> tuple[int, int]:
    """Read mails and write down what came back: (mails found in the outbox, reports about no mail of ours)."""
    found = unknown = 0
    for raw in raws:
        for bounce in read(raw):
            if bounced(bounce.message_id, bounce.reason):
                found += 1
            else:
                unknown += 1
    return found, unknown


def in_mailbox(path: Path) -> Iterator[bytes]:
    """The mails of an mbox file, or of a Maildir folder."""
    box: mailbox.Mailbox[mailbox.mboxMessage] | mailbox.Mailbox[mailbox.MaildirMessage]
    box = mailbox.Maildir(path, create=False) if path.is_dir() else mailbox.mbox(path, create=False)
    try:
        for key in box.keys():  # noqa: SIM118 - a mailbox iterates over messages
            yield box.get_bytes(key)
    finally:
        box.close()
