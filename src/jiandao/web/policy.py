"""Rules of pages that belong to no stage."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy import Clause, Rule
from jiandao.kernel.policy.relations import ANYBODY, IN_PROGRAMME

DESK = Rule(
    "web.desk",
    _("Everybody has a start page; those with roles find there what waits for them."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

SEARCH = Rule(
    "web.search",
    _("Everybody searches; the answer holds what each may see."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

READ_MESSAGES = Rule(
    "web.messages",
    _("Everybody who is signed in reads the own messages."),
    (Clause(frozenset({Role.ACCOUNT}), ANYBODY),),
)

HOLD_OUTBOX = Rule(
    "web.outbox",
    _("Programme officers hold, check and release the mails of their programme."),
    (Clause(frozenset({Role.PROGRAMME_OFFICER}), IN_PROGRAMME),),
)

WATCH_JOBS = Rule(
    "web.jobs",
    _("Programme officers see the long jobs of their programme, and which of them are stuck."),
    (Clause(frozenset({Role.PROGRAMME_OFFICER}), IN_PROGRAMME),),
)

WATCH_OWN_JOB = Rule(
    "web.job",
    _("Whoever started a job sees its progress and may cancel it."),
    (Clause(frozenset({Role.ACCOUNT}), ANYBODY),),
)
