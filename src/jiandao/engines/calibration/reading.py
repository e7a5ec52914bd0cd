"""`reviews.csv` as one score for each pair of proposal and expert."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from jiandao.engines import quick
from jiandao.engines.calibration.records import Floats, Ints, Reviews
from jiandao.engines.files import BadInputError, Faults, Progress
from jiandao.engines.tables import identifier, number, rows

GREATEST = 1e12  # of a score's amount
_COLUMNS = ("proposal", "expert", "score")


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """N scores as they stand in the file. names: proposals, experts and criteria, each sorted. codes: places in them (N each).
    score (N). line (N): where each stands."""

    names: tuple[tuple[str, ...], ...]
    codes: tuple[Ints, ...]
    score: Floats
    line: Ints


def read(path: Path, weights: Mapping[str, float] | None = None, *, quiet: bool = True) -> Reviews:
    """Raises BadInputError that names all faults. weights: of criteria; without any all count the same."""
    faults = Faults()
    table = _quick(path) or _careful(path, faults, quiet=quiet)
    order = _order(table)
    codes = tuple(code[order] for code in table.codes)
    same = np.flatnonzero(np.all([code[1:] == code[:-1] for code in codes], axis=0))
    for place in same.tolist():
        first, second = int(table.line[order[place]]), int(table.line[order[place + 1]])
        faults.add(
            path, second, f"the review stands on line {first} too, expected one for proposal, expert and criterion"
        )
    faults.stop_if_any()
    weight = _weights(path, table.names[2], dict(weights or {}))
    return combine(table.names[0], table.names[1], codes[0], codes[1], codes[2], table.score[order], weight)


def _order(table: _Table) -> Ints:
    """By proposal, expert and criterion; equals as they stand."""
    proposal, expert, criterion = table.codes
    sizes = [len(names) for names in table.names]
    if sizes[0] * sizes[1] * sizes[2] >= 1 << 62:
        return np.lexsort((criterion, expert, proposal))
    return np.argsort((proposal * sizes[1] + expert) * sizes[2] + criterion, kind="stable")


def _quick(path: Path) -> _Table | None:
    """None for whatever is not plain or has a fault, which is then read with care."""
    known: tuple[dict[str, int], dict[str, int], dict[str, int]] = ({}, {}, {})
    parts: tuple[list[Ints], ...] = ([], [], [])
    scores: list[Floats] = []
    try:
        for proposal, expert, score, criterion in quick.columns(path, _COLUMNS, optional=("criterion",)):
            scores.append(quick.numbers(score))
            for part, names, column in zip(parts, known, (proposal, expert, criterion), strict=True):
                part.append(quick.codes(names, column))
    except quick.NotPlainError:
        return None
    if not scores or not all(identifier(name) for names in known[:2] for name in names):
        return None
    values = np.concatenate(scores)
    if np.abs(values).max() > GREATEST or ("" in known[2] and len(known[2]) > 1):
        return None
    line = np.arange(2, len(values) + 2)  # a plain file has a line for each row
    return _table(known, [np.concatenate(part) for part in parts], values, line)


def _table(known: Sequence[dict[str, int]], codes: Sequence[Ints], score: Floats, line: Ints) -> _Table:
    found = [quick.ranked(names, code) for names, code in zip(known, codes, strict=True)]
    return _Table(tuple(names for names, _ in found), tuple(code for _, code in found), score, line)


def _careful(path: Path, faults: Faults, *, quiet: bool) -> _Table:
    known: tuple[dict[str, int], dict[str, int], dict[str, int]] = ({}, {}, {})
    codes = array("q"), array("q"), array("q")
    score, at = array("d"), array("q")
    progress = Progress("reviews", quiet=quiet)
    with_criteria: bool | None = None
    for line, cells in rows(path, faults, _COLUMNS, optional=("criterion",)):
        progress.step()
        value = _checked(path, line, faults, cells, known)
        if with_criteria is None:
            with_criteria = bool(cells[3])
        if with_criteria != bool(cells[3]):
            faults.add(path, line, "criteria are named on some lines only, expected one on every line or none at all")
        elif value is not None:
            for names, name, code in zip(known, (cells[0], cells[1], cells[3]), codes, strict=True):
                code.append(names.setdefault(name, len(names)))
            score.append(value)
            at.append(line)
    progress.end()
    if not score:
        faults.stop_if_any()
        raise BadInputError(f"{path}:1: there is no review, expected at least one below the header")
    return _table(known, [np.array(code) for code in codes], np.array(score), np.array(at))


def _checked(
    path: Path, line: int, faults: Faults, cells: list[str], known: Sequence[Mapping[str, int]]
) -> float | None:
    """The score of a row without fault. known: ids of proposals and of experts that were found good."""
    good = True
    for what, name, names in (("proposal", cells[0], known[0]), ("expert", cells[1], known[1])):
        if name not in names and identifier(name) is None:
            faults.add(
                path, line, f"the {what} {name[:40]!r} is no id, expected 1 to 200 characters without white space"
            )
            good = False
    value = number(cells[2])
    if value is None or abs(value) > GREATEST:
        faults.add(path, line, f"the score {cells[2][:40]!r} is no number up to 1e12, expected a decimal number")
        return None
    return value if good else None


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
    if not used.all():
        bare = np.flatnonzero((np.bincount(rows_) > 0) & ~(np.bincount(rows_, weights=used) > 0)).tolist()
        if bare:
            names = ", ".join(proposals[one] for one in bare[:5]) + (" …" if len(bare) > 5 else "")
            raise BadInputError(
                f"calibrate: no review of {names} has a criterion with a weight above 0; expected one for each"
            )
        rows_, people, of, value = rows_[used], people[used], of[used], value[used]
    number_of = np.bincount(of, minlength=len(weight))
    key = rows_ * len(experts) + people
    if (number_of > 0).sum() == 1 and (key[1:] > key[:-1]).all():  # nothing to combine
        return _of_pairs(proposals, experts, rows_, people, value, np.ones(len(value)), None)
    mean = np.bincount(of, weights=value, minlength=len(weight)) / np.maximum(1, number_of)
    whole = float(weight[number_of > 0].sum())
    level = float((weight * mean)[number_of > 0].sum()) / whole
    key, pair = np.unique(key, return_inverse=True)
    there = np.bincount(pair, weights=weight[of])
    found = np.bincount(pair, weights=weight[of] * (value - mean[of])) / there + level
    raw = np.bincount(pair, weights=weight[of] * value) / there
    return _of_pairs(
        proposals, experts, key // len(experts), key % len(experts), found, np.minimum(1.0, there / whole), raw
    )


def _of_pairs(
    proposals: tuple[str, ...],
    experts: tuple[str, ...],
    proposal: Ints,
    expert: Ints,
    score: Floats,
    weight: Floats,
    raw: Floats | None,
) -> Reviews:
    """Reviews of one score a pair, sorted, without the ids of which none is left."""
    proposals, proposal = _left(proposals, proposal)
    experts, expert = _left(experts, expert)
    return Reviews(proposals, experts, proposal, expert, score, weight, raw)


def _left(names: tuple[str, ...], places: Ints) -> tuple[tuple[str, ...], Ints]:
    there = np.bincount(places, minlength=len(names)) > 0
    if there.all():
        return names, places
    return tuple(names[place] for place in np.flatnonzero(there).tolist()), (np.cumsum(there) - 1)[places]
