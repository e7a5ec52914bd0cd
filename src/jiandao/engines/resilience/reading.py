"""Networks from files: our own layout, or that of the ETO supply-chain dataset; and reliefs."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from jiandao.engines.files import BadInputError, Faults
from jiandao.engines.resilience.network import KINDS, WEIGHTED, Links, Network, Relief
from jiandao.engines.resilience.shares import Names, Rows, is_country, newest
from jiandao.engines.tables import identifier, number, rows, whole

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


def read(folder: Path, faults: Faults) -> tuple[Network, Loaded]:
    """The network of a folder. Faults of all files are collected; raises BadInputError with them."""
    if layout(folder) == "eto":
        from jiandao.engines.resilience.eto import read_eto

        return read_eto(folder, faults)
    nodes = _Nodes()
    _read_nodes(folder / "nodes.csv", nodes, faults)
    links, needs_no = _read_links(folder / "links.csv", nodes, faults)
    loaded = Loaded("ours", nodes=len(nodes.ids), links=len(links.source))
    countries, firms = Rows(folder / "shares.csv"), Rows(folder / "shares.csv")
    _read_shares(folder / "shares.csv", nodes, countries, firms, loaded, faults)
    faults.stop_if_any()
    # The order of rows must not matter: nodes are numbered by id from here on.
    size = len(nodes.ids)
    by_country, by_firm = (newest(table, size, nodes.ids, faults) for table in (countries, firms))
    faults.stop_if_any()
    final = np.ones(size, bool)
    final[needs_no] = False
    need = np.array(nodes.need)
    loaded.need_ignored = [nodes.ids[place] for place in np.flatnonzero(~final & (np.nan_to_num(need) > 0)).tolist()]
    loaded.old = by_country.old
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
class _Nodes:
    ids: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    need: list[float] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)


def _read_nodes(path: Path, nodes: _Nodes, faults: Faults) -> None:
    found: dict[str, tuple[str, float]] = {}
    for line, (text, name, need_text) in rows(path, faults, ["id"], optional=["name", "need"]):
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
    for place, (text, (name, need)) in enumerate(sorted(found.items())):
        nodes.ids.append(text)
        nodes.names.append(name)
        nodes.need.append(need)
        nodes.places[text] = place


def _read_links(
    path: Path, nodes: _Nodes, faults: Faults
) -> tuple[Links, "np.ndarray[tuple[int], np.dtype[np.int64]]"]:
    columns = array("q"), array("q"), array("q"), array("q")
    weights = array("d")
    for line, (start, end, kind, weight_text) in rows(path, faults, ["from", "to", "kind"], optional=["weight"]):
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
    source, target, kinds, numbers = (np.array(column, dtype=np.int64) for column in columns)
    order = np.lexsort((numbers, kinds, target, source))
    same = np.flatnonzero((np.diff(source[order]) == 0) & (np.diff(target[order]) == 0) & (np.diff(kinds[order]) == 0))
    for place in order[same + 1].tolist():
        faults.add(
            path,
            int(numbers[place]),
            f"the link {nodes.ids[source[place]]} to {nodes.ids[target[place]]} of kind {KINDS[kinds[place]]} stands"
            " on an earlier line too, expected each once",
        )
    links = Links(source[order], target[order], kinds[order].astype(np.int8), np.array(weights)[order])
    return links, np.unique(source)


def _read_shares(
    path: Path,
    nodes: _Nodes,
    countries: Rows,
    firms: Rows,
    loaded: Loaded,
    faults: Faults,
) -> None:
    columns = ["node", "provider", "country", "share"]
    keys, places, lines = array("q"), array("q"), array("q")  # of provider, country and year; of nodes
    words, combinations = Names(), Names()
    years: set[bool] = set()
    for line, (node, provider, country, share_text, year_text) in rows(path, faults, columns, optional=["year"]):
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
                return
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
    node_places, key_places = np.array(places, dtype=np.int64), np.array(keys, dtype=np.int64)
    order = np.lexsort((np.array(lines, dtype=np.int64), key_places, node_places))
    same = (np.diff(node_places[order]) == 0) & (np.diff(key_places[order]) == 0)
    for row in order[np.flatnonzero(same) + 1].tolist():
        faults.add(
            path,
            lines[row],
            f"{nodes.ids[places[row]]} with this provider, country and year stands on an earlier line too, expected each once",
        )


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
