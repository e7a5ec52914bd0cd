"""The state tables of introductions and cooperations."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiandao.kernel.lifecycle import Cause, Guard, Lifecycle, Tone, Transition
from jiandao.stages.exchange.introductions import effects, gate, policy
from jiandao.stages.exchange.introductions.states import (
    AGREED,
    CLOSED,
    COOPERATION_STATES,
    DECLINED,
    ENTERED,
    FINISHED,
    INTRODUCTION_STATES,
    MET,
    OPEN,
    PROPOSED,
    RUNNING,
    STOPPED,
    VOID,
)
from jiandao.stages.exchange.models import CooperationRecord, Introduction

# The same words for a no before and after the first talk, so that they can be counted together.
NO_CAUSES = (
    ("object", _("it is about another thing")),
    ("immature", _("not mature enough")),
    ("indicators", _("does not reach the indicators")),
    ("money", _("money or terms do not fit")),
    ("time", _("no time or people for it now")),
    ("partner", _("we do not want to work with this partner")),
    ("solved", _("solved in another way")),
    ("other", _("another reason")),
)
DECLINE_CAUSES = tuple(Cause(f"decline.{code}", label) for code, label in NO_CAUSES)
CLOSE_CAUSES = tuple(Cause(f"close.{code}", label) for code, label in NO_CAUSES)

BOTH_CONSENTED = Guard("introduction.consents", _("Both sides have consented."), gate.both_consented)
STILL_LIVE = Guard("introduction.live", _("What it is about is still asked and offered."), gate.is_live)
BOTH_SIGNED = Guard("introduction.signatures", _("Both have signed, where one asked for it."), gate.both_signed)

INTRODUCTION = Lifecycle(
    kind=Introduction.kind,
    label=_("introduction"),
    model=Introduction,
    initial=PROPOSED,
    states=INTRODUCTION_STATES,
    transitions=(
        Transition(
            "consent",
            pgettext_lazy("introduction", "consent"),
            frozenset({PROPOSED}),
            PROPOSED,
            policy.TAKE_PART,
            guards=(
                STILL_LIVE,
                Guard("introduction.own-consent", _("Your side has not consented yet."), gate.may_consent),
            ),
            effects=(effects.take_consent, effects.tell_others),
            on_page=True,
            hint=_("The other side learns whom to call when both have consented, and signed where one asks for it."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "sign",
            _("confirm that we have signed"),
            frozenset({PROPOSED}),
            PROPOSED,
            policy.TAKE_PART,
            guards=(
                STILL_LIVE,
                Guard("introduction.own-paper", _("The signed agreement is attached."), gate.may_sign),
            ),
            effects=(effects.take_signature, effects.tell_others),
            on_page=True,
            hint=_("The non-disclosure agreement, signed by your side, is attached to this page."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "open",
            _("open the contact"),
            frozenset({PROPOSED}),
            OPEN,
            policy.TAKE_PART,
            guards=(STILL_LIVE, BOTH_CONSENTED, BOTH_SIGNED),
            effects=(effects.tell_both,),
            stamps=("opened_at",),
            hint=_("Happens by itself as soon as both have consented and signed."),
        ),
        Transition(
            "meet",
            _("enter a meeting"),
            frozenset({OPEN, MET}),
            MET,
            policy.TAKE_PART,
            effects=(effects.tell_others,),
            stamps=("met_at",),
            on_page=True,
        ),
        Transition(
            "agree",
            _("enter the agreement"),
            frozenset({OPEN, MET}),
            AGREED,
            policy.TAKE_PART,
            effects=(effects.tell_others,),
            stamps=("agreed_at",),
            on_page=True,
            tone=Tone.ACTIVE,
        ),
        Transition(
            "decline",
            pgettext_lazy("introduction", "decline"),
            frozenset({PROPOSED}),
            DECLINED,
            policy.TAKE_PART,
            effects=(effects.keep_who_closed, effects.keep_the_no, effects.tell_others),
            stamps=("closed_at",),
            asks_reason=True,
            causes=DECLINE_CAUSES,
            keeps_cause="close_cause",
            hint=_(
                "The other side does not propose the same again, unless you take your no back or propose it yourself."
            ),
            tone=Tone.STOP,
        ),
        Transition(
            "close",
            pgettext_lazy("introduction", "close"),
            frozenset({OPEN, MET}),
            CLOSED,
            policy.TAKE_PART,
            effects=(effects.keep_who_closed, effects.tell_others),
            stamps=("closed_at",),
            asks_reason=True,
            causes=CLOSE_CAUSES,
            keeps_cause="close_cause",
            tone=Tone.STOP,
        ),
    ),
)

COOPERATION = Lifecycle(
    kind=CooperationRecord.kind,
    label=_("cooperation"),
    model=CooperationRecord,
    initial=ENTERED,
    states=COOPERATION_STATES,
    transitions=(
        Transition(
            "confirm",
            pgettext_lazy("cooperation", "confirm"),
            frozenset({ENTERED}),
            RUNNING,
            policy.CONFIRM_COOPERATION,
            guards=(Guard("cooperation.other-person", _("Somebody else than who entered it."), gate.another_person),),
            effects=(effects.tell_others,),
            stamps=("confirmed_at",),
            hint=_("Title, kind, day and amount are as you signed them; from now on it counts."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "dispute",
            pgettext_lazy("cooperation", "dispute"),
            frozenset({ENTERED}),
            VOID,
            policy.CONFIRM_COOPERATION,
            guards=(Guard("cooperation.other-person", _("Somebody else than who entered it."), gate.another_person),),
            effects=(effects.void, effects.tell_others),
            stamps=("ended_at",),
            asks_reason=True,
            hint=_("The introduction goes on; the agreement can be entered anew."),
            tone=Tone.STOP,
        ),
        Transition(
            "take-back",
            pgettext_lazy("cooperation", "take back"),
            frozenset({ENTERED}),
            VOID,
            policy.TAKE_BACK_COOPERATION,
            effects=(effects.void, effects.tell_others),
            stamps=("ended_at",),
            asks_reason=True,
            hint=_("To correct a slip: take it back and enter it anew."),
        ),
        Transition(
            "finish",
            _("mark as finished"),
            frozenset({RUNNING}),
            FINISHED,
            policy.RUN_COOPERATION,
            guards=(Guard("cooperation.over", _("Its last day has come."), gate.is_over),),
            effects=(effects.tell_others,),
            stamps=("ended_at",),
        ),
        Transition(
            "stop",
            pgettext_lazy("cooperation", "give up"),
            frozenset({RUNNING}),
            STOPPED,
            policy.RUN_COOPERATION,
            effects=(effects.tell_others,),
            stamps=("ended_at",),
            asks_reason=True,
            tone=Tone.STOP,
        ),
    ),
)
