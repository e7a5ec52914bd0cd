"""What is hashed, and how: SHA-256 or SM3, the name stored beside every digest.

The chain hashes the head of an entry (who, in which role, when, verb, record, rule) together with a salted digest of its
payload. The payload (before, after, reason) lies in a table of its own, so that a lawful erasure replaces the text
without breaking the chain: the salted digest stays, and reveals nothing.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

ALGORITHMS = ("sha256", "sm3")
DEFAULT = "sha256"
_SEPARATOR = b"\x1f"
_LEAF, _NODE = b"\x00", b"\x01"  # RFC 6962: a leaf can never be taken for a node
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@cache
def _hasher(algorithm: str) -> Callable[[bytes], "hashlib._Hash"]:
    """The constructor of a hash; looked up once, because a verification needs millions."""
    return getattr(hashlib, algorithm, None) or partial(hashlib.new, algorithm)


def digest(algorithm: str, *parts: bytes) -> bytes:
    """The digest of `parts`, joined."""
    return _hasher(algorithm)(b"".join(parts)).digest()


def _microseconds(at: datetime) -> int:
    """A moment as whole microseconds since 1970-01-01 UTC: the same in every time zone, and cheap."""
    since = at - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def canonical(payload: Any) -> str:
    """The one JSON text of a payload: sorted keys, no white space, Chinese as it is."""
    return json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def payload_digest(algorithm: str, salt: bytes, body: str) -> bytes:
    """The salted digest of a payload's text."""
    return digest(algorithm, salt, body.encode())


def entry_digest(
    algorithm: str,
    *,
    previous: bytes,
    at: datetime,
    actor_id: int | None,
    role: str,
    verb: str,
    kind: str,
    record_id: int,
    sequence: int,
    programme_id: int | None,
    rule: str,
    edition: str,
    payload: bytes,
) -> bytes:
    """The digest that links an entry to the one before it of the same record (`previous` is empty for the first)."""
    head = (
        f"{_microseconds(at)}\x1f{actor_id}\x1f{role}\x1f{verb}\x1f{kind}\x1f{record_id}"
        f"\x1f{sequence}\x1f{programme_id}\x1f{rule}\x1f{edition}"
    )
    return digest(algorithm, previous, _SEPARATOR, head.encode(), _SEPARATOR, payload)


def merkle_root(algorithm: str, leaves: Sequence[bytes]) -> bytes:
    """Root of a Merkle tree as in RFC 6962 section 2.1; an odd node is carried up."""
    hasher = _hasher(algorithm)
    level = [hasher(_LEAF + leaf).digest() for leaf in leaves]
    while len(level) > 1:
        paired = [hasher(_NODE + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0] if level else digest(algorithm)


def seal_digest(algorithm: str, *, previous: bytes, number: int, at: datetime, count: int, root: bytes) -> bytes:
    """The digest that chains a seal to the one before."""
    head = f"{number}\x1f{_microseconds(at)}\x1f{count}"
    return digest(algorithm, previous, _SEPARATOR, head.encode(), _SEPARATOR, root)
