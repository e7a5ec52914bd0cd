"""The building blocks of a field, read from its file: topics, in which what stands at one place belongs together."""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

# The order is part of the seed: a new field goes to the end.
FIELDS = (
    "memory-chips",
    "industrial-lasers",
    "beidou",
    "high-power-lasers",
    "lung-mri",
    "additive",
    "photonic-chips",
    "mobile-equipment",
    "neutral-atoms",
    "special-fibre",
    "special-steel",
    "process-materials",
)


@dataclass(frozen=True)
class Measure:
    """An indicator: `cmp` is ge or le; today's level, then the nearer and the further end of what is asked for."""

    name: str
    unit: str
    cmp: str
    current: float
    near: float
    far: float
    digits: int
    test: str

    def value(self, share: float) -> str:
        """The level at that share of the way from the nearer to the further end."""
        return self._written(self.near + (self.far - self.near) * share)

    def short_of(self, share: float) -> str:
        """The level at that share of the way from today's to the nearer end: better, but not what is asked for."""
        return self._written(self.current + (self.near - self.current) * share)

    def with_unit(self, value: str) -> str:
        """As it stands in a sentence."""
        return f"{value}{self.unit}"

    def _written(self, value: float) -> str:
        """As people set targets: 9,100 hours, not 9,084."""
        if value >= 100 and not self.digits:
            value = round(value, 2 - len(str(int(value))))
        return f"{value:.{self.digits}f}"

    def today(self) -> str:
        return f"{self.current:.{self.digits}f}"

    def best(self) -> str:
        return f"{self.far:.{self.digits}f}"


@dataclass(frozen=True)
class Topic:
    """One problem area. Problem, cause, method and detail of one place belong together."""

    key: str
    lines: tuple[str, ...]
    objects: tuple[str, ...]
    lookalike: str
    problems: tuple[str, ...]
    causes: tuple[str, ...]
    tried: tuple[str, ...]
    methods: tuple[str, ...]
    details: tuple[str, ...]
    measures: tuple[Measure, ...]

    @property
    def places(self) -> int:
        """How many problems, each with its object, cause, method, detail and indicator."""
        return len(self.problems)

    def answer(self, place: int) -> str:
        """The key of the object and method of that place: what a need of this place is answered by."""
        return f"{self.key}/{place}"


@dataclass(frozen=True)
class Field:
    """A field of the programme, with the codes of the vocabulary that it belongs to."""

    key: str
    name: str
    field: str
    clusters: tuple[str, ...]
    discipline: str
    trades: tuple[str, ...]
    instruments: tuple[str, ...]
    standards: tuple[str, ...]
    topics: tuple[Topic, ...]


@cache
def fields() -> tuple[Field, ...]:
    """All fields, in the order of FIELDS."""
    return tuple(_read(key) for key in FIELDS)


@cache
def topics() -> tuple[tuple[int, Topic], ...]:
    """Every topic with the number of its field, fields taking turns."""
    most = max(len(one.topics) for one in fields())
    return tuple(
        (number, one.topics[place])
        for place in range(most)
        for number, one in enumerate(fields())
        if place < len(one.topics)
    )


def _read(key: str) -> Field:
    raw = tomllib.loads((files(__package__) / "fields" / f"{key}.toml").read_text(encoding="utf-8"))
    texts = {name: tuple(raw[name]) for name in ("clusters", "trades", "instruments", "standards")}
    return Field(
        key=key,
        name=raw["name"],
        field=raw["field"],
        discipline=raw["discipline"],
        topics=tuple(_topic(f"{key}/{number}", one) for number, one in enumerate(raw["topics"])),
        **texts,
    )


def _topic(key: str, raw: dict[str, Any]) -> Topic:
    names = ("lines", "objects", "problems", "causes", "tried", "methods", "details")
    return Topic(
        key=key,
        lookalike=raw["lookalike"],
        measures=tuple(Measure(*one) for one in raw["measures"]),
        **{name: tuple(raw[name]) for name in names},
    )
