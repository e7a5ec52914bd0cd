"""Technology readiness: what share of projects reached the level that they had planned, and how sure is that?

A share of its own class is drawn to that of all as if all had added `strength` projects. Intervals are of the beta
distribution that starts from Jeffreys' prior (Brown, Cai, DasGupta: Interval estimation for a binomial proportion, Statistical
Science 2001).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Attainment:
    """P(the planned level is reached): `share` with its interval, from n projects of the class (`of_all`: of all)."""

    share: float
    low: float
    high: float
    n: int
    of_all: int


def attainment(
    reached: Sequence[bool],
    classes: Sequence[str] | None = None,
    name: str | None = None,
    *,
    strength: float = 20.0,
    interval: float = 0.8,
) -> Attainment:
    """The probability for a new project of this class (None: of all), from projects that `reached` their planned level or not.

    Raises ValueError when there is none.
    """
    came = np.asarray(reached, dtype=bool)
    if not len(came):
        raise ValueError("there is no project to learn from")
    a, b = float(came.sum()) + 0.5, float((~came).sum()) + 0.5
    count = len(came)
    if name is not None and classes is not None:
        mine = came[np.asarray(classes, dtype=object) == name]
        share = a / (a + b)
        # The parent counts as `strength` projects, or as all of its own where those are fewer.
        pull = min(strength, a + b)
        a, b = share * pull + float(mine.sum()), (1 - share) * pull + float((~mine).sum())
        count = len(mine)
    edge = (1 - interval) / 2
    low, high = beta.ppf([edge, 1 - edge], a, b).tolist()
    return Attainment(a / (a + b), low, high, count, len(came))


def left_out(reached: Sequence[bool], classes: Sequence[str] | None = None, *, strength: float = 20.0) -> Floats:
    """For each project the probability that the others give it, shape (n,): what a forecast would have said."""
    came = np.asarray(reached, dtype=np.float64)
    others = len(came) - 1
    if others < 1:
        raise ValueError("there are fewer than two projects")
    base: Floats = (came.sum() - came + 0.5) / (others + 1)
    if classes is None:
        return base
    _, place = np.unique(np.asarray(classes, dtype=object), return_inverse=True)
    hits, counts = np.bincount(place, came), np.bincount(place)
    own: Floats = (hits[place] - came + strength * base) / (counts[place] - 1 + strength)
    return own


def brier(chances: Sequence[float] | Floats, reached: Sequence[bool]) -> float:
    """The mean squared difference of chances and outcomes: 0 is best (Brier: Verification of forecasts, 1950)."""
    return float(np.mean((np.asarray(chances, dtype=np.float64) - np.asarray(reached, dtype=np.float64)) ** 2))
