"""Early warning: which projects will move their end again, judged by their reports so far?

Between two reports a forecast end moves later, or it does not. How often differs between projects: a beta distribution of that
rate is fitted to all of them (a beta-binomial model: Skellam, A probability distribution derived from the binomial distribution
by regarding the probability of success as variable, JRSS B 1948), each project's own reports sharpen it, and what is told
is the probability of at least one move within the coming year.

A file of running projects teaches nonsense when read carelessly: whoever is still reported after its own due date must have
moved it, so that time left would seem to foretell everything (survivorship). Hence two rules: an interval counts for a project
only when its end lay beyond the next report, and it teaches the rate of all only when it lay beyond the last day of the file.
Time left is no sign here.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import betaln
from scipy.stats import beta as beta_distribution

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Report:
    """One report of a project; days are numbers since any fixed day, money in any unit, NaN where it is not told."""

    reported_on: int
    planned_end: float
    forecast_end: float
    budget: float = float("nan")
    spent: float = float("nan")


@dataclass(frozen=True)
class Rates:
    """The rate of moves of all projects: a beta distribution with these two parameters, and what it was learnt from."""

    a: float
    b: float
    projects: int
    intervals: int
    coming: float  # how many intervals the coming horizon is worth, see `learn`
    lessons: int  # reports whose whole horizon was seen

    @property
    def mean(self) -> float:
        """The usual probability of a move between two reports."""
        return self.a / (self.a + self.b)


@dataclass(frozen=True)
class Warned:
    """What is said of a project on the day of its last report.

    `p_late`: probability that the forecast end moves by more than the slip within the horizon; `low`, `high`: its 80 %
    interval; `usual`: that of a project of which nothing is known. `moves` of `intervals` counted; `overdue`: the
    forecast end has passed already, so that it can only be late. `behind`: share of time less share of money spent, NaN when
    not known: told, not counted.
    """

    project: str
    reported_on: int
    p_late: float
    low: float
    high: float
    usual: float
    moves: int
    intervals: int
    overdue: bool
    behind: float


History = dict[str, list[Report]]


def _moves(reports: Sequence[Report], slip: int, until: float = -np.inf) -> tuple[int, int]:
    """Moves and intervals in which staying was possible; with `until`, only those whose end lay beyond that day."""
    moves = intervals = 0
    for sooner, later in pairwise(reports):
        if sooner.forecast_end > max(later.reported_on, until):
            intervals += 1
            moves += later.forecast_end - sooner.forecast_end > slip
    return moves, intervals


def learn(history: History, *, slip: int = 30, horizon: int = 365, step: Callable[[], None] = lambda: None) -> Rates:
    """The rate of moves of the projects of a history (reports by project, in order of days).

    The spread between projects is drawn to that of a prior worth 4 intervals where few reports tell it; with no interval at
    all the rate is even odds from one half of a move in one interval (Jeffreys). After a move another is less likely for a while,
    so that a horizon of five reports is not worth five intervals: `coming` is such that the model gives the share of horizons
    with a move that was seen (from 20 of them on; else as many intervals as there are reports). `step` is called after every
    project and every evaluation, and may raise.
    """
    now = max(reports[-1].reported_on for reports in history.values())
    counts = []
    for project in sorted(history):
        step()
        counts.append(_moves(history[project], slip, now))
    seen = np.array([one for one in counts if one[1]], dtype=np.float64).reshape(-1, 2)
    gaps = [
        later.reported_on - sooner.reported_on for reports in history.values() for sooner, later in pairwise(reports)
    ]
    reports_coming = max(1.0, horizon / float(np.median(gaps))) if gaps else 1.0
    if not len(seen):
        return Rates(0.5, 0.5, 0, 0, reports_coming, 0)
    hits, trials = seen[:, 0], seen[:, 1]

    def unlikely(point: Floats) -> float:
        step()
        mean, strength = 1 / (1 + np.exp(-point[0])), np.exp(point[1])
        a, b = mean * strength, (1 - mean) * strength
        likelihood = (betaln(a + hits, b + trials - hits) - betaln(a, b)).sum()
        # Jeffreys' prior of the mean: one move in one interval does not make moves certain.
        return float(-likelihood + 0.5 * (point[1] - np.log(4.0)) ** 2 - 0.5 * (np.log(mean) + np.log1p(-mean)))

    start = np.array([np.log((hits.sum() + 0.5) / (trials.sum() - hits.sum() + 0.5)), np.log(4.0)])
    point = minimize(unlikely, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}).x
    mean, strength = float(1 / (1 + np.exp(-point[0]))), float(np.exp(point[1]))
    a, b = mean * strength, (1 - mean) * strength
    came = outcomes(history, now, slip=slip, horizon=horizon)
    coming = reports_coming
    if len(came) >= 20:
        share = (sum(came) + 0.5) / (len(came) + 1)
        most = 4 * reports_coming
        if _at_least_one(a, b, 0.1) < share < _at_least_one(a, b, most):
            coming = float(brentq(lambda worth: _at_least_one(a, b, worth) - share, 0.1, most))
    return Rates(a, b, len(seen), int(trials.sum()), coming, len(came))


def _at_least_one(a: float, b: float, coming: float) -> float:
    return float(1 - np.exp(betaln(a, b + coming) - betaln(a, b)))


def outcomes(history: History, now: int, *, slip: int = 30, horizon: int = 365) -> list[bool]:
    """For each report whose horizon was seen by `now` and whose end lay beyond `now`: did the end move within it?"""
    found = []
    for project in sorted(history):
        reports = history[project]
        for number, one in enumerate(reports):
            if number and one.reported_on + horizon <= now < one.forecast_end:
                sequel = [later for later in reports[number + 1 :] if later.reported_on <= one.reported_on + horizon]
                if sequel:
                    found.append(max(later.forecast_end for later in sequel) - one.forecast_end > slip)
    return found


def judge(rates: Rates, project: str, reports: Sequence[Report], *, slip: int = 30) -> Warned:
    """What is said of a project whose reports, in order of days, are these; only they and the rates count."""
    last = reports[-1]
    moves, intervals = _moves(reports, slip)
    a, b = rates.a + moves, rates.b + intervals - moves
    low, high = (1 - (1 - rate) ** rates.coming for rate in _tenths(a, b))
    chance, overdue = _at_least_one(a, b, rates.coming), last.forecast_end <= last.reported_on
    return Warned(
        project=project,
        reported_on=last.reported_on,
        p_late=1.0 if overdue else chance,
        low=1.0 if overdue else min(low, chance),
        high=1.0 if overdue else max(high, chance),
        usual=_at_least_one(rates.a, rates.b, rates.coming),
        moves=moves,
        intervals=intervals,
        overdue=overdue,
        behind=_behind(reports),
    )


@lru_cache(maxsize=4096)  # many projects have moved as often as others
def _tenths(a: float, b: float) -> tuple[float, float]:
    low, high = beta_distribution.ppf([0.1, 0.9], a, b).tolist()
    return low, high


def _behind(reports: Sequence[Report]) -> float:
    first, last = reports[0], reports[-1]
    if not (np.isfinite(last.spent) and np.isfinite(last.budget) and last.budget > 0):
        return float("nan")
    elapsed = (last.reported_on - first.reported_on) / max(last.forecast_end - first.reported_on, 1.0)
    return float(np.clip(elapsed, 0, 1) - np.clip(last.spent / last.budget, 0, 1))


def ranking_quality(scores: Sequence[float], late: Sequence[bool]) -> float:
    """AUC: the probability that one that came late had the higher score than one that did not; ties count half."""
    from scipy.stats import rankdata

    ranks = rankdata(np.asarray(scores, dtype=np.float64))
    came = np.asarray(late, dtype=bool)
    ones, others = int(came.sum()), int((~came).sum())
    if not ones or not others:
        return float("nan")
    return float((ranks[came].sum() - ones * (ones + 1) / 2) / (ones * others))
