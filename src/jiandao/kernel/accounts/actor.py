"""The actor of a request, job or command: an account with all its grants, loaded once."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Role, Scope

ORGANISATION_KIND = "people.organisation"


@dataclass(frozen=True)
class Grant:
    """One role in force. `scope_id` is already the canonical id when the scope is an organisation."""

    role: Role
    scope: Scope
    scope_id: int | None = None
    scope_kind: str = ""


@dataclass(frozen=True)
class Actor:
    """Who acts. Rights are the union of all grants: one person with several roles loses none of them."""

    account: Account | None = None
    grants: tuple[Grant, ...] = ()
    at: datetime = field(default_factory=clock.now)
    token: str = ""  # public id of the API token that it acts through; the journal keeps it with every entry

    @property
    def account_id(self) -> int | None:
        return self.account.pk if self.account else None

    @property
    def today(self) -> date:
        """The day of the act where the programme is."""
        return clock.local(self.at).date()

    @cached_property
    def roles(self) -> frozenset[Role]:
        """Every role held anywhere, with PUBLIC, and ACCOUNT when signed in."""
        return self.wide_roles | {grant.role for grant in self.grants}

    @cached_property
    def wide_roles(self) -> frozenset[Role]:
        """Roles that reach further than one record."""
        own = {Role.PUBLIC} | ({Role.ACCOUNT} if self.account else set())
        return frozenset(own | {grant.role for grant in self.grants if grant.scope != Scope.RECORD})

    def records(self, role: Role, kind: str) -> frozenset[int]:
        """Ids of the records of `kind` for which alone `role` is held."""
        return frozenset(
            grant.scope_id
            for grant in self.grants
            if grant.role == role
            and grant.scope == Scope.RECORD
            and grant.scope_kind == kind
            and grant.scope_id is not None
        )

    def scopes(self, role: Role, scope: Scope) -> frozenset[int]:
        """Ids of the programmes or organisations for which `role` is held."""
        return frozenset(
            grant.scope_id
            for grant in self.grants
            if grant.role == role and grant.scope == scope and grant.scope_id is not None
        )

    def holds(self, roles: Collection[Role], scope: Scope, scope_id: int | None = None, scope_kind: str = "") -> bool:
        """Whether one of `roles` is held for exactly that scope, or for the whole site."""
        return any(
            grant.role in roles
            and (
                grant.scope == Scope.SITE
                or (grant.scope == scope and grant.scope_id == scope_id and grant.scope_kind == scope_kind)
            )
            for grant in self.grants
        )

    @cached_property
    def organisations(self) -> frozenset[int]:
        """Canonical ids of all organisations that this actor acts for, in whichever role."""
        return frozenset(
            grant.scope_id for grant in self.grants if grant.scope == Scope.ORGANISATION and grant.scope_id is not None
        )


def anonymous() -> Actor:
    """Somebody who has not signed in."""
    return Actor()


def load_actor(account: Account | None, token: str = "") -> Actor:
    """The actor of an account: one query for the grants, one for the canonical ids of organisations (if any)."""
    if account is None or not account.is_active:
        return anonymous()
    at = clock.now()
    rows = list(RoleGrant.objects.filter(account=account).at(at))
    return Actor(account=account, grants=tuple(_grants(rows)), at=at, token=token)


def _grants(rows: Iterable[RoleGrant]) -> Iterable[Grant]:
    from jiandao.kernel import sameness  # late: it refuses in the words of the policy, which knows actors

    rows = list(rows)
    organisations = {row.scope_id for row in rows if row.scope == Scope.ORGANISATION and row.scope_id is not None}
    canonical = sameness.canonical_ids(ORGANISATION_KIND, organisations) if organisations else {}
    for row in rows:
        scope_id = row.scope_id
        if row.scope == Scope.ORGANISATION and scope_id is not None:
            scope_id = canonical.get(scope_id, scope_id)
        yield Grant(role=Role(row.role), scope=Scope(row.scope), scope_id=scope_id, scope_kind=row.scope_kind)
