"""Projects → implement, reserve or plan under budgets of several years and rules, with a bound and with reasons.

plan = Plan({"2026": 100}, (Project("a", 3.0, {"2026": 60}), Project("b", 2.0, {"2026": 50})))
decision = decide(plan)
decision.states["a"], decision.value, decision.bound
"""

from jiandao.engines.portfolio.decision import Decision, decide
from jiandao.engines.portfolio.explain import Explainer, Missing, Reason, Swap, swaps
from jiandao.engines.portfolio.plan import Plan, Project, Rule, contradictions
from jiandao.engines.portfolio.reading import read_plan
from jiandao.engines.portfolio.relax import Relaxation
from jiandao.engines.portfolio.robust import Robust, decide_robustly
from jiandao.engines.portfolio.uncertain import Point, frontier, inclusion, standing
from jiandao.engines.portfolio.verify import Broken, used, verify

__all__ = [
    "Broken",
    "Decision",
    "Explainer",
    "Missing",
    "Plan",
    "Point",
    "Project",
    "Reason",
    "Relaxation",
    "Robust",
    "Rule",
    "Swap",
    "contradictions",
    "decide",
    "decide_robustly",
    "frontier",
    "inclusion",
    "read_plan",
    "standing",
    "swaps",
    "used",
    "verify",
]
