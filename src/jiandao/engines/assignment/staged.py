"""Assignments under all kinds of limits: aims one after the other, each a linear programme that branch and cut completes."""

import dataclasses
import hashlib
import math

import numpy as np

from jiandao.engines.assignment import network as flows
from jiandao.engines.assignment.candidates import best_per_row
from jiandao.engines.assignment.records import (
    Certificate,
    Flags,
    InfeasibleError,
    Ints,
    Keys,
    Problem,
    Solution,
    Unsatisfied,
    panel_sums,
)
from jiandao.engines.assignment.rows import NODES, Aim, Programme, Relaxed, first_candidates, ranks
from jiandao.engines.files import UnfinishedError
from jiandao.engines.runs import Clock

_FINEST = 9  # digits behind the first
_CORE = 1e-4  # of the mean panel: first width of the core for branch and cut
PROVED = 1e-6  # relative, as HiGHS's own tolerances
_PRECISE = 1e-3  # relative: how close floors that are tried come to each other
_FLOORS = 12  # that are tried
_FEW = 50  # nodes for each
_WORK = 2_000_000  # pairs times nodes of the search for a greater minimum
_NEAR = 1e-9  # relative; what floating point may lose


def keys(ids: tuple[str, ...]) -> Keys:
    """A 64-bit number of each id, so that a choice between equals does not depend on who else is there."""
    digests = b"".join(hashlib.blake2b(name.encode(), digest_size=8).digest() for name in ids)
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64)


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Reached:
    chosen: Ints
    value: float
    bound: float
    proved: bool
    relaxed: Relaxed


