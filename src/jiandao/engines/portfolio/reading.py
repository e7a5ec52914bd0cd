"""`plan.json` and a former `decision.json`: read whole, every fault told with its place."""

import difflib
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from jiandao.engines.files import BadInputError, Faults
from jiandao.engines.portfolio.places import line_of, lines_of, parse
from jiandao.engines.portfolio.plan import LOCKS, NUMBER_OF, Plan, Project, Rule, contradictions
from jiandao.engines.tables import identifier

_TOP = ("budgets", "projects", "rules", "states", "delay_discount")
_PROJECT = (
    "id", "value", "sd", "uses", "field", "direction", "cofunding", "risk", "may_start", "requires", "level_of",
)  # fmt: skip
_SELECTORS = ("field", "direction", "projects")
_GREATEST = 10**15
_STATES = ("implement", "reserve", "plan")


class _Told:
    """Faults of one JSON text. The lines are looked up when the first fault is told."""

    def __init__(self, path: Path, text: str) -> None:
        self.found = Faults()
        self._path = path
        self._text = text
        self._lines: dict[str, int] | None = None

    def add(self, place: str, sentence: str) -> None:
        if self._lines is None:
            self._lines = lines_of(self._text)
        self.found.add(self._path, line_of(self._lines, place), f"{place}: {sentence}" if place else sentence)


def read_plan(path: Path) -> Plan:
    """The plan of a file. Raises BadInputError with all faults, each `FILE:LINE: place: what is wrong, …`."""
    told, top = _top(path, "an object with budgets and projects")
    _unknown(told, top, "", _TOP, close_only=True)
    budgets = _budgets(told, top)
    reserve = _reserve(told, top.get("states", {}))
    discount = _number(told, top.get("delay_discount", 0), "delay_discount", 1)
    projects, places = _projects(told, top)
    rules = _rules(told, top.get("rules", []))
    told.found.stop_if_any()
    plan = Plan(budgets, tuple(projects), tuple(rules), reserve, discount)
    for place, sentence in contradictions(plan, places):
        told.add(place, sentence)
    told.found.stop_if_any()
    return plan


def read_incumbent(path: Path, plan: Plan) -> dict[str, tuple[str, str | None]]:
    """(state, start) of each project in a former decision; raises BadInputError for ids that the plan does not have."""
    told, top = _top(path, "a decision with projects")
    projects = top.get("projects")
    if not isinstance(projects, dict):
        told.add("projects", "is no object, expected {id: {state, start}}")
        told.found.stop_if_any()
        return {}
    known = {project.id for project in plan.projects}
    made: dict[str, tuple[str, str | None]] = {}
    for name, entry in projects.items():
        place = f"projects.{name}"
        if name not in known:
            told.add(place, "there is no such project in the plan, expected its ids only")
        elif not isinstance(entry, dict) or entry.get("state") not in _STATES:
            told.add(place, "has no state, expected implement, reserve or plan")
        elif entry["state"] == "implement" and entry.get("start") not in plan.budgets:
            told.add(f"{place}.start", "is no budget of the plan, expected one of budgets")
        else:
            made[name] = (entry["state"], entry.get("start") if entry["state"] == "implement" else None)
    told.found.stop_if_any()
    return made


def _top(path: Path, expected: str) -> tuple[_Told, dict[str, Any]]:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadInputError(
            f"{path}:1: the file cannot be read ({error.strerror}); check its name and rights"
        ) from error
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise BadInputError(f"{path}:{line}: not UTF-8, expected UTF-8; save the file as UTF-8") from error
    try:
        top = parse(text)
    except json.JSONDecodeError as error:
        empty = "the file is empty" if not text.strip() else f"not JSON ({error.msg}, column {error.colno})"
        raise BadInputError(f"{path}:{error.lineno}: {empty}, expected {expected}") from error
    except ValueError as error:
        raise BadInputError(f"{path}:{_line_within(text, str(error))}: {error}") from error
    if not isinstance(top, dict):
        raise BadInputError(f"{path}:1: is no JSON object, expected {expected}")
    return _Told(path, text), top


