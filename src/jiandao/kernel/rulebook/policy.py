"""Who reads the rulebook of a programme, and who enters editions."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy import Clause, Rule
from jiandao.kernel.policy.relations import IN_PROGRAMME

READ_RULES = Rule(
    "rulebook.read",
    _("The office of a programme, its leaders and its auditors read the rules by which it decides."),
    (
        Clause(
            frozenset(
                {
                    Role.PROGRAMME_OFFICER,
                    Role.FINANCE_OFFICER,
                    Role.INTEGRITY_OFFICER,
                    Role.DEPARTMENT,
                    Role.LEADER,
                    Role.AUDITOR,
                }
            ),
            IN_PROGRAMME,
        ),
    ),
)

EDIT_RULES = Rule(
    "rulebook.edit",
    _("Programme officers enter a new edition of a rule of their programme, from today on."),
    (Clause(frozenset({Role.PROGRAMME_OFFICER}), IN_PROGRAMME),),
)
