"""The report of `jiandao resilience` as plain values."""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Any

import numpy as np

from jiandao.engines.executor import Executor
from jiandao.engines.resilience.measures import Concentration, Thresholds, concentration, histories, quality
from jiandao.engines.resilience.network import KINDS, Floats, Network
from jiandao.engines.resilience.reading import Loaded
from jiandao.engines.resilience.reasons import sentence
from jiandao.engines.resilience.stops import (
    MOST,
    Stops,
    countries_that_end,
    every_country,
    node_losses,
    single_points,
    stops,
)
from jiandao.engines.resilience.sweep import Plan
from jiandao.engines.runs import Entries


def rounded(value: float) -> float | None:
    """Nine digits after the point; None for NaN; no −0."""
    return None if math.isnan(value) else round(float(value), 9) + 0.0


class Analysis:
    """Everything that is computed about one network: the measures, the cases, the single points."""

    def __init__(
        self,
        network: Network,
        cases: Sequence[tuple[str, ...]],
        *,
        home: str,
        thresholds: Thresholds,
        plan: Plan,
        over: Callable[[], bool],
        where: Executor,
        every_node: bool = False,
        spare: float = 0.0,
    ) -> None:
        self.network = network
        self.spare = spare
        self.home = home
        self.thresholds = thresholds
        self.measures: Concentration = concentration(network, home, thresholds)
        found = stops(network, cases, plan=plan, spare=spare, over=over, where=where)
        countries = [(name,) for name in every_country(network).tolist()]
        alone = found
        if countries != cases:
            alone = stops(network, countries, plan=plan, spare=spare, over=over, where=where)
        self.complete = found is not None and alone is not None
        if found is None or alone is None:
            return
        self.found: Stops = found
        self.ended = countries_that_end(alone, network)
        loss = dict(zip(alone.cases, alone.loss.tolist(), strict=True))
        holders = network.countries.holders
        self.criticality = np.array(
            [loss.get(holders[top], 0.0) if top >= 0 else math.nan for top in self.measures.top.tolist()]
        )
        self.points = single_points(network, plan=plan, most=math.inf if every_node else MOST, over=over, where=where)
        single = self.points[1] if self.points else None
        weighted = bool((network.links.kind == KINDS.index("weighted")).any())
        self.node_loss = (
            node_losses(
                network,
                self._lost_with_the_largest(),
                plan=plan,
                single=single,
                most=math.inf if every_node else 10 * MOST,
                over=over,
                where=where,
            )
            if weighted or single is not None
            else None
        )

    def _lost_with_the_largest(self) -> Floats:
        """What a node loses of its supply when its largest country stops delivering to it."""
        top = self.measures.top_share
        others = self.network.countries.totals(self.network.size) - top
        return np.maximum(0.0, top - self.spare * np.maximum(0.0, others))

    def stopped(self) -> Entries:
        """`{case: {"remaining": {final: share}, "loss"}}`."""
        ids = [self.network.ids[final] for final in self.found.finals.tolist()]

        def remaining(row: Floats) -> Iterator[tuple[str, float | None]]:
            return zip(ids, map(rounded, row.tolist()), strict=True)

        def entries() -> Iterator[tuple[str, Entries]]:
            found = self.found
            for case, row, loss in zip(found.cases, found.remaining, found.loss.tolist(), strict=True):
                yield case, Entries.of(remaining=Entries(partial(remaining, row)), loss=rounded(loss))

        return Entries(entries)

    def node(self, place: int, language: str, unrated: bool) -> dict[str, Any]:
        """The measures of one node."""
        network, measures = self.network, self.measures
        top = int(measures.top[place])
        reasons = self._reasons(place)
        if unrated:
            reasons.append({"code": "unrated"})
        return {
            "name": network.names[place],
            "hhi_country": rounded(measures.hhi_country[place]),
            "hhi_country_high": rounded(measures.hhi_country_high[place]),
            "hhi_firm": rounded(measures.hhi_firm[place]),
            "top_share": rounded(measures.top_share[place]),
            "top_country": network.countries.holders[top] if top >= 0 else None,
            "home_share": rounded(measures.home[place]),
            "unknown_share": rounded(measures.unknown[place]),
            "criticality": rounded(self.criticality[place]),
            "node_loss": None if self.node_loss is None else rounded(self.node_loss[place]),
            "single_point_of": None if self.points is None else int(self.points[0][place]),
            "unrated": unrated,
            "year": int(network.year[place]) or None,
            "quality": quality(float(measures.unknown[place]), self.thresholds) if top >= 0 else "none",
            **({"scaled_from": rounded(network.rounded[place])} if network.rounded[place] else {}),
            "choke": bool(measures.choke[place]),
            "why": [{**reason, "text": sentence(reason, language)} for reason in reasons],
        }

    def _reasons(self, place: int) -> list[dict[str, Any]]:
        measures, limits = self.measures, self.thresholds
        if not measures.choke[place]:
            return []
        unknown = float(measures.unknown[place])
        facts = {
            "top": self.network.countries.holders[int(measures.top[place])],
            "home": self.home,
            "home_share": rounded(measures.home[place]),
            "home_threshold": limits.home,
            "quality": quality(unknown, limits),
            "unknown": rounded(unknown),
            "year": int(self.network.year[place]) or None,
        }
        tests = (
            ("foreign-majority", "top_share", measures.by_majority, measures.top_share, limits.majority),
            ("foreign-concentration", "hhi_country", measures.by_hhi, measures.hhi_country, limits.hhi),
        )
        return [
            {"code": code, "measure": measure, "value": rounded(values[place]), "threshold": threshold, **facts}
            for code, measure, fired, values, threshold in tests
            if fired[place]
        ]

    def nodes(self, language: str, places: Sequence[int] | None = None) -> Entries:
        """Measures by id, of all nodes or of these."""
        fed = np.zeros(self.network.size, bool)
        fed[self.network.links.target] = True
        unrated = ~self.network.rated() & ~fed
        order = range(self.network.size) if places is None else places
        return Entries(
            lambda: ((self.network.ids[place], self.node(place, language, bool(unrated[place]))) for place in order)
        )


