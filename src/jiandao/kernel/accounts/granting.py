"""Giving and ending roles."""

from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import ADMINISTRATORS, SCOPE_OF, Role, Scope
from jiandao.kernel.database.locks import transaction_lock
from jiandao.kernel.policy.decisions import NotAllowed, Refused, reasons

reasons.add(
    {
        "grant.scope": _("The role “%(role)s” is not given for %(scope)s."),
        "grant.administrators": _(
            "The three administrators (system, security, audit) are three different people: this account is one already."
        ),
        "grant.service": _("A service account holds no roles of people."),
    }
)


def scopes_of(role: Role) -> frozenset[Scope]:
    """Where a role may be given. Every role of people's work may also be given for one record alone."""
    wide = SCOPE_OF.get(role, frozenset())
    return wide | {Scope.RECORD} if wide and role not in ADMINISTRATORS else wide


@transaction.atomic
def grant(
    *,
    account: Account,
    role: Role,
    scope: Scope,
    scope_id: int | None = None,
    by: Account | None,
    until: datetime | None = None,
    scope_kind: str = "",
) -> RoleGrant:
    """Give a role, once: the same open grant is returned as it is. The caller journals it.

    Raises NotAllowed for a scope in which the role makes no sense, and for a second administrator's office.
    """
    if scope not in scopes_of(role):
        raise NotAllowed(Refused("grant.scope", facts={"role": role.label, "scope": scope.label}))
    if account.is_service:
        raise NotAllowed(Refused("grant.service"))
    if role in ADMINISTRATORS:
        transaction_lock(f"administrators of {account.pk}")  # two offices given at once would both pass the check
        held = RoleGrant.objects.filter(account=account, role__in=ADMINISTRATORS - {role}).at(clock.now())
        if held.exists():
            raise NotAllowed(Refused("grant.administrators"))
    found, _created = RoleGrant.objects.get_or_create(
        account=account,
        role=role,
        scope=scope,
        scope_kind=scope_kind,
        scope_id=scope_id,
        until=until,
        defaults={"granted_by": by},
    )
    return found


def end(*, grant: RoleGrant) -> None:
    """End a grant now, also one that would have ended later; what was done under it stays. The caller journals it."""
    now = clock.now()
    RoleGrant.objects.filter(Q(until__isnull=True) | Q(until__gt=now), pk=grant.pk).update(until=now)
