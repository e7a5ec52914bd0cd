"""What can be asked of the directory of people."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db.models import QuerySet

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.accounts.roles import Scope
from jiandao.stages.people.models import Invitation, Membership, Organisation, Person


def ids_same_as(organisation_id: int) -> list[int]:
    """Ids of all organisations that are the same as this one, itself included."""
    same = Organisation.objects.filter(pk=organisation_id).values("same_id")
    return list(Organisation.objects.filter(same_id__in=same).values_list("pk", flat=True))


def names_of_accounts(account_ids: Collection[int]) -> dict[int, str]:
    """account id -> the name of its person. Answers the kernel's question."""
    return dict(Person.objects.filter(account__in=account_ids).values_list("account_id", "name"))


def organisations_of(actor: Actor, roles: Collection[str]) -> QuerySet[Organisation]:
    """Canonical organisations for which the actor holds one of `roles`."""
    ids = {
        grant.scope_id
        for grant in actor.grants
        if grant.role in roles and grant.scope == Scope.ORGANISATION and grant.scope_id is not None
    }
    return Organisation.objects.filter(pk__in=ids)


def members_of(organisation: Organisation) -> QuerySet[Person]:
    """Persons who work in the organisation, or in one that is the same, today."""
    today = clock.today()
    return (
        Person.objects.filter(memberships__organisation__same_id=organisation.same_id, memberships__since__lte=today)
        .exclude(memberships__until__lt=today)
        .distinct()
    )


@dataclass(frozen=True)
class MemberLine:
    """A person of an organisation with the roles held in it."""

    person: Person
    title: str
    since: date
    grants: list[RoleGrant]


def members_with_roles(organisation: Organisation) -> list[MemberLine]:
    """Who works there today, with roles. Three queries."""
    today = clock.today()
    rows = (
        Membership.objects.filter(organisation__same_id=organisation.same_id, since__lte=today)
        .exclude(until__lt=today)
        .select_related("person")
        .order_by("since", "id")
    )
    grants = (
        RoleGrant.objects.filter(scope=Scope.ORGANISATION, scope_id__in=ids_same_as(organisation.pk))
        .at(clock.now())
        .order_by("id")
    )
    by_account: dict[int, list[RoleGrant]] = {}
    for grant in grants:
        by_account.setdefault(grant.account_id, []).append(grant)
    return [
        MemberLine(row.person, row.title, row.since, by_account.get(row.person.account_id or 0, [])) for row in rows
    ]


def accounts_of_members(organisation: Organisation) -> QuerySet[Account]:
    """Accounts of those who work there today."""
    return Account.objects.filter(person__in=members_of(organisation), is_active=True).order_by("username")


def open_invitations(organisation: Organisation) -> QuerySet[Invitation]:
    """Invitations that can still be taken up."""
    return Invitation.objects.filter(
        organisation__same_id=organisation.same_id,
        accepted_at__isnull=True,
        withdrawn_at__isnull=True,
        expires_at__gt=clock.now(),
    )
