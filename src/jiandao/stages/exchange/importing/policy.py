"""Who may see an import and who may run it. Whether somebody may import at all is said in the room's `policy`."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.policy import Clause, Rule
from jiandao.kernel.policy.decisions import Aspect
from jiandao.kernel.policy.relations import IN_PROGRAMME
from jiandao.kernel.policy.rules import NOBODY, Relation, Veto
from jiandao.stages.exchange.policy import OFFICERS


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
