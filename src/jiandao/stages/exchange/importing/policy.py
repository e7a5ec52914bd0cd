"""Who may see an import and who may run it. Whether somebody may import at all is said in the room's `policy`."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy import Clause, Rule
from jiandao.kernel.policy.decisions import Aspect
from jiandao.kernel.policy.relations import FOR_SOME_ORGANISATION, IN_ITS_ORGANISATION, IN_PROGRAMME
from jiandao.kernel.policy.rules import NOBODY, Relation, Veto
from jiandao.kernel.recusal import OWN_ORGANISATION, recused_by
from jiandao.stages.exchange.capabilities import states as capability_states
from jiandao.stages.exchange.policy import OFFICERS
from jiandao.stages.people.policy import UNIT


def _is_own(actor: Actor, role: Role, record: Any) -> bool:
    return actor.account_id is not None and record.created_by_id == actor.account_id


ITS_IMPORTER = Relation(
    "its-importer",
    _("having uploaded the file"),
    _is_own,
    lambda actor, role: Q(created_by=actor.account_id) if actor.account_id is not None else NOBODY,
)

# A file may hold need-to-know rows, and its report quotes cells: until the check has found that it holds none, and
# for ever when it does, only whoever uploaded it sees it.
_CONFIDENTIAL = Veto(
    "policy.level",
    Aspect.LEVEL,
    lambda actor, record, at: record.confidential,
    lambda actor, at: Q(confidential=False),
    roles=OFFICERS,
)

READ_IMPORT = Rule(
    "exchange.import.read",
    _(
        "Whoever uploaded a file sees its import; programme officers see the imports of their programme, unless the "
        "file holds need-to-know rows."
    ),
    (Clause(frozenset({Role.ACCOUNT}), ITS_IMPORTER), Clause(OFFICERS, IN_PROGRAMME)),
    vetoes=(_CONFIDENTIAL,),
)

RUN_IMPORT = Rule(
    "exchange.import.run",
    _("Whoever uploaded a file maps its columns, checks and imports it."),
    (Clause(frozenset({Role.ACCOUNT}), ITS_IMPORTER),),
)

IMPORT_CAPABILITIES = Rule(
    "exchange.capability.import",
    _("Programme officers import capabilities of any organisation, research offices those of their own."),
    (Clause(OFFICERS, IN_PROGRAMME), Clause(frozenset({Role.RESEARCH_OFFICE}), FOR_SOME_ORGANISATION)),
)

CHANGE_CAPABILITY_BY_IMPORT = Rule(
    "exchange.capability.import-change",
    _(
        "Programme officers bring capabilities of their programme up to date by a file, unless they act for the "
        "organisation that offers them; research offices those of their own."
    ),
    (Clause(OFFICERS, IN_PROGRAMME), Clause(frozenset({Role.RESEARCH_OFFICE}), IN_ITS_ORGANISATION)),
    vetoes=(recused_by(OWN_ORGANISATION),),
    **capability_states.CAPABILITY_READER,
)

IMPORT_ORGANISATIONS = Rule(
    "people.organisation.import",
    _("Programme officers bring organisations into the directory by a file."),
    (Clause(OFFICERS, IN_PROGRAMME),),
)

IMPORT_EXPERTS = Rule(
    "people.expert.import",
    _("Programme officers import experts of any organisation, unit administrators and research offices their own."),
    (Clause(OFFICERS, IN_PROGRAMME), Clause(UNIT, FOR_SOME_ORGANISATION)),
)
