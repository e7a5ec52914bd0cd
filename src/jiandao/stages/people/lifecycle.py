"""The state tables of organisations, certificates and proposals to merge."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.lifecycle import Guard, Lifecycle, Tone, Transition
from jiandao.stages.people import effects, gate, policy
from jiandao.stages.people.models import Certificate, Expert, FamilyTie, MergeProposal, Organisation
from jiandao.stages.people.states import (
    ACTIVE,
    CERTIFICATE_ENDED,
    CERTIFICATE_STATES,
    CHECKED,
    CONFIRMED,
    CONTESTED,
    DOUBTED,
    ENTERED,
    EXPERT_STATES,
    EXPERT_UNAVAILABLE,
    MERGED,
    OPEN_PROPOSAL,
    ORGANISATION_STATES,
    PROPOSAL_SETTLED,
    PROPOSAL_STATES,
    REFUSED,
    TIE_ENDED,
    TIE_STATES,
    TIE_VOID,
    UNAVAILABLE,
    UNDONE,
    VERIFIED,
    WITHDRAWN,
)

ORGANISATION = Lifecycle(
    kind=Organisation.kind,
    label=_("organisation"),
    model=Organisation,
    initial=ENTERED,
    states=ORGANISATION_STATES,
    transitions=(
        Transition(
            "verify",
            _("verify"),
            frozenset({ENTERED, DOUBTED}),
            VERIFIED,
            policy.VERIFY_ORGANISATION,
            guards=(
                Guard(
                    "organisation.known-by",
                    _("It has a code, or its entry says why not."),
                    gate.may_be_verified,
                    ("merged",),
                ),
            ),
            effects=(effects.tell_unit,),
            stamps=("verified_at",),
            hint=_("You have compared its name and code with the register."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "doubt",
            _("doubt"),
            frozenset({ENTERED, VERIFIED}),
            DOUBTED,
            policy.VERIFY_ORGANISATION,
            effects=(effects.tell_unit,),
            asks_reason=True,
            hint=_("Its unit administrators read the reason and correct the entry."),
            tone=Tone.STOP,
        ),
    ),
)

CERTIFICATE = Lifecycle(
    kind=Certificate.kind,
    label=_("certificate"),
    model=Certificate,
    initial=ENTERED,
    states=CERTIFICATE_STATES,
    derived=(CERTIFICATE_ENDED,),
    transitions=(
        Transition(
            "check",
            _("accept as checked"),
            frozenset({ENTERED, REFUSED}),
            CHECKED,
            policy.CHECK_CERTIFICATE,
            effects=(effects.tell_unit,),
            stamps=("checked_at",),
            hint=_("You have compared it with its original."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "refuse",
            _("do not accept"),
            frozenset({ENTERED, CHECKED}),
            REFUSED,
            policy.CHECK_CERTIFICATE,
            effects=(effects.tell_unit,),
            asks_reason=True,
            tone=Tone.STOP,
        ),
        Transition(
            "withdraw",
            _("withdraw"),
            frozenset({ENTERED, CHECKED, REFUSED}),
            WITHDRAWN,
            policy.OWN_CERTIFICATE,
            asks_reason=True,
            tone=Tone.STOP,
        ),
    ),
)

CODES_AGREE = Guard(
    "merge.codes",
    _("They have no two different social credit codes."),
    gate.codes_agree,
    prefetch=("first__merged", "first__canonical__merged", "second__merged", "second__canonical__merged"),
)
STILL_TWO = Guard("merge.two", _("They do not count as one already."), gate.still_two, prefetch=("first", "second"))

PROPOSAL = Lifecycle(
    kind=MergeProposal.kind,
    label=_("proposal to merge"),
    model=MergeProposal,
    initial=OPEN_PROPOSAL,
    states=PROPOSAL_STATES,
    derived=(PROPOSAL_SETTLED,),
    transitions=(
        Transition(
            "keep-first",
            _("merge, and keep the first"),
            frozenset({OPEN_PROPOSAL, REFUSED, UNDONE}),
            MERGED,
            policy.DECIDE_MERGE,
            guards=(STILL_TWO, CODES_AGREE),
            effects=(effects.merge_into_first,),
            asks_reason=True,
            stamps=("decided_at",),
            hint=_("Both count as one from now on, in recusal, limits, lists and statistics; it can be undone."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "keep-second",
            _("merge, and keep the second"),
            frozenset({OPEN_PROPOSAL, REFUSED, UNDONE}),
            MERGED,
            policy.DECIDE_MERGE,
            guards=(STILL_TWO, CODES_AGREE),
            effects=(effects.merge_into_second,),
            asks_reason=True,
            stamps=("decided_at",),
        ),
        Transition(
            "refuse",
            _("they are two"),
            frozenset({OPEN_PROPOSAL, UNDONE}),
            REFUSED,
            policy.DECIDE_MERGE,
            asks_reason=True,
            stamps=("decided_at",),
            hint=_("The pair is not proposed again."),
        ),
        Transition(
            "undo",
            _("undo the merge"),
            frozenset({MERGED}),
            UNDONE,
            policy.DECIDE_MERGE,
            effects=(effects.undo_merge,),
            asks_reason=True,
            stamps=("decided_at",),
            tone=Tone.STOP,
        ),
    ),
)

TIE = Lifecycle(
    kind=FamilyTie.kind,
    label=_("family tie"),
    model=FamilyTie,
    initial=ENTERED,
    states=TIE_STATES,
    derived=(TIE_VOID, TIE_ENDED),
    transitions=(
        Transition(
            "confirm",
            _("confirm the tie"),
            frozenset({ENTERED, CONTESTED}),
            CONFIRMED,
            policy.CONFIRM_TIE,
            guards=(Guard("family.circle", _("Its head does not belong to its member."), gate.no_circle),),
            effects=(effects.answer_tie,),
            hint=_("It is so: from now on it decides who is recused on its days."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "contest",
            _("contest the tie"),
            frozenset({ENTERED}),
            CONTESTED,
            policy.CONFIRM_TIE,
            effects=(effects.answer_tie,),
            asks_reason=True,
            hint=_("It is not so; an officer reads the reason and decides."),
            tone=Tone.STOP,
        ),
    ),
)

EXPERT = Lifecycle(
    kind=Expert.kind,
    label=_("expert"),
    model=Expert,
    initial=ENTERED,
    states=EXPERT_STATES,
    derived=(EXPERT_UNAVAILABLE,),
    transitions=(
        Transition(
            "consent",
            _("consent to be asked"),
            frozenset({ENTERED, WITHDRAWN}),
            ACTIVE,
            policy.CONSENT_AS_EXPERT,
            guards=(
                Guard("expert.not-barred", _("No measure keeps the person from work as an expert."), gate.not_barred),
            ),
            stamps=("consented_at",),
            effects=(effects.refresh_index,),
            hint=_("Those with a role find you by name, unit, fields and works; officers see when you are free."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "withdraw",
            _("take out of the library"),
            frozenset({ENTERED, ACTIVE, UNAVAILABLE}),
            WITHDRAWN,
            policy.WITHDRAW_EXPERT,
            effects=(effects.refresh_index,),
            asks_reason=True,
            tone=Tone.STOP,
        ),
    ),
)
