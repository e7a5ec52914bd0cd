"""How well every expert fits every proposal, from what the experts have written.

The method and why: docs/developer/matching-experts.md. A pair's score depends on the two, on the statistics of all texts
together, and on the calibration of the item; never on the order of anything.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.matching.affinity_space import EMPTY_TEXTS, Floats, Ints, Parts, Space
from jiandao.engines.matching.overlap import containment, shingles
from jiandao.engines.matching.records import Channel, Document, check_id
from jiandao.engines.matching.text import terms
from jiandao.engines.matching.writing import normalise

DECIMALS = 6
_TEXTS_AT_ONCE = 8_192
_ITEMS_AT_ONCE = 128


@dataclass(frozen=True, slots=True)
class Work:
    """What stands in a profile: a paper, a patent, a project. `when`: years (2021.5), None when unknown."""

    parts: Parts
    id: str = ""
    when: float | None = None

    def document(self) -> Document:
        """The work as a text to quote from."""
        keywords = (self.parts.keywords,) if self.parts.keywords else ()
        return Document(self.id or "-", title=self.parts.title, text=self.parts.text, keywords=keywords)


@dataclass(frozen=True, slots=True)
class Profile:
    """An expert. Works without any search term count as if they were not there."""

    id: str
    works: tuple[Work, ...] = ()

    def __post_init__(self) -> None:
        check_id(self.id)


@dataclass(frozen=True, slots=True)
class Item:
    """A proposal. `left_out`: profiles that get no score for it: its authors, and whoever must not judge it."""

    document: Document
    left_out: frozenset[str] = frozenset()


def _channels() -> dict[str, Channel]:
    return {"lexical": Channel(0.5, 0.1), "latent": Channel(0.5, 0.5), "dense": Channel(0.25, 0.5)}


@dataclass(frozen=True, slots=True)
class AffinitySettings:
    """Numbers of the method, all fixed before it was scored.

    `discount`: weight of a work against the one that fits next better. `half_life`: years after which a work counts
    half, 0 for never. `calibration`: the part of the mean of an item's `neighbours` best profiles that is taken off.
    `same`: containment from which a work is the item itself, of texts of `same_shingles` or more that are `suspected` by
    their lexical value; `same_beside_title`: the same for texts with one title of `same_title` terms or more (so that
    a form's heading, 项目申请书, makes no two projects one).
    """

    field_weights: Mapping[str, int] = field(default_factory=lambda: {"title": 2, "keywords": 2, "text": 1})
    channels: Mapping[str, Channel] = field(default_factory=_channels)
    ranks: tuple[int, ...] = (32, 64, 128, 256)
    most_fitted: int = 20_000
    discount: float = 0.8
    half_life: float = 8.0
    calibration: float = 0.5
    neighbours: int = 10
    same: float = 0.8
    same_beside_title: float = 0.1
    same_title: int = 5
    same_shingles: int = 20
    suspected: float = 0.3

    def factor(self, channel: str) -> float:
        return self.channels[channel].factor if channel in self.channels else 0.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """The works of one profile for one item, each once: place in the profile, row in the space, weight (sum 1), and the
    raw values of the channels. Empty where nothing counts."""

    places: Ints
    rows: Ints
    weights: Floats
    lexical: Floats
    latent: Floats
    dense: Floats


class Affinities:
    """Scores of all items × profiles.

    `dense`: unit vectors of an encoder, for the items and for the works of all profiles one after the other; works with
    the same text have the same vector. `step` is called for each different text that was read. Time: the decomposition,
    one sparse and one dense matrix product; memory: the vectors of the texts, the matrix of the scores, and blocks of
    128 items × 8,192 works.
    """

    def __init__(
        self,
        items: Sequence[Item],
        profiles: Sequence[Profile],
        settings: AffinitySettings | None = None,
        *,
        dense: tuple[Floats, Floats] | None = None,
        step: Callable[[], None] = lambda: None,
    ) -> None:
        self.items, self.profiles = tuple(items), tuple(profiles)
        self.settings = settings or AffinitySettings()
        of_items = [Parts.of(item.document) for item in self.items]
        texts = sorted({*of_items, *(work.parts for profile in self.profiles for work in profile.works)})
        row = {text: place for place, text in enumerate(texts)}
        weights = self.settings.field_weights
        self.space = Space.fit(
            texts,
            field_weights=(weights["title"], weights["keywords"], weights["text"]),
            ranks=self.settings.ranks,
            most=self.settings.most_fitted,
            step=step,
        )
        self._texts = texts
        self._rows = np.array([row[parts] for parts in of_items], dtype=np.int64)
        self._works = [self._usable(profile, row) for profile in self.profiles]
        self._ages = [self._recency(works) for works in self._works]
        self._dense = _by_text(dense, self._rows, [row[w.parts] for p in self.profiles for w in p.works], len(texts))
        self._shingles: dict[int, frozenset[str]] = {}

    def _usable(self, profile: Profile, row: Mapping[Parts, int]) -> list[tuple[int, int, Work]]:
        """(row, place in the profile, work) of the works with a term, in an order that depends on nothing but them; of
        equal texts the latest."""
        found: dict[int, tuple[int, int, Work]] = {}
        for place, work in enumerate(profile.works):
            there = row[work.parts]
            before = found.get(there)
            if not self.space.empty[there] and (before is None or (work.when or 0) > (before[2].when or 0)):
                found[there] = (there, place, work)
        return [found[there] for there in sorted(found)]

    def _recency(self, works: list[tuple[int, int, Work]]) -> Floats:
        """Weights by age; only their ratios matter. A work without a date gets the mean of the others."""
        known = np.array([work.when if work.when is not None else np.nan for *_, work in works], dtype=np.float64)
        if not self.settings.half_life or np.isnan(known).all():
            return np.ones(len(works))
        weights = np.exp2((known - np.nanmax(known)) / self.settings.half_life)
        weights[np.isnan(known)] = np.nanmean(weights)
        return weights

    @cached_property
    def scores(self) -> Floats:
        """(items × profiles) scores, rounded to six decimals; NaN for pairs that are left out."""
        raw = self._raw
        offsets = self.offsets
        found: Floats = np.round(raw - offsets[:, None], DECIMALS) + 0.0
        return found

    @cached_property
    def offsets(self) -> Floats:
        """(items) what the calibration takes off."""
        found = np.zeros(len(self.items))
        for place, values in enumerate(self._raw):
            known = -np.sort(-values[~np.isnan(values)])[: self.settings.neighbours]
            if len(known):
                found[place] = self.settings.calibration * known.mean()
        return found

    @cached_property
    def _raw(self) -> Floats:
        """(items × profiles) before calibration. Who shows nothing shares the last place with the least score."""
        found = np.full((len(self.items), len(self.profiles)), -np.inf)
        by_id = np.array(
            sorted(range(len(self.items)), key=lambda place: self.items[place].document.id), dtype=np.int64
        )
        told = [place for place in by_id.tolist() if not self.space.empty[self._rows[place]]]
        for members in self._blocks():
            rows = np.unique(np.concatenate([self._rows_of(member) for member in members]))
            there = self._coordinates(rows, weighted=True)
            groups = list(self._by_length(members, rows))
            for start in range(0, len(told), _ITEMS_AT_ONCE):
                some = np.array(told[start : start + _ITEMS_AT_ONCE], dtype=np.int64)
                values = self._pairs(some, rows, there)
                for who, where, ages in groups:
                    found[np.ix_(some, who)] = _ranked(values[:, where], ages, self.settings.discount)
        for place, item in enumerate(self.items):
            values = found[place]
            if item.left_out:  # first: the least score is one of those that are given
                values[[profile.id in item.left_out for profile in self.profiles]] = np.nan
            nothing, told_of = np.isneginf(values), np.isfinite(values)
            values[nothing] = values[told_of].min() if told_of.any() else 0.0
        return found

    def _blocks(self) -> Iterator[list[int]]:
        """Places of profiles by id, so many at once that their works are about `_TEXTS_AT_ONCE`."""
        block: list[int] = []
        size = 0
        for place in sorted(range(len(self.profiles)), key=lambda place: self.profiles[place].id):
            if not self._works[place]:
                continue
            block.append(place)
            size += len(self._works[place])
            if size >= _TEXTS_AT_ONCE:
                yield block
                block, size = [], 0
        if block:
            yield block

    def _by_length(self, members: list[int], rows: Ints) -> Iterator[tuple[Ints, Ints, Floats | None]]:
        """Profiles with equally many works: their places, (profiles × works) places in rows, weights by age if any."""
        lengths: dict[int, list[int]] = {}
        for member in members:
            lengths.setdefault(len(self._works[member]), []).append(member)
        for same in lengths.values():
            where = np.searchsorted(rows, np.array([self._rows_of(member) for member in same]))
            ages = np.array([self._ages[member] for member in same])
            yield np.array(same, dtype=np.int64), where, None if (ages == 1).all() else ages

    def _rows_of(self, profile: int) -> Ints:
        return np.array([there for there, *_ in self._works[profile]], dtype=np.int64)

    def _coordinates(self, rows: Ints, *, weighted: bool) -> Floats:
        """Latent and dense coordinates side by side, `weighted` by the factors of their channels."""
        settings = self.settings
        factors = (settings.factor("latent"), settings.factor("dense")) if weighted else (1.0, 1.0)
        blocks = [self.space.topics(rows) * factors[0]]
        if self._dense is not None:
            blocks.append(self._dense[rows] * factors[1])
        return np.hstack(blocks)

    def _pairs(self, some: Ints, rows: Ints, there: Floats) -> Floats:
        """(items × texts) scores; −inf where the text is the item itself."""
        lexical = self.space.lexical(self._rows[some], rows)
        values: Floats = self.settings.factor("lexical") * lexical
        values += self._coordinates(self._rows[some], weighted=False) @ there.T
        for one, other in self._same(some, rows, lexical):
            values[one, other] = -np.inf
        return values

    # The item itself

    def _same(self, some: Ints, rows: Ints, lexical: Floats) -> Iterator[tuple[int, int]]:
        """Places of pairs of an item and a text that are one: by id, by a title that tells, or by what they contain."""
        titles: dict[str, list[int]] = {}
        place_of = {row: place for place, row in enumerate(rows.tolist())}
        for row, place in place_of.items():
            if title := self._titles[row]:
                titles.setdefault(title, []).append(place)
        for one, item in enumerate(some.tolist()):
            named = self._named.get(self.items[item].document.id, frozenset())
            yield from ((one, place_of[row]) for row in sorted(named) if row in place_of)
            here = int(self._rows[item])
            for place in titles.get(self._titles[here], ()):
                if self._contained(here, int(rows[place]), self.settings.same_beside_title, unless_short=True):
                    yield one, place
        for one, other in np.argwhere(lexical >= self.settings.suspected).tolist():
            if self._contained(int(self._rows[some[one]]), int(rows[other]), self.settings.same):
                yield one, other

    @cached_property
    def _titles(self) -> list[str]:
        """Normalised titles by row; empty where a title is too short to tell a text."""
        least = self.settings.same_title
        found = []
        for text in self._texts:
            plain = normalise(text.title)
            found.append(plain if len(terms(plain)) >= least and len(plain) > 2 * least else "")
        return found

    @cached_property
    def _named(self) -> dict[str, frozenset[int]]:
        """Rows of the works that bear an item's id."""
        found: dict[str, set[int]] = {}
        wanted = {item.document.id for item in self.items}
        for works in self._works:
            for row, _, work in works:
                if work.id in wanted:
                    found.setdefault(work.id, set()).add(row)
        return {name: frozenset(rows) for name, rows in found.items()}

    def _contained(self, one: int, other: int, least: float, *, unless_short: bool = False) -> bool:
        """Whether the texts are equal, or `least` of the shorter one stands in the other. `unless_short`: what to say of
        a text that is too short to tell."""
        if one == other:
            return True
        a, b = self._shingled(one), self._shingled(other)
        if min(len(a), len(b)) < self.settings.same_shingles:
            return unless_short
        return containment(a, b) >= least

    def _shingled(self, row: int) -> frozenset[str]:
        if row not in self._shingles:
            if len(self._shingles) > 4096:
                self._shingles.clear()
            self._shingles[row] = shingles("\n".join(self._texts[row]))
        return self._shingles[row]

    # Taking apart

    def evidence(self, item: int, profile: int) -> Evidence:
        """What the score of the pair stands on, the weightiest contribution to the ranked mean first."""
        rows = self._rows_of(profile)
        here = np.array([item], dtype=np.int64)
        if not len(rows) or self.space.empty[self._rows[item]]:
            none = np.zeros(0)
            return Evidence(rows[:0], rows[:0], none, none, none, none)
        lexical = self.space.lexical(self._rows[here], rows)
        values = self._pairs(here, rows, self._coordinates(rows, weighted=True))[0]
        latent = (self.space.topics(self._rows[here]) @ self.space.topics(rows).T)[0]
        dense = np.zeros(len(rows)) if self._dense is None else self._dense[rows] @ self._dense[self._rows[item]]
        order = np.argsort(-values, kind="stable")
        order = order[np.isfinite(values[order])]
        weights = self.settings.discount ** np.arange(len(order)) * self._ages[profile][order]
        places = np.array([place for _, place, _ in self._works[profile]], dtype=np.int64)
        return Evidence(
            places[order],
            rows[order],
            weights / weights.sum() if len(order) else weights,
            lexical[0][order],
            latent[order],
            dense[order],
        )

    def item_row(self, item: int) -> int:
        """The row of an item in the space."""
        return int(self._rows[item])


def _ranked(values: Floats, ages: Floats | None, discount: float) -> Floats:
    """(… × works) → (…): the mean of the works by falling value, the r-th weighted discount^r and by age; −inf if none."""
    if ages is None:
        ranked = -np.sort(-values, axis=-1)
        weights: NDArray[Any] = np.broadcast_to(discount ** np.arange(values.shape[-1]), values.shape)
    else:
        order = np.argsort(-values, axis=-1, kind="stable")
        ranked = np.take_along_axis(values, order, axis=-1)
        weights = discount ** np.arange(values.shape[-1]) * np.take_along_axis(
            np.broadcast_to(ages, values.shape), order, axis=-1
        )
    there = np.isfinite(ranked)
    weights = np.where(there, weights, 0.0)
    total = weights.sum(axis=-1)
    summed = (weights * np.where(there, ranked, 0.0)).sum(axis=-1)
    found: Floats = np.divide(summed, total, out=np.full(total.shape, -np.inf), where=total > 0)
    return found


def _by_text(dense: tuple[Floats, Floats] | None, items: Ints, works: Sequence[int], size: int) -> Floats | None:
    """Vectors by row of the space: centred like the latent ones, length 1."""
    if dense is None:
        return None
    of_items, of_works = (np.asarray(part, dtype=np.float64) for part in dense)
    if len(of_items) != len(items) or len(of_works) != len(works):
        raise ValueError(f"dense needs {len(items)} and {len(works)} vectors, got {len(of_items)} and {len(of_works)}")
    width = of_items.shape[1] if of_items.ndim == 2 else of_works.shape[1]
    found = np.zeros((size, width))
    if len(works):
        found[np.asarray(works, dtype=np.int64)] = of_works
    found[items] = of_items
    found -= found.sum(axis=0) / (size + EMPTY_TEXTS)
    length = np.sqrt(np.square(found).sum(axis=1, keepdims=True))
    unit: Floats = np.divide(found, length, out=np.zeros_like(found), where=length > 1e-12)
    return unit
