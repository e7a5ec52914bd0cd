"""The mixed-integer solver (HiGHS, through SciPy) on some columns of a model."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp

from jiandao.engines.portfolio.model import Floats, Ints, Model
from jiandao.engines.runs import Clock


def solve_columns(
    model: Model, columns: Ints, room: Floats, clock: Clock, nodes: int
) -> tuple[int, NDArray[np.float64] | None, float | None]:
    """max weight·x over some columns with so much room in each row: (status of SciPy, shares, bound in weight).

    `nodes` limits the effort by a count, not by time, so that a run repeats.
    """
    matrix = model.columns[:, columns].tocsr()
    most = matrix.maximum(0).sum(axis=1)
    needed = np.nonzero(most > room)[0]
    if not len(columns):
        return (2 if (room < 0).any() else 0), np.zeros(0), 0.0
    weight = model.weight[columns]
    greatest = float(np.abs(weight).max()) or 1.0
    limits = LinearConstraint(matrix[needed], -np.inf, room[needed]) if len(needed) else ()
    left = clock.left()
    solved = milp(
        -weight / greatest,
        constraints=limits,
        bounds=Bounds(0, model.upper[columns]),
        integrality=np.ones(len(columns)),
        options={"node_limit": nodes, "mip_rel_gap": 1e-7, **({"time_limit": left} if np.isfinite(left) else {})},
    )
    bound = None if solved.mip_dual_bound is None else -float(solved.mip_dual_bound) * greatest
    if bound is not None and not np.isfinite(bound):
        bound = None
    return int(solved.status), solved.x, bound


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
