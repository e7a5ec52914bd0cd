"""The state tables of needs and results."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.lifecycle import Guard, Lifecycle, Tone, Transition
from jiandao.stages.exchange import effects, gate, policy
from jiandao.stages.exchange.models import Need, ResearchResult
from jiandao.stages.exchange.states import (
    CHECKING,
    DRAFT,
    EXPIRED,
    NEED_EXPIRED,
    NEED_STATES,
    PUBLISHED,
    RESULT_STATES,
    RETURNED,
    SUBMITTED,
    WITHDRAWN,
)

COMPLETE = Guard(
    "need.complete", _("All that a need must state is there."), gate.need_is_complete, prefetch=("indicators",)
)
SHORT = Guard("need.short", _("Its long texts keep to the length that the rulebook names."), gate.texts_are_short)
NOT_OVER = Guard("need.not-over", _("The deadline lies ahead."), gate.deadline_lies_ahead)
HAS_OFFICER = Guard(
    "need.officer-knows", _("A need-to-know need names an officer who may read it."), gate.an_officer_may_read_it
)

NEED = Lifecycle(
    kind=Need.kind,
    label=_("need"),
    model=Need,
    initial=DRAFT,
    states=NEED_STATES,
    derived=(NEED_EXPIRED,),
    transitions=(
        Transition(
            "submit",
            _("submit"),
            frozenset({DRAFT, RETURNED}),
            SUBMITTED,
            policy.OWN_NEED,
            guards=(COMPLETE, SHORT, NOT_OVER, HAS_OFFICER),
            effects=(effects.tell_officers,),
            hint=_("The office checks the form and publishes it or returns it with reasons."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "check",
            _("begin the form check"),
            frozenset({SUBMITTED}),
            CHECKING,
            policy.CHECK_NEED,
            hint=_("Others see that you have it in hand."),
        ),
        Transition(
            "publish",
            _("publish"),
            frozenset({SUBMITTED, CHECKING}),
            PUBLISHED,
            policy.CHECK_NEED,
            guards=(COMPLETE, NOT_OVER),
            stamps=("published_at",),
            effects=(effects.tell_owners, effects.refresh_index),
            hint=_("It is matched with results, and everybody who may read it is shown it."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "return",
            _("return with reasons"),
            frozenset({SUBMITTED, CHECKING}),
            RETURNED,
            policy.CHECK_NEED,
            effects=(effects.tell_owners,),
            asks_reason=True,
            hint=_("The organisation reads the reasons, mends the need and submits it again."),
            tone=Tone.WAITING,
        ),
        Transition(
            "withdraw",
            _("withdraw"),
            frozenset({DRAFT, SUBMITTED, CHECKING, RETURNED, PUBLISHED, EXPIRED}),
            WITHDRAWN,
            policy.WITHDRAW_NEED,
            effects=(effects.tell_owners, effects.refresh_index),
            asks_reason=True,
            tone=Tone.STOP,
        ),
        Transition(
            "reopen",
            _("take up again as a draft"),
            frozenset({WITHDRAWN, EXPIRED}),
            DRAFT,
            policy.OWN_NEED,
            effects=(effects.refresh_index,),
        ),
    ),
)

RESULT = Lifecycle(
    kind=ResearchResult.kind,
    label=_("result"),
    model=ResearchResult,
    initial=DRAFT,
    states=RESULT_STATES,
    transitions=(
        Transition(
            "publish",
            _("publish"),
            frozenset({DRAFT, WITHDRAWN}),
            PUBLISHED,
            policy.OWN_RESULT,
            guards=(Guard("result.described", _("The result is described."), gate.result_is_described),),
            stamps=("published_at",),
            effects=(effects.refresh_index,),
            hint=_("It is matched with needs, and everybody who may read it is shown it."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "withdraw",
            _("withdraw"),
            frozenset({DRAFT, PUBLISHED}),
            WITHDRAWN,
            policy.OWN_RESULT,
            effects=(effects.refresh_index,),
            asks_reason=True,
            tone=Tone.STOP,
        ),
    ),
)
