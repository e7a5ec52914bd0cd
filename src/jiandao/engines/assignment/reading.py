"""The input files of `jiandao assign` as one problem, with every fault named by file and line."""

import csv
import io
import zipfile
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from jiandao.engines import quick
from jiandao.engines.assignment.records import Flags, Floats, Ints, Problem
from jiandao.engines.files import BadInputError, Faults
from jiandao.engines.tables import identifier, number, rows, whole

GREATEST = 1e12  # of a score's amount
_PAIR = "expected one line for each pair"


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """What the command asks for, read from its options and files."""

    scores: Path
    panel_size: int
    max_load: int
    min_load: int = 0
    proposals: Path | None = None
    experts: Path | None = None
    conflicts: Path | None = None
    incumbent: Path | None = None
    refused: Path | None = None
    require: dict[str, int] = field(default_factory=dict)
    one_per_institution: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """The problem, and where the incumbent's pairs stand in it (None without one); `old`: all pairs of the incumbent."""

    problem: Problem
    kept: Ints | None
    old: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True, eq=False)
class _Scores:
    proposals: tuple[str, ...]
    experts: tuple[str, ...]
    row: Ints
    expert: Ints
    score: Floats


def read(request: Request) -> Read:
    """Raises BadInputError that names all faults of all files."""
    faults = Faults()
    scores = (_from_npz if request.scores.suffix == ".npz" else _from_csv)(request.scores, faults)
    if scores is None:
        faults.stop_if_any()
        raise BadInputError(f"{request.scores}:1: no pair is eligible, expected at least one score")
    place = {name: i for i, name in enumerate(scores.proposals)}, {name: i for i, name in enumerate(scores.experts)}
    seats = np.full(len(scores.proposals), request.panel_size, dtype=np.int64)
    least = np.full(len(scores.experts), request.min_load, dtype=np.int64)
    most = np.full(len(scores.experts), request.max_load, dtype=np.int64)
    if request.proposals:
        _panels(request.proposals, faults, place[0], seats)
    people = _People(len(scores.experts), tuple(request.require))
    if request.experts:
        people.read(request.experts, faults, place[1], most, least)
        people.held(request.experts, faults, request.require)
    forbidden: list[tuple[int, int]] = []
    fixed: list[tuple[tuple[int, int], int]] = []
    if request.conflicts:
        forbidden, fixed = _conflicts(request.conflicts, faults, place)
    refused = list(_pairs(request.refused, faults, place)) if request.refused else []
    old = list(_pairs(request.incumbent, faults, place)) if request.incumbent else []
    gone = _lookup(scores, forbidden + [pair for pair, _ in refused])
    must = _lookup(scores, [pair for pair, _ in fixed])
    for (pair, line), found in zip(fixed, must.tolist(), strict=True):
        if found < 0 and request.conflicts:
            name = f"{scores.proposals[pair[0]]},{scores.experts[pair[1]]}"
            faults.add(request.conflicts, line, f"the pair {name} is fixed but has no score, expected a score for it")
    for pair, line in refused:
        if request.refused and pair in {p for p, _ in fixed}:
            faults.add(request.refused, line, "the pair is fixed in the conflicts, expected one or the other")
    faults.stop_if_any()
    kept = np.ones(len(scores.score), dtype=bool)
    kept[gone[gone >= 0]] = False
    marked = np.zeros(len(scores.score), dtype=bool)
    marked[must] = True
    row, expert = scores.row[kept], scores.expert[kept]
    problem = Problem(
        proposals=scores.proposals,
        experts=scores.experts,
        starts=np.searchsorted(row, np.arange(len(scores.proposals) + 1)).astype(np.int64),
        expert=expert,
        score=scores.score[kept],
        seats=seats,
        least=least,
        most=most,
        fixed=marked[kept],
        institution=people.institution if request.one_per_institution else None,
        role_names=tuple(request.require),
        role=people.role,
        required=np.tile(np.array(list(request.require.values()), dtype=np.int64), (len(seats), 1)).reshape(
            len(seats), len(request.require)
        ),
    )
    stay = None
    if request.incumbent:
        found = problem.pairs([p for (p, _), _ in old], [e for (_, e), _ in old])
        stay = found[found >= 0]
    return Read(problem, stay, frozenset((scores.proposals[p], scores.experts[e]) for (p, e), _ in old))


def _lookup(scores: _Scores, pairs: list[tuple[int, int]]) -> Ints:
    width = len(scores.experts)
    keys = scores.row * width + scores.expert
    wanted = np.array([p * width + e for p, e in pairs], dtype=np.int64)
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return np.where(keys[at] == wanted, at, -1)


# Scores


def _from_csv(path: Path, faults: Faults) -> _Scores | None:
    return _quick(path) or _careful(path, faults)


