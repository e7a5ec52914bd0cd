"""The state tables of needs and results."""

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.lifecycle import Cause, Guard, Lifecycle, Tone, Transition
from jiandao.stages.exchange import effects, gate, policy
from jiandao.stages.exchange.introductions.effects import end_waiting_with
from jiandao.stages.exchange.models import Challenge, Need, ResearchResult
from jiandao.stages.exchange.states import (
    ASSESSING,
    CHALLENGE_EXPIRED,
    CHALLENGE_STATES,
    CHECKING,
    DRAFT,
    EXPIRED,
    MERGED,
    NEED_EXPIRED,
    NEED_STATES,
    PUBLISHED,
    REJECTED,
    RESULT_STATES,
    RETURNED,
    SOLVED,
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

ASSESSED = Guard("need.assessed", _("The department has said whether the technology exists."), gate.was_assessed)
NOT_WORDED = Guard("need.not-worded", _("No challenge is being worded from it."), gate.nothing_is_worded)
KNOWN_UNIT = Guard("need.unit-verified", _("The organisation was verified."), gate.unit_is_verified)

# Counted in the funnel: each drop keeps its cause, its reason in words, and who decided.
RETURN_CAUSES = (
    Cause("return.vague", _("the problem is not clear")),
    Cause("return.indicators", _("the indicators cannot be measured")),
    Cause("return.incomplete", _("something is missing")),
    Cause("return.other", _("another reason")),
)
REJECT_CAUSES = (
    Cause("reject.exists", _("the technology exists and can be bought")),
    Cause("reject.scope", _("outside the programme")),
    Cause("reject.no-technology", _("no problem of technology")),
    Cause("reject.duplicate", _("asked for before")),
    Cause("reject.other", _("another reason")),
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
            stamps_once=("submitted_at",),
            hint=_("The office checks the form, the department the technology; each step tells you its reason."),
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
            "pass",
            _("pass the form check"),
            frozenset({SUBMITTED, CHECKING}),
            ASSESSING,
            policy.CHECK_NEED,
            guards=(COMPLETE, NOT_OVER),
            stamps=("form_passed_at",),
            effects=(effects.tell_department,),
            hint=_("The department looks next whether the technology exists already."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "publish",
            _("publish as a challenge"),
            frozenset({ASSESSING}),
            PUBLISHED,
            policy.CHECK_NEED,
            guards=(COMPLETE, NOT_OVER, ASSESSED, KNOWN_UNIT, NOT_WORDED),
            stamps=("published_at",),
            effects=(effects.make_challenge, effects.renew_offers, effects.tell_owners, effects.refresh_index),
            hint=_(
                "It is published in its own words and matched; to word it anew, condense it into a challenge first."
            ),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "merge",
            _("merge into a challenge"),
            frozenset({SUBMITTED, CHECKING, ASSESSING}),
            MERGED,
            policy.CHECK_NEED,
            stamps=("dropped_at",),
            effects=(effects.join_challenge, effects.tell_owners),
            asks_reason=True,
            on_page=True,
            hint=_("The challenge keeps that this need asks for the same."),
        ),
        Transition(
            "return",
            _("return with reasons"),
            frozenset({SUBMITTED, CHECKING, ASSESSING}),
            RETURNED,
            policy.CHECK_NEED,
            effects=(effects.tell_owners,),
            stamps=("dropped_at",),
            asks_reason=True,
            causes=RETURN_CAUSES,
            keeps_cause="drop_cause",
            hint=_("The organisation reads the reasons, mends the need and submits it again."),
            tone=Tone.WAITING,
        ),
        Transition(
            "reject",
            _("reject"),
            frozenset({SUBMITTED, CHECKING, ASSESSING}),
            REJECTED,
            policy.CHECK_NEED,
            effects=(effects.withdraw_challenge, effects.tell_owners),
            stamps=("dropped_at",),
            asks_reason=True,
            causes=REJECT_CAUSES,
            keeps_cause="drop_cause",
            hint=_("The organisation reads the reason; it may take the need up again as a draft."),
            tone=Tone.STOP,
        ),
        Transition(
            "withdraw",
            _("withdraw"),
            frozenset({DRAFT, SUBMITTED, CHECKING, ASSESSING, RETURNED, PUBLISHED, EXPIRED}),
            WITHDRAWN,
            policy.WITHDRAW_NEED,
            effects=(
                effects.forget_cause,
                effects.withdraw_challenge,
                effects.recall_offers,
                effects.tell_owners,
                end_waiting_with,
                effects.refresh_index,
            ),
            asks_reason=True,
            tone=Tone.STOP,
        ),
        Transition(
            "reopen",
            _("take up again as a draft"),
            frozenset({WITHDRAWN, EXPIRED, REJECTED, MERGED}),
            DRAFT,
            policy.OWN_NEED,
            guards=(
                Guard("need.challenge-gone", _("The challenge that it joined is withdrawn."), gate.challenge_is_gone),
            ),
            effects=(
                effects.forget_cause,
                effects.keep_first_publication,
                end_waiting_with,
                effects.refresh_index,
            ),
        ),
    ),
)

CHALLENGE = Lifecycle(
    kind=Challenge.kind,
    label=_("challenge"),
    model=Challenge,
    initial=DRAFT,
    states=CHALLENGE_STATES,
    derived=(CHALLENGE_EXPIRED,),
    transitions=(
        Transition(
            "publish",
            _("publish"),
            frozenset({DRAFT}),
            PUBLISHED,
            policy.WORD_CHALLENGE,
            guards=(
                Guard(
                    "challenge.complete",
                    _("It has indicators and time for answers."),
                    gate.challenge_is_complete,
                    prefetch=("indicators",),
                ),
                Guard("challenge.sources", _("Its needs may be published."), gate.sources_may_be_published),
                Guard("challenge.wishes", _("It tells no more than its needs allow."), gate.wishes_are_kept),
            ),
            stamps=("published_at",),
            effects=(effects.publish_sources, effects.refresh_index),
            hint=_("Everybody may answer it; the needs that it was made from are published with it."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "solve",
            _("mark as solved"),
            frozenset({PUBLISHED, EXPIRED}),
            SOLVED,
            policy.WORD_CHALLENGE,
            stamps=("solved_at",),
            effects=(effects.tell_askers, end_waiting_with, effects.refresh_index),
            asks_reason=True,
        ),
        Transition(
            "withdraw",
            _("withdraw"),
            frozenset({DRAFT, PUBLISHED, EXPIRED}),
            WITHDRAWN,
            policy.WORD_CHALLENGE,
            effects=(effects.tell_askers, end_waiting_with, effects.refresh_index),
            asks_reason=True,
            tone=Tone.STOP,
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
            effects=(effects.renew_offers, effects.refresh_index),
            hint=_("It is matched with needs, and everybody who may read it is shown it."),
            tone=Tone.ACTIVE,
        ),
        Transition(
            "withdraw",
            _("withdraw"),
            frozenset({DRAFT, PUBLISHED}),
            WITHDRAWN,
            policy.OWN_RESULT,
            effects=(effects.recall_offers, end_waiting_with, effects.refresh_index),
            asks_reason=True,
            tone=Tone.STOP,
        ),
    ),
)
