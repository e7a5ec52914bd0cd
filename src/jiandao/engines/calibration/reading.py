"""`reviews.csv` as one score for each pair of proposal and expert."""

from array import array
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from jiandao.engines.calibration.records import Floats, Ints, Reviews
from jiandao.engines.files import BadInputError, Faults, Progress
from jiandao.engines.tables import identifier, number, rows

GREATEST = 1e12  # of a score's amount


def read(path: Path, weights: Mapping[str, float] | None = None, *, quiet: bool = True) -> Reviews:
    """Raises BadInputError that names all faults. weights: of criteria; without any all count the same."""
    faults = Faults()
    names: tuple[dict[str, int], dict[str, int], dict[str, int]] = ({}, {}, {})
    codes = array("q"), array("q"), array("q")
    score, at = array("d"), array("q")
    progress = Progress("reviews", quiet=quiet)
    with_criteria: bool | None = None
    for line, cells in rows(path, faults, ("proposal", "expert", "score"), optional=("criterion",)):
        progress.step()
        value = _checked(path, line, faults, cells)
        if with_criteria is None:
            with_criteria = bool(cells[3])
        if with_criteria != bool(cells[3]):
            faults.add(path, line, "criteria are named on some lines only, expected one on every line or none at all")
        elif value is not None:
            for found, name, code in zip(names, (cells[0], cells[1], cells[3]), codes, strict=True):
                code.append(found.setdefault(name, len(found)))
            score.append(value)
            at.append(line)
    progress.end()
    if not score:
        faults.stop_if_any()
        raise BadInputError(f"{path}:1: there is no review, expected at least one below the header")
    sorted_names = [tuple(sorted(found)) for found in names]
    ranked = [_ranked(found, code) for found, code in zip(names, codes, strict=True)]
    lines = np.array(at, dtype=np.int64)
    order = np.lexsort((ranked[2], ranked[1], ranked[0]))
    keys = [column[order] for column in ranked]
    same = np.flatnonzero(np.all([np.diff(key) == 0 for key in keys], axis=0))
    for place in same.tolist():
        first, second = int(lines[order[place]]), int(lines[order[place + 1]])
        faults.add(
            path, second, f"the review stands on line {first} too, expected one for proposal, expert and criterion"
        )
    faults.stop_if_any()
    weight = _weights(path, sorted_names[2], dict(weights or {}))
    values = np.array(score, dtype=np.float64)[order]
    return combine(sorted_names[0], sorted_names[1], keys[0], keys[1], keys[2], values, weight)


def _checked(path: Path, line: int, faults: Faults, cells: list[str]) -> float | None:
    """The score of a row without fault."""
    good = True
    for what, name in (("proposal", cells[0]), ("expert", cells[1])):
        if identifier(name) is None:
            faults.add(
                path, line, f"the {what} {name[:40]!r} is no id, expected 1 to 200 characters without white space"
            )
            good = False
    value = number(cells[2])
    if value is None or abs(value) > GREATEST:
        faults.add(path, line, f"the score {cells[2][:40]!r} is no number up to 1e12, expected a decimal number")
        return None
    return value if good else None


def _ranked(found: dict[str, int], code: "array[int]") -> Ints:
    rank = np.empty(len(found), dtype=np.int64)
    rank[[found[name] for name in sorted(found)]] = np.arange(len(found))
    ranked: Ints = rank[np.array(code, dtype=np.int64)]
    return ranked


def _weights(path: Path, criteria: tuple[str, ...], given: dict[str, float]) -> Floats:
    if not given:
        return np.ones(len(criteria))
    wrong = [
        f"{path}:1: no review has the criterion {name}, for which a weight is given"
        for name in given
        if name not in criteria
    ]
    wrong += [
        f"{path}:1: the criterion {name or '(none)'} has no weight, expected one for each (0 leaves it out)"
        for name in criteria
        if name not in given
    ]
    if wrong:
        raise BadInputError(*wrong)
    return np.array([given[name] for name in criteria])


def combine(
    proposals: tuple[str, ...],
    experts: tuple[str, ...],
    proposal: ArrayLike,
    expert: ArrayLike,
    criterion: ArrayLike,
    score: ArrayLike,
    weights: ArrayLike,
) -> Reviews:
    """Reviews out of scores by criterion: the weighted mean of each pair.

    A criterion that a review leaves out counts as its mean over all reviews, and the review counts less by that share of the
    weights. Raises BadInputError when no weight is above 0, or none of a weighted criterion is there.
    """
    rows_, people, of = (np.asarray(values, dtype=np.int64) for values in (proposal, expert, criterion))
    value, weight = np.asarray(score, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    used = weight[of] > 0
    if not used.any():
        raise BadInputError("calibrate: no criterion with a review has a weight above 0; give one")
    bare = np.setdiff1d(rows_, rows_[used]).tolist()
    if bare:
        names = ", ".join(proposals[one] for one in bare[:5]) + (" …" if len(bare) > 5 else "")
        raise BadInputError(
            f"calibrate: no review of {names} has a criterion with a weight above 0; expected one for each"
        )
    rows_, people, of, value = rows_[used], people[used], of[used], value[used]
    number_of = np.bincount(of, minlength=len(weight))
    mean = np.bincount(of, weights=value, minlength=len(weight)) / np.maximum(1, number_of)
    whole = float(weight[number_of > 0].sum())
    level = float((weight * mean)[number_of > 0].sum()) / whole
    key, pair = np.unique(rows_ * len(experts) + people, return_inverse=True)
    there = np.bincount(pair, weights=weight[of])
    found = np.bincount(pair, weights=weight[of] * (value - mean[of])) / there + level
    kept = np.unique(key // len(experts)), np.unique(key % len(experts))
    return Reviews(
        proposals=tuple(proposals[p] for p in kept[0].tolist()),
        experts=tuple(experts[e] for e in kept[1].tolist()),
        proposal=np.searchsorted(kept[0], key // len(experts)),
        expert=np.searchsorted(kept[1], key % len(experts)),
        score=found,
        weight=np.minimum(1.0, there / whole),
        raw=np.bincount(pair, weights=weight[of] * value) / there,
    )