def _quick(path: Path) -> _Scores | None:
    """None for whatever is not plain, which is then read with care."""
    known: tuple[dict[str, int], dict[str, int]] = ({}, {})
    parts: tuple[list[Ints], list[Ints], list[Floats]] = ([], [], [])
    try:
        for proposals, experts, scores in quick.columns(path, ("proposal", "expert", "score"), header=False):
            parts[0].append(quick.codes(known[0], proposals))
            parts[1].append(quick.codes(known[1], experts))
            parts[2].append(quick.numbers(scores))
    except quick.NotPlainError:
        return None
    if not parts[2] or not all(identifier(name) for names in known for name in names):
        return None
    row, expert, score = np.concatenate(parts[0]), np.concatenate(parts[1]), np.concatenate(parts[2])
    return _sorted(known, row, expert, score) if np.abs(score).max() <= GREATEST else None


def _sorted(known: tuple[dict[str, int], dict[str, int]], row: Ints, expert: Ints, score: Floats) -> _Scores | None:
    """In the order of ids; None when a pair stands twice."""
    (proposals, row), (experts, expert) = quick.ranked(known[0], row), quick.ranked(known[1], expert)
    key = row * len(experts) + expert
    order = np.argsort(key, kind="stable")
    if (np.diff(key[order]) == 0).any():
        return None
    return _Scores(proposals, experts, row[order], expert[order], score[order])


def _careful(path: Path, faults: Faults) -> _Scores | None:
    known: tuple[dict[str, int], dict[str, int]] = ({}, {})
    row, expert, score, at = array("q"), array("q"), array("d"), array("q")
    for line, (proposal, person, text) in rows(path, faults, ("proposal", "expert", "score"), header=False):
        value = number(text)
        if not (_named(path, line, faults, proposal, "proposal") and _named(path, line, faults, person, "expert")):
            continue
        if value is None or abs(value) > GREATEST:
            faults.add(path, line, f"the score {text!r} is no number up to 1e12, expected a decimal number")
            continue
        row.append(known[0].setdefault(proposal, len(known[0])))
        expert.append(known[1].setdefault(person, len(known[1])))
        score.append(value)
        at.append(line)
    if not row:
        return None
    rows_, experts = np.array(row, dtype=np.int64), np.array(expert, dtype=np.int64)
    found = _sorted(known, rows_, experts, np.array(score, dtype=np.float64))
    if found is None:
        key = rows_ * len(known[1]) + experts
        order = np.argsort(key, kind="stable")
        for again in (np.flatnonzero(np.diff(key[order]) == 0) + 1).tolist():
            first, second = at[int(order[again - 1])], at[int(order[again])]
            faults.add(path, second, f"the pair stands on line {first} too, {_PAIR}")
    return found


def _named(path: Path, line: int, faults: Faults, text: str, what: str) -> bool:
    if identifier(text) is None:
        faults.add(path, line, f"the {what} {text[:40]!r} is no id, expected 1 to 200 characters without white space")
        return False
    return True


def _text(name: object) -> str:
    return name.decode(errors="replace") if isinstance(name, bytes) else str(name)


def _from_npz(path: Path, faults: Faults) -> _Scores | None:
    try:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as file:
            matrix = np.asarray(file["scores"])
            items = file["items"] if "items" in file else file["proposals"]
            people = file["profiles"] if "profiles" in file else file["experts"]
    except OSError as error:
        raise BadInputError(
            f"{path}:1: the file cannot be read ({error.strerror or error}); check its name and rights"
        ) from error
    except (ValueError, KeyError, TypeError, zipfile.BadZipFile, EOFError) as error:
        raise BadInputError(
            f"{path}:1: not such an archive ({error}), expected arrays scores, items (or proposals) and profiles (or experts)"
        ) from error
    names = [[_text(name) for name in found.ravel().tolist()] for found in (items, people)]
    if matrix.shape != (len(names[0]), len(names[1])) or matrix.dtype.kind not in "fiu":
        faults.add(path, 1, f"scores are {matrix.shape}, expected a matrix of items by profiles of numbers")
        return None
    for found, what in zip(names, ("proposal", "expert"), strict=True):
        for name in found:
            _named(path, 1, faults, name, what)
        if len(set(found)) < len(found):
            faults.add(path, 1, f"an id of {what}s stands twice, expected each once")
    matrix = matrix.astype(np.float64)
    if np.isinf(matrix).any() or np.nanmax(np.abs(matrix), initial=0) > GREATEST:
        faults.add(path, 1, "a score is infinite or over 1e12, expected numbers, or NaN for no eligible pair")
    if faults:
        return None
    row, expert = np.nonzero(~np.isnan(matrix))
    if not len(row):
        return None
    known = tuple({name: i for i, name in enumerate(found)} for found in names)
    # A proposal without any eligible pair stays, so that it is reported instead of passed over.
    return _sorted((known[0], known[1]), row, expert, matrix[row, expert])


# The other files


def _panels(path: Path, faults: Faults, place: dict[str, int], seats: Ints) -> None:
    seen: dict[str, int] = {}
    for line, (name, text) in rows(path, faults, ("proposal", "panel_size")):
        size = whole(text)
        if not _once(path, line, faults, name, "proposal", place, seen):
            continue
        if size is None or not 0 <= size <= 10_000:
            faults.add(path, line, f"the panel size {text!r} is none, expected a whole number from 0 to 10000")
            continue
        seats[place[name]] = size


