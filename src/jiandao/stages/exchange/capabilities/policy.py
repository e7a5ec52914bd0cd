"""Who may see, offer and book capabilities."""

from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from jiandao.kernel.accounts.actor import Actor
from jiandao.kernel.accounts.roles import CIRCLE, Role, Scope
from jiandao.kernel.policy import Clause, Relation, Rule
from jiandao.kernel.policy.relations import ANYBODY, FOR_SOME_ORGANISATION, IN_ITS_ORGANISATION, IN_PROGRAMME
from jiandao.kernel.secrecy import OPEN, SHARED
from jiandao.stages.exchange.capabilities import states
from jiandao.stages.exchange.policy import ANSWERERS, OBSERVERS, OFFICERS, THROWN_AWAY

BOOKERS = frozenset({Role.NEED_OWNER, Role.RESEARCHER, Role.RESEARCH_OFFICE, Role.UNIT_ADMINISTRATOR})

SEE_CAPABILITIES = Rule(
    "exchange.capability.list",
    _("Everybody may open the list of capabilities; it holds what each may see."),
    (Clause(frozenset({Role.PUBLIC}), ANYBODY),),
)

READ_CAPABILITY = Rule(
    "exchange.capability.read",
    _(
        "Offered public capabilities are for everybody, internal ones for those with a role; the unit that offers one sees "
        "it always, officers and observers once it was offered."
    ),
    (
        Clause(frozenset({Role.PUBLIC}), ANYBODY, states.CAPABILITY_OUT, OPEN),
        Clause(CIRCLE, ANYBODY, states.CAPABILITY_OUT, SHARED),
        Clause(ANSWERERS, IN_ITS_ORGANISATION),
        Clause(OFFICERS | OBSERVERS, IN_PROGRAMME, states.CAPABILITY_ALL - {states.DRAFT}),
    ),
    vetoes=(THROWN_AWAY,),
    **states.CAPABILITY_READER,
)

CAPABILITY_HISTORY = Rule(
    "exchange.capability.history",
    _("What happened to a capability is for its unit, and once it was offered for officers and observers."),
    (
        Clause(ANSWERERS, IN_ITS_ORGANISATION),
        Clause(OFFICERS | OBSERVERS, IN_PROGRAMME, states.CAPABILITY_ALL - {states.DRAFT}),
    ),
    vetoes=(THROWN_AWAY,),
    **states.CAPABILITY_READER,
)

CREATE_CAPABILITY = Rule(
    "exchange.capability.create",
    _("Researchers, research offices and unit administrators enter capabilities of their organisation."),
    (Clause(ANSWERERS, FOR_SOME_ORGANISATION),),
)

EDIT_CAPABILITY = Rule(
    "exchange.capability.edit",
    _("Whoever may enter capabilities of the organisation changes them until they are withdrawn."),
    (Clause(ANSWERERS, IN_ITS_ORGANISATION, states.CAPABILITY_ALL - {states.WITHDRAWN}),),
    **states.CAPABILITY_READER,
)

OWN_CAPABILITY = Rule(
    "exchange.capability.own",
    _("Whoever may enter capabilities of the organisation offers, confirms and withdraws them."),
    (Clause(ANSWERERS, IN_ITS_ORGANISATION),),
)

BOOK_CAPABILITY = Rule(
    "exchange.capability.book",
    _("Whoever acts for an organisation asks to use a capability that is offered."),
    (Clause(BOOKERS, FOR_SOME_ORGANISATION, states.CAPABILITY_OUT),),
    **states.CAPABILITY_READER,
)

# Bookings


def _offering(actor: Actor, role: Role, record: Any) -> bool:
    return record.capability.organisation.same_id in actor.scopes(role, Scope.ORGANISATION)


FOR_ITS_UNIT = Relation(
    "for-its-unit",
    _("a role in the unit that offers the capability"),
    _offering,
    lambda actor, role: Q(capability__organisation__same_id__in=actor.scopes(role, Scope.ORGANISATION)),
)

SEE_BOOKINGS = Rule(
    "exchange.booking.list",
    _("Those with a role may open the list of bookings; it holds those of their organisation."),
    (Clause(CIRCLE, ANYBODY),),
)

READ_BOOKING = Rule(
    "exchange.booking.read",
    _("A booking is for the organisation that asks, the unit that offers, and officers and observers."),
    (
        Clause(BOOKERS, IN_ITS_ORGANISATION),
        Clause(ANSWERERS, FOR_ITS_UNIT),
        Clause(OFFICERS | OBSERVERS, IN_PROGRAMME),
    ),
    **states.BOOKING_READER,
)

OWN_BOOKING = Rule(
    "exchange.booking.own",
    _("The organisation that asked cancels its booking."),
    (Clause(BOOKERS, IN_ITS_ORGANISATION),),
)

ANSWER_BOOKING = Rule(
    "exchange.booking.answer",
    _("The unit that offers a capability accepts and declines bookings of it, and says that it was used."),
    (Clause(ANSWERERS, FOR_ITS_UNIT),),
)
