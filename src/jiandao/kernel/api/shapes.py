"""Parts that every record of the API has: its state, its verbs with reasons, its timeline."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.utils.translation import get_language, override
from typing_extensions import TypedDict

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.components import Entry
from jiandao.kernel.lifecycle import allowed, lifecycle_of
from jiandao.kernel.pages import records as pages
from jiandao.kernel.policy.decisions import Refused


class StateOut(TypedDict):
    """A state: its code, and the word for it in the reader's language."""

    code: str
    label: str


class VerbOut(TypedDict):
    """A verb that concerns the caller: allowed, or the reason why not."""

    verb: str
    label: str
    allowed: bool
    asks_reason: bool
    causes: list[str]
    code: str | None
    reason: str | None


class PageOut(TypedDict):
    """What every page of a list tells besides its `items`."""

    total: int
    more_than_total: bool
    page: int
    per_page: int
    next: str | None
    previous: str | None


class ChangeOut(TypedDict):
    """One field before and after."""

    field: str
    before: str
    after: str


class EntryOut(TypedDict):
    """One entry of the journal."""

    number: int
    at: str
    who: str
    role: str
    what: str
    reason: str
    state: str | None
    changes: list[ChangeOut]


class TimelineOut(TypedDict):
    """The newest entries, newest first."""

    items: list[EntryOut]


def state_out(kind: str, code: str) -> StateOut:
    return StateOut(code=code, label=_state_label(kind, code, get_language()))


@lru_cache(maxsize=1024)  # fifty rows of a list stand in few states
def _state_label(kind: str, code: str, language: str) -> str:
    with override(language):
        return str(lifecycle_of(kind).state_label(code))


def moment(value: Any) -> str | None:
    """A moment with the zone of the house."""
    return clock.local(value).isoformat(timespec="seconds") if value is not None else None


def verbs_out(actor: Actor, record: Any) -> list[VerbOut]:
    """The same verbs as the page shows, with the code of a refusal besides."""
    answers = allowed(actor, record)
    table = lifecycle_of(record.kind)
    found = []
    for action in pages.next_actions(actor, record, lambda verb: ""):
        answer = answers[action.verb]
        found.append(
            VerbOut(
                verb=action.verb,
                label=action.label,
                allowed=action.allowed,
                asks_reason=table.transition(action.verb).asks_reason,
                causes=[cause.code for cause in table.transition(action.verb).causes],
                code=answer.code if isinstance(answer, Refused) else None,
                reason=action.reason or None,
            )
        )
    return found


def timeline_out(entries: Iterable[Entry]) -> TimelineOut:
    """A timeline as the page shows it."""
    return TimelineOut(
        items=[
            EntryOut(
                number=one.number or 0,
                at=clock.local(one.at).isoformat(timespec="seconds"),
                who=one.who,
                role=one.role,
                what=one.what,
                reason=one.reason,
                state=one.state.label if one.state else None,
                changes=[ChangeOut(field=c.label, before=c.before, after=c.after) for c in one.changes],
            )
            for one in entries
        ]
    )
