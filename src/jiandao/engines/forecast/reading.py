"""Input files of `jiandao forecast`. Plain ones are read at once (`plain.py`); here is the reading with care."""

import json
import math
import re
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.documents import decoder, document
from jiandao.engines.files import BadInputError, Faults
from jiandao.engines.forecast.reference import Floats, History, Integers
from jiandao.engines.forecast.schedule import Activity, CycleError, check
from jiandao.engines.forecast.warning import Reports
from jiandao.engines.tables import identifier, number, rows, whole

Step = Callable[[int], object]
Flags = NDArray[np.bool_]
MOST_DAYS = 1e7
REPORT_COLUMNS = ("project", "reported_on", "planned_end", "forecast_end", "budget", "spent")
_LATEST = 1e12
_LARGE = 1 << 24  # bytes: read in a second
_SMALLEST = 20  # bytes of an activity
_SIGMA = 5.0


@dataclass(frozen=True)
class Plan:
    """`no_sigma`: activities without a spread of their own, for which the standard one was taken."""

    activities: list[Activity]
    correlation: float | None
    deadline: float | None
    no_sigma: int


def many_ids(path: Path, most: int) -> int:
    """How many ids stand in a JSON file that is too large to be read only to be refused; 0 for one that is not."""
    try:
        if not path.is_file() or path.stat().st_size < max(_LARGE, _SMALLEST * most):
            return 0
        found, rest = 0, b""
        with path.open("rb") as file:
            while block := file.read(_LARGE):
                found += (rest + block).count(b'"id"')
                rest = block[-3:]  # of an id that goes on in the next block
    except OSError:  # told by whoever reads it
        return 0
    return found


def read_plan(path: Path, sigma: float, faults: Faults) -> Plan:
    """An activity network from JSON. Raises BadInputError with all faults; their lines are those of the activities' ids."""
    text, plan = _json(path)
    listed = plan.get("activities") if isinstance(plan, dict) else None
    if not isinstance(plan, dict) or not isinstance(listed, list) or not listed:
        raise BadInputError(
            f"{path}:1: there is no activity, expected an object with a list activities of at least one"
        )
    _slips(plan, {"activities", "correlation", "deadline"}, partial(faults.add, path, 1))
    lines = _lines(text, len(listed))
    found: dict[str, Activity] = {}
    lacking = 0
    for line, value in zip(lines, listed, strict=True):
        one = _activity(value, sigma, partial(faults.add, path, line))
        if one is None:
            continue
        if one.id in found:
            faults.add(path, line, f"the id {one.id} stands earlier too, expected each id once")
            continue
        lacking += value.get("sigma") is None and one.done is None
        found[one.id] = one
    line_of = {value["id"]: line for line, value in zip(lines, listed, strict=True) if _named(value)}
    for one in found.values():
        for name in one.after:
            if name not in line_of:
                faults.add(
                    path,
                    line_of[one.id],
                    f"{one.id} comes after {name}, which is unknown; expected an id of an activity",
                )
    correlation = _number(plan, "correlation", 0.0, 1.0, partial(faults.add, path, 1))
    deadline = _number(plan, "deadline", 0.0, _LATEST, partial(faults.add, path, 1))
    faults.stop_if_any()
    try:
        check(list(found.values()))
    except CycleError as error:
        faults.add(path, line_of[error.ids[0]], f"{error}; expected activities that do not wait for each other")
    faults.stop_if_any()
    return Plan(list(found.values()), correlation, deadline, lacking)


def _json(path: Path) -> tuple[str, Any]:
    """The text of a file and what it says. NaN and infinity become words, which no number is."""
    return document(path, "an object with activities", decoder(parse_constant=str))


def _lines(text: str, count: int) -> list[int]:
    """The line of each activity's id, as well as it can be told from outside a JSON parser."""
    start = text.find('"activities"')
    places = [match.start() for match in re.finditer(r'"id"\s*:', text[start:])]
    if len(places) != count:
        return [1] * count
    found, line, before = [], text.count("\n", 0, start) + 1, start
    for place in places:
        line += text.count("\n", before, start + place)
        before = start + place
        found.append(line)
    return found


def _named(value: object) -> bool:
    return isinstance(value, dict) and isinstance(value.get("id"), str)


def _slips(values: dict[str, Any], known: set[str], fault: Callable[[str], None]) -> None:
    """Keys that look like a slip of the pen become faults; others (names, notes) are passed over."""
    for key in values:
        near = get_close_matches(key.replace("_", "").lower(), known, 1, 0.75) if key not in known else []
        if near or key in {"predecessors", "depends", "requires"}:
            fault(f"the key {key} is unknown, expected {near[0] if near else 'after'}")


