"""The indicators of a question beside what an answer states of them: met, missed, not settled, not found in its text.

Both are read from what the page shows anyway: the indicators of a question that one may read, the texts of an answer that
one may read. Records come with their indicators (`prefetch_related`); nothing is asked of the database here.
"""

from typing import Any

from jiandao.engines.matching.indicators import Checked, Indicator, check
from jiandao.stages.exchange.known_facts import asks_level, level_of
from jiandao.stages.exchange.models import Capability, Challenge, Need, ResearchResult
from jiandao.stages.exchange.models.common import Indicator as AskedIndicator


def demands(record: Any, other: Any) -> tuple[Checked, ...]:
    """What the answer of the two states of the indicators of the question, in their order; none where it is an expert."""
    question, answer = (record, other) if isinstance(record, Need | Challenge) else (other, record)
    if not isinstance(question, Need | Challenge) or not isinstance(answer, ResearchResult | Capability):
        return ()
    asked = [_indicator(one) for one in question.indicators.all()]
    if not asked:
        return ()
    texts = [answer.title, answer.text, answer.title_other, answer.summary_other]
    level = level_of(answer)
    # The level of maturity has a field of its own, which counts more than the text.
    stated = [f"{one.name}：{level}{one.unit}" for one in asked if level is not None and asks_level(one.name)]
    return tuple(check([one], stated if stated and asks_level(one.name) else texts)[0] for one in asked)


def _indicator(one: AskedIndicator) -> Indicator:
    return Indicator(one.name, one.comparator, one.threshold, one.unit, one.tolerance)
