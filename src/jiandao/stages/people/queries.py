"""What can be asked of the directory of people."""

from collections.abc import Collection

from django.db.models import QuerySet

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.stages.people.models import Organisation, Person


def ids_same_as(organisation_id: int) -> list[int]:
    """Ids of all organisations that are the same as this one, itself included."""
    same = Organisation.objects.filter(pk=organisation_id).values("same_id")
    return list(Organisation.objects.filter(same_id__in=same).values_list("pk", flat=True))


def names_of_accounts(account_ids: Collection[int]) -> dict[int, str]:
    """account id -> the name of its person. Answers the kernel's question."""
    return dict(Person.objects.filter(account__in=account_ids).values_list("account_id", "name"))


def organisations_of(actor: Actor, roles: Collection[str]) -> QuerySet[Organisation]:
    """Canonical organisations for which the actor holds one of `roles`."""
    ids = {grant.scope_id for grant in actor.grants if grant.role in roles and grant.scope == "organisation"}
    return Organisation.objects.filter(pk__in=ids)


def person_of(actor: Actor) -> Person | None:
    """The person behind an actor."""
    if actor.account_id is None:
        return None
    return Person.objects.filter(account=actor.account_id).first()


def members_of(organisation: Organisation) -> QuerySet[Person]:
    """Persons who work in the organisation, or in one that is the same, today."""
    today = clock.today()
    return (
        Person.objects.filter(
            memberships__organisation__same_id=organisation.same_id, memberships__since__lte=today
        )
        .exclude(memberships__until__lt=today)
        .distinct()
    )
