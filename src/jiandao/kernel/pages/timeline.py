"""What happened to a record, from the journal, in the reader's words, and no more than the reader may know.

An entry tells what the record held then: a draft that only its organisation saw, a level that was lowered since. So an
entry is decided upon with the state and the level that the record had when it was written: read backwards from today,
each entry says what was before it.
"""

import copy
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.utils.translation import gettext as _

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import Badge, Change, Entry, formats
from jiandao.kernel.journal.words import fact_words, plain_text
from jiandao.kernel.lifecycle import lifecycle_of
from jiandao.kernel.lifecycle.perform import verb_label
from jiandao.kernel.lifecycle.table import Lifecycle
from jiandao.kernel.policy import Rule, rule_sentence
from jiandao.kernel.public_ids import LENGTH
from jiandao.kernel.secrecy import NEED_TO_KNOW, Classified, Level
from jiandao.kernel.vocabulary.models import Term


def timeline(record: Any, actor: Actor, *, read: Rule, history: Rule, limit: int = 50) -> list[Entry]:
    """The newest entries that the actor may know of, newest first.

    Under `history` an entry is shown whole. Who may only `read` the record learns when it came into a state that may
    be read, and neither who did it nor why.
    """
    found = journal.timeline(record.kind, record.pk, limit)
    decided: dict[tuple[str, str, Rule], bool] = {}

    def may(rule: Rule, state: str, level: str) -> bool:
        key = (state, level, rule)
        if key not in decided:
            then = copy.copy(record)
            then.state, then.secrecy = state, level
            decided[key] = bool(rule.decide(actor, then))
        return decided[key]

    whole, outline = [], []
    for entry, state, level in _backwards(found, record):
        if may(history, state, level):
            whole.append(entry)
        elif "state" in entry.after and may(read, state, level):
            outline.append(replace(entry, actor_id=None, who="", role="", rule="", reason="", facts={}))
    names = {entry.id for entry in outline}
    entries = sorted(whole + outline, key=lambda one: one.id, reverse=True)
    shown = in_words(entries, type(record), record.kind)
    return [
        replace(one, who="", changes=()) if entry.id in names else one
        for entry, one in zip(entries, shown, strict=True)
    ]


def whole_timeline(record: Any, limit: int = 50) -> list[Entry]:
    """The newest entries, each whole: for pages whose rule admits only who may know all of it."""
    return in_words(journal.timeline(record.kind, record.pk, limit), type(record), record.kind)


def _backwards(entries: Iterable[journal.Entry], record: Any) -> Iterator[tuple[journal.Entry, str, str]]:
    """Each entry with the state that it led to, and the strictest level that the record had before or after it."""
    state, level = record.state, str(record.secrecy)
    for entry in entries:
        before = str(entry.before.get("secrecy") or level)
        yield entry, state, _stricter(before, level)
        level = before
        state = entry.before.get("state", state)


def _stricter(one: str, other: str) -> str:
    levels = [level.value for level in Level]
    known = [level for level in (one, other) if level in levels]
    return max(known, key=lambda level: (level in NEED_TO_KNOW, levels.index(level)))


def in_words(entries: Collection[journal.Entry], model: type[Any], kind: str) -> list[Entry]:
    """Entries of the journal in the reader's language. One query for terms and one for each kind of related record."""
    words = _Words(model, entries)
    return [_shown(entry, words, kind) for entry in entries]


def _shown(entry: journal.Entry, words: "_Words", kind: str) -> Entry:
    if entry.erased:
        changes = [Change(_("text"), "", _("erased by law"))]
    else:
        names = [name for name in {**entry.before, **entry.after} if name != "state"]
        changes = [
            Change(words.label(name), words.value(name, entry.before), words.value(name, entry.after))
            for name in names
            if entry.before.get(name) or entry.after.get(name)
        ]
        changes += words.facts(entry.facts)
    return Entry(
        at=entry.at,
        who=entry.who or _("the system"),
        role=str(Role(entry.role).label) if entry.role in Role.values else "",
        what=str(verb_label(kind, entry.verb)),
        reason=entry.reason,
        changes=changes,
        rule=entry.rule,
        rule_says=rule_sentence(entry.rule),
        number=entry.id,
        state=_state_of_entry(kind, entry.after.get("state")),
    )


def _state_of_entry(kind: str, code: str | None) -> Badge | None:
    if not code:
        return None
    try:
        table: Lifecycle = lifecycle_of(kind)
    except KeyError:  # a record with states but without a table of verbs, such as a mail
        return None
    state = table.by_code.get(code)
    return Badge(str(state.label), state.tone.value, str(state.hint)) if state else None


class _Words:
    """Labels and values of one model's fields, with what they refer to fetched once for all entries."""

    def __init__(self, model: type[Any], entries: Collection[journal.Entry]) -> None:
        self._fields: dict[str, Any] = {}
        for name in {name for entry in entries for name in (*entry.before, *entry.after)}:
            try:
                field = model._meta.get_field(name)
            except (FieldDoesNotExist, AttributeError):
                continue
            if field.concrete:
                self._fields[name] = field
        self._related = self._fetched(entries)

    def _fetched(self, entries: Collection[journal.Entry]) -> dict[tuple[type[Any], str], str]:
        wanted: dict[type[Any], set[str]] = {}
        for name, field in self._fields.items():
            target = getattr(field, "related_model", None)
            if target is None:
                continue
            values = [values.get(name) for entry in entries for values in (entry.before, entry.after)]
            several = [one for value in values for one in (value if isinstance(value, list) else [value])]
            wanted.setdefault(target, set()).update(one for one in several if isinstance(one, str))
        found: dict[tuple[type[Any], str], str] = {}
        for target, keys in wanted.items():
            if issubclass(target, Term):
                codes = {key.rpartition(":")[2] for key in keys}
                rows = [(f"{term.edition}:{term.code}", str(term)) for term in Term.objects.filter(code__in=codes)]
            elif (
                keys
                and not issubclass(target, Classified)
                and any(field.name == "public_id" for field in target._meta.fields)
            ):
                short = {key for key in keys if len(key) == LENGTH}
                rows = [(one.public_id, str(one)) for one in target._default_manager.filter(public_id__in=short)]
            else:
                continue
            found |= {(target, key): text for key, text in rows if key in keys}
        return found

    def label(self, name: str) -> str:
        field = self._fields.get(name)
        return str(field.verbose_name) if field is not None else str(fact_words(name).label)

    def value(self, name: str, values: dict[str, Any]) -> str:
        value, field = values.get(name), self._fields.get(name)
        if value is None or field is None:
            return plain_text(value)
        target = getattr(field, "related_model", None)
        if target is not None:
            several = value if isinstance(value, list) else [value]
            return "\n".join(self._related.get((target, str(one)), plain_text(one)) for one in several)
        if field.choices:
            return str(dict(field.flatchoices).get(value, value))
        if name.endswith("_fen") and isinstance(value, int):
            return formats.money(value)
        if isinstance(field, models.DateTimeField) and isinstance(value, str):
            return formats.moment(datetime.fromisoformat(value))
        if isinstance(field, models.DateField) and isinstance(value, str):
            return formats.day(date.fromisoformat(value))
        return plain_text(value)

    def facts(self, facts: dict[str, Any]) -> list[Change]:
        found = [(fact_words(name), value) for name, value in facts.items() if value not in (None, "", [], {})]
        return [Change(str(how.label), "", how.words(value)) for how, value in found if how.label]
