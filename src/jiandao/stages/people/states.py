"""The states of organisations, of their certificates and of proposals to merge. `policy` and `lifecycle` share them."""

from datetime import date, datetime
from typing import Any

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from jiandao.kernel import clock
from jiandao.kernel.lifecycle.table import Derived, State, StateReader, Tone

ENTERED, VERIFIED, DOUBTED = "entered", "verified", "doubted"
CHECKED, REFUSED, WITHDRAWN, ENDED = "checked", "refused", "withdrawn", "ended"
CONFIRMED, CONTESTED, VOID = "confirmed", "contested", "void"
OPEN_PROPOSAL, MERGED, UNDONE, SETTLED = "open", "merged", "undone", "settled"

ORGANISATION_STATES = (
    State(ENTERED, _("not verified"), Tone.WAITING, _("No officer has compared it with the register yet.")),
    State(VERIFIED, _("verified"), Tone.ACTIVE, _("An officer compared it with the register.")),
    State(
        DOUBTED, _("doubted"), Tone.STOP, _("An officer found that something is wrong; the reason is in its timeline.")
    ),
)

CERTIFICATE_STATES = (
    State(
        ENTERED, pgettext_lazy("certificate", "entered"), Tone.WAITING, _("Nobody has compared it with its original.")
    ),
    State(
        CHECKED, pgettext_lazy("certificate", "checked"), Tone.ACTIVE, _("An officer compared it with its original.")
    ),
    State(REFUSED, pgettext_lazy("certificate", "refused"), Tone.STOP, _("An officer does not accept it.")),
    State(WITHDRAWN, pgettext_lazy("certificate", "withdrawn"), Tone.NEUTRAL, _("Its organisation took it back.")),
)
# The day of the end is the last on which it holds.
CERTIFICATE_ENDED = Derived(
    State(ENDED, pgettext_lazy("certificate", "ended"), Tone.STOP, _("It was valid until that day.")),
    of=frozenset({ENTERED, CHECKED}),
    holds=lambda one, at: one.valid_until is not None and one.valid_until < clock.local(at).date(),
    q=lambda at: Q(valid_until__lt=clock.local(at).date()),
)

PROPOSAL_STATES = (
    State(
        OPEN_PROPOSAL, pgettext_lazy("merge", "to be decided"), Tone.WAITING, _("Somebody looks whether they are one.")
    ),
    State(MERGED, pgettext_lazy("merge", "merged"), Tone.DONE, _("They count as one everywhere.")),
    State(
        REFUSED,
        pgettext_lazy("merge", "two organisations"),
        Tone.NEUTRAL,
        _("They are two; they are not proposed again."),
    ),
    State(UNDONE, pgettext_lazy("merge", "undone"), Tone.NEUTRAL, _("They were merged, and are two again.")),
)

# Other merges may make the two one, and their undoing two again: nothing is stored, so nothing stays behind.
PROPOSAL_SETTLED = Derived(
    State(SETTLED, pgettext_lazy("merge", "one already"), Tone.DONE, _("Other merges have made them one.")),
    of=frozenset({OPEN_PROPOSAL, UNDONE}),
    holds=lambda one, at: one.first.root_id == one.second.root_id,
    q=lambda at: Q(first__same_id=F("second__same_id")),
)

TIE_STATES = (
    State(
        ENTERED,
        pgettext_lazy("tie", "to be confirmed"),
        Tone.WAITING,
        _("One side has entered it; it counts when the other side or an officer has confirmed it."),
    ),
    State(CONFIRMED, pgettext_lazy("tie", "confirmed"), Tone.ACTIVE, _("It counts on its days.")),
    State(
        CONTESTED,
        pgettext_lazy("tie", "contested"),
        Tone.STOP,
        _("The other side says that it is not so; an officer looks."),
    ),
)
TIE_VOID = Derived(
    State(VOID, pgettext_lazy("tie", "void"), Tone.NEUTRAL, _("It was never true, and counts on no day.")),
    of=frozenset({ENTERED, CONFIRMED, CONTESTED}),
    holds=lambda one, at: one.voided_at is not None,
    q=lambda at: Q(voided_at__isnull=False),
)
TIE_ENDED = Derived(
    State(
        ENDED, pgettext_lazy("tie", "ended"), Tone.NEUTRAL, _("It held until that day, and counts for the days before.")
    ),
    of=frozenset({CONFIRMED}),
    holds=lambda one, at: one.until is not None and one.until < clock.local(at).date(),
    q=lambda at: Q(until__lt=clock.local(at).date()),
)

ACTIVE, UNAVAILABLE = "active", "unavailable"
EXPERT_STATES = (
    State(
        ENTERED, pgettext_lazy("expert", "not consented"), Tone.WAITING, _("Others find the expert only with consent.")
    ),
    State(ACTIVE, pgettext_lazy("expert", "in the library"), Tone.ACTIVE, _("The expert has consented to be asked.")),
    State(WITHDRAWN, pgettext_lazy("expert", "withdrawn"), Tone.STOP, _("The expert is not asked any more.")),
)
EXPERT_ALL = frozenset({ENTERED, ACTIVE, WITHDRAWN})


def _not_asked(expert: Any, at: datetime) -> bool:
    day = clock.local(at).date()
    away = expert.away_until is not None and expert.away_until >= day
    return not expert.available or away or _barring(day).filter(person__same_id=expert.person.root_id).exists()


def _not_asked_q(at: datetime) -> Q:
    day = clock.local(at).date()
    barred = Q(person__same_id__in=_barring(day).values("person__same_id"))
    return Q(available=False) | Q(away_until__gte=day) | barred


def _barring(day: date) -> Any:
    from jiandao.stages.people.models import IntegrityRecord  # late: models begin with the states that are here

    return IntegrityRecord.objects.on(day).filter(person__isnull=False, measure__in=IntegrityRecord.BARS_EXPERTS)


# One state for whatever keeps an expert from being asked: that it is a measure is only for those who read measures.
EXPERT_UNAVAILABLE = Derived(
    State(
        UNAVAILABLE,
        pgettext_lazy("expert", "not available"),
        Tone.NEUTRAL,
        _("In the library, but nobody is to ask the expert now."),
    ),
    of=frozenset({ACTIVE}),
    holds=_not_asked,
    q=_not_asked_q,
)

organisation_reader = StateReader()
expert_reader = StateReader((EXPERT_UNAVAILABLE,))
certificate_reader = StateReader((CERTIFICATE_ENDED,))
proposal_reader = StateReader((PROPOSAL_SETTLED,))
tie_reader = StateReader((TIE_VOID, TIE_ENDED))


def _reader(states: tuple[State, ...], reader: StateReader) -> dict[str, Any]:
    labels = {state.code: state.label for state in (*states, *(one.state for one in reader.derived))}
    return {"state_of": reader.of, "state_q": reader.q, "state_label": labels.__getitem__}


CERTIFICATE_READER = _reader(CERTIFICATE_STATES, certificate_reader)
TIE_READER = _reader(TIE_STATES, tie_reader)
EXPERT_READER = _reader(EXPERT_STATES, expert_reader)
