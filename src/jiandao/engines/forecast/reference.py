"""Reference classes: how long did such things really take, by their plan?

The ratio actual / planned of finished and unfinished work gives the distribution of a class (Kaplan and Meier: Nonparametric
estimation from incomplete observations, JASA 1958). It is drawn to that of its parent class as if the parent had added a fixed
number of observations. A class in which nothing is finished says nothing: its parent speaks for it. The outermost interval is
then widened until it would have held its share of past outcomes, forecast with what was known then (Romano, Patterson, Candès:
Conformalized quantile regression, NeurIPS 2019), recent ones counting more (Barber, Candès, Ramdas, Tibshirani: Conformal
prediction beyond exchangeability, Annals of Statistics 2023).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from jiandao.engines.executor import Executor, Here
from jiandao.engines.files import UnfinishedError

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

LEVELS = (0.1, 0.5, 0.8, 0.9)
_STEP = 0.02  # width of a bin of the logarithm of the ratio: quantiles are exact to 1 %
_REMEMBERED = 200  # tables of half a megabyte, and distributions, that are kept
_MOST_FORECASTS = 20_000  # of one fold; more teach nothing about a width
_AT_ONCE = 200  # classes and lengths of one part
_HALF = 300  # bins on either side of ratio 1: from 1/400 to 400
_BINS = 2 * _HALF + 1
_LENGTHS = np.arange(0.0, 13.0, 0.25)  # centres of bins of the logarithm of planned days: 1 day to 600 years


@dataclass(frozen=True)
class History:
    """n pieces of work. `names`: classes, paths such as `construction/roof`, whose parents are `construction` and all.

    `kind` (n,): the place of each one's class in `names`. `planned` (n,): days, above 0. `days` (n,): what it took, or has taken
    so far. `finished` (n,). `ended` (n,): the day (a number of days since any fixed day) on which it ended, NaN where that is
    not known or it has not ended.
    """

    names: tuple[str, ...]
    kind: Integers
    planned: Floats
    days: Floats
    finished: NDArray[np.bool_]
    ended: Floats

    def __post_init__(self) -> None:
        if not len(self.kind) == len(self.planned) == len(self.days) == len(self.finished) == len(self.ended):
            raise ValueError("the arrays of a history differ in length")
        if len(self.planned) and not ((self.planned > 0).all() and (self.days >= 0).all()):
            raise ValueError("planned days are not above 0, or actual days below it")

    @staticmethod
    def of(
        classes: Sequence[str],
        planned: Sequence[float] | Floats,
        days: Sequence[float] | Floats,
        finished: Sequence[bool] | NDArray[np.bool_],
        ended: Sequence[float] | Floats,
    ) -> "History":
        """From one entry a piece of work in each."""
        places: dict[str, int] = {}
        kind = np.array([places.setdefault(name, len(places)) for name in classes], dtype=np.int64)
        return History(
            tuple(places),
            kind,
            np.asarray(planned, dtype=np.float64),
            np.asarray(days, dtype=np.float64),
            np.asarray(finished, dtype=bool),
            np.asarray(ended, dtype=np.float64),
        )

    @property
    def now(self) -> float:
        """The last day on which anything ended; NaN when none has a day."""
        known = self.ended[self.finished & np.isfinite(self.ended)]
        return float(known.max()) if len(known) else float("nan")

    def as_of(self, day: float) -> "History":
        """What this history would have held at the end of that day: later ends are not known, what had begun is unfinished.

        A history that holds nothing unfinished would have held nothing unfinished then. Finished rows without a day are left
        out: nobody can say whether they were known.
        """
        begun = np.where(self.finished, self.ended - self.days, self.now - self.days)
        known = self.finished & (self.ended <= day)
        open_then = ~known & (begun < day) & bool((~self.finished).any())
        chosen = np.flatnonzero(known | open_then)
        return History(
            self.names,
            self.kind[chosen],
            self.planned[chosen],
            np.where(known, self.days, np.minimum(day - begun, self.days))[chosen],
            known[chosen],
            np.where(known, self.ended, np.nan)[chosen],
        )


@dataclass(frozen=True)
class Settings:
    """How to forecast.

    `strength`: of a parent, in observations. `prior_strength`, `prior_spread`: what is held of all work before any is seen: as
    likely later as earlier than planned, with this standard deviation of the logarithm; it keeps few observations from looking
    sure, and is nothing beside many. `similar`: width (standard deviation of the logarithm) of what counts as a similar
    planned length; 0: all lengths alike. `calibrate`: correct the width by past forecasts.
    `half_life`: days after which one of these counts half; infinity: all count alike. `fewest`: past forecasts needed for
    that, made in `folds` parts.
    """

    strength: float = 20.0
    prior_strength: float = 3.0
    prior_spread: float = 0.7
    similar: float = 0.4
    calibrate: bool = True
    half_life: float = 1095.0
    fewest: int = 50
    folds: int = 4


@dataclass(frozen=True)
class Quantiles:
    """Quantiles in days, shape (m, levels), with what they stand on.

    `n` (m,): finished pieces of work of the narrowest class that has any (`basis[i]`, empty for all classes together).
    `censored` (m,): unfinished ones of it. `beyond` (m, levels): whether a quantile lies beyond all that was seen and is
    extrapolated. `calibrated`: past forecasts that corrected the width, 0 when there were too few.
    """

    levels: tuple[float, ...]
    days: Floats
    n: Integers
    censored: Integers
    basis: tuple[str, ...]
    beyond: NDArray[np.bool_]
    calibrated: int
    used: Floats = field(default_factory=lambda: np.zeros(0))  # the levels after correction


def _parents(name: str) -> Iterator[str]:
    """`a/b` → `""`, `a`, `a/b`."""
    yield ""
    parts = name.split("/") if name else []
    found = ""
    for count, part in enumerate(parts):
        found = f"{found}/{part}" if count else part
        yield found


class Reference:
    """The distributions of all classes of a history, from which those of new work are read."""

    def __init__(self, history: History, settings: Settings | None = None) -> None:
        self.settings = settings or Settings()
        if not history.finished.any():
            raise ValueError("nothing in the history is finished")
        finished = np.bincount(history.kind[history.finished], minlength=len(history.names))
        # A class in which nothing is finished says nothing; the others stand so that each parent is a range of rows.
        speaking = sorted(np.flatnonzero(finished).tolist(), key=lambda place: history.names[place].split("/"))
        rank = np.full(len(history.names), -1, np.int64)
        rank[speaking] = np.arange(len(speaking))
        rows = np.flatnonzero(rank[history.kind] >= 0)
        rows = rows[np.argsort(rank[history.kind[rows]], kind="stable")]
        first = np.searchsorted(rank[history.kind[rows]], np.arange(len(speaking) + 1)).tolist()
        self._cell = (
            (~history.finished[rows]).astype(np.int64) * len(_LENGTHS) + _length(history.planned[rows])
        ) * _BINS + _column(history.planned[rows], history.days[rows])
        self._last = int((self._cell[self._cell < len(_LENGTHS) * _BINS] % _BINS).max())  # the bin of the last event
        self._range: dict[str, tuple[int, int]] = {}  # class or parent → its rows
        for place, kind in enumerate(speaking):
            for parent in _parents(history.names[kind]):
                start = self._range.get(parent, (first[place], 0))[0]
                self._range[parent] = (start, first[place + 1])
        self._forget()
        edges = (np.arange(_BINS) - _HALF + 0.5) * _STEP
        self._broad: Floats = norm.sf(edges / self.settings.prior_spread)

    def _forget(self) -> None:
        self._counts: dict[str, Floats] = {}
        self._of_class: dict[tuple[str, int], Floats] = {}
        self._basis: dict[str, tuple[str, int, int]] = {}

    def __getstate__(self) -> dict[str, object]:
        """Without what is only remembered."""
        return {**self.__dict__, "_counts": {}, "_of_class": {}, "_basis": {}}

    def known(self, name: str) -> str:
        """The narrowest class or parent in which anything is finished."""
        found = ""
        for parent in _parents(name):  # a parent of what is known is known
            if parent not in self._range:
                break
            found = parent
        return found

    def basis(self, known: str) -> tuple[str, int, int]:
        """A known class or parent, with its finished and unfinished pieces of work."""
        if known not in self._basis:
            first, last = self._range[known]
            finished = int(np.count_nonzero(self._cell[first:last] < len(_LENGTHS) * _BINS))
            self._basis[known] = known, finished, last - first - finished
        return self._basis[known]

    def survival(self, name: str, length: int) -> Floats:
        """P(ratio > the upper edge of bin b) for work of this class and planned length (a bin), shape (bins,)."""
        known = self.known(name)
        if (known, length) not in self._of_class:
            found, pull = self._broad, self.settings.prior_strength
            for parent in _parents(known):
                table = self._table(parent)
                found = _mixed(found, table.sum(axis=1), pull)
                pull = self.settings.strength
                if self.settings.similar > 0 and parent in {"", known}:
                    near = np.exp(-0.5 * ((_LENGTHS - _LENGTHS[length]) / self.settings.similar) ** 2)
                    # No BLAS, whose sums depend on how many threads it has.
                    found = _mixed(found, np.einsum("l,elb->eb", near, table), pull)
            if len(self._of_class) >= _REMEMBERED:
                self._of_class.clear()
            self._of_class[known, length] = found
        return self._of_class[known, length]

    def _table(self, name: str) -> Floats:
        """Events and censored of a class or parent by length and ratio, (2, lengths, bins)."""
        if name not in self._counts:
            first, last = self._range[name]
            if len(self._counts) >= _REMEMBERED:
                self._counts.clear()
            counts = np.bincount(self._cell[first:last], minlength=2 * len(_LENGTHS) * _BINS)
            self._counts[name] = counts.astype(np.float64).reshape(2, len(_LENGTHS), _BINS)
        return self._counts[name]

    def levels(self, history: History, rows: Integers) -> Floats:
        """For these rows of a history the probability that such work takes no longer than it took: the middle of its bin."""
        length = _length(history.planned[rows])
        column = _column(history.planned[rows], history.days[rows])
        pair = history.kind[rows] * len(_LENGTHS) + length
        found = np.empty(len(rows))
        order = np.argsort(pair, kind="stable")
        for part in np.split(order, np.flatnonzero(np.diff(pair[order])) + 1):
            survival = self.survival(history.names[history.kind[rows[part[0]]]], int(length[part[0]]))
            before = np.where(column[part] > 0, survival[column[part] - 1], 1.0)
            found[part] = 1 - (before + survival[column[part]]) / 2
        return found

    def ratios(self, name: str, length: int, levels: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Ratios at these levels for work of this class and planned length (a bin), and which of them lie beyond all that was
        seen: those are the last that was, at least."""
        survival = self.survival(name, length)
        place = np.searchsorted(-survival, -(1 - levels) - 1e-12)  # the first bin with survival ≤ 1 − level
        beyond = place >= _BINS
        inside = np.where(beyond, self._last, place)
        before = np.where(inside > 0, survival[inside - 1], 1.0)
        drop = np.maximum(before - survival[inside], 1e-300)
        part = np.where(beyond, 1.0, np.clip((before - (1 - levels)) / drop, 0.0, 1.0))
        return np.exp((inside - _HALF - 0.5 + part) * _STEP), beyond


