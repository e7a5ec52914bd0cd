"""The states of offers."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiandao.kernel.lifecycle.table import State, StateReader, Tone

SENT, TAKEN_UP, REFUSED, RECALLED = "sent", "taken-up", "refused", "recalled"

OFFER_STATES = (
    State(SENT, pgettext_lazy("offer", "new"), Tone.WAITING, _("The organisation has not answered yet.")),
    State(TAKEN_UP, pgettext_lazy("offer", "taken up"), Tone.DONE, _("The organisation wants to meet the owner.")),
    State(REFUSED, pgettext_lazy("offer", "refused"), Tone.NEUTRAL, _("The organisation said why not; it is not asked again.")),
    State(RECALLED, pgettext_lazy("offer", "recalled"), Tone.STOP, _("The result is not offered any more.")),
)  # fmt: skip
OFFER_ALL = frozenset(state.code for state in OFFER_STATES)
offer_reader = StateReader()
_LABELS = {state.code: state.label for state in OFFER_STATES}
OFFER_READER: dict[str, Any] = {
    "state_of": offer_reader.of,
    "state_q": offer_reader.q,
    "state_label": _LABELS.__getitem__,
}
