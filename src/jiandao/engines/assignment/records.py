"""What goes into an assignment of experts to proposals, and what comes out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Keys = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Problem:
    """Who may sit on which panel. P proposals, R experts, E eligible pairs, Q roles.

    proposals, experts: their ids, each sorted. starts (P + 1), expert (E), score (E): the eligible pairs row by row, the
    experts of proposal p are expert[starts[p]:starts[p + 1]], ascending. seats (P): size of each panel. least, most (R):
    load of each expert. fixed (E): pairs that must be chosen. institution (R): a number, -1 for none; None: no limit of
    one seat per institution. role (R, Q) says who has which role, required (P, Q) how many seats at least need it.
    """

    proposals: tuple[str, ...]
    experts: tuple[str, ...]
    starts: Ints
    expert: Ints
    score: Floats
    seats: Ints
    least: Ints
    most: Ints
    fixed: Flags
    institution: Ints | None = None
    role_names: tuple[str, ...] = ()
    role: Flags = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))
    required: Ints = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int64))

    @property
    def proposal(self) -> Ints:
        """The proposal of each pair (E)."""
        return np.repeat(np.arange(len(self.proposals)), np.diff(self.starts))

    @property
    def simple(self) -> bool:
        """Whether panel sizes and loads are the only limits, so that the problem is a flow."""
        return self.institution is None and not self.role_names

    @property
    def dense(self) -> bool:
        """Whether every pair is eligible."""
        return len(self.expert) == len(self.proposals) * len(self.experts)

    def pairs(self, proposals: ArrayLike, experts: ArrayLike) -> Ints:
        """Where these pairs stand among the eligible ones, -1 for one that is not eligible."""
        rows, columns = np.asarray(proposals, dtype=np.int64), np.asarray(experts, dtype=np.int64)
        keys = self.proposal * len(self.experts) + self.expert
        wanted = rows * len(self.experts) + columns
        places = np.searchsorted(keys, wanted)
        found = np.minimum(places, max(0, len(keys) - 1))
        return np.where((places < len(keys)) & (keys[found] == wanted) if len(keys) else False, found, -1)

    @classmethod
    def from_matrix(
        cls,
        scores: ArrayLike,
        *,
        seats: int | ArrayLike,
        most: int | ArrayLike,
        least: int | ArrayLike = 0,
        proposals: Sequence[str] | None = None,
        experts: Sequence[str] | None = None,
        fixed: Sequence[tuple[int, int]] = (),
        institution: ArrayLike | None = None,
        roles: dict[str, tuple[ArrayLike, int | ArrayLike]] | None = None,
    ) -> "Problem":
        """From a matrix (P, R) in which NaN is not eligible; one number for seats and loads counts for all.

        `roles`: name → (who has it (R), seats that need it: one number or P of them). `fixed` and all arrays are in the
        order of the matrix; ids (by default numbers with leading zeros) are sorted inside. Raises ValueError for a shape
        that does not fit, an infinite score, an id that stands twice, or a fixed pair that is not eligible.
        """
        matrix = np.asarray(scores, dtype=np.float64)
        if matrix.ndim != 2:
            raise ValueError("scores must be a matrix of proposals by experts")
        if np.isinf(matrix).any():
            raise ValueError("scores must be finite, or NaN for a pair that is not eligible")
        count, people = matrix.shape
        named = [list(proposals) if proposals is not None else _numbers(count)]
        named.append(list(experts) if experts is not None else _numbers(people))
        if [len(named[0]), len(named[1])] != [count, people]:
            raise ValueError("one id for each row and column is needed")
        if len(set(named[0])) < count or len(set(named[1])) < people:
            raise ValueError("an id stands twice")
        rows = np.array(sorted(range(count), key=named[0].__getitem__), dtype=np.int64)
        columns = np.array(sorted(range(people), key=named[1].__getitem__), dtype=np.int64)
        matrix = matrix[np.ix_(rows, columns)]
        eligible = ~np.isnan(matrix)
        must = np.zeros(matrix.shape, dtype=bool)
        if len(fixed):
            where = np.asarray(fixed, dtype=np.int64)
            must[np.argsort(rows)[where[:, 0]], np.argsort(columns)[where[:, 1]]] = True
        if (must & ~eligible).any():
            raise ValueError("a fixed pair is not eligible")
        starts = np.concatenate([[0], np.cumsum(eligible.sum(axis=1))])
        given = roles or {}
        return cls(
            proposals=tuple(named[0][i] for i in rows),
            experts=tuple(named[1][i] for i in columns),
            starts=starts.astype(np.int64),
            expert=np.nonzero(eligible)[1].astype(np.int64),
            score=matrix[eligible],
            seats=_vector(seats, count)[rows],
            least=_vector(least, people)[columns],
            most=_vector(most, people)[columns],
            fixed=must[eligible],
            institution=None if institution is None else _vector(institution, people)[columns],
            role_names=tuple(given),
            role=np.array([np.asarray(has, dtype=bool)[columns] for has, _ in given.values()], dtype=bool)
            .reshape(len(given), people)
            .T,
            required=np.array([_vector(need, count)[rows] for _, need in given.values()], dtype=np.int64)
            .reshape(len(given), count)
            .T,
        )


def _numbers(count: int) -> list[str]:
    width = len(str(max(0, count - 1)))
    return [str(i).zfill(width) for i in range(count)]


def _vector(value: int | ArrayLike, length: int) -> Ints:
    return np.broadcast_to(np.asarray(value, dtype=np.int64), (length,)).copy()


@dataclass(frozen=True, slots=True)
class Unsatisfied:
    """Limits that cannot all hold, each to be verified by counting.

    `proposals` need `needed` seats; all eligible experts together can offer at most `offered` (each no more than its
    load). `code` says which limit is meant: `seats`, `role` (only experts with `role` count), `role-panel` (the panel has
    fewer seats than the role must have), `institution` (experts of
    one institution count once in a panel), `fixed-panel` and `fixed-load` (too many fixed pairs), `least-load` (the other
    side: `experts` must together have `needed` seats, the panels have only `offered` for them), `no-panel` (the same where no
    proposal at all is open to them, so that `proposals` is empty), `together` (each limit
    can be met alone, not all at once; `offered` comes from a linear programme).
    """

    code: str
    proposals: tuple[str, ...]
    needed: int
    offered: int
    experts: tuple[str, ...] = ()
    role: str = ""


class InfeasibleError(Exception):
    """No assignment keeps all limits. `unsatisfied` says which sets of proposals or experts show it."""

    def __init__(self, unsatisfied: Sequence[Unsatisfied]) -> None:
        super().__init__("no assignment keeps all limits")
        self.unsatisfied = tuple(unsatisfied)


@dataclass(frozen=True, slots=True, eq=False)
class Prices:
    """Dual prices, all of one sign but `panel`: each says what one seat more of its limit would be worth."""

    panel: Floats  # (P)
    most: Floats  # (R)
    least: Floats  # (R)
    role: Floats  # (P, Q)
    unit_keys: Ints  # sorted proposal * institutions + institution
    unit: Floats  # price of each key
    floor: Floats  # (P)
    keep: float


@dataclass(frozen=True, slots=True, eq=False)
class Certificate:
    """Why nothing better exists. Any prices give an upper bound on the total (weak duality), see `bounds.total_bound`.

    method: `prices` (exact whole numbers), `linear-programme` (prices from a linear programme), `branching` (prices leave a
    gap, which a search over the pairs that could close it did), `open` (it did not) or `none`. proposal_prices (P),
    expert_prices (R): in score units. pairs: eligible pairs, all of which were priced; candidates: those that stood in the
    network at last; rounds: how often it was solved; resolution: scores were rounded to multiples of it before proving.
    kept_weight: what a pair of the incumbent counts above its score. prices, in `unit`: those of roles, institutions, floors.
    minimum_prices, in `unit`: the same for the minimum; their `floor` weighs the proposals (sum 1), and the bound on the
    total of the weighted scores is one on the minimum.
    """

    method: str
    bound: float
    pairs: int
    candidates: int
    rounds: int
    resolution: float
    proposal_prices: Floats
    expert_prices: Floats
    kept_weight: float = 0.0
    prices: Prices | None = None
    unit: float = 1.0
    minimum_prices: Prices | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Solution:
    """An assignment. `chosen`: sorted positions of pairs of the problem, whole panels.

    `total`, `minimum`: sum of all scores, least sum of a panel. `bound` limits what was asked for: the total, or with the
    objective fair the minimum; then `total_bound` limits the total among assignments with this minimum. `status`: optimal
    (proved) or feasible.
    """

    chosen: Ints
    total: float
    minimum: float
    bound: float
    status: str
    certificate: Certificate
    objective: str = "total"
    total_bound: float | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """How much better, in score units, an unknown assignment could be; never below 0."""
        reached = self.minimum if self.objective == "fair" else self.total
        return max(0.0, self.bound - reached)


def panel_sums(problem: Problem, chosen: Ints) -> Floats:
    """Sum of the scores of each panel (P)."""
    sums = np.bincount(problem.proposal[chosen], weights=problem.score[chosen], minlength=len(problem.proposals))
    return sums.astype(np.float64)
