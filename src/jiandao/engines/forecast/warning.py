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

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq, minimize
from scipy.special import betaln
from scipy.stats import beta as beta_distribution

from jiandao.engines.quick import ranked

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


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


History = Mapping[str, Sequence[Report]]  # in order of days


@dataclass(frozen=True)
class Reports:
    """The reports of n projects as arrays (m,), in order of project, then day.

    `first` (n + 1,): where the reports of each project begin. The rest as in `Report`.
    """

    projects: tuple[str, ...]
    first: Integers
    reported_on: Integers
    forecast_end: Floats
    budget: Floats
    spent: Floats

    @staticmethod
    def of(history: History) -> "Reports":
        """From reports by project."""
        rows = [one for project in sorted(history) for one in history[project]]
        return Reports(
            projects=tuple(sorted(history)),
            first=np.cumsum([0, *(len(history[project]) for project in sorted(history))]),
            reported_on=np.array([one.reported_on for one in rows], dtype=np.int64),
            forecast_end=np.array([one.forecast_end for one in rows], dtype=np.float64),
            budget=np.array([one.budget for one in rows], dtype=np.float64),
            spent=np.array([one.spent for one in rows], dtype=np.float64),
        )

    @staticmethod
    def grouped(
        places: dict[str, int], project: Integers, reported_on: Floats, end: Floats, budget: Floats, spent: Floats
    ) -> "Reports":
        """From rows in any order; `project`: numbers of `places`."""
        projects, project = ranked(places, project)
        order = np.lexsort((reported_on, project))
        first = np.searchsorted(project[order], np.arange(len(projects) + 1))
        days = reported_on[order].astype(np.int64)
        return Reports(projects, first, days, end[order], budget[order], spent[order])

    def inside(self) -> NDArray[np.bool_]:
        """Whether a report and the next one are of one project, shape (m − 1,)."""
        found = np.ones(max(0, len(self.reported_on) - 1), bool)
        found[self.first[1:-1] - 1] = False
        return found

    def moves(self, slip: int, until: float = -np.inf) -> tuple[Integers, Integers]:
        """Moves of each project, and intervals in which staying was possible, shapes (n,).

        With `until`, only those whose end lay beyond that day.
        """
        end = self.forecast_end
        possible = self.inside() & (end[:-1] > np.maximum(self.reported_on[1:], until))
        moved = possible & (np.diff(end) > slip)
        return self._counted(moved), self._counted(possible)

    def _counted(self, flags: NDArray[np.bool_]) -> Integers:
        """How many are true between the reports of each project."""
        before = np.concatenate([[0], np.cumsum(flags), [flags.sum()]])
        return np.diff(before[self.first]).astype(np.int64)


def learn(
    history: Reports | History, *, slip: int = 30, horizon: int = 365, step: Callable[[], object] = lambda: None
) -> Rates:
    """The rate of moves of the projects of a history.

    The spread between projects is drawn to that of a prior worth 4 intervals where few reports tell it; with no interval at
    all the rate is even odds from one half of a move in one interval (Jeffreys). After a move another is less likely for a while,
    so that a horizon of five reports is not worth five intervals: `coming` is such that the model gives the share of horizons
    with a move that was seen (from 20 of them on; else as many intervals as there are reports). `step` is called after every
    evaluation, and may raise.
    """
    past = history if isinstance(history, Reports) else Reports.of(history)
    now = int(past.reported_on.max())
    moves, intervals = past.moves(slip, now)
    step()
    gaps = np.diff(past.reported_on)[past.inside()]
    reports_coming = max(1.0, horizon / float(np.median(gaps))) if len(gaps) else 1.0
    seen = intervals > 0
    if not seen.any():
        return Rates(0.5, 0.5, 0, 0, reports_coming, 0)
    hits, trials = moves[seen].astype(np.float64), intervals[seen].astype(np.float64)
    # Many projects have moved as often as others, but sums are over all of them, in order.
    alike, place = np.unique(np.stack([hits, trials]), axis=1, return_inverse=True)

    def unlikely(point: Floats) -> float:
        step()
        mean, strength = 1 / (1 + np.exp(-point[0])), np.exp(point[1])
        a, b = mean * strength, (1 - mean) * strength
        likelihood = (betaln(a + alike[0], b + alike[1] - alike[0]) - betaln(a, b))[place].sum()
        # Jeffreys' prior of the mean: one move in one interval does not make moves certain.
        return float(-likelihood + 0.5 * (point[1] - np.log(4.0)) ** 2 - 0.5 * (np.log(mean) + np.log1p(-mean)))

    start = np.array([np.log((hits.sum() + 0.5) / (trials.sum() - hits.sum() + 0.5)), np.log(4.0)])
    point = minimize(unlikely, start, method="Nelder-Mead", options={"xatol": 1e-6, "fatol": 1e-9}).x
    mean, strength = float(1 / (1 + np.exp(-point[0]))), float(np.exp(point[1]))
    a, b = mean * strength, (1 - mean) * strength
    came = outcomes(past, now, slip=slip, horizon=horizon)
    coming = reports_coming
    if len(came) >= 20:
        share = (int(came.sum()) + 0.5) / (len(came) + 1)
        most = 4 * reports_coming
        if _at_least_one(a, b, 0.1) < share < _at_least_one(a, b, most):
            coming = float(brentq(lambda worth: _at_least_one(a, b, worth) - share, 0.1, most))
    return Rates(a, b, len(hits), int(trials.sum()), coming, len(came))


