"""Which records of the exchange carry files, and by which rules."""

from jiandao.kernel.files.holding import Holder, hold
from jiandao.stages.exchange import policy, queries, rules
from jiandao.stages.exchange.models import Need, ResearchResult

NEED = hold(
    Holder(
        Need.kind, policy.ATTACH_TO_NEED, policy.READ_NEED, policy.NEED_HISTORY, queries.need_records,
        rules.FILES_MOST, "exchange:need",
    )
)  # fmt: skip
RESULT = hold(
    Holder(
        ResearchResult.kind, policy.ATTACH_TO_RESULT, policy.READ_RESULT, policy.RESULT_HISTORY,
        queries.result_records, rules.FILES_MOST, "exchange:result",
    )
)  # fmt: skip
