"""The states of introductions and cooperations."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiandao.kernel.lifecycle.table import State, StateReader, Tone

PROPOSED, OPEN, MET, AGREED, DECLINED, CLOSED = "proposed", "open", "met", "agreed", "declined", "closed"
ENTERED, RUNNING, FINISHED, STOPPED = "entered", "running", "finished", "stopped"
VOID = "void"

INTRODUCTION_STATES = (
    State(
        PROPOSED,
        pgettext_lazy("introduction", "proposed"),
        Tone.WAITING,
        _("Both sides are asked whether they want it."),
    ),
    State(OPEN, pgettext_lazy("introduction", "in contact"), Tone.ACTIVE, _("Both sides know whom to call.")),
    State(MET, pgettext_lazy("introduction", "met"), Tone.ACTIVE, _("The two sides have met.")),
    State(AGREED, pgettext_lazy("introduction", "cooperating"), Tone.DONE, _("They have agreed to work together.")),
    State(
        DECLINED,
        pgettext_lazy("introduction", "declined"),
        Tone.STOP,
        _("One side did not want it, or withdrew what it was about; the reason is kept."),
    ),
    State(CLOSED, pgettext_lazy("introduction", "closed"), Tone.NEUTRAL, _("It came to nothing; the reason is kept.")),
)
COOPERATION_STATES = (
    State(
        ENTERED, pgettext_lazy("cooperation", "entered"), Tone.WAITING, _("The other side has not confirmed it yet.")
    ),
    State(RUNNING, pgettext_lazy("cooperation", "running"), Tone.ACTIVE, _("Both sides say that they work on it.")),
    State(FINISHED, pgettext_lazy("cooperation", "finished"), Tone.DONE, _("What was agreed was done.")),
    State(STOPPED, pgettext_lazy("cooperation", "stopped"), Tone.STOP, _("It was given up; the reason is kept.")),
    State(
        VOID,
        pgettext_lazy("cooperation", "not agreed"),
        Tone.NEUTRAL,
        _("The other side disputed it, or its author took it back; the reason is kept."),
    ),
)

INTRODUCTION_ALL = frozenset(state.code for state in INTRODUCTION_STATES)
OPENED = frozenset({OPEN, MET, AGREED})  # both sides know each other now
IN_TALKS = frozenset({OPEN, MET})
COOPERATION_ALL = frozenset(state.code for state in COOPERATION_STATES)
CONFIRMED = frozenset({RUNNING, FINISHED, STOPPED})
STANDING = frozenset({RUNNING, FINISHED})  # what was given up is no success

introduction_reader = StateReader()
cooperation_reader = StateReader()
_INTRODUCTION_LABELS = {state.code: state.label for state in INTRODUCTION_STATES}
_COOPERATION_LABELS = {state.code: state.label for state in COOPERATION_STATES}
INTRODUCTION_READER: dict[str, Any] = {
    "state_of": introduction_reader.of,
    "state_q": introduction_reader.q,
    "state_label": _INTRODUCTION_LABELS.__getitem__,
}
COOPERATION_READER: dict[str, Any] = {
    "state_of": cooperation_reader.of,
    "state_q": cooperation_reader.q,
    "state_label": _COOPERATION_LABELS.__getitem__,
}
