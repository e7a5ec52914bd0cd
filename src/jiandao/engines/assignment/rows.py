"""Assignments with rows beside the flow: roles, one seat an institution, a floor under each panel, pairs to keep.

A linear programme on few pairs, solved by HiGHS; its prices bound what any assignment of *all* pairs can reach (weak
duality: the bound is summed up here, so it holds however well the solver did), and pairs that would raise it join (column
generation: Desrosiers, Lübbecke, A Primer in Column Generation, 2005). Its optimum is mostly whole already; if not, branch
and cut over the pairs whose price could close the gap decides, which is again a statement about all pairs.
"""

from dataclasses import dataclass, field

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from jiandao.engines.assignment.candidates import best_per_expert, best_per_row
from jiandao.engines.assignment.records import Flags, Floats, Ints, Prices, Problem
from jiandao.engines.files import UnfinishedError
from jiandao.engines.runs import Clock

_CANDIDATES = 24
_OF_ROLE = 6
_MORE = 8
_WHOLE = 1e-6  # how far from 0 and 1 a whole answer may be
NODES = 2000  # of branch and cut, so that a run without a time limit ends and repeats


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """What to maximise: `value` (E) summed over the chosen pairs, or the least panel sum (`maximin`), or the least
    shortage (`elastic`). `floor`: least panel sum. `known`: a least panel sum that is reached already. `keep` (E) with `kept`: at
    least so many of these pairs."""

    value: Floats
    maximin: bool = False
    elastic: bool = False
    floor: float | None = None
    known: float | None = None
    keep: Flags | None = None
    kept: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Relaxed:
    """A linear programme solved over all pairs. x: amounts of the pairs `pair`; `bound` holds for all assignments."""

    pair: Ints
    x: Floats
    value: float
    bound: float
    gain: Floats  # (E) what each pair would add above its prices
    prices: Prices
    rounds: int
    short: Floats = field(default_factory=lambda: np.zeros(0))

    @property
    def whole(self) -> bool:
        return bool((np.minimum(np.abs(self.x), np.abs(1 - self.x)) < _WHOLE).all())


def first_candidates(problem: Problem, value: Floats) -> Flags:
    """The best pairs of each proposal, of each role in it, and all fixed ones."""
    every = np.ones(len(value), dtype=bool)
    ranked = ranks(value)
    wanted = max(_CANDIDATES, 6 * int(problem.seats.max(initial=0)))
    member = problem.fixed | best_per_row(ranked, problem.starts, every, wanted)
    for number in range(len(problem.role_names)):
        member |= best_per_row(ranked, problem.starts, problem.role[problem.expert, number], _OF_ROLE)
    if problem.least.any():
        count = np.where(problem.least > 0, 4 * problem.least + 4, 0)
        member |= best_per_expert(ranked, problem.starts, problem.expert, len(problem.experts), every, count)
    return member


def ranks(value: Floats) -> Ints:
    """Whole numbers in the order of the values, which is all that choosing the best needs."""
    top = float(np.abs(value).max(initial=0.0)) or 1.0
    return np.rint(value * (2**52 / top)).astype(np.int64)


