"""Once a year somebody is asked whether a capability is still there."""

from datetime import timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.jobs import daily_at
from jiandao.kernel.notifications import tell
from jiandao.stages.exchange.capabilities import effects, states
from jiandao.stages.exchange.models import Capability

BEFORE = timedelta(days=30)  # so long before it counts as not confirmed
AT_ONCE = 200


@daily_at("07:40", "exchange.capability.remind")
def remind() -> int:
    """Ask the keepers of each capability whose confirmation runs out; once for each confirmation. How many."""
    count = 0
    while True:
        with transaction.atomic():
            found = list(_waiting()[:AT_ONCE])
            for capability in found:
                assert capability.confirmed_at is not None  # the database keeps none offered without it
                until = states.years_from(capability.confirmed_at, 1).date()
                facts = {"title": capability.title, "until": until}
                tell(
                    accounts=effects.keepers(capability),
                    code="capability.confirm",
                    record=capability,
                    actor=anonymous(),
                    facts=facts,
                )
            Capability.everywhere().filter(pk__in=[one.pk for one in found]).update(reminded_at=clock.now())
        count += len(found)
        if len(found) < AT_ONCE:
            return count


def _waiting() -> QuerySet[Capability]:
    """Offered capabilities that were not confirmed for long and not asked after since, locked."""
    found = Capability.everywhere().filter(
        Q(reminded_at__isnull=True) | Q(reminded_at__lt=F("confirmed_at")),
        state=states.PUBLISHED,
        confirmed_at__lte=states.years_from(clock.now() + BEFORE, -1),
    )
    return found.select_for_update(of=("self",), skip_locked=True).select_related("organisation").order_by("pk")
