"""Who may see and do what: rules with a queryset twin, answers with a reason, deny by default."""

from jiandao.kernel.policy.decisions import Allowed, Decision, Refused, reasons
from jiandao.kernel.policy.rules import Clause, Relation, Rule, Veto, registered_rules, rule_named, rule_sentence

__all__ = [
    "Allowed",
    "Clause",
    "Decision",
    "Refused",
    "Relation",
    "Rule",
    "Veto",
    "reasons",
    "registered_rules",
    "rule_named",
    "rule_sentence",
]
