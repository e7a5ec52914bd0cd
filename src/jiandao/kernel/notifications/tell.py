"""Sending a message to accounts, inside the transaction of what it tells."""

import secrets
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.utils.functional import Promise

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.journal.entries import plain
from jiandao.kernel.notifications.models import MailPreference, MailState, Notification, Outbox, OutboxMail

# code -> sentence with named places; rooms add theirs at import.
MESSAGES: dict[str, str | Promise] = {}


def tell(*, accounts: Collection[Account], code: str, record: Any, actor: Actor, facts: dict[str, Any]) -> None:
    """Tell every account but the actor's own, once: in the application, and by mail those that want it.

    Facts are values, never rendered sentences, and hold nothing of a need-to-know record that a mail may not carry.
    Nothing is sent here: the mails are rows of the outbox, in the running transaction.
    """
    tell_all(told=[(accounts, record, facts)], code=code, actor=actor)


def tell_all(*, told: Iterable[tuple[Collection[Account], Any, dict[str, Any]]], code: str, actor: Actor) -> None:
    """Tell of many records of one programme in as many queries as of one; each with its accounts and facts."""
    if code not in MESSAGES:
        raise KeyError(f"no sentence for the message {code}")
    notifications = Notification.objects.bulk_create(
        Notification(
            account=account,
            programme_id=getattr(record, "programme_id", None),
            code=code,
            kind=record.kind,
            record_id=record.pk,
            facts=plain(facts),
        )
        for accounts, record, facts in told
        for account in {one.pk: one for one in accounts}.values()
        if account.pk != actor.account_id
    )
    _queue_mails(notifications, code, actor)


def _queue_mails(notifications: Sequence[Notification], code: str, actor: Actor) -> None:
    reachable = [
        one for one in notifications if one.account.email and one.account.is_active and not one.account.is_service
    ]
    if not reachable:
        return
    unwanted = set(
        MailPreference.objects.filter(
            account__in=[one.account_id for one in reachable], code=code, wanted=False
        ).values_list("account_id", flat=True)
    )
    programme_id = reachable[0].programme_id
    held = programme_id is not None and Outbox.objects.filter(programme=programme_id, hold=True).exists()
    OutboxMail.objects.bulk_create(
        OutboxMail(
            programme_id=programme_id,
            account=one.account,
            notification=one,
            address=one.account.email,
            code=code,
            facts=one.facts,
            state=MailState.HELD if held else MailState.QUEUED,
            message_id=new_message_id(),
            created_by=actor.account,
        )
        for one in reachable
        if one.account_id not in unwanted
    )


def conceal(record: Any) -> None:
    """Take everything but the public id out of the messages and mails about a record that became need-to-know.

    In the transaction of that change: they were written for readers who may not know of it any more. A mail that was sent
    stays with its reader; the copy of its text goes.
    """
    about = Notification.objects.filter(kind=record.kind, record_id=record.pk)
    for lines in (about, OutboxMail.objects.filter(notification__in=about)):
        _blank(lines, record)


def _blank(lines: "QuerySet[Any]", record: Any) -> None:
    found = list(lines)
    for one in found:
        one.facts = dict.fromkeys(one.facts, "") | {"title": record.public_id}
    lines.bulk_update(found, ["facts"])


def new_message_id() -> str:
    """A Message-ID that nobody can guess: whoever reports a bounce must have seen the mail."""
    return f"<{secrets.token_hex(16)}@{urlsplit(settings.JIANDAO_BASE_URL).hostname or 'localhost'}>"


def unread(account: Account) -> int:
    """How many messages an account has not read."""
    return Notification.objects.filter(account=account, read_at__isnull=True).count()
