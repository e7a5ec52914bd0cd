"""Who may see and do what in the directory of people."""

from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import ADMINISTRATORS, CIRCLE, Role, Scope
from jiandao.kernel.policy import Clause, Relation, Rule
from jiandao.kernel.policy.relations import ANYBODY, FOR_SOME_ORGANISATION, IN_ITS_ORGANISATION
from jiandao.kernel.policy.rules import NOBODY
from jiandao.kernel.recusal import OWN_ORGANISATION, recused_by, taking_part
from jiandao.stages.people import states
from jiandao.stages.people.models import Membership

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

# One of the two organisations of a proposal.
FOR_EITHER = Relation(
    "for-either",
    _("a role in one of the two organisations"),
    lambda actor, role, record: bool(_pair(record) & actor.scopes(role, Scope.ORGANISATION)),
    lambda actor, role: _either(actor.scopes(role, Scope.ORGANISATION)),
)


def _pair(record: Any) -> set[int]:
    return {record.first.same_id, record.second.same_id}


def _either(organisations: frozenset[int]) -> Q:
    return Q(first__same_id__in=organisations) | Q(second__same_id__in=organisations)


OFFICERS = frozenset({Role.PROGRAMME_OFFICER})
KEEPERS = OFFICERS | {Role.INTEGRITY_OFFICER}  # who answer for what the directory says of families and breaches
OBSERVERS = frozenset({Role.LEADER, Role.AUDITOR, Role.INTEGRITY_OFFICER, Role.DEPARTMENT})
UNIT = frozenset({Role.UNIT_ADMINISTRATOR, Role.RESEARCH_OFFICE})

# Nobody verifies, merges or checks for an organisation that they act for, nor for one of its family.
_RECUSED_ITSELF = recused_by(taking_part("itself", ""))
_RECUSED_PAIR = recused_by(taking_part("one-of-the-pair", "first", "second"))
_RECUSED_TIE = recused_by(taking_part("one-of-the-tie", "member", "head"))
_RECUSED = recused_by(OWN_ORGANISATION)

LIST_ORGANISATIONS = Rule(
    "people.organisation.list",
    _("Those with a role see the directory of organisations."),
    (Clause(HOLDERS, ANYBODY),),
)

READ_ORGANISATION = Rule(
    "people.organisation.read",
    _("Those with a role see the directory of organisations."),
    (Clause(HOLDERS, ANYBODY),),
    by_rights=True,
)

CREATE_ORGANISATION = Rule(
    "people.organisation.create",
    _("Programme officers enter organisations in the directory; imports and invitations do so in their name."),
    (Clause(OFFICERS, ANYBODY),),
)

EDIT_ORGANISATION = Rule(
    "people.organisation.edit",
    _(
        "Unit administrators keep the entry of their organisation, programme officers those of all. A verified entry whose "
        "name or code its own organisation changes waits for an officer again."
    ),
    (Clause(OFFICERS, ANYBODY), Clause(frozenset({Role.UNIT_ADMINISTRATOR}), FOR_IT)),
)

VERIFY_ORGANISATION = Rule(
    "people.organisation.verify",
    _("Programme officers verify organisations, unless they act for the one in question."),
    (Clause(OFFICERS, ANYBODY),),
    vetoes=(_RECUSED_ITSELF,),
)

ORGANISATION_HISTORY = Rule(
    "people.organisation.history",
    _("What happened to the entry of an organisation is for those who act for it, officers and observers."),
    (Clause(OFFICERS | OBSERVERS, ANYBODY), Clause(UNIT, FOR_IT)),
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
    (Clause(frozenset({Role.UNIT_ADMINISTRATOR}), IN_ITS_ORGANISATION),),
)

# Families

ADD_TIE = Rule(
    "people.family.add",
    _(
        "Programme and integrity officers enter family ties of all organisations, unit administrators those of their own, "
        "which count when the other side or an officer has confirmed them."
    ),
    (Clause(KEEPERS, ANYBODY), Clause(frozenset({Role.UNIT_ADMINISTRATOR}), FOR_IT)),
)


