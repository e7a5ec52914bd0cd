"""In whose name somebody writes: one answer for every record of an organisation."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.policy import Refused, Rule
from jiandao.kernel.policy.decisions import Aspect, NotAllowed, reasons
from jiandao.stages.people.models import Organisation

reasons.add({"people.not_your_organisation": _("You hold no role in %(organisation)s that lets you write for it.")})


def role_for(actor: Actor, rule: Rule, organisation: Organisation) -> str:
    """The role, among those of the rule, under which the actor writes for that organisation; NotAllowed if there is none."""
    for clause in rule.clauses:
        for role in sorted(clause.roles):
            if organisation.same_id in actor.scopes(Role(role), Scope.ORGANISATION):
                return role
    facts = {"organisation": organisation.name}
    raise NotAllowed(Refused("people.not_your_organisation", Aspect.RELATION, facts))
