"""Many names: which pairs to look at, which to propose for merging, and which ones a typed name may mean.

Nothing compares all pairs: names meet under the keys of `blocks`, and a typed name finds others by shared pieces.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from heapq import nsmallest
from itertools import combinations
from math import log

from jiandao.engines.names import blocks
from jiandao.engines.names.compare import Outcome, Verdict, compare
from jiandao.engines.names.parse import Dictionaries, Name, dictionaries, normalise, today

# Of a larger block each name meets the first only, so that a thousand copies of a name make a thousand pairs.
LARGEST_BLOCK = 60
# Of entries under one name that are not merged yet, a unit meets so many.
MOST_WHOLES = 3
# Entries that are looked at for the pieces of one typed name; the rarest pieces come first.
_MOST_SHARED = 20_000
_LOOKED_AT = 40  # entries that are compared for one typed name, beside those that share a key
_RANK = {"same": 0, "unsure": 1, "part-of": 2, "different": 3}


@dataclass(frozen=True, slots=True)
class Entry:
    """One organisation of a directory: its id, its name, other names, social credit code, registered place."""

    id: str
    name: str
    aliases: tuple[str, ...] = ()
    code: str | None = None
    place: str | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An entry that a name may mean, with what `compare(name, entry)` says."""

    entry: Entry
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Proposal:
    """Two entries that may be one, with what `compare(a, b)` says. `a` is the smaller id."""

    a: str
    b: str
    verdict: Verdict


