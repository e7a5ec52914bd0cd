"""The journal (台账): append-only, linked by hash for each record, sealed every second, anchored outside every minute."""

from jiandao.kernel.journal.entries import Entry, last_entries, record, record_many, timeline

__all__ = ["Entry", "last_entries", "record", "record_many", "timeline"]
