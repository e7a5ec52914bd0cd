"""Made instances: similarity from a topic model, 2 % conflicts, panels of 3, loads that leave 60 % to spare."""

import math

import numpy as np
from numpy.typing import NDArray


def topics(experts: int, proposals: int, *, panel: int = 3, seed: int = 7) -> tuple[NDArray[np.float64], int]:
    """(scores (P, R) with NaN for conflicts, load of each expert). Experts and proposals are mixtures of 25 topics."""
    random = np.random.default_rng(seed)
    means = random.dirichlet(np.full(25, 0.3), size=experts), random.dirichlet(np.full(25, 0.3), size=proposals)
    unit = [m / np.linalg.norm(m, axis=1, keepdims=True) for m in means]
    scores = unit[1] @ unit[0].T
    scores[random.random(scores.shape) < 0.02] = np.nan
    return scores, max(3, math.ceil(1.6 * panel * proposals / experts))
