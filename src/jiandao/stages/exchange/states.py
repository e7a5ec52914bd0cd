"""The states of needs and results, and the reading of them at a moment. `policy` and `lifecycle` share them."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.lifecycle.table import Derived, State, StateReader, Tone

DRAFT, SUBMITTED, CHECKING, RETURNED = "draft", "submitted", "checking", "returned"
ASSESSING, MERGED, REJECTED, SOLVED = "assessing", "merged", "rejected", "solved"
PUBLISHED, EXPIRED, WITHDRAWN = "published", "expired", "withdrawn"

NEED_STATES = (
    State(DRAFT, _("draft"), Tone.NEUTRAL, _("Only the organisation that asks sees it.")),
    State(SUBMITTED, _("submitted"), Tone.WAITING, _("It waits for the form check.")),
    State(CHECKING, _("form check"), Tone.WAITING, _("An officer checks whether it is complete and clear.")),
    State(
        ASSESSING, _("technology check"), Tone.WAITING, _("The department looks whether the technology exists already.")
    ),
    State(RETURNED, _("returned"), Tone.WAITING, _("The organisation mends it and submits it again.")),
    State(PUBLISHED, _("published"), Tone.ACTIVE, _("Answers are looked for.")),
    State(MERGED, _("merged"), Tone.DONE, _("It became part of a challenge that asks for the same.")),
    State(REJECTED, _("rejected"), Tone.STOP, _("The office does not take it up; the reason is in its timeline.")),
    State(WITHDRAWN, _("withdrawn"), Tone.STOP, _("No answers are looked for any more.")),
)

# Expiry follows from the deadline and is never stored: the day after the deadline no answers are taken any more.
NEED_EXPIRED = Derived(
    State(EXPIRED, _("expired"), Tone.STOP, _("The time for answers is over.")),
    of=frozenset({PUBLISHED}),
    holds=lambda need, at: need.deadline is not None and need.deadline < clock.local(at).date(),
    q=lambda at: Q(deadline__lt=clock.local(at).date()),
)

CHALLENGE_STATES = (
    State(DRAFT, _("draft"), Tone.NEUTRAL, _("Officers word it.")),
    State(PUBLISHED, _("published"), Tone.ACTIVE, _("Answers are looked for.")),
    State(SOLVED, _("solved"), Tone.DONE, _("A team works on it with the issuer.")),
    State(WITHDRAWN, _("withdrawn"), Tone.STOP, _("No answers are looked for any more.")),
)

CHALLENGE_EXPIRED = Derived(
    State(EXPIRED, _("expired"), Tone.STOP, _("The time for answers is over.")),
    of=frozenset({PUBLISHED}),
    holds=lambda challenge, at: challenge.deadline < clock.local(at).date(),
    q=lambda at: Q(deadline__lt=clock.local(at).date()),
)

RESULT_STATES = (
    State(DRAFT, _("draft"), Tone.NEUTRAL, _("Only the owning organisation sees it.")),
    State(PUBLISHED, _("published"), Tone.ACTIVE, _("It is offered and matched with needs.")),
    State(WITHDRAWN, _("withdrawn"), Tone.STOP, _("It is not offered any more.")),
)

NEED_ALL = frozenset({state.code for state in NEED_STATES} | {EXPIRED})
NEED_IN_FORM_CHECK = frozenset({SUBMITTED, CHECKING})
NEED_IN_OFFICE = NEED_IN_FORM_CHECK | {ASSESSING}
NEED_OUT = frozenset({PUBLISHED, EXPIRED})
CHALLENGE_ALL = frozenset({state.code for state in CHALLENGE_STATES} | {EXPIRED})
CHALLENGE_OUT = frozenset({PUBLISHED, EXPIRED, SOLVED})
RESULT_ALL = frozenset(state.code for state in RESULT_STATES)
RESULT_OUT = frozenset({PUBLISHED})

need_reader = StateReader((NEED_EXPIRED,))
challenge_reader = StateReader((CHALLENGE_EXPIRED,))
result_reader = StateReader()

_NEED_LABELS = {state.code: state.label for state in (*NEED_STATES, NEED_EXPIRED.state)}
_RESULT_LABELS = {state.code: state.label for state in RESULT_STATES}

NEED_READER: dict[str, Any] = {
    "state_of": need_reader.of,
    "state_q": need_reader.q,
    "state_label": _NEED_LABELS.__getitem__,
}
CHALLENGE_READER: dict[str, Any] = {
    "state_of": challenge_reader.of,
    "state_q": challenge_reader.q,
    "state_label": {state.code: state.label for state in (*CHALLENGE_STATES, CHALLENGE_EXPIRED.state)}.__getitem__,
}
RESULT_READER: dict[str, Any] = {
    "state_of": result_reader.of,
    "state_q": result_reader.q,
    "state_label": _RESULT_LABELS.__getitem__,
}
