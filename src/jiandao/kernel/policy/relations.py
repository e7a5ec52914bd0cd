"""Relations that every room uses."""

from functools import cache
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.policy.rules import EVERYTHING, NOBODY, Relation
from jiandao.kernel.programme import Programme


def _site_wide(actor: Actor, role: Role) -> bool:
    return any(grant.role == role and grant.scope == Scope.SITE for grant in actor.grants)


def _programme_id(record: Any) -> int | None:
    if isinstance(record, Programme):
        return record.pk
    programme_id: int | None = record.programme_id
    return programme_id


# Anybody who has the role, for more than one record alone.
ANYBODY = Relation(
    "anybody",
    _("nothing more"),
    lambda actor, role, record: role in actor.wide_roles,
    lambda actor, role: EVERYTHING if role in actor.wide_roles else NOBODY,
)

# The role is held in the programme of the record, or for the whole site.
IN_PROGRAMME = Relation(
    "in-programme",
    _("a role in its programme"),
    lambda actor, role, record: _site_wide(actor, role) or _programme_id(record) in actor.scopes(role, Scope.PROGRAMME),
    lambda actor, role: EVERYTHING if _site_wide(actor, role) else Q(programme__in=actor.scopes(role, Scope.PROGRAMME)),
)

# The role is held for some organisation, whichever: for "may begin", where there is no record yet.
FOR_SOME_ORGANISATION = Relation(
    "for-some-organisation",
    _("a role in an organisation"),
    lambda actor, role, record: bool(actor.scopes(role, Scope.ORGANISATION)),
    lambda actor, role: EVERYTHING if actor.scopes(role, Scope.ORGANISATION) else NOBODY,
)

# The role is held in the record's organisation, or in one that is the same (see `kernel.sameness`).
IN_ITS_ORGANISATION = Relation(
    "in-its-organisation",
    _("a role in its organisation"),
    lambda actor, role, record: record.organisation.same_id in actor.scopes(role, Scope.ORGANISATION),
    lambda actor, role: Q(organisation__same_id__in=actor.scopes(role, Scope.ORGANISATION)),
)


@cache
def for_this(kind: str) -> Relation:
    """The role is held for this one record of `kind`."""
    return Relation(
        f"for-this {kind}",
        _("a role for this record alone"),
        lambda actor, role, record: record.pk in actor.records(role, kind),
        lambda actor, role: Q(pk__in=actor.records(role, kind)),
    )
