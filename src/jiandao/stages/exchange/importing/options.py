"""How a file is to be imported, beside its mapping."""

from dataclasses import asdict, dataclass
from typing import Any

from jiandao.stages.exchange.states import DRAFT

ALL, GOOD = "all", "good"  # all or nothing; the good rows
LONGEST_SOURCE = 80


@dataclass(frozen=True)
class Options:
    """source: the register that the rows come from; with their id there it tells a repeated import.
    state: of new records. as_they_are: an officer publishes what is incomplete. mode: ALL or GOOD.
    empty_clears: an empty cell of a mapped column empties the field of an earlier record, where the field may be empty.
    """

    source: str
    state: str = DRAFT
    mode: str = ALL
    as_they_are: bool = False
    empty_clears: bool = False

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> "Options":
        return cls(**kept)
