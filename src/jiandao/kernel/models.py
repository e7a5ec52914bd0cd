"""All tables of the kernel, in one place for Django. Each stands in the package of its idea."""

from jiandao.kernel.accounts.models import Account, RoleGrant
from jiandao.kernel.api.models import ApiToken
from jiandao.kernel.drafts.models import Draft, SentForm
from jiandao.kernel.files.models import StoredFile
from jiandao.kernel.jobs.models import JobRun, PeriodicRun
from jiandao.kernel.journal.models import JournalEntry, JournalLeaf, JournalPayload, JournalPending, JournalSeal
from jiandao.kernel.ledger.models import Envelope, LedgerAccount, LedgerTransaction, Posting, Reservation
from jiandao.kernel.notifications.models import MailPreference, Notification, Outbox, OutboxMail
from jiandao.kernel.programme import Programme
from jiandao.kernel.quotas.models import QuotaUse
from jiandao.kernel.rulebook.models import RuleEdition
from jiandao.kernel.sameness import Merge
from jiandao.kernel.saved_views.models import SavedView
from jiandao.kernel.search.models import ChannelWeights, IndexChange
from jiandao.kernel.secrecy import Knower
from jiandao.kernel.vocabulary.models import Term

__all__ = [
    "Account",
    "ApiToken",
    "ChannelWeights",
    "Draft",
    "Envelope",
    "IndexChange",
    "JobRun",
    "JournalEntry",
    "JournalLeaf",
    "JournalPayload",
    "JournalPending",
    "JournalSeal",
    "Knower",
    "LedgerAccount",
    "LedgerTransaction",
    "MailPreference",
    "Merge",
    "Notification",
    "Outbox",
    "OutboxMail",
    "PeriodicRun",
    "Posting",
    "Programme",
    "QuotaUse",
    "Reservation",
    "RoleGrant",
    "RuleEdition",
    "SavedView",
    "SentForm",
    "StoredFile",
    "Term",
]
