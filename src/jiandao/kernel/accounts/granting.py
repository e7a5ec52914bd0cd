"""Giving and ending roles."""

from datetime import datetime

from django.db import transaction
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
    if scope != Scope.RECORD and scope not in SCOPE_OF.get(role, frozenset()):
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
    """End a grant now; what was done under it stays as it is. The caller journals it."""
    RoleGrant.objects.filter(pk=grant.pk, until__isnull=True).update(until=clock.now())
