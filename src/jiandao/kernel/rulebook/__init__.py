"""Numbers of regulations: dated, sourced, editable; never a constant in the code that decides by them.

A room declares in its `rules.py` what it reads (`reads`), and asks the declaration for the value on a day. The default
of a declaration becomes edition 1 for everybody; a programme's officers may set another value from today on.
"""

from jiandao.kernel.rulebook.declarations import Declared, Kind, declared, reads
from jiandao.kernel.rulebook.reading import RuleMissing, RuleValue, one_reading, rule, rules_at

__all__ = ["Declared", "Kind", "RuleMissing", "RuleValue", "declared", "one_reading", "reads", "rule", "rules_at"]
