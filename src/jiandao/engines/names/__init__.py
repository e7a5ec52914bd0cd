"""Names of organisations: is it one organisation under two names, a part of another, or two?

`normalise` takes a name apart, `compare` judges two names with reasons, `Index` finds the likely ones among many and
proposes what to merge. The method, and what it does not do, is told in docs/developer/organisation-names.md.
"""

from jiandao.engines.names.compare import Outcome, Verdict, compare
from jiandao.engines.names.index import Entry, Index, Proposal, Suggestion, candidates
from jiandao.engines.names.parse import Dictionaries, Name, dictionaries, normalise
from jiandao.engines.names.reasons import SENTENCES, Reason

__all__ = [
    "SENTENCES",
    "Dictionaries",
    "Entry",
    "Index",
    "Name",
    "Outcome",
    "Proposal",
    "Reason",
    "Suggestion",
    "Verdict",
    "candidates",
    "compare",
    "dictionaries",
    "normalise",
]