class Staged:
    """Aims one after the other: fewest changes, greatest minimum, greatest total; each keeps what was reached before."""

    def __init__(self, problem: Problem, kept: Flags | None, seed: int, clock: Clock) -> None:
        top = float(np.abs(problem.score).max(initial=0.0)) or 1.0
        self.unit = 2.0 ** math.floor(math.log2(top))  # a power of two: division loses nothing
        self._problem = dataclasses.replace(problem, score=problem.score / self.unit)
        self._kept = kept
        self._clock = clock
        liking = flows.mix(
            keys(problem.proposals)[problem.proposal], keys(problem.experts)[problem.expert], np.uint64(seed % 2**64)
        )
        self._order = (liking >> np.uint64(1)).astype(np.int64)
        self._member = first_candidates(self._problem, self._problem.score)
        if kept is not None:
            self._member |= kept
        self._rounds = 0
        self._most = np.inf  # total without a floor
        self.bound = np.inf  # on the minimum, once it is known

    def solve(self, objective: str) -> Solution:
        aim, proved = self._keeping()
        if objective == "total":
            last = self._best(aim)
            return self._solution(last, last.bound, "optimal" if proved and last.proved else "feasible")
        return self._fair(aim, proved)

    def under(self, floor: float) -> Solution | None:
        """The greatest total, as `solve` finds it, among assignments without a panel below a floor; None when none was found."""
        aim, proved = self._keeping()
        last = self._try(aim, floor / self.unit)
        if last is None:
            return None
        return self._solution(last, last.bound, "optimal" if proved and last.proved else "feasible")

    def _keeping(self) -> tuple[Aim, bool]:
        """The greatest total with the fewest changes, and whether fewer are proved to be impossible."""
        aim = Aim(self._problem.score)
        if self._kept is None:
            return aim, True
        first = self._best(Aim(self._kept.astype(np.float64)), whole=True)
        return dataclasses.replace(aim, keep=self._kept, kept=round(first.value)), first.proved

    def _fair(self, aim: Aim, proved: bool) -> Solution:
        """The linear bound on the minimum is mostly reached; if not, floors are tried below it, then branch and cut."""
        least = self._relax(Programme(self._problem, dataclasses.replace(aim, maximin=True), self._order))
        self.bound = bound = self._lattice(least.bound)
        last = self._try(aim, bound)
        if last is None:
            best, bound = self._prove(aim, least, self._climb(aim, bound), bound)
            last = self._try(aim, self._minimum(best)) or dataclasses.replace(best, proved=False, bound=self._most)
        minimum = self._minimum(last)
        optimal = proved and last.proved and bound - minimum <= PROVED
        solution = self._solution(last, bound, "optimal" if optimal else "feasible", objective="fair")
        certificate = dataclasses.replace(solution.certificate, minimum_prices=least.prices)
        if bound < self.bound and certificate.method == "linear-programme":  # prices alone do not prove so low a bound
            certificate = dataclasses.replace(certificate, method="branching")
        limit = max(solution.total, last.bound * self.unit)
        return dataclasses.replace(solution, total_bound=limit, certificate=certificate)

    def _minimum(self, reached: _Reached) -> float:
        return float(panel_sums(self._problem, reached.chosen).min(initial=np.inf))

    def _climb(self, aim: Aim, bound: float) -> _Reached:
        """From the greatest total on, floors halfway between what is reached and what has failed."""
        best = self._best(aim)
        self._most = best.bound
        low, failed = self._minimum(best), bound
        for _ in range(_FLOORS):
            if failed - low <= _PRECISE * max(1.0, abs(bound)) or self._clock.over():
                break
            level = (failed + low) / 2
            found = self._try(aim, level, quick=True)
            if found is None:
                failed = level
            else:
                best, low = found, self._minimum(found)
        return best

    def _prove(self, aim: Aim, least: Relaxed, best: _Reached, bound: float) -> tuple[_Reached, float]:
        """Branch and cut over all pairs that could be part of a greater minimum: (the better of both, a bound)."""
        low = self._minimum(best)
        if bound - low <= PROVED or self._clock.over():
            return best, bound
        core = (least.gain >= low - least.bound - _NEAR) | self._problem.fixed
        core[best.chosen] = True
        searched = Programme(self._problem, dataclasses.replace(aim, maximin=True, known=low - _NEAR), self._order)
        nodes = int(np.clip(_WORK // max(1, int(core.sum())), 20, 2000))
        found, inside, decided = searched.whole(core, self._clock, nodes=nodes)
        if found is not None:
            better = dataclasses.replace(best, chosen=found)
            if self._minimum(better) > low:
                best, low = better, self._minimum(better)
        elif decided:
            inside = low
        return best, min(bound, self._lattice(max(low, inside)))

    def _lattice(self, bound: float) -> float:
        """A bound on sums of scores that are all multiples of one number is a multiple of it, too."""
        numbers = np.rint(self._problem.score * self.unit * 10.0**_FINEST)
        if np.abs(numbers).max(initial=0) > 2**52 or not np.allclose(
            numbers, self._problem.score * self.unit * 10.0**_FINEST, rtol=0, atol=1e-4
        ):
            return bound
        step = int(np.gcd.reduce(numbers.astype(np.int64))) or 1
        units = math.floor(bound * self.unit * 10.0**_FINEST / step + 1e-6)
        return min(bound, units * step / 10.0**_FINEST / self.unit)

    def _feasible(self) -> None:
        """Make the pairs at hand enough for the linear programme, or say why no pairs are."""
        aim = Aim(np.zeros(len(self._problem.expert)), elastic=True)
        relaxed = self._relax(Programme(self._problem, aim, self._order))
        if relaxed.value < -1e-6:
            raise InfeasibleError([self._together(relaxed)])

    def _together(self, relaxed: Relaxed) -> Unsatisfied:
        prices, problem = relaxed.prices, self._problem
        paid = (prices.panel < -1e-9) | (prices.role > 1e-9).any(axis=1)
        needed = int(problem.seats[paid].sum())
        if needed == 0:
            paid, needed = np.ones(len(paid), dtype=bool), int(problem.seats.sum())
        short = max(1, math.ceil(-relaxed.value - 1e-6))
        return Unsatisfied(
            "together",
            tuple(problem.proposals[p] for p in np.flatnonzero(paid).tolist()),
            needed,
            max(0, needed - short),
        )

    def _try(self, aim: Aim, floor: float, *, quick: bool = False) -> _Reached | None:
        """The greatest total under a floor, or None when the pairs at hand or the time do not allow it."""
        try:
            return self._best(dataclasses.replace(aim, floor=floor - _NEAR), grow=False, quick=quick)
        except (InfeasibleError, UnfinishedError):
            return None

    def _best(self, aim: Aim, *, whole: bool = False, grow: bool = True, quick: bool = False) -> _Reached:
        """Greatest value of an aim over all pairs, with a bound. `whole`: values are whole numbers. Without `grow` a
        search that finds nothing is not repeated with more pairs; `quick`: any answer will do."""
        programme = Programme(self._problem, aim, self._order)
        relaxed = self._relax(programme)
        limit = math.floor(relaxed.bound + 1e-6) if whole else relaxed.bound
        if relaxed.whole:
            chosen = np.sort(relaxed.pair[relaxed.x > 0.5])
            value = math.fsum(aim.value[chosen].tolist())
            return _Reached(chosen, value, limit, limit - value <= PROVED * max(1.0, abs(value)), relaxed)
        width = _CORE * max(1.0, abs(relaxed.value)) / max(1, len(self._problem.proposals)) ** 0.5
        before: Ints | None = None
        while True:
            core = (self._member & (relaxed.gain >= -width)) | self._problem.fixed
            core[relaxed.pair[relaxed.x > _NEAR]] = True
            found, inside, decided = programme.whole(core, self._clock, nodes=_FEW if quick else NODES)
            if found is None:
                if self._clock.over():
                    raise UnfinishedError("the time limit ended before an assignment was found; raise --time-limit")
                if bool((core | ~self._member).all()):
                    self._enlarge(relaxed, decided=decided, grow=grow)
                width *= 10
                continue
            value = math.fsum(aim.value[found].tolist())
            if before is not None and not decided and math.fsum(aim.value[before].tolist()) > value:
                found, value = before, math.fsum(aim.value[before].tolist())
            before = found
            gap = limit - value
            better = (relaxed.gain >= -gap) & ~core
            if better.any():
                inside = limit  # what was searched is not all that counts
            closed = gap <= _NEAR * max(1.0, abs(limit)) or (whole and gap < 0.5)
            if closed or quick or not better.any() or not decided or self._clock.over():
                proved = closed or (decided and not better.any())
                return _Reached(found, value, min(limit, max(value, inside)), proved, relaxed)
            # Only pairs whose price leaves room for something better matter (reduced-cost fixing).
            self._member = self._member | better
            width = gap * (1 + _NEAR) + _NEAR

    def _relax(self, programme: Programme) -> Relaxed:
        solved = programme.relax(self._member, self._clock)
        if solved is None and programme.aim.floor is None and not programme.aim.elastic:
            self._feasible()
            solved = programme.relax(self._member, self._clock)
        if solved is None:
            raise InfeasibleError([])
        relaxed, self._member = solved
        self._rounds += relaxed.rounds
        return relaxed

    def _enlarge(self, relaxed: Relaxed, *, decided: bool, grow: bool) -> None:
        """More pairs for a search that found nothing among all that stand in the programme."""
        if not grow:
            raise InfeasibleError([])
        if not self._member.all():
            size = 4 * int(self._member.sum()) // max(1, len(self._problem.proposals)) + 1
            self._member = self._member | best_per_row(ranks(relaxed.gain), self._problem.starts, ~self._member, size)
        elif decided:
            raise InfeasibleError([self._indivisible()])
        else:
            raise UnfinishedError("no assignment was found within the search; loosen a limit")

    def _indivisible(self) -> Unsatisfied:
        """Fractions of experts would do, whole ones do not: where an assignment of fewest empty seats leaves them."""
        problem = self._problem
        aim = Aim(np.zeros(len(problem.expert)), elastic=True)
        chosen, _, _ = Programme(problem, aim, self._order).whole(self._member, self._clock)
        filled = np.zeros(len(problem.seats), dtype=np.int64)
        if chosen is not None:
            filled = np.bincount(problem.proposal[chosen], minlength=len(filled))
        short = np.flatnonzero(filled < problem.seats)
        short = short if len(short) else np.arange(len(filled))
        needed = int(problem.seats[short].sum())
        names = tuple(problem.proposals[p] for p in short.tolist())
        return Unsatisfied("together", names, needed, min(needed - 1, int(filled[short].sum())))

    def _solution(self, last: _Reached, bound: float, status: str, *, objective: str = "total") -> Solution:
        problem, unit, chosen = self._problem, self.unit, last.chosen
        total = math.fsum((problem.score[chosen] * unit).tolist())
        minimum = float(panel_sums(problem, chosen).min(initial=np.inf)) * unit
        prices = last.relaxed.prices
        near = last.relaxed.bound - last.value <= PROVED * max(1.0, abs(last.value))
        closed = "linear-programme" if near else "branching"
        certificate = Certificate(
            method=closed if status == "optimal" else "open",
            bound=max(bound * unit, minimum if objective == "fair" else total),
            pairs=len(problem.expert),
            candidates=int(self._member.sum()),
            rounds=self._rounds,
            resolution=1e-6 * unit,
            proposal_prices=prices.panel * unit,
            expert_prices=(prices.most - prices.least) * unit,
            prices=prices,
            unit=unit,
        )
        return Solution(chosen, total, minimum, certificate.bound, status, certificate, objective)