def compose(
    before: Analysis, after: Analysis | None, changed: Sequence[int], loaded: Loaded, plan: Plan, language: str
) -> dict[str, Any]:
    """The whole report but for `run`; what is large is made only when it is written."""
    network = before.network
    report: dict[str, Any] = {
        "home": before.home,
        "thresholds": asdict(before.thresholds),
        "spare": before.spare,
        "data": {
            "layout": loaded.layout,
            "nodes": loaded.nodes,
            "links": {kind: int((network.links.kind == place).sum()) for place, kind in enumerate(KINDS)},
            "share_rows": loaded.share_rows,
            "rows_lost": loaded.share_rows - loaded.used - len(loaded.without_share),
            "rows_without_share": len(loaded.without_share),
            "rows_without_country": loaded.no_country,
            "rows_of_older_years": loaded.old,
            "without_share": loaded.without_share,
            "need_ignored": loaded.need_ignored,
            "every_node_tried": before.points is not None and before.node_loss is not None,
            "nodes_in_cycles": plan.cycles,
            "cycles_settled_within": rounded(plan.unsettled),
        },
        "chokes": [network.ids[place] for place in np.flatnonzero(before.measures.choke).tolist()],
        "single_points": _single(before),
        "countries_that_end": before.ended,
        "nodes": before.nodes(language),
        "stopped": before.stopped(),
        "history": histories(network, before.home),
    }
    if after is not None:
        report["before"] = Entries.of(stopped=report["stopped"], nodes=before.nodes(language, changed))
        report["after"] = Entries.of(stopped=after.stopped(), nodes=after.nodes(language, changed))
    return report


def _single(analysis: Analysis) -> list[dict[str, Any]] | None:
    """Nodes without which final products end, those that carry most need first; None when that was too much to compute."""
    if analysis.points is None:
        return None
    count, share = analysis.points
    places = np.flatnonzero(count).tolist()
    places.sort(key=lambda place: (-round(float(share[place]), 9), analysis.network.ids[place]))
    return [
        {"node": analysis.network.ids[place], "final_products": int(count[place]), "need": rounded(share[place])}
        for place in places
    ]
