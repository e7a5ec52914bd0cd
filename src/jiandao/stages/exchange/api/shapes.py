"""What the API answers about needs and results."""

from datetime import date

from typing_extensions import TypedDict

from jiandao.engines.matching.indicators import Verdict
from jiandao.kernel.api.shapes import PageOut, StateOut, VerbOut
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


class NeedPage(PageOut):
    """One page of needs; `total` counts what the caller may see."""

    items: list[NeedRow]


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
    anonymous: bool
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


class ResultPage(PageOut):
    """One page of results; `total` counts what the caller may see."""

    items: list[ResultRow]


class ResultOut(ResultRow):
    """A result with everything that its page shows."""

    keywords: list[str]
    text: str
    authors: str
    trl_evidence: str
    may_be_offered: bool
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


class DemandOut(TypedDict):
    """An indicator of the question, and what the text of the answer states of it: values as written (none: nothing that
    can be compared), and the sentence. `unsettled`: it is named, but what is stated leaves it open."""

    name: str
    comparator: str
    threshold: str
    tolerance: str | None
    unit: str
    verdict: Verdict
    stated: list[str]
    quote: str


class SignalOut(TypedDict):
    """A part of a candidate's score: `lexical.title` what the words of its title made, `facts.field` that the technical
    field is the same, …"""

    name: str
    contribution: float


class MatchOut(TypedDict):
    """A candidate and why it was found; the best one has the score 1. The contributions of `signals` add up to the score."""

    rank: int
    kind: str
    id: str
    title: str
    organisation: UnitOut | None
    score: float
    reason: str
    signals: list[SignalOut]
    terms: list[MatchedTerm]
    sentences: SentencesOut | None
    indicators: list[DemandOut]


class MatchesOut(TypedDict):
    """The best candidates, best first."""

    items: list[MatchOut]


class PassageOut(TypedDict):
    """A passage that both texts have in common, as each of them writes it."""

    own: str
    found: str


class OverlapOut(TypedDict):
    """A record of which a part stands in this one: the share of the shorter text, the Jaccard index, the passages."""

    kind: str
    id: str
    title: str
    organisation: UnitOut | None
    containment: float
    similarity: float
    passages: list[PassageOut]


class OverlapsOut(TypedDict):
    """What overlaps, most first."""

    items: list[OverlapOut]


class ChallengeRow(TypedDict):
    """A challenge as the list shows it; `issuer` is null where it is not named."""

    id: str
    version: int
    title: str
    language: str
    issuer: str | None
    state: StateOut
    secrecy: str
    direction: TermOut | None
    field: TermOut | None
    prefecture: TermOut | None
    budget_fen: int | None
    deadline: date
    published_at: str | None
    changed_at: str


class ChallengePage(PageOut):
    """One page of challenges; `total` counts what the caller may see."""

    items: list[ChallengeRow]


class SourceOut(TypedDict):
    """A need behind a challenge: `origin`, it was made from it; `merged`, it asks for the same."""

    need: str
    how: str


class ChallengeOut(ChallengeRow):
    """A challenge with everything that its page shows; `sources` is null for who may not know them."""

    keywords: list[str]
    text: str
    conditions: str
    intellectual_property: str | None
    cluster: TermOut | None
    title_other: str
    summary_other: str
    translated_by: str
    indicators: list[IndicatorOut]
    sources: list[SourceOut] | None
    may_edit: bool
    verbs: list[VerbOut]


class StepOut(TypedDict):
    """A step of the funnel: how many needs came so far, and the share of the step before."""

    step: str
    needs: int
    share: float | None


class CauseOut(TypedDict):
    """Why needs dropped out: their state, the code of the cause (empty: see the reason in the timeline), how many."""

    state: str
    cause: str
    needs: int


class CutOut(TypedDict):
    """The funnel of one value: the code of a term, a month, or null where nothing is stated."""

    key: str | None
    reached: dict[str, int]
    dropped: dict[str, int]


class FunnelOut(TypedDict):
    """The funnel of the needs that the caller may see."""

    steps: list[StepOut]
    causes: list[CauseOut]
    cut: str
    by: list[CutOut]
