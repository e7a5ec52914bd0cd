"""What can happen in the exchange, beside the verbs of the lifecycles."""

from jiandao.stages.exchange.actions.challenges import condense, edit_challenge
from jiandao.stages.exchange.actions.checks import assess
from jiandao.stages.exchange.actions.records import (
    NEED_FIELDS,
    RESULT_FIELDS,
    create_need,
    create_result,
    edit_need,
    edit_result,
)

__all__ = [
    "NEED_FIELDS",
    "RESULT_FIELDS",
    "assess",
    "condense",
    "create_need",
    "create_result",
    "edit_challenge",
    "edit_need",
    "edit_result",
]
