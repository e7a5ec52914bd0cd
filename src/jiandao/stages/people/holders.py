"""Which records of the directory carry files, and by which rules."""

from jiandao.kernel.files.holding import Holder, hold
from jiandao.stages.people import policy, queries, rules
from jiandao.stages.people.models import Certificate

CERTIFICATE = hold(
    Holder(
        Certificate.kind, policy.EDIT_CERTIFICATE, policy.READ_CERTIFICATE, policy.READ_CERTIFICATE,
        queries.certificate_records, rules.FILES_MOST, "people:certificate",
    )
)  # fmt: skip
