"""How a node's supply is concentrated, and whether that makes it a choke point."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jiandao.engines.resilience.network import Floats, Holdings, Integers, Network


@dataclass(frozen=True)
class Thresholds:
    """Numbers of the choke tests; those who run a programme set them."""

    majority: float = 0.5  # the largest foreign country holds at least this much
    home: float = 0.1  # while the home country holds less than this
    hhi: float = 0.4  # or the Herfindahl index by country is at least this
    complete: float = 0.05  # shares that leave no more than this unknown count as complete
    poor: float = 0.5  # and those that leave more than this as poor


@dataclass(frozen=True)
class Concentration:
    """Measures of n nodes, arrays of shape (n,); NaN (top: −1) where no share is known.

    `hhi_country`, `hhi_firm`: sums of squared shares, 0 to 1; the unknown remainder counts nothing, so they are lower
    bounds (`hhi_country_high`: were it all the largest country's). `top`: the place of the largest country in
    `network.countries.holders`, ties to the first by name. `home`, `unknown`: shares.
    """

    hhi_country: Floats
    hhi_country_high: Floats
    hhi_firm: Floats
    top: Integers
    top_share: Floats
    home: Floats
    unknown: Floats
    choke: NDArray[np.bool_]
    by_majority: NDArray[np.bool_]
    by_hhi: NDArray[np.bool_]


def _squares(holdings: Holdings, size: int) -> Floats:
    some = np.bincount(holdings.node, minlength=size) > 0
    return np.where(some, np.bincount(holdings.node, holdings.share**2, size), np.nan)


def _top(holdings: Holdings, size: int) -> tuple[Integers, Floats]:
    """The largest holder of each node and its share; rows are in order of node, then holder."""
    top, share = np.full(size, -1, np.int64), np.full(size, np.nan)
    order = np.lexsort((-holdings.holder, holdings.share, holdings.node))  # the last row of a node wins
    top[holdings.node[order]] = holdings.holder[order]
    share[holdings.node[order]] = holdings.share[order]
    return top, share


def concentration(network: Network, home: str = "CHN", thresholds: Thresholds | None = None) -> Concentration:
    """The measures of every node.

    A node is a choke point when its largest country is foreign, the home share is below `thresholds.home`, and that
    country holds at least `thresholds.majority` or the index by country is at least `thresholds.hhi`.
    """
    limits = thresholds or Thresholds()
    size = network.size
    countries = network.countries
    top, top_share = _top(countries, size)
    hhi = _squares(countries, size)
    unknown = network.unknown()
    rated = top >= 0
    own: Floats = np.zeros(size)
    if home in countries.holders:
        mine = countries.holder == countries.holders.index(home)
        own = np.bincount(countries.node[mine], countries.share[mine], size).astype(np.float64)
        foreign = rated & (top != countries.holders.index(home))
    else:
        foreign = rated
    weak = foreign & (own < limits.home)
    by_majority = weak & (np.nan_to_num(top_share) >= limits.majority)
    by_hhi = weak & (np.nan_to_num(hhi) >= limits.hhi)
    return Concentration(
        hhi_country=hhi,
        hhi_country_high=hhi - top_share**2 + (top_share + unknown) ** 2,
        hhi_firm=_squares(network.firms, size),
        top=top,
        top_share=top_share,
        home=np.where(rated, own, np.nan),
        unknown=unknown,
        choke=by_majority | by_hhi,
        by_majority=by_majority,
        by_hhi=by_hhi,
    )


def quality(unknown: float, limits: Thresholds) -> str:
    """How far shares that leave this much unknown can be trusted: complete, partial or poor."""
    if unknown <= limits.complete:
        return "complete"
    return "partial" if unknown <= limits.poor else "poor"


def histories(network: Network, home: str = "CHN") -> dict[str, list[dict[str, Any]]]:
    """The measures by year of each node whose shares carry more than one year, oldest first."""
    found = {}
    for node, years in sorted(network.series.items(), key=lambda entry: network.ids[entry[0]]):
        if len(years) < 2:
            continue
        rows = []
        for year, shares in years:
            top, share = min(shares, key=lambda one: (-one[1], one[0]), default=("", 0.0))
            rows.append(
                {
                    "year": year,
                    "hhi_country": round(sum(one[1] ** 2 for one in shares), 9),
                    "top_country": top or None,
                    "top_share": round(share, 9),
                    "home_share": round(sum(one[1] for one in shares if one[0] == home), 9),
                    "unknown_share": round(max(0.0, 1 - sum(one[1] for one in shares)), 9),
                }
            )
        found[network.ids[node]] = rows
    return found
