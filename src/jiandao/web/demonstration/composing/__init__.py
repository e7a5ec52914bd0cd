"""The texts of the demonstration programme (演示数据): composed by seed, kind and number, never stored, no database.

Every generator streams, and every record follows from (seed, kind, index) alone, so that any slice can be made by itself.
"""

from jiandao.web.demonstration.composing.experts import capabilities, experts
from jiandao.web.demonstration.composing.needs import needs
from jiandao.web.demonstration.composing.organisations import organisations
from jiandao.web.demonstration.composing.plan import MARK, PROVINCE, SIZES, SMALL, Plan
from jiandao.web.demonstration.composing.results import results

__all__ = [
    "MARK",
    "PROVINCE",
    "SIZES",
    "SMALL",
    "Plan",
    "capabilities",
    "experts",
    "needs",
    "organisations",
    "results",
]
