"""Real instances (MIDL, AAMAS 2015, PrefLib 1 and 3) from the folder of shared data; None where it is absent."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("JIANDAO_SHARED_DATA") or ROOT.parent / "shared" / "data") / "engines" / "assign"


def real(name: str) -> tuple[NDArray[np.float64], int]:
    """(scores (P, R), load of each expert) of midl, aamas2015, preflib1 or preflib3."""
    if name == "midl":
        return np.load(DATA / "midl_scores.npy").T, int(np.load(DATA / "midl_loads.npy")[0])
    with (DATA / f"{name}.in").open(encoding="utf-8") as file:
        count, people = map(int, file.readline().split())
        scores = np.array([line.split() for line in file if line.strip()], dtype=np.float64)
    assert scores.shape == (count, people)
    return scores, 12 if name == "aamas2015" else 6