def _mixed(parent: Floats, counts: Floats, strength: float) -> Floats:
    """The survival of these counts (2, bins), drawn to the parent's as if that had added `strength` finished pieces of work."""
    weight = float(counts[0].sum())
    share = weight / (weight + strength)
    return share * _kaplan_meier(counts) + (1 - share) * parent


def _column(planned: Floats, days: Floats) -> Integers:
    ratio = np.log(np.maximum(days, 1e-9) / planned)
    return np.clip(np.rint(ratio / _STEP).astype(np.int64) + _HALF, 0, _BINS - 1)


def _length(planned: Floats) -> Integers:
    return np.clip(np.rint(np.log(planned) / 0.25).astype(np.int64), 0, len(_LENGTHS) - 1)


def _kaplan_meier(counts: Floats) -> Floats:
    """The survival after each bin from events and censored (2, bins); what is censored in a bin was at risk for half of it."""
    at_risk = np.cumsum(counts.sum(axis=0)[::-1])[::-1]
    at_risk = np.maximum(at_risk - counts[1] / 2, counts[0])
    hazard = np.divide(counts[0], at_risk, out=np.zeros(_BINS), where=at_risk > 0)
    survival: Floats = np.cumprod(1 - np.minimum(hazard, 1.0))
    return survival


def _recency(history: History, half_life: float) -> Floats:
    now = history.now
    if not np.isfinite(half_life) or not np.isfinite(now):
        return np.ones(len(history.planned))
    age = np.where(np.isfinite(history.ended) & history.finished, now - history.ended, 0.0)
    return np.asarray(0.5 ** (np.maximum(age, 0.0) / half_life), dtype=np.float64)


