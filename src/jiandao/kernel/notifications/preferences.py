"""Which messages an account wants by mail. In the application all of them are shown."""

from collections.abc import Collection

from django.db import transaction

from jiandao.kernel.accounts.models import Account
from jiandao.kernel.notifications.models import MailPreference
from jiandao.kernel.notifications.tell import MESSAGES


def wanted_codes(account: Account) -> set[str]:
    """The codes of the messages that come by mail: all but those that the account has switched off."""
    off = set(MailPreference.objects.filter(account=account, wanted=False).values_list("code", flat=True))
    return set(MESSAGES) - off


@transaction.atomic
def choose(account: Account, wanted: Collection[str]) -> None:
    """From now on these codes come by mail and the others do not. Unknown codes are ignored."""
    MailPreference.objects.bulk_create(
        [MailPreference(account=account, code=code, wanted=code in wanted) for code in sorted(MESSAGES)],
        update_conflicts=True,
        unique_fields=["account", "code"],
        update_fields=["wanted"],
    )
