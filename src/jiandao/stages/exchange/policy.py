"""Who may see and do what with needs and results. Deny by default; every rule has its SQL twin."""

from dataclasses import replace
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import CIRCLE, Role, Scope
from jiandao.kernel.policy import Clause, Relation, Rule
from jiandao.kernel.policy.decisions import Aspect, reasons
from jiandao.kernel.policy.relations import ANYBODY, FOR_SOME_ORGANISATION, IN_ITS_ORGANISATION, IN_PROGRAMME, for_this
from jiandao.kernel.policy.rules import NOBODY, Veto
from jiandao.kernel.recusal import OWN_ORGANISATION, recused_by, taking_part
from jiandao.kernel.secrecy import NEED_TO_KNOW, OPEN, SHARED, need_to_know
from jiandao.stages.exchange import states
from jiandao.stages.exchange.introductions.states import OPENED
from jiandao.stages.exchange.models import Introduction

ASKERS = frozenset({Role.NEED_OWNER, Role.UNIT_ADMINISTRATOR})
ANSWERERS = frozenset({Role.RESEARCHER, Role.RESEARCH_OFFICE, Role.UNIT_ADMINISTRATOR})
OFFICERS = frozenset({Role.PROGRAMME_OFFICER})
OBSERVERS = frozenset({Role.LEADER, Role.AUDITOR, Role.INTEGRITY_OFFICER, Role.DEPARTMENT})

_KNOWN_NEED = need_to_know("exchange.need")
_KNOWN_RESULT = need_to_know("exchange.result")
_RECUSED = recused_by(OWN_ORGANISATION)

# The organisation that asks lets itself be named. Where it does not, others read the challenge alone.
NAMED = Relation(
    "named",
    _("an organisation that lets itself be named"),
    lambda actor, role, record: not record.anonymous and role in actor.wide_roles,
    lambda actor, role: Q(anonymous=False) if role in actor.wide_roles else NOBODY,
)


def _met(actor: Actor, role: Role) -> QuerySet[Introduction]:
    scopes = actor.scopes(role, Scope.ORGANISATION)
    return Introduction.everywhere().filter(state__in=OPENED, answerer__same_id__in=scopes, need__isnull=False)


# An introduction to the organisation that asks is open: who asks is known, and the need may be read in its own words.
INTRODUCED = Relation(
    "introduced",
    _("a role in an organisation that was introduced"),
    lambda actor, role, record: (
        bool(actor.scopes(role, Scope.ORGANISATION)) and _met(actor, role).filter(need=record.pk).exists()
    ),
    lambda actor, role: (
        Q(pk__in=_met(actor, role).values("need")) if actor.scopes(role, Scope.ORGANISATION) else NOBODY
    ),
)

# What was withdrawn before anybody else had seen it stays with its organisation, as a draft does.
THROWN_AWAY = Veto(
    "exchange.thrown_away",
    Aspect.STATE,
    lambda actor, record, at: record.state == states.WITHDRAWN and not _was_handed_in(record),
    lambda actor, at: ~Q(state=states.WITHDRAWN, published_at__isnull=True),
    roles=OFFICERS | OBSERVERS,
)
NEED_THROWN_AWAY = replace(
    THROWN_AWAY, q=lambda actor, at: ~Q(state=states.WITHDRAWN, published_at__isnull=True, submitted_at__isnull=True)
)
reasons.add({"exchange.thrown_away": _("It was withdrawn while it was a draft; only its organisation reads it.")})


def _was_handed_in(record: Any) -> bool:
    return record.published_at is not None or getattr(record, "submitted_at", None) is not None


# Needs

