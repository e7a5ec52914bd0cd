"""What waits on somebody's desk in the directory: family ties to confirm."""

from django.utils.translation import gettext as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import Role
from jiandao.kernel.components import DeskGroup, DeskItem, Link
from jiandao.kernel.pages.places import url_of
from jiandao.kernel.pages.records import state_badge
from jiandao.kernel.programme import Programme
from jiandao.stages.people import lifecycle, policy, queries, states
from jiandao.stages.people.models import FamilyTie

SHOWN = 8
ANSWERING = policy.KEEPERS | {Role.UNIT_ADMINISTRATOR}


def waiting(actor: Actor, programme: Programme) -> list[DeskGroup]:
    """Ties that the other side has entered, for unit administrators; those and contested ones, for officers."""
    if not ANSWERING & actor.roles:
        return []
    wanted = [states.ENTERED, *([states.CONTESTED] if policy.KEEPERS & actor.roles else [])]
    ties = queries.ties().filter(policy.CONFIRM_TIE.q(actor), state__in=wanted, voided_at__isnull=True)
    ties = states.tie_reader.annotate(ties, actor.at)
    shown = list(ties.order_by("changed_at", "id")[: SHOWN + 1])
    return [
        DeskGroup(
            title=_("Family ties to confirm"),
            items=[_item(tie) for tie in shown[:SHOWN]],
            total=len(shown) if len(shown) <= SHOWN else ties.count(),
        )
    ]


def _item(tie: FamilyTie) -> DeskItem:
    url = url_of(tie)
    return DeskItem(
        title=str(tie),
        url=url,
        task=_("Is it so? Confirm or contest it."),
        action=Link(_("Open"), url),
        from_whom=tie.entered_for.name if tie.entered_for else "",
        state=state_badge(lifecycle.TIE, tie.state_now),  # type: ignore[attr-defined]
    )
