"""`plan.json` and a former `decision.json`: read whole, every fault told with its place."""

import difflib
import re
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from jiandao.engines.documents import NumberError, Part, decoder, parts
from jiandao.engines.files import Faults, one_line
from jiandao.engines.portfolio.patience import Patience
from jiandao.engines.portfolio.plan import LOCKS, NUMBER_OF, Plan, Project, Rule, contradictions
from jiandao.engines.tables import identifier

_TOP = ("budgets", "projects", "rules", "states", "delay_discount")
_PROJECT = (
    "id", "value", "sd", "uses", "field", "direction", "cofunding", "risk", "may_start", "requires", "level_of",
)  # fmt: skip
_SELECTORS = ("field", "direction", "projects")
_GREATEST = 10**15
_LARGEST_PLAN = 1 << 28  # bytes: well over a million projects; each of them takes some kilobytes of memory
_LARGEST_DECISION = 1 << 33  # bytes: reasons are long, but of each project only its state is kept
_ABSENT = {
    "budgets": 'there is none, expected an object like {"2026": 1200}',
    "projects": "there is no list, expected a list of projects",
}
_STATES = ("implement", "reserve", "plan")
_LATE = re.compile(r"(\w+)(?:\[(\d+)\])?\.?(.*)")  # name, item and rest of a place


class _Told:
    """Faults of one document: of the part that is being read with their line; of others, looked up when all is read."""

    def __init__(self, path: Path, expected: str, patience: Patience, step: Callable[[], None], largest: int) -> None:
        self._largest = largest
        self.found = Faults()
        self._path, self._expected, self._patience, self._step = path, expected, patience, step
        self._part: Part | None = None
        self._late: dict[tuple[str, int | None], list[tuple[str, str]]] = {}

    def parts(self, *by_item: str) -> Iterator[Part]:
        """The parts of the document, as long as patience lasts."""
        for part in self._all(frozenset(by_item)):
            self._part = part
            yield part
        self._part = None

    def _all(self, by_item: frozenset[str]) -> Iterator[Part]:
        for number, part in enumerate(self._read(by_item)):
            if not number % 1024:
                self._patience.check(f"reading {self._path}")
            self._step()
            yield part

    def _read(self, by_item: frozenset[str]) -> Iterator[Part]:
        return parts(self._path, self._expected, _EXACT, by_item=by_item, largest=self._largest)

    def add(self, place: str, sentence: str) -> None:
        told = f"{place}: {sentence}"
        if self._part is not None:
            self.found.add(self._path, self._part.line_of(place[len(self._part.place) :].lstrip(".")), told)
            return
        name, item, within = _LATE.fullmatch(place).groups()  # type: ignore[union-attr]
        self._late.setdefault((name, int(item) if item else None), []).append((within, told))

    def stop_if_any(self) -> None:
        """Raise BadInputError with all faults; those that were told late take another look at the file."""
        if self._late and self._path.is_file():  # a pipe can be read but once
            for part in self._all(frozenset({"projects", "rules"})):
                for within, told in self._late.pop((part.name, part.item), ()):  # type: ignore[arg-type]
                    self.found.add(self._path, part.line_of(within), told)
        for told in (told for late in self._late.values() for _, told in late):
            self.found.add(self._path, 1, told)
        self.found.stop_if_any()


def read_plan(path: Path, patience: Patience | None = None, step: Callable[[], None] = lambda: None) -> Plan:
    """The plan of a file. Raises BadInputError with all faults, each `FILE:LINE: place: what is wrong, …`.

    `step` is called for each project. Raises UnfinishedError when patience is over.
    """
    told = _Told(path, "an object with budgets and projects", patience or Patience(), step, _LARGEST_PLAN)
    draft = _Draft(told)
    for part in told.parts("projects", "rules"):
        if part.name == "projects":
            draft.project(part)
        elif part.name == "rules":
            draft.rule(part)
        else:
            draft.single(part)
    for name in ("budgets", "projects"):
        if name not in draft.seen:
            told.add(name, _ABSENT[name])
    told.stop_if_any()
    plan = Plan(draft.budgets, tuple(draft.projects), tuple(draft.rules), draft.reserve, draft.discount)
    where = {name: f"projects[{number}]" for name, number in draft.places.items()}
    for place, sentence in contradictions(plan, where):
        told.add(place, sentence)
    told.stop_if_any()
    return plan


