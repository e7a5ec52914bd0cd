"""What the operator of a deployment does on its machine: the first programme, organisation, accounts and roles.

Nobody's rights are asked: whoever runs the command holds the database. The journal keeps every step as the system's.
"""

from typing import Any

from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock, journal
from jiandao.kernel.accounts import granting
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.models import Account, RoleGrant, validate_username
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.journal.words import name_fact
from jiandao.kernel.lifecycle.perform import COMMON_VERBS
from jiandao.kernel.programme import Programme
from jiandao.stages.people.actions import create_person, join
from jiandao.stages.people.models import Organisation, Person

COMMON_VERBS.update({"close": _("close the account"), "open": _("open the account again")})
name_fact("programme", _("programme"))
name_fact("organisation", _("organisation"))

_SYSTEM = Actor()
Where = Programme | Organisation | None


@transaction.atomic
def add_programme(*, slug: str, name_zh: str, name_en: str) -> Programme:
    """A new programme. ValidationError by field for a slug that is taken or malformed."""
    programme = Programme(slug=slug, name_zh=name_zh.strip(), name_en=name_en.strip())
    programme.full_clean()
    programme.save()
    after = {"slug": slug, "name_zh": programme.name_zh, "name_en": programme.name_en}
    journal.record(actor=_SYSTEM, verb="create", record=programme, after=after)
    return programme


@transaction.atomic
def add_account(*, username: str, password: str, name: str, email: str = "") -> Account:
    """An account with its person. ValidationError by field."""
    account = Account(username=username, email=email)
    account.set_unusable_password()
    account.full_clean(exclude=["password"])
    validate_username(username)
    try:
        password_validation.validate_password(password, account)
    except ValidationError as weak:
        raise ValidationError({"password": weak.messages}) from weak
    account.set_password(password)
    account.save()
    journal.record(actor=_SYSTEM, verb="create", record=account, after={"username": username})
    person = Person(name=name.strip(), email=email)
    person.full_clean(exclude=["canonical", "same_id", "account"], validate_constraints=False)
    create_person(actor=_SYSTEM, values={"name": person.name, "email": email}, account=account)
    return account


@transaction.atomic
def give_role(*, account: Account, role: Role, where: Where) -> RoleGrant:
    """Give a role for a programme, an organisation or the whole site; who works for an organisation joins it."""
    _locked(account)
    scope, scope_id = _scope(where)
    found = granting.grant(account=account, role=role, scope=scope, scope_id=scope_id, by=None)
    if isinstance(where, Organisation):
        person = Person.objects.filter(account=account).first()
        if person is not None:
            join(actor=_SYSTEM, person=person, organisation=where)
    journal.record(actor=_SYSTEM, verb="grant", record=account, facts=_facts(role, where))
    return found


@transaction.atomic
def take_role(*, account: Account, role: Role, where: Where) -> bool:
    """End a role that is held; false when it is not."""
    _locked(account)
    scope, scope_id = _scope(where)
    held = RoleGrant.objects.filter(account=account, role=role, scope=scope, scope_id=scope_id).at(clock.now())
    ended = list(held)
    for grant in ended:
        granting.end(grant=grant)
    if ended:
        journal.record(actor=_SYSTEM, verb="end-role", record=account, facts=_facts(role, where))
    return bool(ended)


@transaction.atomic
def close_account(*, account: Account, closed: bool = True) -> None:
    """Nobody signs in with it any more, and its sessions and tokens stop working; or it is opened again."""
    fresh = _locked(account)
    if fresh.is_active != closed:
        return
    fresh.is_active = not closed
    fresh.save(update_fields=["is_active"])
    journal.record(actor=_SYSTEM, verb="close" if closed else "open", record=fresh)


def _locked(account: Account) -> Account:
    return Account.objects.select_for_update().get(pk=account.pk)


def _scope(where: Where) -> tuple[Scope, int | None]:
    if isinstance(where, Programme):
        return Scope.PROGRAMME, where.pk
    return (Scope.ORGANISATION, where.same_id) if isinstance(where, Organisation) else (Scope.SITE, None)


def _facts(role: Role, where: Where) -> dict[str, Any]:
    facts: dict[str, Any] = {"roles": [role]}
    if isinstance(where, Programme):
        facts["programme"] = where.slug
    if isinstance(where, Organisation):
        facts["organisation"] = where.name
    return facts
