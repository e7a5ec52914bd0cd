"""Who holds a role for a scope: to tell them, or to offer them in a list."""

from collections.abc import Collection

from django.db.models import Exists, OuterRef, QuerySet

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Role, Scope


def holders(roles: Collection[Role], scope: Scope, scope_ids: Collection[int]) -> QuerySet[Account]:
    """Active accounts that hold one of `roles` for one of the scopes now."""
    grants = RoleGrant.objects.filter(
        account=OuterRef("pk"), role__in=list(roles), scope=scope, scope_id__in=list(scope_ids)
    ).at(clock.now())
    return Account.objects.filter(Exists(grants), is_active=True, is_service=False)
