"""Choke points of a supply network: who holds what, what stops when a country stops, and what a relief changes."""

from jiandao.engines.resilience.measures import Concentration, Thresholds, concentration, histories
from jiandao.engines.resilience.network import (
    ALL_OF,
    ANY_OF,
    KINDS,
    WEIGHTED,
    Holdings,
    Links,
    Network,
    Relief,
    relieved,
)
from jiandao.engines.resilience.stops import Stops, node_losses, single_points, stops
from jiandao.engines.resilience.sweep import Plan

__all__ = [
    "ALL_OF",
    "ANY_OF",
    "KINDS",
    "WEIGHTED",
    "Concentration",
    "Holdings",
    "Links",
    "Network",
    "Plan",
    "Relief",
    "Stops",
    "Thresholds",
    "concentration",
    "histories",
    "node_losses",
    "relieved",
    "single_points",
    "stops",
]
