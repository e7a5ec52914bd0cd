"""What the API answers about needs and results."""

from datetime import date

from typing_extensions import TypedDict

from jiandao.kernel.api.shapes import StateOut, VerbOut
from jiandao.kernel.api.terms import TermOut


class UnitOut(TypedDict):
    """An organisation by id and name."""

    id: str
    name: str


class NeedRow(TypedDict):
    """A need as the list shows it."""

    id: str
    version: int
    title: str
    language: str
    organisation: UnitOut
    state: StateOut
    secrecy: str
    direction: TermOut | None
    field: TermOut | None
    budget_fen: int | None
    deadline: date | None
    published_at: str | None
    changed_at: str


class NeedPage(TypedDict):
    """One page of needs; `total` counts what the caller may see."""

    items: list[NeedRow]
    total: int
    more_than_total: bool
    page: int
    per_page: int
    next: str | None
    previous: str | None


class IndicatorOut(TypedDict):
    """A target indicator; numbers are decimal texts, so that nothing is rounded."""

    name: str
    comparator: str
    threshold: str
    tolerance: str | None
    stretch: str | None
    unit: str
    test_method: str


class NeedOut(NeedRow):
    """A need with everything that its page shows."""

    keywords: list[str]
    problem: str
    goal: str
    conditions: str
    intellectual_property: str | None
    intellectual_property_note: str
    activity_type: str | None
    solution_mode: str | None
    orientation: TermOut | None
    cluster: TermOut | None
    discipline: TermOut | None
    industry: TermOut | None
    needed_by: date | None
    secret_until: date | None
    knowers: list[str]
    title_other: str
    summary_other: str
    translated_by: str
    source: str
    source_id: str
    indicators: list[IndicatorOut]
    may_edit: bool
    verbs: list[VerbOut]


class ResultRow(TypedDict):
    """A result as the list shows it."""

    id: str
    version: int
    title: str
    language: str
    organisation: UnitOut
    state: StateOut
    secrecy: str
    field: TermOut | None
    trl: TermOut | None
    terms: str
    price_fen: int | None
    published_at: str | None
    changed_at: str


class ResultPage(TypedDict):
    """One page of results; `total` counts what the caller may see."""

    items: list[ResultRow]
    total: int
    more_than_total: bool
    page: int
    per_page: int
    next: str | None
    previous: str | None


class ResultOut(ResultRow):
    """A result with everything that its page shows."""

    keywords: list[str]
    text: str
    authors: str
    trl_evidence: str
    secret_until: date | None
    knowers: list[str]
    title_other: str
    summary_other: str
    translated_by: str
    source: str
    source_id: str
    may_edit: bool
    verbs: list[VerbOut]


class MatchedTerm(TypedDict):
    """A term that both texts hold, and its share of the score (0 to 1)."""

    term: str
    share: float


class SentencesOut(TypedDict):
    """The pair of sentences that fit best."""

    own: str
    found: str


class MatchOut(TypedDict):
    """A candidate and why it was found; the best one has the score 1."""

    rank: int
    kind: str
    id: str
    title: str
    organisation: UnitOut
    score: float
    reason: str
    terms: list[MatchedTerm]
    sentences: SentencesOut | None


class MatchesOut(TypedDict):
    """The best candidates, best first."""

    items: list[MatchOut]
