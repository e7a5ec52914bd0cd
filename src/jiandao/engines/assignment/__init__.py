"""Experts → proposals: panels under conflicts, loads, roles and institutions, with a proof that none is better.

The methods are told in docs/developer/assignment.md.
"""

from jiandao.engines.assignment.lottery import Lottery, lottery
from jiandao.engines.assignment.records import (
    Certificate,
    InfeasibleError,
    Prices,
    Problem,
    Solution,
    Unsatisfied,
    panel_sums,
)
from jiandao.engines.assignment.shortage import unsatisfied
from jiandao.engines.assignment.solving import assign, total_bound

__all__ = [
    "Certificate",
    "InfeasibleError",
    "Lottery",
    "Prices",
    "Problem",
    "Solution",
    "Unsatisfied",
    "assign",
    "lottery",
    "panel_sums",
    "total_bound",
    "unsatisfied",
]
