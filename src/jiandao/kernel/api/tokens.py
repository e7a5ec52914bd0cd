"""Making, finding and revoking personal tokens. The secret is returned once and never kept, logged or journalled."""

import hashlib
import secrets
from datetime import timedelta

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.backend import out_of_play
from jiandao.kernel.accounts.models import Account
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.api.models import ApiToken, TokenScope
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.policy.decisions import NotAllowed, Refused, reasons
from jiandao.kernel.policy.rules import Rule

PREFIX = "jdt_"  # lets a scanner for leaked secrets know one
LONGEST_DAYS = 366
MOST_OPEN = 20
_USE_NOTED_EVERY = timedelta(minutes=5)

reasons.add(
    {
        "token.many": _("You have %(most)s tokens already. Revoke one that you do not use any more."),
        "token.days": _("A token lasts between 1 and %(most)s days."),
    }
)


def digest_of(secret: str) -> str:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def create_token(*, actor: Actor, name: str, scope: TokenScope, days: int, rule: Rule) -> tuple[ApiToken, str]:
    """A new token of the actor's account, and its secret."""
    account = actor.account
    assert account is not None  # the gate let nobody else through
    if not 1 <= days <= LONGEST_DAYS:
        raise NotAllowed(Refused("token.days", facts={"most": LONGEST_DAYS}))
    transaction_lock(f"tokens of {account.pk}")
    now = clock.now()
    if ApiToken.objects.filter(account=account, revoked_at__isnull=True, expires_at__gt=now).count() >= MOST_OPEN:
        raise NotAllowed(Refused("token.many", facts={"most": MOST_OPEN}))
    secret = PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        account=account,
        name=name,
        scope=scope,
        digest=digest_of(secret),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    after = {"name": name, "scope": str(scope), "expires_at": token.expires_at}
    journal.record(actor=actor, role=Role.ACCOUNT, verb="create", record=token, after=after, rule=rule.code)
    return token, secret


@transaction.atomic
def revoke_token(*, actor: Actor, token: ApiToken, rule: Rule) -> None:
    """End a token now. Revoking it twice changes nothing."""
    fresh = ApiToken.objects.select_for_update().get(pk=token.pk)
    if fresh.revoked_at is not None:
        return
    fresh.revoked_at = clock.now()
    fresh.save(update_fields=["revoked_at"])
    after = {"revoked_at": fresh.revoked_at}
    journal.record(actor=actor, role=Role.ACCOUNT, verb="revoke", record=fresh, after=after, rule=rule.code)


@transaction.atomic
def revoke_all_tokens(*, actor: Actor, reason: str) -> int:
    """End every open token of the actor's own account, and say how many there were."""
    found = ApiToken.objects.filter(account=actor.account, revoked_at__isnull=True, expires_at__gt=clock.now())
    tokens = list(found.select_for_update().order_by("pk"))
    for token in tokens:
        token.revoked_at = clock.now()
        token.save(update_fields=["revoked_at"])
        after = {"revoked_at": token.revoked_at}
        journal.record(actor=actor, role=Role.ACCOUNT, verb="revoke", record=token, after=after, reason=reason)
    return len(tokens)


def token_of(secret: str) -> ApiToken | None:
    """The open token of that secret, of an account that may still sign in; its use is noted. One query, at times two."""
    found = _by_digest(digest_of(secret))
    now = clock.now()
    if found is None or found.state_at(now) != "open":
        return None
    if not found.account.is_active or found.account.is_service or out_of_play(found.account):
        return None
    if found.last_used_at is None or now - found.last_used_at > _USE_NOTED_EVERY:
        ApiToken.objects.filter(pk=found.pk).update(last_used_at=now)
    return found


def _by_digest(digest: str) -> ApiToken | None:
    """The token with its account. Written by hand, because every request of a program begins with it."""
    with connection.cursor() as cursor:
        cursor.execute(_TOKEN_AND_ACCOUNT, [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    token = ApiToken.from_db(connection.alias, _TOKEN, row[: len(_TOKEN)])
    token.account = Account.from_db(connection.alias, _ACCOUNT, row[len(_TOKEN) :])
    return token


_TOKEN = [field.attname for field in ApiToken._meta.concrete_fields]
_ACCOUNT = [field.attname for field in Account._meta.concrete_fields]
_COLUMNS = [
    f"{table}.{field.column}"
    for table, model in (("token", ApiToken), ("account", Account))
    for field in model._meta.concrete_fields
]
_TOKEN_AND_ACCOUNT = (
    f"SELECT {', '.join(_COLUMNS)} FROM {ApiToken._meta.db_table} token"  # noqa: S608 - names of tables and columns
    f" JOIN {Account._meta.db_table} account ON account.id = token.account_id WHERE token.digest = %s"
)
