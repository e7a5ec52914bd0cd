"""Saving an edit of a locked record: the next version, the writer on the list of what became secret, one journal entry."""

from collections.abc import Sequence
from typing import Any, TypeVar

from jiandao.kernel import journal
from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.lifecycle.classifying import became_need_to_know
from jiandao.kernel.lifecycle.perform import save_version
from jiandao.kernel.policy import Rule
from jiandao.kernel.vocabulary.models import Term

R = TypeVar("R", bound=Any)


def values_of(record: Any, fields: Sequence[str]) -> dict[str, Any]:
    """The values of a record as the journal keeps them: terms by edition and code, records by public id."""
    found = {}
    for name in fields:
        value = getattr(record, name)
        found[name] = journal.entries.plain(f"{value.edition}:{value.code}" if isinstance(value, Term) else value)
    return found


def save_edit(*, actor: Actor, role: str, record: R, before: dict[str, Any], after: dict[str, Any], rule: Rule) -> bool:
    """Save what differs between `before` and `after` and journal it; False when nothing does, which leaves no trace.

    Names that are no columns of the record (the rows of a table) are journalled, and saved by the caller. Whoever makes a
    record need-to-know stands on its list at once, and messages about it lose what they say of it.
    """
    changed = sorted(name for name in after if after[name] != before.get(name))
    if not changed:
        return False
    if "secrecy" in changed and record.is_need_to_know:
        became_need_to_know(actor=actor, record=record)
    columns = {field.name for field in record._meta.concrete_fields}
    save_version(record, update_fields=[name for name in changed if name in columns])
    journal.record(
        actor=actor,
        role=role,
        verb="edit",
        record=record,
        before={name: before.get(name) for name in changed},
        after={name: after[name] for name in changed},
        rule=rule.code,
    )
    return True