def _line_within(text: str, sentence: str) -> int:
    """The line of a number or a key that the sentence names, as well as it can be known."""
    words = sentence.split()
    if sentence.startswith("the key "):
        mark = json.dumps(sentence[8 : sentence.index(" stands twice")], ensure_ascii=False)
        places = [at for at in range(len(text)) if text.startswith(mark, at)] if len(text) < 1_000_000 else []
        return text.count("\n", 0, places[1]) + 1 if len(places) == 2 else 1
    at = text.find(words[2].rstrip(",…")) if sentence.startswith("the number ") else -1
    return text.count("\n", 0, max(at, 0)) + 1


def _unknown(told: _Told, entry: dict[str, Any], place: str, known: tuple[str, ...], *, close_only: bool) -> None:
    """Tell unknown keys; with close_only such alone as are a slip of the pen for a known one."""
    for key in entry:
        if key not in known:
            near = difflib.get_close_matches(key.lower(), known, 1, 0.8)
            if near or not close_only:
                hint = f"{near[0]}?" if near else f"one of {', '.join(known)}"
                told.add(f"{place}.{key}" if place else key, f"an unknown key, expected {hint}")


def _budgets(told: _Told, top: dict[str, Any]) -> dict[str, int]:
    budgets = top.get("budgets")
    if not isinstance(budgets, dict) or not budgets:
        told.add("budgets", 'there is none, expected an object like {"2026": 1200}')
        return {}
    return {name: _amount(told, amount, f"budgets.{name}") for name, amount in budgets.items()}


def _reserve(told: _Told, states: object) -> tuple[Fraction, Fraction] | None:
    if not isinstance(states, dict):
        told.add("states", "is no object, expected {reserve: {share_of_cost, share_of_value}}")
        return None
    _unknown(told, states, "states", ("reserve",), close_only=False)
    reserve = states.get("reserve")
    if reserve is None:
        return None
    if not isinstance(reserve, dict):
        told.add("states.reserve", "is no object, expected {share_of_cost, share_of_value}")
        return None
    shares = ("share_of_cost", "share_of_value")
    _unknown(told, reserve, "states.reserve", shares, close_only=False)
    missing = [share for share in shares if share not in reserve]
    for share in missing:
        told.add("states.reserve", f"{share} is missing, expected a number from 0 to 1")
    if missing:
        return None
    cost, value = (_number(told, reserve[share], f"states.reserve.{share}", 1) for share in shares)
    return cost, value


def _projects(told: _Told, top: dict[str, Any]) -> tuple[list[Project], dict[str, str]]:
    entries = top.get("projects")
    if not isinstance(entries, list):
        told.add("projects", "there is no list, expected a list of projects")
        return [], {}
    made: list[Project] = []
    places: dict[str, str] = {}
    for number, entry in enumerate(entries):
        place = f"projects[{number}]"
        if not isinstance(entry, dict):
            told.add(place, "is no object, expected {id, value, uses}")
            continue
        name = entry.get("id")
        if not isinstance(name, str) or identifier(name) is None:
            told.add(f"{place}.id", "is no id, expected 1 to 200 characters without white space")
            continue
        if name in places:
            told.add(f"{place}.id", f"{name} is the id of {places[name]} too, expected each id once")
            continue
        places[name] = place
        _unknown(told, entry, place, _PROJECT, close_only=True)
        made.append(_project(told, entry, place))
    return made, places


def _project(told: _Told, entry: dict[str, Any], place: str) -> Project:
    if "value" not in entry:
        told.add(place, "value is missing, expected points of at least 0")
    uses = entry.get("uses")
    if not isinstance(uses, dict):
        told.add(f"{place}.uses", 'there is no object, expected money by budget like {"2026": 30}')
        uses = {}
    may_start = _strings(told, entry.get("may_start", []), f"{place}.may_start")
    if "may_start" in entry and not may_start:
        told.add(f"{place}.may_start", "names no start, expected at least one; leave it out for no shift")
    level_of = _text(told, entry.get("level_of"), f"{place}.level_of")
    return Project(
        id=entry["id"],
        value=float(_number(told, entry.get("value", 0), f"{place}.value", _GREATEST)),
        sd=float(_number(told, entry.get("sd", 0), f"{place}.sd", _GREATEST)),
        uses={name: _amount(told, amount, f"{place}.uses.{name}") for name, amount in uses.items()},
        field=_text(told, entry.get("field"), f"{place}.field"),
        direction=_text(told, entry.get("direction"), f"{place}.direction"),
        cofunding=_amount(told, entry.get("cofunding", 0), f"{place}.cofunding"),
        risk=_number(told, entry.get("risk", 0), f"{place}.risk", 1),
        may_start=may_start,
        requires=_strings(told, entry.get("requires", []), f"{place}.requires"),
        level_of=level_of,
    )


