"""Sending a message to accounts, inside the transaction of what it tells."""

from collections.abc import Collection
from typing import Any

from django.utils.functional import Promise

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.journal.entries import plain
from jiandao.kernel.notifications.models import Notification

# code -> sentence with named places; rooms add theirs at import.
MESSAGES: dict[str, str | Promise] = {}


def tell(*, accounts: Collection[Account], code: str, record: Any, actor: Actor, facts: dict[str, Any]) -> None:
    """Tell every account but the actor's own, once. Facts are values, never rendered sentences."""
    if code not in MESSAGES:
        raise KeyError(f"no sentence for the message {code}")
    Notification.objects.bulk_create(
        Notification(
            account=account,
            programme_id=getattr(record, "programme_id", None),
            code=code,
            kind=record.kind,
            record_id=record.pk,
            facts=plain(facts),
        )
        for account in {one.pk: one for one in accounts}.values()
        if account.pk != actor.account_id
    )


def unread(account: Account) -> int:
    """How many messages an account has not read."""
    return Notification.objects.filter(account=account, read_at__isnull=True).count()
