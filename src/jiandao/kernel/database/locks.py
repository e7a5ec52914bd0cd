"""Advisory locks by name: PostgreSQL's way of letting one process at a time do a thing that no row stands for."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from django.db.transaction import TransactionManagementError


def lock_number(name: str) -> int:
    """The 64-bit number under which PostgreSQL knows the lock `name`."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)


def transaction_lock(name: str, *, using: str = "default") -> None:
    """Waits for the lock `name` and holds it until the running transaction ends."""
    _ask("pg_advisory_xact_lock", name, using, needs_transaction=True)


def try_transaction_lock(name: str, *, using: str = "default") -> bool:
    """Takes the lock `name` until the transaction ends, if nobody holds it. Never waits."""
    return bool(_ask("pg_try_advisory_xact_lock", name, using, needs_transaction=True))


@contextmanager
def session_lock(name: str, *, wait: bool = True, using: str = "default") -> Iterator[bool]:
    """Holds the lock `name` during the block, across transactions; yields whether it was taken.

    With `wait` it always is. The lock belongs to the connection: it goes when the process dies, and it does not
    work through a pooler that hands out connections by transaction.
    """
    connection = connections[using]
    if connection.in_atomic_block:
        raise TransactionManagementError(f"The lock “{name}” outlives transactions; take it outside atomic().")
    taken = bool(_ask("pg_try_advisory_lock", name, using)) if not wait else _ask("pg_advisory_lock", name, using) == ""
    holder = connection.connection
    try:
        yield taken
    finally:
        # A connection that broke meanwhile took the lock with it; its successor never had it.
        if taken and connection.connection is holder and holder is not None and not holder.closed:
            _ask("pg_advisory_unlock", name, using)


def _ask(function: str, name: str, using: str, *, needs_transaction: bool = False) -> object:
    connection = connections[using]
    if needs_transaction and not connection.in_atomic_block:
        raise TransactionManagementError(f"The lock “{name}” lasts for a transaction; take it inside atomic().")
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(%s)", [lock_number(name)])
        row = cursor.fetchone()
    return row[0] if row else None