def forecast(
    history: History,
    classes: Sequence[str],
    planned: Sequence[float] | Floats,
    *,
    levels: Sequence[float] = LEVELS,
    settings: Settings | None = None,
    over: Callable[[], bool] = lambda: False,
    where: Executor | None = None,
) -> Quantiles:
    """Quantiles in days of new pieces of work, by class and planned days.

    `over` is asked between parts of the work, which run `where` is said (by default here). Raises ValueError when nothing in
    the history is finished, UnfinishedError when `over` says so: half a calibration is none. Cost: the history once (twice
    with calibration), some 0.3 ms for each class and planned length, then some 1 µs a piece.
    """
    chosen, there = settings or Settings(), where or Here()
    reference = Reference(history, chosen)
    asked = np.asarray(levels, dtype=np.float64)
    used, count = _calibrated(history, asked, chosen, over, there) if chosen.calibrate else (asked, 0)
    plan = np.asarray(planned, dtype=np.float64)
    # Work of one class and length has the same ratios; alike ones together, so that what they share is computed once.
    known = {name: reference.known(name) for name in set(classes)}
    names = sorted(set(known.values()))
    rank = {name: place for place, name in enumerate(names)}
    place = {name: rank[one] for name, one in known.items()}
    kind = np.fromiter(map(place.__getitem__, classes), dtype=np.int64, count=len(classes))
    pairs, pair = np.unique(kind * len(_LENGTHS) + _length(plan), return_inverse=True)
    asked_for = [(names[one // len(_LENGTHS)], one % len(_LENGTHS)) for one in pairs.tolist()]
    parts = [asked_for[first : first + _AT_ONCE] for first in range(0, len(pairs), _AT_ONCE)]
    ratios = np.empty((len(pairs), len(asked)))
    beyond = np.zeros((len(pairs), len(asked)), bool)
    bases: list[tuple[str, int, int]] = []
    for some, (found, far, stand) in zip(parts, there.map(_ratios, parts, reference, used), strict=True):
        _go_on(over)
        at = slice(len(bases), len(bases) + len(some))
        ratios[at], beyond[at] = found, far
        bases += stand
    return Quantiles(
        levels=tuple(levels),
        days=np.maximum.accumulate(ratios, axis=1)[pair] * plan[:, None],
        n=np.array([one[1] for one in bases], np.int64)[pair],
        censored=np.array([one[2] for one in bases], np.int64)[pair],
        basis=tuple([bases[one][0] for one in pair.tolist()]),
        beyond=beyond[pair],
        calibrated=count,
        used=used,
    )


def _ratios(
    part: list[tuple[str, int]], reference: Reference, used: Floats
) -> tuple[Floats, NDArray[np.bool_], list[tuple[str, int, int]]]:
    """Ratios, whether beyond, and the basis of some known classes and lengths."""
    found = [reference.ratios(name, length, used) for name, length in part]
    ratios, beyond = (np.array([one[at] for one in found]) for at in (0, 1))
    return ratios, beyond, [reference.basis(name) for name, _ in part]


def _go_on(over: Callable[[], bool]) -> None:
    if over():
        raise UnfinishedError("out of time before all was forecast; nothing was written, give a longer --time-limit")


def _met(part: tuple[float, Integers], history: History, settings: Settings) -> Floats:
    """At which levels of what was known by a day the outcomes of these rows lay; none when nothing was finished by then."""
    past = history.as_of(part[0])
    return Reference(past, settings).levels(history, part[1]) if past.finished.any() else np.zeros(0)


def _calibrated(
    history: History, asked: Floats, settings: Settings, over: Callable[[], bool], where: Executor
) -> tuple[Floats, int]:
    """The levels of this method's own distributions at which the asked shares of later outcomes lay, never further inside.

    The later half of the finished work is forecast in `folds` parts, each with what was known on the day before the part
    began. Levels are drawn to the asked ones as if `strength` forecasts had met them exactly, and only outward: that earlier
    forecasts were too wide is no reason to be surer of the next.
    """
    dated = np.flatnonzero(history.finished & np.isfinite(history.ended))
    if len(dated) < 2 * settings.fewest:
        return asked, 0
    edges = np.quantile(history.ended[dated], np.linspace(0.5, 1.0, settings.folds + 1))
    pieces: list[tuple[float, Integers]] = []
    for first, last in pairwise(edges.tolist()):
        part = dated[(history.ended[dated] > first) & (history.ended[dated] <= last)]
        if len(part):
            pieces.append((first, part[:: 1 + len(part) // _MOST_FORECASTS]))
    parts: list[Integers] = []
    met: list[Floats] = []
    for piece, levels in zip(pieces, where.map(_met, pieces, history, settings), strict=True):
        _go_on(over)
        parts.append(piece[1][: len(levels)])  # none, or all
        met.append(levels)
    rows = np.concatenate(parts) if parts else np.zeros(0, np.int64)
    if len(rows) < settings.fewest:
        return asked, 0
    # How far inside the tails the outermost interval must begin for the asked share of outcomes to lie in it.
    depth = np.concatenate(met)
    depth = np.minimum(depth, 1 - depth)
    weight = _recency(history, settings.half_life)[rows]
    order = np.argsort(depth, kind="stable")
    mass = np.cumsum(weight[order]) / weight.sum()
    effective = float(weight.sum() ** 2 / (weight**2).sum())
    lowest, highest = float(asked.min()), float(asked.max())
    missing = (lowest + 1 - highest) * effective / (effective + 1)  # of n + 1 outcomes, the coming one among them
    found = float(depth[order][np.minimum(np.searchsorted(mass, missing - 1e-12), len(order) - 1)])
    tail = (lowest + 1 - highest) / 2
    wider = (effective * min(found, tail) + settings.strength * tail) / (effective + settings.strength) / tail
    used = np.where(asked == lowest, lowest * wider, np.where(asked == highest, 1 - (1 - highest) * wider, asked))
    return np.asarray(np.clip(used, 1e-4, 1 - 1e-4), dtype=np.float64), len(rows)
