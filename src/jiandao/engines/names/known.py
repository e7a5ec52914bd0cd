"""What is known by heart: former names, short names, English names, campuses. Each name leads to one organisation today."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from jiandao.engines.names import files

How = Literal["current", "former", "merged", "short", "english"]
Campus = Literal["own", "seat", "branch"]
_OTHER_NAMES: tuple[tuple[str, str, How, str], ...] = (
    ("short_names.tsv", "short", "short", "chinese"),
    ("english_names.tsv", "english", "english", "english"),
)


@dataclass(frozen=True, slots=True)
class Meaning:
    """One organisation that a name may mean: its name today as a key, as written, and how the name leads there."""

    key: str
    today: str
    how: How
    year: str = ""


def _nothing(file: str) -> list[dict[str, str]]:
    return []


class Known:
    """The dictionaries by keys. `key` makes the key of a written name; `english` that of an English one. `by_heart` False:
    nothing is known, so that one sees what the rules do alone."""

    def __init__(self, key: Callable[[str], str], english: Callable[[str], str], *, by_heart: bool = True) -> None:
        rows = files.rows if by_heart else _nothing
        self._next: dict[str, tuple[str, How, str]] = {}
        self._written: dict[str, str] = {}
        self._meanings: dict[str, dict[str, Meaning]] = {}
        for row in rows("former_names.tsv"):
            former, name = key(row["former"]), key(row["name"])
            self._written |= {former: row["former"], name: row["name"]}
            if former == name:  # 国防科学技术大学, 国防科技大学: one key, only the words are abbreviated
                continue
            self._next[former] = (name, "merged" if row["relation"] == "merged" else "former", row["year"])
        for file, column, how, key_of in _OTHER_NAMES:
            for row in rows(file):
                name = key(row["name"])
                self._written.setdefault(name, row["name"])
                self._add((english if key_of == "english" else key)(row[column]), self._today(name, how))
        for one in self._written:
            # A name that an organisation bears or bore goes before the short name of another.
            meant = self._today(one, "current")
            self._meanings[one] = {meant.key: meant}
        self._names: dict[str, list[str]] = {}
        for file, column in (
            ("former_names.tsv", "former"),
            *((file, column) for file, column, _how, _key in _OTHER_NAMES),
        ):
            for row in rows(file):
                one = key(row[column if column == "former" else "name"])
                self._names.setdefault(self._today(one, "current").key, []).append(row[column])
        self.campuses: Mapping[str, Mapping[str, Campus]] = self._campuses(key, rows("campuses.tsv"))
        self._longest = max(map(len, self._meanings), default=0)

    def _today(self, of: str, how: How) -> Meaning:
        """Follow former names to the name of today. A merger on the way, the last one, is what is told."""
        seen, year = {of}, ""
        while of in self._next:
            of, relation, when = self._next[of]
            assert of not in seen, f"former_names.tsv: {self._written[of]} becomes itself"
            seen.add(of)
            if how == "current" or (how in {"former", "merged"} and relation == "merged"):
                how, year = relation, when
        return Meaning(of, self._written[of], how, year)

    def _add(self, name: str, meant: Meaning) -> None:
        self._meanings.setdefault(name, {}).setdefault(meant.key, meant)

    @staticmethod
    def _campuses(key: Callable[[str], str], campuses: Iterable[Mapping[str, str]]) -> dict[str, dict[str, Campus]]:
        relations: dict[str, Campus] = {"own": "own", "seat": "seat", "branch": "branch"}
        found: dict[str, dict[str, Campus]] = {}
        for row in campuses:
            found.setdefault(key(row["name"]), {})[row["campus"]] = relations[row["relation"]]
        return found

    def meanings(self, key: str) -> tuple[Meaning, ...]:
        """What a key may mean; several for a short name that more than one organisation uses; () when unknown."""
        return tuple(self._meanings.get(key, {}).values())

    def names(self, meant: Meaning) -> tuple[str, ...]:
        """Under which other names an organisation of today is known: former, short and English ones, as written."""
        return tuple(self._names.get(meant.key, ()))

    def leading(self, text: str, fits: Callable[[str, str], bool]) -> str:
        """The longest known name with which a key begins, if it and the rest `fits`; "" when there is none."""
        for length in range(min(self._longest, len(text) - 1), 1, -1):
            if text[:length] in self._meanings and fits(text[:length], text[length:]):
                return text[:length]
        return ""