def _rules(told: _Told, entries: object) -> list[Rule]:
    if not isinstance(entries, list):
        told.add("rules", "is no list, expected a list of rules")
        return []
    made = []
    for number, entry in enumerate(entries):
        place = f"rules[{number}]"
        if not isinstance(entry, dict):
            told.add(place, "is no object, expected {kind, …}")
            continue
        kind = entry.get("kind")
        if not isinstance(kind, str) or kind not in NUMBER_OF:
            told.add(f"{place}.kind", f"is no kind of rule, expected one of {', '.join(NUMBER_OF)}")
            continue
        made.append(_rule(told, entry, kind, place))
    return made


def _rule(told: _Told, entry: dict[str, Any], kind: str, place: str) -> Rule:
    key = NUMBER_OF[kind]
    _unknown(told, entry, place, ("kind", *_SELECTORS, *((key,) if key else ())), close_only=False)
    number = Fraction(0)
    if key:
        if key not in entry:
            told.add(place, f"{key} is missing, expected a number")
        elif key in {"ratio", "ceiling"}:
            number = _number(told, entry[key], f"{place}.{key}", 1 if key == "ceiling" else 10**6)
        else:
            number = Fraction(_amount(told, entry[key], f"{place}.{key}"))
    elif not any(selector in entry for selector in _SELECTORS):
        told.add(place, f"{kind} names no projects, expected field, direction or projects")
    projects = None
    if "projects" in entry:
        projects = frozenset(_strings(told, entry["projects"], f"{place}.projects"))
        if not projects and kind in LOCKS:
            told.add(f"{place}.projects", "names no project, expected at least one")
    return Rule(
        kind=kind,
        number=number,
        field=_text(told, entry.get("field"), f"{place}.field"),
        direction=_text(told, entry.get("direction"), f"{place}.direction"),
        projects=projects,
        place=place,
    )


def _text(told: _Told, value: object, place: str) -> str | None:
    if value is None or (isinstance(value, str) and value):
        return value
    told.add(place, "is no text, expected a text that is not empty")
    return None


def _strings(told: _Told, value: object, place: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        told.add(place, "is no list of texts, expected a list of texts")
        return ()
    if len(set(value)) < len(value):
        told.add(place, "names one twice, expected each once")
    return tuple(value)


def _amount(told: _Told, value: object, place: str) -> int:
    """A whole number of at least 0."""
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        told.add(place, "is no number, expected a whole number of at least 0")
    elif value < 0:
        told.add(place, f"{_shown(value)} is negative, expected a whole number of at least 0")
    elif value != int(value):
        told.add(place, f"{_shown(value)} has a fraction, expected a whole number; choose a smaller unit of money")
    elif value >= _GREATEST:
        told.add(place, "is too great, expected at most 15 digits")
    else:
        return int(value)
    return 0


def _number(told: _Told, value: object, place: str, greatest: int) -> Fraction:
    """A number from 0 to greatest, as exact as it was written."""
    if isinstance(value, bool) or not isinstance(value, int | Fraction):
        told.add(place, "is no number, expected a number")
        return Fraction(0)
    exact = Fraction(value)
    if 0 <= exact <= greatest:
        return exact
    shown = _shown(value) if abs(exact) < _GREATEST else "the number"
    told.add(place, f"{shown} is out of range, expected 0 to {greatest}")
    return Fraction(0)


def _shown(value: int | Fraction) -> str:
    return str(value) if isinstance(value, int) else f"{float(value):g}"
