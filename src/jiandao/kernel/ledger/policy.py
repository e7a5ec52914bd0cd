"""Who keeps the ledger of a programme, and who reads it."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy import Clause, Rule
from jiandao.kernel.policy.relations import IN_PROGRAMME

READ_LEDGER = Rule(
    "ledger.read",
    _("The officers of a programme, its leaders and its auditors read its ledger."),
    (
        Clause(
            frozenset({Role.FINANCE_OFFICER, Role.PROGRAMME_OFFICER, Role.LEADER, Role.AUDITOR}),
            IN_PROGRAMME,
        ),
    ),
)

KEEP_LEDGER = Rule(
    "ledger.keep",
    _("Finance officers open envelopes, reserve, commit, pay and release money, and post and reverse entries."),
    (Clause(frozenset({Role.FINANCE_OFFICER}), IN_PROGRAMME),),
)
