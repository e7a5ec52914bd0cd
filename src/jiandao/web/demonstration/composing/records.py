"""What is composed: plain values. Codes are those of the vocabulary; money is in fen; `index` counts from 0 in its kind."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Truth:
    """What a text is really about: the keys of the object and of the method, and the indicators (names) it reaches."""

    object: str
    method: str


@dataclass(frozen=True)
class OtherName:
    name: str
    kind: str  # former, short, spelling


@dataclass(frozen=True)
class Tie:
    """A family tie to the organisation of that index; kind as in people: subsidiary, branch, hosted, controlled."""

    parent: int
    kind: str
    since: int  # year


@dataclass(frozen=True)
class Paper:
    """A certificate; kind as in people. Valid from and until are ISO dates."""

    kind: str
    title: str
    number: str
    valid_from: str
    valid_until: str


@dataclass(frozen=True)
class Organisation:
    """`same_as` names the organisation that this one is a second spelling of: such a record has no credit code."""

    index: int
    name: str
    kind: str
    credit_code: str | None
    prefecture: str
    clusters: tuple[str, ...]
    field: str
    introduction: str
    names: tuple[OtherName, ...]
    tie: Tie | None
    papers: tuple[Paper, ...]
    same_as: int | None


@dataclass(frozen=True)
class Indicator:
    """A target, as asked for, or a level, as reached. `cmp` is ge or le; values are decimal texts."""

    name: str
    cmp: str
    value: str
    unit: str
    test: str
    current: str = ""
    best: str = ""


@dataclass(frozen=True)
class Need:
    """`answered_by` is the hidden truth. `same_as` names the need that this one repeats from another firm."""

    index: int
    title: str
    problem: str
    goal: str
    tried: str
    conditions: str
    indicators: tuple[Indicator, ...]
    keywords: tuple[str, ...]
    organisation: int
    topic: str
    field: str
    cluster: str
    discipline: str
    direction: str
    intellectual_property: str
    budget_fen: int | None
    deadline_months: int
    state: str
    confidential: bool
    vague: bool
    same_as: int | None
    answered_by: frozenset[Truth]


@dataclass(frozen=True)
class Result:
    """`fit` says how far it answers its own truth: full, half (one indicator falls short) or wrong (other object)."""

    index: int
    title: str
    summary: str
    keywords: tuple[str, ...]
    kind: str
    trl: int
    trl_evidence: str
    indicators: tuple[Indicator, ...]
    organisation: int
    topic: str
    field: str
    year: int
    terms: str
    price_fen: int | None
    state: str
    truth: Truth
    fit: str


@dataclass(frozen=True)
class Expert:
    index: int
    name: str
    title: str
    organisation: int
    email: str
    field: str
    discipline: str
    keywords: tuple[str, ...]
    publications: tuple[tuple[str, int], ...]  # title, year
    available: bool


@dataclass(frozen=True)
class Capability:
    """kind: team, laboratory, instrument or pilot-line."""

    index: int
    kind: str
    title: str
    text: str
    keywords: tuple[str, ...]
    organisation: int
    field: str
    level_from: int
    level_to: int
    opening_hours: str
    price_fen: int
    price_unit: str
    conditions: str
