"""The layout of the ETO supply-chain dataset (Emerging Technology Observatory, Georgetown University).

`goes_into` is an all-of link and `is_type_of` an any-of link: of the types of a tool, one will do. Shares are per cent.
Rows of countries and rows of firms describe the same supply twice and are never added together: countries come from country
rows where a node has any with a share, else from its firms' countries. Stages are nodes with shares and without links.
"""

from pathlib import Path

import numpy as np

from jiandao.engines.files import Faults
from jiandao.engines.resilience.network import ALL_OF, ANY_OF, Links, Network
from jiandao.engines.resilience.reading import Loaded
from jiandao.engines.resilience.shares import Rows, is_country, newest
from jiandao.engines.tables import number, rows, whole

_COUNTRY = "country"


def read_eto(folder: Path, faults: Faults) -> tuple[Network, Loaded]:
    """The network of a folder with inputs, providers, provision, sequence and stages. Raises BadInputError with all faults."""
    found: dict[str, tuple[str, bool]] = {}
    for name, columns in (("inputs.csv", ["input_id", "input_name"]), ("stages.csv", ["stage_id", "stage_name"])):
        for line, (text, title) in rows(folder / name, faults, columns):
            if not text or text in found:
                wrong = f"the id {text} stands earlier too" if text else f"there is no {columns[0]}"
                faults.add(folder / name, line, f"{wrong}, expected each id once")
                continue
            found[text] = (title, name == "stages.csv")
    ids = sorted(found)
    places = {text: place for place, text in enumerate(ids)}
    providers = _providers(folder / "providers.csv", faults)
    links = _links(folder / "sequence.csv", places, faults)
    loaded = Loaded("eto", nodes=len(ids), links=len(links.source))
    countries, firms, by_firms = _provision(folder / "provision.csv", places, providers, loaded, faults)
    faults.stop_if_any()
    given, held, derived = (newest(table.columns(), len(ids), ids, faults) for table in (countries, firms, by_firms))
    faults.stop_if_any()
    # A node whose countries are given takes nothing from its firms' countries.
    instead = ~given.covered & derived.covered
    use = instead[derived.holdings.node]
    first, second = given.holdings, derived.holdings
    names = [*first.holders, *(name for name in second.holders if name not in first.holders)]
    joined = first.grouped(
        names,
        np.r_[first.node, second.node[use]],
        np.r_[
            first.holder, np.array([names.index(second.holders[one]) for one in second.holder[use].tolist()], np.int64)
        ],
        np.r_[first.share, second.share[use]],
    )
    stage = np.array([found[text][1] for text in ids])
    final = ~stage
    final[links.source] = False
    network = Network(
        ids=tuple(ids),
        names=tuple(found[text][0] for text in ids),
        need=final.astype(float),
        final=final,
        links=links,
        countries=joined,
        firms=held.holdings,
        year=np.where(given.covered, given.year, held.year),
        rounded=np.where(given.covered, given.rounded, derived.rounded),
        series={**{node: rows for node, rows in derived.series.items() if instead[node]}, **given.series},
    )
    loaded.old = given.old + held.old
    return network, loaded


Providers = dict[str, tuple[str, bool, str]]  # id → name, whether it is a country's row, country


def _providers(path: Path, faults: Faults) -> Providers:
    found: Providers = {}
    columns = ["provider_name", "provider_id", "provider_type", "country"]
    for line, (name, text, kind, country) in rows(path, faults, columns):
        own = (name, kind == _COUNTRY, name if kind == _COUNTRY else country)
        if not text:
            faults.add(path, line, "there is no provider_id, expected an id")
        elif found.get(text, own) != own:  # a provider has a row for each of its aliases
            faults.add(path, line, f"{text} stands earlier with another name, type or country, expected the same")
        elif kind not in {_COUNTRY, "organization"}:
            faults.add(path, line, f"provider_type {kind!r} is unknown, expected country or organization")
        else:
            found[text] = own
    return found


def _links(path: Path, places: dict[str, int], faults: Faults) -> Links:
    found: dict[tuple[int, int, int], None] = {}
    for line, (text, into, type_of) in rows(path, faults, ["input_id", "goes_into_id", "is_type_of_id"]):
        if not into and not type_of:
            faults.add(path, line, "neither goes_into_id nor is_type_of_id is there, expected one")
        for kind, target in ((ALL_OF, into), (ANY_OF, type_of)):
            wrong = [word for word in (text, target) if target and word not in places]
            if wrong:
                faults.add(path, line, f"{wrong[0] or 'an empty id'} is unknown, expected an id of inputs.csv")
            elif target:
                key = (places[text], places[target], kind)
                if key in found:
                    faults.add(path, line, f"the link {text} to {target} stands earlier too, expected each once")
                found[key] = None
    ordered = np.array(sorted(found), dtype=np.int64).reshape(-1, 3)
    return Links(ordered[:, 0], ordered[:, 1], ordered[:, 2].astype(np.int8), np.ones(len(ordered)))


def _provision(
    path: Path, places: dict[str, int], providers: Providers, loaded: Loaded, faults: Faults
) -> tuple[Rows, Rows, Rows]:
    countries, firms, by_firms = Rows(path), Rows(path), Rows(path)
    seen: set[tuple[str, str, int]] = set()
    columns = ["provider_id", "provided_id", "share_provided"]
    for line, (provider, node, share_text, year_text) in rows(path, faults, columns, optional=["year"]):
        loaded.share_rows += 1
        share = 0.0 if not share_text else number(share_text)
        year = 0 if not year_text else whole(year_text)
        if provider not in providers:
            faults.add(path, line, f"provider_id {provider} is unknown, expected an id of providers.csv")
        elif node not in places:
            faults.add(path, line, f"provided_id {node} is unknown, expected an id of inputs.csv or stages.csv")
        elif share is None or not 0 <= share <= 100:
            faults.add(path, line, f"share_provided {share_text} is not a number from 0 to 100")
        elif year is None or (year_text and not 1900 <= year <= 2200):
            faults.add(path, line, f"year {year_text} is not a year, expected one from 1900 to 2200")
        elif (provider, node, year) in seen:
            faults.add(path, line, f"{provider} and {node} stand on an earlier line too, expected each once a year")
        else:
            seen.add((provider, node, year))
            name, whole_country, country = providers[provider]
            known = is_country(country)
            if known:
                loaded.named.add(country)
            if not share_text:
                loaded.without_share.append(f"{node}:{name}")
                continue
            loaded.used += 1
            loaded.no_country += not known
            if whole_country:
                countries.add(places[node], country if known else "", share / 100, year, line)
            else:
                firms.add(places[node], provider, share / 100, year, line)
                by_firms.add(places[node], country if known else "", share / 100, year, line)
    loaded.without_share.sort()
    return countries, firms, by_firms
