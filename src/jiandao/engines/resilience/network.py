"""A supply network as arrays: nodes, links of three kinds, and who holds which share of each node."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

ALL_OF, ANY_OF, WEIGHTED = 0, 1, 2
KINDS = ("all-of", "any-of", "weighted")
# Words that stand where a country should, and are none: no stop removes them. Compared in capitals.
NO_COUNTRY = frozenset(
    {
        "",
        "VARIOUS COUNTRIES",
        "VARIOUS",
        "EUR",
        "EU",
        "EU27",
        "EU28",
        "EUROPE",
        "EUROPEAN UNION",
        "ASIA",
        "ASEAN",
        "OTHER",
    }
    | {"OTHERS", "OTHER COUNTRIES", "REST OF WORLD", "ROW", "UNKNOWN", "WORLD", "GLOBAL", "N/A"}
)
_OVERFULL = 1 + 1e-6


@dataclass(frozen=True)
class Links:
    """Links `source[k] → target[k]` (numbers of nodes), each of a `kind` and with a weight that counts in WEIGHTED only."""

    source: Integers
    target: Integers
    kind: NDArray[np.int8]
    weight: Floats

    def __post_init__(self) -> None:
        if not len(self.source) == len(self.target) == len(self.kind) == len(self.weight):
            raise ValueError("the arrays of links differ in length")
        weights = self.weight[self.kind == WEIGHTED]
        if len(weights) and not (np.isfinite(weights).all() and (weights > 0).all()):
            raise ValueError("a weighted link has a weight that is not above 0")


@dataclass(frozen=True)
class Holdings:
    """Shares of holders in nodes: holder `holder[k]` (a place in `holders`) has `share[k]` of node `node[k]`, 0 to 1."""

    holders: tuple[str, ...]
    node: Integers
    holder: Integers
    share: Floats

    def totals(self, nodes: int) -> Floats:
        """The known share of each node, shape (nodes,)."""
        totals: Floats = np.bincount(self.node, self.share, nodes).astype(np.float64)
        return totals

    @staticmethod
    def of(rows: Sequence[tuple[int, str, float]]) -> "Holdings":
        """From rows (node, holder, share); rows of one node and holder are added up."""
        names = sorted({holder for _, holder, _ in rows})
        place = {holder: number for number, holder in enumerate(names)}
        return Holdings.grouped(
            names,
            np.array([node for node, _, _ in rows], dtype=np.int64),
            np.array([place[holder] for _, holder, _ in rows], dtype=np.int64),
            np.array([share for _, _, share in rows], dtype=np.float64),
        )

    @staticmethod
    def grouped(names: Sequence[str], node: Integers, holder: Integers, share: Floats) -> "Holdings":
        """From arrays in any order, where `holder` is a place in `names`; the result does not depend on the order.

        Names that no row has are left out.
        """
        used = np.flatnonzero(np.bincount(holder, minlength=len(names)))
        names, holder = [names[place] for place in used.tolist()], np.searchsorted(used, holder)
        by_name = np.argsort(np.array(names, dtype=object), kind="stable") if names else np.zeros(0, np.int64)
        rank = np.empty(len(names), np.int64)
        rank[by_name] = np.arange(len(names))
        holders = tuple(names[place] for place in by_name.tolist())
        holder = rank[holder] if len(holder) else holder
        order = np.lexsort((share, holder, node))
        node, holder, share = node[order], holder[order], share[order]
        if not len(node):
            return Holdings(holders, node, holder, share)
        first = np.flatnonzero(np.r_[True, (np.diff(node) != 0) | (np.diff(holder) != 0)])
        return Holdings(holders, node[first], holder[first], np.add.reduceat(share, first))


@dataclass(frozen=True)
class Network:
    """n nodes with their links and holdings.

    `need` (n,): weight 0–1 of final products. `final` (n,): whether a node is one. `countries` says how the world's supply
    of a node divides between countries, `firms` how between firms; the two are never added. What a node's countries lack
    to 1 is unknown. `year` (n,): of the shares, 0 when they have none. `rounded` (n,): what the shares added up to where
    that was above 1 and they were scaled, else 0. `series`: node → [(year, countries of that year)], oldest first.
    """

    ids: tuple[str, ...]
    names: tuple[str, ...]
    need: Floats
    final: NDArray[np.bool_]
    links: Links
    countries: Holdings
    firms: Holdings
    year: Integers = field(default_factory=lambda: np.zeros(0, np.int64))
    rounded: Floats = field(default_factory=lambda: np.zeros(0))
    series: dict[int, list[tuple[int, list[tuple[str, float]]]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        count = len(self.ids)
        if len(set(self.ids)) != count:
            raise ValueError("a node's id stands twice")
        if not (len(self.names) == len(self.need) == len(self.final) == count):
            raise ValueError("the arrays of nodes differ in length")
        if not (np.isfinite(self.need).all() and (self.need >= 0).all() and (self.need <= 1).all()):
            raise ValueError("a need is not between 0 and 1")
        _check_places(count, self.links.source, self.links.target, self.countries.node, self.firms.node)
        for holdings in (self.countries, self.firms):
            _check_shares(count, holdings)
        for name, empty in (("year", np.zeros(count, np.int64)), ("rounded", np.zeros(count))):
            if len(getattr(self, name)) != count:
                object.__setattr__(self, name, empty)

    @property
    def size(self) -> int:
        """How many nodes there are."""
        return len(self.ids)

    def rated(self) -> NDArray[np.bool_]:
        """Whether any share of a node is known, shape (n,)."""
        rated = np.zeros(self.size, bool)
        rated[self.countries.node] = True
        rated[self.firms.node] = True
        return rated

    def unknown(self) -> Floats:
        """The share of each node whose country is not known, shape (n,), 0 to 1."""
        unknown = 1 - self.countries.totals(self.size)
        unknown[unknown < 1e-9] = 0.0
        return unknown


def _check_places(count: int, *arrays: Integers) -> None:
    for places in arrays:
        if len(places) and (places.min() < 0 or places.max() >= count):
            raise ValueError("a link or a share names a node that is not there")


def _check_shares(count: int, holdings: Holdings) -> None:
    if len(holdings.share) and not (np.isfinite(holdings.share).all() and (holdings.share >= 0).all()):
        raise ValueError("a share is below 0 or no number")
    if count and (holdings.totals(count) > _OVERFULL).any():
        raise ValueError("the shares of a node add up to more than 1")


@dataclass(frozen=True)
class Relief:
    """A new provider of a node, with the share of supply that it takes over (0 < share ≤ 1)."""

    node: int
    provider: str
    country: str
    share: float


def relieved(network: Network, reliefs: Sequence[Relief]) -> Network:
    """The network with the reliefs' shares added and the others of the same nodes scaled to what is left.

    Reliefs of one node act together: the others keep 1 − their sum. Raises ValueError when a sum is above 1.
    """
    added = np.zeros(network.size)
    for relief in reliefs:
        if not 0 < relief.share <= 1:
            raise ValueError("a relief's share is not above 0 and at most 1")
        added[relief.node] += relief.share
    if (added > _OVERFULL).any():
        raise ValueError("the reliefs of a node add up to more than 1")
    left = np.maximum(0.0, 1 - added)

    def after(holdings: Holdings, new: Sequence[tuple[int, str, float]]) -> Holdings:
        places = {name: place for place, name in enumerate(holdings.holders)}
        holder = [places.setdefault(name, len(places)) for _, name, _ in new]
        return Holdings.grouped(
            list(places),
            np.concatenate([holdings.node, np.array([node for node, _, _ in new], dtype=np.int64)]),
            np.concatenate([holdings.holder, np.array(holder, dtype=np.int64)]),
            np.concatenate(
                [holdings.share * left[holdings.node], np.array([share for _, _, share in new], dtype=float)]
            ),
        )

    firms = after(network.firms, [(one.node, one.provider, one.share) for one in reliefs if one.provider])
    return replace(
        network,
        countries=after(
            network.countries,
            [(one.node, one.country, one.share) for one in reliefs if one.country.upper() not in NO_COUNTRY],
        ),
        firms=firms,
        series={},
    )
