"""Reminders of certificates that end soon: one for each step of the rulebook, never twice."""

from datetime import timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from jiandao.kernel import clock
from jiandao.kernel.accounts.actor import anonymous
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.jobs import daily_at
from jiandao.kernel.notifications import MESSAGES, tell
from jiandao.stages.people import rules, states
from jiandao.stages.people.models import Certificate
from jiandao.stages.people.queries import certificates_in_force, ids_same_as

MESSAGES["certificate.ends"] = _("A certificate ends on %(until)s: %(title)s. Enter the new one beside it.")
AT_ONCE = 200


@daily_at("07:30", "people.certificate.remind")
def remind() -> int:
    """Tell the unit administrators of each certificate that reached a step since the last time; how many certificates.

    A step that was missed (no worker ran) is made up for by the next one, with one message. A certificate with a later
    one of the same kind beside it is not spoken of any more.
    """
    steps = sorted({int(one) for one in rules.REMIND_DAYS.at().value if str(one).isdecimal()})
    if not steps:
        return 0
    today, count = clock.today(), 0
    while True:
        with transaction.atomic():
            found = list(_waiting(steps)[:AT_ONCE])
            for certificate in found:
                left = (certificate.valid_until - today).days  # type: ignore[operator]
                certificate.reminded = min(step for step in steps if step >= left)
                if not _renewed(certificate):
                    _tell(certificate)
            Certificate.objects.bulk_update(found, ["reminded"])
        count += len(found)
        if len(found) < AT_ONCE:
            return count


def _waiting(steps: list[int]) -> QuerySet[Certificate]:
    """Certificates that have come nearer to their end than at their last reminder, locked."""
    today = clock.today()
    reached = Q(pk__in=())
    for step in steps:
        until = today + timedelta(days=step)
        reached |= Q(valid_until__lte=until) & (Q(reminded__isnull=True) | Q(reminded__gt=step))
    waiting = Certificate.objects.filter(reached, valid_until__gte=today, state__in=[states.ENTERED, states.CHECKED])
    return waiting.select_for_update(of=("self",), skip_locked=True).select_related("organisation").order_by("pk")


def _renewed(certificate: Certificate) -> bool:
    later = certificates_in_force(certificate.organisation, clock.today(), [certificate.certificate_kind])
    ends_later = Q(valid_until__isnull=True) | Q(valid_until__gt=certificate.valid_until)
    return later.filter(ends_later, title=certificate.title).exclude(pk=certificate.pk).exists()


def _tell(certificate: Certificate) -> None:
    told = holders({Role.UNIT_ADMINISTRATOR}, Scope.ORGANISATION, ids_same_as(certificate.organisation_id))
    facts = {"title": certificate.title, "until": certificate.valid_until}
    tell(accounts=list(told), code="certificate.ends", record=certificate, actor=anonymous(), facts=facts)
