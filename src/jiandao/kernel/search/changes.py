"""Noting that a record changed, in its own transaction, for the followers of the match index."""

from collections.abc import Collection
from typing import Any

from jiandao.kernel.search.models import IndexChange


def note_change(record: Any) -> None:
    """One record changed."""
    IndexChange.objects.create(kind=record.kind, record_id=record.pk)


def note_changes(kind: str, record_ids: Collection[int]) -> None:
    """Many records of one kind changed."""
    IndexChange.objects.bulk_create([IndexChange(kind=kind, record_id=one) for one in record_ids], batch_size=2_000)