SEE_NEEDS = Rule(
    "exchange.need.list",
    _("Everybody may open the list of needs; it holds what each may see."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

READ_NEED = Rule(
    "exchange.need.read",
    _(
        "Published public needs are for everybody, internal ones for those with a role, unless their organisation does not "
        "want to be named and they have not been introduced; askers see all needs of their "
        "organisation, officers and observers those submitted in their programme. Need-to-know needs are only for "
        "those on their list."
    ),
    (
        Clause(frozenset({Role.PUBLIC}), NAMED, states.NEED_OUT, OPEN),
        Clause(CIRCLE, NAMED, states.NEED_OUT, SHARED),
        Clause(frozenset({Role.ACCOUNT}), ANYBODY, states.NEED_OUT, NEED_TO_KNOW),
        Clause(ASKERS, IN_ITS_ORGANISATION),
        Clause(OFFICERS | OBSERVERS, IN_PROGRAMME, states.NEED_ALL - {states.DRAFT}),
        Clause(OBSERVERS, for_this("exchange.need"), states.NEED_ALL - {states.DRAFT}),
        Clause(ANSWERERS, INTRODUCED, states.NEED_OUT, SHARED),
    ),
    vetoes=(_KNOWN_NEED, NEED_THROWN_AWAY),
    by_rights=True,
    **states.NEED_READER,
)

NEED_HISTORY = Rule(
    "exchange.need.history",
    _(
        "What happened to a need, by whom and why, is for its organisation, and from its submission on for the officers "
        "and observers of its programme; others read when it was published."
    ),
    (
        Clause(ASKERS, IN_ITS_ORGANISATION),
        Clause(OFFICERS | OBSERVERS, IN_PROGRAMME, states.NEED_ALL - {states.DRAFT}),
        Clause(OBSERVERS, for_this("exchange.need"), states.NEED_ALL - {states.DRAFT}),
    ),
    vetoes=(_KNOWN_NEED, NEED_THROWN_AWAY),
    **states.NEED_READER,
)

CREATE_NEED = Rule(
    "exchange.need.create",
    _("Need owners write needs for their organisation."),
    (Clause(frozenset({Role.NEED_OWNER}), FOR_SOME_ORGANISATION),),
)

EDIT_NEED = Rule(
    "exchange.need.edit",
    _("Need owners of the organisation change a need while it is a draft or was returned."),
    (Clause(frozenset({Role.NEED_OWNER}), IN_ITS_ORGANISATION, frozenset({states.DRAFT, states.RETURNED})),),
    vetoes=(_KNOWN_NEED,),
    **states.NEED_READER,
)

ATTACH_TO_NEED = Rule(
    "exchange.need.attach",
    _(
        "Need owners of the organisation attach files while a need is a draft or was returned, programme officers while "
        "they check it; what was published stays as it was read."
    ),
    (
        Clause(frozenset({Role.NEED_OWNER}), IN_ITS_ORGANISATION, frozenset({states.DRAFT, states.RETURNED})),
        Clause(OFFICERS, IN_PROGRAMME, states.NEED_IN_OFFICE),
    ),
    vetoes=(_KNOWN_NEED, _RECUSED),
    **states.NEED_READER,
)

OWN_NEED = Rule(
    "exchange.need.own",
    _("Need owners of the organisation submit and withdraw its needs."),
    (Clause(frozenset({Role.NEED_OWNER}), IN_ITS_ORGANISATION),),
    vetoes=(_KNOWN_NEED,),
)

CHECK_NEED = Rule(
    "exchange.need.check",
    _("Programme officers check, publish and return needs, unless they act for the organisation that asks."),
    (Clause(OFFICERS, IN_PROGRAMME),),
    vetoes=(_KNOWN_NEED, _RECUSED),
)

ASSESS_NEED = Rule(
    "exchange.need.assess",
    _(
        "Departments and programme officers say whether the technology that a need asks for exists, unless they act for the "
        "organisation that asks."
    ),
    (Clause(OFFICERS | {Role.DEPARTMENT}, IN_PROGRAMME, frozenset({states.ASSESSING})),),
    vetoes=(_KNOWN_NEED, _RECUSED),
    **states.NEED_READER,
)

WITHDRAW_NEED = Rule(
    "exchange.need.withdraw",
    _("Need owners withdraw the needs of their organisation, programme officers those of their programme."),
    (
        Clause(frozenset({Role.NEED_OWNER}), IN_ITS_ORGANISATION),
        Clause(OFFICERS, IN_PROGRAMME, states.NEED_ALL - {states.DRAFT}),
    ),
    vetoes=(_KNOWN_NEED, _RECUSED),
    **states.NEED_READER,
)

ADMIT_TO_NEED = Rule(
    "exchange.need.admit",
    _(
        "Need owners of the organisation, and officers of the programme who stand on the list themselves, put people on "
        "the need-to-know list of a need."
    ),
    (
        Clause(frozenset({Role.NEED_OWNER}), IN_ITS_ORGANISATION, levels=NEED_TO_KNOW),
        Clause(OFFICERS, IN_PROGRAMME, levels=NEED_TO_KNOW),
    ),
    vetoes=(_KNOWN_NEED,),
)

DISMISS_FROM_NEED = Rule(
    "exchange.need.dismiss",
    _("Need owners of the organisation take people off the need-to-know list of its need."),
    (Clause(frozenset({Role.NEED_OWNER}), IN_ITS_ORGANISATION, levels=NEED_TO_KNOW),),
    vetoes=(_KNOWN_NEED,),
)

# Challenges

SEE_CHALLENGES = Rule(
    "exchange.challenge.list",
    _("Everybody may open the list of challenges; it holds what each may see."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

SEE_FUNNEL = Rule(
    "exchange.funnel",
    _("Officers and observers see how many needs came through each step, and why the others did not."),
    (Clause(OFFICERS | OBSERVERS, IN_PROGRAMME),),
)


def _issued(actor: Actor, role: Role) -> frozenset[int]:
    return actor.scopes(role, Scope.ORGANISATION)


# The role is held for the organisation whose need the challenge was made from.
FOR_ISSUER = Relation(
    "for-issuer",
    _("a role in the organisation that issued it"),
    lambda actor, role, record: record.issuer.same_id in _issued(actor, role),
    lambda actor, role: Q(issuer__same_id__in=_issued(actor, role)),
)

READ_CHALLENGE = Rule(
    "exchange.challenge.read",
    _(
        "Published public challenges are for everybody, internal ones for those with a role; officers and observers see all "
        "of their programme, the organisation that issued one sees it from its publication on."
    ),
    (
        Clause(frozenset({Role.PUBLIC}), ANYBODY, states.CHALLENGE_OUT, OPEN),
        Clause(CIRCLE, ANYBODY, states.CHALLENGE_OUT, SHARED),
        Clause(ASKERS, FOR_ISSUER, states.CHALLENGE_ALL - {states.DRAFT}),
        Clause(OFFICERS, IN_PROGRAMME),
        Clause(OBSERVERS, IN_PROGRAMME, states.CHALLENGE_ALL - {states.DRAFT}),
    ),
    by_rights=True,
    **states.CHALLENGE_READER,
)

CHALLENGE_HISTORY = Rule(
    "exchange.challenge.history",
    _("Who worded a challenge, from which needs and why, is for the officers and observers of its programme."),
    (Clause(OFFICERS, IN_PROGRAMME), Clause(OBSERVERS, IN_PROGRAMME, states.CHALLENGE_ALL - {states.DRAFT})),
    **states.CHALLENGE_READER,
)

_ISSUED_BY_ONE = recused_by(taking_part("issuer", "issuer"))

CONDENSE = Rule(
    "exchange.challenge.condense",
    _(
        "Programme officers condense needs that the department has looked at into a challenge, unless they act for an "
        "organisation that asks."
    ),
    (Clause(OFFICERS, IN_PROGRAMME, frozenset({states.ASSESSING}), SHARED),),
    vetoes=(_KNOWN_NEED, _RECUSED),
    **states.NEED_READER,
)

EDIT_CHALLENGE = Rule(
    "exchange.challenge.edit",
    _(
        "Programme officers word a challenge until it is published, unless they act for the organisation that issued it."
    ),
    (Clause(OFFICERS, IN_PROGRAMME, frozenset({states.DRAFT})),),
    vetoes=(_ISSUED_BY_ONE,),
    **states.CHALLENGE_READER,
)

WORD_CHALLENGE = Rule(
    "exchange.challenge.own",
    _(
        "Programme officers publish, close and withdraw challenges, unless they act for the organisation that issued it."
    ),
    (Clause(OFFICERS, IN_PROGRAMME),),
    vetoes=(_ISSUED_BY_ONE,),
)

# Results

SEE_RESULTS = Rule(
    "exchange.result.list",
    _("Everybody may open the list of results; it holds what each may see."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

READ_RESULT = Rule(
    "exchange.result.read",
    _(
        "Published public results are for everybody, internal ones for those with a role; the owning organisation sees "
        "all of its results, officers and observers those that were published. Need-to-know results are only for those "
        "on their list."
    ),
    (
        Clause(frozenset({Role.PUBLIC}), ANYBODY, states.RESULT_OUT, OPEN),
        Clause(CIRCLE, ANYBODY, states.RESULT_OUT, SHARED),
        Clause(frozenset({Role.ACCOUNT}), ANYBODY, states.RESULT_OUT, NEED_TO_KNOW),
        Clause(ANSWERERS, IN_ITS_ORGANISATION),
        Clause(OFFICERS | OBSERVERS, IN_PROGRAMME, states.RESULT_ALL - {states.DRAFT}),
        Clause(OBSERVERS, for_this("exchange.result"), states.RESULT_ALL - {states.DRAFT}),
    ),
    vetoes=(_KNOWN_RESULT, THROWN_AWAY),
    by_rights=True,
    **states.RESULT_READER,
)

RESULT_HISTORY = Rule(
    "exchange.result.history",
    _(
        "What happened to a result, by whom and why, is for its organisation, and from its publication on for the "
        "officers and observers of its programme; others read when it was published."
    ),
    (
        Clause(ANSWERERS, IN_ITS_ORGANISATION),
        Clause(OFFICERS | OBSERVERS, IN_PROGRAMME, states.RESULT_ALL - {states.DRAFT}),
        Clause(OBSERVERS, for_this("exchange.result"), states.RESULT_ALL - {states.DRAFT}),
    ),
    vetoes=(_KNOWN_RESULT, THROWN_AWAY),
    **states.RESULT_READER,
)

CREATE_RESULT = Rule(
    "exchange.result.create",
    _("Researchers and research offices enter results of their organisation."),
    (Clause(frozenset({Role.RESEARCHER, Role.RESEARCH_OFFICE}), FOR_SOME_ORGANISATION),),
)

EDIT_RESULT = Rule(
    "exchange.result.edit",
    _("Researchers and research offices change results of their organisation until these are withdrawn."),
    (
        Clause(
            frozenset({Role.RESEARCHER, Role.RESEARCH_OFFICE}),
            IN_ITS_ORGANISATION,
            frozenset({states.DRAFT, states.PUBLISHED}),
        ),
    ),
    vetoes=(_KNOWN_RESULT,),
    **states.RESULT_READER,
)

ATTACH_TO_RESULT = Rule(
    "exchange.result.attach",
    _("Researchers and research offices attach files to results of their organisation until these are withdrawn."),
    (
        Clause(
            frozenset({Role.RESEARCHER, Role.RESEARCH_OFFICE}),
            IN_ITS_ORGANISATION,
            frozenset({states.DRAFT, states.PUBLISHED}),
        ),
    ),
    vetoes=(_KNOWN_RESULT,),
    **states.RESULT_READER,
)

OWN_RESULT = Rule(
    "exchange.result.own",
    _("Researchers and research offices publish and withdraw results of their organisation."),
    (Clause(frozenset({Role.RESEARCHER, Role.RESEARCH_OFFICE}), IN_ITS_ORGANISATION),),
    vetoes=(_KNOWN_RESULT,),
)

ADMIT_TO_RESULT = Rule(
    "exchange.result.admit",
    _(
        "Researchers and research offices of the organisation, and officers of the programme who stand on the list "
        "themselves, put people on the need-to-know list of a result."
    ),
    (
        Clause(frozenset({Role.RESEARCHER, Role.RESEARCH_OFFICE}), IN_ITS_ORGANISATION, levels=NEED_TO_KNOW),
        Clause(OFFICERS, IN_PROGRAMME, levels=NEED_TO_KNOW),
    ),
    vetoes=(_KNOWN_RESULT,),
)

DISMISS_FROM_RESULT = Rule(
    "exchange.result.dismiss",
    _("Researchers and research offices of the organisation take people off the need-to-know list of its result."),
    (Clause(frozenset({Role.RESEARCHER, Role.RESEARCH_OFFICE}), IN_ITS_ORGANISATION, levels=NEED_TO_KNOW),),
    vetoes=(_KNOWN_RESULT,),
)

# Import

IMPORT_NEEDS = Rule(
    "exchange.need.import",
    _("Programme officers import needs of any organisation, need owners those of their own."),
    (Clause(OFFICERS, IN_PROGRAMME), Clause(frozenset({Role.NEED_OWNER}), FOR_SOME_ORGANISATION)),
)

CHANGE_NEED_BY_IMPORT = Rule(
    "exchange.need.import-change",
    _(
        "Programme officers bring needs of their programme up to date by a file, unless they act for the organisation "
        "that asks; need owners those that they may edit."
    ),
    (
        Clause(OFFICERS, IN_PROGRAMME, states.NEED_ALL - {states.WITHDRAWN}),
        Clause(frozenset({Role.NEED_OWNER}), IN_ITS_ORGANISATION, frozenset({states.DRAFT, states.RETURNED})),
    ),
    vetoes=(_KNOWN_NEED, _RECUSED),
    **states.NEED_READER,
)

IMPORT_RESULTS = Rule(
    "exchange.result.import",
    _("Programme officers import results of any organisation, research offices those of their own."),
    (Clause(OFFICERS, IN_PROGRAMME), Clause(frozenset({Role.RESEARCH_OFFICE}), FOR_SOME_ORGANISATION)),
)

CHANGE_RESULT_BY_IMPORT = Rule(
    "exchange.result.import-change",
    _(
        "Programme officers bring results of their programme up to date by a file, unless they act for the organisation "
        "that owns them; research offices those of their own until these are withdrawn."
    ),
    (
        Clause(OFFICERS, IN_PROGRAMME, states.RESULT_ALL - {states.WITHDRAWN}),
        Clause(frozenset({Role.RESEARCH_OFFICE}), IN_ITS_ORGANISATION, frozenset({states.DRAFT, states.PUBLISHED})),
    ),
    vetoes=(_KNOWN_RESULT, _RECUSED),
    **states.RESULT_READER,
)
