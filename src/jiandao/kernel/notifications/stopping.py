"""Stopping the mails of one kind from the mail itself, without signing in (List-Unsubscribe, RFC 8058).

The link carries who and which kind, signed: it can stop these mails and nothing else, and tells nobody anything.
"""

from django.conf import settings
from django.core import signing
from django.urls import reverse

from jiandao.kernel.accounts.models import Account
from jiandao.kernel.notifications.models import MailPreference
from jiandao.kernel.notifications.tell import MESSAGES

_SALT = "jiandao.mail.stop"


def stop_url(account_id: int, code: str) -> str:
    """The absolute address that stops the mails of this kind for this account."""
    secret = signing.dumps([account_id, code], salt=_SALT)
    return f"{settings.JIANDAO_BASE_URL}{reverse('mail-stop', kwargs={'secret': secret})}"


def meant(secret: str) -> tuple[Account, str] | None:
    """The account and the code of a link; None for one that we did not write, or whose account or kind is gone."""
    try:
        account_id, code = signing.loads(secret, salt=_SALT)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    account = Account.objects.filter(pk=account_id, is_active=True).first()
    return (account, code) if account is not None and code in MESSAGES else None


def stop(account: Account, code: str) -> None:
    """No mails of this kind from now on; in the application they are shown as before. Twice is once."""
    MailPreference.objects.update_or_create(account=account, code=code, defaults={"wanted": False})
