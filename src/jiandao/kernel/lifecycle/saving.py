"""Changing the fields of a record as one action: what the editor of every room does."""

from typing import Any

from jiandao.kernel import journal, secrecy
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.perform import save_version
from jiandao.kernel.policy import Rule


def known(values: dict[str, Any], fields: tuple[str, ...]) -> dict[str, Any]:
    """`values`, all of them among `fields`. TypeError otherwise: nothing but what an action names is ever set."""
    unknown = values.keys() - set(fields)
    if unknown:
        raise TypeError(f"unknown fields: {sorted(unknown)}")
    return values


def assign(record: Any, values: dict[str, Any], fields: tuple[str, ...]) -> None:
    """Set the values on the record; it is not saved yet."""
    for name, value in known(values, fields).items():
        setattr(record, name, value)


def kept(record: Any, fields: tuple[str, ...]) -> dict[str, Any]:
    """The values of a record as the journal keeps them: terms by edition and code, records by public id."""
    found: dict[str, Any] = {}
    for name in fields:
        value = getattr(record, name)
        if hasattr(value, "vocabulary"):
            value = f"{value.edition}:{value.code}"
        found[name] = journal.entries.plain(value)
    return found


def save_changes(
    *, actor: Actor, role: str, record: Any, rule: Rule, before: dict[str, Any], after: dict[str, Any]
) -> None:
    """Save a locked record as its next version and journal what changed; a save that changes nothing leaves no trace.

    `before` and `after` are of `kept`, and may hold more than fields (rows of a table that the caller has saved).
    """
    changed = sorted(name for name in after if after[name] != before.get(name))
    if not changed:
        return
    if "secrecy" in changed and record.is_need_to_know:
        secrecy.admit_self(actor=actor, kind=record.kind, record_id=record.pk)
    fields = {field.name for field in record._meta.concrete_fields}
    save_version(record, update_fields=[name for name in changed if name in fields])
    journal.record(
        actor=actor,
        role=role,
        verb="edit",
        record=record,
        before={name: before.get(name) for name in changed},
        after={name: after[name] for name in changed},
        rule=rule.code,
    )


__all__ = ["assign", "kept", "known", "save_changes"]
