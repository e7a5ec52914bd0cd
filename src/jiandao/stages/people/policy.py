"""Who may see and do what in the directory of people."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import ADMINISTRATORS, CIRCLE, Role, Scope
from jiandao.kernel.policy import Clause, Relation, Rule
from jiandao.kernel.policy.relations import ANYBODY

# The directory is for everybody with a role, the three administrators too: it holds names, no contents of records.
HOLDERS = CIRCLE | ADMINISTRATORS


def _is_member(actor: Actor, role: Role, record: Any) -> bool:
    return record.same_id in actor.scopes(role, Scope.ORGANISATION)


# The role is held for this organisation itself, or for one that is the same.
FOR_IT = Relation(
    "for-it",
    _("a role in this organisation"),
    _is_member,
    lambda actor, role: Q(same_id__in=actor.scopes(role, Scope.ORGANISATION)),
)

# The invitation is of an organisation for which the role is held.
OF_ITS_ORGANISATION = Relation(
    "of-its-organisation",
    _("a role in its organisation"),
    lambda actor, role, record: record.organisation.same_id in actor.scopes(role, Scope.ORGANISATION),
    lambda actor, role: Q(organisation__same_id__in=actor.scopes(role, Scope.ORGANISATION)),
)

LIST_ORGANISATIONS = Rule(
    "people.organisation.list",
    _("Those with a role see the directory of organisations."),
    (Clause(HOLDERS, ANYBODY),),
)

READ_ORGANISATION = Rule(
    "people.organisation.read",
    _("Those with a role see the directory of organisations."),
    (Clause(HOLDERS, ANYBODY),),
)

SEE_MEMBERS = Rule(
    "people.organisation.members",
    _("Whoever acts for an organisation sees who else does."),
    (Clause(HOLDERS, FOR_IT),),
)

MANAGE_MEMBERS = Rule(
    "people.organisation.manage",
    _("Unit administrators invite people to their organisation, give them roles in it and end these."),
    (Clause(frozenset({Role.UNIT_ADMINISTRATOR}), FOR_IT),),
)

WITHDRAW_INVITATION = Rule(
    "people.invitation.withdraw",
    _("Unit administrators withdraw the invitations of their organisation."),
    (Clause(frozenset({Role.UNIT_ADMINISTRATOR}), OF_ITS_ORGANISATION),),
)

ACCEPT_INVITATION = Rule(
    "people.invitation.accept",
    _("Whoever was given the secret link of an open invitation may accept it."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

OWN_ACCOUNT = Rule(
    "people.account.own",
    _("Everybody who is signed in sees and ends the sessions of the own account, and reads the own messages."),
    (Clause(frozenset({Role.ACCOUNT}), ANYBODY),),
)

EVERYBODY = Rule("people.everybody", _("Everybody."), (Clause(frozenset({Role.PUBLIC}), ANYBODY),))