class Programme:
    """The rows of a problem for chosen pairs."""

    def __init__(self, problem: Problem, aim: Aim, order: Ints | None = None) -> None:
        """`order` (E): the order of columns for the solver, which decides between equals."""
        self.problem = problem
        self.aim = aim
        self.order = order
        self.row = problem.proposal
        self.units = 0 if problem.institution is None else int(problem.institution.max(initial=-1)) + 1

    def relax(
        self, member: Flags, clock: Clock, *, tolerance: float = 1e-7, rounds: int = 60
    ) -> tuple[Relaxed, Flags] | None:
        """Solve over all pairs, starting from `member`. None when the pairs at hand allow nothing (use `elastic`)."""
        scale = float(np.abs(self.aim.value).max(initial=0.0)) or 1.0
        best = np.inf
        for turn in range(1, rounds + 1):
            if clock.over():
                raise UnfinishedError("the time limit ended before the relaxation was solved; raise --time-limit")
            pair = self._columns(member)
            solved = self._linear(pair, clock)
            if solved is None:
                return None
            x, value, prices, short = solved
            gain = self._gains(prices)
            bound = self._bound(prices, gain)
            best = min(best, bound)
            missing = (gain > tolerance * scale) & ~member
            if bound - value <= tolerance * max(1.0, abs(value)) or not missing.any() or turn == rounds:
                return Relaxed(pair, x, value, bound, gain, prices, turn, short), member
            member = member | best_per_row(ranks(gain), self.problem.starts, missing, _MORE)
        raise AssertionError

    def _columns(self, member: Flags) -> Ints:
        pair = np.flatnonzero(member)
        return pair if self.order is None else pair[np.argsort(self.order[pair], kind="stable")]

    # The matrix

    def _matrix(
        self, pair: Ints
    ) -> tuple[sparse.csr_matrix, Floats, sparse.csr_matrix, Floats, Ints, list[tuple[str, int]]]:
        """(A_ub, b_ub, A_eq, b_eq, keys of institution rows, blocks of A_ub by name and height)."""
        problem, aim = self.problem, self.aim
        row, expert = self.row[pair], problem.expert[pair]
        width, count, people = len(pair), len(problem.proposals), len(problem.experts)
        column = np.arange(width)
        one = np.ones(width)
        load = sparse.csr_matrix((one, (expert, column)), shape=(people, width))
        parts, limits = [load], [problem.most.astype(float)]
        blocks = [("most", people)]
        if problem.least.any():
            parts.append(-load)
            limits.append(-problem.least.astype(float))
            blocks.append(("least", people))
        for number in range(len(problem.role_names)):
            has = problem.role[expert, number]
            parts.append(sparse.csr_matrix((-one[has], (row[has], column[has])), shape=(count, width)))
            limits.append(-problem.required[:, number].astype(float))
            blocks.append((f"role{number}", count))
        keys = np.zeros(0, dtype=np.int64)
        if problem.institution is not None:
            unit = problem.institution[expert]
            inside = np.flatnonzero(unit >= 0)
            found, place, times = np.unique(
                row[inside] * self.units + unit[inside], return_inverse=True, return_counts=True
            )
            several = times > 1
            renumbered = np.cumsum(several) - 1
            chosen = several[place]
            keys = found[several]
            parts.append(
                sparse.csr_matrix(
                    (np.ones(int(chosen.sum())), (renumbered[place[chosen]], inside[chosen])), shape=(len(keys), width)
                )
            )
            limits.append(np.ones(len(keys)))
            blocks.append(("unit", len(keys)))
        if aim.maximin or aim.floor is not None:
            parts.append(sparse.csr_matrix((-problem.score[pair], (row, column)), shape=(count, width)))
            limits.append(np.full(count, -(aim.floor or 0.0)))
            blocks.append(("floor", count))
        if aim.keep is not None:
            parts.append(sparse.csr_matrix(-aim.keep[pair].astype(float)[None, :]))
            limits.append(np.array([-float(aim.kept)]))
            blocks.append(("keep", 1))
        panel = sparse.csr_matrix((one, (row, column)), shape=(count, width))
        return (
            sparse.vstack(parts, format="csr"),
            np.concatenate(limits),
            panel,
            problem.seats.astype(float),
            keys,
            blocks,
        )

    def _with_extra(
        self, a_ub: sparse.csr_matrix, a_eq: sparse.csr_matrix, blocks: list[tuple[str, int]], width: int
    ) -> tuple[sparse.csr_matrix, sparse.csr_matrix, Floats]:
        """Columns beside the pairs: the least panel sum, or shortages; and the cost vector (to minimise) of all."""
        aim = self.aim
        if aim.maximin:
            extra = np.concatenate([np.full(height, float(name == "floor")) for name, height in blocks])
            a_ub = sparse.hstack([a_ub, sparse.csr_matrix(extra[:, None])], format="csr")
            a_eq = sparse.hstack([a_eq, sparse.csr_matrix((a_eq.shape[0], 1))], format="csr")
            return a_ub, a_eq, np.concatenate([np.zeros(width), [-1.0]])
        if aim.elastic:
            soft = np.concatenate([np.full(h, float(name == "least" or name.startswith("role"))) for name, h in blocks])
            place = np.flatnonzero(soft)
            slack = sparse.csr_matrix(
                (-np.ones(len(place)), (place, np.arange(len(place)))), shape=(a_ub.shape[0], len(place))
            )
            count = a_eq.shape[0]
            a_ub = sparse.hstack([a_ub, sparse.csr_matrix((a_ub.shape[0], count)), slack], format="csr")
            a_eq = sparse.hstack([a_eq, sparse.identity(count), sparse.csr_matrix((count, len(place)))], format="csr")
            return a_ub, a_eq, np.concatenate([np.zeros(width), np.ones(count + len(place))])
        return a_ub, a_eq, np.zeros(width)

    def _linear(self, pair: Ints, clock: Clock) -> tuple[Floats, float, Prices, Floats] | None:
        problem, aim = self.problem, self.aim
        width, count = len(pair), len(problem.proposals)
        a_ub, b_ub, a_eq, b_eq, keys, blocks = self._matrix(pair)
        a_ub, a_eq, cost = self._with_extra(a_ub, a_eq, blocks, width)
        if not (aim.maximin or aim.elastic):
            cost[:width] = -aim.value[pair]
        lower, upper = np.zeros(len(cost)), np.full(len(cost), np.inf)
        lower[:width], upper[:width] = problem.fixed[pair], 1.0
        if aim.maximin:
            lower[width:] = -np.inf
        options = {"time_limit": clock.left()} if clock.limit is not None else {}
        answer = linprog(
            cost, a_ub, b_ub, a_eq, b_eq, np.stack([lower, upper], axis=1), method="highs-ds", options=options
        )
        if answer.status == 2:
            return None
        if answer.status != 0:
            raise UnfinishedError("the time limit ended before the relaxation was solved; raise --time-limit")
        dual = -np.asarray(answer.ineqlin.marginals)
        first = 0
        part = {}
        for name, height in blocks:
            part[name] = np.maximum(dual[first : first + height], 0)
            first += height
        weight = float(part["floor"].sum()) if aim.maximin else 1.0
        if weight <= 0:
            weight = 1.0
        part = {name: values / weight for name, values in part.items()}
        roles = [part[f"role{number}"] for number in range(len(problem.role_names))]
        prices = Prices(
            panel=-np.asarray(answer.eqlin.marginals) / weight,
            most=part["most"],
            least=part.get("least", np.zeros(len(problem.experts))),
            role=np.array(roles).reshape(len(roles), count).T,
            unit_keys=keys,
            unit=part.get("unit", np.zeros(0)),
            floor=part.get("floor", np.zeros(count)),
            keep=float(part["keep"][0]) if "keep" in part else 0.0,
        )
        if aim.elastic:  # nobody pays more for a seat than what its shortage costs
            prices = _clipped(prices)
        return answer.x[:width], -float(answer.fun), prices, answer.x[width:]

    # Prices

    def _gains(self, prices: Prices) -> Floats:
        """What each pair (E) is worth above the prices of the limits that it uses."""
        problem, aim, row = self.problem, self.aim, self.row
        expert = problem.expert
        gain = np.zeros(len(expert)) if aim.maximin or aim.elastic else aim.value.copy()
        gain -= prices.panel[row]
        gain -= (prices.most - prices.least)[expert]
        for number in range(len(problem.role_names)):
            gain += np.where(problem.role[expert, number], prices.role[row, number], 0.0)
        if problem.institution is not None and len(prices.unit_keys):
            unit = problem.institution[expert]
            size = len(problem.proposals) * self.units
            if size <= 50_000_000:
                table = np.zeros(size + 1)
                table[prices.unit_keys] = prices.unit
                gain -= table[np.where(unit >= 0, row * self.units + unit, size)]
            else:
                key = np.where(unit >= 0, row * self.units + unit, -1)
                place = np.minimum(np.searchsorted(prices.unit_keys, key), len(prices.unit_keys) - 1)
                gain -= np.where(prices.unit_keys[place] == key, prices.unit[place], 0.0)
        if aim.maximin or aim.floor is not None:
            gain += prices.floor[row] * problem.score
        if aim.keep is not None:
            gain += np.where(aim.keep, prices.keep, 0.0)
        return gain

    def _bound(self, prices: Prices, gain: Floats) -> float:
        problem, aim = self.problem, self.aim
        bound = prices.panel @ problem.seats + prices.most @ problem.most - prices.least @ problem.least
        bound += prices.unit.sum() - (prices.role * problem.required).sum()
        bound -= prices.floor.sum() * (aim.floor or 0.0) + prices.keep * aim.kept
        return float(bound + np.where(problem.fixed, gain, np.maximum(gain, 0)).sum())

    # Whole numbers

    def whole(self, member: Flags, clock: Clock, *, nodes: int = NODES) -> tuple[Ints | None, float, bool]:
        """Branch and cut over these pairs: (chosen pairs or None, bound over these pairs, whether it was decided)."""
        problem, aim = self.problem, self.aim
        pair = self._columns(member)
        a_ub, b_ub, a_eq, b_eq, _, blocks = self._matrix(pair)
        a_ub, a_eq, cost = self._with_extra(a_ub, a_eq, blocks, len(pair))
        if not (aim.maximin or aim.elastic):
            cost[: len(pair)] = -aim.value[pair]
        integral = np.zeros(len(cost))
        integral[: len(pair)] = 1
        lower, upper = np.zeros(len(cost)), np.full(len(cost), np.inf)
        lower[: len(pair)], upper[: len(pair)] = problem.fixed[pair], 1.0
        if aim.maximin:
            lower[len(pair) :] = -np.inf if aim.known is None else aim.known
        options = {"mip_rel_gap": 0.0, "node_limit": nodes}
        if clock.limit is not None:
            options["time_limit"] = max(0.01, clock.left())
        answer = milp(
            cost,
            integrality=integral,
            bounds=Bounds(lower, upper),
            constraints=[LinearConstraint(a_ub, -np.inf, b_ub), LinearConstraint(a_eq, b_eq, b_eq)],
            options=options,
        )
        clock.over()
        bound = -float(answer.mip_dual_bound) if answer.mip_dual_bound is not None else np.inf
        if answer.x is None:
            return None, bound, answer.status == 2
        return np.sort(pair[answer.x[: len(pair)] > 0.5]), bound, answer.status == 0


def _clipped(prices: Prices) -> Prices:
    return Prices(
        np.maximum(prices.panel, -1.0),
        prices.most,
        np.minimum(prices.least, 1.0),
        np.minimum(prices.role, 1.0),
        prices.unit_keys,
        prices.unit,
        prices.floor,
        prices.keep,
    )
