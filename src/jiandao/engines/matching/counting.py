"""Texts as counts of their search terms, and ids as numbers."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping

from jiandao.engines.matching.dictionary import Translation
from jiandao.engines.matching.records import FIELDS, Document, Settings
from jiandao.engines.matching.text import PARTICLES, terms


def query_counts(query: Document, settings: Settings) -> dict[str, int]:
    """Weighted frequency of each search term of a query; lone particles (的, 和) only when there is nothing else."""
    counts = weighted_counts(query, settings)
    return {term: count for term, count in counts.items() if term not in PARTICLES} or counts


def translated_terms(translations: Iterable[Translation]) -> dict[str, float]:
    """Search terms of what a query says in the other language, with how sure the dictionary is of them."""
    found: dict[str, float] = {}
    for one in translations:
        parts = set(terms(one.translation))
        # A character alone tells nothing of a word of several.
        for term in sorted({part for part in parts if len(part) > 1} or parts):
            found[term] = max(found.get(term, 0.0), one.weight)
    return found


def weighted_counts(document: Document, settings: Settings) -> Counter[str]:
    """Weighted frequency of each search term of a document: what the latent model is made of."""
    return weighted({name: document.part(name) for name in FIELDS}, settings)


def weighted(parts: Mapping[str, str], settings: Settings) -> Counter[str]:
    """The same from the texts by field."""
    counts: Counter[str] = Counter()
    for name, part in parts.items():
        for term in terms(part):
            counts[term] += settings.field_weights[name]
    return counts


def id_hash(document_id: str) -> tuple[bytes, str]:
    """A number for an id that is as good as drawn by lot, the same everywhere."""
    return hashlib.blake2b(document_id.encode(), digest_size=8).digest(), document_id