def _once(
    path: Path, line: int, faults: Faults, name: str, what: str, place: dict[str, int], seen: dict[str, int]
) -> bool:
    if name not in place:
        faults.add(path, line, f"the {what} {name[:40]!r} is unknown, expected one that has a score")
        return False
    if name in seen:
        faults.add(path, line, f"the {what} {name} stands on line {seen[name]} too, expected it once")
        return False
    seen[name] = line
    return True


class _People:
    """Institutions and roles of experts."""

    def __init__(self, count: int, roles: tuple[str, ...]) -> None:
        self.institution = np.full(count, -1, dtype=np.int64)
        self._roles = {name: i for i, name in enumerate(roles)}
        self.role: Flags = np.zeros((count, len(roles)), dtype=bool)
        self._named: set[str] = set()

    def read(self, path: Path, faults: Faults, place: dict[str, int], most: Ints, least: Ints) -> None:
        seen: dict[str, int] = {}
        units: list[tuple[int, str]] = []
        columns = rows(path, faults, ("expert", "institution", "roles", "max_load"), optional=("min_load",))
        for line, (name, unit, roles, greatest, smallest) in columns:
            if not _once(path, line, faults, name, "expert", place, seen):
                continue
            who = place[name]
            if unit:
                units.append((who, unit))
            for role in (part.strip() for part in roles.split(";")):
                self._named.add(role)
                if role in self._roles:
                    self.role[who, self._roles[role]] = True
            for text, target, column in ((greatest, most, "max_load"), (smallest, least, "min_load")):
                load = whole(text) if text else int(target[who])
                if load is None or not 0 <= load <= 1_000_000:
                    faults.add(path, line, f"{column} {text!r} is none, expected a whole number from 0 to 1000000")
                else:
                    target[who] = load
            if least[who] > most[who]:
                faults.add(path, line, f"min_load {least[who]} is over max_load {most[who]}, expected at most that")
        number_of = {unit: i for i, unit in enumerate(sorted({unit for _, unit in units}))}
        for who, unit in units:
            self.institution[who] = number_of[unit]

    def held(self, path: Path, faults: Faults, require: Mapping[str, int]) -> None:
        """A role that is asked for and that nobody has is a slip of the pen, not a shortage."""
        for name, number_of in self._roles.items():
            if require[name] and not self.role[:, number_of].any():
                others = ", ".join(sorted(self._named - {""})[:10]) or "none at all"
                faults.add(
                    path, 1, f"no expert with a score has the role {name} that --require names; roles here: {others}"
                )


def _pairs(
    path: Path, faults: Faults, place: tuple[dict[str, int], dict[str, int]]
) -> list[tuple[tuple[int, int], int]]:
    found: dict[tuple[int, int], int] = {}
    for line, (proposal, person, _) in rows(
        path, faults, ("proposal", "expert"), header=False, optional=("score",), may_be_empty=True
    ):
        pair = _known(path, line, faults, proposal, person, place)
        if pair is None:
            continue
        if pair in found:
            faults.add(path, line, f"the pair stands on line {found[pair]} too, {_PAIR}")
            continue
        found[pair] = line
    return list(found.items())


def _known(
    path: Path, line: int, faults: Faults, proposal: str, person: str, place: tuple[dict[str, int], dict[str, int]]
) -> tuple[int, int] | None:
    unknown = [
        f"the {what} {name[:40]!r} is unknown, expected one that has a score"
        for what, name, known in (("proposal", proposal, place[0]), ("expert", person, place[1]))
        if name not in known
    ]
    for sentence in unknown:
        faults.add(path, line, sentence)
    return None if unknown else (place[0][proposal], place[1][person])


def _conflicts(
    path: Path, faults: Faults, place: tuple[dict[str, int], dict[str, int]]
) -> tuple[list[tuple[int, int]], list[tuple[tuple[int, int], int]]]:
    """(forbidden pairs, fixed pairs with their lines)"""
    seen: dict[tuple[int, int], int] = {}
    forbidden, fixed = [], []
    for line, (proposal, person, text) in rows(
        path, faults, ("proposal", "expert", "mark"), header=False, may_be_empty=True
    ):
        pair = _known(path, line, faults, proposal, person, place)
        mark = whole(text)
        if mark not in {-1, 1}:
            faults.add(path, line, f"the mark {text!r} is none, expected -1 (forbidden) or 1 (fixed)")
        elif pair is not None and pair in seen:
            faults.add(path, line, f"the pair stands on line {seen[pair]} too, {_PAIR}")
        elif pair is not None:
            seen[pair] = line
            if mark == 1:
                fixed.append((pair, line))
            else:
                forbidden.append(pair)
    return forbidden, fixed


def csv_text(lines: list[tuple[str, ...]]) -> str:
    """Lines as CSV text, quoted where an id needs it."""
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\n").writerows(lines)
    return buffer.getvalue()