def _number(values: dict[str, Any], name: str, low: float, high: float, fault: Callable[[str], None]) -> float | None:
    """The number of that name, None where there is none (or null); what is no number or out of range becomes a fault."""
    value = values.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        fault(f"{name} {json.dumps(value, ensure_ascii=False)[:40]} is not a number from {low:g} to {high:g}")
        return None
    return float(value)


def _activity(value: object, sigma: float, fault: Callable[[str], None]) -> Activity | None:
    if not isinstance(value, dict) or not _named(value) or identifier(value["id"]) is None:
        fault("an activity without an id, expected an object whose id has 1 to 200 characters and no blanks")
        return None
    name = value["id"]
    told: list[str] = []
    _slips(value, {"id", "duration", "after", "sigma", "done"}, told.append)
    duration = _number(value, "duration", 0.0, MOST_DAYS, told.append)
    if duration is None and not told:
        told.append("there is no duration, expected a number of at least 0")
    spread = _number(value, "sigma", 0.0, _SIGMA, told.append)
    done = _number(value, "done", 0.0, MOST_DAYS, told.append)
    after = value.get("after", [])
    if not isinstance(after, list) or not all(isinstance(one, str) for one in after):
        told.append("after is not a list of ids, expected a list of strings")
    for sentence in told:
        fault(f"{name}: {sentence}")
    if told or duration is None:
        return None
    return Activity(name, duration, tuple(after), sigma if spread is None else spread, done)


def read_history(path: Path, faults: Faults, step: Step = lambda _: None) -> History:
    """`class,planned_days,actual_days,ended`: `ended` is a day (2024-05-31, or a number of days since any fixed day) where
    there are actual_days, else the days seen so far. `step` is called with how many rows were read since the last time."""
    from jiandao.engines.forecast import plain

    return plain.history(path, step) or _history(path, faults, step)


def _history(path: Path, faults: Faults, step: Step) -> History:
    places: dict[str, int] = {}
    kind, numbers = array("q"), array("d")
    columns = ["class", "planned_days", "actual_days", "ended"]
    for line, (name, planned_text, actual_text, ended_text) in rows(path, faults, columns):
        step(1)
        planned, actual = number(planned_text), number(actual_text) if actual_text else None
        if not name.strip("/"):
            faults.add(path, line, "there is no class, expected a word, or words with / between for a class in a class")
        elif planned is None or not 0 < planned <= MOST_DAYS:
            faults.add(path, line, f"planned_days {planned_text} is not a number above 0")
        elif actual_text and (actual is None or not 0 <= actual <= MOST_DAYS):
            faults.add(path, line, f"actual_days {actual_text} is not a number of at least 0")
        else:
            other = _ended(path, line, ended_text, actual is not None, faults)
            if other is not None:
                kind.append(places.setdefault(name, len(places)))
                numbers.extend((planned, other if actual is None else actual, actual is not None, other))
    if not faults and not kind:
        faults.add(path, 1, "there is no row, expected at least one below the header")
    table = np.array(numbers).reshape(-1, 4)
    return in_order(places, np.array(kind, dtype=np.int64), table[:, 0], table[:, 1], table[:, 2] > 0, table[:, 3])


def in_order(
    places: dict[str, int], kind: Integers, planned: Floats, days: Floats, finished: Flags, ended: Floats
) -> History:
    """The history of these rows, where `kind` is a number of `places`: the order of rows must not matter."""
    names = sorted({name.strip("/") for name in places})
    rank = {name: place for place, name in enumerate(names)}
    kinds = np.array([rank[name.strip("/")] for name in places], dtype=np.int64)[kind]
    ended = np.where(finished, ended, np.nan)
    order = np.lexsort((ended, finished, days, planned, kinds))
    return History(tuple(names), kinds[order], planned[order], days[order], finished[order], ended[order])


def _ended(path: Path, line: int, text: str, finished: bool, faults: Faults) -> float | None:
    """The day of finished work (NaN when not told), the days seen of unfinished; None after a fault."""
    if finished:
        value = day(text) if text else math.nan
        if value is None:
            faults.add(path, line, f"ended {text} is no day, expected one as 2024-05-31")
        return value
    seen = number(text)
    if seen is None or not 0 <= seen <= MOST_DAYS:
        faults.add(path, line, f"ended {text} of unfinished work, expected the number of days seen so far")
        return None
    return seen