def _at_least_one(a: float, b: float, coming: float) -> float:
    return float(1 - np.exp(betaln(a, b + coming) - betaln(a, b)))


def outcomes(past: Reports, now: int, *, slip: int = 30, horizon: int = 365) -> NDArray[np.bool_]:
    """For each report whose horizon was seen by `now` and whose end lay beyond `now`: did the end move within it?

    Neither for the first report of a project, nor where no other came within the horizon.
    """
    on, end = past.reported_on, past.forecast_end
    chosen = (on + horizon <= now) & (end > now)
    chosen[past.first[:-1]] = False
    rows = np.flatnonzero(chosen)
    # Days of all projects one after the other, so that one search finds the last report of each horizon.
    least = int(on.min())
    width = now - least + horizon + 1
    project = np.repeat(np.arange(len(past.projects)), np.diff(past.first))
    line = project * width + (on - least)
    last = np.searchsorted(line, line[rows] + horizon, side="right")
    rows, last = rows[last > rows + 1], last[last > rows + 1]
    found: NDArray[np.bool_] = _greatest(end, rows + 1, last) - end[rows] > slip
    return found


def _greatest(values: Floats, first: Integers, last: Integers) -> Floats:
    """The greatest of values[first:last] of each pair (first < last), from the greatest of 1, 2, 4, … neighbours."""
    found = np.empty(len(first))
    size = np.frexp(last - first)[1] - 1  # 2 ** size is the largest power within the range
    level = values.copy()
    for power in range(int(size.max(initial=-1)) + 1):
        mine = size == power
        found[mine] = np.maximum(level[first[mine]], level[last[mine] - (1 << power)])
        level[: len(level) - (1 << power)] = np.maximum(level[: len(level) - (1 << power)], level[1 << power :])
    return found


def judge(rates: Rates, project: str, reports: Sequence[Report], *, slip: int = 30) -> Warned:
    """What is said of a project whose reports, in order of days, are these; only they and the rates count."""
    return next(judge_all(rates, Reports.of({project: reports}), slip=slip))


def judge_all(rates: Rates, history: Reports, *, slip: int = 30) -> Iterator[Warned]:
    """What is said of each project, in their order."""
    moves, intervals = history.moves(slip)
    last = history.first[1:] - 1
    usual = _at_least_one(rates.a, rates.b, rates.coming)
    for project, moved, tried, day, end, behind in zip(
        history.projects,
        moves.tolist(),
        intervals.tolist(),
        history.reported_on[last].tolist(),
        history.forecast_end[last].tolist(),
        _behind(history).tolist(),
        strict=True,
    ):
        low, chance, high = _chances(rates, moved, tried)
        overdue = end <= day
        yield Warned(
            project=project,
            reported_on=day,
            p_late=1.0 if overdue else chance,
            low=1.0 if overdue else min(low, chance),
            high=1.0 if overdue else max(high, chance),
            usual=usual,
            moves=moved,
            intervals=tried,
            overdue=overdue,
            behind=behind,
        )


@lru_cache(maxsize=4096)  # many projects have moved as often as others
def _chances(rates: Rates, moves: int, intervals: int) -> tuple[float, float, float]:
    """The probability of a move within the horizon between the ends of its 80 % interval."""
    a, b = rates.a + moves, rates.b + intervals - moves
    low, high = (1 - (1 - rate) ** rates.coming for rate in beta_distribution.ppf([0.1, 0.9], a, b).tolist())
    return low, _at_least_one(a, b, rates.coming), high


def _behind(history: Reports) -> Floats:
    first, last = history.first[:-1], history.first[1:] - 1
    budget, spent = history.budget[last], history.spent[last]
    begun, day = history.reported_on[first], history.reported_on[last]
    elapsed = (day - begun) / np.maximum(history.forecast_end[last] - begun, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Floats = np.clip(elapsed, 0, 1) - np.clip(spent / budget, 0, 1)
    return np.where(np.isfinite(spent) & np.isfinite(budget) & (budget > 0), found, np.nan)


def ranking_quality(scores: Sequence[float], late: Sequence[bool]) -> float:
    """AUC: the probability that one that came late had the higher score than one that did not; ties count half."""
    from scipy.stats import rankdata

    ranks = rankdata(np.asarray(scores, dtype=np.float64))
    came = np.asarray(late, dtype=bool)
    ones, others = int(came.sum()), int((~came).sum())
    if not ones or not others:
        return float("nan")
    return float((ranks[came].sum() - ones * (ones + 1) / 2) / (ones * others))
