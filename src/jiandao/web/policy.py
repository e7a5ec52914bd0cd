"""Rules of pages that belong to no stage."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy import Clause, Relation, Rule
from jiandao.kernel.policy.relations import ANYBODY, IN_PROGRAMME
from jiandao.kernel.policy.rules import NOBODY

DESK = Rule(
    "web.desk",
    _("Everybody has a start page; those with roles find there what waits for them."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

CHOOSE_LANGUAGE = Rule(
    "web.language",
    _("Everybody chooses the language of the pages."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

STOP_MAILS = Rule(
    "web.mail.stop",
    _("Whoever holds the link of a mail stops the mails of its kind; the link is signed and does nothing else."),
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

KEEP_VIEWS = Rule(
    "web.views",
    _("Everybody who is signed in keeps views of lists; what one shows is decided each time by the list's own rules."),
    (Clause(frozenset({Role.ACCOUNT}), ANYBODY),),
)

# The view belongs to this account.
KEEPS_IT = Relation(
    "keeps-it",
    _("being its owner"),
    lambda actor, role, record: actor.account_id is not None and record.account_id == actor.account_id,
    lambda actor, role: Q(account=actor.account_id) if actor.account_id is not None else NOBODY,
)

CHANGE_OWN_VIEW = Rule(
    "web.view",
    _("Only its owner sees, renames and deletes a saved view."),
    (Clause(frozenset({Role.ACCOUNT}), KEEPS_IT),),
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

# The job was started by this account.
STARTED_IT = Relation(
    "started-it",
    _("having started it"),
    lambda actor, role, record: actor.account_id is not None and record.account_id == actor.account_id,
    lambda actor, role: Q(account=actor.account_id) if actor.account_id is not None else NOBODY,
)

WATCH_OWN_JOB = Rule(
    "web.job",
    _("Whoever started a job sees its progress and may cancel it; so do the officers of its programme."),
    (
        Clause(frozenset({Role.ACCOUNT}), STARTED_IT),
        Clause(frozenset({Role.PROGRAMME_OFFICER}), IN_PROGRAMME),
    ),
)

MEND_JOB = Rule(
    "web.job-mend",
    _("Programme officers try a stuck job of their programme again, or give it up."),
    (Clause(frozenset({Role.PROGRAMME_OFFICER}), IN_PROGRAMME),),
)

READ_FILE = Rule(
    "web.file",
    _("Whoever may read the record that a file belongs to downloads the file; the room of the record decides."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

READ_API = Rule(
    "web.api",
    _("Everybody reads how the API works; what it answers, its routes decide."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

OWN_TOKENS = Rule(
    "web.tokens",
    _("Everybody who is signed in sees and makes own tokens for the API."),
    (Clause(frozenset({Role.ACCOUNT}), ANYBODY),),
)

# The token is of this account.
ITS_OWNER = Relation(
    "its-owner",
    _("being its owner"),
    lambda actor, role, record: actor.account_id is not None and record.account_id == actor.account_id,
    lambda actor, role: Q(account=actor.account_id) if actor.account_id is not None else NOBODY,
)

REVOKE_TOKEN = Rule(
    "web.token-revoke",
    _("The owner of a token revokes it."),
    (Clause(frozenset({Role.ACCOUNT}), ITS_OWNER),),
)