class _Draft:
    """What was read of a plan so far."""

    def __init__(self, told: _Told) -> None:
        self._told = told
        self.seen: set[str] = set()
        self.budgets: dict[str, int] = {}
        self.reserve: tuple[Fraction, Fraction] | None = None
        self.discount = Fraction(0)
        self.projects: list[Project] = []
        self.places: dict[str, int] = {}  # in the list, by id
        self.rules: list[Rule] = []

    def single(self, part: Part) -> None:
        """A member that is no list."""
        self.seen.add(part.name)
        if part.name == "budgets":
            self.budgets = _budgets(self._told, part.value)
        elif part.name == "states":
            self.reserve = _reserve(self._told, part.value)
        elif part.name == "delay_discount":
            self.discount = _number(self._told, part.value, part.name, 1)
        else:
            _unknown(self._told, {part.name: None}, "", _TOP, close_only=True)

    def rule(self, part: Part) -> None:
        """An item of the list of rules, or what stands in its place."""
        if isinstance(part.item, int):
            self.rules += _rule_of(self._told, part.value, part.place)
        elif part.item is None and not isinstance(part.value, list):
            self._told.add("rules", "is no list, expected a list of rules")

    def project(self, part: Part) -> None:
        """An item of the list of projects, or what stands in its place."""
        self.seen.add("projects")
        if not isinstance(part.item, int):
            if part.item is None and not isinstance(part.value, list):
                self._told.add("projects", _ABSENT["projects"])
            return
        entry, place = part.value, part.place
        if not isinstance(entry, dict):
            self._told.add(place, "is no object, expected {id, value, uses}")
            return
        name = entry.get("id")
        if not isinstance(name, str) or identifier(name) is None:
            self._told.add(f"{place}.id", "is no id, expected 1 to 200 characters without white space")
        elif name in self.places:
            other = self.places[name]
            self._told.add(f"{place}.id", f"{name} is the id of projects[{other}] too, expected each id once")
        else:
            self.places[name] = part.item
            _unknown(self._told, entry, place, _PROJECT, close_only=True)
            self.projects.append(_project(self._told, entry, place))


def read_incumbent(
    path: Path, plan: Plan, patience: Patience | None = None, step: Callable[[], None] = lambda: None
) -> dict[str, tuple[str, str | None]]:
    """(state, start) of each project in a former decision; raises BadInputError for ids that the plan does not have."""
    told = _Told(path, "a decision with projects", patience or Patience(), step, _LARGEST_DECISION)
    made: dict[str, tuple[str, str | None]] = {}
    there = False
    for part in told.parts("projects"):
        if part.name != "projects":
            continue
        if part.item is None:
            there = isinstance(part.value, dict)
        elif isinstance(part.item, str):
            name, entry, place = part.item, part.value, part.place
            if name not in plan.positions:
                told.add(place, "there is no such project in the plan, expected its ids only")
            elif not isinstance(entry, dict) or entry.get("state") not in _STATES:
                told.add(place, "has no state, expected implement, reserve or plan")
            elif entry["state"] == "implement" and entry.get("start") not in plan.budgets:
                told.add(f"{place}.start", "is no budget of the plan, expected one of budgets")
            else:
                made[name] = (entry["state"], entry.get("start") if entry["state"] == "implement" else None)
    if not there:
        told.add("projects", "is no object, expected {id: {state, start}}")
    told.stop_if_any()
    return made


def _constant(word: str) -> object:
    raise NumberError(word, f"the number {word}, expected finite numbers only")


def _whole(text: str) -> int:
    if len(text) > 40:
        raise NumberError(text, f"the number {text[:20]}… has too many digits, expected at most 15")
    return int(text)


def _fraction(text: str) -> object:
    exponent = text.lower().partition("e")[2]
    if len(text) > 40 or (exponent and abs(int(exponent)) > 30):
        raise NumberError(
            text, f"the number {text[:20]}… has too many digits, expected at most 15 before and after the point"
        )
    return Fraction(text)


_EXACT = decoder(parse_float=_fraction, parse_int=_whole, parse_constant=_constant)


def _unknown(told: _Told, entry: dict[str, Any], place: str, known: tuple[str, ...], *, close_only: bool) -> None:
    """Tell unknown keys; with close_only such alone as are a slip of the pen for a known one."""
    for key in entry:
        if key not in known:
            near = difflib.get_close_matches(key.lower(), known, 1, 0.8)
            if near or not close_only:
                hint = f"{near[0]}?" if near else f"one of {', '.join(known)}"
                told.add(f"{place}.{key}" if place else key, f"an unknown key, expected {hint}")


def _budgets(told: _Told, budgets: object) -> dict[str, int]:
    if not isinstance(budgets, dict) or not budgets:
        told.add("budgets", _ABSENT["budgets"])
        return {}
    for name in budgets:
        if not name.strip() or not _writable(name):
            told.add("budgets", f"{name!r} is no name of a budget, expected one without control characters, like 2026")
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


def _rule_of(told: _Told, entry: object, place: str) -> list[Rule]:
    if not isinstance(entry, dict):
        told.add(place, "is no object, expected {kind, …}")
        return []
    kind = entry.get("kind")
    if not isinstance(kind, str) or kind not in NUMBER_OF:
        told.add(f"{place}.kind", f"is no kind of rule, expected one of {', '.join(NUMBER_OF)}")
        return []
    return [_rule(told, entry, kind, place)]


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
    if value is None or (isinstance(value, str) and value and _writable(value)):
        return value
    told.add(place, "is no text, expected a text that is not empty and has no control characters")
    return None


def _writable(text: str) -> bool:
    """Without control characters and halves of surrogates, which no file and no line can show."""
    return one_line(text) == text


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
    exact = value if isinstance(value, Fraction) else Fraction(value)
    if 0 <= exact.numerator <= greatest * exact.denominator:
        return exact
    shown = _shown(value) if abs(exact) < _GREATEST else "the number"
    told.add(place, f"{shown} is out of range, expected 0 to {greatest}")
    return Fraction(0)


def _shown(value: int | Fraction) -> str:
    return str(value) if isinstance(value, int) else f"{float(value):g}"