def day(text: str) -> float | None:
    """A day as a number: of 2024-05-31 (or 20240531) its ordinal, of another number that number."""
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text):
        try:
            return float(date.fromisoformat(text).toordinal())
        except ValueError:
            return None
    return number(text)


@dataclass(frozen=True)
class NewWork:
    """New pieces of work in order of id: their classes and planned days (n,)."""

    ids: Sequence[str]
    classes: Sequence[str]
    planned: Floats

    @staticmethod
    def of(ids: Sequence[str], classes: Sequence[str], planned: Floats) -> "NewWork":
        """From any order."""
        order = sorted(range(len(ids)), key=ids.__getitem__)
        known: dict[str, str] = {}  # a class that stands in many rows is held once
        kinds = [known.setdefault(name, name.strip("/")) for name in map(classes.__getitem__, order)]
        return NewWork([ids[place] for place in order], kinds, planned[order])


def read_new(path: Path, faults: Faults, step: Step = lambda _: None) -> NewWork:
    """`id,class,planned_days`."""
    from jiandao.engines.forecast import plain

    return plain.new(path, step) or _new(path, faults, step)


def _new(path: Path, faults: Faults, step: Step) -> NewWork:
    found: dict[str, tuple[str, float]] = {}
    for line, (name, kind, planned_text) in rows(path, faults, ["id", "class", "planned_days"]):
        step(1)
        planned = number(planned_text)
        if identifier(name) is None:
            faults.add(path, line, f"the id {name!r} is not one, expected 1 to 200 characters without blanks")
        elif name in found:
            faults.add(path, line, f"the id {name} stands on an earlier line too, expected each id once")
        elif planned is None or not 0 < planned <= MOST_DAYS:
            faults.add(path, line, f"planned_days {planned_text} is not a number above 0")
        else:
            found[name] = (kind, planned)
    if not faults and not found:
        faults.add(path, 1, "there is no row, expected at least one below the header")
    kinds = [kind for kind, _ in found.values()]
    return NewWork.of(list(found), kinds, np.array([planned for _, planned in found.values()], dtype=np.float64))


def read_reports(path: Path, faults: Faults, step: Step = lambda _: None) -> Reports:
    """`project,reported_on,planned_end,forecast_end,budget,spent`."""
    from jiandao.engines.forecast import plain

    return plain.reports(path, step) or _reports(path, faults, step)


def _reports(path: Path, faults: Faults, step: Step) -> Reports:
    places: dict[str, int] = {}
    seen: set[tuple[int, int]] = set()
    kind, numbers = array("q"), array("d")
    for line, (project, *words) in rows(path, faults, REPORT_COLUMNS):
        step(1)
        days = [iso(word) for word in words[:3]]
        wrong = [
            f"{name} {word!r}"
            for name, word, one in zip(REPORT_COLUMNS[1:4], words, days, strict=False)
            if one is None and (word or name != "planned_end")
        ]
        money = [math.nan if not word else number(word) for word in words[3:]]
        wrong_money = [
            f"{name} {word}"
            for name, word, one in zip(REPORT_COLUMNS[4:], words[3:], money, strict=True)
            if one is None or one < 0
        ]
        if identifier(project) is None:
            faults.add(path, line, f"the project {project!r} is not an id, expected 1 to 200 characters without blanks")
        elif wrong:
            faults.add(path, line, f"{', '.join(wrong)} is no day, expected one as 2024-05-31")
        elif wrong_money:
            faults.add(path, line, f"{', '.join(wrong_money)} is not a number of at least 0")
        else:
            reported, _, forecast_end = days
            assert reported is not None
            assert forecast_end is not None
            place = places.setdefault(project, len(places))
            if (place, reported) in seen:
                faults.add(path, line, f"{project} has a report of this day on an earlier line too, expected one a day")
                continue
            seen.add((place, reported))
            kind.append(place)
            numbers.extend((reported, forecast_end, *(math.nan if one is None else one for one in money)))
    if not faults and not kind:
        faults.add(path, 1, "there is no report, expected at least one row below the header")
    return Reports.grouped(places, np.array(kind, dtype=np.int64), *np.array(numbers).reshape(-1, 4).T)


@lru_cache(maxsize=50_000)  # reports of one day are many
def iso(text: str) -> int | None:
    """The ordinal of a day as 2024-05-31 or 20240531."""
    value = day(text) if re.fullmatch(r"\d{4}-\d{2}-\d{2}|\d{8}", text) else None
    return None if value is None else whole(str(value))
