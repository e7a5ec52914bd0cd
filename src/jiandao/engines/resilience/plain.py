"""Plain files of our own layout, read at once; what needs care, or has a fault, is None and is then read with care."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jiandao.engines import quick
from jiandao.engines.resilience.network import KINDS, WEIGHTED, Floats, Integers, Links
from jiandao.engines.resilience.reading import Loaded, Nodes, Shares, Step, ordered, repeated
from jiandao.engines.resilience.shares import Columns, is_country
from jiandao.engines.tables import whole

_KINDS = {name: float(place) for place, name in enumerate(KINDS)}


def nodes(path: Path, step: Step) -> Nodes | None:
    """Nodes of `id,name,need`."""
    ids: list[str] = []
    names: list[str] = []
    needs: list[Floats] = []
    try:
        for texts, titles, cells in quick.columns(path, ["id"], optional=["name", "need"]):
            quick.identifiers(texts)
            need = quick.numbers(cells, empty=np.nan)
            if not ((need >= 0) & (need <= 1) | np.isnan(need)).all():
                return None
            ids += texts
            names += titles
            needs.append(need)
            step(len(texts))
    except quick.NotPlainError:
        return None
    if not ids:
        return None
    found = Nodes.of(ids, names, np.concatenate(needs))
    return found if len(found.places) == len(ids) else None


def links(path: Path, known: Nodes, step: Step) -> Links | None:
    """Links of `from,to,kind,weight`, in order of source, target, kind."""
    parts: list[tuple[Integers, Integers, NDArray[np.int8], Floats]] = []
    try:
        for starts, ends, words, cells in quick.columns(path, ["from", "to", "kind"], optional=["weight"]):
            kind = quick.values({}, words, _KINDS.get).astype(np.int8)
            weight = np.ones(len(kind))
            weighted = np.flatnonzero(kind == WEIGHTED)
            weight[weighted] = quick.numbers([cells[row] for row in weighted.tolist()])
            if not ((weight > 0) & (weight <= 1e12)).all():
                return None
            parts.append((quick.places(known.places, starts), quick.places(known.places, ends), kind, weight))
            step(len(kind))
    except quick.NotPlainError:
        return None
    if not parts:
        return None
    source, target, kinds, weights = (np.concatenate(column) for column in zip(*parts, strict=True))
    del parts
    found, again = ordered(source, target, kinds, weights, len(known.ids))
    return None if len(again) else found


def shares(path: Path, known: Nodes, step: Step) -> Shares | None:
    """Shares of `node,provider,country,share` and perhaps `year`."""
    firms: dict[str, int] = {}
    lands: dict[str, int] = {}
    try:
        table = _share_rows(path, known, step, firms, lands)
    except quick.NotPlainError:
        return None
    if table is None or len(repeated(table.node, table.firm, table.land, table.year)):
        return None
    told = np.flatnonzero(~np.isnan(table.share))
    land, firm = table.land[told], table.firm[told]
    sound = np.array([is_country(name) for name in lands])
    loaded = Loaded(
        "ours",
        share_rows=len(table.node),
        used=len(told),
        named={name for name in lands if is_country(name)},
        without_share=sorted(table.without),
        no_country=int((~sound[land]).sum()),
    )

    def columns(words: dict[str, int], holder: Integers, counts: NDArray[np.bool_]) -> Columns:
        line = told + 2  # the first row stands on the second line
        holder = np.where(counts[holder], holder, -1)
        return Columns(path, list(words), table.node[told], holder, table.share[told], table.year[told], line)

    named = np.array([bool(name) for name in firms])
    return Shares(columns(lands, land, sound), columns(firms, firm, named), loaded)


@dataclass(frozen=True)
class _Table:
    """`firm`, `land`: numbers of words; `share`: NaN where it is not told; `without`: those rows, as `node:provider`."""

    node: Integers
    firm: Integers
    land: Integers
    share: Floats
    year: Integers
    without: list[str]


def _share_rows(path: Path, known: Nodes, step: Step, firms: dict[str, int], lands: dict[str, int]) -> _Table | None:
    years: dict[str, float] = {}
    parts: list[tuple[Integers, Integers, Integers, Floats, Integers]] = []
    without: list[str] = []
    for nodes, providers, countries, cells, when in quick.columns(
        path, ["node", "provider", "country", "share"], optional=["year"]
    ):
        share = quick.numbers(cells, empty=np.nan)
        if not ((share >= 0) & (share <= 1) | np.isnan(share)).all():
            return None
        empty = np.flatnonzero(np.isnan(share)).tolist()
        without += [f"{nodes[row]}:{providers[row] or countries[row]}" for row in empty]
        words = quick.places(known.places, nodes), quick.codes(firms, providers), quick.codes(lands, countries)
        parts.append((*words, share, quick.values(years, when, _year).astype(np.int64)))
        step(len(share))
    if not parts or ("" in years and len(years) > 1) or any("+" in name for name in lands):
        return None
    node, firm, land, share, year = (np.concatenate(column) for column in zip(*parts, strict=True))
    return _Table(node, firm, land, share, year, without)


def _year(text: str) -> float | None:
    year = whole(text) if text else 0
    return None if year is None or (text and not 1900 <= year <= 2200) else float(year)