def _of_tie(record: Any) -> set[int]:
    return {one.same_id for one in (record.member, record.head) if one is not None}


# One of the organisations of a tie.
FOR_A_SIDE = Relation(
    "for-a-side",
    _("a role in one of the two organisations"),
    lambda actor, role, record: bool(_of_tie(record) & actor.scopes(role, Scope.ORGANISATION)),
    lambda actor, role: (
        Q(member__same_id__in=actor.scopes(role, Scope.ORGANISATION))
        | Q(head__same_id__in=actor.scopes(role, Scope.ORGANISATION))
    ),
)


def _is_other_side(actor: Actor, role: Role, record: Any) -> bool:
    if record.entered_for is None:
        return False
    return bool((_of_tie(record) - {record.entered_for.same_id}) & actor.scopes(role, Scope.ORGANISATION))


def _other_side(actor: Actor, role: Role) -> Q:
    units, enterer = actor.scopes(role, Scope.ORGANISATION), F("entered_for__same_id")
    member = Q(member__same_id__in=units) & ~Q(member__same_id=enterer)
    head = Q(head__same_id__in=units) & ~Q(head__same_id=enterer)
    return Q(entered_for__isnull=False) & (member | head)


# The organisation of a tie that did not enter it.
OTHER_SIDE = Relation("other-side", _("a role in the organisation that did not enter it"), _is_other_side, _other_side)

READ_TIE = Rule(
    "people.family.read",
    _(
        "Confirmed family ties are for those with a role; those that nobody has confirmed are for the two organisations, "
        "officers and observers."
    ),
    (
        Clause(HOLDERS, ANYBODY, frozenset({states.CONFIRMED, states.ENDED})),
        Clause(OFFICERS | OBSERVERS, ANYBODY),
        Clause(UNIT, FOR_A_SIDE),
    ),
    **states.TIE_READER,
)

CONFIRM_TIE = Rule(
    "people.family.confirm",
    _(
        "Unit administrators of the side that did not enter a family tie confirm or contest it, programme and integrity "
        "officers decide, unless they act for one of the two."
    ),
    (Clause(KEEPERS, ANYBODY), Clause(frozenset({Role.UNIT_ADMINISTRATOR}), OTHER_SIDE, frozenset({states.ENTERED}))),
    vetoes=(_RECUSED_TIE,),
    **states.TIE_READER,
)


# The organisation of a tie that entered it.
OWN_ENTRY = Relation(
    "own-entry",
    _("a role in the organisation that entered it"),
    lambda actor, role, record: (
        record.entered_for is not None and record.entered_for.same_id in actor.scopes(role, Scope.ORGANISATION)
    ),
    lambda actor, role: Q(entered_for__same_id__in=actor.scopes(role, Scope.ORGANISATION)),
)

END_TIE = Rule(
    "people.family.end",
    _(
        "Programme and integrity officers end family ties or declare them void, unless they act for one of the two; unit "
        "administrators those that their own organisation entered, until somebody has confirmed them."
    ),
    (
        Clause(KEEPERS, ANYBODY),
        Clause(frozenset({Role.UNIT_ADMINISTRATOR}), OWN_ENTRY, frozenset({states.ENTERED, states.CONTESTED})),
    ),
    vetoes=(_RECUSED_TIE,),
    **states.TIE_READER,
)

ASK_FAMILY = Rule(
    "people.family.ask",
    _("Officers, observers and experts ask whether two organisations are of one family on a day."),
    (Clause(OFFICERS | OBSERVERS | {Role.EXPERT, Role.FINANCE_OFFICER}, ANYBODY),),
)

# One organisation under two names

SEE_PROPOSALS = Rule(
    "people.merge.list",
    _("Programme officers and unit administrators see which entries of the directory may be one organisation."),
    (Clause(OFFICERS | OBSERVERS | {Role.UNIT_ADMINISTRATOR}, ANYBODY),),
)

READ_PROPOSAL = Rule(
    "people.merge.read",
    _("Officers and observers read all proposals to merge, unit administrators those about their organisation."),
    (Clause(OFFICERS | OBSERVERS, ANYBODY), Clause(frozenset({Role.UNIT_ADMINISTRATOR}), FOR_EITHER)),
)

