"""The actor of a request, job or command: an account with all its grants, loaded once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property

from django.db import connection

from jiandao.kernel import clock
from jiandao.kernel.accounts.models import Account
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
    # By kind, the records on whose need-to-know lists it stands (`secrecy.known_ids`); None: not asked yet.
    known: Mapping[str, frozenset[int]] | None = field(default=None, compare=False, repr=False)

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
    """The actor of an account: one query for what it may and knows, one for the canonical ids of organisations (if any)."""
    if account is None or not account.is_active:
        return anonymous()
    at = clock.now()
    grants: list[Grant] = []
    known: dict[str, set[int]] = defaultdict(set)
    with connection.cursor() as cursor:
        cursor.execute(_MAY_AND_KNOWS, {"account": account.pk, "at": at})
        for role, scope, scope_kind, number in cursor.fetchall():
            if role is None:
                known[scope_kind].add(number)
            else:
                grants.append(Grant(Role(role), Scope(scope), number, scope_kind))
    return Actor(account, tuple(_canonical(grants)), at, token, {kind: frozenset(ids) for kind, ids in known.items()})


# The roles in force (`RoleGrant`), and the need-to-know lists that the account stands on (`secrecy.Knower`). Every
# request of somebody who is signed in begins with it.
_MAY_AND_KNOWS = """
SELECT role, scope, scope_kind, scope_id FROM jd_kernel_rolegrant
WHERE account_id = %(account)s AND since <= %(at)s AND (until IS NULL OR until > %(at)s)
UNION ALL
SELECT NULL, NULL, kind, record_id FROM jd_kernel_knower
WHERE account_id = %(account)s AND (until IS NULL OR until > %(at)s)
"""


def _canonical(grants: Sequence[Grant]) -> Iterable[Grant]:
    from jiandao.kernel import sameness  # late: it refuses in the words of the policy, which knows actors

    organisations = {one.scope_id for one in grants if one.scope == Scope.ORGANISATION and one.scope_id is not None}
    canonical = sameness.canonical_ids(ORGANISATION_KIND, organisations) if organisations else {}
    for one in grants:
        moved = canonical.get(one.scope_id) if one.scope == Scope.ORGANISATION and one.scope_id is not None else None
        yield one if moved is None else replace(one, scope_id=moved)
