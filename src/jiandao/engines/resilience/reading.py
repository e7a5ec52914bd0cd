"""Networks from files: our own layout, or that of the ETO supply-chain dataset; and reliefs.

Plain files are read at once (`plain.py`); here is the reading with care, which names every fault.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.files import BadInputError, Faults
from jiandao.engines.resilience.network import KINDS, WEIGHTED, Floats, Integers, Links, Network, Relief
from jiandao.engines.resilience.shares import Columns, Names, Rows, is_country, newest
from jiandao.engines.tables import identifier, number, rows, whole

Step = Callable[[int], object]  # called with how many rows were read since the last time; may raise
OURS = ("nodes.csv", "links.csv", "shares.csv")


@dataclass
class Loaded:
    """What the files held: every row is used, has no share, is of an older year, or names no single country."""

    layout: str
    nodes: int = 0
    links: int = 0
    share_rows: int = 0
    used: int = 0  # rows whose share counts, or counted in an older year
    named: set[str] = field(default_factory=set)  # countries that any row names, with a share or without
    without_share: list[str] = field(default_factory=list)  # "node:provider", in order
    no_country: int = 0
    old: int = 0
    need_ignored: list[str] = field(default_factory=list)  # nodes with a need that are no final product


def layout(folder: Path) -> str:
    """`ours` or `eto`, by the names of the files. Raises BadInputError where neither is there."""
    if not folder.is_dir():
        raise BadInputError(f"{folder}: is no folder, expected one with {', '.join(OURS)}")
    ours, eto = (folder / "nodes.csv").exists(), (folder / "inputs.csv").exists()
    if ours == eto:
        wrong = "both nodes.csv and inputs.csv are there" if ours else "neither nodes.csv nor inputs.csv is there"
        raise BadInputError(
            f"{folder}: {wrong}, expected either {', '.join(OURS)} or"
            " inputs.csv, providers.csv, provision.csv, sequence.csv, stages.csv"
        )
    return "ours" if ours else "eto"


def read(folder: Path, faults: Faults, step: Step = lambda _: None) -> tuple[Network, Loaded]:
    """The network of a folder. Faults of all files are collected; raises BadInputError with them."""
    if layout(folder) == "eto":
        from jiandao.engines.resilience.eto import read_eto

        return read_eto(folder, faults)
    from jiandao.engines.resilience import plain

    paths = [folder / name for name in OURS]
    nodes = plain.nodes(paths[0], step) or read_nodes(paths[0], faults, step)
    links = plain.links(paths[1], nodes, step) or read_links(paths[1], nodes, faults, step)
    shares = plain.shares(paths[2], nodes, step) or read_shares(paths[2], nodes, faults, step)
    faults.stop_if_any()
    # The order of rows must not matter: nodes are numbered by id from here on.
    size = len(nodes.ids)
    by_country, by_firm = (newest(table, size, nodes.ids, faults) for table in (shares.countries, shares.firms))
    faults.stop_if_any()
    step(1)
    final = np.ones(size, bool)
    final[links.source] = False
    need, loaded = nodes.need, shares.loaded
    loaded.nodes, loaded.links, loaded.old = size, len(links.source), by_country.old
    loaded.need_ignored = [nodes.ids[place] for place in np.flatnonzero(~final & (np.nan_to_num(need) > 0)).tolist()]
    network = Network(
        ids=tuple(nodes.ids),
        names=tuple(nodes.names),
        need=np.where(final, np.where(np.isnan(need), 1.0, need), 0.0),
        final=final,
        links=links,
        countries=by_country.holdings,
        firms=by_firm.holdings,
        year=by_country.year,
        rounded=by_country.rounded,
        series=by_country.series,
    )
    return network, loaded


@dataclass
class Nodes:
    """In order of id; `need`: NaN where it is not told."""

    ids: list[str]
    names: list[str]
    need: Floats
    places: dict[str, int]

    @staticmethod
    def of(ids: Sequence[str], names: Sequence[str], need: Floats) -> "Nodes":
        """From any order."""
        order = sorted(range(len(ids)), key=ids.__getitem__)
        inorder = [ids[place] for place in order]
        places = {name: place for place, name in enumerate(inorder)}
        return Nodes(inorder, [names[place] for place in order], need[order], places)


@dataclass
class Shares:
    """Who holds what, by country and by firm."""

    countries: Columns
    firms: Columns
    loaded: Loaded


def read_nodes(path: Path, faults: Faults, step: Step) -> Nodes:
    """With care."""
    found: dict[str, tuple[str, float]] = {}
    for line, (text, name, need_text) in rows(path, faults, ["id"], optional=["name", "need"]):
        step(1)
        need = float("nan") if not need_text else number(need_text)
        if identifier(text) is None:
            faults.add(path, line, f"the id {text!r} is not one, expected 1 to 200 characters without blanks")
        elif text in found:
            faults.add(path, line, f"the id {text} stands on an earlier line too, expected each id once")
        elif need is None or need < 0 or need > 1:
            faults.add(path, line, f"need {need_text} is not a number from 0 to 1")
        else:
            found[text] = (name, need)
    if not found and not faults:
        faults.add(path, 1, "there is no node, expected at least one row below the header")
    return Nodes.of(list(found), [name for name, _ in found.values()], np.array([need for _, need in found.values()]))


def read_links(path: Path, nodes: Nodes, faults: Faults, step: Step) -> Links:
    """With care, in order of source, target, kind."""
    columns = array("q"), array("q"), array("b"), array("q")
    weights = array("d")
    for line, (start, end, kind, weight_text) in rows(path, faults, ["from", "to", "kind"], optional=["weight"]):
        step(1)
        sound = True
        for name, word in (("from", start), ("to", end)):
            if word not in nodes.places:
                faults.add(path, line, f"{name} {word} is no node, expected an id of nodes.csv")
                sound = False
        if kind not in KINDS:
            faults.add(path, line, f"kind {kind!r} is unknown, expected {', '.join(KINDS)}")
            continue
        weight = 1.0 if kind != KINDS[WEIGHTED] else number(weight_text)
        if weight is None or not 0 < weight <= 1e12:
            faults.add(
                path, line, f"weight {weight_text!r} of a weighted link, expected a number above 0, at most 1e12"
            )
        elif sound:
            for column, value in zip(
                columns, (nodes.places[start], nodes.places[end], KINDS.index(kind), line), strict=True
            ):
                column.append(value)
            weights.append(weight)
    source, target, kinds, numbers = (np.array(column) for column in columns)
    links, again = ordered(source, target, kinds, np.array(weights), len(nodes.ids))
    for place in again.tolist():
        faults.add(
            path,
            int(numbers[place]),
            f"the link {nodes.ids[source[place]]} to {nodes.ids[target[place]]} of kind {KINDS[kinds[place]]} stands"
            " on an earlier line too, expected each once",
        )
    return links


def ordered(
    source: Integers, target: Integers, kind: NDArray[np.int8], weight: Floats, size: int
) -> tuple[Links, Integers]:
    """The links in order of source, target and kind, and the rows whose link stands in an earlier row too."""
    key = (source * size + target) * len(KINDS) + kind
    order = np.argsort(key, kind="stable")
    again = order[np.flatnonzero(np.diff(key[order]) == 0) + 1]
    return Links(source[order], target[order], kind[order], weight[order]), again


def read_shares(path: Path, nodes: Nodes, faults: Faults, step: Step) -> Shares:
    """With care."""
    columns = ["node", "provider", "country", "share"]
    keys, places, lines = array("q"), array("q"), array("q")  # of provider, country and year; of nodes
    words, combinations = Names(), Names()
    countries, firms, loaded = Rows(path), Rows(path), Loaded("ours")
    years: set[bool] = set()
    for line, (node, provider, country, share_text, year_text) in rows(path, faults, columns, optional=["year"]):
        step(1)
        loaded.share_rows += 1
        share = 0.0 if not share_text else number(share_text)
        year = 0 if not year_text else whole(year_text)
        place = nodes.places.get(node)
        wrong = _share_fault(node, place, country, share_text, share, year_text, year)
        if wrong or place is None or share is None or year is None:
            faults.add(path, line, wrong)
        else:
            keys.append(combinations.of(f"{words.of(provider)} {words.of(country)} {year}"))
            places.append(place)
            lines.append(line)
            years.add(bool(year))
            if len(years) > 1:
                faults.add(path, line, "some rows have a year and some have none, expected one in all rows or in none")
                faults.stop_if_any()
            known = is_country(country)
            if known:
                loaded.named.add(country)
            if not share_text:
                loaded.without_share.append(f"{node}:{provider or country}")
                continue
            loaded.used += 1
            loaded.no_country += not known
            countries.add(place, country if known else "", share, year, line)
            firms.add(place, provider, share, year, line)
    loaded.without_share.sort()
    for row in repeated(np.array(places, dtype=np.int64), np.array(keys, dtype=np.int64)).tolist():
        faults.add(
            path,
            lines[row],
            f"{nodes.ids[places[row]]} with this provider, country and year stands on an earlier line too, expected each once",
        )
    return Shares(countries.columns(), firms.columns(), loaded)


def repeated(*keys: Integers) -> Integers:
    """The rows whose keys stand in an earlier row too, in order of the keys."""
    order = np.lexsort(keys[::-1])
    same = np.logical_and.reduce([np.diff(key[order]) == 0 for key in keys])
    return order[np.flatnonzero(same) + 1]


def _share_fault(
    node: str, place: int | None, country: str, share_text: str, share: float | None, year_text: str, year: int | None
) -> str:
    if place is None:
        return f"node {node} is unknown, expected an id of nodes.csv"
    if share is None or not 0 <= share <= 1:
        return f"share {share_text} is not a number from 0 to 1"
    if year is None or (year_text and not 1900 <= year <= 2200):
        return f"year {year_text} is not a year, expected one from 1900 to 2200"
    if "+" in country:
        return f"country {country} has a +, which joins countries in a case; expected one country"
    return ""


def read_relief(path: Path, network: Network, faults: Faults) -> list[Relief]:
    """The rows of relief.csv: `node,provider,country,share`."""
    places = {text: place for place, text in enumerate(network.ids)}
    found: list[Relief] = []
    total: dict[int, float] = {}
    seen: set[tuple[str, str, str]] = set()
    for line, (node, provider, country, share_text) in rows(path, faults, ["node", "provider", "country", "share"]):
        share = number(share_text)
        if node not in places:
            faults.add(path, line, f"node {node} is unknown, expected an id of the network")
        elif share is None or not 0 < share <= 1:
            faults.add(path, line, f"share {share_text} is not a number above 0 and at most 1")
        elif (node, provider, country) in seen:
            faults.add(path, line, f"{node}, {provider}, {country} stand on an earlier line too, expected each once")
        elif "+" in country:
            faults.add(path, line, f"country {country} has a +, which joins countries in a case; expected one country")
        else:
            seen.add((node, provider, country))
            total[places[node]] = total.get(places[node], 0.0) + share
            if total[places[node]] > 1 + 1e-9:
                faults.add(path, line, f"the reliefs of {node} add up to {total[places[node]]:.4g}, expected at most 1")
            found.append(Relief(places[node], provider, country, share))
    if not found and not faults:
        faults.add(path, 1, "there is no relief, expected at least one row below the header")
    return sorted(found, key=lambda one: (one.node, one.provider, one.country))


def cases(words: Sequence[str], known: Sequence[str]) -> list[tuple[str, ...]]:
    """The words of --stop as cases. Raises BadInputError for a country that holds no share anywhere."""
    found: list[tuple[str, ...]] = []
    wrong = []
    for word in words:
        parts = tuple(word.split("+"))
        for part in parts:
            if part not in known:
                wrong.append(
                    f"resilience: --stop {word}: no share names {part or 'an empty country'}, expected one of"
                    f" {', '.join(known[:40]) or 'no country at all'}"
                )
        if parts not in found:
            found.append(parts)
    if wrong:
        raise BadInputError(*wrong)
    return found