PROPOSE_MERGE = Rule(
    "people.merge.propose",
    _("Programme officers propose that two entries are one, unit administrators when one of them is theirs."),
    (Clause(OFFICERS, ANYBODY), Clause(frozenset({Role.UNIT_ADMINISTRATOR}), FOR_IT)),
)

SEEK_DUPLICATES = Rule(
    "people.merge.seek",
    _("Programme officers let the directory be searched for organisations entered twice."),
    (Clause(OFFICERS, ANYBODY),),
)

DECIDE_MERGE = Rule(
    "people.merge.decide",
    _("Programme officers merge, refuse and undo, unless they act for one of the two organisations."),
    (Clause(OFFICERS, ANYBODY),),
    vetoes=(_RECUSED_PAIR,),
)

# Certificates

SEE_CERTIFICATES = Rule(
    "people.certificate.list",
    _("Those with a role may open the list of certificates; it holds what each may see."),
    (Clause(CIRCLE, ANYBODY),),
)

READ_CERTIFICATE = Rule(
    "people.certificate.read",
    _("Whoever acts for an organisation reads its certificates; so do officers and observers."),
    (Clause(CIRCLE, IN_ITS_ORGANISATION), Clause(OFFICERS | OBSERVERS, ANYBODY)),
)

CREATE_CERTIFICATE = Rule(
    "people.certificate.create",
    _("Unit administrators and research offices enter certificates of their organisation."),
    (Clause(UNIT, FOR_SOME_ORGANISATION),),
)

EDIT_CERTIFICATE = Rule(
    "people.certificate.edit",
    _("Unit administrators and research offices change a certificate until an officer has checked it."),
    (Clause(UNIT, IN_ITS_ORGANISATION, frozenset({states.ENTERED, states.REFUSED})),),
    **states.CERTIFICATE_READER,
)

OWN_CERTIFICATE = Rule(
    "people.certificate.own",
    _("Unit administrators and research offices withdraw certificates of their organisation."),
    (Clause(UNIT, IN_ITS_ORGANISATION),),
)

CHECK_CERTIFICATE = Rule(
    "people.certificate.check",
    _("Programme officers compare certificates with their originals, unless they act for the organisation."),
    (Clause(OFFICERS, ANYBODY),),
    vetoes=(_RECUSED,),
)

# Experts


def _is_self(actor: Actor, role: Role, record: Any) -> bool:
    return actor.account_id is not None and record.person.account_id == actor.account_id


# The expert in person.
IS_SELF = Relation(
    "is-self",
    _("being that person"),
    _is_self,
    lambda actor, role: Q(person__account=actor.account_id) if actor.account_id is not None else NOBODY,
)


def _works_there(actor: Actor, role: Role, record: Any) -> bool:
    units = actor.scopes(role, Scope.ORGANISATION)
    return bool(units) and record.person.memberships.on(actor.today).filter(organisation__same_id__in=units).exists()


def _there(actor: Actor, role: Role) -> Q:
    units = actor.scopes(role, Scope.ORGANISATION)
    if not units:
        return NOBODY
    works = Membership.objects.on(actor.today).filter(organisation__same_id__in=units)
    return Q(person__in=works.values("person"))


# The role is held for an organisation in which the expert works today.
FOR_ITS_UNIT = Relation("for-its-unit", _("a role in the organisation of the expert"), _works_there, _there)

SEE_EXPERTS = Rule(
    "people.expert.list",
    _("Those with a role may open the library of experts; it holds those that each may see."),
    (Clause(CIRCLE, ANYBODY),),
)

READ_EXPERT = Rule(
    "people.expert.read",
    _(
        "Experts who have consented are for those with a role; the expert, the own organisation, officers and observers see "
        "an entry always."
    ),
    (
        Clause(frozenset({Role.ACCOUNT}), IS_SELF),
        Clause(OFFICERS | OBSERVERS, ANYBODY),
        Clause(UNIT, FOR_ITS_UNIT),
        Clause(CIRCLE, ANYBODY, frozenset({states.ACTIVE, states.UNAVAILABLE})),
    ),
    **states.EXPERT_READER,
)

