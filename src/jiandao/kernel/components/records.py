"""A record's page: header, summary, next actions, evidence, timeline."""

import datetime
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django import forms
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe

from jiandao.kernel.components.formats import NOTHING, day, escape, moment, money, number, percent, size, yes_no
from jiandao.kernel.components.panels import Panel
from jiandao.kernel.components.shapes import Badge, Link, safe_url

FORMATS: dict[str, Callable[[Any], str]] = {
    "money": money,
    "percent": percent,
    "day": day,
    "moment": moment,
    "yes": yes_no,
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the summary. `source` says where the value comes from: a number without provenance is a bug.

    Kinds: text (line breaks are kept), number with `unit`, money (fen), percent, day, moment, yes (truth value),
    object (anything that renders itself: Badge, Due, Link).
    """

    label: str
    value: Any
    kind: Literal["text", "number", "money", "percent", "day", "moment", "yes", "object"] = "text"
    unit: str = ""
    source: str = ""
    wide: bool = False

    @property
    def filled(self) -> bool:
        """Whether there is anything to show; a list of facts leaves the others out."""
        return self.value is not None and self.value != ""

    @property
    def html(self) -> SafeString:
        """The value, escaped."""
        value = self.value
        if value is None or value == "":
            return mark_safe(f'<span class="text-secondary">{NOTHING}</span>')  # noqa: S308
        if self.kind == "text":
            return mark_safe(f'<span class="jd-text">{escape(value)}</span>')  # noqa: S308
        if self.kind == "object":
            return conditional_escape(value)
        if self.kind == "number":  # noqa: SIM108
            shown = number(value) + (f" {self.unit}" if self.unit else "")
        else:
            shown = FORMATS[self.kind](value)
        return mark_safe(escape(shown))  # noqa: S308


@dataclass(frozen=True, slots=True)
class Action:
    """A verb on this record: allowed, with where it goes; or refused, with the reason in words.

    method  : "post" makes a form with a button (CSRF token and `version` inside); "get" makes a link
    ask     : the label of a text that the verb needs, sent as `reason`; the field opens below the button
    causes  : (code, words) of which one is chosen, sent as `cause`
    form    : a whole form that the verb needs (its fields open below the button); excludes `ask`
    confirm : a sentence to be confirmed first; works without scripts
    primary : at most one action of a record
    """

    verb: str
    label: str
    url: str = ""
    allowed: bool = True
    reason: str = ""
    method: Literal["post", "get"] = "post"
    primary: bool = False
    stops: bool = False
    icon: str = ""
    ask: str = ""
    causes: Sequence[tuple[str, str]] = ()
    confirm: str = ""
    form: forms.BaseForm | None = None
    version: int | str = ""

    @property
    def css(self) -> str:
        """Classes of the button: blue for the one main action, red for what ends the record."""
        return "btn btn-primary" if self.primary else "btn btn-outline-danger" if self.stops else "btn"

    @property
    def opens(self) -> bool:
        """True when the button first opens a field or a question."""
        return bool(self.ask or self.causes or self.confirm or self.form)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A file, an indicator or a source that supports the record.

    remove_url : where a POST takes it away; empty: this person may not
    """

    title: str
    url: str = ""
    kind: str = ""
    bytes: int | None = None
    digest: str = ""
    who: str = ""
    at: datetime.datetime | None = None
    note: str = ""
    state: Badge | None = None
    remove_url: str = ""

    @property
    def href(self) -> str:
        """Where the title leads; an address that is no web address leads nowhere."""
        return safe_url(self.url) if self.url else ""

    @property
    def size(self) -> str:
        """The size in words, or nothing."""
        return "" if self.bytes is None else size(self.bytes)


@dataclass(frozen=True, slots=True)
class Change:
    """One field before and after."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the journal: who, in which role, when, what, why, what changed, under which rule.

    rule_says : the sentence of the rule, for those who do not know it by its code
    """

    at: datetime.datetime
    who: str
    what: str
    role: str = ""
    reason: str = ""
    changes: Sequence[Change] = ()
    rule: str = ""
    rule_says: str = ""
    number: int | None = None
    state: Badge | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Everything that a record's page shows.

    kind     : what it is, in words ("Technology need")
    secrecy  : shown in the header and on paper; None for public
    crumbs   : the way here
    next_due : what happens next and until when (a Due), shown above the actions
    attach_url : where a form sends a file that becomes evidence; empty: this person may not attach any
    panels   : tables of what belongs to the record, between summary and evidence
    older    : address of the earlier timeline entries when only the newest are given
    """

    title: str
    kind: str
    public_id: str
    state: Badge
    summary: Sequence[Fact] = ()
    actions: Sequence[Action] = ()
    evidence: Sequence[Evidence] = ()
    timeline: Sequence[Entry] = ()
    crumbs: Sequence[Link] = ()
    links: Sequence[Link] = ()
    secrecy: Badge | None = None
    language: str = ""
    next_step: str = ""
    next_due: Any = None
    older_url: str = ""
    attach_url: str = ""
    panels: Sequence[Panel] = ()

    @property
    def allowed(self) -> list[Action]:
        """What this person may do now, the main action first."""
        return sorted((a for a in self.actions if a.allowed), key=lambda a: (not a.primary, a.stops))

    @property
    def refused(self) -> list[Action]:
        """What this person may not do now, each with the reason."""
        return [a for a in self.actions if not a.allowed]
