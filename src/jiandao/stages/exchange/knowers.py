"""Who may stand on the need-to-know lists of needs and results."""

from collections.abc import Collection
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.holders import holders
from jiandao.kernel.accounts.roles import Role, Scope
from jiandao.kernel.knowers import Circle, KnowerList
from jiandao.kernel.policy import Allowed, Decision
from jiandao.stages.exchange import gate, policy, states
from jiandao.stages.exchange.introductions.states import OPENED
from jiandao.stages.exchange.models import Introduction, Need, ResearchResult
from jiandao.stages.people.models import Organisation
from jiandao.stages.people.queries import ids_same_as


def _circles(record: Need | ResearchResult, colleagues: Collection[Role]) -> list[Circle]:
    own = ids_same_as(record.organisation_id)
    office = holders(policy.OFFICERS | policy.OBSERVERS, Scope.PROGRAMME, [record.programme_id])
    return [
        Circle(_("people of the organisation"), holders(colleagues, Scope.ORGANISATION, own).order_by("username")),
        Circle(_("programme office and supervision"), office.order_by("username")),
        *_introduced(record),
    ]


def _introduced(record: Need | ResearchResult) -> list[Circle]:
    """The people of the other side, once the contact is open: what they talk about may become need-to-know meanwhile."""
    asks = isinstance(record, Need)
    opened = Introduction.everywhere().filter(state__in=OPENED, **{"need" if asks else "result": record})
    units = opened.values("answerer__same_id" if asks else "asker__same_id")
    others = list(Organisation.objects.filter(same_id__in=units).values_list("pk", flat=True))
    if not others:
        return []
    roles = policy.ANSWERERS if asks else policy.ASKERS
    people = holders(roles, Scope.ORGANISATION, others)
    return [Circle(_("people of organisations that were introduced"), people.order_by("username"))]


def _office_still_knows(actor: Actor, need: Need, at: datetime) -> Decision:
    """While the office has a need before it, an officer who may check it stays on the list."""
    return gate.an_officer_may_read_it(actor, need, at) if need.state in states.NEED_IN_OFFICE else Allowed()


NEED_KNOWERS = KnowerList(
    policy.ADMIT_TO_NEED, policy.DISMISS_FROM_NEED, lambda need: _circles(need, policy.ASKERS), _office_still_knows
)
RESULT_KNOWERS = KnowerList(
    policy.ADMIT_TO_RESULT, policy.DISMISS_FROM_RESULT, lambda result: _circles(result, policy.ANSWERERS)
)
