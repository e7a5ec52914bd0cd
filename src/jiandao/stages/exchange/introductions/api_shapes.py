"""What the API answers about introductions, cooperations and their figures."""

from datetime import date

from typing_extensions import TypedDict

from jiandao.kernel.api.shapes import PageOut, StateOut, VerbOut
from jiandao.stages.exchange.api.shapes import UnitOut


class SideOut(TypedDict):
    """One side of an introduction; `contact` and `private` only when this caller may read them."""

    organisation: UnitOut | None
    consented_at: str | None
    wants_nda: bool
    signed_at: str | None
    contact: str | None
    private: str | None


class IntroductionRow(TypedDict):
    """An introduction as the list shows it. `asker` is missing while the asker does not want to be named."""

    id: str
    version: int
    title: str
    state: StateOut
    asker: UnitOut | None
    answerer: UnitOut
    proposed_by: str
    proposed_at: str
    changed_at: str


class IntroductionPage(PageOut):
    """One page of introductions."""

    items: list[IntroductionRow]


class IntroductionOut(IntroductionRow):
    """An introduction with everything that this caller may read of it."""

    need: str | None
    challenge: str | None
    result: str | None
    capability: str | None
    message: str
    sides: dict[str, SideOut]
    opened_at: str | None
    cooperation: str | None
    verbs: list[VerbOut]


class CooperationRow(TypedDict):
    """A cooperation as the list shows it."""

    id: str
    version: int
    title: str
    kind: str
    state: StateOut
    asker: UnitOut
    answerer: UnitOut
    signed_on: date
    amount_fen: int | None
    changed_at: str


class CooperationPage(PageOut):
    """One page of cooperations."""

    items: list[CooperationRow]


class OutcomeOut(TypedDict):
    """What came of a cooperation after so many months."""

    months: int
    use: str
    paid_fen: int | None
    sales_fen: int | None
    note: str
    at: str


class CooperationOut(CooperationRow):
    """A cooperation with its outcomes."""

    introduction: str
    ends_on: date | None
    contract_number: str
    confirmed_at: str | None
    outcomes: list[OutcomeOut]
    verbs: list[VerbOut]


class FigureOut(TypedDict):
    """Figures of one line; shares are between 0 and 1, missing where nothing was published. Days are those of half of the needs
    that came so far, with `_80` of four fifths of them."""

    key: str | None
    published: int
    introduced: int
    in_contact: int
    cooperating: int
    given_up: int
    matching_rate: float | None
    conversion: float | None
    success: float | None
    days_to_first: float | None
    days_to_proposal: float | None
    days_to_proposal_80: float | None
    days_to_contact: float | None
    days_to_contact_80: float | None


class RefusedOut(TypedDict):
    """How often a cause was given for refusing: on match pages, for introductions, for offers."""

    cause: str
    set_aside: int
    declined: int
    offers: int


class PlacesOut(TypedDict):
    """Introductions that both sides accepted; those proposed from a match page, and at which places it had shown them."""

    accepted: int
    shown: int
    first: int
    first_three: int
    median: float | None


class WeightOut(TypedDict):
    """How much a channel of matching counts: as it is set, and as it counts now in this programme (other: learnt)."""

    channel: str
    set: float
    in_use: float


class FiguresOut(TypedDict):
    """The whole, and by field, prefecture, year or month."""

    whole: FigureOut
    cut: str
    by: list[FigureOut]
    cooperations: int
    amount_fen: int
    given_up: int
    given_up_fen: int
    sales_fen: int
    outcomes: dict[str, int]
    refusals: list[RefusedOut]
    places: PlacesOut
    weights: list[WeightOut]
