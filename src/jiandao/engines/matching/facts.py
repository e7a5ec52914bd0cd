"""What is known of a question and an answer beside their texts, as small signals: field, direction, maturity, money, place,
and what the two organisations have done together.

Each is bounded and small beside the text, whose score is a share from 0 to 1: facts put candidates of like texts in order
and never make an answer out of another subject. Where either side says nothing, the signal is nought and left out. The
weights are set, not learnt. Told in docs/developer/matching.md.
"""

from dataclasses import dataclass

from jiandao.engines.matching.records import Signal

FIELD, DIRECTION, LEVEL = "facts.field", "facts.direction", "facts.level"
MONEY, REGION, PAST = "facts.money", "facts.region", "facts.past"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question asks; nothing said: empty or none.

    `fields`, `directions`, `region`: codes of any vocabulary that the answer uses too; `level`: the least maturity, 1–9;
    `money_fen`: what there is to spend.
    """

    fields: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()
    level: int | None = None
    money_fen: int | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class Offered:
    """What an answer offers, as in `Asked`; `money_fen`: the price. `finished`, `failed`: cooperations of the two organisations
    that ended well and that were given up."""

    fields: frozenset[str] = frozenset()
    directions: frozenset[str] = frozenset()
    level: int | None = None
    money_fen: int | None = None
    region: str = ""
    finished: int = 0
    failed: int = 0

    def __post_init__(self) -> None:
        if self.finished < 0 or self.failed < 0:
            raise ValueError("cooperations are counted, expected numbers of at least 0")


@dataclass(frozen=True, slots=True)
class FactWeights:
    """What each fact is worth, in shares of the best text score there can be. None is negative.

    `level`: the maturity that is asked for, or more; each level below takes away `level_step`, down to −`level_most`.
    `over_budget` is what a price of twice the money, or more, takes away; below that in proportion. Of cooperations
    `past_counted` are counted of either kind.
    """

    field: float = 0.04
    direction: float = 0.02
    level: float = 0.04
    level_step: float = 0.02
    level_most: float = 0.06
    within_budget: float = 0.02
    over_budget: float = 0.04
    region: float = 0.02
    finished: float = 0.02
    failed: float = 0.02
    past_counted: int = 2

    def __post_init__(self) -> None:
        values = [getattr(self, name) for name in self.__slots__]
        if not all(0 <= value < float("inf") for value in values):
            raise ValueError("expected weights of at least 0")

    @property
    def most(self) -> float:
        """What all facts together can add."""
        return (
            self.field + self.direction + self.level + self.within_budget + self.region
            + self.finished * self.past_counted
        )  # fmt: skip


DEFAULT = FactWeights()


def signals(asked: Asked, offered: Offered, weights: FactWeights = DEFAULT) -> tuple[Signal, ...]:
    """The facts that speak for or against an answer, in a fixed order; none of them is 0. A pure function."""
    amounts = {
        FIELD: weights.field if asked.fields & offered.fields else 0.0,
        DIRECTION: weights.direction if asked.directions & offered.directions else 0.0,
        LEVEL: _level(asked.level, offered.level, weights),
        MONEY: _money(asked.money_fen, offered.money_fen, weights),
        REGION: weights.region if asked.region and asked.region == offered.region else 0.0,
        PAST: weights.finished * min(offered.finished, weights.past_counted)
        - weights.failed * min(offered.failed, weights.past_counted),
    }
    return tuple(Signal(name, amount) for name, amount in amounts.items() if amount)


def gap(asked: Asked, offered: Offered) -> int | None:
    """Levels of maturity that the answer is below what is asked, 0 where it is not; none where one of them is not said."""
    if asked.level is None or offered.level is None:
        return None
    return max(0, asked.level - offered.level)


def _level(asked: int | None, offered: int | None, weights: FactWeights) -> float:
    if asked is None or offered is None:
        return 0.0
    return max(weights.level - weights.level_step * max(0, asked - offered), -weights.level_most)


def _money(there_is: int | None, price: int | None, weights: FactWeights) -> float:
    if there_is is None or price is None or there_is <= 0:
        return 0.0
    over = min(max(price - there_is, 0) / there_is, 1.0)
    return weights.within_budget if price <= there_is else -weights.over_budget * over
