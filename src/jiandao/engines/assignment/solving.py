"""The assignment: which method answers which question, and what its answer proves."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
from numpy.typing import ArrayLike

from jiandao.engines.assignment import network as flows
from jiandao.engines.assignment.parts import Part, joined, split
from jiandao.engines.assignment.records import (
    Certificate,
    Flags,
    Floats,
    InfeasibleError,
    Ints,
    Prices,
    Problem,
    Solution,
    Unsatisfied,
    panel_sums,
)
from jiandao.engines.assignment.shortage import unsatisfied
from jiandao.engines.assignment.staged import Staged, keys
from jiandao.engines.executor import Executor, Here
from jiandao.engines.files import UnfinishedError
from jiandao.engines.runs import Clock

_FINEST = 9  # digits behind the first that scores keep in the exact network

_LEAST = 0.2  # seconds of any part, as long as there are some: small ones take as long as it takes to begin

_Answer = Solution | tuple[Unsatisfied, ...] | str | None


def assign(
    problem: Problem,
    *,
    objective: str = "total",
    incumbent: ArrayLike | None = None,
    seed: int = 7,
    clock: Clock | None = None,
    where: Executor | None = None,
) -> Solution:
    """The best panels and a proof.

    objective: `total` (greatest sum of scores) or `fair` (greatest least panel sum, then greatest total). incumbent: positions
    of pairs (see `Problem.pairs`) of an earlier assignment; then as few pairs as possible are new, before anything else counts.
    Forbid what was refused by leaving it out of the problem. Equal answers are chosen between by `seed`, independently of
    the order of input. Parts that no eligible pair connects are solved at `where`, unless one flow does for all. Raises
    InfeasibleError with the sets that cannot be served, UnfinishedError when the clock ends with nothing usable.
    """
    if objective not in {"total", "fair"}:
        raise ValueError("objective must be total or fair")
    clock = clock or Clock()
    kept = None
    if incumbent is not None:
        kept = np.zeros(len(problem.expert), dtype=bool)
        kept[np.asarray(incumbent, dtype=np.int64)] = True
    if objective == "total" and problem.simple:
        return _by_flow(problem, kept, seed, clock)
    if not len(problem.expert):  # nothing for a linear programme
        found = unsatisfied(problem)
        if found:
            raise InfeasibleError(found)
        nothing = _by_flow(problem, None, seed, clock)
        return dataclasses.replace(nothing, objective=objective, total_bound=0.0 if objective == "fair" else None)
    parts = split(problem)
    if len(parts) == 1:
        return _by_stages(problem, kept, objective, seed, clock)
    return _side_by_side(problem, parts, kept, objective, seed, clock, where or Here())


def _by_stages(problem: Problem, kept: Flags | None, objective: str, seed: int, clock: Clock) -> Solution:
    staged = Staged(problem, kept, seed, clock)
    try:
        return staged.solve(objective)
    except InfeasibleError as error:
        # Counting, where it suffices, is an explanation that everybody can check.
        raise InfeasibleError(unsatisfied(problem) or error.unsatisfied) from error
    except UnfinishedError:
        if not problem.simple or kept is not None:
            raise
    # Out of time: the greatest total is quick and is an assignment, too; its minimum is reported against an easy bound.
    quick = _by_flow(problem, None, seed, Clock())
    bound = max(quick.minimum, min(easy_bound(problem), staged.bound * staged.unit))
    return dataclasses.replace(
        quick,
        status="feasible",
        objective="fair",
        bound=bound,
        total_bound=quick.total,
        certificate=dataclasses.replace(quick.certificate, method="none", bound=bound),
    )


@dataclasses.dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """A part to be solved; with `floor`: the greatest total above it. `until`: its part of the time, see `Clock.until`."""

    problem: Problem
    kept: Flags | None
    objective: str
    seed: int
    floor: float | None = None
    until: float | None = None


def _side_by_side(
    problem: Problem,
    parts: Sequence[Part],
    kept: Flags | None,
    objective: str,
    seed: int,
    clock: Clock,
    where: Executor,
) -> Solution:
    """Parts that no pair connects, each a piece. Fair: whoever could do better than the weakest part looks for the greatest
    total above its minimum."""
    asked = [_Asked(part.problem, None if kept is None else kept[part.pairs], objective, seed) for part in parts]
    answers = list(_answers(asked, clock, where))
    short = [answer for answer in answers if isinstance(answer, tuple)]
    if short:
        raise InfeasibleError(unsatisfied(problem) or [one for answer in short for one in answer])
    found = []
    for answer in answers:
        if not isinstance(answer, Solution):
            raise UnfinishedError(str(answer))
        found.append(answer)
    low, bound = min(one.minimum for one in found), min(one.bound for one in found)
    if objective == "fair":
        again = [n for n, one in enumerate(found) if one.minimum > low or one.status != "optimal"]
        above = _answers([dataclasses.replace(asked[n], floor=low) for n in again], clock, where)
        for number, answer in zip(again, above, strict=True):
            found[number] = _above(asked[number].problem, found[number], answer)
    return joined(problem, parts, found, minimum_bound=bound)


def _answers(asked: Sequence[_Asked], clock: Clock, where: Executor) -> Iterator[_Answer]:
    """What each part says, in order; the clock knows afterwards whether one ran out of time.

    Time is divided by pairs, so that a hard part leaves some to those that come after it. Where several run at once, one
    begins when another ends, and has the shares of all of them.
    """
    pairs = np.cumsum([len(one.problem.expert) for one in asked])
    timed = [
        dataclasses.replace(one, until=clock.until(float(done / pairs[-1])))
        for one, done in zip(asked, pairs, strict=True)
    ]
    # Other processes can neither ask whether to stop nor show that something happens.
    run = partial(_answered, stop=clock.stop, step=clock.step) if isinstance(where, Here) else _answered
    for answer, late in where.map(run, timed, clock.until()):
        clock.reached |= late
        if not isinstance(where, Here) and clock.stop is not None and clock.stop():
            raise UnfinishedError("the run was stopped before an assignment was found")
        yield answer


def _answered(
    asked: _Asked,
    end: float | None,
    *,
    stop: Callable[[], bool] | None = None,
    step: Callable[[], None] = lambda: None,
) -> tuple[_Answer, bool]:
    """A solution, what cannot be satisfied, or why there is none in time; and whether time ran out. `end`: of the run."""
    clock = Clock.ending(end, stop, step)
    if clock.limit is not None:
        clock.limit = min(clock.limit, max(_LEAST, Clock.ending(asked.until).left()))
    answer: _Answer
    try:
        if asked.floor is None:
            answer = _by_stages(asked.problem, asked.kept, asked.objective, asked.seed, clock)
        else:
            answer = Staged(asked.problem, asked.kept, asked.seed, clock).under(asked.floor)
    except InfeasibleError as error:
        answer = error.unsatisfied
    except UnfinishedError as error:
        answer = str(error)
    return answer, clock.reached


def _above(problem: Problem, before: Solution, answer: _Answer) -> Solution:
    """A part whose weakest panel need not be so good. Where no answer was found in time, it stays as it was."""
    if not isinstance(answer, Solution):
        most = math.fsum(_best_sums(problem))
        return dataclasses.replace(before, status="feasible", total_bound=max(before.total, most))
    certificate = dataclasses.replace(answer.certificate, minimum_prices=before.certificate.minimum_prices)
    return dataclasses.replace(
        answer, objective="fair", bound=before.bound, total_bound=answer.bound, certificate=certificate
    )


def easy_bound(problem: Problem) -> float:
    """No minimum is greater: the least, over proposals, of the sum of its best scores."""
    return min(_best_sums(problem))


def _best_sums(problem: Problem) -> Iterator[float]:
    """Of each proposal the sum of as many best scores as it has seats."""
    for begin, end, seats in zip(
        *(values.tolist() for values in (problem.starts[:-1], problem.starts[1:], problem.seats)), strict=True
    ):
        yield float(np.sort(problem.score[begin:end])[max(0, end - begin - seats) :].sum())


def whole_scores(problem: Problem, *, weight: int = 1) -> tuple[Ints, float]:
    """Scores as whole multiples of a resolution (a power of ten), the finest that the flow solver can carry."""
    top = float(np.abs(problem.score).max(initial=0.0)) or 1.0
    nodes = len(problem.proposals) + len(problem.experts) + 4
    size = math.floor(math.log10(top))
    decimals = min(_FINEST - size, math.floor(math.log10(2**60) - math.log10(top) - math.log10(nodes * 4 * weight)))
    scaled = problem.score * 10.0**decimals if decimals >= 0 else problem.score / 10.0**-decimals
    return np.rint(scaled).astype(np.int64), 10.0**-decimals


def _by_flow(problem: Problem, kept: Flags | None, seed: int, clock: Clock) -> Solution:
    seats = int(problem.seats.sum())
    value, resolution = whole_scores(problem, weight=2 * (seats + 1) if kept is not None else 1)
    bonus = 0
    if kept is not None:
        # One pair kept outweighs all that scores can differ by, so that fewest changes come first.
        bonus = int(value.max(initial=0) - value.min(initial=0)) * (seats + 1) + 1
        value = value + bonus * kept
    net = flows.network(problem, value)
    flow = None
    if (net.seats >= 0).all() and (net.most >= 0).all():
        flow = flows.solve(
            net, clock, ties=np.uint64(seed % 2**64), ids=(keys(problem.proposals), keys(problem.experts))
        )
    if flow is None:
        raise InfeasibleError(unsatisfied(problem))
    assert flow.bound == flow.reached, "strong duality"
    chosen = np.flatnonzero(problem.fixed | (flow.amount > 0))
    total = math.fsum(problem.score[chosen].tolist())
    bound = total + _rounded_away(problem, chosen, resolution)
    certificate = Certificate(
        method="prices",
        bound=bound,
        pairs=len(value),
        candidates=flow.candidates,
        rounds=flow.rounds,
        resolution=resolution,
        proposal_prices=flow.proposal_price.astype(np.float64) * resolution,
        expert_prices=flow.expert_price.astype(np.float64) * resolution,
        kept_weight=bonus * resolution,
    )
    return Solution(
        chosen, total, float(panel_sums(problem, chosen).min(initial=np.inf)), bound, "optimal", certificate
    )


def _rounded_away(problem: Problem, chosen: Ints, resolution: float) -> float:
    """By how much another assignment could be better because scores were rounded; 0 when none was.

    Rounded totals are exact: this one lost what its own scores lost, another gained at most half a resolution for each seat.
    """
    lost = problem.score - np.rint(problem.score / resolution) * resolution
    if np.abs(lost).max(initial=0.0) <= 1e-6 * resolution:
        return 0.0
    free = chosen[~problem.fixed[chosen]]
    return max(0.0, len(free) * resolution / 2 - math.fsum(lost[free].tolist()))


def total_bound(
    problem: Problem,
    proposal_prices: ArrayLike,
    expert_prices: ArrayLike,
    *,
    prices: Prices | None = None,
    unit: float = 1.0,
) -> float:
    """What no assignment can exceed in total, whatever the prices (P), (R) are: Lagrange's bound, summed over all pairs.

    A proposal's price counts for each of its seats, an expert's for its greatest load when positive and its least when
    negative; a pair counts what its score exceeds both prices by. With `prices` (of a certificate, times `unit`) roles and
    institutions count too. A certificate is checked by comparing this bound with the total.
    """
    a, b = np.asarray(proposal_prices, dtype=np.float64), np.asarray(expert_prices, dtype=np.float64)
    gain: Floats = problem.score - a[problem.proposal] - b[problem.expert]
    fixed = float(a @ problem.seats + np.where(b > 0, b * problem.most, b * problem.least).sum())
    if prices is not None:
        role = prices.role * unit
        for number in range(len(problem.role_names)):
            gain += np.where(problem.role[problem.expert, number], role[problem.proposal, number], 0.0)
        fixed -= float((role * problem.required).sum())
        if problem.institution is not None and len(prices.unit_keys):
            size = int(problem.institution.max(initial=-1)) + 1
            of = problem.institution[problem.expert]
            key = np.where(of >= 0, problem.proposal * size + of, -1)
            place = np.minimum(np.searchsorted(prices.unit_keys, key), len(prices.unit_keys) - 1)
            gain -= np.where(prices.unit_keys[place] == key, prices.unit[place] * unit, 0.0)
        fixed += float(prices.unit.sum()) * unit
    return fixed + float(np.where(problem.fixed, gain, np.maximum(gain, 0.0)).sum())
