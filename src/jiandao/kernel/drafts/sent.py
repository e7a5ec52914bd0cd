"""A form of a new record that is sent twice (a second press, a page loaded again) makes one record."""

import hashlib
from collections.abc import Callable
from datetime import timedelta

from django.db import connection, transaction
from django.http import QueryDict

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.drafts.models import SentForm

LONGEST = 20
KEPT = timedelta(days=2)

_CLAIM = """
INSERT INTO jd_kernel_sentform (account_id, token, address, sent_at) VALUES (%s, %s, '', %s)
ON CONFLICT (account_id, token) DO NOTHING
"""


def claim(account: Account, token: str) -> str | None:
    """None when this form comes for the first time, else the address of what it made.

    Called in the transaction that saves: a second sending waits here until the first is done. Forms without a token are
    never the same.
    """
    if not token or len(token) > LONGEST:
        return None
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [account.pk, token, clock.now()])
        if cursor.rowcount:
            return None
    return SentForm.objects.values_list("address", flat=True).get(account=account, token=token)


def settle(account: Account, token: str, address: str) -> None:
    """Say what the form made, in the same transaction."""
    if token:
        SentForm.objects.filter(account=account, token=token).update(address=address)


def once(account: Account, form: QueryDict, make: Callable[[], str]) -> str:
    """The address of what `make` makes; the same form sent again makes nothing and comes to what it made.

    The same form says the same: whoever goes back, changes a word and sends it again has it entered too.
    """
    token = _told(form) if form.get("once") else ""
    with transaction.atomic():
        found = claim(account, token)
        if found is not None:
            return found
        address = make()
        settle(account, token, address)
    return address


def _told(form: QueryDict) -> str:
    said = sorted((name, value) for name, values in form.lists() for value in values if name != "csrfmiddlewaretoken")
    return hashlib.sha256(repr(said).encode()).hexdigest()[:LONGEST]


def sweep() -> None:
    """Forget forms that nobody sends again."""
    SentForm.objects.filter(sent_at__lt=clock.now() - KEPT).delete()
