"""Texts → ranked candidates with reasons; near-duplicates.

BM25 on characters and character pairs (Chinese) and stemmed words (English), on a tantivy index, with scores that can
be taken apart. The method is told in docs/developer/matching.md.
"""

from jiandao.engines.matching.index import MatchIndex, Writer
from jiandao.engines.matching.overlap import containment, jaccard, shingles
from jiandao.engines.matching.passages import Passage, passages
from jiandao.engines.matching.records import (
    KNOWN_ITEM,
    TASKS,
    TOPICAL,
    Channel,
    Document,
    Match,
    Overlap,
    Reasons,
    SentencePair,
    Settings,
    SharedTerm,
    Signal,
)
from jiandao.engines.matching.scoring import Statistics
from jiandao.engines.matching.storage import (
    BusyIndexError,
    DamagedIndexError,
    ForbiddenIndexError,
    ForeignIndexError,
    FullIndexError,
    MatchIndexError,
    MissingIndexError,
    OutdatedIndexError,
)
from jiandao.engines.matching.text import sentences, terms
from jiandao.engines.matching.writing import normalise

__all__ = [
    "KNOWN_ITEM",
    "TASKS",
    "TOPICAL",
    "BusyIndexError",
    "Channel",
    "DamagedIndexError",
    "Document",
    "ForbiddenIndexError",
    "ForeignIndexError",
    "FullIndexError",
    "Match",
    "MatchIndex",
    "MatchIndexError",
    "MissingIndexError",
    "OutdatedIndexError",
    "Overlap",
    "Passage",
    "Reasons",
    "SentencePair",
    "Settings",
    "SharedTerm",
    "Signal",
    "Statistics",
    "Writer",
    "containment",
    "jaccard",
    "normalise",
    "passages",
    "sentences",
    "shingles",
    "terms",
]