class Index:
    """A directory of organisations in memory, built from entries and kept up to date by `add` and `remove`.

    What it answers depends on the entries alone, never on the order in which they came.
    """

    def __init__(self, entries: Iterable[Entry] = (), words: Dictionaries | None = None) -> None:
        self._words = words or dictionaries()
        self._entries: dict[str, Entry] = {}
        self._names: dict[str, tuple[Name, ...]] = {}
        self._blocks: dict[str, set[str]] = defaultdict(set)
        self._pieces: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            self.add(entry)

    def __len__(self) -> int:
        return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Put an entry in; one of the same id is replaced."""
        self.remove(entry.id)
        self._entries[entry.id] = entry
        names = self._parsed(entry)
        self._names[entry.id] = names
        for key in blocks.keys(names, entry.code):
            self._blocks[key].add(entry.id)
        for piece in blocks.pieces(names):
            self._pieces[piece].add(entry.id)

    def remove(self, entry_id: str) -> None:
        """Take an entry out; one that is not there is no fault."""
        entry = self._entries.pop(entry_id, None)
        if entry is None:
            return
        names = self._names.pop(entry_id)
        for table, keys in ((self._blocks, blocks.keys(names, entry.code)), (self._pieces, blocks.pieces(names))):
            for key in keys:
                table[key].discard(entry_id)
                if not table[key]:
                    del table[key]

    def _parsed(self, entry: Entry) -> tuple[Name, ...]:
        """The entry's name, its aliases, the names that stand inside them in brackets, and the units that these mean."""
        written = [normalise(name, self._words) for name in (entry.name, *entry.aliases)]
        inside = [normalise(other, self._words) for name in written for other in name.others]
        found = [*written, *inside]
        return (*found, *(meant for name in found if (meant := today(name, self._words)) is not name))

    def compare(self, a: str, b: str) -> Verdict:
        """What is said about two entries, by their ids, with their aliases, codes and places. KeyError for no entry."""
        return self._compare(self._entries[a], self._names[a], self._entries[b], self._names[b])

    def _compare(self, a: Entry, names_a: tuple[Name, ...], b: Entry, names_b: tuple[Name, ...]) -> Verdict:
        others = (names_a[1 : 1 + len(a.aliases)], names_b[1 : 1 + len(b.aliases)])
        return compare(
            names_a[0], names_b[0], aliases=others, codes=(a.code, b.code), places=(a.place, b.place), words=self._words
        )

    def candidates(self) -> list[tuple[str, str]]:
        """Pairs of ids worth comparing, each with the smaller id first, in order."""
        found: set[tuple[str, str]] = set()
        for members in self._blocks.values():
            if len(members) > 1:
                found.update(_pairs(sorted(members)))
        found.update(self._wholes_and_parts())
        ids = sorted(self._entries)
        texts = [
            (text, number) for number, one in enumerate(ids) for name in self._names[one] for text in blocks.texts(name)
        ]
        for group in blocks.one_slip_apart(texts):
            found.update(_pairs([ids[number] for number in group]))
        return sorted(found)

    def _wholes_and_parts(self) -> Iterator[tuple[str, str]]:
        wholes: dict[str, list[str]] = defaultdict(list)
        for one in sorted(self._entries):
            for key in {key for name in self._names[one] for key in blocks.holds(name)}:
                wholes[key].append(one)
        for one in self._entries:
            for key in {key for name in self._names[one] for key in blocks.belongs(name)}:
                for whole in wholes.get(key, [])[:MOST_WHOLES]:
                    if whole != one:
                        yield min(one, whole), max(one, whole)

    def proposals(self, outcomes: Iterable[Outcome] = ("same",)) -> list[Proposal]:
        """Candidates whose outcome is one of these, surest first."""
        wanted = set(outcomes)
        found = [Proposal(a, b, self.compare(a, b)) for a, b in self.candidates()]
        return sorted(
            (one for one in found if one.verdict.outcome in wanted), key=lambda one: (-one.verdict.score, one.a, one.b)
        )

    def suggest(
        self, name: str, *, code: str | None = None, place: str | None = None, limit: int = 8
    ) -> list[Suggestion]:
        """Entries that a name, perhaps half typed, may mean: the same first, then unsure ones, wholes and parts, then
        names that go on where the typed one ends. Empty for an empty name without code."""
        typed = Entry("", name, (), code, place)
        names = self._parsed(typed)
        near = self._near(names, code)
        text = names[0].normal
        suggestions: list[tuple[tuple[int, float, int, str], Suggestion]] = []
        for one in near:
            entry = self._entries[one]
            verdict = self._compare(typed, names, entry, self._names[one])
            goes_on = len(text) >= 2 and any(text in other.normal for other in self._names[one])
            if verdict.outcome != "different" or goes_on:
                rank = (_RANK[verdict.outcome], -verdict.score, len(entry.name), one)
                suggestions.append((rank, Suggestion(entry, verdict)))
        return [suggestion for _, suggestion in nsmallest(limit, suggestions, key=lambda one: one[0])]

    def _near(self, names: tuple[Name, ...], code: str | None) -> set[str]:
        near: set[str] = set()
        keys = blocks.keys(names, code)
        keys |= {f"key {key}" for name in names for key in blocks.belongs(name)}
        for key in sorted(keys):
            members = self._blocks.get(key, ())
            near.update(members if len(members) <= LARGEST_BLOCK else nsmallest(LARGEST_BLOCK, members))
        found = [(self._pieces[piece], piece) for piece in blocks.pieces(names) if piece in self._pieces]
        found.sort(key=lambda one: (len(one[0]), one[1]))
        shared: dict[str, float] = defaultdict(float)
        looked_at = 0
        for members, _ in found:
            looked_at += len(members)
            if looked_at > _MOST_SHARED and shared:
                break
            weight = log(1 + len(self._entries) / len(members))
            for one in members:
                shared[one] += weight
        best = nsmallest(_LOOKED_AT, shared, key=lambda one: (-shared[one], len(self._entries[one].name), one))
        return near.union(best)


def _pairs(members: list[str]) -> Iterator[tuple[str, str]]:
    """All pairs of a small block; of a large one those of its first member. `members` in order."""
    if len(members) <= LARGEST_BLOCK:
        return combinations(members, 2)
    return ((members[0], other) for other in members[1:])


def candidates(entries: Iterable[Entry], words: Dictionaries | None = None) -> list[tuple[str, str]]:
    """Pairs of ids worth comparing, in an order of their own. See `Index.candidates`."""
    return Index(entries, words).candidates()
