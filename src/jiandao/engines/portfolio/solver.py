"""The mixed-integer solver (HiGHS, through SciPy) on some columns of a model."""

import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from jiandao.engines.portfolio.model import Floats, Ints, Model
from jiandao.engines.runs import Clock

_UNIT = 4e-6
_MOST_CUTS = 40


def solve_columns(
    model: Model, columns: Ints, room: Floats, clock: Clock, nodes: int
) -> tuple[int, NDArray[np.float64] | None, float | None]:
    """max weight·x over some columns with so much room in each row: (status of SciPy, shares, bound in weight).

    `nodes` limits the effort by a count, not by time, so that a run repeats. The solver takes 0.999999 for 1 and lets rows be
    broken a little; an answer that breaks a row when counted exactly is cut off and the solver asked again.
    """
    cuts: list[tuple[NDArray[np.float64], float]] = []
    matrix = model.columns[:, columns].tocsr()
    if (matrix.minimum(0).sum(axis=1) > room).any():
        return 2, None, None
    while True:
        status, share, bound = _solve(model, columns, room, clock, nodes, cuts)
        if share is None or len(cuts) >= _MOST_CUTS:
            return status, share, bound
        taken = share > 0.5
        broken = np.nonzero(matrix @ taken.astype(np.float64) > room)[0]
        if not len(broken):
            return status, share, bound
        cuts += [_cut(matrix[[row]].toarray()[0], float(room[row]), taken) for row in broken]


def _cut(row: Floats, room: float, taken: NDArray[np.bool_]) -> tuple[NDArray[np.float64], float]:
    """Not all of those that break the row together: an extended cover where nothing gives back, else this very answer."""
    if (row < 0).any():
        return np.where(taken, 1.0, -1.0), float(taken.sum() - 1)
    cover = taken & (row > 0)
    for column in np.nonzero(cover)[0][np.argsort(row[cover], kind="stable")]:
        if row[cover].sum() - row[column] > room:
            cover[column] = False
    count = float(cover.sum() - 1)
    # So many of these, or of any that take as much as the greatest of them, break the row too.
    return (cover | (row >= row[cover].max())).astype(np.float64), count


def _solve(
    model: Model,
    columns: Ints,
    room: Floats,
    clock: Clock,
    nodes: int,
    cuts: list[tuple[NDArray[np.float64], float]],
) -> tuple[int, NDArray[np.float64] | None, float | None]:
    matrix = model.columns[:, columns].tocsr()
    most = matrix.maximum(0).sum(axis=1)
    needed = np.nonzero(most > room)[0]
    if not len(columns):
        return (2 if (room < 0).any() else 0), np.zeros(0), 0.0
    weight = model.weight[columns]
    greatest = float(np.abs(weight).max()) or 1.0
    # The solver lets a row be broken by 1e-6; a whole unit has to be more than that.
    finer = np.maximum(1.0, _UNIT / np.array([model.rows[row].step for row in needed], dtype=np.float64))
    every = []
    if len(needed):
        scaled = sparse.csr_array(matrix[needed].multiply(finer[:, None]))
        every.append(LinearConstraint(scaled, -np.inf, room[needed] * finer))
    if cuts:
        every.append(
            LinearConstraint(np.array([cut for cut, _ in cuts]), -np.inf, np.array([limit for _, limit in cuts]))
        )
    left = clock.left()
    options = {"node_limit": nodes, "mip_rel_gap": 0.0, **({"time_limit": left} if np.isfinite(left) else {})}
    bounds, whole = Bounds(0, model.upper[columns]), np.ones(len(columns))
    solved = interruptible(
        lambda: milp(-weight / greatest, constraints=every, bounds=bounds, integrality=whole, options=options)
    )
    bound = None if solved.mip_dual_bound is None else -float(solved.mip_dual_bound) * greatest
    if bound is not None and not np.isfinite(bound):
        bound = None
    return int(solved.status), solved.x, bound


def interruptible(work: Callable[[], Any]) -> Any:
    """What work gives, computed beside the main thread, so that Ctrl-C ends the wait: the solver looks at no signals."""
    if threading.current_thread() is not threading.main_thread():
        return work()
    given: list[Any] = []
    failed: list[BaseException] = []

    def beside() -> None:
        try:
            given.append(work())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=beside, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(0.2)
    if failed:
        raise failed[0]
    return given[0]


@contextmanager
def silent() -> Iterator[None]:
    """HiGHS writes some lines straight to file descriptor 1; they are none of ours."""
    sys.stdout.flush()
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 1)
        yield
    finally:
        os.dup2(kept, 1)
        os.close(kept)
        os.close(nowhere)
