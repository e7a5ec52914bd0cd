"""How much is composed, and the seeded choice that every record starts from."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

MARK = "演示数据"


@dataclass(frozen=True)
class Plan:
    """A size of the demonstration: numbers of records, and the seed."""

    organisations: int
    needs: int
    results: int
    experts: int
    capabilities: int
    seed: int = 20251016


SMALL = Plan(organisations=200, needs=300, results=2_000, experts=400, capabilities=60)
PROVINCE = Plan(organisations=37_721, needs=20_471, results=200_000, experts=5_000, capabilities=4_000)
SIZES = {"small": SMALL, "province": PROVINCE}


def chance(seed: int, kind: str, index: int) -> random.Random:
    """The choices of one record. Text seeds are hashed by SHA-512: the same in every process."""
    return random.Random(f"{seed}/{kind}/{index}")  # noqa: S311 - a demonstration, not a draw


def pick(draw: random.Random, values: Sequence[T]) -> T:
    """One of them; `Random.choice` costs twice as much."""
    return values[int(draw.random() * len(values))]


def spread(number: int, total: int, seed: int) -> int:
    """A permutation of range(total): neighbours land far apart, and none lands where another did."""
    step = 7_919  # a prime above and beside every factor of the totals in use
    while total % step == 0:
        step += 2
    return (number * step + seed) % total
