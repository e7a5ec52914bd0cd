"""Sending what waits in the outbox: taken in one short transaction, sent outside any, written down in another."""

import logging
import smtplib
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage, get_connection
from django.core.validators import validate_email
from django.db import transaction
from django.db.models import Q

from jiandao.kernel import clock
from jiandao.kernel.notifications.models import MailPreference, MailState, OutboxMail
from jiandao.kernel.notifications.rendering import letter

logger = logging.getLogger("jiandao.mail")

BATCH = 20
MOST_ATTEMPTS = 8
FIRST_WAIT = 60.0  # seconds; each later one is four times as long
LONGEST_WAIT = 6 * 3600.0
LOST_AFTER = timedelta(minutes=15)  # longer than a whole batch of time-outs: its worker died


def wait_after(attempts: int) -> float:
    """Seconds before the next try after so many attempts: 1, 4, 16, 64 minutes …, six hours at most."""
    return min(FIRST_WAIT * 4.0 ** (attempts - 1), LONGEST_WAIT)


def send_waiting() -> int:
    """Send one batch; how many were sent. Several workers may do so at once: each mail is taken by one."""
    mails = _take()
    if not mails:
        return 0
    sent = 0
    transport = get_connection()
    try:
        for mail in mails:
            sent += _send(mail, transport)
    finally:
        transport.close()
    return sent


def _take() -> list[OutboxMail]:
    now = clock.now()
    due = Q(state__in=(MailState.QUEUED, MailState.FAILED), next_try__lte=now) | Q(
        state=MailState.SENDING, taken_at__lt=now - LOST_AFTER
    )
    if not OutboxMail.objects.filter(due).exists():  # nearly always, and cheaper than a transaction
        return []
    with transaction.atomic():
        mails = list(
            OutboxMail.objects.select_for_update(of=("self",), skip_locked=True)
            .filter(due)
            .select_related("account", "programme")
            .order_by("next_try", "id")[:BATCH]
        )
        unwanted = _unwanted(mails)
        for mail in mails:
            mail.state, mail.taken_at, mail.attempts = MailState.SENDING, now, mail.attempts + 1
            if mail.pk in unwanted:
                mail.state, mail.last_error, mail.changed_at = MailState.DROPPED, unwanted[mail.pk], now
        OutboxMail.objects.bulk_update(mails, ["state", "taken_at", "attempts", "last_error", "changed_at"])
    return [mail for mail in mails if mail.pk not in unwanted]


def _unwanted(mails: list[OutboxMail]) -> dict[int, str]:
    """Mails whose readers do not want them any more, with the reason: much may change while a mail is held or waits."""
    off = set(
        MailPreference.objects.filter(account__in={mail.account_id for mail in mails}, wanted=False).values_list(
            "account_id", "code"
        )
    )
    closed = {mail.pk: "the account was closed" for mail in mails if not mail.account.is_active}
    return {mail.pk: "not wanted any more" for mail in mails if (mail.account_id, mail.code) in off} | closed


def _send(mail: OutboxMail, transport: Any) -> bool:
    try:
        validate_email(mail.address)
        words = letter(mail)
        message = EmailMessage(
            words.subject,
            words.body,
            settings.DEFAULT_FROM_EMAIL,
            [mail.address],
            headers={
                "Message-ID": mail.message_id,
                "Auto-Submitted": "auto-generated",
                "X-Auto-Response-Suppress": "All",
                "List-Unsubscribe": f"<{words.stop_url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
            connection=transport,
        )
        message.send()
    except ValidationError:
        _after(mail, MailState.DEAD, "the address cannot be read")
    except (ValueError, KeyError) as error:
        # A line break in a header, a place without a fact: no later attempt mends that.
        logger.exception("mail %s cannot be written", mail.public_id)
        _after(mail, MailState.DEAD, f"cannot be written: {error}")
    except smtplib.SMTPRecipientsRefused as error:
        status, reason = next(iter(error.recipients.values()), (0, b""))
        said = f"{status} {reason.decode(errors='replace') if isinstance(reason, bytes) else reason}"
        if 500 <= status < 600:
            _after(mail, MailState.BOUNCED, said)
        else:
            _try_later(mail, said)
    except (smtplib.SMTPException, OSError) as error:
        transport.close()  # the next mail begins a new conversation
        _try_later(mail, str(error) or type(error).__name__)
    else:
        _after(mail, MailState.SENT, "")
        return True
    return False


def _try_later(mail: OutboxMail, error: str) -> None:
    if mail.attempts >= MOST_ATTEMPTS:
        _after(mail, MailState.DEAD, error)
        return
    _after(mail, MailState.FAILED, error, clock.now() + timedelta(seconds=wait_after(mail.attempts)))


def _after(mail: OutboxMail, state: MailState, error: str, next_try: Any = None) -> None:
    values: dict[str, Any] = {"state": state, "last_error": " ".join(error.split())[:300], "changed_at": clock.now()}
    if state == MailState.SENT:
        values["sent_at"] = clock.now()
    if next_try is not None:
        values["next_try"] = next_try
    # Only while this attempt holds the mail: another worker may have taken it for lost.
    OutboxMail.objects.filter(pk=mail.pk, state=MailState.SENDING, attempts=mail.attempts).update(**values)