# When an expert is free, how to reach the expert, and who changed the entry.
EXPERT_DETAILS = Rule(
    "people.expert.details",
    _(
        "Contact of an expert, and when the expert is free, are for the expert, the own organisation and programme officers."
    ),
    (Clause(frozenset({Role.ACCOUNT}), IS_SELF), Clause(OFFICERS, ANYBODY), Clause(UNIT, FOR_ITS_UNIT)),
)


# The expert works there today and has no account, so that nobody else keeps name and contact.
FOR_ITS_UNIT_UNCLAIMED = Relation(
    "for-its-unit-unclaimed",
    _("a role in the organisation of an expert without an account"),
    lambda actor, role, record: record.person.account_id is None and _works_there(actor, role, record),
    lambda actor, role: Q(person__account__isnull=True) & _there(actor, role),
)

CREATE_EXPERT = Rule(
    "people.expert.create",
    _("Programme officers enter experts, unit administrators and research offices those of their organisation."),
    (Clause(OFFICERS, ANYBODY), Clause(UNIT, FOR_SOME_ORGANISATION)),
)

EDIT_EXPERT = Rule(
    "people.expert.edit",
    _("The expert, the own organisation and programme officers keep the entry of an expert."),
    (
        Clause(frozenset({Role.ACCOUNT}), IS_SELF),
        Clause(OFFICERS, ANYBODY),
        Clause(UNIT, FOR_ITS_UNIT),
    ),
)

EDIT_EXPERT_PERSON = Rule(
    "people.expert.person",
    _(
        "An expert with an account keeps name, ORCID and contact in person, one without is kept by the own organisation; "
        "programme officers correct both."
    ),
    (
        Clause(frozenset({Role.ACCOUNT}), IS_SELF),
        Clause(OFFICERS, ANYBODY),
        Clause(UNIT, FOR_ITS_UNIT_UNCLAIMED),
    ),
)

INVITE_EXPERT = Rule(
    "people.expert.invite",
    _(
        "Programme officers and the own organisation invite an expert to take the entry over; it is nobody's own until then."
    ),
    (Clause(OFFICERS, ANYBODY), Clause(UNIT, FOR_ITS_UNIT)),
)

UNITE_EXPERT = Rule(
    "people.expert.unite",
    _("Programme officers decide that the entry of an expert and the person of an account are one, not of their own."),
    (Clause(OFFICERS, ANYBODY),),
)

ADD_AFFILIATION = Rule(
    "people.expert.affiliate",
    _(
        "The expert and programme officers enter where the expert works besides; a unit does not claim somebody by itself."
    ),
    (Clause(frozenset({Role.ACCOUNT}), IS_SELF), Clause(OFFICERS, ANYBODY)),
)

KEEP_AFFILIATIONS = Rule(
    "people.expert.affiliations",
    _(
        "The expert and programme officers end affiliations and mend their days, the own organisation those with itself."
    ),
    (Clause(frozenset({Role.ACCOUNT}), IS_SELF), Clause(OFFICERS, ANYBODY), Clause(UNIT, FOR_ITS_UNIT)),
)

CONSENT_AS_EXPERT = Rule(
    "people.expert.consent",
    _("Only the expert consents to be found and asked."),
    (Clause(frozenset({Role.ACCOUNT}), IS_SELF),),
)

WITHDRAW_EXPERT = Rule(
    "people.expert.withdraw",
    _("The expert or a programme officer takes an entry out of the library."),
    (Clause(frozenset({Role.ACCOUNT}), IS_SELF), Clause(OFFICERS, ANYBODY)),
)

# Integrity

SEE_INTEGRITY = Rule(
    "people.integrity.list",
    _("Integrity officers, programme officers and auditors see the measures for breaches of integrity."),
    (Clause(KEEPERS | {Role.AUDITOR}, ANYBODY),),
)

KEEP_INTEGRITY = Rule(
    "people.integrity.keep",
    _("Integrity officers enter measures with their term and source, and declare wrong ones void."),
    (Clause(frozenset({Role.INTEGRITY_OFFICER}), ANYBODY),),
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
