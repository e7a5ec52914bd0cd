"""Which records' texts may be sent to a model on another machine: public ones that the public index holds, no others.

Denied by default: a kind that nobody registered, a record without a level, a level that is not exactly public, a draft,
what is asked without a name, a record that is about one that is need-to-know, and every text that belongs to no record,
such as what somebody is typing. What is sent is read from the database in the same moment, not from what the caller holds.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jiandao.engines.matching import Document
from jiandao.engines.matching.cache import VectorCache, encode_all
from jiandao.engines.matching.encoders import Vectors
from jiandao.engines.runs import Clock
from jiandao.kernel.search.endpoint import EndpointEncoder, PublicText
from jiandao.kernel.search.index import sources
from jiandao.kernel.secrecy import Level

_MANY = 500


def is_public(record: Any) -> bool:
    """Whether the record, and each record that it points to and that has a level, is public.

    What its organisation asks without its name is not: whatever its level, it is shown to the office alone.
    """
    if getattr(record, "secrecy", None) != Level.PUBLIC or getattr(record, "secret_until", None) is not None:
        return False
    if getattr(record, "anonymous", False):
        return False
    for field in record._meta.concrete_fields:
        if field.is_relation and hasattr(field.related_model, "secrecy"):
            other = getattr(record, field.name)
            if other is not None and other.secrecy != Level.PUBLIC:
                return False
    return True


def document_text(document: Document) -> str:
    """What is encoded of a document: title, keywords, text."""
    return "\n".join(part for name in ("title", "keywords", "text") if (part := document.part(name)))


def released(records: Iterable[Any], sendable: Callable[[Any], bool] = is_public) -> Iterator[tuple[str, PublicText]]:
    """(public id, text) of those records whose texts may be sent now. `sendable` can only forbid more, for each record."""
    by_kind: defaultdict[str, list[int]] = defaultdict(list)
    for record in records:
        if is_public(record) and sendable(record):  # as the caller holds it: what was just classified is not asked for
            by_kind[getattr(record, "kind", "")].append(record.pk)
    for kind, keys in sorted(by_kind.items()):
        source = sources().get(kind)
        if source is None:
            continue
        for start in range(0, len(keys), _MANY):
            for record in source.records().filter(pk__in=keys[start : start + _MANY]).order_by("pk"):
                if is_public(record) and sendable(record):
                    yield record.public_id, PublicText(document_text(source.document(record)))


class RecordEncoder:
    """Vectors of records by the deployment's own model; records that may not be sent have none."""

    def __init__(
        self, encoder: EndpointEncoder, cache: VectorCache, sendable: Callable[[Any], bool] = is_public
    ) -> None:
        self._encoder, self._cache, self._sendable = encoder, cache, sendable

    def vectors(self, records: Iterable[Any], clock: Clock | None = None) -> dict[str, Vectors]:
        """Public id → vector (d,) of those that may be sent. EndpointError, UnfinishedError: what was encoded is kept."""
        found = list(released(records, self._sendable))
        rows = encode_all(self._encoder, [text for _, text in found], self._cache, kind="document", clock=clock)
        return {public_id: row for (public_id, _), row in zip(found, rows, strict=True)}
