"""When a record becomes need-to-know: who then knows of it, and what else told of it."""

from collections.abc import Callable, Iterable
from typing import Any

from jiandao.kernel import notifications, secrecy
from jiandao.kernel.accounts.actor import Actor

TOLD_WITH: dict[str, Callable[[Actor, Any], Iterable[Any]]] = {}
"""For a kind of record, what a room does with the records that tell of one (offers, introductions), which it returns:
the messages about these lose their texts too."""


def became_need_to_know(*, actor: Actor, record: Any) -> None:
    """In the transaction of the change: the writer stands on its list at once, and messages lose what they say of it."""
    secrecy.admit_self(actor=actor, kind=record.kind, record_id=record.pk)
    notifications.conceal(record)
    told_with = TOLD_WITH.get(record.kind)
    for other in told_with(actor, record) if told_with is not None else ():
        notifications.conceal(other)


__all__ = ["TOLD_WITH", "became_need_to_know"]
